"""SIGHUP: what changes at once, what is refused as a whole, and that nobody is dropped."""

import json
import signal
import socket
import subprocess

import pytest
from plume import admin, process
from plume.client import Client
from plume.raw_socket import RawSocket
from plume.smtp_sink import HANG, SmtpSink
from plume.wait import until


def reload(one, result="taken"):
    name = f'plume_reloads_total{{result="{result}"}}'
    before = admin.metrics(one)[name]
    one.signal(signal.SIGHUP)
    until(lambda: admin.metrics(one)[name] > before, f"{one} reloads: {result}\n{one.log_tail()}")


@pytest.fixture
def config(system):
    path = system.directory / "gateway.conf"

    def write(text):
        path.write_text(text)
        return path

    return write


def test_limits_and_origins_change_for_those_who_are_connected(system, config):
    path = config("origin = https://a.example\nposts-per-second = 10\n")
    plume = system.start(gateway={"config": path})
    gateway = plume.gateways[0]
    ann = plume.join("ann")
    config("origin = https://b.example\nposts-per-second = 1\nposts-burst = 1\n")
    reload(gateway)
    assert {e["option"] for e in gateway.events("reload_changed")} == {
        "origin", "posts-per-second", "posts-burst",
    }  # fmt: skip
    for n in range(3):
        ann.say(f"quick {n}")
    ann.expect_refused("too-fast")
    assert upgrade(gateway, "https://b.example") == 101
    assert upgrade(gateway, "https://a.example") == 403


def test_patience_with_who_takes_nothing_changes(system, config):
    """While bytes wait for a browser it is sent no ping: the kernel has to know the new time."""
    path = config("ping-interval = 1h\npong-timeout = 1h\nposts-per-second = 0\n")
    plume = system.start(gateway={"config": path})
    gateway = plume.gateways[0]
    ann, bob = plume.join("ann"), plume.join("bob")
    config("ping-interval = 1s\npong-timeout = 2s\nposts-per-second = 0\n")
    reload(gateway)
    deaf = system.guard(RawSocket(gateway.port))
    deaf.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    deaf.upgrade().resume(bob.token)
    for n in range(8):
        ann.expect_own(ann.say(f"{n} " + "x" * 60_000))
    until(
        lambda: admin.metrics(gateway)["plume_connections"] == 2, "the end of who takes nothing"
    )


