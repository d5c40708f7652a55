"""A gateway never forwards past a hole: what events lose, double or mix up is repaired first."""

import random
import signal

import pytest
from plume.bus_peer import FakeBroker, FakeGateway
from plume.bus_proxy import HOLD, EventsProxy, drop_all, drop_posts, has_posts, pass_all
from plume.client import TEXT, FaithfulClient
from plume.wait import until

EVENTS, POST, RESULTS = 50, 51, 2
HELLO, AUTH, RESUME, SAY, SYNC = 10, 11, 12, 14, 16
WAITING, ADMITTED, SYNCED = 30, 33, 37
EPOCH = 0x1234567890ABCDEF


@pytest.fixture
def bad_link(system):
    """A Plume whose second gateway hears events through a proxy only; and that proxy."""
    fast = {"posts_per_second": 0}
    plume = system.start(gateway=fast)
    proxy = system.guard(EventsProxy(plume.ports.first))
    plume.start_gateway(**fast, events=proxy.url).wait_ready()
    return plume, proxy


def hear_all(client, name, words):
    """The client's posts of this person are these, each once and in order.

    That their seqs have no hole and none comes twice is checked by each Client with each post."""
    until(lambda: (name, words[-1]) in client.texts(), lambda: f"{client}: {client.posts[-9:]}")
    assert [text for _, text in client.texts(name) if text in set(words)] == words


def test_frames_that_are_lost_doubled_or_late(bad_link):
    plume, proxy = bad_link
    bob, ann = plume.join("bob", at=0), plume.join("ann", at=1)
    chance = random.Random(2611)
    proxy.treat = lambda messages: chance.choice((0, 0, 1, 2, HOLD))
    words = [f"word {n}" for n in range(400)]
    for n, text in enumerate(words):
        bob.say(text)
        if n % 5 == 4:  # so that they travel in many frames
            bob.expect_text("bob", text)
    hear_all(ann, "bob", words)
    hear_all(bob, "bob", words)
    assert proxy.dropped > 20 and proxy.doubled > 10 and proxy.held > 10
    assert plume.gateways[1].events("gap") and not plume.gateways[1].events("posts_lost")


def test_every_post_is_lost(bad_link):
    plume, proxy = bad_link
    bob, ann = plume.join("bob", at=0), plume.join("ann", at=1)
    proxy.treat = drop_posts
    words = [f"word {n}" for n in range(1500)]  # three answers to SYNC
    for text in words:
        bob.say(text)
    hear_all(ann, "bob", words)
    ann.say("and I am heard")
    bob.expect_text("ann", "and I am heard")


def test_only_the_heartbeat_tells_of_the_last_post(bad_link):
    plume, proxy = bad_link
    bob, ann = plume.join("bob", at=0), plume.join("ann", at=1)
    proxy.treat = drop_all  # neither the post nor any later head comes over the events
    bob.say("the last word")
    ann.expect_text("bob", "the last word")
    assert not plume.gateways[1].events("events_silent"), "it was not the new connection"
    proxy.treat = pass_all


def test_events_that_stay_silent_are_dialled_anew(bad_link):
    plume, proxy = bad_link
    bob, ann = plume.join("bob", at=0), plume.join("ann", at=1)
    before = proxy.connections
    proxy.treat = drop_all
    plume.gateways[1].wait_for_event("events_silent")
    until(lambda: proxy.connections > before, "a new connection for the events")
    bob.say("meanwhile")
    ann.expect_text("bob", "meanwhile")
    proxy.treat = pass_all
    bob.say("and now")
    ann.expect_text("bob", "and now")


