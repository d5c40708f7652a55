"""The others, for script/bench --peers: fetched into build/peers, run from there, never installed.

Debian's packages are downloaded with apt-get and unpacked, npm's go into a folder of their own; so
nothing of it stays on the machine but that folder.
"""

import os
import pathlib
import random
import shutil
import signal
import socket
import statistics
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
HOME = ROOT / "build/peers"
DEBIAN = ["nginx", "libnginx-mod-nchan", "mosquitto", "nats-server"]
NPM = ["ws", "socket.io"]
LOAD = ["--clients", 1000, "--rate", 100, "--seconds", "3s"]

NGINX = """
daemon off; master_process off; error_log /dev/null; pid {home}/nginx.pid;
load_module {deb}/usr/lib/nginx/modules/ngx_nchan_module.so;
events {{ worker_connections 8192; }}
http {{
  access_log off;
  server {{
    listen 127.0.0.1:{port};
    location = /room {{ nchan_pubsub websocket; nchan_channel_id room; nchan_message_buffer_length 100; }}
  }}
}}
"""
MOSQUITTO = """
listener {port} 127.0.0.1
listener {other} 127.0.0.1
protocol websockets
allow_anonymous true
set_tcp_nodelay true
persistence false
max_queued_messages 0
user {user}
"""
WS = """
const {{ WebSocketServer }} = require("ws");
const server = new WebSocketServer({{ port: {port}, host: "127.0.0.1", perMessageDeflate: false }});
server.on("connection", (one) => one.on("message", (text) => {{
  for (const client of server.clients) client.send(text, {{ binary: false }});
}}));
"""
SOCKETIO = """
const {{ Server }} = require("socket.io");
const io = new Server({{ transports: ["websocket"], perMessageDeflate: false }});
io.on("connection", (one) => one.on("post", (text) => io.emit("post", text)));
io.listen({port});
"""


def fetch():
    """What is missing of the packages."""
    deb = HOME / "deb"
    if not (deb / "done").exists():
        shutil.rmtree(deb, ignore_errors=True)
        deb.mkdir(parents=True)
        plan = subprocess.run(
            ["apt-get", "-s", "--no-install-recommends", "install", *DEBIAN],
            check=True, capture_output=True, text=True,
        ).stdout  # fmt: skip
        names = [line.split()[1] for line in plan.splitlines() if line.startswith("Inst ")]
        subprocess.run(["apt-get", "-q", "download", *names], cwd=deb, check=True)
        for package in deb.glob("*.deb"):
            subprocess.run(["dpkg", "-x", package, deb], check=True)
        (deb / "done").touch()
    if not (HOME / "node_modules/socket.io").exists():
        subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--silent", "--prefix",
                        HOME, *NPM], check=True)  # fmt: skip


class Peer:
    """One of them, running in a directory of its own."""

    def __init__(self, kind):
        self.home = tempfile.mkdtemp(prefix="plume-peer-")
        self.port = random.randrange(10000, 19000, 10)
        deb = HOME / "deb"
        facts = {"home": self.home, "port": self.port, "other": self.port + 1, "deb": deb,
                 "user": "root" if os.geteuid() == 0 else os.environ.get("USER", "nobody")}  # fmt: skip
        env = {**os.environ, "LD_LIBRARY_PATH": f"{deb}/usr/lib/x86_64-linux-gnu",
               "NODE_PATH": f"{HOME}/node_modules"}  # fmt: skip
        texts = {"nchan": NGINX, "mosquitto": MOSQUITTO, "mqttws": MOSQUITTO, "ws": WS, "socketio": SOCKETIO}
        path = pathlib.Path(self.home) / "config"
        path.write_text(texts.get(kind, "").format(**facts))
        command = {
            # the module wants a folder of the system's: in a mount namespace of its own
            "nchan": [*(["unshare", "-m"] if os.geteuid() == 0 else ["unshare", "-rm"]), "sh", "-c",
                      "mount -t tmpfs none /var/lib && mkdir -p /var/lib/nginx && "
                      f"exec {deb}/usr/sbin/nginx -p {self.home} -c {path}"],
            "mqttws": [deb / "usr/sbin/mosquitto", "-c", path],
            "mosquitto": [deb / "usr/sbin/mosquitto", "-c", path],
            "nats": [deb / "usr/sbin/nats-server", "-a", "127.0.0.1", "-p", str(self.port)],
            "ws": ["node", path],
            "socketio": ["node", path],
        }[kind]
        self.child = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", *command], env=env, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        self.port += kind == "mqttws"  # its second listener
        self.wait(kind)

    def wait(self, kind):
        deadline = time.monotonic() + 15
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                if self.child.poll() is not None or time.monotonic() > deadline:
                    raise SystemExit(f"{kind} does not start") from None
                time.sleep(0.05)

    def close(self):
        self.child.send_signal(signal.SIGKILL)
        self.child.wait()
        shutil.rmtree(self.home, ignore_errors=True)


