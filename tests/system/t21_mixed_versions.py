"""Neighbours of other versions: components are upgraded one at a time."""

import pytest
from plume.bus_peer import FakeBroker, FakeGateway, FakeReplier, Requester
from plume.wait import until

BATCH, RESULTS = 1, 2
HELLO, AUTH, SAY, RESUME = 10, 11, 14, 12
WAITING, ADMITTED, ACCEPTED = 30, 33, 34
EVENTS, POST = 50, 51
TAKE, LETTER, NO_LETTER, REPORT, REPORTED = 60, 61, 62, 63, 64
SENT = 2
EPOCH = 0xABCDEF0123456789


@pytest.mark.parametrize("version", [(1, 0), (1, 1)])
def test_gateway_of_this_or_an_older_minor_is_served(system, version):
    plume = system.start()
    bob = plume.join("bob")
    old = FakeGateway(plume.ports.first + 1, version)
    ticket = old.wait_for(WAITING, [HELLO, 7, "ann", "ann@ann.example", "127.0.0.1"])[2]
    code = plume.code_for("ann@ann.example")
    since_1 = [] if version < (1, 1) else ["a claim"]
    admitted = old.wait_for(ADMITTED, [AUTH, 7, ticket, code, 0, 0, True, *since_1])
    assert admitted[2] == "ann"
    assert old.wait_for(ACCEPTED, [SAY, 7, "id-1", "hello from long ago"])[4] is False
    bob.expect_text("ann", "hello from long ago")


def test_gateway_of_a_newer_minor_is_served(system):
    """Unknown kinds are ignored, more fields at the end are skipped."""
    plume = system.start()
    new = FakeGateway(plume.ports.first + 1, (1, 9))
    hello = [HELLO, 7, "ann", "ann@ann.example", "127.0.0.1", "more", 5]
    ticket = new.wait_for(WAITING, [9999, "what", 1], hello)[2]
    code = plume.code_for("ann@ann.example")
    assert new.wait_for(ADMITTED, [AUTH, 7, ticket, code, 0, 0, True, "", "and more"])[2] == "ann"


def test_gateway_of_another_major_is_refused_loudly(system):
    plume = system.start()
    other = FakeGateway(plume.ports.first + 1, (2, 0))
    other.link.sock.settimeout(1)
    with pytest.raises(TimeoutError):
        other.batch()
    assert "major" in plume.broker.wait_for_event("batch_refused")["why"]
    plume.join("ann")  # and nobody else notices


class OldRoom:
    """A broker of an older minor with one person and a few posts, without the newer fields."""

    def __init__(self, version):
        self.people = [] if version < (1, 1) else [1]
        self.posts = [self.post(1, 0, "ann", "one"), self.post(2, 0, "ann", "two")]

    def post(self, seq, event, name, text):
        return [POST, seq, 1000 * seq, event, name, text, "", *self.people]

    def answer(self, request):
        reply = [[RESULTS, request[0][2], EPOCH, len(self.posts), 1]]
        for command in request[1:]:
            if command[0] == RESUME:
                ack = [ADMITTED, command[1], "ann", "", 0, len(self.posts), True]
                reply.append(ack + self.people)
            elif command[0] == 16:
                after = command[2]
                reply.append([37, command[1], after, len(self.posts) - after])
                reply += self.posts[after:]
        return reply


@pytest.mark.parametrize("version", [(1, 0), (1, 1)])
def test_gateway_is_served_by_an_older_broker(system, version):
    room = OldRoom(version)
    broker = FakeBroker(system.ports.first, room.answer, version)
    try:
        gateway = system.start_gateway()
        until(lambda: broker.subscribers, "the gateway subscribes")
        broker.publish([EVENTS, EPOCH, 2])
        gateway.wait_ready()
        ann = system.client(label="ann")
        ann.resume(token="a-token")
        ack = ann.expect_in(resumed=True)
        assert ack["from"] == 1 and ("people" in ack) == bool(room.people)
        ann.expect_text("ann", "one")
        ann.expect_text("ann", "two")
        room.posts.append(room.post(3, 1, "bob", "entered chat"))
        broker.publish([EVENTS, EPOCH, 3], room.posts[2])
        assert ("people" in ann.expect_text("bob", "entered chat")) == bool(room.people)
    finally:
        broker.close()


@pytest.mark.parametrize("version", [(1, 0), (1, 1)])
def test_mailer_of_an_older_minor_is_served(system, version):
    system.start_broker()
    system.start_gateway()
    plume = system.wait_ready()
    mailer = Requester(plume.ports.first + 2, version)
    ann = plume.client(label="ann")
    ann.hello("ann", "ann@a.example")
    ann.expect_waiting()
    letter = mailer.ask([TAKE, 5, 5000, "plume@chat.example"])[0]
    assert letter[0] == LETTER and letter[3] == "ann@a.example"
    assert mailer.ask([REPORT, 5, letter[1], SENT, 0])[0][:3] == [REPORTED, letter[1], True]
    ann.expect_waiting(mail="sent")
    ann.auth(letter[5])
    ann.expect_in()


class OldDesk:
    """A broker of minor 1 with one letter, without the newer fields."""

    def __init__(self):
        self.letters = [[LETTER, 77, "K7Q-2MX", "ann@a.example", "ann", "12345678", 60000, 60000]]
        self.letters[0] += ["127.0.0.0", 5]
        self.reports = []

    def answer(self, request):
        if request[0][0] == TAKE:
            return [self.letters.pop() if self.letters else [NO_LETTER, 0]]
        self.reports.append(request[0])
        return [[REPORTED, request[0][2], True]]


@pytest.mark.parametrize("version", [(1, 0), (1, 1)])
def test_mailer_is_served_by_an_older_broker(system, version):
    desk = OldDesk()
    system.guard(FakeReplier(system.ports.first + 2, desk.answer, version))
    system.start_mailer()
    assert system.code_for("ann@a.example") == "12345678"
    until(lambda: [r for r in desk.reports if r[3] == SENT], lambda: f"sent: {desk.reports}")
