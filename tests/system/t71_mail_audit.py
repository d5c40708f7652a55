"""The record by its commands, on the files of a system that runs."""

import csv
import io
import json
import os
import pathlib
import re
import shutil
import sqlite3
import time

import pytest
from plume import process
from plume.mail_desk import SENT
from plume.smtp_sink import SmtpSink
from plume.wait import until



@pytest.fixture
def plume(system, desk):
    """A mailer and a desk that tells nothing but letters, so that the rows are known."""
    system.desk = desk
    system.start_mailer().wait_ready()
    return system


def audit(system, command, *args, file=None):
    return process.run("plume-mailer", "audit", command, "--audit", file or system.audit_db, *args)


def verify(system, *args, file=None):
    return audit(system, "verify", *args, file=file)


def asked(system, name):
    """A letter to name@name.example, sent."""
    letter = system.desk.post(f"{name}@{name}.example", name=name)
    system.desk.wait_state(letter, SENT)
    system.letter_to(letter.email)


def reference_of(system, letter=0):
    return system.audit(kind="request")[letter]["reference"]


def test_a1_rows_are_listed_while_the_mailer_runs(plume):
    asked(plume, "ann")
    asked(plume, "bob")
    done = audit(plume, "list")
    assert done.returncode == 0, done.stderr
    sent = [line for line in done.stdout.splitlines() if " attempt sent " in line]
    assert len(sent) == 2 and "to ann@ann.example" in sent[0]
    listed = audit(plume, "list", "--json", "--kind", "request", "--address", "bob@BOB.example")
    (row,) = map(json.loads, listed.stdout.splitlines())
    assert row["reference"] == reference_of(plume, 1) and row["network"] == "192.0.2.0/24"
    assert row["address"] == "bob@bob.example"


def test_a1_filters_by_time_reference_address_and_result(plume):
    asked(plume, "ann")
    asked(plume, "bob")

    def count(*args):
        rows = audit(plume, "list", "--json", *args)
        assert rows.returncode in (0, 1) and not rows.stderr
        return len(rows.stdout.splitlines())

    assert count() == 4 and count("--last", "3") == 3
    assert count("--since", "1h") == 4 and count("--until", "1h") == 0
    assert count("--since", "2020-01-01", "--until", "2020-01-02") == 0
    assert count("--reference", reference_of(plume)) == 2
    assert count("--result", "sent") == 2 and count("--result", "refused") == 0
    assert count("--address", "ann@ann.example", "--kind", "attempt") == 1
    assert count("--address", "nobody@ann.example") == 0


def test_story_of_a_login(plume):
    asked(plume, "ann")
    done = audit(plume, "show", reference_of(plume))
    first, *rest = done.stdout.splitlines()
    assert first.startswith(f"login {reference_of(plume)}, to ann@ann.example")
    assert "a mailer took the letter" in rest[0] and "the mail server took the letter" in rest[1]
    for spoken in (reference_of(plume).lower(), reference_of(plume).replace("-", " ")):
        assert audit(plume, "show", spoken).stdout == done.stdout
        assert len(audit(plume, "list", "--reference", spoken).stdout.splitlines()) == 2
    for unknown in ("XXX-XXX", "", "x" * 500, "\x1b[31m"):
        done = audit(plume, "show", unknown)
        assert done.returncode == 1 and not done.stdout
        assert done.stderr == "plume-mailer audit show: the record has no login of this reference\n"


def test_story_is_told_in_the_order_of_time(system, desk):
    """What the broker tells of a login arrives after the letter, and happened before it."""
    sink = system.guard(SmtpSink())
    system.start_mailer(transport=f"smtp://127.0.0.1:{sink.port}").wait_ready()
    desk.wait_state(desk.post("ann@a.example", reference="K7Q-2MX"), SENT)
    desk.add_trail(1, reference="K7Q-2MX", email="ann@a.example", time_ms=1769860980000)
    until(lambda: system.audit(kind="asked"), "the row")
    lines = audit(system, "show", "K7Q-2MX").stdout.splitlines()
    assert lines[1].startswith("2026-01-31 12:03:00 UTC  a login code was asked for")
    assert "the mail server took the letter" in lines[-1]


def test_addresses_are_read_only_with_the_open_key(plume):
    asked(plume, "ann")
    key = pathlib.Path(f"{plume.audit_db}.open-key")
    elsewhere = key.rename(plume.directory / "offline-key")
    assert "ann@" not in audit(plume, "list").stdout
    assert "ann@ann.example" in audit(plume, "list", "--open-key", elsewhere).stdout
    asked(plume, "bob")  # writing does not need it
    assert "bob@bob.example" in audit(plume, "list", "--open-key", elsewhere).stdout
    assert not key.exists()


