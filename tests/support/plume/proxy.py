"""A reverse proxy in front of a System: the example of deploy/, with ports and files of the test."""

import os
import pathlib
import re
import shutil
import signal
import socket
import ssl
import subprocess

from . import process
from .certificates import Authority
from .system import free_port
from .wait import DEADLINE, until

HOST = "chat.example"
TOOLS = process.SOURCE_DIR / "build/tools"
EXAMPLES = process.SOURCE_DIR / "deploy"
TUNNEL = 4  # seconds, where the examples say 120

NGINX = """
daemon off; pid {d}/nginx.pid; error_log stderr warn; worker_processes 2;
{user}
events {{ worker_connections 512; }}
http {{
	access_log off; types {{}} default_type text/plain;
	client_body_temp_path {d}/body; proxy_temp_path {d}/proxy; fastcgi_temp_path {d}/fastcgi;
	uwsgi_temp_path {d}/uwsgi; scgi_temp_path {d}/scgi;
	include {d}/plume.conf;
}}
"""


def tool(name):
    found = shutil.which(name) or next(TOOLS.glob(f"usr/*bin/{name}"), None)
    assert found, f"{name} is missing: script/bootstrap test unpacks it below build/tools"
    return str(found)


class Proxy:
    """Serves https://chat.example:port on loopback from start() until close()."""

    reload_drops = False  # does a reload end WebSockets?

    def __init__(self, directory, upstreams):
        self.directory = pathlib.Path(directory) / "proxy"
        self.directory.mkdir()
        self.upstreams = upstreams  # ports
        self.port, self.plain_port = free_port(), free_port()
        self.authority = Authority(self.directory / "ca", names=f"DNS:{HOST}")
        self.url = f"wss://{HOST}:{self.port}/connect"
        self.origin = f"https://{HOST}"
        self._child = None

    def context(self):
        return ssl.create_default_context(cafile=self.authority.ca_file)

    def ways(self, source="127.0.0.1"):
        """What websockets.connect() takes to get here from a loopback address of its own."""
        place = {"host": "127.0.0.1", "port": self.port, "local_addr": (source, 0)}
        tls = {"ssl": self.context(), "server_hostname": HOST}
        return {**place, **tls, "origin": self.origin}

    def upgrade(self, origin):
        """The status that a page of this origin is answered with when it wants a WebSocket."""
        with socket.create_connection(("127.0.0.1", self.port), DEADLINE) as plain:
            with self.context().wrap_socket(plain, server_hostname=HOST) as wire:
                wire.sendall(
                    f"GET /connect HTTP/1.1\r\nHost: {HOST}\r\nUpgrade: websocket\r\n"
                    "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                    f"Sec-WebSocket-Version: 13\r\nOrigin: {origin}\r\n\r\n".encode()
                )
                return int(wire.makefile("rb").readline().split()[1])

    def get(self, path):
        """(status, headers in lower case, body)"""
        answer = self._ask(self.port, path, "--cacert", self.authority.ca_file, scheme="https")
        head, _, body = answer.partition("\r\n\r\n")
        lines = head.split("\r\n")
        pairs = (line.partition(":") for line in lines[1:])
        return int(lines[0].split()[1]), {k.lower(): v.strip() for k, _, v in pairs}, body

    def get_plain(self):
        return self._ask(self.plain_port, "/", scheme="http")

    def _ask(self, port, path, *more, scheme):
        command = ["curl", "-s", "-i", "--noproxy", "*", "--connect-to", f"::127.0.0.1:{port}"]
        done = subprocess.run(
            [*command, *map(str, more), f"{scheme}://{HOST}:{port}{path}"],
            check=True, capture_output=True, timeout=DEADLINE,
        )  # fmt: skip
        return done.stdout.decode()

    def start(self):
        log = open(self.directory / "log", "wb")  # noqa: SIM115 - lives as long as the proxy
        self._child = subprocess.Popen(
            ["setpriv", "--pdeathsig", "TERM", *self.command()], cwd=self.directory,
            env=process.environment({"HOME": str(self.directory)}), stdin=subprocess.DEVNULL,
            stdout=log, stderr=log,
        )  # fmt: skip
        until(self._answers, lambda: f"{self.command()[0]}:\n{self.log()}")
        return self

    def _answers(self):
        assert self._child.poll() is None, self.log()
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def log(self):
        return (self.directory / "log").read_text(errors="replace")

    def example(self, path, *replacements):
        """The text of the example, each replacement found in it."""
        text = (EXAMPLES / path).read_text()
        for old, new in replacements:
            assert re.search(old, text, re.M), f"{path} has no {old}"
            text = re.sub(old, lambda _, new=new: str(new), text, flags=re.M)
        return text

    def pem(self):
        path = self.directory / "chat.example.pem"
        both = self.authority.server_file, self.authority.server_key
        path.write_bytes(b"".join(one.read_bytes() for one in both))
        return path

    def reload(self):
        self._child.send_signal(signal.SIGHUP)

    def close(self):
        if self._child and self._child.poll() is None:
            self._child.terminate()
            try:
                self._child.wait(DEADLINE)
            except subprocess.TimeoutExpired:
                self._child.kill()
                self._child.wait()


