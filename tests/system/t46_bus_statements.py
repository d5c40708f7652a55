"""SECURITY B: what the bus carries and takes, and who may read which file. Roles, certificates and
nngcat are in t50_bus_tls, hostile peers in t29_hostile_peers."""

import json
import os
import pathlib
import re
import shutil
import socket
import stat
import struct
import subprocess
import threading

import msgpack
import pytest
from plume import admin, process
from plume.bus_peer import PUB, REP, REQ, SUB, FakeBroker, FakeGateway, Link, dial
from plume.wait import until

HELLO, SAY, RESULTS, EVENTS, TAKE = 10, 14, 2, 50, 60
UNKNOWN = 9999
CLEAR = {"PLUME_INSECURE_BUS": "yes"}
EPOCH = 0x1234567890ABCDEF
UNITS = process.SOURCE_DIR / "deploy/systemd"


def rss(one):
    """Bytes in memory."""
    status = pathlib.Path(f"/proc/{one.pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) * 1024


def counted(one, name):
    return admin.metrics(one)[name]


# -- B1


def test_b1_an_insecure_bus_shows_in_log_and_metrics_of_each_process(system):
    system.bus = f"tcp://0.0.0.0:{system.ports.first}"
    plume = system.start(
        broker={"env": CLEAR}, gateway={"env": CLEAR}, mailer={"env": CLEAR}
    )
    for one in (plume.broker, plume.gateways[0], plume.mailers[0]):
        assert one.events("bus_insecure", level="warn"), one
        assert counted(one, "plume_insecure_bus") == 1, one


@pytest.mark.parametrize("endpoint", ["events", "commands", "mail", "control"])
def test_b1_one_endpoint_that_leaves_the_machine_is_enough(system, endpoint):
    place = ("events", "commands", "mail", "control").index(endpoint)
    url = f"tcp://0.0.0.0:{system.ports.first + place}"
    broker = system.start_broker(env=CLEAR, **{endpoint: url}).wait_ready()
    assert [line["url"] for line in broker.events("bus_insecure")] == [url]
    assert counted(broker, "plume_insecure_bus") == 1


def test_b1_a_bus_that_stays_here_does_not_warn(plume):
    for one in (plume.broker, plume.gateways[0], plume.mailers[0]):
        assert not one.events("bus_insecure")
        assert counted(one, "plume_insecure_bus") == 0


# -- B3


class Spy:
    """Hears all that is published, as anybody on this machine can."""

    def __init__(self, port):
        self.link = dial(port, SUB)
        self.heard = b""
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self):
        try:
            while True:
                self.heard += self.link.receive()
        except OSError:
            pass

    def close(self):
        self.link.cut()


def test_b3_what_is_published_tells_no_code_token_or_address(plume):
    spy = plume.guard(Spy(plume.ports.first))
    ann = plume.client(label="ann")
    ann.hello("ann", "ann@ann-home.example")
    ann.expect_waiting()
    code = plume.code_for("ann@ann-home.example")
    ann.auth("00000000")
    ann.expect_reset()
    ann.auth(code)
    ann.expect_in()
    bob = plume.join("bob")
    ann.say("the last words")
    bob.expect_text("ann", "the last words")
    until(lambda: b"the last words" in spy.heard, "the spy hears what all hear")
    for secret in (code, ann.ticket, ann.token, bob.token, "ann@ann-home", "bob@bob"):
        assert secret.encode() not in spy.heard, secret


# -- B4


