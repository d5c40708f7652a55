"""Peers on the bus that lie, by number of the statements: B4 frames, B5 batches, B6 a gateway that
was taken over; and what gateways and mailers do with a broker that was."""

import json
import pathlib
import random
import socket
import struct

import msgpack
import pytest
from plume.bus_peer import REQ, FakeBroker, FakeGateway, FakeReplier, Requester, dial
from plume.client import RESET
from plume.process import program
from plume.wait import until

BATCH, RESULTS, START_OVER = 1, 2, 3
HELLO, AUTH, RESUME, REJOIN, SAY, GONE, SYNC = 10, 11, 12, 13, 14, 15, 16
WAITING, MAY_NOT_ENTER, AUTH_RESET, ADMITTED, ACCEPTED, REFUSED = 30, 31, 32, 33, 34, 35
SYNCED, EVENTS, POST = 37, 50, 51
GOODBYE = 17
TAKE, LETTER, NO_LETTER, REPORT, REPORTED = 60, 61, 62, 63, 64
EPOCH = 0x1234567890ABCDEF
HUGE = 2**64 - 1


def rss(process):
    """Bytes in memory."""
    status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) * 1024


def raw_frames():
    """Bytes that are no frame, or none that anybody should send."""
    chance = random.Random(29)
    yield from (b"", b"\xc1", b"\x93\x01\x02", b"\xdd\xff\xff\xff\xff", b"\xdb\xff\xff\xff\xff")
    yield from (b"\x91" * 60, b"\xdc\xff\xff" + b"\x01" * 65535, b"\xde\xff\xff", b"\xc9" * 5)
    yield msgpack.packb([1, 2, {"a": 1}])
    yield msgpack.packb([1, 2, [1.5, -1, None]])
    yield msgpack.packb([1, 2, [BATCH, 0, 0, 0, ""]])
    yield msgpack.packb([1, 2, [BATCH, 5, 1, 0, "x" * 65]])
    yield msgpack.packb([1, 2, [BATCH, 5, 1, 0, ""], [SAY, 7, "id", "x" * 65537]])
    yield msgpack.packb([1, 2, [BATCH, 5, 1, 0, ""], [SAY, 7, "id", b"\xff\xfe"]])
    yield msgpack.packb([1, 2, [BATCH, 5, 1, 0, ""], *[[GONE, 7]] * 1100])
    yield msgpack.packb([1, 2, [RESULTS, 1, 1, 1, 1]])
    yield msgpack.packb([1, 2, [SAY, 7, "id", "no head"]])
    yield msgpack.packb([9, 0, [BATCH, 5, 1, 0]])
    hello = [HELLO, 7, "ann", "ann@a.example", "::1", ""]
    good = msgpack.packb([1, 2, [BATCH, 5, 1, 0, ""], hello])
    for _ in range(300):
        octets = bytearray(good)
        for _ in range(chance.randrange(1, 4)):
            octets[chance.randrange(len(octets))] = chance.randrange(256)
        yield bytes(octets)


def send_all(port, frames):
    """As requests that nobody waits for."""
    link = dial(port, REQ)
    try:
        for n, octets in enumerate(frames):
            link.send(struct.pack(">I", 0x80000000 | n) + octets)
    except OSError:
        pass  # a frame over the limit ends the connection
    return link


@pytest.mark.parametrize(("endpoint", "event"), [(1, "batch"), (2, "mail"), (3, "control")])
def test_b4_what_is_no_frame_is_refused_and_said_once(plume, endpoint, event):
    ann = plume.join("ann")
    link = send_all(plume.ports.first + endpoint, raw_frames())
    plume.broker.wait_for_event(f"{event}_refused", peer="127.0.0.1")
    link.close()
    again = send_all(plume.ports.first + endpoint, raw_frames())
    ann.settle()
    plume.join("bob")  # the honest are served
    again.close()
    said = [line["peer"] for line in plume.broker.events(f"{event}_refused")]
    assert len(said) == len(set(said)) <= 2, "once per peer and minute, and once for all that left"


def test_b4_frame_over_the_limit_ends_its_connection_only(plume):
    ann = plume.join("ann")
    before = rss(plume.broker)
    for claim in (2**20, 2**32, 2**63, HUGE):
        link = dial(plume.ports.first + 1, REQ)
        link.sock.sendall(struct.pack(">Q", claim) + b"x" * 1000)
        with pytest.raises(OSError):
            link.receive()
    ann.settle()
    assert rss(plume.broker) - before < 8 << 20


