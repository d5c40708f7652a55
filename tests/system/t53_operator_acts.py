"""plumectl kick, release and backup: whole acts, on all gateways, kept over restarts, recorded."""

import json
import os
import sqlite3
import stat

import pytest
from plume import admin, process
from plume.wait import until

SIGNED_OUT = 15


def test_kick_puts_a_person_out_everywhere(two_gateways):
    plume = two_gateways
    ann, eve = plume.join("ann"), plume.join("eve", at=1)
    second = plume.client(at=0, label="eve's other tab")
    second.token, second.epoch, second.name = eve.token, eve.epoch, "eve"
    second.resume()
    second.expect_in(resumed=True)
    done = plume.ctl("kick", "eve")
    assert done.returncode == 0 and "signed out" in done.stdout, done.stderr
    for one in (eve, second):
        one.expect(SIGNED_OUT, reason="session-over")
        one.expect_closed(1008, "signed-out")
    ann.expect_text("eve", "left chat")
    eve.connect(plume.gateways[0].url)
    eve.resume()
    eve.expect_reset(reason="session-over")
    assert ann.wire.closed is None
    # who was kicked may come back the way everybody comes
    again = plume.join("eve", "eve@eve.example")
    again.say("I am back")
    ann.expect_text("eve", "I am back")


def test_kick_holds_over_a_restart(plume):
    eve = plume.join("eve")
    assert plume.ctl("kick", "eve").returncode == 0
    eve.expect_closed(1008, "signed-out")
    plume.broker.kill()
    plume.start_broker().wait_ready()
    eve.connect(plume.gateways[0].url)
    eve.resume()
    eve.expect_reset(reason="session-over")


def test_kick_reaches_who_is_in_the_grace_period(plume):
    ann, eve = plume.join("ann"), plume.join("eve")
    eve.cut()
    until(lambda: '"eve", "clients": 0' in who(plume), "eve is in grace")
    assert plume.ctl("kick", "eve").returncode == 0
    ann.expect_text("eve", "left chat")


def who(plume):
    people = json.loads(plume.ctl("--json", "who").stdout)["people"]
    return json.dumps([[one["name"], {"clients": one["clients"]}] for one in people]).replace(", {", ", ").replace("}", "")


def test_release_frees_a_name_for_anybody(plume):
    ann, eve = plume.join("ann"), plume.join("eve")
    bob = plume.client(label="bob")
    bob.hello("eve", "bob@bob.example")
    bob.expect_no_entry("name-taken")
    done = plume.ctl("release", "Eve")  # whatever case
    assert done.returncode == 0 and "free" in done.stdout, done.stderr
    eve.expect_closed(1008, "signed-out")
    ann.expect_text("eve", "left chat")
    bob.hello("eve", "bob@bob.example")
    bob.expect_waiting()
    bob.auth(plume.code_for("bob@bob.example"))
    bob.expect_in()
    plume.broker.kill()
    plume.start_broker().wait_ready()
    other = plume.client(label="the former owner")
    other.hello("eve", "eve@eve.example")
    other.expect_no_entry("name-taken")


@pytest.mark.parametrize("verb", ["kick", "release"])
@pytest.mark.parametrize(
    "name, why",
    [("nobody", "nobody has"), ("admin", "reserved"), ("plumebot", "reserved"), ("a b\x1b[1m", "nobody")],
)
def test_names_of_nobody_are_refused(verb, name, why, system):
    system.start_broker().wait_ready()
    done = system.ctl(verb, name)
    assert done.returncode == 1 and why in done.stderr and not done.stdout
    assert not system.broker.events("operator")


def test_acts_are_recorded_and_their_names_are_not_logged(plume):
    plume.join("eve")
    assert plume.ctl("kick", "eve").returncode == 0
    assert plume.broker.wait_for_event("operator", act="kick")
    (line,) = plume.broker.events("operator")
    assert not any("eve" in str(value) for key, value in line.items() if key not in ("event", "level"))
    recorded = 'plume_login_events_total{kind="operator"}'
    assert admin.metrics(plume.broker)[recorded] == 1
    until(lambda: plume.audit(kind="operator"), "a row of the audit log")


