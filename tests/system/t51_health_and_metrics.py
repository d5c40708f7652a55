"""The admin address: health that is true, metrics that Prometheus can read, nothing in public."""

import contextlib
import http.client
import json
import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import tempfile
import threading
import time

import pytest
from plume import admin, process
from plume.system import free_port
from plume.wait import until

PATHS = ("/livez", "/readyz", "/metrics")


def all_of(plume):
    return [plume.broker, *plume.gateways, *plume.mailers]


def test_each_process_tells_that_it_is_live_and_ready(plume):
    for one in all_of(plume):
        assert admin.request(one, "/livez")[0] == 200
        until(lambda one=one: admin.ready(one)[0], f"{one} is ready")


def test_other_paths_and_methods_are_refused(plume):
    for one in all_of(plume):
        for path in ("/", "/metrics/", "/metrics%00", "/metrics?x=1#", "/../metrics", "/favicon.ico"):
            expected = 200 if path.startswith("/metrics?") else 404
            assert admin.request(one, path)[0] == expected, path
        for method in ("POST", "PUT", "DELETE", "OPTIONS", "PATCH"):
            status, headers, _ = admin.request(one, "/metrics", method, body="x" * 100)
            assert status == 405 and headers["Allow"] == "GET, HEAD"
        status, headers, text = admin.request(one, "/metrics", "HEAD")
        assert status == 200 and text == "" and int(headers["Content-Length"]) > 100


def test_w13_the_public_port_has_none_of_it(plume):
    for path in PATHS:
        connection = http.client.HTTPConnection("127.0.0.1", plume.gateways[0].port, timeout=10)
        connection.request("GET", path)
        assert connection.getresponse().status == 404
        connection.close()


def test_w13_the_admin_address_is_loopback_by_default(system):
    """Unless told otherwise, it is bound to 127.0.0.1 and nothing else."""
    for name, port in (("plume-broker", 4885), ("plume-gateway", 4886), ("plume-mailer", 4887)):
        text = process.run(name, "--help").stdout
        assert f"127.0.0.1:{port}" in text
    system.start_broker().wait_ready()
    assert admin.address_of(system.broker).startswith("127.0.0.1:")


def test_two_without_an_address_of_their_own_both_run(system):
    """The second finds the place taken that nobody asked it to take; asked for, it is an error."""
    with socket.socket() as squatter:
        squatter.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            squatter.bind(("127.0.0.1", 4885))
            squatter.listen()
        except OSError:
            pass  # somebody has it already: all the same to us
        broker = system.start_broker(admin=None)
        broker.wait_ready()
        broker.wait_for_event("admin_off", level="warn")
        broker.drain()
        broker = system.start_broker(admin="127.0.0.1:4885")
        assert broker.wait_end() == 1 and broker.events("admin_failed")
        broker.kill()


def test_off_opens_nothing(system):
    broker = system.start_broker(admin="off").wait_ready()
    broker.drain()
    assert not broker.events("admin") and not broker.events("admin_off")


@pytest.mark.parametrize("address", ["nowhere", ":80", "127.0.0.1:", "127.0.0.1:65536", "a b:c", ""])
def test_an_address_that_is_none_is_refused(address):
    done = process.run("plume-broker", "--admin", address, "--check-config")
    assert done.returncode == 2 and "--admin" in done.stderr


# -- health that is true


def test_a_stuck_loop_is_not_ready_and_then_not_live(system):
    """SIGSTOP stops the whole process; its threads would go on where only the loop is stuck, so a
    debugger's trick is not needed to see that nobody answers: both fail, live later."""
    broker = system.start_broker().wait_ready()
    assert admin.request(broker, "/livez")[0] == 200
    broker.signal(signal.SIGSTOP)
    with pytest.raises(OSError):
        admin.request(broker, "/readyz", deadline=2)
    broker.signal(signal.SIGCONT)
    until(lambda: admin.request(broker, "/livez")[0] == 200, "it lives again")


