"""The bus in TLS: who gets through, who does not, and what is refused before it begins."""

import os
import shutil
import signal
import socket
import subprocess

import pytest
from plume import admin, process
from plume.wait import until

ENDPOINTS = {"events": 0, "commands": 1, "mail": 2, "control": 3}
MAY = {"gateway": {"events", "commands"}, "mailer": {"mail"}, "control": {"control"}}


@pytest.fixture
def secure(system):
    return system.secure()


def handshake(system, endpoint, cert=None, name="plume-broker", ca=None):
    """What openssl says of a connection: does the other side let this certificate in?"""
    ca = ca or system.certificates / "gateway/ca.pem"
    command = ["openssl", "s_client", "-connect", f"127.0.0.1:{system.ports.first + endpoint}"]
    command += ["-CAfile", ca, "-verify_hostname", name, "-verify_return_error", "-quiet"]
    if cert:
        command += ["-cert", cert, "-key", cert]
    with subprocess.Popen(
        list(map(str, command)), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as child:  # fmt: skip
        # The greeting of NNG (SP, protocol number) comes to whom the other side took.
        greeting = child.stdout.read1(4096)
        while greeting and b"\0SP\0" not in greeting:
            more = child.stdout.read1(4096)
            if not more:
                break
            greeting += more
        child.kill()
    return b"\0SP\0" in greeting


def nngcat(system, *args, seconds=3):
    command = ["timeout", str(seconds), "nngcat", "--quoted", *map(str, args)]
    return subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)


def plain(system, endpoint):
    return f"tcp://127.0.0.1:{system.ports.first + endpoint}"


def tls(system, endpoint):
    return f"tls+tcp://127.0.0.1:{system.ports.first + endpoint}"


def test_b1_people_chat_and_the_operator_asks_over_tls(secure):
    plume = secure.start(gateways=2)
    ann, bob = plume.join("ann"), plume.join("bob", at=1)
    ann.say("over the wire")
    bob.expect_text("ann", "over the wire")
    status = plume.ctl("status")
    assert status.returncode == 0 and "2 people" in status.stdout, status.stderr


def test_b1_a_broker_that_comes_back_is_found_again(secure):
    plume = secure.start()
    ann = plume.join("ann")
    plume.broker.kill()
    ann.expect(10, notice="bus-lost")
    plume.start_broker().wait_ready()
    ann.expect(10, notice="bus-back")
    ann.settle()


def test_a_broker_that_stops_without_a_word_is_found_again_when_it_goes_on(secure):
    plume = secure.start()
    ann = plume.join("ann")
    plume.broker.signal(signal.SIGSTOP)
    plume.gateways[0].wait_for_event("bus_unconnected")  # the links were ended from here
    plume.broker.signal(signal.SIGCONT)
    plume.gateways[0].wait_for_event("bus_back")
    ann.expect_own(ann.say("still here"))


@pytest.mark.parametrize("url", ["tcp://0.0.0.0:4880", "tcp://10.0.0.1:4880", "tcp://*:4880"])
@pytest.mark.parametrize("name", ["plume-broker", "plume-gateway", "plume-mailer", "plumectl"])
def test_b1_plain_tcp_beyond_loopback_is_refused(name, url):
    mail = ["--transport", "maildir:m", "--from", "p@a.example"] if name == "plume-mailer" else []
    done = process.run(name, *mail, "--bus", url, "--check-config")
    assert done.returncode == 2 and "insecure-bus" in done.stderr
    done = process.run(name, *mail, "--bus", url, "--insecure-bus", "--check-config")
    assert done.returncode == 0, done.stderr


def test_b1_an_insecure_bus_warns_at_each_start(system):
    system.bus = f"tcp://0.0.0.0:{system.ports.first}"
    for _ in range(2):
        broker = system.start_broker(env={"PLUME_INSECURE_BUS": "yes"}).wait_ready()
        assert broker.events("bus_insecure", level="warn")
        broker.drain()


@pytest.mark.parametrize("way", ["tls", "plain"])
def test_b1_who_does_not_show_who_it_is_is_hung_up(system, way):
    """At each port more than may be there at once, in silence: some go at the next look, all others after
    ten seconds.  Meanwhile a gateway comes and people talk."""
    plume = (system.secure() if way == "tls" else system).start()
    ann = plume.join("ann")
    silent = [
        socket.create_connection(("127.0.0.1", plume.ports.first + endpoint))
        for endpoint in ENDPOINTS.values()
        for _ in range(100)
    ]
    plume.start_gateway().wait_ready()
    bob = plume.join("bob", at=1)
    ann.say("who are they?")
    bob.expect_text("ann", "who are they?")
    for connection in silent:
        connection.settimeout(20)
        while connection.recv(64):  # NNG's greeting, where it is plain
            pass
        connection.close()
    count = admin.metrics(plume.broker)
    for endpoint in ENDPOINTS:
        assert 36 <= count[f'plume_bus_strangers_total{{endpoint="{endpoint}"}}'] <= 100
    assert plume.broker.events("bus_stranger", level="warn", peer="127.0.0.1")
    ann.expect_own(ann.say("gone"))


