"""A flood of lines in the log: it has a bound, what is left out is counted, and that is told."""

import signal
import time

import pytest
from plume import admin, process
from plume.bus_peer import Requester
from plume.wait import until

RATE = 20
BURST_S = 5  # LOG_BUDGET_BURST_S


def dropped(one):
    """By level; there is a number for each."""
    levels = ("error", "warn", "info", "debug")
    found = admin.metrics(one)
    return {level: found[f'plume_log_lines_dropped_total{{level="{level}"}}'] for level in levels}


def total(one):
    return sum(dropped(one).values())


def told(one):
    return sum(int(line["lines"]) for line in one.events("log_dropped"))


def flood_gateway(plume):
    """Browsers that come and go: lines of level debug, as many as anybody wants."""
    plume.client().close()


def flood_broker(plume):
    """Gateways that are known, and gone: lines of level info."""
    peer = Requester(plume.ports.first + 1, (1, 1))
    number = time.monotonic_ns()
    peer.ask([1, number, 1, 0])
    peer.ask([1, number, 2, 0], [17, 0])
    peer.close()


def start(system, name, **options):
    plume = system.start(**{name: options})
    return plume, {"broker": plume.broker, "gateway": plume.gateways[0]}[name]


@pytest.mark.parametrize("name, flood", [("gateway", flood_gateway), ("broker", flood_broker)])
def test_lines_have_a_bound_and_what_is_left_out_is_told(system, name, flood):
    began = time.monotonic()
    plume, one = start(system, name, log_rate=RATE)
    floods = 0
    while total(one) < 100:
        flood(plume)
        floods += 1
        assert floods < 100_000
    until(lambda: told(one) == total(one), lambda: f"{told(one)} of {dropped(one)} are told")
    lines = [line for line in one.events() if line["event"] != "log_dropped"]
    most = RATE * (BURST_S + time.monotonic() - began) + 1
    for is_error in (True, False):
        assert len([line for line in lines if (line["level"] == "error") == is_error]) <= most
    assert dropped(one)["error"] == 0
    ann, bob = plume.join("ann"), plume.join("bob")  # and all goes on
    ann.say("quiet now")
    bob.expect_text("ann", "quiet now")
    one.drain()
    assert one.log().count("event=log_dropped") >= 1


def test_the_bound_changes_with_a_reload(system):
    path = system.directory / "some.conf"
    path.write_text("log-rate = 1\n")
    plume, gateway = start(system, "gateway", config=path, log_rate=None)
    while total(gateway) == 0:
        flood_gateway(plume)
    path.write_text("log-rate = 0\n")
    gateway.signal(signal.SIGHUP)
    until(lambda: gateway.events("reloaded"), "no line is left out any more")
    before = total(gateway)
    for _ in range(100):
        flood_gateway(plume)
    until(lambda: told(gateway) == before, "the rest is told")
    assert total(gateway) == before


def test_a_rate_that_is_none_is_refused():
    for wrong in ("-1", "1000001", "many", ""):
        done = process.run("plume-gateway", f"--log-rate={wrong}", "--check-config")
        assert done.returncode == 2 and "--log-rate" in done.stderr