@pytest.mark.parametrize(
    "octets", [b"", b"GET / HTTP/1.1\r\n\r\n", b"\0SP\0\0\x99\0\0", b"\0" * 4096]
)
def test_b4_what_is_no_peer_at_all_is_ignored(plume, octets):
    ann = plume.join("ann")
    for port in range(plume.ports.first, plume.ports.first + 4):
        for _ in range(20):
            with socket.create_connection(("127.0.0.1", port), 5) as stranger:
                stranger.sendall(octets)
    ann.settle()
    plume.join("bob")


def member(plume, name, version=(1, 2)):
    """A gateway of the test's own, with this person as its client 7, and their token."""
    peer = FakeGateway(plume.ports.first + 1, version)
    hello = [HELLO, 7, name, f"{name}@a.example", "127.0.0.1", ""]
    ticket = peer.wait_for(WAITING, hello)[2]
    code = plume.code_for(f"{name}@a.example")
    admitted = peer.wait_for(ADMITTED, [AUTH, 7, ticket, code, 0, 0, True, "", "127.0.0.1"])
    return peer, admitted[3]


def test_b5_batch_sent_again_or_late_changes_nothing(plume):
    bob = plume.join("bob")
    peer, _ = member(plume, "ann")
    first = peer.batch([SAY, 7, "id-1", "one"])
    second = peer.batch([SAY, 7, "id-2", "two"])
    number = peer.number
    assert peer.batch([SAY, 7, "id-3", "forged again"], number=number) == second
    peer.link.sock.settimeout(0.5)
    with pytest.raises(TimeoutError):  # late: it has its answer since, and gets no other
        peer.batch([SAY, 7, "id-4", "forged late"], number=number - 1)
    peer.number = number
    bob.expect_text("ann", "two")
    bob.settle()
    assert [text for _, text in bob.texts("ann") if text != "entered chat"] == ["one", "two"]
    assert first != second


def test_b5_batches_of_nobody_are_refused(plume):
    """A number over 1 of a gateway that nobody knows, or 0 of either."""
    stranger = FakeGateway(plume.ports.first + 1, (1, 2))
    for number in (2, 1000, HUGE):
        assert stranger.batch([SAY, 7, "id", "hello"], number=number)[0][0] == START_OVER
    plume.join("ann").settle()


def test_b6_no_session_without_its_token(plume):
    ann = plume.join("ann")
    eve = FakeGateway(plume.ports.first + 1, (1, 2))
    for token in ("", "x" * 43, ann.token[:-1], ann.token[::-1], ann.token.swapcase()):
        assert eve.wait_for(AUTH_RESET, [RESUME, 9, token, 0, 0, "127.0.0.1"])
    assert not ann.wire.closed


def test_b6_no_name_without_a_code(plume):
    plume.join("ann")
    eve = FakeGateway(plume.ports.first + 1, (1, 2))
    assert eve.wait_for(MAY_NOT_ENTER, [HELLO, 9, "ann", "eve@e.example", "127.0.0.1", ""])
    ticket = eve.wait_for(WAITING, [HELLO, 9, "eve", "eve@e.example", "127.0.0.1", ""])[2]
    for code in ("00000000", "12345678", "", "not a code"):
        assert eve.wait_for(AUTH_RESET, [AUTH, 9, ticket, code, 0, 0, True, "", "127.0.0.1"])
    assert eve.wait_for(REFUSED, [SAY, 9, "id", "I am in"])
    assert "eve" not in plume.ctl("who").stdout


def test_b6_nobody_speaks_for_clients_of_another_gateway(plume):
    bob = plume.join("bob")
    ann = plume.join("ann")
    eve = FakeGateway(plume.ports.first + 1, (1, 2))
    for client in (*range(1, 20), *range(1 << 20, (1 << 20) + 20), HUGE):
        assert eve.wait_for(REFUSED, [SAY, client, f"id-{client}", "forged"])
        eve.batch([GONE, client])
    ann.settle()
    bob.settle()
    assert "forged" not in [text for _, text in bob.texts()]
    assert ("ann", "left chat") not in bob.texts()


def published_numbers(plume):
    """Gateways as the status tells them; pokes and logs do, too."""
    return [int(e["gateway"], 16) for e in plume.broker.events("gateway_new")]


