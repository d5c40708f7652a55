"""A program of Plume as a child process: started, watched through its log, ended by its pid."""

import json
import os
import pathlib
import re
import signal
import subprocess

from .wait import DEADLINE, until

SOURCE_DIR = pathlib.Path(
    os.environ.get("PLUME_SOURCE_DIR") or pathlib.Path(__file__).resolve().parents[3]
)
BIN_DIR = pathlib.Path(os.environ.get("PLUME_BIN_DIR") or SOURCE_DIR / "build/release/bin")

DRAIN = 40  # seconds that a program may take from SIGTERM to its end

_PAIR = re.compile(r'([A-Za-z_][\w.-]*)=("(?:[^"\\]|\\.)*"|\S*)')


def program(name):
    path = BIN_DIR / name
    assert path.exists(), f"{path} is not built (PLUME_BIN_DIR names another place)"
    return str(path)


def as_options(options):
    """{"code_ttl": "1s", "origin": ["a", "b"], "from_": "x", "state": None} as a command line."""
    line = []
    for name, value in options.items():
        option = "--" + name.rstrip("_").replace("_", "-")
        for one in value if isinstance(value, (list, tuple)) else [value]:
            if one is not None:
                line += [option, str(one)]
    return line


def environment(extra=None):
    """Ours, without what would configure Plume or send its requests elsewhere."""
    ours = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PLUME_", "PYTEST_")) and not name.lower().endswith("_proxy")
    }
    return {**ours, **(extra or {})}


def killed_before(call, number, arm):
    """The environment of a process that is killed before it makes this system call for that time, counted
    from when the file `arm` is there."""
    library = BIN_DIR.parent / "tests/kill_at.so"
    assert library.exists(), "what is not there kills nobody, and the test would never end"
    return {
        "LD_PRELOAD": library,
        "ASAN_OPTIONS": "verify_asan_link_order=0",
        "KILL_ARM": arm,
        "KILL_CALL": call,
        "KILL_AT": str(number),
    }


def run(name, *args, env=None, cwd=None, deadline=DEADLINE):
    """A program that ends by itself: its returncode, stdout and stderr."""
    return subprocess.run(
        [program(name), *map(str, args)],
        env=environment(env),
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=deadline,
        check=False,
    )


def bus_certs(directory, **options):
    """script/bus-certs makes what is missing there."""
    command = [SOURCE_DIR / "script/bus-certs", *as_options(options), directory]
    subprocess.run(list(map(str, command)), check=True, capture_output=True)


def shown(certificates, program):
    """The options by which a program shows who it is on a bus with the certificates."""
    role = {"plumectl": "control"}.get(program, program.removeprefix("plume-"))
    folder = certificates / role
    if role == "broker":
        cas = {f"{one}_ca": folder / f"{one}-ca.pem" for one in ("gateway", "mailer", "control")}
        return {"bus_cert": folder / "cert.pem", **cas}
    return {"bus_cert": folder / "cert.pem", "bus_ca": folder / "ca.pem"}


def is_sanitized():
    """Are the programs slower and larger than they are?"""
    return b"__asan_init" in pathlib.Path(program("plume-broker")).read_bytes()


def parse_line(line):
    """`2026-01-31T12:00:00.000Z info event=ready port="4880"` as a dict; {} for anything else.

    JSON, and what the journal is given (`<6>info event=ready`), too."""
    if line.startswith("{"):
        return json.loads(line)
    if line.startswith("<"):
        line = f"journal {line[3:]}"
    words = line.split(" ", 2)
    if len(words) < 3 or "event=" not in line:
        return {}
    fields = {"time": words[0], "level": words[1]}
    for key, value in _PAIR.findall(words[2]):
        fields[key] = value[1:-1] if value.startswith('"') else value
    return fields


