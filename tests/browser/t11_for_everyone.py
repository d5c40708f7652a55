"""The page is for everyone: keyboard, screen readers, small windows, large type, any colours."""

import pathlib

import pytest
from plume.process import SOURCE_DIR
from plume.wait import until
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

AXE = pathlib.Path(SOURCE_DIR) / "node_modules/axe-core/axe.min.js"
RULES = """
    const done = arguments[arguments.length - 1];
    axe.run(document, {runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]})
        .then(({violations, passes}) => done([passes.length, violations.map((v) => [v.id, v.help,
            ...v.nodes.map((n) => `${n.target} ${n.any.map((a) => a.message)}`)])]));
"""
PEOPLE = [{"name": n, "mark": f"{n}7k"} for n in ("ann", "anna", "bob", "שרה")]


def post(seq, name, text, **more):
    ts = 1779800000000 + seq * 60000
    return {"type": 1, "user": {"name": name}, "mark": f"{name}7k", "text": text, "seq": seq,
            "ts": ts, **more}


TALK = (
    post(1, "ann", "ann entered chat", event="entered"),
    post(2, "bob", "bob entered chat", event="entered"),
    post(3, "cat", "cat entered chat", event="entered"),
    post(4, "bob", "Good morning! Is anybody up for a walk along the river?"),
    post(5, "bob", "The light is wonderful."),
    post(6, "cat", "Yes! @ann, you come too? https://en.wikipedia.org/wiki/Golden_hour"),
    post(7, "cat", "/me looks for her other shoe"),
    post(8, "שרה", "בוקר טוב, אני באה"),
    post(9, "cat", "cat left chat", event="left", people=3),
)


def steps(alone):
    """Leads through everything that can be seen, stopping at each."""
    yield "enter"
    alone.find("enter-button").click()
    yield "enter-error"
    alone.run("document.getElementById('keeps').open = true")
    yield "keeps"
    alone.wait_for_code()
    alone.hear({"type": 7, "ticket": "tick", "digits": 8, "mail": "deferred", "resend_in": 40000,
                "mail_retry_in": 20000, "expires_in": 600000, "sender": "plume@chat.example",
                "subject": "Plume: your code", "reference": "K7Q-2MX"})
    yield "verify"
    alone.hear({"type": 4, "reason": "wrong-code", "text": "This code is not right. Please look at it again."})
    yield "verify-error"
    alone.fill("code", "48291357")
    alone.answer_ticket()
    alone.expect_sent(2)
    alone.hear(alone.ack(seq=9, people=4, mark="ann7k"), {"type": 12, "people": PEOPLE}, *TALK)
    alone.hear({"type": 1, "user": {"name": "plumebot"}, "text": "Welcome, ann!"})
    alone.say("On my way @bob")
    until(lambda: alone.sent(1), "the post was sent")
    alone.hear(post(10, "ann", "On my way @bob", id=alone.sent(1)[0]["id"]))
    alone.hear({"type": 13, "user": {"name": "bob"}})
    yield "chat"
    if not alone.shown("people"):
        alone.find("here").click()
    alone.find("composer").send_keys("@")
    yield "people-and-names"
    alone.find("composer").clear()
    alone.say("Wait for me")
    until(lambda: len(alone.sent(1)) == 2, "the post was sent")
    alone.hear({"type": 8, "id": alone.sent(1)[1]["id"], "reason": "too-fast",
                "text": "You are sending too fast; this was not delivered."})
    alone.run("room.answers = false; room.close(1012, 'restarted')")
    yield "failed-and-restarting"
    alone.find("you").click()
    yield "settings"


@pytest.mark.parametrize("width", (320, 1280))
@pytest.mark.parametrize("scheme", ("light", "dark"))
def test_axe_finds_nothing(alone, width, scheme):
    """On every step, and nothing sticks out of the window."""
    assert AXE.exists(), "axe-core is missing: script/bootstrap test, or npm ci"
    alone.window(width, 720)
    alone.prefer(prefers_color_scheme=scheme)
    alone.driver.set_script_timeout(60)
    alone.run(AXE.read_text())
    found = {}
    for step in steps(alone):
        alone.screenshot(f"{step}-{width}-{scheme}")
        passed, wrong = alone.driver.execute_async_script(RULES)
        assert passed > 15, "it has looked"
        if wrong:
            found[step] = wrong
        wider = "return document.documentElement.scrollWidth - innerWidth"
        assert alone.run(wider) <= 0, f"{step}: wider than {width}"
    assert not found, found


def tab_to(browser, wanted, most=12):
    """Tabs until the element with this id has the focus, which must be seen."""
    for _ in range(most):
        ActionChains(browser.driver).send_keys(Keys.TAB).perform()
        if browser.run("return document.activeElement.id") == wanted:
            seen = browser.run(
                "const s = getComputedStyle(document.activeElement); return [s.outlineStyle, s.outlineWidth]"
            )
            assert seen == ["solid", "3px"], f"the focus on {wanted} is seen"
            return
    raise AssertionError(f"#{wanted} cannot be reached by Tab")


def keys(browser, *what):
    ActionChains(browser.driver).send_keys(*what).perform()


def focus(browser):
    return browser.run("return document.activeElement.id")