@pytest.mark.parametrize("version", [(1, 2), (1, 0)])
def test_b6_the_number_of_a_gateway_is_no_key_to_it(plume, version):
    """Who knows the number cannot speak as its people, not with an older minor either."""
    bob, ann = plume.join("bob"), plume.join("ann")
    for number in (2, 10**6, HUGE):
        thief = FakeGateway(plume.ports.first + 1, version)
        thief.id = published_numbers(plume)[0]
        for client in range(1 << 20, (1 << 20) + 5):
            reply = thief.batch([SAY, client, f"stolen-{client}", "forged"], number=number)
            assert reply[0][0] == START_OVER
    ann.settle()
    bob.settle()
    assert "forged" not in [text for _, text in bob.texts()]
    assert not plume.gateways[0].events("start_over"), "and it is not disturbed"
    assert len(plume.broker.events("gateway_forged")) == 1


def test_b6_nor_after_a_restart_of_the_broker(plume):
    ann = plume.join("ann")
    number = published_numbers(plume)[0]
    plume.broker.kill()
    plume.start_broker().wait_ready()
    thief = FakeGateway(plume.ports.first + 1, (1, 1))
    thief.id = number
    assert thief.batch([SAY, 1 << 20, "id", "forged"], number=HUGE)[0][0] == START_OVER
    ann.settle()
    assert "forged" not in [text for _, text in ann.texts()]


def test_b6_history_is_what_it_was(plume):
    """Events from a gateway, numbers out of place, other epochs: all refused or without effect."""
    bob = plume.join("bob")
    bob.settle()
    peer, token = member(plume, "ann")
    post = [POST, 1, 1, 0, "bob", "rewritten", "", 0, "", ""]
    for wrong in ([EVENTS, EPOCH, 5], post, [RESULTS, 1, 1, 1, 1]):
        peer.link.sock.settimeout(0.3)
        with pytest.raises(TimeoutError):
            peer.batch(wrong)
        peer.number -= 1
    peer.link.sock.settimeout(20)
    for epoch, after in ((EPOCH, 5), (0, HUGE), (HUGE, HUGE), (1, 0)):
        assert peer.wait_for(ADMITTED, [RESUME, 8, token, epoch, after, "127.0.0.1"])[4] <= bob.seq + 10
    for after, most in ((0, 500), (HUGE, 500), (HUGE - 1, 1)):
        assert peer.wait_for(SYNCED, [SYNC, 8, after, most])[0] == SYNCED
    carl = plume.join("carl")
    carl.settle()
    assert "rewritten" not in [text for _, text in carl.texts()]
    assert carl.posts[: len(bob.posts)] == bob.posts[: len(carl.posts)][: len(bob.posts)]


def test_b6_memory_of_the_broker_is_bounded(system):
    """One session, resumed by connections without end; so many hellos; syncs nobody fetches."""
    # what a sanitizer keeps of freed memory is not the broker's
    plume = system.start(broker={"env": {"ASAN_OPTIONS": "quarantine_size_mb=1"}})
    bob = plume.join("bob")
    peer, token = member(plume, "ann")
    peer.batch(*[[RESUME, n, token, 0, 0, "127.0.0.1"] for n in range(1, 900)])
    before = rss(plume.broker)
    client = 1000
    for _ in range(150):
        peer.batch(*[[RESUME, client + n, token, 0, 0, "127.0.0.1"] for n in range(900)])
        client += 900
    for round in range(50):
        who = [(client + n, f"n{round}-{n}", f"a{n}@r{round}.example") for n in range(400)]
        peer.batch(*[[HELLO, *one, "::1", ""] for one in who])
        peer.batch(*[[SYNC, client, 0, 500]] * 900)
        client += 400
    # 20000 logins of the 50000 it keeps at most; each block of a sanitizer has a zone around it
    sanitized = b"__asan_init" in pathlib.Path(program("plume-broker")).read_bytes()
    assert rss(plume.broker) - before < (128 if sanitized else 64) << 20
    assert json.loads(plume.ctl("--json", "status").stdout)["clients"] < 1000
    bob.settle()


# -- a hostile mailer


def test_mailer_that_lies_about_letters(plume):
    mailer = Requester(plume.ports.first + 2, (1, 1))
    for letter in (0, 1, 77, HUGE):
        if letter:
            reply = mailer.ask([REPORT, 5, letter, 2, 0])
            assert reply[0][:3] == [REPORTED, letter, False]
    ann = plume.join("ann")
    ann.settle()