def test_a2_verify_finds_a_change_and_a_truncation(plume):
    asked(plume, "ann")
    asked(plume, "bob")
    plume.mailers[0].drain()  # exports the head
    good = verify(plume)
    assert good.returncode == 0 and "4 rows are as they were written" in good.stdout
    assert "compared with the head of row 4" in good.stdout
    logged = plume.mailers[0].events("audit_head")[-1]["head"]
    assert verify(plume, "--head", logged).returncode == 0

    def spoil(sql, *args):
        copy = plume.directory / "copy.db"
        for end in ("", ".key", ".head"):
            shutil.copy(f"{plume.audit_db}{end}", f"{copy}{end}")
        with sqlite3.connect(copy) as db:
            db.execute(sql)
        db.close()
        return verify(plume, *args, file=copy)

    edited = spoil("UPDATE audit SET code = 250 WHERE id = 2")
    assert edited.returncode == 1 and edited.stdout.startswith("row 2: ")
    cut = spoil("DELETE FROM audit WHERE id > 2")
    assert cut.returncode == 1 and cut.stdout.startswith("row 3: ")
    assert spoil("DELETE FROM audit WHERE id > 2", "--head", logged).returncode == 1


SPOILT = [b"", b"4", b"4:beef\n", bytes(range(256)), b"4:" + b"0" * 4096]


@pytest.mark.parametrize("octets", SPOILT, ids=range(len(SPOILT)))
def test_a2_head_file_that_was_spoilt_is_a_finding(plume, octets):
    asked(plume, "ann")
    plume.mailers[0].drain()
    pathlib.Path(f"{plume.audit_db}.head").write_bytes(octets)
    done = verify(plume)
    assert done.returncode == 1, "2 is for mistakes on the command line"
    assert done.stdout == f"{plume.audit_db}.head holds no head: somebody or something spoilt it\n"
    logged = plume.mailers[0].events("audit_head")[-1]["head"]
    assert verify(plume, "--head", logged).returncode == 0


def test_a3_an_address_is_erased_under_a_running_mailer(plume):
    asked(plume, "ann")
    asked(plume, "bob")
    done = audit(plume, "erase", "--address", "ann@ann.example")
    assert done.returncode == 0 and done.stdout == "2 rows erased\n"
    listed = audit(plume, "list").stdout
    assert "ann@" not in listed and "bob@bob.example" in listed and " erased " in listed
    asked(plume, "carl")
    assert verify(plume).returncode == 0


def test_a3_old_rows_lose_their_contents_by_themselves(plume):
    asked(plume, "ann")
    plume.mailers[0].drain()
    while "ann@" in audit(plume, "list").stdout:  # started again until the rows are old enough
        plume.start_mailer(audit_keep="1s").wait_ready().drain()
    assert any(mailer.events("audit_retained") for mailer in plume.mailers)
    assert verify(plume).returncode == 0