def test_everything_works_from_the_keyboard_alone(alone):
    assert focus(alone) == "name"
    keys(alone, "ann")
    tab_to(alone, "email")
    keys(alone, "ann@a", Keys.ENTER)
    alone.expect_sent(0)
    alone.hear({"type": 5, "reason": "name-taken", "text": "Taken."})
    assert focus(alone) == "name" and alone.text("enter-error") == "Taken."
    keys(alone, "a", Keys.ENTER)
    until(lambda: len(alone.sent(0)) == 2, "the other name is asked for")
    alone.hear({"type": 7, "ticket": "tick", "digits": 8, "mail": "sent", "resend_in": 0})
    assert focus(alone) == "code"
    tab_to(alone, "resend")
    keys(alone, Keys.ENTER)
    assert focus(alone) == "code"
    keys(alone, "4829 1357")
    alone.answer_ticket()
    alone.expect_sent(2)
    alone.hear(alone.ack(seq=9), {"type": 12, "people": PEOPLE}, *TALK)
    assert focus(alone) == "composer"
    keys(alone, "hello")
    ActionChains(alone.driver).key_down(Keys.SHIFT).send_keys(Keys.ENTER).key_up(Keys.SHIFT).perform()
    keys(alone, "there", Keys.ENTER)
    until(lambda: alone.sent(1), "the post was sent")
    assert alone.sent(1)[0]["text"] == "hello\nthere"
    alone.run("document.activeElement.blur(); document.querySelector('.skip').focus()")
    assert alone.find("chat").find_element("css selector", ".skip").is_displayed()
    keys(alone, Keys.ENTER)
    assert focus(alone) == "composer", "the skip link leads to the message box"
    alone.run("document.querySelector('.skip').focus()")
    tab_to(alone, "here")
    opened = alone.shown("people")
    keys(alone, Keys.ENTER)
    assert alone.shown("people") != opened
    tab_to(alone, "you")
    keys(alone, Keys.ENTER)
    assert alone.shown("settings")
    tab_to(alone, "set-sound")
    keys(alone, Keys.SPACE)
    assert alone.find("set-sound").is_selected()
    keys(alone, Keys.ESCAPE)
    assert not alone.shown("settings") and focus(alone) == "you"
    tab_to(alone, "log")
    tab_to(alone, "composer")


def test_the_settings_are_kept_and_off_by_default(alone):
    alone.enter_room()
    assert [alone.find(f"set-{x}").is_selected() for x in ("typing", "notify", "sound")] == [
        True, False, False]
    alone.run("""
        globalThis.shown = [];
        globalThis.Notification = class {
            static requestPermission() { return Promise.resolve(room.permission); }
            constructor(title, more) { shown.push([title, more.body]); }
        };
        room.permission = "denied";
    """)
    alone.find("you").click()
    alone.find("set-notify").click()
    alone.expect_text("settings-error", "does not allow")
    assert not alone.find("set-notify").is_selected()
    alone.run("room.permission = 'granted'")
    alone.find("set-notify").click()
    until(lambda: "notify" in alone.run("return localStorage['plume.settings']"), "it is kept")
    alone.hear(post(1, "bob", "seen"))
    assert alone.run("return shown") == [], "who looks needs no notice"
    alone.run("Object.defineProperty(document, 'hidden', {value: true, configurable: true})")
    alone.hear(post(2, "bob", "hello"), post(3, "cat", "@ann!"), post(4, "ann", "mine"),
               post(5, "dan", "x", event="entered"), post(6, "cat", "/me waves at @ann"))
    assert alone.run("return shown") == [
        ["bob", "hello"], ["cat calls you", "@ann!"], ["cat calls you", "waves at @ann"]]
    assert alone.driver.title == "(3) Plume"
    alone.run("delete document.hidden; document.dispatchEvent(new Event('visibilitychange'))")
    assert alone.driver.title == "Plume"
    assert alone.run("return JSON.parse(localStorage['plume.settings']).notify") is True


def targets(browser):
    """Buttons, fields and summaries smaller than 24 by 24 pixels."""
    return browser.run("""
        return [...document.querySelectorAll("button, input, textarea, summary")]
            .map((e) => [e.id || e.textContent, e.getBoundingClientRect()])
            .filter(([, r]) => r.width > 0 && (r.width < 24 || r.height < 24)).map(([what]) => what);
    """)


@pytest.mark.parametrize("how", ("zoom", "right-to-left", "forced-colors"))
def test_other_ways_of_looking(alone, how):
    """200 % zoom of a small laptop; a page from right to left; the colours of the person."""
    alone.window(640, 360) if how == "zoom" else alone.window(400, 700)
    if how == "forced-colors":
        alone.prefer(forced_colors="active", prefers_reduced_motion="reduce")
    if how == "right-to-left":
        alone.run("document.documentElement.dir = 'rtl'")
    for step in steps(alone):
        alone.screenshot(f"{step}-{how}")
        assert alone.run("return document.documentElement.scrollWidth - innerWidth") <= 0, step
        assert targets(alone) == [], step
        if step == "chat":
            room_for_both = """
                const [log, box] = ["log", "composer"].map((id) =>
                    document.getElementById(id).getBoundingClientRect());
                return log.height > 80 && log.bottom <= box.top && box.bottom <= innerHeight;
            """
            assert alone.run(room_for_both), "the log is in view, and the box below it"


def test_without_scripts_the_page_says_so(alone):
    words = alone.run("return document.querySelector('noscript').textContent")
    assert "needs JavaScript" in words
