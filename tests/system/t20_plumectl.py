"""plumectl: what it refuses, how long it waits, what it never does."""

import json
import time

import pytest
from plume import process
from plume.system import free_port
from plume.wait import until


def ctl(*args, **kwargs):
    return process.run("plumectl", *args, **kwargs)


def test_it_gives_up_in_time_and_says_on_whom(system):
    key = system.secret_file("key", "0" * 64)
    nobody = f"tcp://127.0.0.1:{free_port()}"
    begin = time.monotonic()
    done = ctl("--control", nobody, "--control-key", key, "--timeout", "500ms", "status")
    assert done.returncode == 1 and nobody in done.stderr and not done.stdout
    assert 0.4 < time.monotonic() - begin < 5
    assert len(done.stderr.splitlines()) == 1, "no log lines"


def test_a_key_that_is_absent_is_not_made(system):
    system.start_broker().wait_ready()
    key = system.directory / "nothing"
    done = system.ctl("status", key=key)
    assert done.returncode == 1 and str(key) in done.stderr
    assert not key.exists()


def test_a_key_that_others_can_read_is_refused(system):
    system.start_broker().wait_ready()
    system.control_key.chmod(0o640)
    done = system.ctl("status")
    assert done.returncode == 1 and "chmod 600" in done.stderr


def test_its_key_is_nowhere_in_the_logs(system):
    system.start_broker().wait_ready()
    assert system.ctl("status").returncode == 0
    assert system.ctl("status", key=system.secret_file("wrong", "f" * 64)).returncode == 1
    log = system.broker.log()
    assert system.control_key.read_text().strip() not in log and "f" * 64 not in log
    assert system.broker.wait_for_event("control_refused")


def test_json_of_status_is_complete(plume):
    def ask():
        return json.loads(plume.ctl("--json", "status").stdout)

    until(lambda: ask()["mailers"], "the broker has heard of the mailer")
    status = ask()
    assert set(status) == set(
        """version uptime_ms epoch newest posts people clients names sessions logins letters
        gateways bus_minor oldest_letter_ms results held state mailers""".split()
    )
    assert len(status["epoch"]) == 16 and int(status["epoch"], 16) > 0
    (gateway,) = status["gateways"]
    assert set(gateway) == set(
        """gateway clients lag heard_ms version bus_minor uptime_ms connections behind slowest
        results state""".split()
    )
    assert set(status["state"]) == set("kept bytes commits commit_us failures".split())
    (mailer,) = status["mailers"]
    assert set(mailer) == set("mailer version heard_ms leased in_hand degraded".split())
    assert len(gateway["gateway"]) == 16


def test_json_of_the_others(plume):
    plume.join("ann")
    assert json.loads(plume.ctl("--json", "who").stdout) == {
        "people": [{"name": "ann", "clients": 1}]
    }
    assert json.loads(plume.ctl("--json", "say", "hello", "all").stdout) == {"said": True}


@pytest.mark.parametrize("length, code", [(65536, 0), (65537, 2)])
def test_what_is_said_is_never_cut(system, length, code):
    system.start_broker().wait_ready()
    assert system.ctl("say", "x" * length).returncode == code


def test_an_answer_that_cannot_be_written_is_no_success(system):
    system.start_broker().wait_ready()
    line = f'exec "$0" --bus {system.bus} --control-key {system.control_key} status >/dev/full'
    command = ["sh", "-c", line, process.program("plumectl")]
    done = process.subprocess.run(command, capture_output=True, timeout=20, check=False)
    assert done.returncode == 1 and done.stderr
