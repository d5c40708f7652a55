"""Several machines on one: each a network namespace, all on one wire with whoever tests them.

The threads of the test move to a namespace in which the wire ends; a host lives as long as a process
that sleeps in it, so nothing has a name and nothing is left behind.  Takes root and iproute2.
"""

import ctypes
import os
import subprocess

from . import background

CLONE_NEWNET = 0x40000000
NET = "10.79.0"

_libc = ctypes.CDLL(None, use_errno=True)


def _ip(*words):
    subprocess.run(["ip", *map(str, words)], check=True, capture_output=True)


def _moved(result):
    if result != 0:
        raise OSError(ctypes.get_errno(), "cannot change the network namespace")


class Hosts:
    def __init__(self):
        self._home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        self._holders = {}
        _moved(_libc.unshare(CLONE_NEWNET))
        self._move_clients("/proc/thread-self/ns/net")
        _ip("link", "set", "lo", "up")
        _ip("link", "add", "wire", "type", "bridge")
        _ip("address", "add", f"{NET}.1/24", "dev", "wire")
        _ip("link", "set", "wire", "up")

    def add(self, name):
        """Its address."""
        last = 10 + len(self._holders)
        holder = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", "unshare", "--net", "sh", "-c", "echo up; exec sleep 600"],
            stdout=subprocess.PIPE,
        )
        self._holders[name] = holder
        assert holder.stdout.readline() == b"up\n"
        _ip("link", "add", f"to-{last}", "type", "veth", "peer", "name", "wire", "netns", holder.pid)
        _ip("link", "set", f"to-{last}", "master", "wire")
        _ip("link", "set", f"to-{last}", "up")
        at_host = [*self.at(name), "ip"]
        for words in (
            "link set lo up",
            f"address add {NET}.{last}/24 dev wire",
            "link set wire up",
        ):
            subprocess.run([*at_host, *words.split()], check=True)
        return f"{NET}.{last}"

    def at(self, name):
        """What a command begins with to run there."""
        return ["nsenter", f"--net=/proc/{self._holders[name].pid}/ns/net"]

    def _move_clients(self, path):
        """Their sockets are made by the thread of plume.background."""
        there = os.open(path, os.O_RDONLY)
        background.call(lambda: _moved(_libc.setns(there, CLONE_NEWNET)))
        os.close(there)

    def close(self):
        _moved(_libc.setns(self._home, CLONE_NEWNET))
        self._move_clients("/proc/thread-self/ns/net")
        os.close(self._home)
        for holder in self._holders.values():
            holder.kill()
            holder.wait()
            holder.stdout.close()
