"""A program whose Nth allocation fails, whichever library asked for it, says so, ends and does nothing else;
who is started in its place goes on, and nothing that was accepted is lost, doubled or reordered.

PLUME_FAIL_AT="1 801 1" (from, to, step) fails other allocations than those below, as many as you like."""

import contextlib
import http.client
import os
import signal
import sqlite3

import pytest
from plume import process
from plume.admin import request
from plume.client import FaithfulClient
from plume.mail_desk import SENT
from plume.raw_socket import RawSocket
from plume.wait import until

FAIL_AT = process.BIN_DIR.parent / "tests/fail_at.so"
SERIES = os.environ.get("PLUME_FAIL_AT")
pytestmark = pytest.mark.skipif(process.is_sanitized(), reason="a sanitizer has its own allocator")


def numbers(*usual):
    return list(range(*map(int, SERIES.split())) if SERIES else usual)


class Failing:
    """A program whose Nth allocation after arm() fails: what starts it, and how it has to end."""

    def __init__(self, system, number):
        self.number = number
        self.arms, self.met = (system.directory / f"{name}-{number}" for name in ("arm", "met"))
        self.env = {
            "LD_PRELOAD": FAIL_AT,
            "FAIL_ARM": self.arms,
            "FAIL_MET": self.met,
            "FAIL_AT": str(number),
        }

    def watch(self, program):
        self.program = program
        return self

    def arm(self):
        self.arms.touch()

    def is_over(self):
        return self.met.exists() or self.program.exit_code is not None

    def expect_end(self):
        code = self.program.expect_death()
        story = f"{self.program}, allocation {self.number}: {code}\n{self.program.log_tail(5)}"
        assert self.met.exists(), story
        assert code == -signal.SIGABRT, story
        assert self.program.events()[-1]["event"] == "out_of_memory", story
        assert len(self.program.events("out_of_memory")) == 1, story


def look_at(program, path):
    """As an operator does, if there is still something to see."""
    with contextlib.suppress(OSError, http.client.HTTPException):
        request(program, path)


# -- a gateway, and the broker: people talk


class Talk:
    """Two who come back by themselves, and all that they said."""

    def __init__(self, plume, gateway):
        self.people = [plume.join(name, at=gateway, kind=FaithfulClient) for name in ("ann", "bob")]
        self.said = []

    def turn(self, ends):
        """Something of everything that people do; ends(): nobody is there to answer."""
        for one in self.people:
            self.said.append((one.name, text := f"{len(self.said)} of {one.name}"))
            one.say(text)
            one.typing()
            one.who()
        until(lambda: ends() or not any(one.outbox for one in self.people), "answers, or the end")

    def come_back(self):
        for one in self.people:
            one.expect_answered()
        for one in self.people * 2:
            one.settle()

    def check(self):
        """Both were in one room, and each text is in it once, in the order of who said it."""
        ann, bob = self.people
        assert ann.epoch == bob.epoch and not ann.refused and not bob.refused
        rooms = [[post for post in one.posts if " of " in post[2]] for one in self.people]
        assert rooms[0] == rooms[1] and len(rooms[0]) == len(self.said)
        for one in self.people:
            mine = [text for name, text in self.said if name == one.name]
            assert [text for _, name, text in rooms[0] if name == one.name] == mine


def strangers(gateway):
    """The page is fetched, an operator looks, and somebody connects and says hello."""
    look_at(gateway, "/metrics")
    with contextlib.suppress(OSError, http.client.HTTPException):
        page = http.client.HTTPConnection(gateway.host, gateway.port, timeout=20)
        page.request("GET", "/")
        page.getresponse().read()
        page.close()
    with contextlib.suppress(OSError):
        one = RawSocket(gateway.port).upgrade()
        one.tell(type=0, v=1, text="carl\ncarl@carl.example")
        one.hear(7)
        one.close()


def test_gateway(system):
    plume = system.start(gateways=0, broker={"newcomer_posts": 0})
    talk = None
    for number in numbers(*range(1, 10), *range(10, 200, 17)):
        failing = Failing(system, number)
        gateway = plume.start_gateway(env=failing.env, posts_per_second=0).wait_ready()
        talk = talk or Talk(plume, gateway)
        talk.come_back()
        failing.watch(gateway).arm()
        if number % 2 == 0:
            strangers(gateway)
        while not failing.is_over():
            talk.turn(failing.is_over)
        failing.expect_end()
    plume.start_gateway(posts_per_second=0).wait_ready()
    talk.come_back()
    talk.check()