def test_a5_export_is_csv_and_json_lines(plume):
    asked(plume, "ann")
    rows = list(csv.DictReader(io.StringIO(audit(plume, "export").stdout)))
    assert [row["kind"] for row in rows] == ["request", "attempt"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", rows[0]["time"])
    lines = audit(plume, "export", "--format", "jsonl").stdout.splitlines()
    for row, line in zip(rows, map(json.loads, lines), strict=True):
        assert {name: str(value) for name, value in line.items()}.items() <= row.items()


def test_a5_what_a_server_says_is_no_formula(system, desk):
    sink = system.guard(SmtpSink())
    system.start_mailer(transport=f"smtp://127.0.0.1:{sink.port}").wait_ready()
    desk.add_trail(5, reference="K7Q-2MX", detail='=HYPERLINK("http://evil.example")\x1b[31m')
    until(lambda: system.audit(kind="code-wrong"), "the row")
    (row,) = csv.DictReader(io.StringIO(audit(system, "export").stdout))
    assert row["detail"] == "'=HYPERLINK(\"http://evil.example\")\\x1b[31m"


@pytest.mark.parametrize(
    "args",
    [
        ("list", "--since", "yesterday"),
        ("list", "--nosuch"),
        ("show",),
        ("show", "A", "B"),
        ("erase",),
        ("erase", "--address", "a@b@c"),
        ("verify", "--head", "12:34"),
        ("nosuch",),
    ],
)
def test_usage_exits_2_and_says_why(plume, args):
    done = audit(plume, *args)
    assert done.returncode == 2 and done.stderr and not done.stdout


@pytest.mark.parametrize("args", [("audit", "--help"), ("audit", "help"), ("help",)])
def test_commands_are_told_to_who_asks(args):
    done = process.run("plume-mailer", *args)
    assert done.returncode == 0 and not done.stderr
    assert "\n  plume-mailer audit show REFERENCE\n" in done.stdout
    assert "\n  plume-mailer test ADDRESS\n" in done.stdout


def test_configuration_of_the_server_is_not_that_of_commands(plume):
    asked(plume, "ann")
    env = {"PLUME_CONFIG": "/no/such/file", "PLUME_AUDIT": str(plume.audit_db)}
    done = process.run("plume-mailer", "audit", "list", env=env)
    assert done.returncode == 0 and done.stdout and not done.stderr


def test_file_that_is_not_there_is_not_made(system):
    for command in ("list", "verify", "export"):
        done = audit(system, command)
        assert done.returncode == 1 and "no such file" in done.stderr
    assert audit(system, "erase", "--address", "a@b.example").returncode == 1
    assert not system.audit_db.exists()


# -- A4: the disk, and death at every write


def test_a4_damaged_file_is_moved_aside_and_mail_goes_on(plume):
    asked(plume, "ann")
    plume.mailers[0].drain()
    octets = bytearray(plume.audit_db.read_bytes())
    octets[4096:4200] = b"x" * 104
    plume.audit_db.write_bytes(octets)
    plume.start_mailer().wait_ready()
    asked(plume, "bob")
    assert [row["kind"] for row in plume.audit()] == ["broken", "request", "attempt"]
    (aside,) = plume.directory.glob("audit.db.damaged-*Z")
    assert aside.name in plume.audit(kind="broken")[0]["detail"]
    assert verify(plume).returncode == 0


TINY = 'mount -t tmpfs -o size=1m tiny "$0" && exec "$@"'


def start_on_tiny_disk(system, sink):
    disk = system.directory / "disk"
    disk.mkdir()
    user = [] if os.geteuid() == 0 else ["--map-root-user"]
    mailer = system.start_mailer(
        wrap=["unshare", *user, "--mount", "sh", "-c", TINY, str(disk)],
        audit=disk / "audit.db",
        transport=f"smtp://127.0.0.1:{sink.port}",
    ).wait_ready()
    return mailer, pathlib.Path(f"/proc/{mailer.pid}/root{disk}/filler")


def fill(filler, mailer, desk):
    """Until the mailer has noticed; the letters that it was given meanwhile."""
    with open(filler, "ab", buffering=0) as file, pytest.raises(OSError):
        while True:
            file.write(b"x" * 4096)
    letters = []
    while not mailer.events("audit_shut"):
        letters.append(desk.post(f"p{len(letters)}@a.example"))
        until(
            lambda: letters[-1].reports or mailer.events("audit_shut"), "taken, or no room for it"
        )
    return letters


def test_a4_full_disk_pauses_taking_and_nothing_is_lost(system, desk):
    sink = system.guard(SmtpSink())
    mailer, filler = start_on_tiny_disk(system, sink)
    desk.wait_state(desk.post("ann@a.example"), SENT)
    letters = fill(filler, mailer, desk)
    waiting = desk.post("late@a.example")
    assert not [one for one in sink.letters if one.envelope_to == ["late@a.example"]]
    filler.unlink()
    mailer.wait_for_event("audit_writable")
    for letter in [*letters, waiting]:
        desk.wait_state(letter, SENT)
    to = [one.envelope_to[0] for one in sink.letters]
    assert len(to) == len(set(to)) == len(letters) + 2
    for path in filler.parent.glob("audit.db*"):  # SQLite does not open what is in another's view
        shutil.copy(path, system.directory)
    assert verify(system, file=system.directory / "audit.db").returncode == 0


def test_who_waits_for_room_on_the_disk_sleeps(system, desk):
    """Some seconds of watching, because what is due comes up within five."""
    mailer, filler = start_on_tiny_disk(system, system.guard(SmtpSink()))
    fill(filler, mailer, desk)
    status = pathlib.Path(f"/proc/{mailer.pid}/status")

    def slept():
        return int(re.search(r"^voluntary_ctxt_switches:\s+(\d+)", status.read_text(), re.M)[1])

    before, end = slept(), time.monotonic() + 7
    until(lambda: time.monotonic() > end or slept() > before + 500, "seven seconds")
    assert slept() - before < 100


STEPS = [*(("pwrite", n) for n in range(1, 15)), *(("sync", n) for n in range(1, 6))]


@pytest.mark.parametrize(("call", "number"), STEPS)
def test_a4_killed_before(system, desk, call, number):
    """At every write and sync of two letters' way: database and chain are whole, no letter is lost."""
    sink = system.guard(SmtpSink())
    arm = system.directory / "arm"
    env = process.killed_before(call, number, arm)
    options = {"transport": f"smtp://127.0.0.1:{sink.port}"}
    mailer = system.start_mailer(env=env, **options).wait_ready()
    desk.wait_state(desk.post("before@a.example"), SENT)
    arm.touch()
    letters = []
    while mailer.exit_code is None:
        letters.append(desk.post(f"p{len(letters)}@a.example"))
        until(lambda: letters[-1].reports or mailer.exit_code is not None, "taken or the end")
    mailer.expect_killed()
    good = verify(system)
    assert good.returncode == 0, good.stdout + good.stderr
    system.start_mailer(**options).wait_ready()
    for letter in letters:
        desk.wait_state(letter, SENT)
    interrupted = {row["letter"] for row in system.audit(kind="outbox", result="interrupted")}
    for letter in letters:
        copies = [one for one in sink.letters if one.envelope_to == [letter.email]]
        assert len(copies) == 1 or letter.number in interrupted
        assert len({one["Message-ID"] for one in copies}) == 1
    assert verify(system).returncode == 0
