"""People come and go by the thousand through two gateways, in every way there is; the processes end as they
began: no descriptor, thread or memory more.

PLUME_CHURN_ROUNDS=500 makes it long: a round is a hundred connections."""

import os
import pathlib
import random

import pytest
from plume.admin import metrics, request
from plume.process import program
from plume.raw_socket import CLOSE, TEXT, RawSocket, close_frame, frame
from plume.wait import until

ROUNDS = int(os.environ.get("PLUME_CHURN_ROUNDS", "8"))
EACH = 100  # connections of a round
WARM = 4  # rounds after which everything has the size that it needs
# What fills up once: a gateway's log of frames (4 MiB), the page cache of SQLite (2 MB).
SLACK = (1 << 20) + min(6 << 20, ROUNDS * 20_000)
SANITIZED = b"__asan_init" in pathlib.Path(program("plume-broker")).read_bytes()


def own_memory(process):
    """Bytes that no other process shares: what files are mapped is not the process's doing."""
    text = pathlib.Path(f"/proc/{process.pid}/smaps_rollup").read_text()
    return int(text.partition("\nAnonymous:")[2].split()[0]) * 1024


def of(process):
    """(descriptors, threads, bytes)"""
    at = pathlib.Path(f"/proc/{process.pid}")
    return len(list(at.glob("fd/*"))), len(list(at.glob("task/*"))), own_memory(process)


# -- the ways of a connection: each opens one, and ends it


def farewell(one):
    while one.receive().opcode != CLOSE:
        pass
    one.close()


def polite(gateway, token):
    one = RawSocket(gateway.port).upgrade()
    one.resume(token)
    one.tell(type=1, text="hello", id=f"c{random.getrandbits(60)}")
    one.send(close_frame(1000))
    farewell(one)


def abrupt(gateway, token):
    one = RawSocket(gateway.port).upgrade()
    one.resume(token)
    one.close()


def unfinished(gateway, token):
    one = RawSocket(gateway.port).upgrade()
    one.resume(token)
    one.send(frame(TEXT, b"x" * 5000, fin=False))
    one.close()


def stranger(gateway, _):
    one = RawSocket(gateway.port).upgrade()
    one.tell(type=6, v=1, text="", token="nobody's")
    one.hear(4)
    one.close()


def hostile(gateway, _):
    one = RawSocket(gateway.port).upgrade()
    one.send(*[frame(TEXT, b"{")] * 4)
    farewell(one)


def no_websocket(gateway, _):
    one = RawSocket(gateway.port)
    one.send(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    one.rest()
    one.close()


def half_a_request(gateway, _):
    one = RawSocket(gateway.port)
    one.send(b"GET /connect HTTP/1.1\r\nHost:")
    one.close()


WAYS = (polite, polite, abrupt, unfinished, stranger, hostile, no_websocket, half_a_request)


def login(plume, number, at):
    """Somebody new, who signs out."""
    name = f"p{number}"
    one = plume.client(at, label=name)
    one.hello(name, f"{name}@a.example")
    one.expect_waiting()
    one.auth("00000000")
    one.expect_reset()
    one.auth(plume.code_for(f"{name}@a.example"))
    one.expect_in()
    one.sign_out()
    one.expect_closed()
    plume.clients.remove(one)


def live_a_round(plume, token, number):
    for n in range(EACH):
        WAYS[n % len(WAYS)](plume.gateways[n % 2], token)
    login(plume, number, number % 2)
    for one in plume.processes:
        request(one, "/metrics")


def settle(plume):
    """All who left are gone, and everybody knows."""

    def left():
        return [metrics(gateway)["plume_connections"] for gateway in plume.gateways]

    until(lambda: sum(left()) == 1, lambda: f"{left()} are there still", 30)
    until(lambda: metrics(plume.broker)["plume_clients"] == 1, "the broker knows", 30)


@pytest.mark.skipif(SANITIZED, reason="a sanitizer's memory is not the program's")
def test_thousands_who_come_and_go_leave_nothing(system):
    quiet = {"log_level": "info"}
    bounded = {"history": 200, "trail": 200, "grace": "1s", **quiet}
    plume = system.start(gateways=2, broker=bounded, gateway=quiet, mailer=quiet)
    ann = plume.join("ann")
    for number in range(WARM):
        live_a_round(plume, ann.token, number)
    settle(plume)
    before = {one: of(one) for one in plume.processes}
    for number in range(WARM, WARM + ROUNDS):
        live_a_round(plume, ann.token, number)
    settle(plume)
    for one, (descriptors, threads, memory) in before.items():
        now = of(one)
        print(f"{one}: {before[one]} -> {now}")
        assert now[0] <= descriptors + 4 and now[1] <= threads + 2, f"{one}: {before[one]} -> {now}"
        assert now[2] <= memory + SLACK, f"{one}: {before[one]} -> {now}"
    ann.expect_own(ann.say("and all is well"))
