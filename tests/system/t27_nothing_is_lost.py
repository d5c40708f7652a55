"""The rest of the promise: what the journal keeps and does not keep, retries over everything, links
that died without a word, people who are counted, logins that wait."""

import json
import os
import signal
import socket
import threading

import pytest
from plume.bus_peer import FakeGateway, Requester
from plume.client import ACCEPTED, NOTICE, WAITING, FaithfulClient
from plume.dead_link import DeadLink
from plume.wait import until

HELLO, AUTH, SAY = 10, 11, 14
WAITING_MSG, ADMITTED, ACCEPTED_MSG, RESULTS = 30, 33, 34, 2


# -- the journal


def octets_of_state(plume):
    return b"".join(path.read_bytes() for path in plume.directory.glob("room.db*"))


def test_no_history_writes_no_text_at_any_moment(system):
    """Not into the file, nor into its log of changes, running or killed."""
    plume = system.start(broker={"history": 0}, gateway={"posts_per_second": 0})
    ann, bob = plume.join("ann"), plume.join("bob")
    for n in range(50):
        ann.expect_own(ann.say(f"nowhere-{n}"))
    bob.expect_text("ann", "nowhere-49")
    assert b"nowhere" not in octets_of_state(plume)
    plume.broker.kill()
    assert b"ann" in octets_of_state(plume) and b"nowhere" not in octets_of_state(plume)


def test_history_that_is_taken_away_leaves_no_text_behind(system):
    """What a row held is overwritten, not only forgotten, and not in the log of changes either."""
    plume = system.start(gateway={"posts_per_second": 0})
    ann = plume.join("ann")
    for n in range(300):
        ann.expect_own(ann.say(f"canary-{n} " + "x" * 500))
    plume.broker.drain()
    assert b"canary" in octets_of_state(plume)
    plume.start_broker(history=0).wait_ready()
    assert b"canary" not in octets_of_state(plume)


def newcomer_sees(plume, name):
    client = plume.join(name)
    client.settle()
    return [text for _, text in client.texts("ann") if text.startswith("word")]


BOUNDS = {
    "count": ({"history": 5}, 20),
    "bytes": ({"history_bytes": 1000}, 20),
    "age": ({"history_age": "500ms"}, 20),
}


@pytest.mark.parametrize("bound", BOUNDS)
def test_history_is_bounded_by(system, bound):
    """What fell out is told to nobody, and gone from the file with the next start at the latest."""
    options, count = BOUNDS[bound]
    plume = system.start(gateway={"posts_per_second": 0}, broker=options)
    ann = plume.join("ann")
    for n in range(count):
        ann.expect_own(ann.say(f"word {n:03} " + "x" * 90))
    ann.close()

    def first_in_history():
        seen = newcomer_sees(plume, f"eve{len(plume.clients)}")
        return not seen or seen[0] != "word 000 " + "x" * 90

    until(first_in_history, "the oldest has fallen out of history")
    plume.broker.kill()
    plume.start_broker(**options).wait_ready()
    assert b"word 000" not in octets_of_state(plume)


def test_state_on_a_read_only_file_system_is_refused(system):
    system.start_broker().wait_ready()
    system.broker.drain()
    before = octets_of_state(system)
    user = [] if os.geteuid() == 0 else ["--map-root-user"]
    script = 'mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" && exec "$@"'
    broker = system.start_broker(
        wrap=["unshare", *user, "--mount", "sh", "-c", script, str(system.directory)]
    )
    broker._asked_to_end = True  # it ends by itself, and is meant to
    assert broker.wait_end() == 1
    assert "may not be" in broker.log() or "read" in broker.log(), broker.log()
    assert octets_of_state(system) == before


def gateway_with(plume, name, version=(1, 1)):
    peer = FakeGateway(plume.ports.first + 1, version)
    ticket = peer.wait_for(WAITING_MSG, [HELLO, 7, name, f"{name}@a.example", "127.0.0.1"])[2]
    peer.wait_for(ADMITTED, [AUTH, 7, ticket, plume.code_for(f"{name}@a.example"), 0, 0, True, ""])
    return peer


def test_remembered_reply_is_in_the_journal(system):
    """The same number after the broker died: the same answer, and nothing is applied again."""
    plume = system.start()
    bob = plume.join("bob", kind=FaithfulClient)
    peer = gateway_with(plume, "ann")
    reply = peer.batch([SAY, 7, "id-1", "once"])
    assert [m[0] for m in reply] == [RESULTS, ACCEPTED_MSG]
    plume.broker.kill()
    plume.start_broker().wait_ready()
    peer.link = Requester(plume.ports.first + 1).link
    again = peer.batch([SAY, 7, "id-1", "once"], number=peer.number)
    assert again == reply
    bob.expect_text("ann", "once")
    bob.say("settle")
    bob.expect_answered()
    assert bob.texts("ann").count(("ann", "once")) == 1


# -- exactly once


