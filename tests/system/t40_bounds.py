"""What can grow by what others do has a bound, where it takes processes to see it (docs/OPERATIONS.md,
"Bounds"; the rest is in tests/unit)."""

import json
import signal
import threading
import time

import pytest
from plume.admin import metrics
from plume.bus_peer import FakeBroker
from plume.http_sink import HttpSink
from plume.mail_desk import DEFERRED, QUEUED, SENT
from plume.raw_socket import CLOSE, Dropped, RawSocket, frame
from plume.raw_socket import TEXT as TEXT_FRAME
from plume.smtp_sink import HANG
from plume.wait import DEADLINE, until

RESUME, SYNC, RESULTS, ADMITTED, SYNCED, EVENTS, POST = 12, 16, 2, 33, 37, 50, 51
EPOCH = 0x1234567890ABCDEF
GIVEN = 200  # posts of one answer


class Away:
    """A broker with so many posts, that falls silent when a connection asks for older ones."""

    def __init__(self, posts):
        self.newest = posts
        self.is_silent = False
        self.went = threading.Event()
        self.heard = {}  # commands of the batches that were answered, by number: some come twice

    def answer(self, request):
        if any(command[0] == SYNC and command[1] for command in request) and not self.went.is_set():
            self.is_silent = True
            self.went.set()
        if self.is_silent:
            return None
        self.heard[request[0][2]] = request[1:]
        reply = [[RESULTS, request[0][2], EPOCH, self.newest, 1, 0]]
        for command in request[1:]:
            if command[0] == SYNC:
                after = min(command[2], self.newest)
                seqs = range(after + 1, min(after + GIVEN, self.newest) + 1)
                reply.append([SYNCED, command[1], after, len(seqs)])
                reply += [[POST, seq, 1, 0, "bob", f"word {seq}", "", 0, "", ""] for seq in seqs]
            elif command[0] == RESUME:
                reply.append([ADMITTED, command[1], "ann", "", 0, self.newest, True, 1, "", ""])
        return reply


def test_who_waits_for_a_broker_that_is_away_asks_once(system):
    """Who was catching up, and the gateway itself, which knows that it misses posts."""
    room = Away(posts=1500)
    broker = system.guard(FakeBroker(system.ports.first, room.answer, (1, 2)))
    gateway = system.start_gateway()
    until(lambda: broker.subscribers, "the gateway subscribes")
    broker.publish([EVENTS, EPOCH, room.newest])
    gateway.wait_ready()
    ann = system.client(label="ann")
    ann.resume(token="a-token")
    ann.expect_in()
    assert room.went.wait(DEADLINE)
    broker.publish([EVENTS, EPOCH, room.newest + 5])
    gateway.wait_for_event("bus_lost")
    time.sleep(7)  # twice what an answer is waited for: that nothing is asked takes its time
    room.newest += 5
    room.heard = {}
    room.is_silent = False
    gateway.wait_for_event("bus_back")
    until(lambda: ann.seq >= room.newest, lambda: f"she stays at {ann.seq} of {room.newest}")
    waited = [command[1] for batch in list(room.heard.values())[:2] for command in batch
              if command[0] == SYNC]
    asked = {client: waited.count(client) for client in waited}
    assert len(asked) == 2 and max(asked.values()) <= 2, f"asked so often: {asked}"


# -- what waits in a gateway for its browsers: --backlog-bytes

BIG = 60_000


@pytest.fixture
def narrow(system):
    """A gateway in which a megabyte may wait, and somebody in the room."""
    options = {"backlog_bytes": 1 << 20, "posts_per_second": 0, "log_level": "info"}
    plume = system.start(broker={"grace": "1h", "newcomer_posts": 0}, gateway=options)
    return plume, plume.join("ann")


def backlog(plume):
    return metrics(plume.gateways[0])["plume_backlog_bytes"]


def closed_as_busy(plume):
    return metrics(plume.gateways[0])['plume_closes_total{reason="busy"}']


def others(plume, ann, count):
    """So many more connections of hers."""
    made = [RawSocket(plume.gateways[0].port).upgrade() for _ in range(count)]
    for one in made:
        one.resume(ann.token)
    return made


def how_it_ended(one):
    """The close frame that came, if any did."""
    try:
        while True:
            got = one.receive()
            if got.opcode == CLOSE:
                return got.code, got.payload[2:]
    except Dropped:
        return None


FREE = 8 << 10  # that everybody may have, whatever others do


def test_unfinished_messages_of_all_together_are_bounded(narrow):
    plume, ann = narrow
    many = others(plume, ann, 30)
    for number, one in enumerate(many):
        one.send(frame(TEXT_FRAME, b"x" * BIG, fin=False))
        fits = min(number + 1, 17)  # pieces of 60,000 bytes in a megabyte
        until(lambda: closed_as_busy(plume) == number + 1 - fits, "the oldest makes room")
        until(lambda: abs(backlog(plume) - fits * BIG) <= FREE, lambda: f"{backlog(plume)} wait")
    ann.expect_own(ann.say("others are served"))
    ann.expect_own(ann.say("also what comes in pieces " * 400))
    assert {how_it_ended(one) for one in many[:13]} == {(1013, b"busy")}
    for one in many:
        one.close()
    until(lambda: backlog(plume) == 0, lambda: f"{backlog(plume)} bytes wait still")
    late = others(plume, ann, 1)[0]
    late.send(frame(TEXT_FRAME, b"x" * BIG, fin=False))
    until(lambda: backlog(plume) == BIG, "there is room again")
    late.close()