def test_subscriber_reconnects_while_people_talk(bad_link):
    plume, proxy = bad_link
    bob, ann = plume.join("bob", at=0), plume.join("ann", at=1)
    words = [f"word {n}" for n in range(300)]
    for n, text in enumerate(words):
        bob.say(text)
        if n % 100 == 50:
            bob.expect_text("bob", text)
            before = proxy.connections
            proxy.cut()
            bob.say(f"nobody listens {n}")
            bob.expect_text("bob", f"nobody listens {n}")
            until(lambda: proxy.connections > before, "the gateway subscribes again")
    hear_all(ann, "bob", words)
    hear_all(bob, "bob", words)


def gateway_with(plume, name):
    """A gateway of the test's own with one person on it: quicker than any browser."""
    peer = FakeGateway(plume.ports.first + 1, (1, 1))
    ticket = peer.wait_for(WAITING, [HELLO, 7, name, f"{name}@a.example", "127.0.0.1"])[2]
    peer.wait_for(ADMITTED, [AUTH, 7, ticket, plume.code_for(f"{name}@a.example"), 0, 0, True, ""])
    return peer


def test_overflow_of_the_queue_to_a_stopped_gateway(system):
    """More frames than the kernel's buffers and the publisher's queue of 1024 hold."""
    count, big = 5000, "x" * 4000
    options = {"log_level": "info", "history": 2 * count, "history_bytes": 1 << 30}
    plume = system.start(gateway={"log_level": "info"}, broker=options)
    ann = plume.join("ann", kind=FaithfulClient)  # megabytes in one moment may be too much for one
    peer = gateway_with(plume, "bob")
    ann.settle()
    stopped = plume.gateways[0]
    stopped.signal(signal.SIGSTOP)
    try:
        for n in range(count):  # each is a batch, and so a frame
            peer.batch([SAY, 7, f"id-{n}", f"{n} {big}"])
    finally:
        stopped.signal(signal.SIGCONT)
    ann.expect_text("bob", f"{count - 1} {big}", deadline=60)
    heard = [text.split()[0] for _, text in ann.texts("bob") if text.endswith(big)]
    assert heard == [str(n) for n in range(count)]
    # which of them depends on how long it was stopped
    assert stopped.events("gap") or stopped.events("events_silent"), "there was an overflow"
    assert not stopped.events("posts_lost")


def test_hole_older_than_history_is_a_jump(system):
    """Nobody has these posts any more: the client is given the next one there is, and sees that."""
    fast = {"posts_per_second": 0}
    plume = system.start(gateway=fast, broker={"history": 5, "gateway_timeout": "60s"})
    proxy = system.guard(EventsProxy(plume.ports.first))
    plume.start_gateway(**fast, events=proxy.url).wait_ready()
    bob, ann = plume.join("bob", at=0), plume.join("ann", at=1)
    ann.settle()
    last = ann.seq
    proxy.treat = drop_posts
    plume.gateways[1].signal(signal.SIGSTOP)  # it would ask in time otherwise
    try:
        for n in range(20):
            bob.expect_own(bob.say(f"word {n}"))
    finally:
        plume.gateways[1].signal(signal.SIGCONT)
    heard = until(
        lambda: [post for post in ann.posts if post[2] == "word 19"], lambda: f"{ann.posts}"
    )[0]
    assert plume.gateways[1].wait_for_event("posts_lost")["from"] == str(last + 1)
    after = [post for post in ann.posts if post[0] > last]
    assert [seq for seq, _, _ in after] == list(range(heard[0] - 4, heard[0] + 1))
    assert len(ann.faults) == 1 and "expected seq" in ann.faults[0], "one jump, and nothing else"
    ann.faults.clear()
    proxy.treat = pass_all
    ann.expect_own(ann.say("and on"))


class Room:
    """A broker that answers SYNC as repair(after) tells it to."""

    def __init__(self, posts):
        self.posts = [[POST, n + 1, 1000, 0, "bob", f"word {n + 1}", ""] for n in range(posts)]
        self.repair = lambda after: self.posts[after:]
        self.syncs = 0

    def newest(self):
        return len(self.posts)

    def answer(self, request):
        reply = [[RESULTS, request[0][2], EPOCH, self.newest(), 1]]
        for command in request[1:]:
            if command[0] == RESUME:
                reply.append([ADMITTED, command[1], "ann", "", 0, self.newest(), True])
            elif command[0] == SYNC:
                self.syncs += 1
                posts = self.repair(command[2])
                reply += [[SYNCED, command[1], command[2], len(posts)], *posts]
        return reply


