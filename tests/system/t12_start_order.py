"""The programs start in any order and wait for each other."""

import itertools

import pytest
from plume.wait import until

ORDERS = list(itertools.permutations(["broker", "gateway", "mailer"]))


@pytest.mark.parametrize("order", ORDERS, ids="-".join)
def test_every_start_order(system, order):
    for name in order:
        process = getattr(system, f"start_{name}")()
        if name == "broker":
            process.wait_ready()
        until(process.log, f"first words of {process}")
    system.wait_ready()

    ann, bob = system.join("ann"), system.join("bob")
    ann.say("hi")
    bob.expect_text("ann", "hi")


def test_gateway_is_not_ready_without_a_broker(system):
    gateway = system.start_gateway()
    until(gateway.log, "first words of the gateway")
    assert not gateway.events("ready")
    system.start_broker()
    gateway.wait_ready()


def test_letter_waits_for_a_mailer(system):
    system.start_broker()
    system.start_gateway()
    system.wait_ready()
    ann = system.client(label="ann")
    ann.hello("ann", "ann@a.example")
    ann.expect_waiting(mail="queued")
    system.start_mailer()
    ann.expect_waiting(mail="sent")
    ann.auth(system.code_for("ann@a.example"))
    ann.expect_in()
