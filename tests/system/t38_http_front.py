"""HTTP from strangers: smuggling, absurd requests, and more of them than descriptors; slow ones are
in t43. SECURITY W3 to W5, W8, W12."""

import os
import re
import socket

import pytest
from plume import admin, process
from plume.raw_socket import CONTINUATION, TEXT, RawSocket, frame
from plume.wait import until

HOST = b"Host: 127.0.0.1\r\n"
SECOND = b"GET /static/favicon.svg HTTP/1.1\r\n" + HOST + b"\r\n"
N = b"%d" % len(SECOND)
SVG = b"content-type: image/svg"


@pytest.fixture
def port(system):
    system.start_broker()
    gateway = system.start_gateway()
    system.wait_ready()
    yield gateway.port
    assert gateway.exit_code is None


def statuses(octets):
    return [int(code) for code in re.findall(rb"HTTP/1\.[01] (\d{3}) ", octets)]


def answers(port, octets):
    """All that comes for these bytes and then the end of what we send."""
    peer = RawSocket(port)
    peer.send(octets)
    peer.end()
    try:
        return peer.rest()
    finally:
        peer.close()


def head(method, *headers, target=b"/", version=b"HTTP/1.1"):
    lines = [method + b" " + target + b" " + version, *headers]
    return b"\r\n".join(lines) + b"\r\n" + HOST + b"\r\n"


SMUGGLED = {
    "GET with a body": head(b"GET", b"Content-Length: " + N),
    "HEAD with a body": head(b"HEAD", b"Content-Length: " + N),
    "GET with a chunked body": head(b"GET", b"Transfer-Encoding: chunked"),
    "GET chunked in capitals": head(b"GET", b"TRANSFER-ENCODING: Chunked"),
    "GET with an unknown coding": head(b"GET", b"Transfer-Encoding: xchunked"),
    "POST with a body": head(b"POST", b"Content-Length: " + N),
    "POST with a chunked body": head(b"POST", b"Transfer-Encoding: chunked") + b"0\r\n\r\n",
    "length and coding": head(b"POST", b"Content-Length: 5", b"Transfer-Encoding: chunked"),
    "two lengths": head(b"POST", b"Content-Length: 0", b"Content-Length: " + N),
    "a negative length": head(b"POST", b"Content-Length: -1"),
    "a length over all numbers": head(b"POST", b"Content-Length: 99999999999999999999"),
    "a length that is no number": head(b"POST", b"Content-Length: 0x10"),
    "404 with a body": head(b"GET", b"Content-Length: " + N, target=b"/nothing"),
    "an upgrade that fails": head(b"GET", b"Upgrade: websocket", b"Connection: Upgrade"),
    "an upgrade to h2c": head(b"GET", b"Upgrade: h2c", b"Connection: Upgrade, HTTP2-Settings"),
}


@pytest.mark.parametrize("case", SMUGGLED)
def test_no_request_hides_in_the_body_of_another(port, case):
    octets = answers(port, SMUGGLED[case] + SECOND)
    assert SVG not in octets and len([s for s in statuses(octets) if s == 200]) <= 1


WRONG = {
    "white space before a colon": head(b"GET", b"Content-Length : " + N),
    "a folded header": head(b"GET", b"X-Fold: a\r\n b"),
    "a folded length": head(b"GET", b"X: a\r\n Content-Length: " + N),
    "a header without a name": head(b"GET", b": a"),
    "a line without a colon": head(b"GET", b"no header"),
    "bare line feeds": head(b"GET").replace(b"\r\n", b"\n"),
    "one bare line feed": head(b"GET", b"X: a\nContent-Length: " + N),
    "a bare carriage return": head(b"GET", b"X: a\rContent-Length: " + N),
    "a NUL": head(b"GET", b"X: a\0b"),
    "two hosts": head(b"GET", b"Host: evil.example"),
    "no host": b"GET / HTTP/1.1\r\n\r\n",
    "a host that is none": b"GET / HTTP/1.1\r\nHost: x y\r\n\r\n",
    "two lengths": head(b"POST", b"Content-Length: 0", b"Content-Length: 0"),
    "a length and a coding": head(b"POST", b"Content-Length: 5", b"Transfer-Encoding: chunked"),
    "a coding in HTTP/1.0": head(b"GET", b"Transfer-Encoding: chunked", version=b"HTTP/1.0"),
    "another host's target": head(b"GET", target=b"http://evil.example/"),
    "two spaces": head(b"GET ", target=b"/"),
    "HTTP/0.9": b"GET /\r\n\r\n",
    "PROXY, version 1": b"PROXY TCP4 203.0.113.1 203.0.113.2 1 2\r\n\r\n",
    "PROXY, version 2": b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c" + b"\1" * 12,
    "TLS": b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03" + b"\0" * 500,
}