def test_broker(system):
    """Its clients are a gateway's, who come back to it; who it was to do something for is asked again."""
    plume = system.start(gateway={"posts_per_second": 0}, broker={"newcomer_posts": 0})
    talk = Talk(plume, plume.gateways[0])
    for number in numbers(*range(1, 10), *range(10, 200, 17)):
        if plume.broker.exit_code is None:
            plume.broker.drain()
        failing = Failing(system, number)
        plume.start_broker(env=failing.env, newcomer_posts=0).wait_ready()
        talk.come_back()
        failing.watch(plume.broker).arm()
        if number % 2 == 0:
            look_at(plume.broker, "/metrics")
        while not failing.is_over():
            talk.turn(failing.is_over)
        failing.expect_end()
    plume.start_broker(newcomer_posts=0).wait_ready()
    talk.come_back()
    talk.check()


# -- a mailer: letters are sent


def test_mailer(system, desk, sink, start):
    """A letter is sent again only if the end fell between the mail server's word and the record."""
    letters = []
    for number in numbers(*range(1, 10), *range(10, 500, 43)):
        failing = Failing(system, number)
        mailer = start(env=failing.env)
        failing.watch(mailer).arm()
        if number % 2 == 0:
            look_at(mailer, "/metrics")
        while not failing.is_over():
            letters.append(desk.post(f"p{len(letters)}@a.example"))
            until(lambda: failing.is_over() or is_sent(letters[-1]), "a letter is sent, or the end")
        failing.expect_end()
    start()
    until(lambda: all(map(is_sent, letters)), "all letters", 60)
    until(lambda: not left_in_outbox(system), "an empty outbox")
    interrupted = [row["letter"] for row in system.audit(kind="outbox", result="interrupted")]
    for letter in letters:
        copies = [one for one in sink.letters if letter.email in one.envelope_to]
        assert 1 <= len(copies) <= 1 + interrupted.count(letter.number), letter.email
        assert len({one.raw for one in copies}) == 1, letter.email
        assert [report[1] for report in letter.reports].count(SENT) == 1
    verified = process.run("plume-mailer", "audit", "verify", "--audit", system.audit_db)
    assert verified.returncode == 0, verified.stdout + verified.stderr


def is_sent(letter):
    return any(report[1] == SENT for report in letter.reports)


def left_in_outbox(system):
    with contextlib.closing(sqlite3.connect(system.audit_db, timeout=20)) as db:
        return list(db.execute("SELECT letter FROM outbox"))


# -- at the start


@pytest.mark.parametrize("program", ["broker", "gateway", "mailer"])
def test_start(system, program):
    """Before there is anything to lose, and before the first line of its log."""
    for number in numbers(1, 2, 3, 5, 8, 13, 21, 34, 55):
        failing = Failing(system, number)
        failing.arm()
        wrap = ["env", *(f"{name}={value}" for name, value in failing.env.items())]
        failing.watch(getattr(system, f"start_{program}")(wrap=wrap)).expect_end()


def has_all_it_needs(program):
    """The health address has a thread, too, and is the last or the one before."""
    return program.events("ready") and program.events("admin")


@pytest.mark.parametrize("program", ["broker", "gateway", "mailer"])
def test_start_with_little(system, program):
    """Nothing is preloaded, and the system itself refuses: memory for a file, or for a thread's stack."""
    if program != "broker":
        system.start_broker().wait_ready()
    ended = []
    for kilobytes in range(1750, 20_000, 750):
        wrap = ("prlimit", f"--data={kilobytes << 10}", "--stack=262144:262144")
        one = getattr(system, f"start_{program}")(wrap=wrap)
        until(lambda: one.exit_code is not None or has_all_it_needs(one), "an end, or a beginning")
        if one.exit_code is None:
            break
        code = one.expect_death()
        story = f"{one} with {kilobytes} kB: {code}\n{one.log_tail(5)}"
        assert code in (-signal.SIGABRT, 1) and one.events()[-1]["level"] == "error", story
        ended.append(code)
    assert -signal.SIGABRT in ended and one.exit_code is None
    one.kill()  # to end in order takes memory, too, and it may have none left
