"""Everything is restarted, one after the other, while three people talk in their browsers."""

import re

import pytest
from plume.wait import until

NAMES = ("ann", "bob", "carl")

# Says "ann 1", "ann 2" ... as a person would: into the field, and Enter.
TALK = """
    const [name, every] = arguments;
    const composer = document.getElementById("composer");
    window.said = 0;
    window.talk = setInterval(() => {
        composer.value = `${name} ${++window.said}`;
        document.getElementById("say").requestSubmit();
    }, every);
"""
STOP = "clearInterval(window.talk); return window.said"
LOG = """
    return [...document.querySelectorAll("#log [data-seq]")].map((post) =>
        [Number(post.dataset.seq), ...(post.matches(".event") ? ["", post.querySelector("span").textContent]
            : [post.querySelector(".name").textContent, post.querySelector(".text").textContent])]);
"""
LEFT_OVER = """
    return document.querySelectorAll("#log :is(.pending, .failed, .missing, .anew)").length;
"""


class Talker:
    """A person whose browser talks by itself from now on."""

    def __init__(self, browser, name):
        self.browser, self.name, self.said = browser, name, None
        browser.driver.execute_script(TALK, name, 300)

    def hush(self):
        self.said = self.browser.driver.execute_script(STOP)

    def log(self):
        """(seq, name, text) of every post on the page, in the order of the page.

        Who came and went in a row is one line without a name, with the seq of the last of them.
        """
        return [tuple(post) for post in self.browser.driver.execute_script(LOG)]

    def count(self, name):
        return sum(post[1] == name and post[2].startswith(name) for post in self.log())

    def bar(self):
        return self.browser.find("connection").get_attribute("data-state")

    def expect_bar(self, *states):
        until(lambda: self.bar() in states, lambda: f"{self.browser} sees {states}: {self.bar()}")


def told_by(line):
    """How many posts of the room a line of the page stands for."""
    return 1 if line[1] else len(re.split(", | and ", line[2]))


def expect_progress(talkers):
    """Everybody sees something that each of them says from now on."""
    for speaker in talkers:
        said = speaker.browser.driver.execute_script("return window.said")
        wanted = (speaker.name, f"{speaker.name} {said + 1}")
        for one in talkers:
            until(
                lambda: any(post[1:] == wanted for post in one.log()),
                lambda: f"{one.name} hears {wanted}: {one.log()[-9:]}, {one.bar()}",
            )


def restart_broker(plume, talkers, end):
    getattr(plume.broker, end)()
    if end == "kill":  # long enough for everybody to be told
        for one in talkers:
            one.expect_bar("out-of-reach")
        talkers[0].browser.screenshot("out-of-reach")
    plume.start_broker().wait_ready()


def restart_gateway(plume, talkers, end, number):
    gateway = plume.gateways[number]
    listen = f"127.0.0.1:{gateway.port}"  # as behind one address
    getattr(gateway, end)()
    talkers[number].expect_bar("reconnecting", "connecting")
    if end == "kill" and number == 0:
        talkers[number].expect_bar("reconnecting")
        talkers[number].browser.screenshot("reconnecting")
    plume.gateways[number] = plume.start_gateway(listen=listen).wait_ready()
    plume.gateways.pop()  # start_gateway() put it at the end, too
    talkers[number].expect_bar("open")


def restart_mailer(plume, _talkers, end):
    getattr(plume.mailers[-1], end)()
    plume.start_mailer().wait_ready()


@pytest.fixture
def people(system, browser):
    plume = system.start(gateways=3)
    return plume, [
        Talker(browser(name).join(plume, name, at=at), name) for at, name in enumerate(NAMES)
    ]


def check(plume, talkers):
    for one in talkers:
        one.hush()
    for one in talkers:
        for speaker in talkers:
            until(
                lambda: one.count(speaker.name) >= speaker.said,
                lambda: f"{one.name} hears all {speaker.said} of {speaker.name}: {one.log()[-9:]}",
            )
    whole = talkers[0].log()
    posts = [post for post in whole if post[1]]
    for one in talkers:
        log = one.log()
        assert log[-1][0] - log[0][0] + told_by(log[0]) == sum(map(told_by, log)), "no hole"
        mine = [post for post in log if post[1]]
        assert mine == posts[-len(mine) :], "all see the same"
        for speaker in talkers:  # nothing lost, doubled or out of order, from the press of Enter on
            words = [text for _, name, text in log if name == speaker.name]
            assert words == [f"{speaker.name} {n + 1}" for n in range(speaker.said)][-len(words) :]
        assert one.browser.driver.execute_script(LEFT_OVER) == 0
        assert one.browser.shown("chat") and one.bar() == "open"
    comings = " ".join(text for _, name, text in whole if not name)
    assert re.sub(r" entered|,| and", "", comings) == " ".join(NAMES), "once each, and nobody left"
    assert plume.letters() == len(NAMES), "nobody logged in again"


def test_three_people_talk_through_a_restart_of_everything(people):
    plume, talkers = people
    for end in ("kill", "drain"):
        restart_broker(plume, talkers, end)
        expect_progress(talkers)
        for number in range(len(talkers)):
            restart_gateway(plume, talkers, end, number)
            expect_progress(talkers)
        restart_mailer(plume, talkers, end)
        expect_progress(talkers)
    check(plume, talkers)
    for one in talkers:
        one.browser.forgive("WebSocket connection to")  # browsers tell of lost gateways themselves
        one.browser.screenshot(f"after-all-restarts-{one.name}")
