"""Gives each test a Plume with two gateways, and browsers for as many people as it names."""

import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))

from plume.browser import Browser  # noqa: E402
from plume.system import System  # noqa: E402


@pytest.fixture
def system(tmp_path):
    system = System(tmp_path)
    yield system
    system.close()


@pytest.fixture
def plume(system):
    """A broker, two gateways and a mailer that writes to a Maildir, all ready."""
    return system.start(gateways=2)


@pytest.fixture
def browser(plume):
    """browser("ann") opens one; at the end no console may have complained."""
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


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item):
    report = (yield).get_result()
    system = getattr(item, "funcargs", {}).get("system")
    if report.failed and system:
        for process in system.processes:
            report.sections.append((f"log of {process}", process.log_tail(40)))
