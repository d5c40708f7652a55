"""The disk under the broker's state fills up, and there is room again later."""

import errno
import os
import pathlib

import pytest
from plume.wait import until

# A small file system of the broker's own, seen by nobody else: no mount of the machine changes.
TINY = 'mount -t tmpfs -o size=1m tiny "$0" && exec "$@"'


@pytest.fixture
def tiny(tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    return disk


def start(system, disk):
    user = [] if os.geteuid() == 0 else ["--map-root-user"]
    system.start_broker(
        wrap=["unshare", *user, "--mount", "sh", "-c", TINY, str(disk)], state=disk / "room.db"
    )
    system.start_gateway()
    system.start_gateway(posts_per_second=0)
    system.start_mailer()
    return system.wait_ready()


class Filler:
    """A file that takes what is left, from within the broker's own view of its disk."""

    def __init__(self, broker, disk):
        self.path = pathlib.Path(f"/proc/{broker.pid}/root{disk}/filler")

    def fill(self):
        with open(self.path, "ab", buffering=0) as file:
            try:
                while True:
                    file.write(b"x" * 4096)
            except OSError as no:
                assert no.errno == errno.ENOSPC

    def remove(self):
        self.path.unlink()


def say_until_refused(client):
    """Texts until one is refused; how many were accepted."""
    for n in range(200):
        id = client.say(f"number {n} " + "x" * 2000)
        answer = client.expect(1, 8, id=id)
        if answer["type"] == 8:
            return n, answer
    raise AssertionError("the disk never filled")


def test_full_disk_refuses_posts_keeps_what_it_has_and_recovers(system, tiny):
    plume = start(system, tiny)
    ann = plume.join("ann", at=1)
    bob = plume.join("bob")
    filler = Filler(plume.broker, tiny)
    filler.fill()
    accepted, refused = say_until_refused(ann)
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
    for n in range(6):
        assert plume.ctl("say", "is there room?").returncode == 1
        filler.remove()
        until(lambda: len(plume.broker.events("state_writable")) > n, "the state is writable again")
        assert plume.ctl("say", "there is").returncode == 0
        filler.fill()
        say_until_refused(ann)
    filler.remove()
    until(lambda: len(plume.broker.events("state_writable")) > 6, "the state is writable again")
    id = ann.say("there is room again")
    assert ann.expect(1, 8, id=id)["type"] == 1
    bob.expect_text("ann", "there is room again")
    plume.join("carl")
