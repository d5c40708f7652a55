"""Gives each test a System of its own and, when it fails, shows what the programs logged."""

import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))

from plume.certificates import Authority  # noqa: E402
from plume.fixtures import pytest_runtest_makereport, system  # noqa: E402, F401
from plume.mail_desk import MailDesk  # noqa: E402
from plume.smtp_sink import SmtpSink  # noqa: E402


@pytest.fixture
def plume(system):  # noqa: F811
    """A broker, one gateway and a mailer that writes to a Maildir, all ready."""
    return system.start()


@pytest.fixture
def two_gateways(system):  # noqa: F811
    """The same with two gateways."""
    return system.start(gateways=2)


@pytest.fixture
def authority(tmp_path):
    return Authority(tmp_path / "authority")


@pytest.fixture
def sink(system):  # noqa: F811
    """A mail server that answers by script."""
    return system.guard(SmtpSink())


@pytest.fixture
def desk(system):  # noqa: F811
    """A broker's mail desk alone, in the place of the broker."""
    return system.guard(MailDesk(system.ports.first))


@pytest.fixture
def start(system, sink):  # noqa: F811
    """Starts a mailer that sends to the sink; ready."""

    def begin(**options):
        options = {"transport": f"smtp://127.0.0.1:{sink.port}", **options}
        return system.start_mailer(**options).wait_ready()

    return begin