def test_one_id_over_every_gateway_and_restart_has_one_seq(system):
    plume = system.start(gateways=3)
    bob = plume.join("bob", kind=FaithfulClient)
    ann = plume.join("ann", at=0)
    id = ann.say("once and for all")
    seq = ann.expect_own(id)["seq"]
    for at in (0, 1, 2, 0):
        if at == 2:
            plume.broker.kill()
            plume.start_broker().wait_ready()
        ann.connect(plume.gateways[at].url)
        ann.resume()
        ann.expect_in(resumed=True)
        ann.say("once and for all", id=id)
        assert ann.expect(ACCEPTED, id=id)["seq"] == seq
    bob.say("done")
    bob.expect_answered()
    assert bob.texts("ann").count(("ann", "once and for all")) == 1


# -- resume


def test_another_epoch_is_said_and_never_guessed(plume):
    """A position in a room of the past means nothing here: what follows is what a newcomer gets."""
    ann = plume.join("ann")
    ann.settle()
    again = plume.client(label="again")
    again.resume(token=ann.token, epoch="0123456789abcdef", seq=3)
    ack = again.expect_in(resumed=True)
    assert ack["epoch"] == ann.epoch and ack["from"] == 1
    again.settle()
    assert again.posts[: len(ann.posts)] == ann.posts


def test_the_newer_connection_wins_in_silence(two_gateways):
    """The token's old socket is half open; nothing of it is seen, and its end ends nobody."""
    plume = two_gateways
    bob, ann = plume.join("bob", at=1), plume.join("ann", at=0)
    ann.settle()
    old = ann.wire
    old.dropped, ann.wire = True, None  # it stays open; nobody reads what it is still sent
    ann.connect(plume.gateways[1].url)
    ann.resume()
    ann.expect_in(resumed=True)
    ann.say("from the new one")
    bob.expect_text("ann", "from the new one")
    old.cut()
    ann.say("still here")
    bob.expect_text("ann", "still here")
    bob.settle()
    assert [text for _, text in bob.texts("ann") if text.endswith(" chat")] == ["entered chat"]


# -- people


class Count:
    """How many people plumectl sees, again and again, until stop()."""

    def __init__(self, plume):
        self.plume, self.seen, self._over = plume, [], threading.Event()
        self._thread = threading.Thread(target=self._look)
        self._thread.start()

    def _look(self):
        while not self._over.is_set():
            done = self.plume.ctl("--json", "status")
            if done.returncode == 0:
                self.seen.append(json.loads(done.stdout)["people"])

    def stop(self):
        self._over.set()
        self._thread.join()
        return set(self.seen)


def come_back(plume, people, at):
    for one in people:
        one.connect(plume.gateways[at].url)
        one.resume()
        one.expect_in(resumed=True, people=len(people) + 1)


TROUBLES = {
    "gateway killed": lambda plume: plume.gateways[0].kill(),
    "gateway drained": lambda plume: plume.gateways[0].drain(),
    "connections cut": lambda plume: [c.cut() for c in plume.clients[1:]],
    "broker killed": lambda plume: (plume.broker.kill(), plume.start_broker().wait_ready()),
}


@pytest.mark.parametrize("trouble", TROUBLES)
def test_nobody_is_missing_from_the_count(two_gateways, trouble):
    plume = two_gateways
    bob = plume.join("bob", at=1, kind=FaithfulClient)
    people = [plume.join(f"p{n}", at=0) for n in range(8)]
    count = Count(plume)
    try:
        until(lambda: count.seen, "the first look")
        TROUBLES[trouble](plume)
        come_back(plume, people, 1)
        looks = len(count.seen)
        until(lambda: len(count.seen) > looks + 1, "another look after all that")
    finally:
        seen = count.stop()
    assert seen == {len(people) + 1}
    bob.say("done")
    bob.expect_answered()
    lines = [text for name, text in bob.texts() if name.startswith("p") and text.endswith(" chat")]
    assert lines == ["entered chat"] * len(people)


# -- drain and deafness


def test_draining_gateway_takes_nobody_new_at_once(system):
    plume = system.start(gateways=2, gateway={"drain": "10s"})
    people = [plume.join(f"p{n}") for n in range(60)]
    leaving = plume.gateways[0]
    port = leaving.port
    leaving.begin_drain()
    leaving.wait_for_event("drain")
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), 5)
    assert len(leaving.events("close", reason="draining")) < len(people), "while others are inside"
    leaving.drain()


def test_deaf_gateway_says_so_keeps_everybody_and_recovers(plume):
    ann = plume.join("ann")
    waits = plume.client(label="bob")
    waits.hello("bob", "bob@bob.example")
    waits.expect_waiting()
    plume.broker.kill()
    assert ann.expect(NOTICE, notice="bus-lost")["text"]
    assert waits.expect(NOTICE, notice="bus-lost")["text"]
    carl = plume.client(label="carl")  # the door is open, but nobody can be let in
    carl.hello("carl", "carl@carl.example")
    assert carl.expect_refused("bus-lost")["text"]
    id = ann.say("kept until you are back")
    plume.start_broker().wait_ready()
    assert ann.expect(NOTICE, notice="bus-back")
    ann.expect_own(id)
    assert waits.expect(NOTICE, notice="bus-back")
    waits.auth(plume.code_for("bob@bob.example"))
    waits.expect_in()
    carl.hello("carl", "carl@carl.example")
    carl.expect_waiting()
    assert not ann.wire.closed and not waits.wire.closed and not carl.wire.closed


