"""Gives each test a System of its own and, when it fails, shows what the programs logged."""

import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))

from plume.fixtures import pytest_runtest_makereport, system  # noqa: E402, F401


@pytest.fixture
def plume(system):  # noqa: F811
    """A broker, one gateway and a mailer that writes to a Maildir, all ready."""
    return system.start()


@pytest.fixture
def two_gateways(system):  # noqa: F811
    """The same with two gateways."""
    return system.start(gateways=2)
