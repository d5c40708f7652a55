"""Options: help, version, check-config, mistakes and exit codes of all four programs."""

import socket

import pytest
from plume import process
from plume.system import free_port

OPTIONS = {
    "plume-broker": """bus events commands mail control state control-key secret-key code-ttl
        code-tries tries-per-address mail-interval mails-per-address mails-per-day
        mails-per-network mail-pace mail-burst mails-reserved proof-ttl deny-address allow-address
        trail trail-age history newcomer-posts grace
        gateway-timeout session-ttl sync log-level""".split(),
    "plume-gateway": """bus events commands listen static origin posts-per-second posts-burst
        ping-interval pong-timeout hello-timeout flush-interval log-level""".split(),
    "plume-mailer": """bus mail transport from audit audit-keep smtp-user smtp-password-file smtp-tls
        smtp-ca mailgun-key-file mailgun-url mail-timeout log-level""".split(),
    "plumectl": "bus control control-key json".split(),
}
PROGRAMS = list(OPTIONS)


def good_options(name, system):
    bus = ["--bus", system.bus]
    return bus + {
        "plume-broker": ["--state", system.state, "--control-key", system.control_key],
        "plume-gateway": ["--listen", "127.0.0.1:0", "--static", system.directory],
        "plume-mailer": ["--transport", f"maildir:{system.maildir}", "--audit", system.audit_db]
        + ["--from", "plume@chat.example"],
        "plumectl": ["--control-key", system.secret_file("a-key", "0123456789abcdef")],
    }[name]


def run(name, system, *args, env=None):
    return process.run(name, *good_options(name, system), *args, env=env)


@pytest.mark.parametrize("name", PROGRAMS)
def test_help_tells_every_option(name):
    done = process.run(name, "--help")
    assert done.returncode == 0 and not done.stderr
    assert name in done.stdout
    for option in [*OPTIONS[name], "help", "version", "check-config"]:
        assert f"--{option}" in done.stdout


@pytest.mark.parametrize("name", PROGRAMS)
def test_version_tells_the_program_and_a_number(name):
    done = process.run(name, "--version")
    assert done.returncode == 0 and not done.stderr
    assert done.stdout.startswith(name) and any(c.isdigit() for c in done.stdout)


@pytest.mark.parametrize("name", PROGRAMS)
def test_good_options_pass_check_config(name, system):
    done = run(name, system, "--check-config")
    assert done.returncode == 0, done.stderr
    assert not system.state.exists(), "checking makes nothing"


@pytest.mark.parametrize(
    "name, typed, meant",
    [
        ("plume-broker", "--stat", "--state"),
        ("plume-broker", "--mails-per-adress", "--mails-per-address"),
        ("plume-gateway", "--lisen", "--listen"),
        ("plume-mailer", "--tranport", "--transport"),
        ("plumectl", "--contol-key", "--control-key"),
    ],
)
def test_unknown_option_exits_2_and_names_the_nearest(name, typed, meant, system):
    done = run(name, system, typed, "1", "--check-config")
    assert done.returncode == 2
    assert typed in done.stderr and meant in done.stderr


BAD_VALUES = [
    ("plume-broker", "code-ttl", "soon"),
    ("plume-broker", "code-tries", "many"),
    ("plume-broker", "code-tries", "-1"),
    ("plume-broker", "grace", "10 parsecs"),
    ("plume-broker", "sync", "sometimes"),
    ("plume-broker", "log-level", "loud"),
    ("plume-gateway", "listen", "nowhere"),
    ("plume-gateway", "listen", "127.0.0.1:65536"),
    ("plume-gateway", "posts-per-second", "1e3"),
    ("plume-broker", "allow-address", "school.example"),
    ("plume-broker", "deny-address", "*@localhost"),
    ("plume-gateway", "origin", "*"),
    ("plume-gateway", "origin", "https://chat.example/"),
    ("plume-mailer", "transport", "pigeon:coop"),
    ("plume-mailer", "smtp-tls", "perhaps"),
    ("plume-mailer", "from", "not an address"),
    ("plume-mailer", "mail-timeout", ""),
]