def test_b4_unknown_kinds_are_skipped_and_counted_at_each_endpoint(plume):
    broker, port = plume.broker, plume.ports.first
    bob = plume.join("bob")
    skipped = counted(broker, "plume_unknown_messages_total")
    peer = FakeGateway(port + 1, (1, 2))
    assert peer.batch([UNKNOWN, "x"], [UNKNOWN, 1])[0][0] == RESULTS
    link = dial(port + 2, REQ)
    link.send(b"\x80\0\0\1" + msgpack.packb([1, 1, [UNKNOWN], [TAKE, 5, 0, "p@a.example"]]))
    assert link.receive()
    link.close()
    key = plume.control_key.read_text().strip()
    link = dial(port + 3, REQ)
    link.send(b"\x80\0\0\1" + msgpack.packb([1, 1, [70, key, 0, ""], [UNKNOWN]]))
    assert link.receive()
    link.close()
    assert counted(broker, "plume_unknown_messages_total") == skipped + 4
    bob.settle()


def test_b4_two_questions_in_one_frame_are_refused(plume):
    """Mail desk and control answer one message; nobody hides another behind it."""
    plume.join("bob")
    key = plume.control_key.read_text().strip()
    for endpoint, ask in ((2, [TAKE, 5, 0, "p@a.example"]), (3, [70, key, 0, ""])):
        name = {2: "mail", 3: "control"}[endpoint]
        metric = f'plume_refused_frames_total{{endpoint="{name}"}}'
        before = counted(plume.broker, metric)
        link = dial(plume.ports.first + endpoint, REQ)
        link.send(b"\x80\0\0\1" + msgpack.packb([1, 1, ask, ask]))
        until(lambda: counted(plume.broker, metric) == before + 1, f"{name} refuses")
        link.close()


def test_b4_the_limit_of_a_frame_is_that_of_the_protocol(plume):
    """A frame of it is looked at, one byte more ends the connection."""
    text = (process.SOURCE_DIR / "docs/PROTOCOL.md").read_text()
    limit = int(re.search(r"when it is over (\d+) KiB", text)[1]) << 10
    metric = 'plume_refused_frames_total{endpoint="commands"}'
    before = counted(plume.broker, metric)
    link = dial(plume.ports.first + 1, REQ)
    link.send(b"\x80\0\0\1" + b"\xc1" * (limit - 4))
    until(lambda: counted(plume.broker, metric) == before + 1, "it is looked at")
    link.sock.sendall(struct.pack(">Q", limit + 1))
    with pytest.raises(ConnectionError):
        link.receive()


def frame_at_limit(claim):
    return struct.pack(">Q", claim) + b"x" * 1000


@pytest.mark.parametrize("protocol", [PUB, REP])
@pytest.mark.parametrize("claim", [2**20, 2**40, 2**64 - 1])
def test_b4_each_dialling_socket_has_a_limit_too(system, protocol, claim):
    """Gateway and mailer end a connection whose frame claims too much, and take the next one."""
    ended = []

    def serve(listener):
        while True:
            try:
                link = Link(listener.accept()[0], protocol)
                if protocol == REP:
                    link.receive()
                link.sock.sendall(frame_at_limit(claim))
                link.sock.settimeout(20)
                while link.sock.recv(4096):
                    pass
                ended.append(1)
            except ConnectionError:
                ended.append(1)
            except OSError:
                return

    places = (0,) if protocol == PUB else (1, 2)
    for place in places:
        listener = socket.create_server(("127.0.0.1", system.ports.first + place))
        system.guard(listener)
        threading.Thread(target=serve, args=(listener,), daemon=True).start()
    gateway = system.start_gateway()
    mailer = system.start_mailer()
    gateway.wait_for_event("admin")
    mailer.wait_ready()
    until(lambda: len(ended) >= 3, "the first connection ends, and the next ones")
    before = rss(gateway), rss(mailer)
    until(lambda: len(ended) >= 10, "and so on")
    assert rss(gateway) - before[0] < 8 << 20 and rss(mailer) - before[1] < 8 << 20
    assert gateway.exit_code is None and mailer.exit_code is None
    gateway.kill()  # it was never ready: there is nothing to drain


