"""Gives each test a System of its own and, when it fails, shows what the programs logged."""

import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))

from plume.system import System  # noqa: E402


@pytest.fixture
def system(tmp_path):
    """Nothing runs yet; the test starts what it needs."""
    system = System(tmp_path)
    yield system
    system.close()


@pytest.fixture
def plume(system):
    """A broker, one gateway and a mailer that writes to a Maildir, all ready."""
    return system.start()


@pytest.fixture
def two_gateways(system):
    """The same with two gateways."""
    return system.start(gateways=2)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item):
    report = (yield).get_result()
    system = getattr(item, "funcargs", {}).get("system")
    if report.failed and system:
        for process in system.processes:
            report.sections.append((f"log of {process}", process.log_tail(40)))
