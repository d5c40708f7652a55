#!/usr/bin/python3
"""How long a hello takes to be answered, for addresses that are known or not (SECURITY S2).

    tests/bench/asking.py [TRIES]

Prints median and 95th percentile of each kind, of so many tries each (1,000), taken in turn so that the
machine's moods concern all alike, and the greatest difference of the latter.  PLUME_BIN_DIR names
the programs.
"""

import pathlib
import statistics
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))

from plume.system import System  # noqa: E402

KINDS = ("new", "known", "denied", "banned", "throttled")


def main(tries):
    with tempfile.TemporaryDirectory() as directory:
        system = System(directory)
        try:
            measure(system, tries)
        finally:
            system.close()


def address_of(kind, number):
    return {
        "new": f"new{number}@new.example",
        "known": f"known{number}@known.example",
        "denied": f"x{number}@denied.example",
        "banned": f"b{number % 10}@banned.example",
        "throttled": f"throttled{number % 10}@throttled.example",
    }[kind]


def measure(system, tries):
    options = {"deny_address": "*@denied.example", "log_level": "info"}
    plume = system.start(broker=options)
    for number in range(tries):  # who is known
        plume.join(f"known{number}", f"known{number}@known.example").close()
    plume.broker.drain()
    plume.start_broker(**options, mail_interval="1h").wait_ready()
    for number in range(10):
        assert plume.ctl("ban", "address", address_of("banned", number)).returncode == 0
        say_hello(plume, f"first{number}", address_of("throttled", number))
    times = {kind: [] for kind in KINDS}
    for number in range(tries):
        for kind in KINDS:
            address = address_of(kind, number)
            times[kind].append(say_hello(plume, f"x{kind}{number}", address))
    report(times)


def say_hello(plume, name, address):
    """Milliseconds until the answer, over a connection that stands already."""
    one = plume.client(label=name)
    begin = time.perf_counter()
    one.hello(name, address)
    one.expect_waiting()
    took = 1000 * (time.perf_counter() - begin)
    one.close()
    plume.clients.remove(one)
    return took


def report(times):
    late = {}
    print("address      median      p95   (ms)")
    for kind, taken in times.items():
        late[kind] = statistics.quantiles(taken, n=20)[18]
        print(f"{kind:10} {statistics.median(taken):8.2f} {late[kind]:8.2f}")
    print(f"greatest difference of p95: {max(late.values()) - min(late.values()):.2f} ms")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