class Process:
    """A program that serves until it is told to stop."""

    def __init__(self, name, options, directory, label, env=None, wrap=()):
        self.name = name
        self.label = label
        self.log_path = pathlib.Path(directory) / f"{label}.log"
        self._events = []
        self._read_to = 0
        self._asked_to_end = False
        with open(self.log_path, "wb") as log, open(self.log_path.with_suffix(".out"), "wb") as out:
            # setpriv: a test that is killed takes its programs along
            self._child = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", *wrap, program(name), *as_options(options)],
                env=environment(env),
                cwd=directory,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=log,
            )

    def __repr__(self):
        return self.label

    @property
    def pid(self):
        return self._child.pid

    @property
    def exit_code(self):
        """None while it runs; minus the signal when one ended it."""
        return self._child.poll()

    # -- its log

    def log(self):
        return self.log_path.read_text(errors="replace")

    def log_tail(self, lines=60):
        return "\n".join(self.log().splitlines()[-lines:])

    def events(self, event=None, **fields):
        """All log lines so far with this event and these fields, as dicts."""
        with open(self.log_path, "rb") as log:
            log.seek(self._read_to)
            new = log.read()
        whole = new[: new.rfind(b"\n") + 1]
        self._read_to += len(whole)
        self._events += filter(None, map(parse_line, whole.decode(errors="replace").splitlines()))
        wanted = {**fields, **({"event": event} if event else {})}
        return [
            line for line in self._events if all(line.get(k) == v for k, v in wanted.items())
        ]

    def wait_for_event(self, event, deadline=DEADLINE, **fields):
        """The first log line with this event and these fields, as soon as there is one."""

        def look():
            ended = self.exit_code is not None  # asked first: its last words still count
            found = self.events(event, **fields)
            if not found and ended:
                raise AssertionError(
                    f"{self} ended with {self.exit_code} before event={event}:\n{self.log_tail()}"
                )
            return found

        def story():
            return f"{self}: event={event} {fields}\n{self.log_tail()}"

        return until(look, story, deadline)[0]

    def wait_ready(self, deadline=DEADLINE):
        self.wait_for_event("ready", deadline)
        return self

    # -- its end

    def signal(self, number):
        self._child.send_signal(number)

    def wait_end(self, deadline=DRAIN):
        try:
            return self._child.wait(deadline)
        except subprocess.TimeoutExpired:
            raise AssertionError(
                f"{self} did not end within {deadline} s:\n{self.log_tail()}"
            ) from None

    def begin_drain(self):
        """Asks it to drain, once."""
        if self.exit_code is None and not self._asked_to_end:
            self._asked_to_end = True
            self.signal(signal.SIGTERM)

    def drain(self, deadline=DRAIN):
        """Asks it to drain, which must end with 0."""
        self.begin_drain()
        code = self.wait_end(deadline)
        assert code == 0, f"{self} ended with {code} on SIGTERM:\n{self.log_tail()}"

    def expect_end(self, deadline=DRAIN):
        """It was asked to drain by somebody else, and must end with 0."""
        self._asked_to_end = True
        code = self.wait_end(deadline)
        assert code == 0, f"{self} ended with {code}:\n{self.log_tail()}"

    def kill(self):
        """kill -9, and gone when this returns."""
        self._asked_to_end = True
        self._child.kill()
        self._child.wait()

    def expect_killed(self, deadline=DRAIN):
        """It is about to be ended by SIGKILL, by the test's own doing."""
        self._asked_to_end = True
        code = self.wait_end(deadline)
        assert code == -signal.SIGKILL, f"{self} ended with {code}:\n{self.log_tail()}"

    def expect_death(self, deadline=DRAIN):
        """It ends by itself, by the test's own doing; gives its exit code."""
        self._asked_to_end = True
        return self.wait_end(deadline)

    def check_health(self):
        """It has not died by itself, and no sanitizer spoke."""
        code = self.exit_code
        assert code is None or self._asked_to_end, (
            f"{self} died by itself with {code}:\n{self.log_tail()}"
        )
        for mark in ("Sanitizer", "runtime error:", "Assertion `"):
            assert mark not in self.log(), f"{self}: {mark}\n{self.log_tail(100)}"
