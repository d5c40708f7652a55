"""What can grow by what others do has a bound, where it takes processes to see it (docs/OPERATIONS.md,
"Bounds"; the rest is in tests/unit)."""

import threading
import time

import pytest
from plume.admin import metrics
from plume.bus_peer import FakeBroker
from plume.raw_socket import CLOSE, Dropped, RawSocket, frame
from plume.raw_socket import TEXT as TEXT_FRAME
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
        self.heard = []  # commands of the batches that were answered

    def answer(self, request):
        if any(command[0] == SYNC and command[1] for command in request) and not self.went.is_set():
            self.is_silent = True
            self.went.set()
        if self.is_silent:
            return None
        self.heard.append(request[1:])
        reply = [[RESULTS, request[0][2], EPOCH, self.newest, 1]]
        for command in request[1:]:
            if command[0] == SYNC:
                after = min(command[2], self.newest)
                seqs = range(after + 1, min(after + GIVEN, self.newest) + 1)
                reply.append([SYNCED, command[1], after, len(seqs)])
                reply += [[POST, seq, 1, 0, "bob", f"word {seq}", "", 0, ""] for seq in seqs]
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
    room.heard = []
    room.is_silent = False
    gateway.wait_for_event("bus_back")
    until(lambda: ann.seq >= room.newest, lambda: f"she stays at {ann.seq} of {room.newest}")
    waited = [command[1] for batch in room.heard[:2] for command in batch if command[0] == SYNC]
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
