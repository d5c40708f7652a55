"""SECURITY T1, T2, T5, T6: what a session is, how long it lives, and where its token is not."""

import re
import sqlite3

import pytest
from plume.client import LegacyClient
from plume.process import SOURCE_DIR
from plume.wait import until

TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")  # 256 bits in base64url


def test_t1_a_token_is_256_random_bits_told_once(plume):
    ann, bob = plume.join("ann"), plume.join("bob")
    tokens = [ann.token, bob.token]
    assert all(TOKEN.fullmatch(token) for token in tokens) and len(set(tokens)) == 2
    told = [f for one in (ann, bob) for f in one.frames if "token" in f]
    assert len(told) == 2 and all(f["type"] == 3 for f in told)

    ann.connect(plume.gateways[0].url)
    ann.resume()
    assert "token" not in ann.expect_in(resumed=True)


def test_t1_the_room_keeps_a_keyed_hash_of_it(system):
    plume = system.start()
    ann = plume.join("ann")
    plume.broker.drain()
    with sqlite3.connect(plume.state) as db:
        rows = db.execute("SELECT token FROM sessions").fetchall()
    db.close()
    assert [len(token) for (token,) in rows] == [32]
    for path in plume.directory.glob("room.db*"):
        assert ann.token.encode() not in path.read_bytes()


def test_t1_a_legacy_client_is_never_told_one(plume):
    old = plume.client(kind=LegacyClient, label="old")
    old.hello("old", "old@old.example")
    old.auth(plume.code_for("old@old.example"))
    assert "token" not in old.expect_in()
    old.say("settle")
    old.expect_text("old", "settle")
    assert not [frame for frame in old.frames if "token" in frame]


def test_t2_a_session_that_is_not_used_ends_under_its_sockets(system):
    """The connection answers pings all the time; that is the browser's doing, nobody's."""
    plume = system.start(
        gateways=2,
        broker={"session_ttl": "2s"},
        gateway={"ping_interval": "1s"},
    )
    ann = plume.join("ann")
    tab = plume.client(at=1, label="tab")
    tab.resume(token=ann.token)
    tab.expect_in(resumed=True)
    ann.expect_signed_out(reason="session-old")
    tab.expect_signed_out(reason="session-old")


def test_t2_a_session_in_use_does_not_end(system):
    plume = system.start(
        broker={"session_ttl": "5s", "grace": "0s"}, gateway={"posts_per_second": 0}
    )
    idle, ann = plume.join("idle"), plume.join("ann")
    said = 0

    def is_over():
        nonlocal said
        ann.expect_own(ann.say(f"still here {said}"))
        said += 1
        return idle.wire.closed

    until(is_over, "the session that is not used ends")
    idle.expect_signed_out(reason="session-old")
    ann.expect_own(ann.say("and this one did not"))
    ann.expect_text("idle", "left chat")


@pytest.mark.parametrize("restart", [False, True])
def test_t5_an_expired_session_cannot_be_resumed(system, restart):
    plume = system.start(broker={"session_ttl": "1s"})
    ann = plume.join("ann")
    ann.expect_signed_out(reason="session-old")
    if restart:
        plume.broker.drain()
        plume.start_broker(session_ttl="1s")
        plume.wait_ready()
    late = plume.client(label="late")
    late.resume(token=ann.token)
    late.expect_reset(reason="session-over")
    late.say("let me in")
    late.expect_refused("not-in-room")


def test_t6_no_token_is_in_a_log(two_gateways):
    """Not even at the level debug; urls have none because there is one url, /connect."""
    plume = two_gateways
    ann = plume.join("ann")
    ann.cut()
    ann.connect(plume.gateways[1].url)
    ann.resume()
    ann.expect_in(resumed=True)
    ann.typing()
    ann.expect_people()
    late = plume.client(label="late")
    late.resume(token="x" * 43)
    late.expect_reset(reason="session-over")
    late.send_raw(f'{{"type": 6, "v": 1, "token": "{ann.token}"')  # broken JSON
    late.expect_refused("bad-message")
    ann.sign_out(everywhere=True)
    ann.expect_signed_out()
    for process in (*plume.gateways, *plume.mailers, plume.broker):
        process.drain()
    for process in plume.processes:
        log = process.log()
        assert " debug " in log
        assert ann.token not in log and ann.ticket not in log and "x" * 43 not in log


def test_t6_the_page_puts_no_token_into_a_url():
    """One WebSocket, at one address without a query; nothing else is ever fetched."""
    sources = {p.name: p.read_text() for p in (SOURCE_DIR / "static").rglob("*.js")}
    sockets = [line for text in sources.values() for line in text.split("\n") if "WebSocket(" in line]
    assert len(sockets) == 1 and "?" not in sockets[0] and "token" not in sockets[0]
    for name, text in sources.items():
        for fetching in ("fetch(", "XMLHttpRequest", "sendBeacon", "EventSource", "pushState"):
            assert fetching not in text, f"{name} uses {fetching}"