def test_a_gateway_without_its_broker_is_not_ready_within_two_seconds(plume):
    gateway = plume.gateways[0]
    until(lambda: admin.ready(gateway)[0], "ready")
    plume.broker.kill()
    killed = time.monotonic()
    until(lambda: not admin.ready(gateway)[0], "not ready")
    assert time.monotonic() - killed < 3  # 2 s are promised; the rest is this machine
    assert admin.request(gateway, "/livez")[0] == 200, "that is no reason to restart it"
    mailer = plume.mailers[0]
    until(lambda: not admin.ready(mailer)[0], "nor is the mailer")
    plume.start_broker().wait_ready()
    until(lambda: admin.ready(gateway)[0] and admin.ready(mailer)[0], "both are ready again")


def test_a_gateway_with_a_stopped_broker_is_not_ready(plume):
    """Half-open: the connection stands, nobody answers."""
    gateway = plume.gateways[0]
    until(lambda: admin.ready(gateway)[0], "ready")
    plume.broker.signal(signal.SIGSTOP)
    until(lambda: not admin.ready(gateway)[0], "not ready")
    plume.broker.signal(signal.SIGCONT)
    until(lambda: admin.ready(gateway)[0], "ready again")


def test_a_gateway_that_waits_or_drains_is_not_ready(system):
    gateway = system.start_gateway(drain="5s")
    assert admin.ready(gateway) == (False, "not ready: waits for the broker")
    system.start_broker()
    system.start_mailer()
    system.wait_ready()
    until(lambda: admin.ready(gateway)[0], "ready")
    people = [system.join(name) for name in ("ann", "bob")]
    people[0].deafen()  # keeps the drain going
    gateway.begin_drain()
    until(lambda: admin.ready(gateway)[1] == "not ready: draining" or gateway.exit_code == 0, "drains")

def test_a_mailer_whose_server_cannot_be_used_is_not_ready(system):
    """M4's "degraded": the last attempt found no way to the mail server."""
    port = free_port()
    plume = system.start(mailer={"transport": f"smtp://127.0.0.1:{port}"})
    mailer = plume.mailers[0]
    until(lambda: admin.ready(mailer)[0], "ready: nothing was tried yet")
    ann = plume.client(label="ann")
    ann.hello("ann", "ann@ann.example")
    until(lambda: "degraded" in admin.ready(mailer)[1], "degraded")
    assert admin.metrics(mailer)["plume_transport_degraded"] == 1


# -- metrics


def promtool(text):
    tool = shutil.which("promtool")
    if tool:
        done = subprocess.run([tool, "check", "metrics"], input=text, capture_output=True, text=True,
                              check=False)  # fmt: skip
        assert done.returncode == 0 and not done.stderr, done.stderr + done.stdout


def test_metrics_can_be_read_by_prometheus(plume):
    plume.join("ann").settle()
    for one in all_of(plume):
        text = admin.request(one, "/metrics")[2]
        assert admin.parse(text)['plume_log_lines_total{level="error"}'] == 0
        promtool(text)


def test_open_files_are_counted_for_an_unprivileged_user_too(system):
    """Nobody else may look into what keeps secrets in memory; the process itself must be able to."""
    with tempfile.TemporaryDirectory() as folder:
        wrap = ()
        if os.geteuid() == 0:
            os.chown(folder, 65534, 65534)
            nobody = ("--reuid=65534", "--regid=65534", "--clear-groups", "--pdeathsig=KILL")
            wrap = ("setpriv", *nobody)
            tried = subprocess.run([*wrap, "test", "-x", process.program("plume-broker")])
            if tried.returncode:
                pytest.skip("the programs lie where only root can run them")
        own = {"state": f"{folder}/room.db", "control_key": f"{folder}/key"}
        broker = system.start_broker(wrap=wrap, **own).wait_ready()
        before = admin.metrics(broker)["process_open_fds"]
        assert before > 5, "three streams and the endpoints at least"
        with contextlib.ExitStack() as held:
            for _ in range(8):
                end = ("127.0.0.1", system.ports.first + 1)
                held.enter_context(socket.create_connection(end, 5))
            until(lambda: admin.metrics(broker)["process_open_fds"] >= before + 8, "eight more")
        broker.drain()


def test_no_metric_names_anybody(plume):
    """Neither name nor address nor IP, whatever was done."""
    ann = plume.join("ann-of-the-test", "ann-secret@private.example")
    ann.settle()
    plume.ctl("say", "hello")
    for one in all_of(plume):
        text = admin.request(one, "/metrics")[2]
        for word in ("ann-of", "secret", "private.example", "127.0.0.1", "@"):
            assert word not in text
        labels = set(re.findall(r"[{,]([a-z_]+)=", text))
        assert labels <= {"kind", "what", "state", "result", "reason", "outcome", "level", "le", "why"} | {
            "program", "version", "bus", "endpoint",
        }  # fmt: skip


