"""The examples of deploy/ for nginx, HAProxy and Caddy, with the real programs in front of a room."""

import time

import pytest
from plume.client import Client, FaithfulClient
from plume.proxy import TUNNEL, Caddy, Haproxy, Nginx
from plume.wait import until


@pytest.fixture(params=[Nginx, Haproxy, Caddy])
def front(system, request):
    """front.start(**options of the broker): two gateways, and a proxy before them."""

    class Front:
        proxy = None

        def start(self, **broker):
            gateway = {
                "origin": "https://chat.example",
                "trusted_proxy": "127.0.0.1",
                "ping_interval": "1s",
                "pong_timeout": "20s",
            }
            system.start(gateways=2, broker=broker, gateway=gateway)
            ports = [one.port for one in system.gateways]
            self.proxy = system.guard(request.param(system.directory, ports)).start()
            # whoever does not check beforehand finds out now that both are there
            until(lambda: self.proxy.get("/")[0] == 200, lambda: self.proxy.log())
            return self.proxy

        def client(self, name, kind=Client, source="127.0.0.1", **more):
            ways = {**self.proxy.ways(source), **more}
            client = kind(self.proxy.url, name, **ways)
            system.clients.append(client)
            return client

        def join(self, name, kind=Client, **more):
            client = self.client(name, kind, **more)
            address = f"{name}@{name}.example"
            client.hello(name, address)
            client.expect_waiting()
            client.auth(system.code_for(address))
            client.expect_in()
            return client

    return Front()


def talk(*people):
    for speaker in people:
        text = f"{speaker.name} at {time.monotonic()}"
        speaker.say(text)
        for listener in people:
            listener.expect_text(speaker.name, text)


def test_page_and_chat(front):
    proxy = front.start()
    status, headers, body = proxy.get("/")
    assert status == 200 and "<title>" in body
    assert headers["strict-transport-security"].startswith("max-age=")
    assert "default-src 'none'" in headers["content-security-policy"]
    assert proxy.get("/metrics")[0] == 404 and proxy.get("/readyz")[0] == 404
    moved = proxy.get_plain()
    assert " 30" in moved.partition("\n")[0] and "https://chat.example" in moved, moved
    ann, bob = front.join("ann"), front.join("bob")
    talk(ann, bob)
    assert 65536 == len(long := "x" * 65536)
    ann.say(long)
    bob.expect_text("ann", long)


def test_only_pages_of_the_room_may_connect(front):
    proxy = front.start()
    for origin in ("https://evil.example", "http://chat.example", f"{proxy.origin}.evil", "null"):
        assert proxy.upgrade(origin) == 403, origin
    assert proxy.upgrade(proxy.origin) == 101
    front.join("ann")


def test_each_browser_counts_as_itself(front):
    front.start(mails_per_network=1)

    def visit(name, source, *claims):
        more = {"extra_headers": claims} if claims else {}
        client = front.client(name, source=source, **more)
        client.hello(name, f"{name}@{name}.example")
        return client.expect_waiting().get("mail")

    assert visit("ann", "127.0.0.2") != "withheld"
    assert visit("bob", "127.0.0.2") == "withheld"
    assert visit("cat", "127.0.0.3") != "withheld"
    assert visit("dan", "127.0.0.2", ("X-Forwarded-For", "203.0.113.1")) == "withheld"
    claims = [("X-Forwarded-For", "203.0.113.2"), ("X-Forwarded-For", "127.0.0.4")]
    assert visit("eve", "127.0.0.3", *claims) == "withheld"


def test_a_silent_connection_is_kept(front):
    front.start()
    ann, bob = front.join("ann"), front.join("bob")
    wires = ann.wire, bob.wire
    end = time.monotonic() + 2.5 * TUNNEL  # pings alone must keep it
    until(lambda: time.monotonic() > end or ann.wire.closed, "time", 3 * TUNNEL)
    talk(ann, bob)
    assert (ann.wire, bob.wire) == wires and not ann.wire.closed


def test_a_reload_loses_nothing(front):
    proxy = front.start()
    ann, bob = front.join("ann", FaithfulClient), front.join("bob", FaithfulClient)
    wires = ann.wire, bob.wire
    for number in range(3):
        ann.say(f"before {number}")
        proxy.reload()
        ann.say(f"after {number}")
        for one in (ann, bob):
            one.expect_text("ann", f"before {number}")
            one.expect_text("ann", f"after {number}")
    newcomer = front.join("cat")
    talk(ann, bob, newcomer)
    ann.expect_answered()
    assert ("ann", "left chat") not in newcomer.texts()
    if not proxy.reload_drops:
        assert (ann.wire, bob.wire) == wires, "a reload dropped somebody"


def test_gateways_come_and_go(front, system):
    front.start()
    people = [front.join(name, FaithfulClient) for name in ("ann", "bob", "cat")]
    system.gateways[0].drain()
    for number, one in enumerate(people):
        one.say(f"without the first {number}")
    for number, speaker in enumerate(people):
        for one in people:
            one.expect_text(speaker.name, f"without the first {number}")
    dan = front.join("dan")
    for one in people:
        one.expect_answered()
        assert not [text for text in dan.texts() if text[1] == "left chat"]
