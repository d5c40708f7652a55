"""Each mode of plume-bench for a moment: nothing lost or doubled, and the report says what it should.

How fast it was is nobody's concern here.
"""

import json
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))

from plume import process  # noqa: E402
from plume.system import System  # noqa: E402

USAGE = {"cpu_us", "cpu_user_us", "gateway_cpu_us", "broker_cpu_us"}
FLOOR = {"floor_cpu_us", "floor_deliveries_per_s", "floor_latency_last_p99_ms"}
SEEN = {"posts", "deliveries", "deliveries_per_s", "lost", "doubled", "latency_each_p50_ms",
        "latency_last_p99_ms", "refused_busy", "closed"}  # fmt: skip


@pytest.fixture
def system(tmp_path):
    one = System(tmp_path)
    one.start_broker()
    yield one
    one.close()


def bench(system, mode, *options):
    for gateway in system.gateways:
        options += ("--gateway", f"127.0.0.1:{gateway.port}", "--pid", gateway.pid)
    if system.broker:
        options += ("--broker-pid", system.broker.pid)
    done = process.run("plume-bench", "--bus", system.bus, "--json", "--no-progress", *options,
                       mode, deadline=100)  # fmt: skip
    assert done.returncode == 0, done.stderr + done.stdout
    report = json.loads(done.stdout)
    assert report["mode"] == mode and report["good"]
    return report


def with_gateways(system, n, **options):
    for _ in range(n):
        system.start_gateway(log_level="info", **options)
    system.wait_ready()


def test_idle(system):
    with_gateways(system, 1)
    report = bench(system, "idle", "--clients", 50, "--people", 5, "--seconds", "200ms")
    assert report["clients"] == 50 and report["closed"] == 0
    assert report["people"] == 5
    assert {"gateway_memory_per_client_bytes", "broker_memory_per_client_bytes",
            "broker_memory_per_further_client_bytes"} <= set(report)  # fmt: skip


@pytest.mark.parametrize("burst", [1, 5])
def test_fanout_over_two_gateways(system, burst):
    with_gateways(system, 2)
    report = bench(system, "fanout", "--clients", 40, "--people", 10, "--rate", 50,
                   "--burst", burst, "--seconds", "1s", "--warm-up", "200ms")  # fmt: skip
    assert USAGE | FLOOR | SEEN | {"cpu_to_floor"} <= set(report)
    assert report["posts"] > 0 and report["deliveries"] == 40 * report["posts"]
    assert report["lost"] == report["doubled"] == report["closed"] == 0


def test_saturate(system):
    with_gateways(system, 1, posts_per_second=0)
    report = bench(system, "saturate", "--clients", 20, "--people", 10, "--window", 200,
                   "--seconds", "500ms", "--warm-up", "200ms")  # fmt: skip
    assert USAGE | FLOOR | SEEN | {"overload_refused", "deliveries_to_floor"} <= set(report)
    assert report["overload_missing"] == report["overload_closed"] == 0
    assert report["deliveries"] > 0 and report["lost"] == report["doubled"] == 0


def test_connect(system):
    with_gateways(system, 1)
    report = bench(system, "connect", "--people", 120, "--window", 10, "--rate", 50,
                   "--seconds", "500ms")  # fmt: skip
    assert {"logins_per_s", "resumes_per_s", "storm_adds_p99_ms", "quiet_p99_ms"} <= set(report)
    assert report["resumes_per_s"] > 0 and report["failed"] == 0


def test_broker(system):
    system.wait_ready()
    report = bench(system, "broker", "--people", 8, "--gateways", 2, "--batch", 10,
                   "--seconds", "300ms", "--warm-up", "100ms")  # fmt: skip
    assert {"posts_per_s", "broker_cpu_us", "batch_p50_ms"} <= set(report)
    assert report["posts"] > 0 and report["refused"] == 0


def test_slow(system):
    with_gateways(system, 1)
    report = bench(system, "slow", "--clients", 30, "--people", 10, "--stopped", 10,
                   "--rate", 200, "--bytes", 800, "--seconds", "2s")  # fmt: skip
    assert {"memory_growth_bytes", "all_read_p99_ms", "some_stopped_p99_ms"} <= set(report)
    assert report["behind"] == report["lost"] == report["doubled"] == 0


def test_recover(tmp_path):
    system = System(tmp_path)
    report = bench(system, "recover", "--broker", process.program("plume-broker"), "--state",
                   tmp_path / "recover.db", "--posts", 500, "--sessions", 20)  # fmt: skip
    assert report["posts"] == 500 and report["sessions"] == 20
    assert report["killed_ready_ms"] > 0 and report["stopped_ready_ms"] > 0
    assert {"empty_memory_bytes", "stopped_memory_bytes", "short_memory_bytes"} <= set(report)
    system.ports.release()


def test_floor(tmp_path):
    system = System(tmp_path)
    report = bench(system, "floor", "--clients", 20, "--rate", 100, "--seconds", "600ms")
    assert FLOOR <= set(report) and report["floor_deliveries_per_s"] > 0
    system.ports.release()


def test_what_it_cannot_do_it_says():
    assert process.run("plume-bench").returncode == 2
    assert process.run("plume-bench", "dance").returncode == 2
    done = process.run("plume-bench", "--pid", "0", "idle")
    assert done.returncode == 2 and "--pid" in done.stderr
    for mode in ("fanout", "connect", "slow"):
        done = process.run("plume-bench", "--rate", "0", "--gateway", "127.0.0.1:1", mode)
        assert done.returncode == 2 and "--rate" in done.stderr
    done = process.run("plume-bench", "--no-floor", "fanout")
    assert done.returncode == 1 and "--gateway" in done.stderr
