"""bash completion: what it offers is what the program has."""

import subprocess

import pytest
from plume import process

SCRIPT = process.SOURCE_DIR / "deploy/bash-completion/plumectl"
COMMANDS = set(
    "status who clients say tail why kick release drain backup health mute unmute ban unban bans".split()
)


def complete(line, program="plumectl"):
    words = [process.program(program), *line.split(" ")]
    script = f"""
        source {SCRIPT}
        COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
        _plume "$1" "${{COMP_WORDS[COMP_CWORD]}}" "${{COMP_WORDS[COMP_CWORD-1]}}"
        printf '%s\\n' "${{COMPREPLY[@]}}"
    """
    done = subprocess.run(
        ["bash", "-c", script, "bash", *words], capture_output=True, text=True, check=True
    )
    assert not done.stderr
    return set(done.stdout.split())


def test_every_command_is_offered():
    assert complete("") == COMMANDS
    assert complete("s") == {"status", "say"}
    assert complete("--json ki") == {"kick"}


@pytest.mark.parametrize("program", ["plumectl", "plume-broker", "plume-gateway", "plume-mailer"])
def test_options_are_those_of_the_program(program):
    told = process.run(program, "--help").stdout
    offered = complete("--", program)
    assert {"--bus", "--config", "--help"} <= offered
    assert all(f"  {option}" in told or f", {option}" in told for option in offered)


def test_operands_are_offered_where_they_are_words():
    assert complete("health ") == {"live", "ready"}
    assert complete("health r") == {"ready"}
    assert complete("kick ") == set()
    assert complete("ban ") == complete("unban ") == {"name", "person", "address", "network"}
    assert complete("ban n") == {"name", "network"}
    assert complete("ban name ") == set()
    assert complete("--log-format j", "plume-broker") == {"json", "journal"}


def test_gateways_are_offered_to_drain(plume, monkeypatch):
    monkeypatch.setenv("PLUME_BUS", plume.bus)
    monkeypatch.setenv("PLUME_CONTROL_KEY", str(plume.control_key))
    number = plume.gateways[0].wait_for_event("ready")["gateway"]
    assert complete("drain ") == {number}
    assert complete(f"drain {number[:4]}") == {number}
    monkeypatch.delenv("PLUME_BUS")