def grown(one, before, name, by):
    """Counters are read again until they have grown: the answer may be there before the count."""
    def look():
        return admin.metrics(one).get(name, 0) - before.get(name, 0) >= by
    until(look, lambda: f"{name} grows by {by}: {admin.metrics(one).get(name)}")


def test_what_happens_is_counted(plume):
    gateway, broker, mailer = plume.gateways[0], plume.broker, plume.mailers[0]
    at_gateway, at_broker, at_mailer = map(admin.metrics, (gateway, broker, mailer))
    ann = plume.join("ann")
    ann.settle()
    bob = plume.client(label="bob")
    bob.hello("ann", "bob@b.example")
    bob.expect_no_entry("name-taken")
    bob.hello("bob", "bob@b.example")
    bob.expect_waiting()
    plume.code_for("bob@b.example")
    bob.auth("00000000")
    bob.expect_reset()
    bob.say("too early")
    bob.expect_refused("not-in-room")
    for name, by in (
        ("plume_connections_opened_total", 2),
        ('plume_logins_total{outcome="admitted"}', 1),
        ('plume_logins_total{outcome="name-taken"}', 1),
        ('plume_logins_total{outcome="wrong-code"}', 1),
        ('plume_refusals_total{reason="not-in-room"}', 1),
        ("plume_posts_received_total", 3),  # entered, and two of settle()
        ("plume_deliveries_total", 3),
        ("plume_delivery_lag_seconds_count", 1),
        ("plume_round_trip_seconds_count", 5),
        ("plume_connections", 2),
        ("plume_connections_inside", 1),
    ):
        grown(gateway, at_gateway, name, by)
    for name, by in (
        ("plume_posts_total", 3),
        ('plume_commands_total{kind="say"}', 2),
        ('plume_commands_total{kind="hello"}', 3),
        ("plume_commit_seconds_count", 5),
        ("plume_batch_commands_count", 5),
        ('plume_letter_reports_total{state="sent"}', 2),
        ("plume_people", 1),
        ("plume_names", 1),
        ("plume_sessions", 1),
    ):
        grown(broker, at_broker, name, by)
    grown(mailer, at_mailer, 'plume_letter_attempts_total{state="sent"}', 2)
    assert admin.metrics(mailer)["plume_desk_connected"] == 1
    assert admin.metrics(broker)["plume_state_writable"] == 1


def test_a2_the_head_of_the_record_is_a_metric(plume):
    plume.join("ann")
    mailer = plume.mailers[0]

    def told():
        numbers = admin.metrics(mailer)
        return int(numbers["plume_audit_rows"]), int(numbers["plume_audit_head"])

    def kept():
        with contextlib.closing(sqlite3.connect(plume.audit_db)) as audit:
            row, link = audit.execute(
                "SELECT id, hex(chain_hash) FROM audit ORDER BY id DESC LIMIT 1"
            ).fetchone()
        return row, int(link[:12], 16)

    until(lambda: told() == kept() and told()[0] > 1, lambda: f"{told()} is {kept()}")


def test_returns_closes_and_drops_are_counted(plume):
    gateway = plume.gateways[0]
    ann = plume.join("ann")
    before = admin.metrics(gateway)
    ann.cut()
    ann.connect(gateway.url)
    ann.resume()
    ann.expect_in(resumed=True)
    eve = plume.client(label="eve")
    eve.resume("not-a-token", epoch="0" * 15 + "1", seq=0)
    eve.expect_reset()
    for _ in range(3):
        eve.send_raw("{")
    eve.expect_closed(1008)
    grown(gateway, before, 'plume_resumes_total{result="taken"}', 1)
    grown(gateway, before, 'plume_resumes_total{result="over"}', 1)
    grown(gateway, before, 'plume_closes_total{reason="bad-input"}', 1)
    grown(gateway, before, "plume_connections_closed_total", 2)


