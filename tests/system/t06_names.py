"""A name belongs to the address that first proved itself with it."""

import pytest
from plume.client import ACK, NO_ENTRY


def test_taken_name_is_refused_at_hello_and_no_mail_is_sent(plume):
    plume.join("ann", "ann@a.example")
    eve = plume.client(label="eve")
    for taken in ("ann", "ANN", "Ann", "ａｎｎ"):
        eve.hello(taken, "eve@e.example")
        eve.expect_no_entry("name-taken")

    eve.hello("eve", "eve@e.example")  # another name, on the same connection
    eve.expect_waiting()
    eve.auth(plume.code_for("eve@e.example"))
    eve.expect_in(name="eve")
    assert plume.letters() == 2


def test_its_owner_gets_the_name_again(plume):
    ann = plume.join("ann", "ann@a.example")
    ann.close()
    again = plume.join("ann", "ann@a.example")
    again.expect_own(again.say("me again"))


def test_unproven_claim_holds_no_name(plume):
    eve = plume.client(label="eve")
    eve.hello("ann", "eve@e.example")
    eve.expect_waiting()
    plume.join("ann", "ann@a.example")


def test_name_taken_meanwhile_is_refused_at_auth(plume):
    eve = plume.client(label="eve")
    eve.hello("ann", "eve@e.example")
    eve.expect_waiting()
    code = plume.code_for("eve@e.example")
    plume.join("ann", "ann@a.example")
    eve.auth(code)
    eve.expect_no_entry("name-taken")


@pytest.mark.parametrize("name", ["zoe", "yan", "xia"])
def test_two_redeem_codes_for_one_free_name_and_one_wins(two_gateways, name):
    plume = two_gateways
    rivals = [plume.client(at=at, label=f"rival {at}") for at in (0, 1)]
    codes = []
    for rival in rivals:
        address = f"{name}@{rivals.index(rival)}.example"
        rival.hello(name, address)
        rival.expect_waiting()
        codes.append(plume.code_for(address))
    for rival, code in zip(rivals, codes):
        rival.auth(code)

    answers = [rival.expect(ACK, NO_ENTRY) for rival in rivals]
    assert sorted(answer["type"] for answer in answers) == [ACK, NO_ENTRY]
    winner, loser = rivals if answers[0]["type"] == ACK else reversed(rivals)
    assert "name-taken" in [answer.get("reason") for answer in answers]
    winner.expect_own(winner.say("mine"))
    loser.say("no, mine")
    loser.expect_refused("not-in-room")


def test_nobody_is_the_bot(plume):
    eve = plume.client(label="eve")
    for name in ("plumebot", "PlumeBot", "PLUMEBOT", "@plumebot"):
        eve.hello(name, "eve@e.example")
        eve.expect_no_entry()


def test_bad_names(plume):
    eve = plume.client(label="eve")
    for name in ("", " ", "a b", "a\tb", "x" * 33, "<b>", "a\u200bb", ".a", "a."):
        eve.hello(name, "eve@e.example")
        eve.expect_no_entry("bad-name")
    assert plume.letters() == 0


def test_bad_addresses(plume):
    eve = plume.client(label="eve")
    split = "eve@e.example\r\nBcc: x@y.example"
    for address in ("", "eve", "eve@", "@e.example", "e ve@e.example", "a@b@c.example", split):
        eve.hello("eve", address)
        eve.expect_no_entry("bad-address")
    assert plume.letters() == 0