def test_mailer_that_takes_and_never_reports_delays_nobody_for_long(system):
    system.start_broker()
    system.start_gateway()
    plume = system.wait_ready()
    thief = Requester(plume.ports.first + 2, (1, 1))
    ann = plume.client(label="ann")
    ann.hello("ann", "ann@a.example")
    ann.expect_waiting()
    assert thief.ask([TAKE, 5, 5000, "evil@e.example"])[0][0] == LETTER
    plume.start_mailer().wait_ready()
    ann.auth(plume.code_for("ann@a.example"))
    ann.expect_in()


def test_mailers_without_number_hold_no_memory(plume):
    plume.join("ann")
    before = rss(plume.broker)
    links = []
    for n in range(300):
        link = dial(plume.ports.first + 2, REQ)
        frame = msgpack.packb([1, 1, [TAKE, n + 1, 60000, "evil@e.example"]])
        link.send(struct.pack(">I", 0x80000000 | n) + frame)
        links.append(link)
    for link in links:
        link.close()
    plume.join("bob")
    assert rss(plume.broker) - before < 32 << 20


# -- a hostile broker


class Liar:
    """A broker whose answers are whatever the test wants."""

    def __init__(self, posts=0):
        self.lies = []
        self.posts = [[POST, n + 1, 1, 0, "bob", f"word {n + 1}", "", 0, "", ""] for n in range(posts)]
        self.is_lying = False
        self.asked = 0
        self.after_goodbye = []  # kinds of what was asked then
        self._gone = False

    def answer(self, request):
        self.asked += 1
        kinds = [command[0] for command in request[1:]]
        if self._gone:
            self.after_goodbye += kinds
        self._gone = self._gone or GOODBYE in kinds
        if self.is_lying and self.lies:
            return self.lies.pop(0)(request)
        reply = [[RESULTS, request[0][2], EPOCH, len(self.posts), 1, 0]]
        for command in request[1:]:
            if command[0] == SYNC:
                after = min(command[2], len(self.posts))
                reply.append([SYNCED, command[1], after, len(self.posts) - after])
                reply += self.posts[after:]
            elif command[0] == RESUME:
                ack = [ADMITTED, command[1], "ann", "", 0, len(self.posts), True, 1, "", ""]
                reply.append(ack)
        return reply


LIES = {
    "nothing": lambda request: [],
    "another batch": lambda request: [[RESULTS, request[0][2] + 5, EPOCH, 2, 1, 0]],
    "a wrong direction": lambda request: [[BATCH, 1, 1, 1, "", 0]],
    "an event as answer": lambda request: [[EVENTS, EPOCH, 3]],
    "an unknown kind": lambda request: [[9999, 1, "x"], [RESULTS, request[0][2], EPOCH, 2, 1, 0]],
    "numbers out of range": lambda request: [[RESULTS, 0, 0, HUGE, 0, 2]],
    "the end of time": lambda request: [[RESULTS, request[0][2], EPOCH, HUGE, HUGE, 0]],
    "clients that are not": lambda request: [
        [RESULTS, request[0][2], EPOCH, 2, 1, 0],
        *[[ADMITTED, n, "eve", "token", 0, 2, False, 1, "", ""] for n in (1, 2, HUGE)],
        *[[REFUSED, n, "id", 200, 0] for n in (1, 2, HUGE)],
    ],
    "posts that nobody asked for": lambda request: [
        [RESULTS, request[0][2], EPOCH, 2, 1, 0],
        *[[POST, n, 1, 0, "eve", "forged", "", 0, "", ""] for n in (0, 1, 2, 9, HUGE)],
    ],
    "a synced that counts wrongly": lambda request: [
        [RESULTS, request[0][2], EPOCH, 2, 1, 0],
        [SYNCED, 0, 0, 500],
        [SYNCED, HUGE, HUGE, 0],
    ],
    "start over": lambda request: [[START_OVER, request[0][2]]],
    "no answer": lambda request: None,
}


