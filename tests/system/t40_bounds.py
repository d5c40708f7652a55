"""What can grow by what others do has a bound, where it takes processes to see it (docs/OPERATIONS.md,
"Bounds"; the rest is in tests/unit)."""

import threading
import time

from plume.bus_peer import FakeBroker
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