@pytest.mark.parametrize("case", WRONG)
def test_w4_what_can_be_read_in_two_ways_is_refused(port, case):
    """And nothing behind it is heard: where it ends nobody knows."""
    octets = answers(port, WRONG[case] + SECOND)
    assert statuses(octets) == [400]
    assert b"content-security-policy" in octets and b"connection: close" in octets


def test_requests_one_after_the_other_are_answered_in_order(port):
    octets = answers(port, head(b"GET") + SECOND + head(b"GET", target=b"/nothing"))
    assert statuses(octets) == [200, 200, 404]
    assert octets.index(b"text/html") < octets.index(SVG)


ABSURD = {
    "nothing": b"",
    "empty lines": b"\r\n" * 1000,
    "no words": b"\0" * 5000,
    "TLS": b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03" + b"\0" * 500,
    "HTTP/0.9": b"GET /\r\n",
    "HTTP/2 at once": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0",
    "CONNECT": head(b"CONNECT", target=b"evil.example:443"),
    "a target with a host": head(b"GET", target=b"http://evil.example/"),
    "a star": head(b"OPTIONS", target=b"*"),
    "a long target": head(b"GET", target=b"/" + b"a" * 20000),
    "a long header": head(b"GET", b"X-Long: " + b"a" * 20000),
    "many headers": head(b"GET", *[b"X-%d: %s" % (n, b"v" * 20) for n in range(2000)]),
    "a header without an end": b"GET / HTTP/1.1\r\nX: " + b"a" * 100000,
    "a long method": b"A" * 100000,
}


@pytest.mark.parametrize("case", ABSURD)
def test_absurd_requests_harm_nobody(port, case):
    octets = answers(port, ABSURD[case])
    assert b"evil.example" not in octets
    assert [s for s in statuses(octets) if s < 400] == [], octets
    assert statuses(answers(port, head(b"GET"))) == [200]


TOO_LARGE = {
    "8193 bytes": b"GET / HTTP/1.1\r\nX: " + b"a" * (8193 - 19 - 4) + b"\r\n\r\n",
    "8193 bytes without an end": b"GET / HTTP/1.1\r\nX: " + b"a" * (8193 - 19),
    "a target": b"GET /" + b"a" * 9000,
    "65 headers": head(b"GET", *[b"X: y"] * 64),
}


@pytest.mark.parametrize("case", TOO_LARGE)
def test_w4_headers_over_the_limits_are_refused(port, case):
    assert len(TOO_LARGE[case]) == 8193 or not case.startswith("8193")
    assert statuses(answers(port, TOO_LARGE[case])) == [431]


def test_w4_headers_within_the_limits_are_read(port):
    room = 8192 - len(head(b"GET", b"X: "))
    assert statuses(answers(port, head(b"GET", b"X: " + b"a" * room))) == [200]
    assert statuses(answers(port, head(b"GET", *[b"X: y"] * 63))) == [200]


def test_w4_the_limits_are_options(system):
    system.start_broker()
    gateway = system.start_gateway(header_bytes=2000, headers=8, header_timeout="1s")
    system.wait_ready()
    assert statuses(answers(gateway.port, head(b"GET", b"X: " + b"a" * 2000))) == [431]
    assert statuses(answers(gateway.port, head(b"GET", *[b"X: y"] * 8))) == [431]
    peer = RawSocket(gateway.port)
    peer.send(b"GET / HTTP/1.1\r\n")
    assert statuses(peer.rest()) == [408]


@pytest.mark.parametrize("version", [b"HTTP/1.0", b"HTTP/1.1"])
def test_old_and_new_http_is_served(port, version):
    assert statuses(answers(port, head(b"GET", version=version))) == [200]