def test_without_the_key_nobody_is_kicked(plume):
    eve = plume.join("eve")
    done = plume.ctl("kick", "eve", key=plume.secret_file("wrong", "f" * 64))
    assert done.returncode == 1 and "control key" in done.stderr
    eve.settle()


# -- backup


def test_a_backup_made_while_people_talk_can_be_restored(plume):
    ann, bob = plume.join("ann"), plume.join("bob")
    ann.say("before the copy")
    bob.expect_text("ann", "before the copy")
    copy = plume.directory / "copy.db"
    done = plume.ctl("backup", copy)
    assert done.returncode == 0 and "copied" in done.stdout, done.stderr
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert not (plume.directory / "copy.db.part").exists()
    ann.say("after the copy")
    bob.expect_text("ann", "after the copy")

    # The host is lost; what there is: the copy, and the secret key that was kept elsewhere.
    key = plume.directory / "room.db.secret-key"
    plume.broker.kill()
    for path in plume.directory.glob("room.db*"):
        if path != key:
            path.unlink()
    os.rename(copy, plume.state)
    plume.start_broker().wait_ready()
    texts = [row[0] for row in rows(plume.state, "SELECT count(*) FROM posts")]
    assert texts[0] >= 3
    plume.gateways[0].wait_for_event("new_epoch")
    late = plume.client(label="ann, later")
    late.resume(token=ann.token, epoch=ann.epoch, seq=0)
    assert late.expect_in(resumed=True)["epoch"] != ann.epoch, "numbers begin to differ from here"
    late.expect_text("ann", "before the copy")
    late.say("restored")
    late.expect_text("ann", "restored")
    late.expect_none(1, text="after the copy")


def rows(path, query):
    with sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True) as db:
        return db.execute(query).fetchall()


def test_a_large_state_is_copied_while_posts_go_on(system):
    plume = system.start(gateway={"posts_per_second": 0})
    ann, bob = plume.join("ann"), plume.join("bob")
    for _ in range(120):
        ann.expect_own(ann.say("x" * 60000))
    child = process.subprocess.Popen(
        [process.program("plumectl"), "--bus", plume.bus, "--control-key", str(plume.control_key)]
        + ["backup", str(plume.directory / "big.db")],
        env=process.environment(),
    )
    n = 0
    while child.poll() is None:
        n += 1
        bob.say(f"meanwhile {n}")
        ann.expect_text("bob", f"meanwhile {n}")
    assert child.returncode == 0
    copy = plume.directory / "big.db"
    with sqlite3.connect(copy) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert db.execute("SELECT count(*) FROM posts").fetchone()[0] >= 120


def test_a_backup_overwrites_nothing_and_says_why(system):
    system.start_broker().wait_ready()
    there = system.directory / "there.db"
    there.write_text("precious")
    for path, why in (
        (there, "there already"),
        (system.directory / "no/such/folder/x.db", "No such file"),
        ("relative.db", "from the root"),
        ("/proc/x.db", ""),
    ):
        done = system.ctl("backup", path)
        assert done.returncode == 1 and why in done.stderr, (path, done.stderr)
    assert there.read_text() == "precious"
    assert not list(system.directory.glob("*.part"))
    assert system.ctl("backup", system.directory / "good.db").returncode == 0


def test_a_room_that_forgets_has_nothing_to_copy(system):
    system.start_broker(state=":memory:").wait_ready()
    done = system.ctl("backup", system.directory / "x.db")
    assert done.returncode == 1 and "forgets" in done.stderr


def test_json_of_acts(plume):
    plume.join("eve")
    assert json.loads(plume.ctl("--json", "kick", "eve").stdout)["done"] is True
    done = plume.ctl("--json", "backup", plume.directory / "x.db")
    assert json.loads(done.stdout)["done"] is True


@pytest.mark.parametrize("verb", ["kick", "release", "backup"])
def test_acts_need_their_operand(verb, system):
    done = process.run("plumectl", verb)
    assert done.returncode == 2 and verb in done.stderr