def test_what_readers_that_stopped_have_waiting_is_bounded(narrow):
    plume, ann = narrow
    many = others(plume, ann, 40)
    for number in range(30):  # more than a socket's buffers take
        ann.expect_own(ann.say(f"{number} " + "x" * BIG))
        assert backlog(plume) <= (1 << 20) + 41 * FREE
    until(lambda: closed_as_busy(plume) > 0, "some are closed")
    ann.expect_own(ann.say("who reads is served"))
    assert backlog(plume) > 0

    def they_read_on():
        for one in many:
            try:
                one.sock.recv(1 << 20)
            except (BlockingIOError, ConnectionError):
                pass
        return backlog(plume) == 0

    for one in many:
        one.sock.setblocking(False)
    until(they_read_on, lambda: f"{backlog(plume)} bytes wait still")
    for one in many:
        one.close()


# -- what waits for the broker, and for one browser


class Stopped:
    """The broker, while it does not run."""

    def __init__(self, plume):
        self.broker = plume.broker

    def __enter__(self):
        self.broker.signal(signal.SIGSTOP)

    def __exit__(self, *_):
        self.broker.signal(signal.SIGCONT)


def test_what_waits_for_the_broker_is_bounded(system):
    plume = system.start(gateway={"posts_per_second": 0, "log_level": "info"})
    gateway = plume.gateways[0]
    ann = plume.join("ann")
    waiting = []
    with Stopped(plume):
        for number in range(3000):
            ann.say(f"{number}")
        ann.expect_refused("busy")
        # 1,800 wait; before them one frame has left, of 900 messages at most (BUS_QUEUE_FRAME_MESSAGES)
        until(lambda: len(refused(ann, "busy")) >= 3000 - 1810 - 900, "the others are refused")
        waiting.append(metrics(gateway)["plume_commands_waiting"])
    until(lambda: metrics(gateway)["plume_commands_waiting"] == 0, "they left", 30)
    assert 1800 <= waiting[0] <= 1810
    ann.expect_own(ann.say("and there is room again"))


def refused(ann, reason):
    return [f for f in ann.frames if f["type"] == 8 and f.get("reason") == reason]


def test_who_takes_no_answers_is_closed(system):
    """Every text over the rate is answered; this browser reads none of the answers."""
    plume = system.start(gateway={"log_level": "info"})
    ann = plume.join("ann")
    deaf = RawSocket(plume.gateways[0].port).upgrade()
    deaf.resume(ann.token)
    text = frame(TEXT_FRAME, json.dumps({"type": 1, "id": "i" * 64, "text": "x"}).encode())

    def is_closed():
        deaf.send(text * 200)
        return plume.gateways[0].events("close", reason="too-slow")

    until(is_closed, "it is closed")
    ann.expect_own(ann.say("others are served"))
    deaf.close()


# -- a mailer's letters


def in_hand(mailer):
    shown = metrics(mailer)
    return shown["plume_letters_in_hand"], shown["plume_letters_sending"]


def test_a_mailer_sends_so_many_at_a_time(sink, desk, start):
    sink.reply("DATA", HANG)
    mailer = start(concurrency=3)
    letters = [desk.post(f"a{n}@a.example") for n in range(12)]
    until(lambda: in_hand(mailer) == (3, 3), lambda: f"{in_hand(mailer)}")
    sink.relent()
    for letter in letters:
        desk.wait_state(letter, SENT)
    until(lambda: in_hand(mailer) == (0, 0), lambda: f"{in_hand(mailer)}")


def test_a_mailer_takes_no_more_letters_than_it_may_have(system, desk):
    """Each is put off for long, and so it would take one after the other."""
    mailgun = system.guard(HttpSink())
    mailgun.reply(500, "later", Retry_After="3000")
    letters = [desk.post(f"a{n}@a.example", life=86400) for n in range(1030)]
    mailer = system.start_mailer(
        transport="mailgun:chat.example",
        mailgun_url=mailgun.url,
        mailgun_key_file=system.secret_file("mailgun-key", "key-0123456789"),
        log_level="info",
    ).wait_ready()
    until(lambda: in_hand(mailer) == (1024, 0), lambda: f"{in_hand(mailer)}", 120)
    asked = len(desk.asked)
    desk.wait_state(letters[1023], DEFERRED)
    assert len(mailgun.asked) == 1024 and len(desk.asked) == asked
    assert not any(letter.reports for letter in letters[1024:]), "they wait with the broker"
    mailer.drain()  # gives them back
    assert all(letter.reports[-1][1] == QUEUED for letter in letters[:1024])
