"""Whatever people write is shown as they wrote it, and does nothing."""

HOSTILE = [
    "<script>document.title = 'owned'</script>",
    "<img src=x onerror=\"document.title = 'owned'\">",
    '"><svg/onload=document.title="owned">',
    "{{constructor.constructor('document.title=1')()}} ${document.title} &lt;b&gt; <b>bold</b>",
    "javascript:document.title='owned'",
    "<style>*{display:none}</style><link rel=stylesheet href=//evil.example>",
    "<iframe srcdoc='<script>parent.document.title=1</script>'></iframe><base href=//evil.example>",
]


def test_hostile_posts(plume, browser):
    ann, bob = browser("ann").join(plume, "ann"), plume.join("bob", at=1)
    for words in HOSTILE:
        bob.say(words)
    for words in HOSTILE:
        ann.expect_post("bob", words)
    assert ann.driver.title == "Plume"
    inside = "return document.querySelectorAll('#log :is(script,img,style,iframe,a,b)').length"
    assert ann.driver.execute_script(inside) == 0
    elsewhere = """
        return performance.getEntriesByType("resource").map((resource) => resource.name)
            .filter((name) => !name.startsWith(location.origin));
    """
    assert ann.driver.execute_script(elsewhere) == []
    ann.screenshot("hostile-words")


def test_links_lead_out_and_tell_nothing(plume, browser):
    ann, bob = browser("ann").join(plume, "ann"), plume.join("bob", at=1)
    bob.say("see https://example.org/a?b=<i>&c (really).")
    ann.expect_post("bob", "see https://example.org/a?b=<i>&c (really).")
    script = """
        const link = document.querySelector("#log a");
        return [link.href, link.target, link.rel];
    """
    href, target, rel = ann.driver.execute_script(script)
    assert href == "https://example.org/a?b=" and target == "_blank"
    assert {"noopener", "noreferrer"} <= set(rel.split())


def test_right_to_left_and_wide_words(plume, browser):
    ann, bob = browser("ann").join(plume, "ann"), plume.join("bob", at=1)
    for words in ("שלום Ann", "e\u0301" * 3, "👩‍👩‍👧 family", "a" * 3000):
        bob.say(words)
        ann.expect_post("bob", words)
    wider = "return document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert ann.driver.execute_script(wider) == 0, "nothing sticks out of the window"
