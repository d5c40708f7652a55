"""A client that knows nothing but the seed's description is at home here."""

import pytest
from plume.client import LegacyClient


@pytest.fixture
def old(plume):
    return plume.client(kind=LegacyClient, label="old")


def enter(plume, old, name="old", address="old@o.example"):
    old.hello(name, address)
    old.auth(plume.code_for(address))
    ack = old.expect_in()
    assert ack["user"]["name"] == name and "token" not in ack
    return old


def test_joins_and_chats(plume, old):
    ann = plume.join("ann")
    enter(plume, old)
    ann.expect_text("old", "entered chat")
    old.say("hello from 2020", name="old")
    ann.expect_text("old", "hello from 2020")
    old.expect_text("old", "hello from 2020")
    ann.say("hello from now")
    old.expect_text("ann", "hello from now")


def test_is_welcomed_by_the_bot(plume, old):
    enter(plume, old)
    old.expect_text("plumebot")
    old.expect_text("plumebot")


def test_mistypes_a_code_and_tries_again(plume, old):
    old.hello("old", "old@o.example")
    code = plume.code_for("old@o.example")
    old.auth("00000000" if code != "00000000" else "11111111")
    old.expect(4)
    old.auth(f" {code[:4]}-{code[4:]}")
    old.expect_in()


def test_meets_a_taken_name_and_chooses_another(plume, old):
    plume.join("ann")
    old.hello("ann", "old@o.example")
    old.expect(5)
    enter(plume, old, "old")


def test_is_sent_none_of_the_past(plume, old):
    ann = plume.join("ann")
    ann.expect_own(ann.say("long ago"))
    enter(plume, old)
    ann.expect_text("old", "entered chat")
    ann.say("now")
    old.expect_text("ann", "now")
    assert ("ann", "long ago") not in old.texts()


def test_is_told_of_refusals_by_the_bot(plume, old):
    ann = plume.join("ann")
    enter(plume, old)
    for _ in range(2):
        old.expect_text("plumebot")  # the welcome
    for number in range(30):
        old.say(f"quick {number}")
    old.expect_text("plumebot")
    old.expect_text("old", "quick 0")
    ann.expect_text("old", "quick 0")


def test_answer_before_hello_is_a_reset(plume, old):
    old.auth("12345678")
    old.expect(4)
