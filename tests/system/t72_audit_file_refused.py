"""A record that cannot be written at the start: refused with a sentence, and never overwritten."""

import contextlib
import hashlib
import os
import pathlib
import shutil
import sqlite3
import subprocess
import sys

import pytest
from plume import process
from plume.mail_desk import SENT, MailDesk

HOLD = """
import sqlite3, sys
db = sqlite3.connect(sys.argv[1], isolation_level=None)
for words in sys.argv[2:]:
    db.execute(words).fetchall()
print("held", flush=True)
sys.stdin.read()
"""

# As root, a file's mode is no obstacle: without this it is.
MORTAL = ["setpriv", "--bounding-set", "-dac_override,-dac_read_search"] if os.geteuid() == 0 else []
VIEW = 'mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" && exec "$@"'


@pytest.fixture
def plume(system):
    """A record of one letter, whose mailer has ended; the desk goes on."""
    system.desk = system.guard(MailDesk(system.ports.first))
    mailer = system.start_mailer().wait_ready()
    system.desk.wait_state(system.desk.post("ann@a.example"), SENT)
    mailer.drain()
    return system


@contextlib.contextmanager
def held(plume, *words):
    """Meanwhile another program, which said these words to SQLite, has the record."""
    command = [sys.executable, "-c", HOLD, str(plume.audit_db), *words]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout.readline() == b"held\n"
        yield
        other.communicate()


def files_of(plume):
    """What all of the record's files hold but those that SQLite makes anew."""
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in plume.audit_db.parent.glob("audit.db*")
        if not path.name.endswith(("-shm", "-wal"))
    }


def refused(plume, wrap=()):
    """The sentence with which a mailer ends that is started on the record."""
    mailer = plume.start_mailer(wrap=wrap)
    said = mailer.wait_for_event("audit_refused")
    mailer._asked_to_end = True  # by itself, as it should
    assert mailer.wait_end() == 1 and not mailer.events("ready")
    assert mailer.events("start_failed")
    assert said["file"] == str(plume.audit_db) and said["detail"] != "not an error"
    return said["why"]


def audit(plume, command, *args, wrap=()):
    mailer = [process.program("plume-mailer"), "audit", command, "--audit", str(plume.audit_db)]
    return subprocess.run(
        [*wrap, *mailer, *args], env=process.environment(), capture_output=True, text=True, check=False
    )


def erase(plume, wrap=()):
    return audit(plume, "erase", "--address", "ann@a.example", wrap=wrap)


def write(plume, words):
    with sqlite3.connect(plume.audit_db) as db:
        db.execute(words)
    db.close()


def assert_as_before(plume, before):
    assert files_of(plume) == before
    plume.start_mailer().wait_ready()
    plume.desk.wait_state(plume.desk.post("bob@b.example"), SENT)
    assert [row["kind"] for row in plume.audit()] == ["request", "attempt"] * 2


def test_a4_record_that_another_program_has_locked(plume):
    before = files_of(plume)
    with held(plume, "PRAGMA locking_mode = EXCLUSIVE", "BEGIN EXCLUSIVE"):
        assert refused(plume) == "another program has it locked"
        done = erase(plume)
        assert done.returncode == 1 and "another program has it locked" in done.stderr
    assert_as_before(plume, before)


def test_a4_record_that_another_program_writes_to(plume):
    """A short transaction of another is no reason to stay away: nothing is taken until it ends."""
    with held(plume, "BEGIN IMMEDIATE"):
        mailer = plume.start_mailer().wait_ready()
        mailer.wait_for_event("audit_write", why="database is locked")
        letter = plume.desk.post("bob@b.example")
    plume.desk.wait_state(letter, SENT)
    assert [row["kind"] for row in plume.audit()] == ["request", "attempt"] * 2


def test_a4_record_that_may_not_be_written(plume):
    before = files_of(plume)
    plume.audit_db.chmod(0o400)
    assert refused(plume, MORTAL) == "Permission denied"
    assert erase(plume, MORTAL).returncode == 1
    plume.audit_db.chmod(0o600)
    assert_as_before(plume, before)


def test_a4_record_in_a_place_that_is_read_only(plume):
    before = files_of(plume)
    place = plume.directory / "place"
    place.mkdir()
    for path in plume.directory.glob("audit.db*"):
        shutil.move(path, place)
    plume.audit_db = place / "audit.db"
    user = [] if os.geteuid() == 0 else ["--map-root-user"]
    view = ["unshare", *user, "--mount", "sh", "-c", VIEW, str(place)]
    assert refused(plume, view) == "Read-only file system"
    assert erase(plume, view).returncode == 1
    listed = audit(plume, "list", wrap=view)
    assert listed.returncode == 1 and "copy FILE and what is beside it" in listed.stderr
    assert_as_before(plume, before)


def test_a4_record_of_a_newer_version(plume):
    write(plume, "PRAGMA user_version = 99")
    before = files_of(plume)
    assert "a newer version of plume-mailer wrote it" in refused(plume)
    done = erase(plume)
    assert done.returncode == 1 and "a newer version" in done.stderr
    assert files_of(plume) == before
    write(plume, "PRAGMA user_version = 2")
    assert_as_before(plume, files_of(plume))


def test_a4_record_of_another_program(plume):
    write(plume, "PRAGMA application_id = 7")
    before = files_of(plume)
    assert refused(plume) == "it is the database of another program"
    assert files_of(plume) == before


def test_a4_record_whose_key_is_gone(plume):
    """A new key would let nobody verify what is there."""
    key = pathlib.Path(f"{plume.audit_db}.key")
    octets = key.read_bytes()
    key.unlink()
    assert refused(plume)
    assert not key.exists()
    key.write_bytes(octets)
    key.chmod(0o600)
    assert_as_before(plume, files_of(plume))
