"""Where the processes live: all on the loopback, or each host in a network namespace of its own.

    people --- 10.78.n.0/24 --- gateway n --- 10.77.n.0/24 --- broker, mailers, plumectl

The namespaces are made inside a network and a mount namespace that begin with the run (inside())
and end with its last process, however it ends: nothing is left behind.
"""

import os
import subprocess
import sys

from plume.system import PortBlock

INSIDE = "PLUME_CHAOS_INSIDE"
LOSSY_PERCENT, PARTITION_PERCENT = 15, 100
SLOW_NETEM = ["delay", "100ms", "60ms"]
SLOW_RATE = "400kbit"
ALWAYS = 2**32


class Loopback:
    """One host: no links to be troubled."""

    how = "on the loopback, without namespaces"

    def __init__(self, gateways):
        self._bus = PortBlock()
        self._ports = [PortBlock() for _ in range(gateways)]
        self.places = [("127.0.0.1", block.first) for block in self._ports]

    def bus(self, host):
        return f"tcp://127.0.0.1:{self._bus.first}"

    def wrap(self, host):
        return ()


class Namespaces:
    """broker and gateway-1.. are hosts; worsen() and heal() are for links."""

    def __init__(self, gateways):
        _run("mount", "-t", "tmpfs", "tmpfs", "/run/netns")
        _run("ip", "link", "set", "lo", "up")
        for host in ["broker", *(f"gateway-{n}" for n in range(1, gateways + 1))]:
            _run("ip", "netns", "add", host)
            _run("ip", "-n", host, "link", "set", "lo", "up")
        for n in range(1, gateways + 1):
            _cable(f"10.77.{n}", ["-n", "broker"], f"link-{n}", ["-n", f"gateway-{n}"], "bus")
            _cable(f"10.78.{n}", [], f"web-{n}", ["-n", f"gateway-{n}"], "web")
        self.places = [(f"10.78.{n}.2", 8080) for n in range(1, gateways + 1)]
        self._has_netem = _try("tc", "qdisc", "add", "dev", "lo", "root", "netem", "delay", "1ms")
        if self._has_netem:
            _run("tc", "qdisc", "del", "dev", "lo", "root")
        way = "netem" if self._has_netem else "htb, tbf and bpf: this kernel has no netem"
        self.how = f"in network namespaces, links worsened by tc ({way})"

    def bus(self, host):
        if host.startswith("gateway-"):
            return f"tcp://10.77.{host.removeprefix('gateway-')}.1:4880"
        return "tcp://0.0.0.0:4880" if host == "broker" else "tcp://127.0.0.1:4880"

    def wrap(self, host):
        """What a command line begins with to run at this host."""
        home = host if host.startswith("gateway-") else "broker"
        return ("nsenter", f"--net=/run/netns/{home}")

    def worsen(self, link, what):
        """link-2 is that of gateway 2 to the broker, web-2 that to the people; both directions."""
        loss = {"partition": PARTITION_PERCENT, "lossy": LOSSY_PERCENT}.get(what, 0)
        for host, device in _ends(link):
            netem = ["loss", f"{loss}%"] if loss else SLOW_NETEM
            lines = [f"qdisc add dev {device} root netem {' '.join(netem)}"]
            if not self._has_netem:
                lines = _without_netem(device, loss)
            _run("tc", *host, "-batch", "-", input="\n".join(lines))

    def heal(self, link):
        for host, device in _ends(link):
            _run("tc", *host, "qdisc", "del", "dev", device, "root")


def _ends(link):
    kind, n = link.split("-")
    far = ["-n", f"gateway-{n}"]
    return (([], link), (far, "web")) if kind == "web" else ((["-n", "broker"], link), (far, "bus"))


def _without_netem(device, loss):
    """A coin for each packet (BPF's random number) sends it to a class that passes nothing."""
    rate = SLOW_RATE if not loss else "1gbit"
    coin = min(ALWAYS - 1, ALWAYS * loss // 100)
    return [
        f"qdisc add dev {device} root handle 1: htb default 1",
        f"class add dev {device} parent 1: classid 1:1 htb rate {rate} quantum 2000",
        f"qdisc add dev {device} parent 1:1 pfifo limit 200",
        f"class add dev {device} parent 1: classid 1:2 htb rate 8kbit quantum 2000",
        # whatever is larger than the burst is dropped
        f"qdisc add dev {device} parent 1:2 tbf rate 8kbit burst 10 limit 10",
        # load random; greater than the coin: no match; else class 1:2
        f"filter add dev {device} parent 1: protocol all bpf bytecode "
        f"'4,32 0 0 4294963256,37 1 0 {coin},6 0 0 65538,6 0 0 0'",
    ]


def _cable(net, here, near, there, far):
    _run("ip", *here, "link", "add", near, "type", "veth", "peer", "name", f"{near}-far")
    _run("ip", *here, "link", "set", f"{near}-far", "netns", there[1])
    _run("ip", *there, "link", "set", f"{near}-far", "name", far)
    for end, device, last in ((here, near, 1), (there, far, 2)):
        _run("ip", *end, "address", "add", f"{net}.{last}/24", "dev", device)
        _run("ip", *end, "link", "set", device, "up")


def _try(*command, **more):
    return subprocess.run(command, capture_output=True, check=False, **more).returncode == 0


def _run(*command, **more):
    done = subprocess.run(command, capture_output=True, text=True, check=False, **more)
    assert done.returncode == 0, f"{' '.join(command)}: {done.stderr}"


def inside(wanted):
    """True: we are in namespaces of our own, where Namespaces may be made.

    wanted: True, False, or None for "if we are root and it works".  Begins the program again
    there, when need be, and then does not return.
    """
    if INSIDE in os.environ:
        return True
    fresh = ["unshare", "--net", "--mount", "--propagation", "private"]
    trial = "mkdir -p /run/netns && mount -t tmpfs tmpfs /run/netns && ip netns add trial"
    works = wanted is not False and os.geteuid() == 0 and _try(*fresh, "sh", "-c", trial)
    if not works:
        assert not wanted, "namespaces need root, and iproute2 and unshare that work"
        return False
    os.execvpe(fresh[0], [*fresh, *sys.orig_argv], {**os.environ, INSIDE: "1"})