def test_code_given_to_a_deaf_gateway_is_told_so_and_checked_when_the_broker_is_back(plume):
    """Silence would be taken for a dead connection, and the code be given once more."""
    ann = plume.client(label="ann")
    ann.hello("ann", "ann@a.example")
    ann.expect_waiting()
    code = plume.code_for("ann@a.example")
    plume.broker.kill()
    assert ann.expect(NOTICE, notice="bus-lost")["text"]
    ann.cut()
    ann.connect(plume.gateways[0].url)
    ann.auth(code)
    assert ann.expect(NOTICE, notice="bus-lost")["text"]
    plume.start_broker().wait_ready()
    assert ann.expect(NOTICE, notice="bus-back")
    ann.expect_in()


# -- links that die without a word


def linked(system, *endpoints, **broker):
    """A Plume whose gateway reaches these endpoints through links that can die."""
    offsets = {"events": 0, "commands": 1}
    links = {e: system.guard(DeadLink(system.ports.first + offsets[e])) for e in endpoints}
    system.start_broker(**broker)
    system.start_gateway()
    system.start_gateway(**{e: link.url for e, link in links.items()})
    system.start_mailer()
    return system.wait_ready(), links


@pytest.mark.parametrize("endpoint", ["events", "commands"])
def test_gateway_dials_anew_when_its_link_is_half_open(system, endpoint):
    plume, links = linked(system, endpoint)
    bob, ann = plume.join("bob", at=0), plume.join("ann", at=1)
    ann.settle()
    link = links[endpoint]
    before = link.connections
    link.die()
    ann.say("into the dead link")
    bob.expect_text("ann", "into the dead link")
    bob.say("and back")
    ann.expect_text("bob", "and back")
    until(lambda: link.connections > before, "a new connection")
    assert not ann.wire.closed
    assert [text for _, text in bob.texts("ann") if text.endswith(" chat")] == ["entered chat"]


def test_broker_notices_a_gateway_behind_a_dead_link(system):
    """Its people are in their grace period, and were never away when the link is back in time."""
    plume, links = linked(system, "events", "commands", grace="30s", gateway_timeout="1s")
    bob, ann = plume.join("bob", at=0), plume.join("ann", at=1)
    ann.settle()
    for link in links.values():
        link.die(refuse=True)
    ann.expect(NOTICE, notice="bus-lost")
    plume.broker.wait_for_event("gateway_silent")
    bob.settle()
    for link in links.values():
        link.heal()
    ann.expect(NOTICE, notice="bus-back")
    ann.say("here I am")
    bob.expect_text("ann", "here I am")
    bob.say("I see")
    ann.expect_text("bob", "I see")
    assert [text for _, text in bob.texts("ann") if text.endswith(" chat")] == ["entered chat"]


def test_mailer_behind_a_dead_link_mails_all_the_same(system):
    system.start_broker()
    system.start_gateway()
    link = system.guard(DeadLink(system.ports.first + 2))
    system.start_mailer(mail=link.url)
    plume = system.wait_ready()
    plume.join("ann")
    before = link.connections
    link.die()  # both connections of the mailer: to take letters, and to report
    bob = plume.client(label="bob")
    bob.hello("bob", "bob@bob.example")
    bob.expect(WAITING, mail="sent")
    assert link.connections >= before + 2
    bob.auth(plume.code_for("bob@bob.example"))
    bob.expect_in()


# -- logins that wait


@pytest.mark.parametrize("name", ["broker", "gateway", "mailer"])
@pytest.mark.parametrize("moment", ["before the letter", "after it"])
def test_login_that_waits_survives_a_restart_of(system, name, moment):
    plume = system
    plume.start_broker()
    plume.start_gateway()
    if moment == "after it" or name == "mailer":
        plume.start_mailer()
    plume.wait_ready()
    if moment == "before the letter" and name == "mailer":
        plume.mailers[0].signal(signal.SIGSTOP)  # killed with the letter in its hands
    ann = plume.client(label="ann")
    ann.hello("ann", "ann@a.example")
    ticket = ann.expect_waiting()["ticket"]
    if moment == "after it":
        ann.expect(WAITING, mail="sent")
    if name == "gateway":
        plume.gateways.pop().kill()
        plume.start_gateway()
    else:
        (plume.broker if name == "broker" else plume.mailers[-1]).kill()
        getattr(plume, f"start_{name}")()
    if moment == "before the letter" and name != "mailer":
        plume.start_mailer()
    plume.wait_ready()
    if name == "gateway":  # or a page that was reloaded: it is the same to the server
        ann.connect(plume.gateways[0].url)
        ann.resume_login(ticket)
    ann.auth(plume.code_for("ann@a.example"), ticket=ticket)
    ann.expect_in(name="ann")
