"""Two people on two gateways, through everything that needs both and the real room."""

import re

from plume.process import SOURCE_DIR
from plume.wait import until


def people(browser):
    return browser.run("return [...document.querySelectorAll('#people li')].map((l) => l.textContent)")


def test_they_see_each_other_call_each_other_and_leave(plume, browser):
    ann = browser("ann").join(plume, "ann")
    bob = browser("bob").join(plume, "bob", at=1)
    for one in (ann, bob):
        one.expect_text("here", "2 here")
        until(lambda: len(people(one)) == 2, f"{one} sees both")
        assert one.run("return document.querySelectorAll('#people path').length") == 2
    assert people(ann) == ["ann (you)", "bob"]
    drawing = "return document.querySelectorAll('#people path')[0].getAttribute('d')"
    assert ann.run(drawing) == bob.run(drawing), "everybody sees the same drawing"
    bob.find("composer").send_keys("tea, @an")
    ann.expect_text("typing", "bob")
    assert [b.text for b in bob.driver.find_elements("css selector", "#names button")] == ["@ann"]
    bob.find("composer").send_keys("\t", "?", "\n")
    ann.expect_post("bob", "tea, @ann ?")
    mentions = "return [...document.querySelectorAll('.calls .mention')].map((m) => m.textContent)"
    assert ann.run(mentions) == ["@ann"]
    bob.say("or @\u0430nn?")  # the first letter is Cyrillic (SECURITY N2)
    ann.expect_post("bob", "or @\u0430nn?")
    assert ann.run(mentions) == ["@ann", "@\u0430nn"]
    ann.say("/me nods")
    bob.expect_post("ann", "nods")
    bob.sign_out()
    bob.expect_step("enter")
    bob.expect_text("state", "signed out")
    bob.reload()
    bob.expect_step("enter")
    assert bob.find("email").get_attribute("value") == ""


def test_who_is_muted_and_then_banned_is_told_so_in_the_operators_words(plume, browser):
    ann = browser("ann").join(plume, "ann")
    eve = browser("eve").join(plume, "eve", at=1)
    assert plume.ctl("--for", "1h", "--reason", "<b>calm</b> down.", "mute", "eve").returncode == 0
    eve.say("may I?")
    eve.expect_text("composer-error", "<b>calm</b> down.")
    ann.say("I may")
    eve.expect_post("ann", "I may")
    assert plume.ctl("--reason", "Enough & <i>more</i>", "ban", "person", "eve").returncode == 0
    eve.expect_step("enter")
    eve.expect_text("state", "You are banned from this room: Enough & <i>more</i>.")
    ann.expect_text("here", "1 here")
    eve.reload()
    eve.expect_step("enter")


def test_signing_out_everywhere_ends_every_window_of_the_person(plume, browser):
    """SECURITY T3, as a person sees it."""
    one = browser("at home").join(plume, "ann")
    other = browser("at work").join(plume, "ann", at=1)
    one.sign_out("everywhere")
    for window in (one, other):
        window.expect_step("enter")
        window.expect_text("state", "signed out")
        assert "plume.session" not in window.run("return Object.keys(localStorage)")


def test_each_step_survives_a_reload_and_a_lost_network(plume, browser):
    ann, bob = browser("ann"), plume.join("bob", at=1)
    ann.open(plume.gateways[0])
    ann.enter("ann", "ann@a.example")
    ann.expect_step("verify")
    ann.reload()
    ann.expect_step("verify")
    ann.give_code(plume.code_for("ann@a.example"))
    ann.expect_step("chat")
    plume.gateways[0].kill()
    ann.expect_text("state", "lost")
    ann.say("said while offline")
    ann.find("composer").send_keys("a draft")
    bob.say("meanwhile")
    port = plume.gateways[0].port
    plume.start_gateway(listen=f"127.0.0.1:{port}").wait_ready()
    bob.expect_text("ann", "said while offline")
    ann.expect_post("bob", "meanwhile", deadline=30)
    ann.expect_post("ann", "said while offline")
    ann.reload()
    ann.expect_post("ann", "said while offline")
    assert [post for post in ann.posts() if post[0] == "ann"] == [("ann", "said while offline")]
    assert ann.find("composer").get_attribute("value") == "a draft"
    ann.forgive("WebSocket connection to")


def test_the_protocol_client_works_alone(plume, browser):
    """The example of docs/PROTOCOL.md, run as it stands there."""
    text = (SOURCE_DIR / "docs/PROTOCOL.md").read_text()
    example = re.search(r"```js\n(.*?)```", text, re.DOTALL)[1]
    ann = browser("ann").join(plume, "ann")
    token = ann.run("return JSON.parse(localStorage['plume.session']).token")
    # Policy forbids inline modules, so it becomes the body of a function with the same imports.
    names = dict(re.findall(r'import (.*?) from "(.*?)";', example))
    body = re.sub(r"import .*\n", "", example).replace("YOUR_TOKEN", token)
    imports = "".join(
        f"const {what.replace('* as ', '')} = await import('{where}');" for what, where in names.items()
    )
    ann.run(f"globalThis.said = []; const show = (line) => said.push(line);"
            f"(async () => {{ {imports} {body} }})()")
    plume.join("bob", at=1).say("hello, whoever listens")
    until(lambda: "bob: hello, whoever listens" in ann.run("return said"), "the example hears it")
