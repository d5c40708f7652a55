"""The disk under the broker's state fills up, and there is room again later."""

import contextlib
import errno
import os
import pathlib
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import time

import pytest
from plume import admin
from plume.wait import until

# A small file system of the test's own, in a name space of mounts that nobody else sees: no mount of the
# machine changes, and it lives as long as the process that holds it.
TINY = 'mount -t tmpfs -o size=1m tiny "$0" && echo mounted && exec sleep 600'


class Disk:
    def __init__(self, path):
        self.path = path
        path.mkdir()
        user = [] if os.geteuid() == 0 else ["--map-root-user"]
        self._holder = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", "unshare", *user, "--mount", "sh", "-c", TINY, str(path)],
            stdout=subprocess.PIPE,
        )
        assert self._holder.stdout.readline() == b"mounted\n"
        as_user = ["--user", "--preserve-credentials"] if user else []
        self.wrap = ["nsenter", "--target", str(self._holder.pid), *as_user, "--mount", "--"]
        self._inside = pathlib.Path(f"/proc/{self._holder.pid}/root{path}")

    def fill(self):
        with open(self._inside / "filler", "ab", buffering=0) as file:
            try:
                while True:
                    file.write(b"x" * 4096)
            except OSError as no:
                assert no.errno == errno.ENOSPC

    def empty(self):
        (self._inside / "filler").unlink()

    def rows(self, query):
        """Of the state of a broker that was killed: of a copy, because SQLite does not find the way in."""
        with tempfile.TemporaryDirectory() as copies:
            for file in self._inside.glob("room.db*"):
                shutil.copy(file, copies)
            with contextlib.closing(sqlite3.connect(f"{copies}/room.db")) as db:
                return db.execute(query).fetchall()

    def close(self):
        self._holder.kill()
        self._holder.wait()
        self._holder.stdout.close()


@pytest.fixture
def tiny(tmp_path):
    disk = Disk(tmp_path / "disk")
    yield disk
    disk.close()


def start_broker(system, disk, **options):
    return system.start_broker(wrap=disk.wrap, state=disk.path / "room.db", **options)


def start(system, disk, **options):
    start_broker(system, disk, **options)
    system.start_gateway()
    system.start_gateway(posts_per_second=0)
    system.start_mailer()
    return system.wait_ready()


def configured(system, text):
    path = system.directory / "broker.conf"
    path.write_text(text)
    return path


def reload(system, text):
    configured(system, text)
    system.broker.signal(signal.SIGHUP)


def empty(plume, disk):
    """There is room again, and the broker knows."""
    disk.empty()
    until(lambda: admin.ready(plume.broker)[0], "the state is writable")


def say_until_refused(client):
    """Texts until one is refused; how many were accepted."""
    for n in range(200):
        id = client.say(f"number {n} " + "x" * 2000)
        answer = client.expect(1, 8, id=id)
        if answer["type"] == 8:
            return n, answer
    raise AssertionError("the disk never filled")


def fill_up(plume, disk, client):
    """Until the broker's own tries, which are smaller, fail too: what a commit has begun to write is room for
    them, and then its log is cut.  How many posts were accepted at last, and what the refused one was told."""
    broker = plume.broker
    while True:
        disk.fill()
        writable, failed = len(broker.events("state_writable")), len(broker.events("state_failed"))
        accepted, refused = say_until_refused(client)
        until(
            lambda: len(broker.events("state_failed")) > failed + 2  # its load's was one, too
            or len(broker.events("state_writable")) > writable,
            "the broker tries again",
        )
        if len(broker.events("state_writable")) == writable:
            return accepted, refused