def test_a_killed_gateway_counts_as_silent_and_does_not_lag(system):
    plume = system.start(gateways=2, broker={"gateway_timeout": "1s"})
    ann = plume.join("ann")
    assert admin.metrics(plume.broker)["plume_gateways"] == 2
    plume.gateways[1].kill()
    until(lambda: admin.metrics(plume.broker)["plume_gateways"] == 1, "it is not heard")
    for n in range(5):
        ann.expect_own(ann.say(f"line {n}"))
    until(lambda: admin.metrics(plume.broker)["plume_gateway_lag_posts"] == 0, "the other one has all")
    assert admin.metrics(plume.broker)["plume_gateways_silent"] == 1


def test_b1_an_insecure_bus_shows_in_the_metrics(system):
    secure = system.start_broker().wait_ready()
    assert admin.metrics(secure)["plume_insecure_bus"] == 0
    secure.drain()
    system.bus = f"tcp://0.0.0.0:{system.ports.first}"
    broker = system.start_broker(env={"PLUME_INSECURE_BUS": "yes"}).wait_ready()
    assert admin.metrics(broker)["plume_insecure_bus"] == 1


# -- strangers at the admin address


def test_many_silent_connections_keep_nobody_out_for_long(system):
    broker = system.start_broker().wait_ready()
    host, _, port = admin.address_of(broker).rpartition(":")
    idle = [socket.create_connection((host, int(port))) for _ in range(60)]
    for one in idle:
        one.sendall(b"GET /metr")
    until(lambda: _answers(broker), "an answer for somebody else", 40)
    for one in idle:
        one.close()
    assert system.ctl("status").returncode == 0


def _answers(broker):
    try:
        return admin.request(broker, "/livez", deadline=2)[0] == 200
    except OSError:
        return False


def test_garbage_does_no_harm(system):
    broker = system.start_broker().wait_ready()
    host, _, port = admin.address_of(broker).rpartition(":")
    for junk in (b"\0" * 1000, b"GET /metrics HTTP/9.9\r\n\r\n", b"G" * 100000, b"\r\n" * 5000,
                 b"GET /livez HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\nx" * 3):  # fmt: skip
        with socket.create_connection((host, int(port))) as stranger:
            try:
                stranger.sendall(junk)
            except OSError:
                pass  # it had heard enough
    assert admin.request(broker, "/livez")[0] == 200


def test_many_ask_at_once(plume):
    results = []

    def ask():
        for _ in range(20):
            results.append(admin.request(plume.gateways[0], "/metrics")[0])

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert results == [200] * 160


# -- plumectl health


def ctl_health(*args):
    return process.run("plumectl", *args)


def test_plumectl_tells_health_by_its_exit_code(plume):
    gateway = admin.address_of(plume.gateways[0])
    until(lambda: ctl_health("--admin", gateway, "health").returncode == 0, "ready")
    assert ctl_health("--admin", gateway, "health", "ready").stdout == "ready\n"
    assert ctl_health("--admin", gateway, "health", "live").stdout == "live\n"
    plume.broker.kill()
    until(lambda: ctl_health("--admin", gateway, "health").returncode == 1, "not ready")
    done = ctl_health("--admin", gateway, "--json", "health")
    assert json.loads(done.stdout) == {"healthy": False, "status": 503}
    assert ctl_health("--admin", gateway, "health", "live").returncode == 0


def test_plumectl_needs_nothing_of_the_bus_to_tell_health(system):
    """In a container with a server's environment: no control key, no certificates of control."""
    broker = system.start_broker().wait_ready()
    env = {"PLUME_BUS": "tls+tcp://broker:4880", "PLUME_CONFIG": "/etc/plume/broker.conf",
           "PLUME_ADMIN": admin.address_of(broker)}  # fmt: skip
    assert process.run("plumectl", "health", env=env).returncode == 0


def test_plumectl_tells_when_nobody_answers():
    nobody = f"127.0.0.1:{free_port()}"
    done = ctl_health("--admin", nobody, "health")
    assert done.returncode == 1 and nobody in done.stderr
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"127.0.0.1:{silent.getsockname()[1]}"
        done = ctl_health("--admin", address, "--timeout", "300ms", "health")
        assert done.returncode == 1 and address in done.stderr
    assert ctl_health("--admin", "nowhere", "health").returncode == 2
    assert ctl_health("health", "well").returncode == 2
