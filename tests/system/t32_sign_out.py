"""SECURITY T3: who signs out is out: at once, on every gateway, and for good."""

import signal
import time

from plume.bus_peer import FakeGateway
from plume.client import LegacyClient
from plume.wait import until

HELLO, AUTH, SAY, RESUME = 10, 11, 14, 12
WAITING, ADMITTED, REFUSED = 30, 33, 35

LEFT = "left chat"


def again(plume, client, at):
    """One more tab of the same session."""
    tab = plume.client(at, label=f"{client.label}'s tab")
    tab.token = client.token
    tab.resume(epoch=client.epoch, seq=client.seq)
    tab.expect_in(resumed=True)
    return tab


def assert_over(plume, token):
    late = plume.client(label="late")
    late.resume(token=token)
    late.expect_reset(reason="session-over")


def test_t3_signing_out_closes_every_socket_of_the_session(two_gateways):
    plume = two_gateways
    bob = plume.join("bob", at=1)
    ann = plume.join("ann")
    tabs = [again(plume, ann, at) for at in (0, 1, 1)]
    began = time.monotonic()
    tabs[1].sign_out()
    for tab in (ann, *tabs):
        tab.expect_signed_out()
    assert time.monotonic() - began < 10  # told in a second; a loaded machine gets more
    bob.expect_text("ann", LEFT)
    assert_over(plume, ann.token)

    carl = plume.join("carl")
    assert list(carl.expect_people()) == ["bob", "carl"]
    bob.settle()
    assert [text for _, who, text in bob.posts if who == "ann"] == ["entered chat", LEFT]


def test_t3_the_other_sessions_of_a_person_stay(two_gateways):
    plume = two_gateways
    bob = plume.join("bob")
    ann = plume.join("ann")
    phone = plume.join("ann", at=1)
    ann.sign_out(everywhere=False)
    ann.expect_signed_out()
    phone.expect_own(phone.say("on the way"))
    bob.expect_text("ann", "on the way")
    assert_over(plume, ann.token)
    assert ("ann", LEFT) not in bob.texts()


def test_t3_everywhere_is_every_session_of_the_address(two_gateways):
    plume = two_gateways
    bob = plume.join("bob", at=1)
    ann = plume.join("ann", "ann@home.example")
    phone = plume.join("ann", "ann@home.example", at=1)
    other_name = plume.join("anna", "ann@home.example", at=1)
    other_name.sign_out(everywhere=True)
    for one in (ann, phone, other_name):
        one.expect_signed_out()
        assert_over(plume, one.token)
    for name in ("ann", "anna"):
        bob.expect_text(name, LEFT)
    bob.settle()


def test_t3_who_is_in_grace_leaves_at_once(two_gateways):
    """The grace period of half a minute is for those whose network is gone."""
    plume = two_gateways
    bob = plume.join("bob")
    ann = plume.join("ann")
    tab = again(plume, ann, at=1)
    ann.cut()
    tab.sign_out()
    tab.expect_signed_out()
    bob.expect_text("ann", LEFT)
    assert_over(plume, ann.token)


def test_a_signed_out_session_stays_out_over_a_restart(system):
    plume = system.start()
    ann = plume.join("ann")
    ann.sign_out()
    ann.expect_signed_out()
    plume.broker.kill()
    plume.start_broker()
    plume.wait_ready()
    plume.join("bob")  # it is served again
    assert_over(plume, ann.token)


def test_the_same_person_may_come_back_with_a_new_code(plume):
    ann = plume.join("ann")
    ann.sign_out()
    ann.expect_signed_out()
    back = plume.join("ann")
    back.expect_own(back.say("me again"))


def test_a_legacy_client_is_closed_when_its_address_signs_out(plume):
    old = plume.client(kind=LegacyClient, label="old")
    old.hello("old", "ann@home.example")
    old.auth(plume.code_for("ann@home.example"))
    old.expect_in()
    ann = plume.join("ann", "ann@home.example")
    ann.sign_out(everywhere=True)
    ann.expect_signed_out()
    old.expect_closed(1008, "signed-out")


def test_a_gateway_of_an_older_minor_loses_the_client_all_the_same(system):
    """It skips what it does not know; the broker does not know its client any more."""
    plume = system.start()
    bob = plume.join("bob")
    old = FakeGateway(plume.ports.first + 1, (1, 1))
    ticket = old.wait_for(WAITING, [HELLO, 7, "ann", "ann@ann.example", "127.0.0.1"])[2]
    code = plume.code_for("ann@ann.example")
    token = old.wait_for(ADMITTED, [AUTH, 7, ticket, code, 0, 0, True, ""])[3]
    ann = plume.client(label="ann")
    ann.resume(token=token)
    ann.expect_in(resumed=True)
    ann.sign_out()
    ann.expect_signed_out()
    assert old.wait_for(REFUSED, [SAY, 7, "id-1", "still here?"])[2:4] == ["id-1", 12]
    assert old.batch([RESUME, 8, token, 0, 0])[1][0] == 32
    bob.expect_text("ann", LEFT)
    bob.settle()
    assert ("ann", "still here?") not in bob.texts()


def test_a_gateway_that_was_stopped_hears_of_it_when_it_goes_on(system):
    plume = system.start(gateways=2, broker={"gateway_timeout": "60s"})
    bob = plume.join("bob")
    ann = plume.join("ann")
    tab = again(plume, ann, at=1)
    plume.gateways[1].signal(signal.SIGSTOP)
    ann.sign_out()
    ann.expect_signed_out()
    bob.expect_text("ann", LEFT)
    plume.gateways[1].signal(signal.SIGCONT)
    tab.expect_signed_out()


def test_a_broker_that_dies_owes_nobody_a_dismissal(system):
    """The other gateway had not heard of it: it starts over, and its browsers have to resume."""
    plume = system.start(gateways=2, broker={"gateway_timeout": "60s"})
    ann = plume.join("ann")
    tab = again(plume, ann, at=1)
    plume.gateways[1].signal(signal.SIGSTOP)
    ann.sign_out()
    ann.expect_signed_out()
    plume.broker.kill()
    plume.start_broker()
    plume.wait_ready()
    plume.gateways[1].signal(signal.SIGCONT)
    tab.expect_closed()
    tab.connect(plume.gateways[1].url)
    tab.resume()
    tab.expect_reset(reason="session-over")


def test_signing_out_waits_for_a_broker_that_is_away(system):
    plume = system.start()
    ann = plume.join("ann")
    plume.broker.kill()
    ann.sign_out()
    plume.start_broker()
    plume.wait_ready()
    ann.expect_signed_out()
    until(lambda: plume.broker.events("ready"), "the broker is there")
    assert_over(plume, ann.token)
