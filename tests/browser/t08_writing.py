"""Writing: keys, input methods, names, commands, links, and what is too much."""

from plume.wait import until
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

PEOPLE = [{"name": n, "mark": m} for n, m in (("ann", "a1"), ("anna", "b2"), ("bob", "c3"))]


def heard(seq, text, name="bob"):
    return {"type": 1, "user": {"name": name}, "text": text, "seq": seq, "ts": 1}


def value(browser):
    return browser.find("composer").get_attribute("value")


def test_enter_sends_and_shift_enter_breaks_the_line(alone):
    alone.enter_room()
    alone.say("one\ntwo")
    assert alone.expect_sent(1)["text"] == "one\ntwo"
    assert value(alone) == ""
    alone.find("composer").send_keys("   ", Keys.ENTER)
    assert len(alone.sent(1)) == 1, "nothing is not said"


def test_enter_of_an_input_method_sends_nothing(alone):
    alone.enter_room()
    box = alone.find("composer")
    box.click()
    alone.cdp("Input.imeSetComposition", text="にほん", selectionStart=3, selectionEnd=3)
    key = {"key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 229}
    alone.cdp("Input.dispatchKeyEvent", type="rawKeyDown", **key)
    composing = """
        const box = document.getElementById("composer");
        const key = (more) => new KeyboardEvent("keydown",
            {key: "Enter", bubbles: true, cancelable: true, ...more});
        return [box.dispatchEvent(key({isComposing: true})), box.dispatchEvent(key({keyCode: 229}))];
    """
    assert alone.run(composing) == [True, True], "the key is the input method's"
    alone.cdp("Input.insertText", text="日本")
    assert alone.sent(1) == [] and value(alone) == "日本"
    box.send_keys(Keys.ENTER)
    assert alone.expect_sent(1)["text"] == "日本"


def test_names_are_completed(alone):
    alone.enter_room(people=PEOPLE)
    box = alone.find("composer")
    box.send_keys("hi @a")
    offered = "return [...document.querySelectorAll('#names button')].map((b) => b.textContent)"
    assert alone.run(offered) == ["@ann", "@anna"]
    alone.screenshot("names-offered")
    box.send_keys("nn", Keys.TAB)
    assert value(alone) == "hi @ann " and alone.run(offered) == []
    box.send_keys("and @AN")
    alone.run("document.querySelectorAll('#names button')[1].click()")
    assert value(alone) == "hi @ann and @anna "
    box.send_keys("@b", Keys.ESCAPE)
    assert alone.run(offered) == []
    box.send_keys(Keys.TAB)
    assert alone.run("return document.activeElement.id") != "composer", "Tab is Tab again"


def test_names_are_chosen_by_arrow_keys(alone):
    alone.enter_room(people=PEOPLE)
    box = alone.find("composer")
    pointed = """
        const box = document.getElementById("composer");
        const at = document.getElementById(box.getAttribute("aria-activedescendant"));
        return [box.getAttribute("aria-controls"), at?.textContent ?? null,
            ...[...document.querySelectorAll("#names [role=option][aria-selected=true]")].map((o) => o.textContent)];
    """
    box.send_keys("@a")
    assert alone.run(pointed) == ["names", None], "Enter sends until a name is pointed at"
    box.send_keys(Keys.ARROW_DOWN)
    assert alone.run(pointed) == ["names", "@ann", "@ann"]
    box.send_keys(Keys.ARROW_UP)
    assert alone.run(pointed) == ["names", None]
    box.send_keys(Keys.ARROW_UP)
    assert alone.run(pointed) == ["names", "@anna", "@anna"]
    alone.screenshot("name-pointed-at")
    box.send_keys(Keys.ENTER)
    assert value(alone) == "@anna " and alone.sent(1) == []
    assert alone.run(pointed) == ["names", None]
    box.send_keys("and @a", Keys.ARROW_DOWN, Keys.TAB)
    assert value(alone) == "@anna and @ann "
    assert not alone.shown("names"), "an empty list is none"
    box.send_keys("@a", Keys.ENTER)
    assert alone.expect_sent(1)["text"] == "@anna and @ann @a"


def test_who_is_called_sees_it(alone):
    alone.enter_room()
    alone.hear(heard(1, "tea, @Ann?"), heard(2, "mail ann@ann.example or @bob, @annabel"))
    mentions = """
        return [...document.querySelectorAll("#log .post")].map((post) => [post.matches(".calls"),
            ...[...post.querySelectorAll(".mention")].map((m) => m.textContent)]);
    """
    assert alone.run(mentions) == [[True, "@Ann"], [False, "@bob", "@annabel"]]


def test_commands(alone):
    alone.enter_room(people=PEOPLE)
    alone.say("/who")
    assert "3 here: \u2068ann\u2069, \u2068anna\u2069, \u2068bob\u2069" in alone.text("log")
    alone.say("/help")
    assert "/me waves" in alone.text("log")
    assert alone.sent(1) == []
    alone.say("/me waves")
    assert alone.expect_sent(1)["text"] == "/me waves"
    alone.hear(heard(1, "/me waves back"))
    assert alone.posts(".does") == [("bob", "waves back")]
    alone.say("/dance")
    assert "no /dance" in alone.text("composer-error") and value(alone) == "/dance"
    alone.find("composer").clear()
    alone.say("/etc/passwd is a file")
    until(lambda: alone.sent(1)[-1]["text"] == "/etc/passwd is a file", "a path is no command")


def test_what_is_too_long_stays_in_the_box(alone):
    alone.enter_room()
    alone.run("document.getElementById('composer').value = 'x'.repeat(65537)")
    alone.find("composer").send_keys(Keys.ENTER)
    assert "too long" in alone.text("composer-error")
    assert alone.find("composer").get_attribute("aria-invalid") == "true"
    assert len(value(alone)) == 65537 and alone.sent(1) == []


def test_n6_links_lead_where_they_say(alone):
    """SECURITY N6."""
    alone.enter_room()
    alone.hear(heard(1, "https://a.example/x?y=1, (http://b.example/(c)) mailto:ann@a.example."))
    alone.hear(heard(2, "https://p\u0430ypal.com/ and https://münchen.example"))
    alone.hear(heard(3, "javascript:alert(1) data:text/html,x https://good.example@evil.example/"))
    alone.hear(heard(4, "https://a.example/\u202egpj.exe ftp://a.example //a.example"))
    links = alone.run("""
        return [...document.querySelectorAll("#log a")].map((a) =>
            [a.textContent, a.getAttribute("href"), a.target, a.rel]);
    """)
    for text, href, target, rel in links:
        assert text == href or text + "/" == href, "what is shown is where it leads"
        assert target == "_blank" and rel == "noopener noreferrer nofollow"
    assert [text for text, *_ in links] == [
        "https://a.example/x?y=1",
        "http://b.example/(c)",
        "mailto:ann@a.example",
        "https://xn--pypal-4ve.com/",
        "https://xn--mnchen-3ya.example/",
        "https://a.example/",
    ]


def test_text_of_both_directions_stays_in_its_place(alone):
    alone.enter_room()
    alone.hear(heard(1, "\u202eabc", "שרה"), heard(2, "שלום @ann!"), heard(3, "hello"))
    directions = """
        return [...document.querySelectorAll("#log .text")].map((t) => [t.dir, getComputedStyle(t).direction]);
    """
    assert alone.run(directions) == [["auto", "ltr"], ["auto", "rtl"], ["auto", "ltr"]]
    assert alone.run("return document.querySelector('#log .name').tagName") == "BDI"


def test_who_types_is_told_and_tells(alone):
    alone.enter_room(people=PEOPLE)
    ActionChains(alone.driver).send_keys("hello there").perform()
    assert len(alone.sent(13)) == 1, "at most one every three seconds"
    alone.hear({"type": 13, "user": {"name": "bob"}, "mark": "c3"})
    assert alone.text("typing") == "\u2068bob\u2069 is typing …"
    alone.hear({"type": 13, "user": {"name": "anna"}})
    assert alone.text("typing") == "\u2068bob\u2069 and \u2068anna\u2069 are typing …"
    alone.hear(heard(1, "done"))
    assert alone.text("typing") == "\u2068anna\u2069 is typing …"
    alone.find("composer").clear()
    alone.find("you").click()
    alone.find("set-typing").click()
    alone.find("settings").find_element("css selector", "button.main").click()
    alone.reload()
    alone.expect_sent(6)
    alone.hear(alone.ack(seq=0))
    alone.find("composer").send_keys("and now nobody knows")
    assert alone.sent(13) == []


def test_an_older_room_is_asked_nothing_that_it_does_not_know(alone):
    alone.enter_room(mark="", people=PEOPLE)
    alone.run("room.sent.length = 0")
    alone.find("composer").send_keys("hello")
    alone.run("document.dispatchEvent(new Event('visibilitychange'))")
    alone.sign_out()
    alone.expect_step("enter")
    assert alone.sent() == []
