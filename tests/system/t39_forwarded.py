"""SECURITY W10: where a browser is counts for its limits; what a proxy says of it counts from listed
proxies only. Seen by the budget of one login mail for each network."""

import socket

import pytest
from plume import process
from plume.client import Client

FORWARDED = "X-Forwarded-For"


@pytest.fixture
def visit(system):
    """visit(name, *headers) is somebody's wish to enter; tells what becomes of the mail."""

    def start(*proxies):
        system.start_broker(mails_per_network=1)
        system.start_gateway(trusted_proxy=proxies)
        return system.wait_ready()

    def visit(name, *headers):
        visitor = Client(system.gateways[0].url, name, extra_headers=headers)
        system.clients.append(visitor)
        visitor.hello(name, f"{name}@{name}.example")
        return visitor.expect_waiting().get("mail")

    visit.start = start
    return visit


def test_w10_forged_ones_change_nothing(visit):
    visit.start()
    assert visit("ann") != "withheld"
    assert visit("bob", (FORWARDED, "203.0.113.1")) == "withheld"
    assert visit("eve", ("Forwarded", "for=203.0.113.2")) == "withheld"
    assert visit("dan", ("X-Real-IP", "203.0.113.3")) == "withheld"


def test_w10_others_than_the_listed_are_not_believed(visit):
    visit.start("192.0.2.0/24", "2001:db8::/32")
    assert visit("ann", (FORWARDED, "203.0.113.1")) != "withheld"
    assert visit("bob", (FORWARDED, "203.0.113.2")) == "withheld"


def test_w10_a_listed_proxy_is_believed(visit):
    visit.start("127.0.0.0/8")
    assert visit("ann", (FORWARDED, "203.0.113.1")) != "withheld"
    assert visit("bob", (FORWARDED, "203.0.113.2")) != "withheld"
    assert visit("eve", (FORWARDED, "203.0.113.2")) == "withheld"
    assert visit("dan", (FORWARDED, "2001:db8::1")) != "withheld"
    assert visit("fay", (FORWARDED, "2001:db8::2")) == "withheld", "one /64"
    assert visit("gus") != "withheld", "the proxy itself"
    assert visit("hal", (FORWARDED, "unknown")) == "withheld"


def test_w10_the_innermost_untrusted_hop_wins(visit):
    visit.start("127.0.0.1", "10.0.0.0/8")
    assert visit("ann", (FORWARDED, "203.0.113.1")) != "withheld"
    assert visit("bob", (FORWARDED, "198.51.100.7, 203.0.113.1")) == "withheld"
    assert visit("eve", (FORWARDED, "198.51.100.8, 203.0.113.1, 10.1.2.3")) == "withheld"
    # what was forged and what the proxy wrote may be two lines
    assert visit("dan", (FORWARDED, "198.51.100.9"), (FORWARDED, "203.0.113.1")) == "withheld"
    # and may be long
    long = ", ".join(["198.51.100.10"] * 400)
    assert visit("fay", (FORWARDED, f"{long}, 203.0.113.1")) == "withheld"
    assert visit("gus", (FORWARDED, "203.0.113.1, 198.51.100.11")) != "withheld"


def test_what_is_no_network_is_refused_at_the_start():
    for wrong in ("haproxy", "10.0.0.0/33", "10.0.0.0/8,", "[::1]"):
        done = process.run("plume-gateway", "--check-config", "--trusted-proxy", wrong)
        assert done.returncode == 2 and "--trusted-proxy" in done.stderr, (wrong, done)
    done = process.run("plume-gateway", "--check-config", "--trusted-proxy", "10.0.0.0/8")
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("proxies, told, origin, status", [
    (["127.0.0.1"], ["https"], "https://{host}", 101),
    (["127.0.0.1"], ["HTTPS"], "https://{host}", 101),
    (["127.0.0.1"], ["https"], "http://{host}", 403),
    (["127.0.0.1"], ["https"], "https://evil.example", 403),
    (["127.0.0.1"], ["http"], "https://{host}", 403),
    (["127.0.0.1"], ["https", "https"], "https://{host}", 403),
    (["127.0.0.1"], ["https, http"], "https://{host}", 403),
    (["192.0.2.1"], ["https"], "https://{host}", 403),
    ([], ["https"], "https://{host}", 403),
    ([], ["https"], "http://{host}", 101),
])  # fmt: skip
def test_w10_only_a_listed_proxy_says_that_a_page_came_by_https(proxies, told, origin, status, system):
    system.start_broker()
    gateway = system.start_gateway(trusted_proxy=proxies)
    system.wait_ready()
    host = f"127.0.0.1:{gateway.port}"
    lines = ["GET /connect HTTP/1.1", f"Host: {host}", f"Origin: {origin.format(host=host)}",
             *(f"X-Forwarded-Proto: {one}" for one in told), "Upgrade: websocket",
             "Connection: Upgrade", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
             "Sec-WebSocket-Version: 13", "", ""]  # fmt: skip
    with socket.create_connection(("127.0.0.1", gateway.port), 20) as browser:
        browser.sendall("\r\n".join(lines).encode())
        assert int(browser.recv(100).split()[1]) == status
