"""Login codes: wrong, expired, used, foreign, tried too often, moved to another connection."""

import time

import pytest


@pytest.fixture
def ann(plume):
    ann = plume.client(label="ann")
    ann.hello("ann", "ann@a.example")
    ann.expect_waiting()
    return ann


def wrong(code, number=0):
    return f"{(int(code) + 1 + number) % 10**8:08}"


def test_wrong_code_may_be_tried_again(plume, ann):
    code = plume.code_for("ann@a.example")
    ann.auth(wrong(code))
    ann.expect_reset(reason="wrong-code")
    ann.auth(code)
    ann.expect_in()


def test_what_is_no_code_is_a_wrong_code(system):
    plume = system.start(broker={"code_tries": 100})
    ann = plume.client()
    ann.hello("ann", "ann@a.example")
    ann.expect_waiting()
    for typed in ("", "1234567", "123456789", "abcdefgh", "1234567x", "१२३"):
        ann.auth(typed)
        ann.expect_reset(reason="wrong-code")
    ann.auth(plume.code_for("ann@a.example"))
    ann.expect_in()


def test_five_wrong_tries_end_the_login(plume, ann):
    code = plume.code_for("ann@a.example")
    for number in range(5):
        ann.auth(wrong(code, number))
        ann.expect_reset()
    ann.auth(code)
    ann.expect_reset()
    ann.expect_none(3)


def test_code_tries_is_an_option(system):
    plume = system.start(broker={"code_tries": 1})
    ann = plume.client()
    ann.hello("ann", "ann@a.example")
    ann.expect_waiting()
    code = plume.code_for("ann@a.example")
    ann.auth(wrong(code))
    ann.expect_reset()
    ann.auth(code)
    ann.expect_reset()


def test_code_works_once(plume, ann):
    code = plume.code_for("ann@a.example")
    ann.auth(code)
    ann.expect_in()
    eve = plume.client(label="eve")
    eve.auth(code, ticket=ann.ticket)
    eve.expect_reset()


def test_code_works_only_with_the_ticket_of_the_browser_that_asked(plume, ann):
    code = plume.code_for("ann@a.example")
    eve = plume.client(label="eve")
    eve.hello("eve", "eve@e.example")
    eve.expect_waiting()
    eve.auth(code)
    eve.expect_reset()
    eve.auth(code, ticket="A" * len(ann.ticket))
    eve.expect_reset()
    ann.auth(code)  # and eve's tries were not counted against ann
    ann.expect_in(name="ann")


def test_code_expires(system):
    plume = system.start(broker={"code_ttl": "3s"})
    ann = plume.client()
    ann.hello("ann", "ann@a.example")
    assert ann.expect_waiting(mail="sent")["expires_in"] <= 3000
    code = plume.code_for("ann@a.example")
    time.sleep(3.5)  # the life of the code, and a little
    ann.auth(code)
    ann.expect_reset()
    ann.hello("ann", "ann@a.example")
    ann.expect_waiting()
    ann.auth(plume.code_for("ann@a.example"))
    ann.expect_in()


def test_waiting_login_moves_to_another_connection(two_gateways):
    plume = two_gateways
    ann = plume.client(at=0, label="ann")
    ann.hello("ann", "ann@a.example")
    ticket = ann.expect_waiting()["ticket"]
    ann.close()

    later = plume.client(at=1, label="ann later")
    later.resume_login(ticket)
    later.expect_waiting(name="ann")
    later.auth(plume.code_for("ann@a.example"), ticket)
    later.expect_in(name="ann")


def test_unknown_ticket_and_token_are_refused(plume):
    eve = plume.client(label="eve")
    eve.resume_login("B" * 43)
    eve.expect_reset(reason="login-over")
    eve.resume(token="C" * 43, epoch="0123456789abcdef", seq=1)
    eve.expect_reset(reason="session-over")
    eve.hello("eve", "eve@e.example")  # and may go on
    eve.expect_waiting()


def test_newer_code_counts(plume, ann):
    old = plume.code_for("ann@a.example")
    ann.expect_waiting(mail="sent")
    ann.hello("ann", "ann@a.example")
    ann.expect_waiting()
    new = plume.code_for("ann@a.example")
    if old != new:
        ann.auth(old)
        ann.expect_reset()
    ann.auth(new)
    ann.expect_in()
