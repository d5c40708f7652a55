"""What each process may need at most is stated in docs/OPERATIONS.md, "Memory"; here each of them has so much
and no more (RLIMIT_DATA), under the worst load that its bounds allow, with bounds that are soon reached."""

import pathlib
import re
import signal
import threading

import pytest
from plume.admin import metrics
from plume.bus_peer import SUB, FakeGateway, dial
from plume.client import REFUSED
from plume.client import TEXT as TEXT_POST
from plume.http_sink import HttpSink
from plume.process import SOURCE_DIR, program
from plume.raw_socket import TEXT, RawSocket, frame
from plume.wait import until

HELLO, AUTH, RESUME, SAY, SYNC, WHO, WAITING, ADMITTED = 10, 11, 12, 14, 16, 18, 30, 33
MIB = 1 << 20
FRAME = 194 << 10  # bytes of the largest frame of the broker: 128 KiB and one message
BIG = 60_000
POST_FRAME = 66 << 10  # of one such post

SANITIZED = b"__asan_init" in pathlib.Path(program("plume-broker")).read_bytes()
pytestmark = pytest.mark.skipif(SANITIZED, reason="a sanitizer's memory is not the program's")


def stated(name):
    """Bytes for one entry, as the document says."""
    text = (SOURCE_DIR / "docs/OPERATIONS.md").read_text()
    found = re.search(rf"^\| {name} \| ([\d,]+) ([kM]?B) ", text, re.M)
    return int(found[1].replace(",", "")) * {"B": 1, "kB": 1000, "MB": 10**6}[found[2]]


def limited(most):
    """A program that may have so many bytes; its threads' stacks are small."""
    return {"wrap": ("prlimit", f"--data={most}", "--stack=262144:262144"), "log_level": "info"}


def peak(process):
    status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024


def member(plume, name):
    """A gateway of the test's own with this person inside, and their token."""
    peer = FakeGateway(plume.ports.first + 1, (1, 2))
    hello = [HELLO, 7, name, f"{name}@a.example", "127.0.0.1", ""]
    ticket = peer.wait_for(WAITING, hello)[2]
    code = plume.code_for(f"{name}@a.example")
    admitted = peer.wait_for(ADMITTED, [AUTH, 7, ticket, code, 0, 0, True, "", "127.0.0.1"])
    return peer, admitted[3]