def test_methods_are_told_apart_by_their_letters(port):
    for method in (b"GETX", b"G", b"POST\0", b"\xff\xfe"):
        assert 200 not in statuses(answers(port, head(method)))


TRICKS = [
    b"/static/../index.html",
    b"/static/..%2f..%2fetc/passwd",
    b"/static/%2e%2e/%2e%2e/etc/passwd",
    b"/static/js/main.js%00.html",
    b"/static//js/main.js",
    b"//etc/passwd",
    b"/static/js/./main.js",
    b"/static\\js\\main.js",
    b"/static/%",
    b"/static/%zz",
    b"/.git/config",
    b"/connect/../healthz",
    b"/%63onnect",
]


@pytest.mark.parametrize("target", TRICKS)
def test_w12_path_tricks_reach_nothing_else(port, target):
    octets = answers(port, head(b"GET", target=target))
    assert b"root:" not in octets and b"[core]" not in octets
    assert all(status in (200, 403, 404, 426) for status in statuses(octets))
    if statuses(octets) == [200]:  # the library has put the path in order, and it is one of ours
        assert b"text/html" in octets or b"javascript" in octets


# -- more than there is room for


def cpu_ticks(process):
    with open(f"/proc/{process.pid}/stat", encoding="ascii") as stat:
        fields = stat.read().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def test_w4_gateway_out_of_descriptors_serves_who_is_inside(system):
    """Accepting rests instead of spinning, and goes on by itself when there is room again."""
    system.start_broker()
    system.start_gateway(wrap=("prlimit", "--nofile=120"), posts_per_second=0)
    system.start_mailer()
    plume = system.wait_ready()
    gateway = plume.gateways[0]
    ann, bob = plume.join("ann"), plume.join("bob")
    strangers = [socket.create_connection(("127.0.0.1", gateway.port), 20) for _ in range(200)]
    gateway.wait_for_event("accept_failed")
    before = cpu_ticks(gateway)
    for n in range(200):
        ann.say(f"word {n}")
        bob.expect_text("ann", f"word {n}")
    spent = (cpu_ticks(gateway) - before) / os.sysconf("SC_CLK_TCK")
    assert spent < 2, f"{spent} s of CPU for 200 posts: it spins"
    assert len(gateway.events("accept_failed")) == 1, "said once a minute"
    for one in strangers:
        one.close()
    carl = plume.join("carl")
    carl.say("room again")
    bob.expect_text("carl", "room again")


# -- caps: W5


def refused(port, octets=None, source="127.0.0.1"):
    """The status that a newcomer is refused with; None: it is served."""
    with socket.create_connection(("127.0.0.1", port), 20, (source, 0)) as one:
        one.sendall(octets or head(b"GET", target=b"/nothing"))
        (status,) = statuses(one.recv(4096))
        return None if status == 404 else status


def test_w5_a_network_has_so_many_sockets(system):
    system.start_broker()
    gateway = system.start_gateway(sockets_per_network=5)
    system.wait_ready()
    inside = [RawSocket(gateway.port).upgrade() for _ in range(3)]
    silent = [RawSocket(gateway.port) for _ in range(2)]
    assert refused(gateway.port) == 429
    assert refused(gateway.port, source="127.0.0.2") is None, "another network"
    silent.pop().close()
    until(lambda: refused(gateway.port) is None, "there is room again")
    for one in inside:
        one.close()
    until(lambda: admin.metrics(gateway)["plume_networks"] <= 1, "they are forgotten")
    told = admin.metrics(gateway)['plume_turned_away_total{why="network"}']
    assert told >= 1 and len(gateway.events("turned_away", why="network")) == 1


def test_w5_so_many_may_be_unauthenticated(system):
    """Who is in the room does not count."""
    system.start(gateway={"unauthenticated": 4, "posts_per_second": 0})
    gateway = system.gateways[0]
    people = [system.join(name) for name in ("ann", "bob", "carl", "dora", "eve")]
    outside = [RawSocket(gateway.port).upgrade(), *(RawSocket(gateway.port) for _ in range(3))]
    assert refused(gateway.port, source="127.0.0.2") == 503
    people[0].say("five inside, four at the door")
    people[1].expect_text("ann", "five inside, four at the door")
    outside.pop().close()
    until(lambda: refused(gateway.port) is None, "there is room again")


