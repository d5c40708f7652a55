"""A whole Plume in a fresh directory, on four loopback ports of its own."""

import email
import email.policy
import os
import pathlib
import random
import re
import socket
import sqlite3
import stat

from . import process
from .client import Client, FaithfulClient
from .process import Process
from .wait import DEADLINE, until

PORTS_FROM, PORTS_TO = 20000, 32000  # below those that the system hands out by itself


class PortBlock:
    """Four free ports in a row, kept from other tests as long as this lives."""

    def __init__(self):
        for _ in range(500):
            first = random.randrange(PORTS_FROM, PORTS_TO, 4)
            if self._claim(first):
                self.first = first
                return
        raise AssertionError("no four free ports in a row")

    def _claim(self, first):
        self._lock = socket.socket(socket.AF_UNIX)
        try:
            self._lock.bind(f"\0plume-test-ports-{first}")  # gone with this process
            for port in range(first, first + 4):
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", port))
            return True
        except OSError:
            self._lock.close()
            return False

    def release(self):
        self._lock.close()


class Gateway(Process):
    host = "127.0.0.1"

    @property
    def port(self):
        return int(self.wait_for_event("ready")["listen"].rpartition(":")[2])

    @property
    def url(self):
        return f"ws://{self.host}:{self.port}/connect"


