"""The broker's state file: older, newer, damaged, somebody else's, in use."""

import contextlib
import hashlib
import sqlite3

import pytest
from plume import process

GOLDEN = process.SOURCE_DIR / "tests/golden/state-1.sql"


def make(path, script):
    with contextlib.closing(sqlite3.connect(path)) as db:
        db.executescript(script)


def version_of(path):
    with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
        return db.execute("PRAGMA user_version").fetchone()[0]


def test_older_state_is_copied_and_upgraded_in_place(system):
    make(system.state, GOLDEN.read_text())
    plume = system.start()
    event = plume.broker.wait_for_event("state_upgraded")
    assert event["from"] == "1"
    copy = system.directory / "room.db.v1"
    assert version_of(copy) == 1

    bob = plume.join("bob")
    assert bob.expect_text("ann", "from long ago")["seq"] == 2
    bob.say("and now")
    bob.expect_text("bob", "and now")
    assert bob.epoch == f"{1234567890123456789:016x}"
    plume.broker.drain()
    assert version_of(system.state) == int(event["to"])


REFUSED = {
    "newer": (GOLDEN.read_text() + "PRAGMA user_version=99;", "newer version"),
    "foreign": ("CREATE TABLE recipes(name TEXT);", "not a state file"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_state_that_is_not_for_this_broker_is_refused_and_left_alone(system, case):
    script, why = REFUSED[case]
    make(system.state, script)
    before = hashlib.sha256(system.state.read_bytes()).hexdigest()
    done = process.run("plume-broker", "--bus", system.bus, "--state", system.state)
    assert done.returncode == 1 and why in done.stderr
    assert hashlib.sha256(system.state.read_bytes()).hexdigest() == before


def test_damaged_state_is_refused_and_left_alone(system):
    plume = system.start()
    plume.join("ann").settle()
    plume.broker.drain()
    octets = bytearray(system.state.read_bytes())
    for page in range(1, len(octets) // 4096):
        octets[page * 4096 : page * 4096 + 64] = b"\xff" * 64
    system.state.write_bytes(octets)
    done = process.run("plume-broker", "--bus", system.bus, "--state", system.state)
    assert done.returncode == 1 and "damaged" in done.stderr
    assert system.state.read_bytes() == bytes(octets)


def test_state_in_use_is_refused(system):
    system.start_broker().wait_ready()
    other = f"tcp://127.0.0.1:{system.ports.first + 8}"
    done = process.run("plume-broker", "--bus", other, "--state", system.state)
    assert done.returncode == 1 and "another process has it open" in done.stderr


def test_state_that_is_deleted_under_the_broker_can_be_saved(system):
    plume = system.start()
    ann = plume.join("ann")
    ann.expect_own(ann.say("still here"))
    for path in plume.directory.glob("room.db*"):
        if path.suffix != ".secret-key":
            path.unlink()
    plume.broker.wait_for_event("state_gone")
    copy = plume.directory / "copy.db"
    done = plume.ctl("backup", copy)
    assert done.returncode == 0, done.stderr
    plume.broker.drain()
    copy.rename(plume.state)
    plume.start_broker().wait_ready()
    plume.start_gateway().wait_ready()  # the older one starts over, and its people with it
    bob = plume.join("bob", at=1)
    bob.expect_text("ann", "still here")


def test_no_history_keeps_no_text(system):
    plume = system.start(broker={"history": 0})
    ann, bob = plume.join("ann"), plume.join("bob")
    ann.say("write this down nowhere")
    bob.expect_text("ann", "write this down nowhere")
    for process_ in (*plume.gateways, plume.broker):
        process_.drain()
    for path in plume.directory.glob("room.db*"):
        assert b"nowhere" not in path.read_bytes(), path
