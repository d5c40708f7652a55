"""500 hostile strings, and what commands terminals, through every path on which strangers' words reach a
mail, a log, a record or a terminal: nothing of it does there what it says. (The page: tests/browser/
t04_words_stay_words.py. Headers of mails: t74_mail_letters.py.)"""

import csv
import html.parser
import io
import json
import os
import pty
import re
import socket
import subprocess
import threading
import unicodedata

import pytest
from plume import process
from plume.bus_peer import FakeReplier
from plume.mail_desk import OVER, REFUSED, SENT
from plume.raw_socket import TEXT, Dropped, RawSocket, frame
from plume.wait import DEADLINE

CORPUS = process.SOURCE_DIR / "tests/browser/hostile_strings.json"
PAGE = json.loads(CORPUS.read_text())
# What terminals, logs and spreadsheets obey.
TERMINAL = [
    "\x1b[2J\x1b[H", "\x1b]0;owned\x07", "\x1b]52;c;b3duZWQ=\x07", "\x1b]8;;http://evil.example\x1b\\x\x1b]8;;\x1b\\",
    "\x1bP$q\"p\x1b\\", "\x1b[6n", "\x1b[c", "\x1b[?1049h", "\x1bc", "\x1b[8m", "\x1b(0lqqk", "\x1b[31mred",
    "\u009b2J", "\u009d0;owned\u009c", "\u0090q\u009c", "\u0085next", "a\rb", "a\bb", "\x07", "\x0e\x0f", "\x7f\x7f",
    "a\x0bb\x0cc", "\x00", "a\x00b", "\t\t", "\n", "\r\n",
    "x\n2026-01-31T12:00:00.000Z error program=plume-broker event=forged", '" event="forged', "' event='forged",
    "x event=forged level=error", "\\\" event=forged", "\\x1b[2J", "\\u001b[2J", "\\", "\\\\", '"', "\"\"\"",
    "{\"event\":\"forged\"}", "\",\"event\":\"forged", "<3>error event=forged", "\n<0>forged",
    "=cmd|' /C calc'!A0", "+1+1", "-1+1", "@SUM(A1)", "\t=1+1", "\r=1+1", "\uff1d1+1", "=HYPERLINK(\"http://evil\")",
    "\u202eevil", "\u2066a\u2069", "\u202a\u202b\u202d", "\u200e\u200f", "\u061c", "\u200b\u2060\ufeff",
    "\u2028event=forged", "\u2029", "\U000e0041\U000e0042", "\ufff9\ufffb", "\ue000", "\u00ad", "%s%n%x%1000d",
    "$(reboot)", "`reboot`", ";reboot", "|reboot", "../../etc/passwd", "-rf", "--help",
]  # fmt: skip
HOSTILE = PAGE + TERMINAL
BYTES = [b"\x9b2J", b"\xff\xfe", b"\xc3", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xc0\x9b"]


def fits(most):
    """Those of at most so many bytes, without the NUL that msgpack carries and no text has."""
    return [s for s in HOSTILE if 0 < len(s.encode()) <= most]


def is_harmless(c):
    return unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")


def assert_harmless(octets, where, between="\n"):
    """Whole characters, none of which does anything; lines end as they should."""
    text = octets.decode()  # or it is no UTF-8
    bad = [c for c in text if c not in between and not is_harmless(c)]
    at = text.index(bad[0]) if bad else 0
    assert not bad, f"{where}: {bad[0]!r} in {text[max(0, at - 80) : at + 40]!r}"
    return text


# -- logs


LINES = {
    "logfmt": r"\d{4}-\d\d-\d\dT[\d:.]{12}Z (error|warn|info|debug) program=plume-\w+ event=\w+( .*)?",
    "journal": r"<[3467]>(error|warn|info|debug) program=plume-\w+ event=\w+( .*)?",
}


def assert_log_is_whole(one, form):
    """Each line is a line of ours, in printable ASCII, and tells no event that we do not have."""
    octets = one.log_path.read_bytes()
    assert octets.endswith(b"\n")
    text = assert_harmless(octets, one)
    assert text.isascii(), one
    for line in text.splitlines():
        if form == "json":
            event = json.loads(line)["event"]
        else:
            assert re.fullmatch(LINES[form], line), f"{one}: {line!r}"
            event = re.search(r" event=(\w+)", line)[1]
        assert event != "forged", f"{one}: {line!r}"


def http(port, octets):
    """One request in these bytes, and whatever is answered."""
    with socket.create_connection(("127.0.0.1", port), DEADLINE) as s:
        try:
            s.sendall(octets)
            s.shutdown(socket.SHUT_WR)
            while s.recv(65536):
                pass
        except OSError:
            pass  # it may be ended before it was read to its end


def tell(peer, **message):
    peer.send(frame(TEXT, json.dumps(message, ensure_ascii=False).encode()))


def say_as_stranger(port, s):
    """As name, address, code, ticket, token and whatever else there is before the room."""
    for message in (
        {"type": 2, "v": 1, "text": f"{s}\n{s}"},
        {"type": 2, "v": 1, "text": f"eve\n{s}@e.example", "proof": s},
        {"type": 3, "text": s, "ticket": s, "claim": s},
        {"type": 6, "v": 1, "text": s, "token": s, "epoch": s},
    ):
        peer = RawSocket(port).upgrade()
        tell(peer, **message)
        peer.send(frame(TEXT, s.encode()))
        peer.end()
        peer.rest()
        peer.close()


def say_as_member(port, token, s):
    peer = RawSocket(port).upgrade()
    try:
        peer.resume(token)
        for id in ("good-id", s):
            tell(peer, type=1, text=s, id=id, user={"name": s})
        tell(peer, type=11, text=s, after=s)
        peer.end()
        peer.rest()
    except Dropped:
        pass  # too many of them were none
    peer.close()


@pytest.mark.parametrize("form", ["logfmt", "json", "journal"])
def test_n5_logs_stay_lines_whatever_browsers_send(system, form):
    """In each format, at the most talkative level."""
    options = {"log_format": form}
    plume = system.start(
        broker=options, mailer=options,
        gateway={**options, "posts_per_second": 0, "trusted_proxy": "127.0.0.1"},
    )  # fmt: skip
    port, ann = plume.gateways[0].port, plume.join("ann")
    for s in HOSTILE if form == "logfmt" else HOSTILE[::5] + TERMINAL:
        raw = s.encode()
        say_as_stranger(port, s)
        say_as_member(port, ann.token, s)
        http(port, b"GET /" + raw + b" HTTP/1.1\r\nHost: x\r\n\r\n")
        head = b"GET /connect HTTP/1.1\r\nHost: " + raw + b"\r\nOrigin: " + raw
        head += b"\r\nX-Forwarded-For: " + raw + b"\r\nUser-Agent: " + raw
        http(port, head + b"\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n")
    for s in BYTES:
        say = RawSocket(port).upgrade()
        say.send(frame(TEXT, b'{"type":2,"text":"' + s + b'"}'))
        say.end()
        say.rest()
        http(port, b"GET /" + s + b" HTTP/1.1\r\nHost: " + s + b"\r\n\r\n")
    ann.settle()
    for one in (plume.broker, plume.gateways[0], plume.mailers[0]):
        assert_log_is_whole(one, form)


# -- mails, the record of them, and what it is exported to


class Page(html.parser.HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.tags, self.attributes = set(), set()
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attributes}


def outlines(folder):
    """{name: {type: text}} as Perl's MIME-tools read the letters there."""
    tool = process.SOURCE_DIR / "tests/support/mime_outline"
    done = subprocess.run([tool, *sorted(folder.iterdir())], capture_output=True, check=True)
    letters, parts = {}, None
    for line in done.stdout.decode().splitlines():
        word, *rest = line.split(" ")
        if word == "message":
            parts = letters[rest[0].rpartition("/")[2]] = {}
        elif word == "part":
            parts[rest[0]] = bytes.fromhex(rest[1]).decode()
    return letters


def assert_letter_is_harmless(text, where):
    joined = text.replace("\u2060", "")  # ours: no mail reader makes a link of a name
    assert_harmless(joined.encode(), where, "\r\n")


def test_m2_500_hostile_names_in_both_parts_of_a_letter(system, sink, desk, start):
    """As two parsers read them, written in different languages."""
    start(room="Ann & Bob's \"room\" <x>")
    names = fits(120)
    letters = [desk.post(f"p{n}@a.example", name=s) for n, s in enumerate(names)]
    folder = system.directory / "letters"
    folder.mkdir()
    for n, letter in enumerate(letters):
        desk.wait_state(letter, SENT)
        mail = sink.letter_to(letter.email)
        (folder / str(n)).write_bytes(mail.raw)
        plain, rich = (part.get_content() for part in mail.iter_parts())
        for text in (plain, rich):
            assert_letter_is_harmless(text, repr(names[n]))
        page = Page(rich)
        assert page.tags <= set("html head meta title body p bdi br small".split()), names[n]
        assert page.attributes <= {"charset", "lang", "style"}, names[n]
    seconds = outlines(folder)
    assert len(seconds) == len(names) > 500
    for n, parts in seconds.items():
        assert list(parts) == ["text/plain", "text/html"]
        for text in parts.values():
            assert_letter_is_harmless(text, repr(names[int(n)]))
    assert_log_is_whole(system.mailers[0], "logfmt")


class RudeServer:
    """A mail server that refuses everybody, each with other words: those of the address's number."""

    def __init__(self, words):
        self.words = words
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                connection = self._listener.accept()[0]
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        with connection, connection.makefile("rwb", 0) as talk:
            talk.write(b"220 rude.example\r\n")
            for line in talk:
                said = self.words[int(re.search(rb"<p(\d+)@", line)[1])] if b"RCPT" in line else b""
                answer = {b"RCPT": b"550 5.1.1 " + said, b"QUIT": b"221 bye"}.get(line[:4], b"250 ok")
                talk.write(answer + b"\r\n")

    def close(self):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


def audit(system, *args):
    done = subprocess.run(
        [process.program("plume-mailer"), "audit", *args, "--audit", system.audit_db],
        capture_output=True, stdin=subprocess.DEVNULL, check=False,
    )  # fmt: skip
    assert not done.stderr, done.stderr
    return done.stdout


@pytest.fixture
def record(system, desk):
    """A record full of what mail servers said, and of what a broker told."""
    words = [s.encode() for s in fits(240)] + BYTES
    system.desk_letters = lambda: letters
    rude = system.guard(RudeServer([w for w in words if b"\n" not in w and b"\r" not in w]))
    for n, s in enumerate(fits(64)):
        desk.add_trail(
            1 + n % 10, reference=s if len(s.encode()) <= 16 else "", email=s, network=s, detail=s
        )
    system.start_mailer(transport=f"smtp://127.0.0.1:{rude.port}", smtp_tls="never", concurrency=8)
    letters = [desk.post(f"p{n}@a.example") for n in range(len(rude.words))]
    for letter in letters:
        assert desk.wait_state(letter, *OVER)[1] == REFUSED
    return system


def test_a5_record_of_hostile_words_is_listed_shown_and_exported(record):
    listed = audit(record, "list", "--last", "0")
    rows = len(assert_harmless(listed, "list").splitlines())
    assert rows > 1500
    for form in (["list", "--json", "--last", "0"], ["export", "--format", "jsonl"]):
        lines = assert_harmless(audit(record, *form), form).splitlines()
        assert len(lines) == rows
        for line in lines:
            json.loads(line)
    exported = assert_harmless(audit(record, "export"), "csv", "\r\n")
    table = list(csv.reader(io.StringIO(exported, newline="")))
    assert len(table) == rows + 1 and {len(cells) for cells in table} == {len(table[0])}
    for cell in (cell for cells in table for cell in cells):
        assert not cell.startswith(("=", "+", "-", "@", "\t", "\r")), cell
    assert_harmless(audit(record, "verify"), "verify")
    for s in [s for s in TERMINAL if len(s.encode()) <= 16 and "\x00" not in s and s[0] != "-"]:
        shown = subprocess.run(
            [process.program("plume-mailer"), "audit", "show", "--audit", record.audit_db, s],
            capture_output=True, check=False,
        )  # fmt: skip
        assert_harmless(shown.stdout + shown.stderr, f"show {s!r}")
    assert_log_is_whole(record.mailers[0], "logfmt")


def test_a5_what_a_server_said_reaches_the_broker_harmless(record):
    """And so plumectl why, which tells it."""
    details = [report[5] for letter in record.desk_letters() for report in letter.reports]
    assert len(details) > 500
    for detail in details:
        assert_harmless(detail.encode(), detail)


# -- plumectl on a terminal


def on_terminal(*command, env=None):
    """(exit code, what a terminal was told) of a program that has one."""
    mine, its = pty.openpty()
    child = subprocess.Popen(
        list(map(os.fsencode, map(_path, command))), stdin=its, stdout=its, stderr=its,
        env=process.environment(env),
    )  # fmt: skip
    os.close(its)
    told = b""
    while True:
        try:
            more = os.read(mine, 65536)
        except OSError:  # the last one who had it has gone
            break
        if not more:
            break
        told += more
    os.close(mine)
    return child.wait(DEADLINE), told


def _path(word):
    return word if isinstance(word, bytes) else str(word)


def assert_terminal_is_harmless(told, where):
    text = assert_harmless(told, where, "\r\n")
    assert "\r" not in text.replace("\r\n", ""), f"{where}: a line is written over"
    return text


TOLD, STATUS, GATEWAY_STATUS, PERSON, STORY = 71, 72, 73, 74, 75
MAILER_STATUS, CLIENT_STATUS, TAIL, LINE, BANNED = 80, 81, 82, 83, 90
OPERANDS = {
    "status": [], "who": [], "clients": [], "bans": [], "say": ["hi"], "why": ["K7Q-2MX"],
    "kick": ["ann"], "release": ["ann"], "backup": ["/x.db"], "drain": ["7"], "mute": ["ann"],
    "unmute": ["ann"], "ban": ["name", "ann"], "unban": ["name", "ann"],
}  # fmt: skip
LISTS = ("who", "why", "clients", "bans")


def hostile_answer(verb, some):
    """As a broker that was taken over gives it."""
    short = next((s for s in some if len(s.encode()) <= 32), "x")
    gateway = [GATEWAY_STATUS, 7, 1, 0, 0, short, 2, 0, 0, 0, 0, 0, 0, 1]
    told = {
        "status": [[STATUS, short, 1, 1, *[0] * 17], gateway, [MAILER_STATUS, 5, short, 0, 0, 0, 1]],
        "who": [[PERSON, s, 1] for s in some],
        "clients": [gateway, *[[CLIENT_STATUS, 7, n + 1, s, 1, 1, 1, 1] for n, s in enumerate(some)]],
        "bans": [[BANNED, 1 + n % 6, s, 1, n % 2, s, n % 3 == 0] for n, s in enumerate(some)],
        "why": [
            [STORY, 1, 1 + n % 14, 1, s if len(s.encode()) <= 16 else "", s,
             s if len(s.encode()) <= 64 else "", 0, s, n % 7, 1, 550]
            for n, s in enumerate(some)
        ],
    }  # fmt: skip
    return [[TOLD, True, some[0] if verb in ("bans", "clients") else ""], *told[verb]] if verb in told else [
        [TOLD, True, some[0]]
    ]  # fmt: skip


@pytest.mark.parametrize("verb", OPERANDS)
def test_n5_plumectl_shows_what_a_hostile_broker_tells(system, verb):
    """Done or refused, for people and as JSON."""
    key = system.secret_file("control-key", "k" * 64)
    words = [s for s in fits(120) if "\x00" not in s]
    now = {}
    system.guard(FakeReplier(system.ports.first + 3, lambda request: now["answer"], (1, 2)))
    command = [process.program("plumectl"), "--bus", system.bus, "--control-key", key]
    if verb in LISTS:
        batches = [words[n : n + 290] for n in range(0, len(words), 290)]
    else:
        batches = [[s] for s in words[::60] + TERMINAL[::3] if s in words]
    for some in batches:
        for done, form in ((True, []), (True, ["--json"]), (False, [])):
            now["answer"] = hostile_answer(verb, some) if done else [[TOLD, False, some[0]]]
            line = [*command, *form, verb, *OPERANDS[verb]]
            code, told = on_terminal(*line)
            assert (code == 0) == done, told
            text = assert_terminal_is_harmless(told, (verb, form, some[:3]))
            if form and done:
                json.loads(text)


def test_n5_plumectl_tail_shows_what_a_hostile_broker_tells(system):
    key = system.secret_file("control-key", "k" * 64)
    words = [s for s in fits(120) if "\x00" not in s]
    lines = [[LINE, n + 1, 1, n % 3, s, s, s if len(s.encode()) <= 16 else ""] for n, s in enumerate(words)]
    answers = [[[TOLD, True, ""], [TAIL, 7, 0, 1]]]
    answers += [
        [[TOLD, True, ""], [TAIL, 7, len(lines), 1], *lines[n : n + 290]] for n in range(0, len(lines), 290)
    ]
    answers += [[[TOLD, False, word]] for word in words[:1]]
    told = iter(answers)
    system.guard(FakeReplier(system.ports.first + 3, lambda request: next(told), (1, 2)))
    command = [process.program("plumectl"), "--bus", system.bus, "--control-key", key, "tail"]
    code, shown = on_terminal(*command)
    text = assert_terminal_is_harmless(shown, "tail")
    seen = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
    assert code == 1 and [one["text"] for one in seen if "text" in one] == words


def test_n5_plumectl_why_tells_what_a_mail_server_said_once_escaped(system):
    """Control bytes are escaped where they are heard, and not again where they are shown."""
    rude = system.guard(RudeServer([b"no\x1b[2J \x9b such user"]))
    system.start_broker()
    system.start_gateway()
    system.start_mailer(transport=f"smtp://127.0.0.1:{rude.port}", smtp_tls="never")
    plume = system.wait_ready()
    ann = plume.client(label="ann")
    ann.hello("ann", "p0@a.example")
    reference = ann.expect_waiting(mail="refused")["reference"]
    _, told = on_terminal(
        process.program("plumectl"), "--bus", plume.bus, "--control-key", plume.control_key,
        "why", reference,
    )  # fmt: skip
    text = assert_terminal_is_harmless(told, "why")
    assert "no\\x1b[2J \\x9b such user" in text, text
    story = json.loads(plume.ctl("--json", "why", reference).stdout)["story"]
    assert any("no\\x1b[2J \\x9b such user" in row["detail"] for row in story)


def test_n5_plumectl_says_hostile_words_and_the_room_shows_them(plume):
    """What is said is confirmed with no word of it; who reads it reads it as it is, or it is refused."""
    ann = plume.join("ann")
    command = [process.program("plumectl"), "--bus", plume.bus, "--control-key", plume.control_key]
    for s in PAGE[::20] + [s for s in TERMINAL if "\x00" not in s and s[0] != "-"]:
        for verb in ("say", "why", "kick", "release"):
            _, told = on_terminal(*command, verb, s)
            assert_terminal_is_harmless(told, (verb, s))
    ann.settle()
    for one in (plume.broker, plume.gateways[0]):
        assert_log_is_whole(one, "logfmt")
    for text in (text for _, text in ann.texts("plumebot")):
        assert not [c for c in text if unicodedata.category(c) == "Cc" and c not in "\n\t"]


ODD = [s for s in TERMINAL if "\x00" not in s] + [b.decode(errors="surrogateescape") for b in BYTES]
SOME = ODD[:: 12 if process.is_sanitized() else 4] + ODD[-3:]
PROGRAMS = ("plume-broker", "plume-gateway", "plume-mailer", "plumectl")


@pytest.mark.parametrize("name", PROGRAMS)
def test_n5_typos_of_operators_are_shown_harmless(name, tmp_path):
    """In options, their values, verbs, files and the environment; with --check-config, too."""
    program, config = process.program(name), tmp_path / "odd.conf"
    for s in SOME:
        for args in (
            [s], [f"--{s}"], ["--bus", s], ["--bus", f"tcp://{s}:4880"], ["--bus", f"tls+tcp://{s}:1"],
            ["--config", s], ["--log-level", s], ["--bus-cert", s, "--bus", "tls+tcp://127.0.0.1:1"],
            ["--admin", s], ["--timeout", s], ["--control-key", s, "who"], ["--state", s],
            ["--listen", s], ["--static", s], ["--origin", s], ["--trusted-proxy", s],
            ["--transport", s, "--from", s], ["--reserve", s], ["--deny-address", s], ["audit", s],
            ["--transport", f"maildir:{s}", "--from", "p@a.example", "--room", s],
            ["--bus", "tcp://127.0.0.1:1", "--bus-ca", s],
        ):  # fmt: skip
            code, told = on_terminal(program, *args, "--check-config")
            assert_terminal_is_harmless(told, args)
        config.write_bytes(os.fsencode(f"{s}\n{s} = {s}\nbus = {s}\nlog-level = {s}\nstate = {s}\n"))
        _, told = on_terminal(program, "--config", config, "--check-config")
        assert_terminal_is_harmless(told, s)
        for variable in ("PLUME_BUS", "PLUME_LOG_LEVEL", "PLUME_CONFIG", "PLUME_STATE", "PLUME_FROM"):
            _, told = on_terminal(program, "--check-config", env={variable: s})
            assert_terminal_is_harmless(told, (variable, s))


def test_n5_paths_of_operators_are_logged_as_one_harmless_line(tmp_path):
    """State, record and folders that do not exist, or are odd."""
    for n, s in enumerate(SOME):
        s = s.replace("/", "_")
        folder = tmp_path / str(n)
        folder.mkdir()
        for name, args in (
            ("plume-broker", ["--state", folder / "none" / s]),
            ("plume-broker", ["--control-key", folder / "none" / s]),
            ("plume-gateway", ["--static", folder / s, "--listen", "127.0.0.1:0"]),
            ("plume-mailer", ["--audit", folder / "none" / s, "--transport", f"maildir:{folder}",
                              "--from", "p@a.example"]),
        ):  # fmt: skip
            port = process_port()
            code, told = on_terminal(
                process.program(name), "--bus", f"tcp://127.0.0.1:{port}", "--admin", "off", *args
            )
            assert code == 1, (name, args, told)
            text = assert_terminal_is_harmless(told, (name, args))
            assert re.search(r" event=(\w+)", text.splitlines()[-1])[1] != "forged", text
        for command in ("list", "verify", "export"):
            _, told = on_terminal(
                process.program("plume-mailer"), "audit", command, "--audit", folder / s
            )
            assert_terminal_is_harmless(told, (command, s))


def process_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return min(probe.getsockname()[1], 65000)


def test_n5_plumectl_health_shows_what_a_stranger_answers(tmp_path):
    """At the admin address somebody else may listen."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        now = {}

        def serve():
            while True:
                try:
                    connection = listener.accept()[0]
                except OSError:
                    return
                with connection:
                    connection.recv(4096)
                    connection.sendall(now["answer"])

        threading.Thread(target=serve, daemon=True).start()
        at = "127.0.0.1:%d" % listener.getsockname()[1]
        for s in [s.encode() for s in PAGE[::20] + TERMINAL] + BYTES:
            now["answer"] = b"HTTP/1.1 200 " + s + b"\r\nX: " + s + b"\r\n\r\n" + s
            for form in ([], ["--json"]):
                _, told = on_terminal(process.program("plumectl"), *form, "--admin", at, "health")
                assert_terminal_is_harmless(told, s)
        listener.shutdown(socket.SHUT_RDWR)
