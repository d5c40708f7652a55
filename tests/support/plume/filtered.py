#!/usr/bin/python3
"""Runs a program as its systemd unit would: only the unit's system calls, nothing writable and
executable, no capabilities, no new privileges.

    filtered.py UNIT PROGRAM ARGUMENT...

What systemd refuses by EPERM ends the program here (SIGSYS), so that nothing is refused unseen; but
for changing owners, which SQLite tries when it is root's, and units are not.
"""

import ctypes
import errno
import os
import re
import subprocess
import sys

KILL, ALLOW, REFUSE = 0x80000000, 0x7FFF0000, 0x00050000 | errno.EPERM
WRITE, EXECUTE = 2, 4  # PROT_ of mmap(2)
MASKED_EQUAL = 7
CHOWN = ("chown", "fchown", "fchownat", "lchown")
PR_CAPBSET_DROP, PR_CAPBSET_READ, LAST = 24, 23, 63


class Compare(ctypes.Structure):
    _fields_ = [("arg", ctypes.c_uint), ("op", ctypes.c_int),
                ("a", ctypes.c_uint64), ("b", ctypes.c_uint64)]  # fmt: skip


def library():
    seccomp = ctypes.CDLL("libseccomp.so.2")
    seccomp.seccomp_init.restype = ctypes.c_void_p
    seccomp.seccomp_init.argtypes = [ctypes.c_uint32]
    seccomp.seccomp_rule_add_array.argtypes = [
        ctypes.c_void_p, ctypes.c_uint32, ctypes.c_int, ctypes.c_uint, ctypes.POINTER(Compare)
    ]  # fmt: skip
    seccomp.seccomp_load.argtypes = [ctypes.c_void_p]
    return seccomp


def groups():
    """{"@aio": {"io_submit", ...}, ...} as this machine's systemd knows them."""
    told = subprocess.run(
        ["systemd-analyze", "syscall-filter", "--no-pager"],
        check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    found, names = {}, set()
    for line in re.sub(r"\x1b\[[0-9;]*m", "", told).splitlines():
        if re.fullmatch(r"@[a-z-]+", line):
            names = found[line] = set()
        elif re.fullmatch(r"\s+@?[a-z0-9_-]+", line):
            names.add(line.strip())
    return found


def members(known, name):
    if not name.startswith("@"):
        return {name}
    return set().union(*(members(known, one) for one in known[name]))


def allowed_by(unit):
    """The names that SystemCallFilter= leaves, line by line as systemd.exec(5) says."""
    known, names = groups(), set()
    for line in re.findall(r"^SystemCallFilter=(.*)$", unit, re.M):
        group = set().union(*(members(known, one) for one in line.lstrip("~").split()))
        names = names - group if line.startswith("~") else names | group
    # "@default" is there in any case
    return names | members(known, "@default")


def install(seccomp, default, rules):
    context = seccomp.seccomp_init(default)
    added = 0
    for name, action, compare in rules:
        number = seccomp.seccomp_syscall_resolve_name(name.encode())
        if number < 0:
            continue  # of another architecture, or younger than the library
        array = (Compare * len(compare))(*compare)
        added += seccomp.seccomp_rule_add_array(context, action, number, len(compare), array) == 0
    assert added > 0 and seccomp.seccomp_load(context) == 0, "no filter"


def drop_capabilities():
    libc = ctypes.CDLL(None)
    for capability in range(LAST + 1):
        if libc.prctl(PR_CAPBSET_READ, capability, 0, 0, 0) == 1 and os.geteuid() == 0:
            assert libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) == 0


def main(unit, program, *arguments):
    with open(unit, encoding="utf-8") as file:
        text = file.read()
    names = allowed_by(text)
    for needed in ("NoNewPrivileges=yes", "CapabilityBoundingSet=\n", "MemoryDenyWriteExecute=yes"):
        assert needed in text, f"{unit}: {needed} is missing"
    assert len(names) > 100, "the names were not understood"
    drop_capabilities()
    seccomp = library()
    both, execute = Compare(2, MASKED_EQUAL, 6, WRITE | EXECUTE), Compare(2, MASKED_EQUAL, 4, EXECUTE)
    # as MemoryDenyWriteExecute= does it
    install(seccomp, ALLOW, [
        ("mmap", KILL, [both]), ("mprotect", KILL, [execute]), ("pkey_mprotect", KILL, [execute]),
        ("shmat", KILL, [Compare(2, MASKED_EQUAL, 0o100000, 0o100000)]),
    ])  # fmt: skip
    refused = [(name, REFUSE, []) for name in CHOWN if name not in names]
    install(seccomp, KILL, [(name, ALLOW, []) for name in sorted(names)] + refused)
    os.execv(program, [program, *arguments])


if __name__ == "__main__":
    main(*sys.argv[1:])