@pytest.mark.parametrize("lie", LIES)
def test_gateway_with_a_broker_that_answers(system, lie):
    """It refuses, goes on asking, and serves again when the broker is honest again."""
    liar = Liar(posts=2)
    broker = system.guard(FakeBroker(system.ports.first, liar.answer, (1, 2)))
    gateway = system.start_gateway()
    until(lambda: broker.subscribers, "the gateway subscribes")
    broker.publish([EVENTS, EPOCH, 2])
    gateway.wait_ready()
    before = rss(gateway)
    liar.lies = [LIES[lie]] * 4
    liar.is_lying = True
    until(lambda: not liar.lies, "the lies were told")
    broker.publish([EVENTS, EPOCH, 2])
    asked = liar.asked
    until(lambda: liar.asked > asked + 1, "it asks again")
    assert len(gateway.events("answer_refused")) <= 1, "once per peer and minute"
    ann = system.client(label="ann")
    ann.resume(token="a-token")
    if lie == "the end of time":  # it was told of posts that never come, and waits for them
        until(lambda: ann.wire.closed or ann.frames, "an answer")
    else:
        ann.expect_in()
        words = [("bob", "word 1"), ("bob", "word 2")]
        until(lambda: ann.texts() == words, lambda: f"{ann.posts}")
    assert rss(gateway) - before < 16 << 20
    assert gateway.exit_code is None
    gateway.drain()
    assert not liar.after_goodbye, "who has left asks for nothing more"


def test_gateway_whose_events_are_rubbish(system):
    liar = Liar(posts=2)
    broker = system.guard(FakeBroker(system.ports.first, liar.answer, (1, 2)))
    gateway = system.start_gateway()
    until(lambda: broker.subscribers, "the gateway subscribes")
    broker.publish([EVENTS, EPOCH, 2])
    gateway.wait_ready()
    ann = system.client(label="ann")
    ann.resume(token="a-token")
    ann.expect_in()
    before = rss(gateway)
    for octets in (*raw_frames(), *raw_frames()):
        for link in broker.subscribers:
            link.send(octets)
    broker.publish([EVENTS, EPOCH, 2], [POST, HUGE, 1, 0, "eve", "the last", "", 0, "", ""])
    liar.posts.append([POST, 3, 1, 0, "bob", "word 3", "", 0, "", ""])
    broker.publish([EVENTS, EPOCH, 3], liar.posts[2])
    until(lambda: ann.texts()[-1:] == [("bob", "word 3")], lambda: f"{ann.posts}")
    assert ann.texts("eve") == []
    assert len(gateway.events("events_refused")) == 1
    assert rss(gateway) - before < 16 << 20


def test_two_answers_to_one_batch(system):
    """The second is nobody's: the next batch is not answered by it."""
    liar = Liar(posts=2)
    broker = system.guard(FakeBroker(system.ports.first, liar.answer, (1, 2)))
    gateway = system.start_gateway()
    until(lambda: broker.subscribers, "the gateway subscribes")
    broker.publish([EVENTS, EPOCH, 2])
    gateway.wait_ready()
    broker.repeat = 3
    asked = liar.asked
    until(lambda: liar.asked > asked + 3, "it goes on asking")
    ann = system.client(label="ann")
    ann.resume(token="a-token")
    ann.expect_in()
    ann.expect_none(RESET)
    assert not gateway.events("answer_refused")


def letter(address="a@a.example", code="12345678", lease=60000):
    return [LETTER, 1, "K7Q-2MX", address, "ann", code, lease, lease, "", 1]


MAIL_LIES = {
    "nothing": [],
    "a report's answer to a take": [[REPORTED, 1, True]],
    "a letter to many": [letter("a@a.example,b@b.example")],
    "a letter with a header in it": [letter("a@a.example\r\nBcc: x@x.example")],
    "a code with a header in it": [letter(code="1\r\nBcc: x@x.example")],
    "a lease without time": [letter(lease=0)],
    "no answer": None,
}


@pytest.mark.parametrize("lie", MAIL_LIES)
def test_mailer_with_a_broker_that_answers(system, lie):
    told = []
    lies = 1 if MAIL_LIES[lie] is None else 3  # to wait for no answer takes 5 s each time

    def answer(request):
        if request[0][0] == REPORT:
            return [[REPORTED, request[0][2], True]]
        told.append(request)
        if len(told) <= lies:
            return MAIL_LIES[lie]
        if len(told) == lies + 1:
            return [letter("ann@a.example", "87654321")]
        return [[NO_LETTER, 0]]

    system.guard(FakeReplier(system.ports.first + 2, answer, (1, 1)))
    mailer = system.start_mailer()
    assert system.code_for("ann@a.example") == "87654321"
    assert mailer.exit_code is None
    for path in system.maildir.glob("new/*"):
        assert b"x.example" not in path.read_bytes() and b"b@b" not in path.read_bytes()
