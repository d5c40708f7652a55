"""Who is writing: told to those who are there, and kept nowhere."""

import sqlite3
import time

from plume.client import TYPING, LegacyClient
from plume.wait import DEADLINE


def write(writer, *readers):
    """Goes on writing until each of them has heard of it: a notice may be lost."""
    for reader in readers:
        end = time.monotonic() + DEADLINE
        while True:
            writer.typing()
            try:
                told = reader.expect_typing(writer.name, deadline=1)
                break
            except AssertionError:
                assert time.monotonic() < end, f"{reader} never hears that {writer} writes"
    return told


def test_writing_is_told_over_all_gateways(two_gateways):
    plume = two_gateways
    bob = plume.join("bob", at=1)
    ann = plume.join("ann")
    mark = ann.expect_people()["ann"]
    told = write(ann, bob)
    assert told["mark"] == mark and "seq" not in told and told["text"] == ""
    write(ann, ann)  # one's own, too: a page knows its own name and mark


def test_writing_is_off_the_record(system):
    plume = system.start()
    ann, bob = plume.join("ann"), plume.join("bob")
    write(ann, bob)
    newest = bob.posts[-1][0]
    bob.settle()
    assert bob.posts[-1][0] == newest + 2  # of settling
    carl = plume.join("carl")  # is told of the past
    carl.settle()
    carl.expect_none(TYPING)
    plume.broker.drain()
    with sqlite3.connect(plume.state) as db:
        events = db.execute("SELECT DISTINCT event, text FROM posts").fetchall()
    db.close()
    assert set(events) == {(0, "settle"), (1, "entered chat")}


def test_the_surplus_is_dropped_without_a_word(plume):
    ann, bob = plume.join("ann"), plume.join("bob")
    began = time.monotonic()
    for _ in range(200):
        ann.typing()
    ann.expect_own(ann.say("done"))  # nothing was refused, nobody closed
    bob.expect_text("ann", "done")
    bob.settle()
    told = [frame for frame in bob.frames if frame["type"] == TYPING]
    assert len(told) <= 2 + (time.monotonic() - began) / 2  # one in two seconds


def test_many_who_write_are_told_as_a_few(two_gateways):
    plume = two_gateways
    bob = plume.join("bob", at=1)
    people = [plume.join(f"p{n:02}") for n in range(20)]
    for one in people:
        one.typing()
    write(people[0], bob)
    for one in people:
        one.expect_own(one.say("said"))
    bob.settle()
    told = [f["user"]["name"] for f in bob.frames if f["type"] == TYPING]
    others = [name for name in told if name != people[0].name]  # who wrote more than once
    assert len(others) == len(set(others))
    assert len(bob.texts(*(one.name for one in people))) == 40  # entered, and said, each


def test_an_operator_may_turn_it_off(system):
    plume = system.start(broker={"typing": "off"})
    ann, bob = plume.join("ann"), plume.join("bob")
    ann.typing()
    bob.settle()
    ann.settle()
    bob.expect_none(TYPING)


def test_a_slow_reader_misses_notices_and_no_posts(plume):
    """Notices go to those who have everything, so they never stand before a post."""
    ann, bob = plume.join("ann"), plume.join("bob")
    bob.deafen()
    for n in range(5):
        ann.typing()
        ann.expect_own(ann.say(f"post {n}"))
    bob.listen_again()
    for n in range(5):
        bob.expect_text("ann", f"post {n}")
    bob.settle()


def test_the_legacy_client_hears_nothing_of_it(plume):
    old = plume.client(kind=LegacyClient, label="old")
    old.hello("old", "old@old.example")
    old.auth(plume.code_for("old@old.example"))
    old.expect_in()
    ann = plume.join("ann")
    bob = plume.join("bob")
    write(ann, bob)
    old.say("settle")
    old.expect_text("old", "settle")
    assert not old.faults
