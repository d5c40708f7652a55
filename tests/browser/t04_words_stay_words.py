"""Whatever people write is shown as they wrote it, and does nothing."""

import json
import pathlib

HOSTILE = json.loads(pathlib.Path(__file__).with_name("hostile_strings.json").read_text())
THERE = """
    return [...new Set([...document.querySelectorAll("*")].map((e) => e.localName))].sort();
"""
# What the page is made of, and what its log makes of texts.
PAGE = set(
    "html head meta title link script body noscript header p main form h1 h2 label input details"
    " summary button div bdi section span aside ul li textarea dialog svg path a time".split()
)


def unharmed(browser):
    assert browser.run("return [document.title.replace(/^\\(\\d+\\) /, ''), violations]") == ["Plume", []]
    assert set(browser.run(THERE)) <= PAGE
    inline = """
        return [...document.querySelectorAll("*")].flatMap((e) => [...e.attributes])
            .filter((a) => a.name.startsWith("on") || /^\\s*javascript:/i.test(a.value)).length;
    """
    assert browser.run(inline) == 0
    assert browser.run("return document.querySelectorAll('script, link, meta, title').length") == 6
    elsewhere = """
        return performance.getEntriesByType("resource").map((resource) => resource.name)
            .filter((name) => !name.startsWith(location.origin));
    """
    assert browser.run(elsewhere) == []


def test_n5_500_hostile_texts_names_and_topics(alone):
    """SECURITY N5: as text, name, mark, mail's subject and sender, reason, and what is typed."""
    assert len(set(HOSTILE)) == 500
    hear = """
        for (const [i, s] of arguments[0].entries()) {
            const kind = arguments[1][i % arguments[1].length];
            room.hear({...kind, text: s, user: {name: s}, mark: s, subject: s, sender: s,
                reference: s, seq: kind.seq && i + 1, ts: i, event: kind.event});
        }
    """
    alone.wait_for_code()
    alone.run(hear, HOSTILE, [{"type": 7, "mail": "sent", "ticket": "tick"}])
    alone.run(hear, HOSTILE, [{"type": 4, "reason": "wrong-code"}])
    unharmed(alone)
    alone.find("other-address").click()
    alone.enter_room()
    alone.run(hear, HOSTILE, [{"type": 1, "seq": 1}])
    shown = alone.run("""
        return [...document.querySelectorAll("#log .post[data-seq]")].map((post) =>
            [post.querySelector(".name").textContent, post.querySelector(".text").textContent]);
    """)
    same = [s for s, (name, text) in zip(HOSTILE, shown) if name == s and text == s]
    assert len(shown) == 500
    # the others are links shown where they lead, towers cut, and things done
    assert len(same) > 480 and all(name == s for s, (name, _) in zip(HOSTILE, shown))
    unharmed(alone)
    alone.hear({"type": 12, "people": [{"name": s, "mark": s} for s in HOSTILE]})
    alone.run(hear, HOSTILE[:50], [{"type": 13}])
    alone.run(hear, HOSTILE, [{"type": 1}])  # private lines
    unharmed(alone)
    alone.screenshot("hostile-words")


def test_hostile_posts_of_the_room(plume, browser):
    ann, bob = browser("ann").join(plume, "ann"), plume.join("bob", at=1)
    for words in HOSTILE[::100]:
        bob.say(words)
    for words in HOSTILE[::100]:
        ann.expect_post("bob", words)
    assert ann.driver.title == "Plume"


def test_right_to_left_and_wide_words(alone):
    alone.enter_room()
    for seq, words in enumerate(("שלום Ann", "e\u0301" * 3, "👩‍👩‍👧 family", "a" * 3000), 1):
        alone.hear({"type": 1, "user": {"name": "bob"}, "text": words, "seq": seq, "ts": seq})
        alone.expect_post("bob", words)
    wider = "return document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert alone.run(wider) == 0, "nothing sticks out of the window"