def fill_the_broker(plume, connections, logins, bytes_of_history):
    """Connections, logins, a history that turns over, answers that nobody takes, and events."""
    peer, token = member(plume, "ann")
    deaf = dial(plume.ports.first, SUB)  # a gateway that stopped reading
    for n in range(0, connections, 400):
        peer.batch(*[[RESUME, 1000 + n + k, token, 0, 0, "::1"] for k in range(400)])
    for n in range(0, logins, 400):
        who = [(10**6 + n + k, f"n{n + k}", f"a{n + k}@a.example") for k in range(400)]
        peer.batch(*[[HELLO, *one, "::1", ""] for one in who])
    text = "x" * BIG
    for n in range(bytes_of_history * 3 // BIG):
        peer.batch([SAY, 7, f"id-{n}", text], *[[WHO, 7, ""]] * 100, [SYNC, 7, 0, 500])
    return peer, deaf


def is_served(client):
    """Does a post of theirs get into the room?  Readers that are behind may slow writers for a while."""
    heard = client.expect(TEXT_POST, REFUSED, id=client.say("served all the same"))
    assert heard["type"] == TEXT_POST or heard["reason"] == "busy", heard
    return heard["type"] == TEXT_POST


def test_broker_needs_no_more_than_is_stated(system):
    history, rows, connections, logins = 8 * MIB, 2000, 500, 4000
    most = (
        stated("broker, the process itself")
        + 2 * history
        + logins * (stated("broker, a login that waits") + stated("broker, a letter"))
        + rows * stated("broker, a row of the record")
        + connections * stated("broker, a connection")
        + 3 * history // BIG * POST_FRAME  # events for the subscriber that stopped
        + 2 * FRAME * 10  # answers, and what waits for them
    )
    options = {"history_bytes": history, "trail": rows, **limited(most)}
    plume = system.start(broker=options)
    bob = plume.join("bob")
    _, deaf = fill_the_broker(plume, connections, logins, history)
    until(lambda: is_served(bob), "bob is served")
    assert metrics(plume.broker)["plume_logins_waiting"] > logins * 0.9
    assert peak(plume.broker) <= most
    deaf.close()


def test_gateway_needs_no_more_than_is_stated(system):
    backlog, connections = 4 * MIB, 300
    most = (
        stated("gateway, the process itself")
        + backlog
        + connections * (stated("gateway, a connection") + (8 << 10))
    )
    plume = system.start(
        broker={"grace": "1h", "newcomer_posts": 0},
        gateway={"backlog_bytes": backlog, "posts_per_second": 0, **limited(most)},
    )
    ann = plume.join("ann")
    gateway = plume.gateways[0]
    many = [RawSocket(gateway.port).upgrade() for _ in range(connections)]
    for one in many:
        one.resume(ann.token)
        one.send(frame(TEXT, b"x" * 40_000, fin=False))
    for number in range(150):  # the log of the latest posts turns over, and nobody of the many reads
        ann.expect_own(ann.say(f"{number} " + "x" * BIG))
    assert metrics(gateway)['plume_closes_total{reason="busy"}'] > 0
    assert peak(gateway) <= most
    for one in many:
        one.close()
    ann.expect_own(ann.say("served all the same"))


def test_mailer_needs_no_more_than_is_stated(system, desk):
    mailgun = system.guard(HttpSink())
    mailgun.reply(500, "later " * 1000, Retry_After="3000")
    for n in range(1100):
        desk.post(f"{n}{'a' * 50}@{'b' * 60}.example", life=86400, name="n" * 120)
    most = stated("mailer, the process itself") + 1024 * stated("mailer, a letter in hand")
    mailer = system.start_mailer(
        transport="mailgun:chat.example",
        mailgun_url=mailgun.url,
        mailgun_key_file=system.secret_file("mailgun-key", "key-0123456789"),
        **limited(most),
    ).wait_ready()
    until(lambda: metrics(mailer)["plume_letters_in_hand"] == 1024, "it has all it may have", 120)
    assert peak(mailer) <= most


def test_broker_that_runs_out_of_memory_loses_nothing_that_was_accepted(system):
    """It ends and says so; the next one, which may have more, has every post that was accepted."""
    plume = system.start(
        broker={"history_bytes": 256 * MIB, **limited(40 * MIB)},
        gateway={"posts_per_second": 0, "log_level": "info"},
    )
    ann = plume.join("ann")
    said = []

    def talked():
        return plume.broker.exit_code is not None or accepted(ann) >= len(said) - 5

    def talk():
        while plume.broker.exit_code is None and len(said) < 2000:
            said.append(ann.say(f"{len(said)} " + "x" * BIG))
            until(talked, "it is accepted")

    talker = threading.Thread(target=talk)
    talker.start()
    code = plume.broker.expect_death(60)
    talker.join()
    assert code == -signal.SIGABRT
    assert plume.broker.events()[-1]["event"] == "out_of_memory"
    assert not plume.gateways[0].events("events_refused"), "no frame is half a frame"
    assert not plume.gateways[0].events("answer_refused")
    before = accepted(ann)
    assert before > 50
    plume.start_broker(history_bytes=256 * MIB, log_level="info").wait_ready()
    ann.expect_own(ann.say("the room is back"))
    late = plume.client(plume.start_gateway().wait_ready(), label="late")
    late.name, late.epoch = "ann", ann.epoch
    late.resume(token=ann.token, seq=1)
    until(lambda: late.seq >= ann.seq, lambda: f"{late.seq} of {ann.seq}", 60)
    assert late.posts[-before:] == ann.posts[-before:]


def accepted(ann):
    return sum(1 for _, name, text in ann.posts if name == "ann" and text.endswith("xxx"))