def test_full_disk_refuses_posts_keeps_what_it_has_and_recovers(system, tiny):
    plume = start(system, tiny)
    ann = plume.join("ann", at=1)
    bob = plume.join("bob")
    accepted, refused = fill_up(plume, tiny, ann)
    assert refused["reason"] == "not-stored" and refused["text"]
    plume.broker.wait_for_event("state_full")
    for n in range(accepted):
        bob.expect_text("ann", f"number {n} " + "x" * 2000)

    # what was accepted can be read, also by who comes back now
    bob.cut()
    bob.connect(plume.gateways[1].url)
    bob.resume()
    bob.expect_in(resumed=True)
    carl = plume.client(label="carl")
    carl.hello("carl", "carl@carl.example")
    assert carl.expect_refused("not-stored")["text"]

    # the operator is told too, however often the disk fills
    for _ in range(6):
        assert plume.ctl("say", "is there room?").returncode == 1
        empty(plume, tiny)
        assert plume.ctl("say", "there is").returncode == 0
        fill_up(plume, tiny, ann)
    empty(plume, tiny)
    id = ann.say("there is room again")
    assert ann.expect(1, 8, id=id)["type"] == 1
    bob.expect_text("ann", "there is room again")
    plume.join("carl")


def test_a_ban_that_finds_the_disk_full_leaves_no_hole(system, tiny):
    """Who is put out would be told of, by a post that cannot be kept."""
    plume = start(system, tiny, config=configured(system, "history = 100\n"))
    ann, bob = plume.join("ann"), plume.join("bob")
    ann.say("before")
    bob.expect_text("ann", "before")
    tiny.fill()
    reload(plume, "history = 100\nban = name:bob\n")
    plume.broker.wait_for_event("state_full")
    empty(plume, tiny)
    ann.expect_own(ann.say("after"))
    plume.broker.kill()
    numbers = [seq for (seq,) in tiny.rows("SELECT seq FROM posts ORDER BY seq")]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    start_broker(plume, tiny, config=plume.directory / "broker.conf").wait_ready()
    ann.expect_own(ann.say("and on"))


def test_a_name_is_nobody_elses_while_that_cannot_be_kept(system, tiny):
    options = {"name_lease": "2s", "grace": 0}
    plume = start(system, tiny, **options)
    eve, ann = plume.join("eve"), plume.join("ann", "ann@a.example")
    ann.cut()
    eve.expect_text("ann", "left chat", event="left")
    left = time.monotonic()
    fill_up(plume, tiny, eve)
    until(lambda: time.monotonic() > left + 4, "the lease is over, and ticks went by")
    empty(plume, tiny)
    until(lambda: admin.metrics(plume.broker)["plume_names"] == 1, "the name is free")
    plume.join("ann", "second@b.example")
    plume.broker.kill()
    assert tiny.rows("SELECT count(*) FROM names WHERE name = 'ann'") == [(1,)]
    start_broker(plume, tiny, **options).wait_ready()
    third = plume.client(label="third")
    third.hello("ann", "third@c.example")
    third.expect(5, reason="name-taken")


def test_what_a_reload_has_forgotten_meanwhile_leaves_the_disk_later(system, tiny):
    plume = start(system, tiny, config=configured(system, "history = 100\n"))
    ann = plume.join("ann")
    ann.expect_own(ann.say("a secret"))
    fill_up(plume, tiny, ann)
    reload(plume, "history = 0\n")
    plume.broker.wait_for_event("reloaded")
    empty(plume, tiny)
    last = ann.expect_own(ann.say("later"))["seq"]
    plume.broker.kill()
    assert tiny.rows("SELECT text FROM posts") == []
    configured(plume, "history = 100\n")
    start_broker(plume, tiny, config=plume.directory / "broker.conf").wait_ready()
    assert ann.expect_own(ann.say("and on"))["seq"] > last


def test_a_broker_that_starts_on_a_full_disk_waits_for_room(system, tiny):
    plume = start(system, tiny)
    ann = plume.join("ann", at=1)
    ann.expect_own(ann.say("before"))
    tiny.fill()
    plume.broker.kill()
    start_broker(plume, tiny).wait_ready()
    _, refused = fill_up(plume, tiny, ann)
    assert refused["reason"] == "not-stored"
    assert admin.ready(plume.broker)[0] is False
    empty(plume, tiny)
    ann.expect_own(ann.say("after"))
    bob = plume.join("bob")
    bob.expect_text("ann", "before")
    bob.expect_text("ann", "after")