class System:
    def __init__(self, directory):
        self.directory = pathlib.Path(directory)
        self.ports = PortBlock()
        self.bus = f"tcp://127.0.0.1:{self.ports.first}"
        self.state = self.directory / "room.db"
        self.control_key = self.directory / "control-key"
        self.certificates = None  # a folder of script/bus-certs: then the bus is TLS
        self.maildir = self.directory / "mail"
        self.audit_db = self.directory / "audit.db"
        self.broker = None
        self.gateways = []
        self.mailers = []
        self.processes = []  # all that were ever started
        self.clients = []
        self.guarded = []  # sinks that end with the system
        self._letters_read = set()

    # -- starting; an option that is None is left out

    def start(self, gateways=1, broker=None, gateway=None, mailer=None):
        """A broker, gateways and a mailer, all ready."""
        self.start_broker(**broker or {})
        for _ in range(gateways):
            self.start_gateway(**gateway or {})
        self.start_mailer(**mailer or {})
        return self.wait_ready()

    def wait_ready(self):
        for one in self.processes:
            if one.exit_code is None:
                one.wait_ready()
        return self

    def start_broker(self, env=None, wrap=(), **options):
        defaults = {
            "state": self.state,
            "control_key": self.control_key,
            # everybody in a test comes from one network and is in a hurry
            "mails_per_network": 0,
            "mails_per_address": 0,
            "mails_per_day": 0,
            "mail_interval": 0,
            "mail_pace": 0,
            "tries_per_address": 0,
        }
        self.broker = self._start(Process, "plume-broker", {**defaults, **options}, env, wrap)
        return self.broker

    def start_gateway(self, env=None, wrap=(), **options):
        defaults = {"listen": "127.0.0.1:0", "static": process.SOURCE_DIR / "static"}
        gateway = self._start(Gateway, "plume-gateway", {**defaults, **options}, env, wrap)
        self.gateways.append(gateway)
        return gateway

    def start_mailer(self, env=None, wrap=(), **options):
        defaults = {
            "transport": f"maildir:{self.maildir}",
            "from_": "plume@chat.example",
            "audit": self.audit_db,
        }
        mailer = self._start(Process, "plume-mailer", {**defaults, **options}, env, wrap)
        self.mailers.append(mailer)
        return mailer

    def _start(self, kind, name, options, env, wrap=()):
        number = 1 + sum(one.name == name for one in self.processes)
        # Tests read what is logged as facts, also where thousands of browsers come at once: no line is left out.
        log = {"log_level": "debug", "log_rate": 0}
        options = {"bus": self.bus, **log, "admin": "127.0.0.1:0", **self.shown(name), **options}
        one = kind(name, options, self.directory, f"{name}-{number}", env, wrap)
        self.processes.append(one)
        return one

    def secure(self, **options):
        """From now on the bus is TLS, with certificates of its own."""
        self.certificates = self.directory / "certs"
        process.bus_certs(self.certificates, **options)
        self.bus = f"tls+{self.bus}"
        return self

    def shown(self, name):
        return process.shown(self.certificates, name) if self.certificates else {}

    def secret_file(self, name, text):
        path = self.directory / name
        path.write_text(text + "\n")
        path.chmod(stat.S_IRUSR | stat.S_IWUSR)
        return path

    # -- the operator

    def ctl(self, *args, key=None, deadline=DEADLINE):
        key = key or self.control_key
        options = process.as_options({**self.shown("plumectl"), "control_key": key})
        return process.run("plumectl", "--bus", self.bus, *options, *args, deadline=deadline)

    # -- people

    def client(self, at=0, kind=Client, label="somebody"):
        """Somebody connected to a gateway, told by its number or itself."""
        gateway = self.gateways[at] if isinstance(at, int) else at
        if kind is FaithfulClient:
            client = kind(gateway.url, label, self._living_urls)
        else:
            client = kind(gateway.url, label)
        self.clients.append(client)
        return client

    def _living_urls(self):
        return [g.url for g in self.gateways if g.exit_code is None and g.events("ready")]

    def join(self, name, address=None, at=0, kind=Client):
        """Somebody who is in the room."""
        address = address or f"{name}@{name}.example"
        client = self.client(at, kind, name)
        client.hello(name, address)
        client.expect_waiting()
        client.auth(self.code_for(address))
        client.expect_in()
        return client

    # -- mail

    def letter_to(self, address, deadline=DEADLINE):
        """The oldest letter to this address that was not read yet."""

        def look():
            for path in sorted(set(self.maildir.glob("new/*")) - self._letters_read, key=_age):
                if path not in parsed:
                    parsed[path] = read_letter(path.read_bytes())
                if parsed[path]["To"] and address in parsed[path]["To"]:
                    self._letters_read.add(path)
                    return parsed[path]
            return None

        parsed = {}

        return until(look, f"a letter to {address} in {self.maildir}", deadline)

    def code_for(self, address):
        return code_in(self.letter_to(address))

    def letters(self):
        """How many letters lie in the Maildir, read or not."""
        return len(list(self.maildir.glob("new/*")))

    def audit(self, **fields):
        """Rows of the audit log with these values, oldest first, as dicts."""
        if not self.audit_db.exists():
            return []
        with sqlite3.connect(self.audit_db, timeout=DEADLINE) as db:
            db.row_factory = sqlite3.Row
            rows = [dict(row) for row in db.execute("SELECT * FROM audit ORDER BY rowid")]
        db.close()
        return [row for row in rows if all(row[key] == value for key, value in fields.items())]

    # -- the end

    def close(self):
        """Ends everything; what lives must drain with 0, and nobody may have seen a fault."""
        try:
            for client in self.clients:
                client.close()
            for one in self.processes:
                one.check_health()
            living = [one for one in self.gateways + self.mailers if one.exit_code is None]
            for one in living:
                one.begin_drain()
            for one in living:
                one.drain()
            if self.broker and self.broker.exit_code is None:
                self.broker.drain()
            for one in self.processes:
                one.check_health()
            for client in self.clients:
                assert not client.faults, f"{client}: {client.faults}"
        finally:
            for one in self.processes:
                if one.exit_code is None:
                    one.kill()
            for sink in self.guarded:
                sink.close()
            self.ports.release()

    def guard(self, sink):
        """Ends the sink together with the system."""
        self.guarded.append(sink)
        return sink


def read_letter(octets):
    return email.message_from_bytes(octets, policy=email.policy.default)


def code_in(letter):
    """The code as people find it: the digits of the subject."""
    found = re.search(r"(?<!\d)\d{8}(?!\d)", letter["Subject"])
    assert found, f"no code in the subject {letter['Subject']!r}"
    return found[0]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _age(path):
    return os.stat(path).st_mtime_ns, path.name