def test_b1_who_takes_all_descriptors_in_silence_loses_them(system):
    plume = system.secure()
    broker = plume.start_broker(wrap=["prlimit", "--nofile=40:40"])
    plume.start_gateway()
    plume.start_mailer()
    ann = plume.wait_ready().join("ann")
    silent = [
        socket.create_connection(("127.0.0.1", plume.ports.first + ENDPOINTS["events"]))
        for _ in range(30)
    ]
    until(lambda: len(os.listdir(f"/proc/{broker.pid}/fd")) == 40, "all are taken")
    ann.expect_own(ann.say("still here"))
    plume.start_gateway().wait_ready(60)
    bob = plume.join("bob", at=1)
    ann.say("you too?")
    bob.expect_text("ann", "you too?")
    for connection in silent:
        connection.close()


def test_b2_without_a_certificate_nothing_is_heard_and_nothing_said(secure):
    """nngcat of Debian's nng-utils, plain and TLS, subscribes and asks while people talk."""
    plume = secure.start(gateway={"posts_per_second": 0})
    ann = plume.join("ann")
    ca = plume.certificates / "gateway/ca.pem"
    heard = []
    for url, more in (
        (plain(plume, 0), []),
        (tls(plume, 0), ["--insecure"]),
        (tls(plume, 0), ["--cacert", ca]),
    ):
        with subprocess.Popen(
            ["timeout", "2", "nngcat", "--sub", "--raw", "--dial", url, *map(str, more)],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        ) as spy:  # fmt: skip
            while spy.poll() is None:
                ann.settle()
            heard.append(spy.stdout.read())
    assert heard == [b"", b"", b""]
    for endpoint in (1, 2, 3):
        for url, more in ((plain(plume, endpoint), []), (tls(plume, endpoint), ["--insecure"])):
            said = nngcat(plume, "--req", "--dial", url, *more, "--data", "x", seconds=1)
            assert said.returncode != 0 and not said.stdout
    refused = ("batch_refused", "mail_refused", "control_refused")
    assert not any(plume.broker.events(event) for event in refused), "nothing even arrived"
    ann.settle()


def test_b2_nngcat_with_a_gateways_certificate_hears(secure):
    """The spy of the test above is one who would hear, were it let in."""
    plume = secure.start(gateway={"posts_per_second": 0})
    ann = plume.join("ann")
    certificate = plume.certificates / "gateway/cert.pem"
    # nngcat cannot check the broker's name against the address it dials: --insecure is its own risk
    with subprocess.Popen(
        ["timeout", "20", "nngcat", "--sub", "--raw", "--count", "1", "--dial", tls(plume, 0)]
        + ["--insecure", "--cert", str(certificate), "--key", str(certificate)],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    ) as spy:  # fmt: skip
        until(lambda: ann.settle() or spy.poll() is not None, "a frame for nngcat")
        assert spy.stdout.read()


@pytest.mark.parametrize("role", list(MAY))
def test_b3_a_role_opens_its_own_endpoints_only(role, secure):
    secure.start_broker().wait_ready()
    for endpoint, place in ENDPOINTS.items():
        opens = handshake(secure, place, secure.certificates / role / "cert.pem")
        assert opens == (endpoint in MAY[role]), f"{role} at {endpoint}"
        assert not handshake(secure, place), "nobody gets in without a certificate"


def test_b3_a_gateways_certificate_asks_nothing_of_mail_desk_and_control(secure):
    secure.start_broker().wait_ready()
    gateway = secure.certificates / "gateway"
    stolen = ["--bus-cert", gateway / "cert.pem", "--bus-ca", gateway / "ca.pem"]
    done = secure.ctl(*stolen, "--timeout", "2s", "status")
    assert done.returncode == 1 and "no answer" in done.stderr
    mailer = secure.start_mailer(bus_cert=gateway / "cert.pem", bus_ca=gateway / "ca.pem")
    mailer.wait_for_event("bus_unconnected")
    assert not mailer.events("bus_connected")


def test_b3_no_role_can_pose_as_the_broker(secure):
    """A gateway's certificate on the broker's ports: a mailer and another gateway do not talk."""
    stolen = {"bus_cert": secure.certificates / "gateway/cert.pem"}
    secure.start_broker(**stolen).wait_ready()
    gateway, mailer = secure.start_gateway(), secure.start_mailer()
    for one in (gateway, mailer):
        one.wait_for_event("bus_unconnected")
    assert not gateway.events("ready")


def test_b1_the_name_of_the_server_is_checked(secure):
    """A certificate of the right authority with another name is not the broker's."""
    other = secure.directory / "other"
    shutil.copytree(secure.certificates, other)
    sign(other, "broker", "elsewhere", 5)
    secure.start_broker(bus_cert=other / "broker/cert.pem").wait_ready()
    gateway = secure.start_gateway()
    gateway.wait_for_event("bus_unconnected")
    assert not gateway.events("ready")