def test_b4_plumectl_has_a_limit_too(system):
    system.control_key.write_text("k" * 64 + "\n")
    system.control_key.chmod(0o600)
    listener = system.guard(socket.create_server(("127.0.0.1", system.ports.first + 3)))

    def serve():
        link = Link(listener.accept()[0], REP)
        link.receive()
        link.sock.sendall(frame_at_limit(2**40))

    threading.Thread(target=serve, daemon=True).start()
    done = system.ctl("--timeout", "1s", "status")
    assert done.returncode == 1 and "no answer" in done.stderr


# -- B5


def test_b5_what_is_sent_again_late_or_by_nobody_is_counted(plume):
    plume.join("bob")

    def odd(what):
        return counted(plume.broker, f'plume_odd_batches_total{{what="{what}"}}')

    before = {what: odd(what) for what in ("again", "late", "start-over")}
    peer = FakeGateway(plume.ports.first + 1, (1, 2))
    first = peer.batch()
    assert peer.batch(number=1) == first
    peer.batch(number=2)
    peer.link.sock.settimeout(0.3)
    with pytest.raises(TimeoutError):
        peer.batch(number=1)
    stranger = FakeGateway(plume.ports.first + 1, (1, 2))
    stranger.batch(number=7)
    assert {what: odd(what) - n for what, n in before.items()} == {
        "again": 1, "late": 1, "start-over": 1,
    }  # fmt: skip


def test_b5_a_batch_carries_version_gateway_and_number(system):
    """What the real gateway sends: each number once, one higher than the last."""
    seen = []

    def answer(request):
        seen.append(request[0])
        return [[RESULTS, request[0][2], EPOCH, 0, 1, 0]]

    broker = system.guard(FakeBroker(system.ports.first, answer, (1, 2)))
    gateway = system.start_gateway()
    until(lambda: broker.subscribers, "the gateway subscribes")
    broker.publish([EVENTS, EPOCH, 0])
    gateway.wait_ready()
    until(lambda: len(seen) > 5, "batches")
    numbers = [head[2] for head in seen]
    assert numbers == list(range(1, len(numbers) + 1))
    assert len({head[1] for head in seen}) == 1


# -- B7


def files_below(folder):
    return [path for path in folder.rglob("*") if path.is_file()]


def test_b7_what_the_processes_keep_is_their_own(system):
    """State, keys, outbox, record and backup: read and written by their user only."""
    old = os.umask(0)
    try:
        plume = system.start()
        plume.join("ann")
        copy = system.directory / "copy.db"
        assert plume.ctl("backup", copy).returncode == 0
    finally:
        os.umask(old)
    kept = [
        path for path in files_below(system.directory)
        if path.name.startswith(("room.db", "audit.db", "control-key", "copy.db"))
    ]  # fmt: skip
    names = {path.name for path in kept}
    assert {"room.db", "room.db.secret-key", "audit.db", "audit.db.key", "control-key"} <= names
    assert {"audit.db.open-key", "audit.db.seal-key", "copy.db"} <= names
    for path in kept:
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path


SECRETS = {
    "control key": ("plume-broker", "control-key"),
    "secret key": ("plume-broker", "room.db.secret-key"),
    "record's key": ("plume-mailer", "audit.db.key"),
    "record's sealing key": ("plume-mailer", "audit.db.seal-key"),
}


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620])
@pytest.mark.parametrize("secret", SECRETS)
def test_b7_a_key_that_others_can_read_stops_the_start(system, secret, mode):
    name, path = SECRETS[secret]
    plume = system.start()
    plume.join("ann")
    for one in (plume.broker, plume.mailers[0]):
        one.drain()
    (system.directory / path).chmod(mode)
    one = plume.start_broker() if name == "plume-broker" else plume.start_mailer()
    assert one.wait_end() == 1
    (line,) = one.events("secret_refused")
    assert path in line["path"] and "others" in line["why"] and "chmod 600" in line["why"]
    one.kill()  # it has ended; the test says so


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644])
@pytest.mark.parametrize(
    "option", ["smtp-password-file", "mailgun-key-file"]
)
def test_b7_a_password_file_that_others_can_read_is_refused(system, option, mode):
    path = system.secret_file("password", "correct horse")
    path.chmod(mode)
    transport = "mailgun:chat.example" if "mailgun" in option else "smtp://mail.example"
    done = process.run(
        "plume-mailer", "--transport", transport, "--from", "p@a.example", "--smtp-user", "p",
        f"--{option}", path, "--check-config",
    )  # fmt: skip
    assert done.returncode == 2 and "chmod 600" in done.stderr, done.stderr
    assert "correct horse" not in done.stderr + done.stdout


