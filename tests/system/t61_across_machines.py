"""The example of docs/OPERATIONS.md, "Across machines": a broker, two gateways and a mailer, each on a
host of its own."""

import os
import shutil

import pytest
from plume import process
from plume.hosts import Hosts

pytestmark = pytest.mark.skipif(
    os.geteuid() != 0 or not shutil.which("nsenter"), reason="network namespaces take root"
)


@pytest.fixture
def hosts():
    hosts = Hosts()
    yield hosts
    hosts.close()


@pytest.fixture
def spread(hosts, system):
    """The system of the example; its broker's address."""
    places = {name: hosts.add(name) for name in ("broker", "gateway-1", "gateway-2", "mailer")}
    system.secure()
    system.bus = "tls+tcp://0.0.0.0:4880"
    system.start_broker(wrap=hosts.at("broker"))
    system.bus = f"tls+tcp://{places['broker']}:4880"
    for name in ("gateway-1", "gateway-2"):
        gateway = system.start_gateway(wrap=hosts.at(name), listen=f"{places[name]}:8080")
        gateway.host = places[name]
    system.start_mailer(wrap=hosts.at("mailer"))
    system.wait_ready()
    return system


def test_people_on_two_hosts_chat_and_the_operator_asks_from_afar(spread, hosts):
    ann, bob = spread.join("ann"), spread.join("bob", at=1)
    ann.say("from one host")
    bob.expect_text("ann", "from one host")
    bob.say("to the other")
    ann.expect_text("bob", "to the other")
    status = spread.ctl("status")
    assert status.returncode == 0, status.stderr
    assert "2 people with 2 clients" in " ".join(status.stdout.split())


def test_each_host_is_restarted_while_they_talk(spread, hosts):
    ann, bob = spread.join("ann"), spread.join("bob", at=1)
    bus, listening = spread.bus, "tls+tcp://0.0.0.0:4880"
    spread.broker.kill()
    spread.bus = listening
    spread.start_broker(wrap=hosts.at("broker")).wait_ready()
    spread.bus = bus
    ann.say("the broker was away")
    bob.expect_text("ann", "the broker was away")
    spread.mailers[0].kill()
    spread.start_mailer(wrap=hosts.at("mailer")).wait_ready()
    carl = spread.join("carl", at=1)
    carl.say("the mailer was away")
    ann.expect_text("carl", "the mailer was away")


def test_b1_plain_tcp_between_hosts_is_refused(hosts, system):
    place = hosts.add("gateway")
    done = process.run("plume-gateway", "--bus", f"tcp://{place}:4880", "--check-config")
    assert done.returncode == 2
    assert "--insecure-bus" in done.stderr
