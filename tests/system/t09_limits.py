"""Each limit is refused with its reason, and nothing else is disturbed."""

import pytest
from plume.client import REFUSED, TEXT


@pytest.fixture
def ann(plume):
    return plume.join("ann")


@pytest.fixture
def bob(plume, ann):
    """Somebody who must not notice anything."""
    bob = plume.join("bob")
    ann.expect_text("bob", "entered chat")
    return bob


@pytest.fixture
def eve(plume, bob):
    """A current client who waits for her code."""
    return waiting_eve(plume)


def waiting_eve(plume):
    eve = plume.client(label="eve")
    eve.hello("eve", "eve@e.example")
    eve.expect_waiting()
    return eve


def undisturbed(*people):
    for one in people:
        text = f"{one.name} is fine"
        one.say(text)
        for listener in people:
            listener.expect_text(one.name, text)


def test_too_fast(plume, ann, bob):
    ids = [ann.say(f"quick {number}") for number in range(60)]
    answers = {}
    for id in ids:
        answer = ann.expect(TEXT, REFUSED, id=id)
        answers[id] = answer["type"]
        if answer["type"] == REFUSED:
            assert answer["reason"] == "too-fast" and 0 < answer["retry_in"] <= 1000
    said = [number for number, id in enumerate(ids) if answers[id] == TEXT]
    assert 10 <= len(said) < 60
    assert said[:10] == list(range(10)), "the burst passes"
    undisturbed(bob)
    bob.expect_text("ann", f"quick {said[-1]}")
    heard = [text for _, text in bob.texts("ann") if text.startswith("quick")]
    assert heard == [f"quick {number}" for number in said]


def test_zero_lifts_the_rate(system):
    plume = system.start(gateway={"posts_per_second": 0})
    ann = plume.join("ann")
    for id in [ann.say(f"quick {number}") for number in range(100)]:
        ann.expect_own(id)


@pytest.mark.parametrize("letter", ["x", "é", "🪶"], ids=["ascii", "umlauts", "feathers"])
def test_longest_text_passes_whole(plume, ann, bob, letter):
    text = letter * (65_536 // len(letter.encode()))
    ann.say(text)
    bob.expect_text("ann", text)


@pytest.mark.parametrize("text", ["x" * 65_537, "é" * 32_769], ids=["ascii", "umlauts"])
def test_w3_too_long_text_is_refused_not_cut(plume, ann, bob, text):
    id = ann.say(text)
    ann.expect_refused("too-long", id=id)
    undisturbed(ann, bob)
    assert len(bob.texts("ann")) <= 2


@pytest.mark.parametrize("text", ["", "a\x00b", "a\x07b"], ids=["empty", "nul", "bell"])
def test_text_that_cannot_be_shown_is_refused(plume, ann, bob, text):
    ann.say(text)
    ann.expect_refused("bad-text", "bad-message")
    undisturbed(ann, bob)


@pytest.mark.parametrize("id", ["x" * 65, "no spaces", "né"], ids=["long", "spaces", "accent"])
def test_bad_id_is_refused(plume, ann, bob, id):
    ann.say("hello", id=id)
    ann.expect_refused("bad-message")
    undisturbed(ann, bob)


def test_name_of_121_bytes(plume, ann, bob):
    eve = plume.client(label="eve")
    eve.hello("e" * 121, "eve@e.example")
    eve.expect_no_entry("bad-name")
    undisturbed(ann, bob)


def test_address_of_120_bytes_passes_and_of_121_does_not(plume, ann, bob):
    domain = f"{'d' * 60}.example"
    eve = plume.client(label="eve")
    eve.hello("eve", f"{'e' * (121 - 1 - len(domain))}@{domain}")
    eve.expect_no_entry("bad-address")
    eve.hello("eve", f"{'e' * (120 - 1 - len(domain))}@{domain}")
    eve.expect_waiting()
    undisturbed(ann, bob)


def test_w3_oversized_message_before_the_room(ann, bob, eve):
    eve.send(type=0, v=1, text="eve\neve@e.example", more="x" * 4096)
    eve.expect_closed(1009)
    undisturbed(ann, bob)


def test_w3_oversized_message_in_the_room(plume, ann, bob):
    ann.say("x" * 80_000)
    ann.expect_closed(1009)
    undisturbed(bob)
    assert not [text for _, text in bob.texts("ann") if "x" in text]


BAD_MESSAGES = [
    "",
    "hello",
    "[]",
    "{}",
    '{"type": "1", "text": "a"}',
    '{"type": 1}',
    '{"type": 1, "text": 7}',
    '{"type": 1, "text": "a", "text": "b"}',
    '{"type": 1, "text": "a"} trailing',
    '{"type": 1, "text": "\\ud800"}',
    '{"type": 99, "text": "a"}',
    "[" * 3000,
    b"\x01\x02",
]


def test_broken_messages_are_refused(plume, ann, bob):
    for message in BAD_MESSAGES:
        eve = waiting_eve(plume)
        eve.send_raw(message)
        eve.expect_refused("bad-message")
        eve.close()
    undisturbed(ann, bob)


def test_one_broken_message_in_the_room_costs_nothing_else(plume, ann, bob):
    ann.send_raw("not JSON")
    assert ann.expect_refused("bad-message")["text"]
    undisturbed(ann, bob)


def test_w8_three_broken_messages_end_the_connection(ann, bob, eve):
    for _ in range(3):
        eve.send_raw("not JSON")
    eve.expect_refused("bad-message")
    eve.expect_closed(1008, "bad-input")
    undisturbed(ann, bob)


def test_w8_text_before_the_room_is_refused(ann, bob, eve):
    eve.say("let me in")
    eve.expect_refused("not-in-room")
    undisturbed(ann, bob)
    bob.expect_none(TEXT, text="let me in")


def test_w5_nobody_waits_for_a_hello_for_ever(system):
    plume = system.start(gateway={"hello_timeout": "1s"})
    silent = plume.client(label="silent")
    ann = plume.join("ann")
    silent.expect_closed(1008, "hello-timeout")
    undisturbed(ann)


def test_mails_to_one_address(system):
    plume = system.start(broker={"mails_per_address": 2})
    for _ in range(2):
        eve = plume.client(label="eve")
        eve.hello("eve", "eve@e.example")
        eve.expect_waiting(mail="sent")
    eve = plume.client(label="eve")
    eve.hello("eve", "eve@e.example")
    assert eve.expect_waiting(mail="withheld")["resend_in"] > 0
    ann = plume.join("ann")
    undisturbed(ann)
    assert plume.letters() == 3


def test_mails_for_one_network(system):
    plume = system.start(broker={"mails_per_network": 2})
    ann, bob = plume.join("ann"), plume.join("bob")
    eve = plume.client(label="eve")
    eve.hello("eve", "eve@e.example")
    assert eve.expect_waiting(mail="withheld")["resend_in"] > 0
    undisturbed(ann, bob)
    assert plume.letters() == 2


def test_interval_between_two_mails(system):
    plume = system.start(broker={"mail_interval": "1h"})
    ann = plume.join("ann")
    again = plume.client(label="ann again")
    again.hello("ann", "ann@ann.example")
    assert 0 < again.expect_waiting(mail="withheld")["resend_in"] <= 3_600_000
    undisturbed(ann)
    assert plume.letters() == 1
