"""Asking for codes, statement by statement: docs/SECURITY.md, section 2.  Those about the form of
addresses (S4, S5) are unit tests, too; times of S2 are figures of tests/bench/asking.py."""

import json
import random

from plume.wait import until


def hello(plume, name, address, at=0):
    """What somebody new is told who asks for a code."""
    one = plume.client(at, label=name)
    one.hello(name, address)
    return one, one.expect_waiting()


def test_s1_more_gateways_and_ignored_countdowns_gain_nothing(system):
    limits = {"mail_interval": "1h"}
    plume = system.start(gateways=2, broker=limits)
    ann, first = hello(plume, "ann", "ann@a.example")
    assert first["mail"] == "queued" and 3_590_000 < first["resend_in"] <= 3_600_000
    ann.expect_waiting(mail="sent")
    for number in range(8):
        ann.hello("ann", "ann@a.example")
        assert ann.expect_waiting()["resend_in"] > 3_500_000
        _, told = hello(plume, "bob", "ANN+tag@a.EXAMPLE", at=number % 2)
        assert told["mail"] == "withheld"
    assert plume.letters() == 1


def test_s1_the_room_has_a_pace(system):
    plume = system.start(broker={"mail_pace": "1h", "mail_burst": 3})
    told = [hello(plume, f"p{n}", f"p{n}@a.example")[1] for n in range(5)]
    assert [one["mail"] for one in told] == ["queued"] * 3 + ["withheld"] * 2
    assert 3_500_000 < told[4]["resend_in"] <= 3_600_000
    plume.broker.kill()
    plume.start_broker(mail_pace="1h", mail_burst=3).wait_ready()
    _, after = hello(plume, "late", "late@a.example")
    assert after["mail"] == "withheld" and after["resend_in"] > 3_500_000


def test_s1_a_restart_fills_no_budget_up(system):
    limits = {"mails_per_address": 2, "mails_per_network": 3}
    plume = system.start(broker=limits)
    for _ in range(2):
        _, told = hello(plume, "ann", "ann@a.example")
        assert told["mail"] == "queued"
    plume.broker.kill()
    plume.start_broker(**limits).wait_ready()
    _, told = hello(plume, "ann", "ann@a.example")
    assert told["mail"] == "withheld"
    assert hello(plume, "bob", "bob@b.example")[1]["mail"] == "queued"
    assert hello(plume, "eve", "eve@e.example")[1]["mail"] == "withheld"


def shape(told):
    """What a stranger sees of an answer: everything but what is random or a moment."""
    seen = {key: value for key, value in told.items() if key not in ("ticket", "reference")}
    seen["expires_in"], seen["resend_in"] = None, seen["resend_in"] > 0
    seen["user"] = None
    return json.dumps(seen, sort_keys=True)


def test_s2_answers_do_not_tell_whether_an_address_is_known(system):
    plume = system.start(broker={"mail_interval": "1h", "deny_address": "*@spam.example"})
    plume.join("known")
    shapes = {}
    # somebody new with that address, and with one that nobody has: throttled and not
    for kind, address in {
        "known throttled": "known@known.example",
        "denied": "eve@spam.example",
        "new": "new@n.example",
        "new throttled": "new@n.example",
    }.items():
        one, told = hello(plume, f"x{random.randrange(10**6)}", address)
        shapes[kind] = shape(told)
        if kind == "new":
            one.expect_waiting(mail="sent")
    assert shapes["known throttled"] == shapes["new throttled"] == shapes["denied"]
    # what is sent differs by the word that tells it, and by nothing else
    assert shapes["new"].replace("queued", "withheld") == shapes["denied"]


def test_s3_a_taken_name_is_answered_before_any_mail(plume):
    plume.join("ann")
    eve = plume.client(label="eve")
    for address in ("eve@e.example", "ann@b.example"):
        eve.hello("ann", address)
        eve.expect_no_entry("name-taken")
    assert plume.letters() == 1


def test_s4_hostile_addresses_never_reach_the_mailer(plume):
    eve = plume.client(label="eve")
    hostile = [
        "a@b\r\nRCPT TO:<x>",
        "a@b.example\r\nBcc: <eve@e.example>",
        '"a b"@c.example',
        "a(comment)@b.example",
        "a@b.example,c@d.example",
        "a@[127.0.0.1]",
        "a@b",
    ]
    for address in hostile:
        eve.hello("eve", address)
        eve.expect_no_entry("bad-address")
    eve.hello("eve", "eve@e.example")
    eve.expect_waiting(mail="sent")
    assert plume.letters() == 1
    assert plume.letter_to("eve@e.example")["To"] == "eve@e.example"


def test_s4_a_domain_of_another_alphabet_gets_its_letter(plume):
    ann = plume.client(label="ann")
    ann.hello("ann", "ann@bücher.example")
    ann.expect_waiting(mail="sent")
    ann.auth(plume.code_for("ann@xn--bcher-kva.example"))
    ann.expect_in()


def test_s6_denied_addresses_wait_without_a_letter(system):
    plume = system.start(
        broker={
            "deny_address": ["*@spam.example", "root@*"],
            "allow_address": ["*@spam.example", "*@a.example"],
            "mail_interval": "60s",
        }
    )
    for address in ("eve@spam.example", "ROOT@a.example", "ann@b.example"):
        one, told = hello(plume, f"x{random.randrange(10**6)}", address)
        assert told["mail"] == "withheld" and 0 < told["resend_in"] <= 60_000
        story = plume.ctl("why", told["reference"]).stdout
        assert "may not have one" in story and address in story
    ann = plume.join("ann", "ann@a.example")
    ann.settle()
    assert plume.letters() == 1
    until(lambda: plume.letters() == 1, "one letter")
