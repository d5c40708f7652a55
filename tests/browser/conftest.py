"""Gives each test a Plume with two gateways, and browsers for as many people as it names."""

import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))

from plume.browser import Browser  # noqa: E402
from plume.fixtures import pytest_runtest_makereport, system  # noqa: E402, F401


@pytest.fixture
def plume(system):  # noqa: F811
    """A broker, two gateways and a mailer that writes to a Maildir, all ready."""
    return system.start(gateways=2)


@pytest.fixture
def browser(system):  # noqa: F811
    """browser("ann") opens one; at the end no console may have complained.

    It ends before the system does.
    """
    opened = []

    def make(label, **options):
        opened.append(Browser(label, **options))
        return opened[-1]

    yield make
    try:
        for one in opened:
            one.check_health()
    finally:
        for one in opened:
            one.close()
