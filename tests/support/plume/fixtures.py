"""What the conftest.py of each suite that runs the real programs offers to its tests."""

import pytest

from .system import System


@pytest.fixture
def system(tmp_path):
    """Nothing runs yet; the test starts what it needs."""
    system = System(tmp_path)
    yield system
    system.close()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item):
    """What the programs logged goes with the report of a test that failed."""
    report = (yield).get_result()
    system = getattr(item, "funcargs", {}).get("system")
    if report.failed and system:
        for process in system.processes:
            report.sections.append((f"log of {process}", process.log_tail(40)))