def upgrade(gateway, origin):
    with socket.create_connection(("127.0.0.1", gateway.port)) as browser:
        browser.sendall(
            f"GET /connect HTTP/1.1\r\nHost: x\r\nOrigin: {origin}\r\nUpgrade: websocket\r\n"
            "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
            "Sec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        return int(browser.recv(100).split()[1])


def test_the_limits_of_logins_change_without_forgetting_what_was_counted(system):
    path = system.directory / "broker.conf"
    path.write_text("mails-per-address = 2\ncode-tries = 5\n")
    plume = system.start(broker={"config": path, "mails_per_address": None})
    for _ in range(2):
        one = plume.client()
        one.hello("ann", "ann@ann.example")
        one.expect_waiting(mail="sent")
    one = plume.client()
    one.hello("ann", "ann@ann.example")
    one.expect_waiting(mail="withheld")
    path.write_text("mails-per-address = 3\ncode-tries = 1\n")
    reload(plume.broker)
    one = plume.client()
    one.hello("ann", "ann@ann.example")
    one.expect_waiting(mail="sent")
    one.auth("00000000")
    one.expect_reset()
    dead = 'plume_login_events_total{kind="login-dead"}'
    assert admin.metrics(plume.broker)[dead] == 1, "one try was all"


def test_addresses_are_denied_from_a_reload_on(system):
    path = system.directory / "broker.conf"
    path.write_text("")
    plume = system.start(broker={"config": path})
    plume.join("ann").settle()
    path.write_text("deny-address = *@spam.example\n")
    reload(plume.broker)
    eve = plume.client(label="eve")
    eve.hello("eve", "eve@spam.example")
    eve.expect_waiting()
    plume.join("bob")  # whose letter came after one for eve would have
    assert not any("spam.example" in str(path.read_bytes()) for path in plume.maildir.glob("new/*"))


def test_the_grace_period_changes_for_those_who_are_here(system):
    path = system.directory / "broker.conf"
    path.write_text("grace = 1h\n")
    plume = system.start(broker={"config": path})
    ann, bob = plume.join("ann"), plume.join("bob")
    bob.cut()
    path.write_text("grace = 0\n")
    reload(plume.broker)
    ann.expect_text("bob", "left chat")


def logins(plume, name):
    one = plume.client(label=name)
    one.hello(name, f"{name}@{name}.example")
    return one, one.expect_waiting()["expires_in"]


def test_codes_end_otherwise_for_those_who_ask_later(system):
    path = system.directory / "broker.conf"
    path.write_text("code-ttl = 1h\n")
    plume = system.start(broker={"config": path})
    ann, life = logins(plume, "ann")
    assert life > 600000
    path.write_text("code-ttl = 5m\n")
    reload(plume.broker)
    _, life = logins(plume, "bob")
    assert life <= 300000
    ann.auth(plume.code_for("ann@ann.example"))
    ann.expect_in()


def test_history_is_cut_at_once_on_disk_too(system):
    path = system.directory / "broker.conf"
    path.write_text("history = 100\n")
    plume = system.start(broker={"config": path}, gateway={"posts_per_second": 0})
    ann = plume.join("ann")
    for n in range(50):
        ann.expect_own(ann.say(f"secret of the past {n:02}"))

    def on_disk():
        files = [plume.state, plume.state.with_name("room.db-wal")]
        return b"".join(file.read_bytes() for file in files if file.exists())

    assert b"secret of the past 07" in on_disk()
    path.write_text("history = 10\n")
    reload(plume.broker)
    assert admin.metrics(plume.broker)["plume_history_posts"] == 10
    assert b"secret of the past 07" not in on_disk() and b"secret of the past 45" in on_disk()
    path.write_text("history = 0\n")
    reload(plume.broker)
    assert b"secret" not in on_disk()
    path.write_text("history = 5\n")
    reload(plume.broker)
    for n in range(9):
        ann.expect_own(ann.say(f"later {n}"))
    assert admin.metrics(plume.broker)["plume_history_posts"] == 5
    plume.broker.kill()
    plume.start_broker(config=path).wait_ready()
    assert ann.wire.closed is None
    ann.settle()  # numbers go on
    assert admin.metrics(plume.broker)["plume_history_posts"] == 5


def test_a_longer_history_keeps_what_there_is(system):
    path = system.directory / "broker.conf"
    path.write_text("history = 5\nhistory-age = 1h\n")
    plume = system.start(broker={"config": path})
    ann = plume.join("ann")
    for n in range(8):
        ann.expect_own(ann.say(f"line {n}"))
    path.write_text("history = 500\n")
    reload(plume.broker)
    assert admin.metrics(plume.broker)["plume_history_posts"] == 5
    for n in range(8, 12):
        ann.expect_own(ann.say(f"line {n}"))
    bob = plume.join("bob")
    bob.expect_text("ann", "line 11")
    lines = [text for _, text in bob.texts("ann") if text.startswith("line")]
    assert lines == [f"line {n}" for n in range(3, 12)]


def test_the_trail_is_cut(system):
    path = system.directory / "broker.conf"
    path.write_text("")
    plume = system.start(broker={"config": path})
    one = plume.client(label="ann")
    one.hello("ann", "ann@ann.example")
    reference = one.expect_waiting(mail="sent")["reference"]
    assert plume.ctl("why", reference).returncode == 0
    path.write_text("trail = 1\n")
    reload(plume.broker)
    until(lambda: plume.ctl("why", reference).returncode == 1, "its rows are gone")


def test_another_proxy_is_believed(system, config):
    path = config("trusted-proxy = 192.0.2.1\n")
    plume = system.start(broker={"mails_per_network": 1}, gateway={"config": path})
    gateway = plume.gateways[0]

    def visit(name, address):
        visitor = Client(gateway.url, name, extra_headers=[("X-Forwarded-For", address)])
        system.clients.append(visitor)
        visitor.hello(name, f"{name}@{name}.example")
        return visitor.expect_waiting().get("mail")

    assert visit("ann", "203.0.113.1") != "withheld"
    assert visit("bob", "203.0.113.2") == "withheld"
    config("trusted-proxy = 127.0.0.1\n")
    reload(gateway)
    assert visit("eve", "203.0.113.3") != "withheld"
    config("trusted-proxy = 10.0.0.0/33\n")
    reload(gateway, "refused")
    assert "--trusted-proxy" in gateway.events("reload_refused")[0]["why"]
    assert visit("fay", "203.0.113.4") != "withheld", "what was is in force"


def test_the_limits_of_mail_change(system):
    sink = system.guard(SmtpSink())
    path = system.directory / "mailer.conf"
    path.write_text("mail-timeout = 1m\naudit-keep = 30d\n")
    plume = system.start(mailer={"transport": f"smtp://127.0.0.1:{sink.port}", "config": path})
    path.write_text("mail-timeout = 1s\naudit-keep = 10d\n")
    mailer = plume.mailers[0]
    reload(mailer)
    assert {e["option"] for e in mailer.events("reload_changed")} == {"mail-timeout", "audit-keep"}
    sink.reply("DATA", HANG)
    ann = plume.client(label="ann")
    ann.hello("ann", "ann@ann.example")
    ann.expect_waiting(mail="deferred")
    sink.relent()


def test_a_bad_file_is_refused_as_a_whole(system, config):
    path = config("posts-per-second = 10\n")
    plume = system.start(gateway={"config": path})
    gateway, ann = plume.gateways[0], plume.join("ann")
    for bad in ("posts-burst = 1\nposts-per-second = many\n", "posts-burst = 1\nno-such = 1\n", "\0"):
        config(bad)
        reload(gateway, "refused")
    path.unlink()
    reload(gateway, "refused")
    lines = gateway.events("reload_refused", level="error")
    assert len(lines) == 4 and "gateway.conf:2: posts-per-second" in lines[0]["why"]
    assert not gateway.events("reload_changed")
    for n in range(5):  # the burst of 1 is not in force
        ann.expect_own(ann.say(f"quick {n}"))


def named(plume, name):
    return {"broker": plume.broker, "gateway": plume.gateways[0], "mailer": plume.mailers[0]}[name]


UNFIT = {  # these options are in the file, not on the command line, which would come before it
    "broker": ["bus = foo", "commands = tcp://0.0.0.0:4880", "events = tls+tcp://127.0.0.1:4880",
               "reserve = @@", "ban = bogus:x"],
    "gateway": ["listen = foo", "admin = foo", "trusted-proxy = foo", "commands = foo"],
    "mailer": ["transport = foo", "from = bad", "smtp-ca = /nonexistent", "public-url = foo"],
}  # fmt: skip


@pytest.mark.parametrize("name", UNFIT)
def test_what_the_next_start_would_refuse_is_refused_as_a_whole(name, system):
    good = {
        "broker": {"bus": system.bus},
        "gateway": {"listen": "127.0.0.1:0", "admin": "127.0.0.1:0"},
        "mailer": {"transport": f"maildir:{system.maildir}", "from": "plume@chat.example"},
    }[name]
    path = system.directory / "some.conf"

    def write(values):
        path.write_text("".join(f"{option} = {value}\n" for option, value in values.items()))

    write(good)
    elsewhere = {"from_" if option == "from" else option: None for option in good}
    plume = system.start(**{name: {**elsewhere, "config": path, "log_rate": None}})
    one = named(plume, name)
    for line in UNFIT[name]:
        option, value = line.split(" = ")
        write({**good, option: value, "log-rate": "10"})
        reload(one, "refused")
        assert value in one.events("reload_refused", level="error")[-1]["why"] or name == "mailer"
    assert not one.events("reload_changed") and not one.events("reload_needs_restart")
    write(good)
    reload(one)


@pytest.mark.parametrize("name", ["broker", "gateway", "mailer"])
def test_b7_a_key_of_the_bus_that_others_can_read_is_refused(name, system):
    plume = system.secure().start()
    one = named(plume, name)
    path = plume.certificates / name / "cert.pem"
    path.chmod(0o644)
    reload(one, "refused")
    assert "chmod 600" in one.events("reload_refused", level="error")[0]["why"]
    path.chmod(0o600)
    reload(one)


def test_b1_a_certificate_that_has_ended_is_refused(system):
    """By a reload, which would cut the process off, by a start and by --check-config."""
    plume = system.secure().start()
    gateway, ann = plume.gateways[0], plume.join("ann")
    path = plume.certificates / "gateway/cert.pem"
    good, ended = path.read_bytes(), plume.directory / "ended.pem"
    command = ["openssl", "x509", "-in", path, "-signkey", path, "-days", "-1", "-out", ended]
    subprocess.run(command, check=True, capture_output=True)
    path.write_bytes(ended.read_bytes() + good)
    reload(gateway, "refused")
    assert "has ended" in gateway.events("reload_refused", level="error")[0]["why"]
    ann.settle()
    options = process.as_options({"bus": plume.bus, **plume.shown("plume-gateway")})
    for check in ([], ["--check-config"]):
        run = process.run("plume-gateway", *options, *check)
        assert run.returncode == 2 and "has ended" in run.stderr
    path.write_bytes(good)
    reload(gateway)
    ann.settle()


def test_what_takes_a_restart_is_named_and_stays(system, config):
    path = config("flush-interval = 20ms\n")
    plume = system.start(gateway={"config": path})
    config("flush-interval = 40ms\nlisten = 127.0.0.1:1\nlog-level = info\n")
    gateway = plume.gateways[0]
    reload(gateway)
    # listen and log-level are on the command line, which comes before the file
    assert [e["option"] for e in gateway.events("reload_needs_restart")] == ["flush-interval"]


@pytest.mark.parametrize("name", ["broker", "gateway", "mailer"])
def test_the_log_changes_at_run_time(name, system):
    path = system.directory / "some.conf"
    path.write_text("log-level = debug\n")
    options = {"config": path, "log_level": None}
    plume = system.start(**{name: options})
    one = {"broker": plume.broker, "gateway": plume.gateways[0], "mailer": plume.mailers[0]}[name]
    path.write_text("log-level = warn\nlog-format = json\n")
    reload(one)
    lines = one.log().splitlines()
    assert not any('"reloaded"' in line for line in lines), "info is off"
    path.write_text("log-level = info\nlog-format = json\n")
    reload(one)
    until(lambda: '"event":"reloaded"' in one.log(), "a line in JSON")
    last = [line for line in one.log().splitlines() if '"reloaded"' in line][-1]
    fields = json.loads(last)
    assert fields["level"] == "info" and fields["program"] == f"plume-{name}"


def test_b1_new_certificates_are_taken_without_dropping_anybody(system):
    plume = system.secure().start(gateways=2)
    ann, bob = plume.join("ann"), plume.join("bob", at=1)
    everybody = [plume.broker, *plume.gateways, *plume.mailers]
    script = process.SOURCE_DIR / "script/bus-certs"
    subprocess.run([script, "--renew", plume.certificates], check=True, capture_output=True)
    for one in everybody:
        reload(one)
        ann.settle()
        bob.settle()
    ann.say("over new certificates")
    bob.expect_text("ann", "over new certificates")
    plume.join("eve")  # mail works too
    assert plume.ctl("status").returncode == 0
    assert ann.wire.closed is None and bob.wire.closed is None
    assert not any(one.events("bus_renew_failed") for one in everybody)


def test_b1_an_authority_is_changed_without_a_gap(system):
    """As docs/OPERATIONS.md says: both authorities, new certificates, the old one out."""
    plume = system.secure().start()
    ann = plume.join("ann")
    other = plume.directory / "other"
    process.bus_certs(other)
    trusted = plume.certificates / "broker/gateway-ca.pem"
    shown = plume.certificates / "gateway/cert.pem"
    new = (other / "broker/gateway-ca.pem").read_bytes()
    trusted.write_bytes(trusted.read_bytes() + new)
    reload(plume.broker)
    ann.settle()
    shown.write_bytes((other / "gateway/cert.pem").read_bytes())
    reload(plume.gateways[0])
    ann.settle()
    trusted.write_bytes(new)
    reload(plume.broker)
    ann.settle()
    assert ann.wire.closed is None


def test_b1_certificates_that_cannot_be_used_are_refused(system):
    plume = system.secure().start()
    ann = plume.join("ann")
    for one, name in ((plume.broker, "broker"), (plume.gateways[0], "gateway")):
        path = plume.certificates / name / "cert.pem"
        good = path.read_bytes()
        path.write_bytes(b"no certificate\n")
        reload(one, "refused")
        assert one.events("bus_certificates_refused", level="error")
        path.write_bytes(good)
        ann.settle()
    assert ann.wire.closed is None


def test_many_reloads_in_a_row_lose_nothing(system):
    plume = system.start(gateway={"posts_per_second": 0})
    ann, bob = plume.join("ann"), plume.join("bob")
    for n in range(20):
        for one in (plume.broker, plume.gateways[0], plume.mailers[0]):
            one.signal(signal.SIGHUP)
        ann.say(f"line {n}")
        bob.expect_text("ann", f"line {n}")
    assert ann.wire.closed is None and bob.wire.closed is None


def test_systemd_hears_of_start_reload_watchdog_and_stop(system):
    path = system.directory / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(path))
        manager.settimeout(20)
        env = {"NOTIFY_SOCKET": str(path), "WATCHDOG_USEC": "200000"}

        def expect(word):
            while word not in (news := manager.recv(4096).decode()):
                pass
            return news

        broker = system.start_broker(env=env)
        expect("READY=1")
        for _ in range(3):
            expect("WATCHDOG=1")
        broker.signal(signal.SIGHUP)
        assert "MONOTONIC_USEC=" in expect("RELOADING=1")
        assert "reloaded" in expect("READY=1")
        broker.begin_drain()
        expect("STOPPING=1")
        assert broker.wait_end() == 0
