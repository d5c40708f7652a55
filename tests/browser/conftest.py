"""Gives each test a Plume with two gateways, and browsers for as many people as it names."""

import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))

from plume.browser import Browser  # noqa: E402
from plume.fixtures import pytest_runtest_makereport, system  # noqa: E402, F401
from plume.system import System  # noqa: E402


@pytest.fixture
def plume(system):  # noqa: F811
    """A broker, two gateways and a mailer that writes to a Maildir, all ready."""
    return system.start(gateways=2)


@pytest.fixture(scope="session")
def browsers():
    """Those that are idle: starting one takes longer than most tests."""
    idle = []
    yield idle
    for one in idle:
        one.close()


@pytest.fixture
def browser(system, browsers):  # noqa: F811
    """browser("ann") gives one; at the end no console may have complained.

    It leaves the page before the system ends.
    """
    opened = []

    def make(label):
        opened.append((browsers.pop() if browsers else Browser()).fresh(label))
        return opened[-1]

    yield make
    try:
        for one in opened:
            one.check_health()
    finally:
        browsers.extend(one.fresh("idle") for one in opened)


@pytest.fixture(scope="module")
def lone_gateway(tmp_path_factory):
    """Serves the page to tests that are the room themselves."""
    lone = System(tmp_path_factory.mktemp("gateway"))
    lone.start_broker()
    lone.start_gateway()
    lone.wait_ready()
    yield lone.gateways[0]
    lone.close()


@pytest.fixture
def alone(browser, lone_gateway):
    """A browser in front of a room that the test plays."""
    return browser("alone").open_stand_in(lone_gateway)