def upgrade_of(address):
    return (
        b"GET /connect HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n"
        b"X-Forwarded-For: " + address.encode() + b"\r\n\r\n"
    )


def opened(port, address):
    one = RawSocket(port)
    one.send(upgrade_of(address))
    (status,) = statuses(one.sock.recv(4096))
    return one, status


def test_w5_w10_many_addresses_behind_one_proxy(system):
    """Each is counted for itself, the proxy not at all; and who claims addresses without being a proxy
    is counted as what it is."""
    system.start_broker()
    listed = system.start_gateway(sockets_per_network=2, trusted_proxy="127.0.0.1")
    other = system.start_gateway(sockets_per_network=2)
    system.wait_ready()
    kept = []
    for n in range(200):
        for times in range(3):
            one, status = opened(listed.port, f"198.51.100.9, 203.0.113.{n}")
            assert status == (101 if times < 2 else 429), n
            kept.append(one)
    for n in range(5):
        one, status = opened(other.port, f"203.0.113.{n}")
        assert status == (101 if n < 2 else 429), "forged"
        kept.append(one)
    assert admin.metrics(listed)["plume_networks"] == 200
    for one in kept:
        one.close()
    until(lambda: admin.metrics(listed)["plume_networks"] == 0, "all are forgotten")


def test_w5_silence_after_the_upgrade_ends(system):
    system.start_broker()
    gateway = system.start_gateway(hello_timeout="1s")
    system.wait_ready()
    peer = RawSocket(gateway.port).upgrade()
    end = peer.receive()
    assert (end.code, end.payload[2:]) == (1008, b"hello-timeout")
    told = process.run("plume-gateway", "--help").stdout
    assert "default 60s" in told[told.index("--hello-timeout") :][:250]


# -- W8


def test_w8_what_comes_out_of_turn_is_counted_and_ends_it(plume):
    """Each type before the room, whatever it is; three of them are the end."""
    gateway = plume.gateways[0]
    for wrong in ({"type": 1, "text": "in"}, {"type": 11}, {"type": 13}, {"type": 14}):
        peer = RawSocket(gateway.port).upgrade()
        for _ in range(3):
            peer.tell(v=1, user={"name": ""}, **{"text": "", **wrong})
        end = peer.receive()  # who has not said hello would not understand a refusal
        assert (end.code, end.payload[2:]) == (1008, b"bad-input"), wrong
    metrics = admin.metrics(gateway)
    assert metrics['plume_refusals_total{reason="not-in-room"}'] == 12
    assert metrics['plume_closes_total{reason="bad-input"}'] == 4


# -- W3


def test_w3_no_message_over_the_limit_is_kept(system):
    """A thousand that claim a gigabyte, or send 4 KiB without an end, cost the gateway no memory."""
    freed_is_free = {"ASAN_OPTIONS": "quarantine_size_mb=1"}  # the sanitizer keeps it, else
    system.start_broker()
    gateway = system.start_gateway(env=freed_is_free)
    system.wait_ready()

    def memory():
        return admin.metrics(gateway)["process_resident_memory_bytes"]

    def one_of(n):
        peer = RawSocket(gateway.port).upgrade()
        if n % 2:
            peer.send(frame(TEXT, b"x" * 2000, length=(1 << 30, 8)))
        else:
            for opcode in (TEXT, *[CONTINUATION] * 4):
                peer.send(frame(opcode, b"x" * 1000, fin=False))
        end = peer.receive()
        assert end.code == 1009
        return peer

    for round in range(6):
        peers = [one_of(n) for n in range(200)]
        for peer in peers:
            peer.close()
        if round == 0:
            before = memory()
    assert memory() - before < 4 << 20


def test_w3_the_limits_are_options(system):
    plume = system.start(gateway={"hello_bytes": 2000, "text_bytes": 10})
    ann = plume.join("ann")
    ann.expect_own(ann.say("x" * 10))
    ann.expect_refused("too-long", id=ann.say("x" * 11))
    peer = RawSocket(plume.gateways[0].port).upgrade()
    peer.send(frame(TEXT, b"x" * 2001))
    assert peer.receive().code == 1009
