"""What a hole in a program is worth less for: how the programs are built, and that they do all they
do under the filters of their units. SECURITY, "When a process is taken over"."""

import os
import re
import signal
import subprocess
import sys

import pytest
from plume import admin, process
from plume.process import BIN_DIR, SOURCE_DIR

PROGRAMS = ("plume-broker", "plume-gateway", "plume-mailer", "plumectl", "plume-bench")
UNITS = BIN_DIR.parent / "deploy"
FILTERED = SOURCE_DIR / "tests/support/plume/filtered.py"
UNIT_OF = {
    "broker": UNITS / "plume-broker.service",
    "gateway": UNITS / "plume-gateway@.service",
    "mailer": UNITS / "plume-mailer.service",
}


def read_elf(name, *options):
    done = subprocess.run(
        ["readelf", "--wide", *options, BIN_DIR / name], check=True, capture_output=True, text=True
    )
    return done.stdout


def disassembly(name):
    done = subprocess.run(
        ["objdump", "--disassemble", "--no-show-raw-insn", BIN_DIR / name],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    return done.stdout


@pytest.fixture(params=PROGRAMS)
def name(request):
    return request.param


def test_it_lies_where_the_kernel_wants(name):
    assert "DYN (Position-Independent Executable file)" in read_elf(name, "--file-header")
    assert re.search(r"FLAGS_1\).*\bPIE\b", read_elf(name, "--dynamic"))


def test_its_tables_are_read_only(name):
    """Full RELRO: all is bound at the start, and then write-protected."""
    assert "GNU_RELRO" in read_elf(name, "--program-headers")
    assert re.search(r"\(FLAGS\).*BIND_NOW", read_elf(name, "--dynamic"))


def test_no_part_is_writable_and_executable(name):
    segments = read_elf(name, "--program-headers")
    flags = {
        found[1]: found[2].replace(" ", "")
        for found in re.finditer(r"^  (\w+) +(?:0x\w+ +){5}([RWE ]{3})", segments, re.M)
    }
    assert flags["GNU_STACK"] == "RW", segments
    loads = re.findall(r"^  LOAD +(?:0x\w+ +){5}([RWE ]{3})", segments, re.M)
    assert len(loads) >= 3 and not [one for one in loads if "W" in one and "E" in one]
    sections = read_elf(name, "--sections")
    assert not re.search(r"\bWAX\b", sections.partition("Key to Flags")[0])


def test_it_finds_no_library_but_the_system_s(name):
    assert not re.search(r"\((RPATH|RUNPATH)\)", read_elf(name, "--dynamic"))


def test_its_buffers_are_guarded(name):
    """Stack protector, and the checked forms of the C library's functions (FORTIFY)."""
    symbols = set(re.findall(r" UND (\w+)@", read_elf(name, "--dyn-syms")))
    assert "__stack_chk_fail" in symbols
    checked = {symbol for symbol in symbols if symbol.endswith("_chk")}
    assert {"__snprintf_chk", "__vsnprintf_chk"} & checked, checked


def test_fortify_looks_at_sizes_that_are_known_at_run_time():
    """_FORTIFY_SOURCE=3: memcpy() into memory whose size is an argument is checked, too."""
    symbols = "".join(read_elf(one, "--dyn-syms") for one in PROGRAMS)
    assert "__memcpy_chk" in symbols


def test_its_stack_cannot_jump_over_its_guard(name):
    """-fstack-clash-protection touches each page of a large frame."""
    probe = re.compile(r"(orq|movq) +\$0x0,(0x\w+)?\(%rsp\)")
    if os.uname().machine == "x86_64":
        assert probe.search(disassembly(name))


def test_its_functions_are_marked_for_branches(name):
    """-fcf-protection. The note of the whole file is missing where the C library's own start files are
    not marked, as in Debian 12; then the processor does not look."""
    if os.uname().machine == "x86_64":
        main = disassembly(name).partition("<main>:")[2].splitlines()[1]
        assert main.split()[-1] == "endbr64"


# -- at work


def wrapped(role):
    return {"wrap": (sys.executable, str(FILTERED), str(UNIT_OF[role]))}


def start_filtered(system, transport):
    system.start_broker(**wrapped("broker"))
    for _ in range(2):
        system.start_gateway(**wrapped("gateway"))
    system.start_mailer(**wrapped("mailer"), **transport)
    return system.wait_ready()


def writable_and_executable(one):
    with open(f"/proc/{one.pid}/maps", encoding="utf-8") as maps:
        return [line for line in maps if re.match(r"\S+ .w.?x|\S+ .wx", line)]


def live(plume):
    """All that a day brings: a login, words, health, a reload, a restart, a sign-out."""
    ann, bob = plume.join("ann"), plume.join("bob", at=1)
    ann.say("hello")
    bob.expect_text("ann", "hello")
    for one in plume.processes:
        assert admin.ready(one)[0]
        assert admin.metrics(one)["process_open_fds"] > 3
        one.signal(signal.SIGHUP)
        one.wait_for_event("reloaded")
        with open(f"/proc/{one.pid}/status", encoding="ascii") as status:
            words = dict(line.split(":\t", 1) for line in status)
        assert words["Seccomp"].strip() == "2" and words["NoNewPrivs"].strip() == "1"
        assert int(words["CapBnd"], 16) == 0 or os.geteuid() != 0
        if os.geteuid() == 0:  # to others a process that dumps no core shows nothing
            assert not writable_and_executable(one), one
    done = plume.ctl("status")
    assert done.returncode == 0, done.stderr
    ann.sign_out(everywhere=True)
    ann.expect_signed_out()
    for one in reversed(plume.processes):
        one.drain()


def test_everything_works_within_the_units_filters(system):
    live(start_filtered(system, {}))


def test_so_it_does_with_tls_and_a_mail_server(system, sink):
    """The libraries of TLS and mail have threads and system calls of their own."""
    system.secure()
    transport = {"transport": f"smtp://127.0.0.1:{sink.port}"}
    plume = start_filtered(system, transport)
    client = plume.client(label="ann")
    client.hello("ann", "ann@ann.example")
    client.expect_waiting()
    sink.letter_to("ann@ann.example")
    for one in reversed(plume.processes):
        assert admin.ready(one)[0]
        one.drain()


def test_the_filter_of_these_tests_does_filter():
    """What the units forbid ends a program here."""
    cases = {
        "import os; os.chroot('/')": -signal.SIGSYS,
        "import mmap; mmap.mmap(-1, 4096, prot=7)": -signal.SIGSYS,
        "import ctypes; ctypes.CDLL(None).reboot(0)": -signal.SIGSYS,
        "import socket; socket.socket(); print('good')": 0,
    }
    for code, expected in cases.items():
        done = subprocess.run(
            [sys.executable, FILTERED, UNIT_OF["broker"], sys.executable, "-c", code],
            capture_output=True, check=False, env=process.environment(),
        )  # fmt: skip
        assert done.returncode == expected, (code, done)