def test_b1_an_expired_certificate_of_a_dialler_is_refused(secure):
    """By who has it, at its start, and by the broker, where somebody shows it all the same."""
    secure.start_broker().wait_ready()
    sign(secure.certificates, "gateway", "plume-gateway", -1)
    shown = secure.certificates / "gateway/cert.pem"
    assert not handshake(secure, ENDPOINTS["events"], shown)
    gateway = secure.start_gateway()
    assert gateway.wait_end() == 2 and "has ended" in gateway.log()
    gateway.kill()


def test_b1_an_expired_certificate_of_the_broker_is_refused(secure):
    sign(secure.certificates, "broker", "plume-broker", -1)
    broker = secure.start_broker()
    assert broker.wait_end() == 2 and "has ended" in broker.log()
    broker.kill()
    folder = secure.certificates / "broker"
    with subprocess.Popen(
        ["openssl", "s_server", "-accept", f"127.0.0.1:{secure.ports.first}", "-quiet", "-Verify", "1",
         "-cert", folder / "cert.pem", "-key", folder / "cert.pem", "-CAfile", folder / "gateway-ca.pem"],
        stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    ) as impostor:  # fmt: skip
        gateway = secure.start_gateway()
        gateway.wait_for_event("bus_unconnected")
        assert not gateway.events("ready")
        impostor.kill()
        assert "alert" in impostor.stderr.read(), "the gateway refused it"


def test_b1_plain_peers_do_not_reach_a_tls_bus(secure):
    secure.start_broker().wait_ready()
    gateway = secure.start_gateway(bus=plain(secure, 0))
    gateway.wait_for_event("bus_unconnected")
    assert not gateway.events("ready")


def test_garbage_does_not_end_the_listeners(secure):
    secure.start_broker().wait_ready()
    for place in ENDPOINTS.values():
        for junk in (b"", b"GET / HTTP/1.0\r\n\r\n", b"\x16\x03\x01\x02\x00", os.urandom(300)):
            with socket.create_connection(("127.0.0.1", secure.ports.first + place)) as stranger:
                stranger.sendall(junk)
    secure.start_gateway()
    secure.start_mailer()
    secure.wait_ready()
    secure.join("ann").settle()


@pytest.mark.parametrize(
    "left_out, named",
    [("bus_cert", "--bus-cert"), ("gateway_ca", "--gateway-ca"), ("mailer_ca", "--mailer-ca")]
    + [("control_ca", "--control-ca")],
)
def test_b3_a_broker_without_one_of_its_authorities_does_not_start(left_out, named, secure):
    options = {**secure.shown("plume-broker"), "bus": secure.bus, left_out: None}
    done = process.run("plume-broker", *process.as_options(options), "--check-config")
    assert done.returncode == 2 and named in done.stderr


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_b7_a_key_that_others_can_read_is_refused(mode, secure):
    path = secure.certificates / "broker/cert.pem"
    path.chmod(mode)
    options = {**secure.shown("plume-broker"), "bus": secure.bus}
    done = process.run("plume-broker", *process.as_options(options), "--check-config")
    assert done.returncode == 2 and "chmod 600" in done.stderr and str(path) in done.stderr


def test_a_file_that_is_no_certificate_is_refused_at_the_start(secure):
    junk = secure.secret_file("junk.pem", "no certificate")
    broker = secure.start_broker(bus_cert=junk)
    assert broker.wait_end() == 2 and "holds no certificate" in broker.log()
    broker.kill()


def test_certificates_are_made_once_and_renewed_when_asked(system):
    folder = system.directory / "certs"
    process.bus_certs(folder)

    def contents():
        return {str(one): one.read_bytes() for one in folder.rglob("*") if one.is_file()}

    made = contents()
    process.bus_certs(folder)
    assert contents() == made
    subprocess.run(
        [process.SOURCE_DIR / "script/bus-certs", "--renew", folder], check=True, capture_output=True
    )
    changed = {path for path, text in contents().items() if made[path] != text}
    assert {path.rpartition("/")[2] for path in changed} == {"cert.pem"} and len(changed) == 4
    assert all(one.stat().st_mode & 0o077 == 0 for one in folder.rglob("cert.pem"))
    # what is about to end is renewed without being asked
    sign(folder, "gateway", "plume-gateway", 5)
    soon = (folder / "gateway/cert.pem").read_bytes()
    process.bus_certs(folder)
    assert (folder / "gateway/cert.pem").read_bytes() != soon


def sign(folder, role, name, days):
    """A certificate of this role's authority, for days from now; negative: it has ended."""
    key, request = folder / "key", folder / "request"
    authority, cert = folder / "authorities" / role, folder / role / "cert.pem"
    openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", key)
    openssl("req", "-new", "-key", key, "-subj", f"/CN={name}", "-out", request)
    extensions = folder / "extensions"
    extensions.write_text(f"subjectAltName=DNS:{name}\n")
    openssl(
        "x509", "-req", "-in", request, "-CA", f"{authority}.crt", "-CAkey", f"{authority}.key",
        "-set_serial", "7", "-days", days, "-extfile", extensions, "-out", folder / "crt",
    )  # fmt: skip
    cert.write_bytes((folder / "crt").read_bytes() + key.read_bytes())
    cert.chmod(0o600)


def openssl(*args):
    subprocess.run(["openssl", *map(str, args)], check=True, capture_output=True)
