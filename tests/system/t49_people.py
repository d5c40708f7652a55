"""Who is here, and by which mark one knows them."""

import json
import re

from plume.bus_peer import FakeGateway
from plume.client import HERE, LegacyClient
from plume.wait import until

HELLO, AUTH = 10, 11
WAITING, ADMITTED = 30, 33
MARK = re.compile(r"[0-9a-hjkmnp-tv-z]{8}")


def test_who_is_here(two_gateways):
    plume = two_gateways
    bob = plume.join("bob", at=1)
    ann = plume.join("ann")
    assert list(ann.expect_people()) == ["ann", "bob"]
    people = bob.expect_people()
    assert list(people) == ["ann", "bob"]
    assert all(MARK.fullmatch(mark) for mark in people.values())
    assert people["ann"] != people["bob"]


def test_a_large_room_is_told_page_by_page(plume):
    """450 people, by a gateway of our own that has a code for each."""
    gateway = FakeGateway(plume.ports.first + 1, (1, 1))
    for first in range(0, 450, 50):
        clients = range(first + 1, first + 51)
        name = {client: f"p{client:03}" for client in clients}
        asks = [[HELLO, c, name[c], f"{name[c]}@x.example", "127.0.0.1"] for c in clients]
        told = {m[1]: m for m in gateway.batch(*asks) if m[0] == WAITING}
        auths = [
            [AUTH, c, told[c][2], plume.code_for(f"{name[c]}@x.example"), 0, 0, True, "", ""]
            for c in clients
        ]
        entered = [m for m in gateway.batch(*auths) if m[0] == ADMITTED]
        while len(entered) < 50:  # what one frame does not hold comes with the next answers
            more = [m for m in gateway.batch() if m[0] == ADMITTED]
            assert more
            entered += more
    ann = plume.join("ann")
    people = ann.expect_people()
    assert list(people) == ["ann"] + [f"p{n:03}" for n in range(1, 451)]
    assert len(set(people.values())) == 451


def test_asking_too_often_is_refused(plume):
    ann = plume.join("ann")
    for _ in range(30):
        ann.who()
    refused = ann.expect_refused("too-fast")
    assert 0 < refused["retry_in"] <= 10000
    assert "id" not in refused
    ann.expect_own(ann.say("and nothing else of it"))


def test_who_is_not_inside_is_told_of_nobody(plume):
    plume.join("ann")
    eve = plume.client(label="eve")
    eve.hello("eve", "eve@e.example")
    eve.expect_waiting()
    for _ in range(3):
        eve.who()
        eve.expect_refused("not-in-room")
    eve.expect_closed(1008, "bad-input")
    eve.expect_none(HERE)


def test_a_mark_is_the_same_everywhere_and_for_ever(two_gateways):
    plume = two_gateways
    bob = plume.join("bob", at=1)
    ann = plume.client(label="ann")
    ann.hello("ann", "ann@home.example")
    ann.expect_waiting()
    ann.auth(plume.code_for("ann@home.example"))
    mark = ann.expect_in()["mark"]
    assert MARK.fullmatch(mark)
    assert bob.expect_text("ann", "entered chat")["mark"] == mark
    id = ann.say("hello")
    assert ann.expect_own(id)["mark"] == mark
    assert bob.expect_text("ann", "hello")["mark"] == mark
    assert bob.expect_people()["ann"] == mark

    # another name of the same address has it, and so has the room after a restart
    anna = plume.join("anna", "ann@HOME.example")
    assert anna.expect_people()["anna"] == mark
    plume.broker.drain()
    plume.start_broker()
    plume.wait_ready()
    carl = plume.join("carl")
    assert carl.expect_text("ann", "hello")["mark"] == mark
    people = carl.expect_people()
    assert list(people) == ["ann", "anna", "bob", "carl"]
    assert people["ann"] == people["anna"] == mark
    ann.connect(plume.gateways[1].url)
    ann.resume()
    assert ann.expect_in(resumed=True)["mark"] == mark


def names(plume):
    return json.loads(plume.ctl("--json", "status").stdout)["names"]


def test_a_name_that_found_a_new_owner_has_another_mark(system):
    """The look-alike test that names cannot do: the name is the very same."""
    plume = system.start(broker={"name_lease": "1s", "grace": "0s"})
    bob = plume.join("bob")
    ann = plume.join("ann", "ann@home.example")
    mark = ann.expect_people()["ann"]
    ann.close()
    bob.expect_text("ann", "left chat")

    until(lambda: names(plume) == 1, "the name is free again")
    other = plume.join("ann", "eve@elsewhere.example")
    assert MARK.fullmatch(other.expect_people()["ann"])
    assert other.expect_people()["ann"] != mark


def test_the_legacy_client_is_told_what_it_was_always_told(plume):
    old = plume.client(kind=LegacyClient, label="old")
    old.hello("old", "old@old.example")
    old.auth(plume.code_for("old@old.example"))
    old.expect_in()
    ann = plume.join("ann")
    assert list(ann.expect_people()) == ["ann", "old"]
    ann.typing()
    ann.say("hello")
    old.expect_text("ann", "hello")
    for kind in (11, 13, 14):  # no types of its protocol
        old.send(type=kind, user={"name": ""}, text="")
        if kind != 14:
            old.expect_text("plumebot", "This message could not be understood.")
    old.expect_closed(1008, "bad-input")
