"""The checker notices each fault that it is there for: a good story, and one fault injected."""

import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from checker import Outage, Post, Room, Seen, check  # noqa: E402

GRACE = 8.0


@pytest.fixture
def story():
    """ann, bob and carl; carl goes away on purpose and comes back, bob entered late."""
    people = {name: Seen(name) for name in ("ann", "bob", "carl")}
    people["bob"].late = True
    people["carl"].journeys = 1
    lines = [
        ("ann", "entered chat", "entered"),
        ("carl", "entered chat", "entered"),
        ("ann", "one", None),
        ("carl", "two", None),
        ("carl", "left chat", "left"),
        ("bob", "entered chat", "entered"),
        ("bob", "three", None),
        ("carl", "entered chat", "entered"),
        ("carl", "four", None),
        ("ann", "five", None),
    ]
    for seq, (name, text, event) in enumerate(lines, 1):
        author = people[name]
        id = None if event else f"{name}-{len(author.sent) + 1}"
        if id:
            author.sent[id] = text
            author.accepted[id] = seq
        for person in people.values():
            person.posts.append(Post(seq, name, text, id, event))
    for person in people.values():
        person.hellos = person.auths = person.sessions = 1
        person.epochs = ["00000000000000e1"]
        person.away = [Outage(0.5, "12:00:01"), Outage(2.0, "12:00:09")]
    return people


def faults(story, newest=10, people=3, clients=3):
    return check(list(story.values()), Room(newest, people, clients), GRACE)


def test_a_kept_promise_has_no_faults(story):
    assert faults(story) == []


def expect(story, *parts, **room):
    """Each fault is one of those, and each of those is found."""
    found = faults(story, **room)
    assert all(any(part in fault for fault in found) for part in parts), found
    assert all(any(part in fault for part in parts) for fault in found), found


def test_dropped(story):
    del story["ann"].posts[6]
    expect(story, "ann: a hole: expected seq 7, got 8")


def test_dropped_at_the_end(story):
    story["ann"].posts.pop()
    expect(story, "ann: has posts up to 9, the room has 10")


def test_dropped_for_everybody(story):
    for person in story.values():
        person.posts.pop()
    expect(story, "the room has 10", "ann-2 was accepted as 10, but there is nothing")


def test_more_than_the_room_has(story):
    expect(story, "the room ends with 9", newest=9)


def test_doubled_delivery(story):
    story["bob"].posts.insert(3, story["bob"].posts[3])
    expect(story, "bob: a doubling or disorder: expected seq 5, got 4")


def test_doubled_in_the_room(story):
    again = Post(11, "ann", "one", "ann-1")
    for person in story.values():
        person.posts.append(again)
    expect(story, "ann-1 is in the room twice: 3 and 11", "ann-1 came after", newest=11)


def test_reordered_for_one(story):
    posts = story["bob"].posts
    posts[3], posts[4] = posts[4], posts[3]
    expect(story, "bob: a hole: expected seq 4, got 5")


def test_reordered_for_one_sender(story):
    story["ann"].sent = dict(reversed(story["ann"].sent.items()))
    expect(story, "ann: ann-2 came after what was written after it")


def test_a_refused_post_may_come_later(story):
    story["ann"].sent = dict(reversed(story["ann"].sent.items()))
    story["ann"].overtaken = {"ann-1", "ann-2"}
    assert faults(story) == []


def test_different_texts_at_one_seq(story):
    story["carl"].posts[2] = story["carl"].posts[2]._replace(text="another one")
    expect(story, "carl: saw 3 ann: another one where others saw 3 ann: one")


def test_text_that_nobody_said(story):
    for person in story.values():
        person.posts[2] = person.posts[2]._replace(text="never said")
    expect(story, "never said was not said so")


def test_a_stranger(story):
    for person in story.values():
        person.posts.append(Post(11, "eve", "boo", "eve-1"))
    expect(story, "eve: boo is by nobody known", newest=11)


def test_accepted_but_lost(story):
    story["ann"].sent["ann-3"] = "six"
    story["ann"].accepted["ann-3"] = 11
    expect(story, "ann-3 was accepted as 11, but there is nothing")


def test_accepted_under_a_wrong_seq(story):
    story["ann"].accepted["ann-1"] = 4
    expect(story, "ann-1 was accepted as 4, but there is 4 carl")


def test_no_answer(story):
    story["bob"].sent["bob-2"] = "anybody?"
    expect(story, "bob: 1 posts have no answer: ['bob-2']")


def tell(story, *events):
    """More lines of comings and goings, the same for all."""
    for seq, (name, event) in enumerate(events, 11):
        for person in story.values():
            person.posts.append(Post(seq, name, f"{event} chat", None, event))


def test_false_leave(story):
    tell(story, ("ann", "left"), ("ann", "entered"))
    expect(story, "ann: was said to have entered left entered, due was entered", newest=12)


def test_false_enter(story):
    tell(story, ("bob", "entered"))
    expect(story, "bob: was said to have entered entered", newest=11)


def test_left_twice(story):
    tell(story, ("carl", "left"), ("carl", "entered"))
    expect(story, "carl: was said to have entered left entered left entered", newest=12)


def test_a_leave_that_was_never_told(story):
    story["ann"].journeys = 1
    expect(story, "ann: was said to have entered, due was entered left entered")


def test_no_way_back(story):
    story["ann"].away.append(Outage(GRACE + 1, "12:01:00"))
    expect(story, "ann: found no way back for 9.0 s before 12:01:00")


def test_second_login(story):
    story["ann"].hellos = story["ann"].auths = story["ann"].sessions = 2
    expect(story, "ann: had to log in again")


def test_second_login_of_a_late_one(story):
    story["bob"].hellos = 2  # before being in
    assert faults(story) == []
    story["bob"].sessions = 2
    expect(story, "bob: had to log in again")


def test_second_epoch(story):
    story["bob"].epochs.append("00000000000000e2")
    expect(story, "bob: was told of 2 epochs")


def test_what_a_client_found(story):
    story["bob"].faults.append("lost the session")
    expect(story, "bob: lost the session")


def test_ghosts_in_the_room(story):
    expect(story, "the room says 3 on 4 clients", clients=4)
    expect(story, "the room says 4 on 4 clients", people=4, clients=4)
