"""SECURITY B4 to B6 as a table: each lie, told by each peer that can tell it. Whoever is lied to
refuses and counts it, says so once per peer and minute, keeps no memory of it, and serves the honest.
What a lie means to one peer in particular is in t29_hostile_peers."""

import itertools
import pathlib
import random
import struct
import time

import msgpack
import pytest
from plume import admin
from plume.bus_peer import REQ, FakeBroker, FakeGateway, FakeReplier, dial
from plume.process import is_sanitized
from plume.wait import until

BATCH, RESULTS, START_OVER, RESUME, SAY, SYNC, GONE = 1, 2, 3, 12, 14, 16, 15
ADMITTED, SYNCED, EVENTS, POST = 33, 37, 50, 51
TAKE, LETTER, NO_LETTER, REPORT, REPORTED, TRAIL, ASK, TOLD, PERSON = 60, 61, 62, 63, 64, 65, 70, 71, 74
UNKNOWN = 9999
EPOCH = 0x1234567890ABCDEF
HUGE = 2**64 - 1
TIMES = 300
MEMORY = (64 if is_sanitized() else 16) << 20


def rss(one):
    """Bytes in memory."""
    status = pathlib.Path(f"/proc/{one.pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) * 1024


def counted(one, name):
    return admin.metrics(one)[name]


def packed(*messages, version=(1, 1)):
    return msgpack.packb([*version, *messages])


def array_of(n):
    """An array that claims n values and has none."""
    return b"\xdd" + struct.pack(">I", n)


def wide(message):
    """A frame of more messages than a frame may have."""
    return packed(*[message] * 1100)


def deep(n):
    return b"\x93\x01\x01" + b"\x91" * n + b"\x01"


# What a lie looks like depends on who would say it honestly: HEAD is that peer's first message.
# lie: (bytes of the frame, "refused" or "skipped" or what else counts it)
def shapes(head, wrong):
    return {
        "enormous array": (array_of(2**32 - 1), "refused"),
        "array of 1,100 messages": (wide(head), "refused"),
        "text of a megabyte claimed": (b"\x93\x01\x01\xdb\x00\x10\x00\x00", "refused"),
        "depth of 60": (deep(60), "refused"),
        "extension type": (b"\x93\x01\x01\xc9" + b"\xff" * 5, "refused"),
        "unknown kind": (packed([UNKNOWN, "x" * 100], head), "skipped"),
        "wrong direction": (packed(wrong), "refused"),
        "another major version": (packed(head, version=(9, 0)), "refused"),
        "nothing": (packed(), "refused"),
    }


# -- who dials the broker: each column is an endpoint


DIALLERS = {
    "gateway": (1, "commands", [BATCH, 5, HUGE, 0], [RESULTS, 1, 1, 1, 1]),
    "mailer": (2, "mail", [TAKE, 5, 0, "evil@e.example"], [REPORTED, 1, True]),
    "control": (3, "control", [ASK, "wrong key", 0, ""], [TOLD, True, ""]),
}
DIALLED = [
    (who, lie) for who, (_, _, head, wrong) in DIALLERS.items() for lie in shapes(head, wrong)
]


def odd_frames(broker, endpoint, how):
    if how == "refused":
        return counted(broker, f'plume_refused_frames_total{{endpoint="{endpoint}"}}')
    return counted(broker, "plume_unknown_messages_total")


@pytest.mark.parametrize(("who", "lie"), DIALLED)
def test_b4_who_dials_the_broker_and_lies(plume, who, lie):
    place, endpoint, head, wrong = DIALLERS[who]
    frame, how = shapes(head, wrong)[lie]
    ann, broker = plume.join("ann"), plume.broker
    counts, before = odd_frames(broker, endpoint, how), rss(broker)
    link = dial(plume.ports.first + place, REQ)
    for n in range(TIMES):  # and never reads an answer
        link.send(struct.pack(">I", 0x80000000 | n) + frame)
    # one that asks again gives up what it asked before: what counts is that it is counted
    until(lambda: odd_frames(broker, endpoint, how) > counts, "it is counted")
    ann.settle()
    assert rss(broker) - before < MEMORY
    link.close()
    event = {"commands": "batch", "mail": "mail", "control": "control"}[endpoint] + "_refused"
    said = [line["peer"] for line in broker.events(event)]
    assert len(said) == len(set(said)), "once per peer and minute"
    assert broker.exit_code is None
    plume.join("bob")


def test_b6_forged_sessions_by_a_gateway_are_counted_and_leave_nothing(plume):
    plume.join("ann")
    peer = FakeGateway(plume.ports.first + 1, (1, 2))
    peer.batch()
    before, name = rss(plume.broker), 'plume_commands_total{kind="resume"}'
    resumed = counted(plume.broker, name)
    chance = random.Random(6)
    for _ in range(20):
        tokens = ["%043x" % chance.getrandbits(172) for _ in range(900)]
        got = peer.batch(*[[RESUME, n + 1, token, EPOCH, 0, "::1"] for n, token in enumerate(tokens)])
        assert ADMITTED not in [message[0] for message in got]
    assert counted(plume.broker, name) == resumed + 18000
    assert rss(plume.broker) - before < MEMORY
    assert counted(plume.broker, "plume_clients") == 1


def ask(plume, *messages):
    """As a mailer, over a connection of its own."""
    link = dial(plume.ports.first + 2, REQ)
    link.send(struct.pack(">I", 0x80000001) + packed(*messages))
    reply = msgpack.unpackb(link.receive()[4:])[2:]
    link.close()
    return reply


def test_b6_forged_and_repeated_reports_of_a_mailer_change_nothing(system):
    """Of a letter that another mailer holds; and of its own, once it is over."""
    system.start_broker()
    system.start_gateway()
    plume = system.wait_ready()
    ann = plume.client(label="ann")
    ann.hello("ann", "ann@a.example")
    ann.expect_waiting()
    letter = ask(plume, [TAKE, 5, 5000, "p@p.example"])[0][1]
    taken, sent, refused = 1, 2, 4
    for state in (sent, refused):
        assert ask(plume, [REPORT, 6, letter, state, 0]) == [[REPORTED, letter, False]]
    assert ask(plume, [REPORT, 5, letter, taken, 0]) == [[REPORTED, letter, True]]
    assert ask(plume, [REPORT, 5, letter, sent, 0]) == [[REPORTED, letter, True]]
    ann.expect_waiting(mail="sent")
    for state in (sent, refused, taken):  # again, and otherwise
        assert ask(plume, [REPORT, 5, letter, state, 0]) == [[REPORTED, letter, False]]
    assert counted(plume.broker, "plume_letters_waiting") == 0


@pytest.mark.parametrize("kept, room", [(HUGE, HUGE), (HUGE, 0), (5, 12345)])
def test_b5_a_mailer_that_counts_in_another_epoch_acknowledges_nothing(plume, kept, room):
    """It is given what no mailer has, whatever it claims to have of a room that is not this one."""
    plume.mailers[0].kill()
    plume.ctl("say", "hello")
    link = dial(plume.ports.first + 2, REQ, timeout=40)
    wanted = [TAKE, 77, 30000, "p@p.example", "", kept, room, "", 0, 0]
    link.send(struct.pack(">I", 0x80000001) + packed(wanted, version=(1, 2)))
    rows = [m for m in msgpack.unpackb(link.receive()[4:])[2:] if m[0] == TRAIL]
    link.close()
    assert any("said" in row[9] for row in rows), rows
    assert all(row[-1] not in (room, 0) for row in rows)


def test_b4_a_control_peer_with_a_wrong_key_learns_and_does_nothing(plume):
    ann = plume.join("ann")
    before, name = rss(plume.broker), 'plume_control_requests_total{result="refused"}'
    victim = plume.directory / "victim.db"
    asks = [(key, verb, text) for key in ("", "x" * 64, "x" * 128) for verb in (0, 1, 2, 4, 5)
            for text in ("ann", "x" * 65536)] + [("x" * 64, 6, str(victim))]  # fmt: skip
    link = dial(plume.ports.first + 3, REQ)
    told = set()
    for n, (key, verb, text) in enumerate(asks):
        link.send(struct.pack(">I", 0x80000000 | n) + packed([ASK, key, verb, text]))
        (answer,) = msgpack.unpackb(link.receive()[4:])[2:]
        told.add(tuple(answer))
    assert told == {(TOLD, False, "the control key is not this broker's")}
    assert counted(plume.broker, name) == len(asks)
    assert len(plume.broker.events("control_refused")) == 1
    assert not victim.exists() and rss(plume.broker) - before < MEMORY
    link.close()
    ann.settle()
    assert ann.texts("plumebot") == [] and not ann.wire.closed


def test_b4_many_asks_at_once_keep_no_operator_waiting(plume):
    """200 connections that ask and never read."""
    plume.join("ann")
    before = rss(plume.broker)
    links = [dial(plume.ports.first + 3, REQ) for _ in range(200)]
    for n, link in enumerate(links):
        for _ in range(5):
            link.send(struct.pack(">I", 0x80000000 | n) + packed([ASK, "x", 0, "y" * 60000]))
    assert plume.ctl("who").stdout.count("ann") == 1
    assert rss(plume.broker) - before < 2 * MEMORY
    for link in links:
        link.close()


# -- whom the broker answers


TO_GATEWAY = shapes([START_OVER, 1], [BATCH, 1, 1, 1])
TO_MAILER = shapes([NO_LETTER, 0], [TAKE, 5, 0, "p@a.example"])
TO_PLUMECTL = shapes([TOLD, True, ""], [ASK, "", 0, ""])


@pytest.mark.parametrize("over", ["commands", "events"])
@pytest.mark.parametrize("lie", TO_GATEWAY)
def test_b4_a_broker_that_lies_to_a_gateway(system, lie, over):
    frame, how = TO_GATEWAY[lie]
    lies = itertools.count()
    state = {"lying": False}

    def answer(request):
        if state["lying"] and over == "commands" and next(lies) < 10:
            return frame
        return [[RESULTS, request[0][2], EPOCH, 0, 1, 0]]

    broker = system.guard(FakeBroker(system.ports.first, answer, (1, 2)))
    gateway = system.start_gateway()
    until(lambda: broker.subscribers, "the gateway subscribes")
    broker.publish([EVENTS, EPOCH, 0])
    gateway.wait_ready()

    def odd():
        if how == "refused":
            return counted(gateway, f'plume_refused_frames_total{{endpoint="{over}"}}')
        return counted(gateway, "plume_unknown_messages_total")

    before, counts = rss(gateway), odd()
    if over == "events":
        head = packed([UNKNOWN, "x"], [EVENTS, EPOCH, 0])
        for _ in range(TIMES):
            broker.subscribers[0].send(head if how == "skipped" else frame)
    else:
        state["lying"] = True
    wanted = TIMES if over == "events" else 3
    until(lambda: odd() >= counts + wanted, "it is counted")
    refused = "events_refused" if over == "events" else "answer_refused"
    assert len(gateway.events(refused)) == (how == "refused"), "once per peer and minute"
    assert len(gateway.events("start_over")) <= 1
    assert rss(gateway) - before < MEMORY and gateway.exit_code is None
    state["lying"] = False
    broker.publish([EVENTS, EPOCH, 0])
    until(lambda: admin.ready(gateway)[0], "it is ready again")


@pytest.mark.parametrize("lie", TO_MAILER)
def test_b4_a_broker_that_lies_to_a_mailer(system, lie):
    frame, how = TO_MAILER[lie]
    asked = itertools.count()

    def answer(request):
        if request[0][0] == REPORT:
            return [[REPORTED, request[0][2], True]]
        n = next(asked)
        if n < 5:
            return frame
        if n == 5:
            return [[LETTER, 1, "K7Q-2MX", "ann@a.example", "ann", "87654321", 60000, 60000, "", 1]]
        time.sleep(request[0][2] / 1000)  # as the broker does: it holds the question
        return [[NO_LETTER, 0]]

    system.guard(FakeReplier(system.ports.first + 2, answer, (1, 1)))
    mailer = system.start_mailer().wait_ready()
    before = rss(mailer)
    assert system.code_for("ann@a.example") == "87654321", "it goes on, and is served again"
    name = {"refused": "plume_refused_frames_total", "skipped": "plume_unknown_messages_total"}[how]
    assert counted(mailer, name) == 5
    assert len(mailer.events("bus_refused")) == (how == "refused"), "once per peer and minute"
    assert rss(mailer) - before < MEMORY


def test_b4_letters_that_are_none_are_refused_counted_and_said_once(system):
    """Addresses with headers in them, codes that are none, one after the other."""
    asked = itertools.count()
    bad = [("a@a.example\r\nBcc: b@b.example", "12345678"), ("a@a.example", "1\r\nBcc: x"),
           ("a@a.example,b@b.example", "12345678"), ("a@a.example", "")]  # fmt: skip

    def answer(request):
        if request[0][0] == REPORT:
            return [[REPORTED, request[0][2], True]]
        n = next(asked)
        if n < 200:
            address, code = bad[n % 4]
            return [[LETTER, n + 1, "K7Q-2MX", address, "ann", code, 60000, 60000, "", 1]]
        if n == 200:
            who = "ann@a.example"
            return [[LETTER, n + 1, "K7Q-2MX", who, "ann", "87654321", 60000, 60000, "", 1]]
        time.sleep(request[0][2] / 1000)
        return [[NO_LETTER, 0]]

    system.guard(FakeReplier(system.ports.first + 2, answer, (1, 1)))
    mailer = system.start_mailer().wait_ready()
    before = rss(mailer)
    assert system.code_for("ann@a.example") == "87654321"
    assert counted(mailer, "plume_refused_frames_total") == 200
    said = len(mailer.events("letter_refused")) + len(mailer.events("bus_refused"))
    assert 1 <= said <= 2, "each once a minute"
    assert system.letters() == 1 and rss(mailer) - before < MEMORY


def test_b5_a_mail_desk_that_answers_each_question_three_times(system):
    """The second answer is nobody's: no letter is sent twice."""
    given = []

    def answer(request):
        if request[0][0] == REPORT:
            return [[REPORTED, request[0][2], True]]
        given.append(1)
        if len(given) > 5:
            time.sleep(request[0][2] / 1000)
            return [[NO_LETTER, 0]]
        number = len(given)
        who = f"ann{number}@a.example"
        return [[LETTER, number, "K7Q-2MX", who, "ann", "87654321", 60000, 60000, "", 1]]

    desk = system.guard(FakeReplier(system.ports.first + 2, answer, (1, 1)))
    desk.repeat = 3
    mailer = system.start_mailer().wait_ready()
    for number in range(1, 6):
        assert system.code_for(f"ann{number}@a.example") == "87654321"
    until(lambda: len(given) > 5, "it asks for more")
    assert system.letters() == 5
    assert mailer.exit_code is None


def test_b5_reports_that_are_answered_for_another_letter_are_refused(system):
    reported = itertools.count()
    given = itertools.count()

    def answer(request):
        if request[0][0] == REPORT:
            number = request[0][2]
            return [[REPORTED, number if next(reported) >= 4 else number + 1, True]]
        if next(given) == 0:
            return [[LETTER, 1, "K7Q-2MX", "a@a.example", "ann", "87654321", 60000, 60000, "", 1]]
        time.sleep(request[0][2] / 1000)
        return [[NO_LETTER, 0]]

    system.guard(FakeReplier(system.ports.first + 2, answer, (1, 1)))
    mailer = system.start_mailer().wait_ready()
    mailer.wait_for_event("bus_refused", answer_to="report")
    assert len(mailer.events("bus_refused")) == 1
    assert counted(mailer, "plume_refused_frames_total") >= 1


@pytest.mark.parametrize("lie", TO_PLUMECTL)
def test_b4_a_broker_that_lies_to_plumectl(system, lie):
    frame, how = TO_PLUMECTL[lie]
    system.control_key.write_text("k" * 64 + "\n")
    system.control_key.chmod(0o600)
    system.guard(FakeReplier(system.ports.first + 3, lambda request: frame))
    done = system.ctl("--timeout", "2s", "who")
    if how == "skipped":
        assert done.returncode == 0 and done.stdout == "clients  name\n"
    else:
        assert done.returncode == 1 and "not understood" in done.stderr and not done.stdout