@pytest.mark.parametrize("name, option, value", BAD_VALUES)
def test_malformed_value_exits_2_and_names_the_option(name, option, value, system):
    done = run(name, system, f"--{option}", value, "--check-config")
    assert done.returncode == 2
    assert option in done.stderr


def test_an_origin_with_a_slash_is_refused_with_what_was_meant(system):
    done = run("plume-gateway", system, "--origin", "https://Chat.Example:443/", "--check-config")
    assert done.returncode == 2 and "did you mean https://chat.example?" in done.stderr


def test_environment_gives_options_and_the_command_line_wins(system):
    done = run("plume-broker", system, "--check-config", env={"PLUME_CODE_TTL": "soon"})
    assert done.returncode == 2 and "PLUME_CODE_TTL" in done.stderr
    done = run(
        "plume-broker", system, "--code-ttl", "1h", "--check-config", env={"PLUME_CODE_TTL": "5m"}
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("value", ["500ms", "60", "60s", "10m", "1h", "30d", "0"])
def test_durations_are_written_in_these_ways(value, system):
    done = run("plume-broker", system, "--code-ttl", value, "--check-config")
    assert done.returncode == 0, done.stderr


def test_missing_value_and_stray_operand_exit_2(system):
    assert run("plume-broker", system, "--state").returncode == 2
    assert run("plume-broker", system, "stray").returncode == 2


def test_secret_comes_from_a_file_for_its_owner_only(system):
    open_to_all = system.secret_file("password", "hunter2")
    open_to_all.chmod(0o644)
    options = ["--smtp-user", "plume", "--smtp-password-file", open_to_all, "--check-config"]
    done = run("plume-mailer", system, *options)
    assert done.returncode == 2 and "smtp-password" in done.stderr
    open_to_all.chmod(0o600)
    done = run("plume-mailer", system, *options)
    assert done.returncode == 0, done.stderr
    assert "hunter2" not in done.stdout + done.stderr


def test_maildir_is_refused_in_production(system):
    done = run("plume-mailer", system, "--check-config", env={"PLUME_ENV": "production"})
    assert done.returncode == 2 and "maildir" in done.stderr.lower()


def test_mailgun_is_asked_in_clear_on_loopback_only(system):
    key = ["--mailgun-key-file", system.secret_file("mailgun-key", "key-123")]
    options = ["--transport", "mailgun:chat.example", *key, "--check-config"]
    good = run("plume-mailer", system, *options, "--mailgun-url", "http://127.0.0.1:1/v3")
    assert good.returncode == 0, good.stderr
    bad = run("plume-mailer", system, *options, "--mailgun-url", "http://api.example/v3")
    assert bad.returncode == 2 and "mailgun-url" in bad.stderr


def test_plumectl_without_or_with_an_unknown_verb_exits_2(system):
    assert run("plumectl", system).returncode == 2
    done = run("plumectl", system, "statsu")
    assert done.returncode == 2 and "status" in done.stderr
    assert run("plumectl", system, "say").returncode == 2


def test_what_cannot_start_exits_1_and_says_why(system):
    system.start_broker().wait_ready()
    second = run("plume-broker", system)
    assert second.returncode == 1 and "room.db" in second.stderr and "another" in second.stderr

    nowhere = process.run(
        "plume-broker", "--bus", f"tcp://127.0.0.1:{free_port()}", "--state", "/nowhere/room.db"
    )
    assert nowhere.returncode == 1 and "/nowhere" in nowhere.stderr


def test_gateway_takes_no_port_of_a_stranger(system):
    system.start_broker().wait_ready()
    with socket.create_server(("127.0.0.1", 0)) as stranger:
        port = stranger.getsockname()[1]
        taken = run("plume-gateway", system, "--listen", f"127.0.0.1:{port}")
    assert taken.returncode == 1 and str(port) in taken.stderr