def test_b7_plumectl_refuses_a_control_key_that_others_can_read(plume):
    plume.control_key.chmod(0o644)
    done = plume.ctl("status")
    assert done.returncode == 1 and "chmod 600" in done.stderr
    plume.control_key.chmod(0o600)


def settings(unit):
    return dict(re.findall(r"^(\w+)=(.*)$", unit.read_text(), re.M))


def test_b7_each_role_is_a_user_of_its_own_that_writes_its_own_folder_only():
    users = set()
    for unit in sorted(UNITS.glob("*.service.in")):
        role, one = re.match(r"plume-\w+", unit.name)[0], settings(unit)
        assert one["User"] == one["Group"] == role, unit
        assert one["User"] not in users
        users.add(one["User"])
        assert one["ProtectSystem"] == "strict" and one["NoNewPrivileges"] == "yes"
        assert one["CapabilityBoundingSet"] == "" and one["UMask"] == "0077"
        assert "ReadWritePaths" not in one
        if role == "plume-gateway":
            assert "StateDirectory" not in one, "it keeps nothing"
        else:
            assert one["StateDirectory"] == role and one["StateDirectoryMode"] == "0700"
    assert users == {"plume-broker", "plume-gateway", "plume-mailer"}
    made = (UNITS / "plume.sysusers.conf").read_text()
    assert set(re.findall(r"^u (plume-\w+) ", made, re.M)) == users


def test_b7_in_containers_nobody_is_root():
    """There each role has a container and volumes of its own, and one number for its user is enough."""
    stages = re.split(r"^FROM ", (process.SOURCE_DIR / "Dockerfile").read_text(), flags=re.M)[2:]
    assert len(stages) >= 4
    for stage in stages:
        assert re.findall(r"^USER (\w+)$", stage, re.M)[-1] not in ("root", "0"), stage
    for role in ("broker", "gateway", "mailer"):
        pod = (process.SOURCE_DIR / f"deploy/kubernetes/{role}.yaml").read_text()
        assert "runAsNonRoot: true" in pod and "readOnlyRootFilesystem: true" in pod


@pytest.mark.skipif(
    os.geteuid() != 0 or not shutil.which("setpriv"), reason="other users take root"
)
def test_b7_as_a_stranger_no_key_and_no_state_can_be_read(system):
    """The files of a running room, as another user of the machine sees them."""
    plume = system.start()
    plume.join("ann")
    for folder in (system.directory, *system.directory.parents):
        if folder != folder.parent and folder.stat().st_mode & 0o005 != 0o005:
            system.directory.chmod(0o755)  # the files themselves have to be closed
            break
    stranger = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"]
    for name in ("room.db", "room.db.secret-key", "control-key", "audit.db", "audit.db.key"):
        done = subprocess.run(
            [*stranger, "cat", system.directory / name], capture_output=True, check=False
        )
        assert done.returncode != 0 and not done.stdout, name


def test_b7_a_process_writes_nowhere_but_beside_its_state(system):
    """A gateway makes no file at all; broker and mailer only such whose name begins with theirs."""
    plume = system.start()
    ann = plume.join("ann")
    ann.say("hello")
    ann.settle()
    mine = ("room.db", "audit.db", "control-key", "plume-", "mail")
    for path in system.directory.iterdir():
        assert path.name.startswith(mine), path
    status = json.loads(plume.ctl("--json", "status").stdout)
    assert status["people"] == 1