def measure_peer(kind, run, options):
    peer = Peer(kind)
    try:
        return run("peer", "--peer", kind, "--gateway", f"127.0.0.1:{peer.port}", "--pid",
                   peer.child.pid, *options)  # fmt: skip
    finally:
        peer.close()


def measure_plume(system, pace):
    """The same figures of Plume, from its own modes."""
    report = system(1, ["--flush-interval", pace], "fanout", *LOAD)
    most = system(1, ["--flush-interval", pace, "--posts-per-second", "0"], "saturate",
                  "--clients", 1000, "--window", 1000, "--seconds", "3s", "--no-floor")  # fmt: skip
    idle = system(1, [], "idle", "--clients", 1000, "--people", 10, "--seconds", "100ms")
    storm = system(1, [], "connect", "--people", 300, "--window", 64, "--seconds", "2s")
    return {**report, "most_deliveries_per_s": most["deliveries_per_s"],
            "memory_per_client_bytes": idle["gateway_memory_per_client_bytes"],
            "connects_per_s": storm["resumes_per_s"]}  # fmt: skip


COLUMNS = [("CPU µs per delivery", "cpu_us"), ("× the floor", "cpu_to_floor"),
           ("p50 ms", "latency_last_p50_ms"), ("p99 ms", "latency_last_p99_ms"),
           ("most deliveries/s", "most_deliveries_per_s"),
           ("bytes per idle connection", "memory_per_client_bytes"),
           ("connects/s", "connects_per_s")]  # fmt: skip


def written(values):
    value = statistics.median(values)
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def measure_all(rounds, system, run):
    """The table, in Markdown."""
    fetch()
    measures = {
        "Plume, paced": lambda: measure_plume(system, "20ms"),
        "Plume, pacing off": lambda: measure_plume(system, "0"),
        "nchan (nginx)": lambda: measure_peer("nchan", run, LOAD),
        "Mosquitto (MQTT over TCP)": lambda: measure_peer("mosquitto", run, LOAD),
        "Mosquitto (MQTT over WebSocket)": lambda: measure_peer("mqttws", run, LOAD),
        "nats-server": lambda: measure_peer("nats", run, LOAD),
        "ws (node)": lambda: measure_peer("ws", run, LOAD),
        "Socket.IO (node)": lambda: measure_peer("socketio", run, LOAD),
    }
    reports = {name: [] for name in measures}
    for _ in range(rounds):
        for name, measure in measures.items():
            print(name, flush=True)
            try:
                reports[name].append(measure())
            except SystemExit as wrong:
                print(f"{name}: {wrong}", flush=True)
    lines = ["| system | " + " | ".join(title for title, _ in COLUMNS) + " |",
             "|---" * (len(COLUMNS) + 1) + "|"]  # fmt: skip
    for name, some in reports.items():
        cells = [written([one.get(field, 0) for one in some]) if some else "-"
                 for _, field in COLUMNS]  # fmt: skip
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)