class Nginx(Proxy):
    def command(self):
        d = self.directory
        servers = "\n".join(
            f"server 127.0.0.1:{port} max_fails=1 fail_timeout=2s;" for port in self.upstreams
        )
        (d / "plume.conf").write_text(
            self.example(
                "nginx/plume.conf",
                (r"server 127\.0\.0\.1:8080 .*;", servers),
                (r"listen 80;", f"listen 127.0.0.1:{self.plain_port};"),
                (r"listen 443 ", f"listen 127.0.0.1:{self.port} "),
                (r"^\s+listen \[::\].*\n", ""),
                (r"/etc/letsencrypt/live/chat.example/fullchain.pem", self.authority.server_file),
                (r"/etc/letsencrypt/live/chat.example/privkey.pem", self.authority.server_key),
                (r"120s", f"{TUNNEL}s"),
            )
        )
        user = "user root;" if os.geteuid() == 0 else ""
        (d / "nginx.conf").write_text(NGINX.format(d=d, user=user))
        return [tool("nginx"), "-e", "stderr", "-p", str(d), "-c", str(d / "nginx.conf")]


class Haproxy(Proxy):
    def command(self):
        servers = "\n".join(f"\tserver g{port} 127.0.0.1:{port}" for port in self.upstreams)
        path = self.directory / "haproxy.cfg"
        path.write_text(
            self.example(
                "haproxy/haproxy.cfg",
                (r"^\tserver here .*", servers),
                (r"bind :80$", f"bind 127.0.0.1:{self.plain_port}"),
                (r"bind :443 ", f"bind 127.0.0.1:{self.port} "),
                (r"/etc/haproxy/certs/chat.example.pem", self.pem()),
                (r"log /dev/log local0 ", "log stderr format raw local0 "),
                (r"maxconn 20000", "maxconn 200"),
                (r"120s", f"{TUNNEL}s"),
            )
        )
        return [tool("haproxy"), "-W", "-db", "-f", str(path)]

    def reload(self):
        self._child.send_signal(signal.SIGUSR2)


class Caddy(Proxy):
    reload_drops = True

    def __init__(self, directory, upstreams):
        super().__init__(directory, upstreams)
        self._admin = free_port()

    def command(self):
        more = f"{{\n\tadmin 127.0.0.1:{self._admin}\n\thttp_port {self.plain_port}\n"
        more += f"\thttps_port {self.port}\n\tskip_install_trust\n}}\n"
        tls = f"\ttls {self.authority.server_file} {self.authority.server_key}\n\tbind 127.0.0.1\n"
        path = self.directory / "Caddyfile"
        path.write_text(
            more
            + self.example(
                "caddy/Caddyfile",
                (r"^chat\.example \{\n", f"{HOST}:{self.port} {{\n{tls}"),
                (r"127\.0\.0\.1:8080", " ".join(f"127.0.0.1:{port}" for port in self.upstreams)),
            )
        )
        return [tool("caddy"), "run", "--adapter", "caddyfile", "--config", str(path)]

    def reload(self):
        subprocess.run(
            [tool("caddy"), "reload", "--force", "--adapter", "caddyfile", "--config",
             str(self.directory / "Caddyfile"), "--address", f"127.0.0.1:{self._admin}"],
            check=True, capture_output=True, env=process.environment({"HOME": str(self.directory)}),
        )  # fmt: skip