@pytest.fixture
def scripted(system):
    """room(posts): a gateway on a broker with so many posts, and ann on it, who has them all."""

    def make(posts):
        room = Room(posts)
        broker = system.guard(FakeBroker(system.ports.first, room.answer))
        gateway = system.start_gateway()
        until(lambda: broker.subscribers, "the gateway subscribes")
        broker.publish([EVENTS, EPOCH, room.newest()])
        gateway.wait_ready()
        ann = system.client(label="ann")
        ann.resume(token="a-token")
        ann.expect_in()
        until(lambda: ann.seq == posts, "ann has what there was")
        return room, broker, ann

    return make


def add(room, count):
    """So many posts more; returns them."""
    first = room.newest()
    room.posts += Room(first + count).posts[first:]
    return room.posts[first:]


def test_posts_within_a_frame_in_any_order(scripted):
    room, broker, ann = scripted(3)
    new = add(room, 6)
    broker.publish([EVENTS, EPOCH, 9], *reversed(new), new[0], new[0], room.posts[0])
    until(lambda: ann.seq == 9, lambda: f"ann has {ann.posts}")
    assert [frame["seq"] for frame in ann.frames if frame["type"] == TEXT] == list(range(1, 10))


def test_repair_that_is_itself_wrong(scripted):
    """Doubled, reversed, with a hole, too early: what fits is taken, the rest asked for again."""
    room, broker, ann = scripted(2)
    wrong = [
        lambda after: room.posts[after:][::-1],
        lambda after: room.posts[after : after + 1] * 3,
        lambda after: room.posts[after : after + 1] + room.posts[after + 2 :],
        lambda after: room.posts[:after],
        lambda after: [],
    ]
    turn = iter(wrong)
    room.repair = lambda after: next(turn, lambda a: room.posts[a:])(after)
    new = add(room, 12)
    broker.publish([EVENTS, EPOCH, 14], new[-1])
    until(lambda: ann.seq == 14, lambda: f"ann has {ann.posts} after {room.syncs}", deadline=40)
    assert [frame["seq"] for frame in ann.frames if frame["type"] == TEXT] == list(range(1, 15))
    assert next(turn, None) is None, "all of them were tried"


def test_posts_of_another_epoch_are_not_taken(scripted):
    room, broker, ann = scripted(2)
    broker.publish([EVENTS, EPOCH + 1, 3], [POST, 3, 1000, 0, "eve", "from elsewhere", ""])
    broker.publish([EVENTS, EPOCH, 3], *add(room, 1))
    until(lambda: ann.seq == 3, lambda: f"ann has {ann.posts}")
    assert ann.texts("eve") == []


def test_posts_without_a_head_are_not_taken(scripted):
    room, broker, ann = scripted(2)
    broker.publish([POST, 3, 1000, 0, "eve", "without a head", ""])
    broker.publish([EVENTS, EPOCH, 3], *add(room, 1))
    until(lambda: ann.seq == 3, lambda: f"ann has {ann.posts}")
    assert ann.texts("eve") == []


def test_proxy_would_be_noticed(bad_link):
    """The proxy itself: what it drops does not arrive by the events."""
    plume, proxy = bad_link
    passed = []
    proxy.treat = lambda messages: passed.append(not has_posts(messages)) or drop_posts(messages)
    bob, ann = plume.join("bob", at=0), plume.join("ann", at=1)
    bob.say("hello")
    ann.expect_text("bob", "hello")
    assert proxy.dropped == passed.count(False) > 0
