"""The bot welcomes privately and speaks for the operator; plumectl tells and asks."""

import json
import socket
import stat

from plume.bus_peer import FakeReplier, Requester


def test_newcomer_is_welcomed_by_two_private_lines(plume):
    ann = plume.join("ann")
    first, second = ann.expect_private(), ann.expect_private()
    assert first["text"] != second["text"]
    ann.settle()

    bob = plume.join("bob")
    bob.expect_private(), bob.expect_private()
    bob.settle()
    ann.settle()
    for client in (ann, bob):
        private = [f for f in client.frames if f["user"]["name"] == "plumebot" and "seq" not in f]
        assert len(private) == 2
        assert not client.texts("plumebot")


def test_welcome_is_not_repeated_on_resume(plume):
    ann = plume.join("ann")
    ann.expect_private(), ann.expect_private()
    ann.cut()
    ann.connect(plume.gateways[0].url)
    ann.resume()
    ann.expect_in(resumed=True)
    ann.settle()
    ann.expect_none(1, name="plumebot")


def test_say_reaches_the_whole_room(two_gateways):
    plume = two_gateways
    ann, bob = plume.join("ann", at=0), plume.join("bob", at=1)
    done = plume.ctl("say", "The room restarts at noon.")
    assert done.returncode == 0, done.stderr
    for client in (ann, bob):
        client.expect_text("plumebot", "The room restarts at noon.")


def test_what_is_asked_again_is_said_once(plume):
    """The first answer is lost on its way."""
    ann = plume.join("ann")
    broker, answers = Requester(plume.ports.first + 3, (1, 2)), []

    def relay(messages):
        answers.append(broker.ask(*messages))
        return answers[-1] if len(answers) > 1 else None

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    between = FakeReplier(port, relay, (1, 2))
    done = plume.ctl("--control", f"tcp://127.0.0.1:{port}", "say", "once")
    between.close()
    assert done.returncode == 0 and len(answers) == 2, done.stderr
    assert plume.ctl("say", "once").returncode == 0  # and who says it again does
    ann.settle()
    assert ann.texts("plumebot") == [("plumebot", "once")] * 2


def test_who_names_people_and_no_addresses(plume):
    ann = plume.join("ann", "ann@secret.example")
    done = plume.ctl("who")
    assert done.returncode == 0 and "ann" in done.stdout
    done = plume.ctl("--json", "who")
    json.loads(done.stdout)
    assert '"ann"' in done.stdout and "secret.example" not in done.stdout
    assert not ann.wire.closed


def test_status_counts_the_room(plume):
    ann = plume.join("ann")
    done = plume.ctl("status")
    assert done.returncode == 0 and done.stdout
    done = plume.ctl("--json", "status")
    status = json.loads(done.stdout)
    assert status["people"] == 1 and status["clients"] == 1 and not ann.wire.closed
    assert status["newest"] >= 1 and status["names"] >= 1


def test_control_key_is_made_for_its_owner_only(system):
    system.start_broker().wait_ready()
    assert stat.S_IMODE(system.control_key.stat().st_mode) == 0o600


def test_control_key_is_made_beside_the_state(system):
    system.start_broker(control_key=None).wait_ready()
    key = system.directory / "room.db.control-key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert system.ctl("status", key=key).returncode == 0


def test_wrong_key_is_refused(plume):
    ann = plume.join("ann")
    done = plume.ctl("say", "I am the operator", key=plume.secret_file("guess", "0" * 64))
    assert done.returncode == 1 and done.stderr
    ann.settle()
    ann.expect_none(1, text="I am the operator")


def test_plumectl_says_when_there_is_no_broker(system):
    key = system.secret_file("key", "0" * 64)
    done = system.ctl("status", key=key, deadline=60)
    assert done.returncode == 1 and done.stderr
