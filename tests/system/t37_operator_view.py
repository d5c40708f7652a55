"""What an operator sees and steers: status, clients, tail, drain."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import threading

import pytest
from plume import process
from plume.bus_peer import FakeBroker, FakeGateway
from plume.wait import until


def ctl_json(plume, *args):
    done = plume.ctl(*args, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def gateways(plume):
    return ctl_json(plume, "status")["gateways"]


def told(plume, n):
    """All of n gateways have told of themselves."""
    until(lambda: sum(g["version"] != "" for g in gateways(plume)) == n, "gateways told of themselves")


def number_of(gateway):
    return gateway.wait_for_event("ready")["gateway"]


# -- options


@pytest.mark.parametrize("line", [("--json", "who"), ("who", "--json")])
def test_options_stand_before_the_command_or_behind_it(line, plume):
    plume.join("ann")
    done = plume.ctl(*line)
    assert json.loads(done.stdout) == {"people": [{"name": "ann", "clients": 1}]}


def test_what_is_said_is_no_option(plume):
    ann = plume.join("ann")
    assert plume.ctl("say", "use", "--json", "please").returncode == 0
    ann.expect_text("plumebot", "use --json please")
    assert plume.ctl("say", "--", "-5", "degrees").returncode == 0
    ann.expect_text("plumebot", "-5 degrees")
    assert json.loads(plume.ctl("say", "--json", "both").stdout) == {"said": True}
    ann.expect_text("plumebot", "both")


# -- status


def test_status_names_every_part(two_gateways):
    plume = two_gateways
    plume.join("ann", at=0)
    plume.join("bob", at=1)
    until(lambda: [g["connections"] for g in gateways(plume)] == [1, 1], "both told of theirs")
    status = ctl_json(plume, "status")
    version = process.run("plumectl", "--version").stdout
    assert status["version"] in version and f"1.{status['bus_minor']}" in version
    assert {g["gateway"] for g in status["gateways"]} == {number_of(g) for g in plume.gateways}
    for gateway in status["gateways"]:
        assert gateway["version"] == status["version"]
        assert gateway["bus_minor"] == status["bus_minor"]
        assert gateway["state"] == "well"
        assert (gateway["clients"], gateway["connections"]) == (1, 1)
    (mailer,) = status["mailers"]
    assert mailer["version"] == status["version"] and not mailer["degraded"]
    assert status["state"]["kept"] == "kept"
    assert status["state"]["commits"] > 0 and status["state"]["bytes"] > 0
    text = plume.ctl("status").stdout
    assert len(text.splitlines()) <= 24, "one screen"
    for gateway in plume.gateways:
        assert number_of(gateway) in text


def test_status_of_a_room_without_gateways_and_mailers(system):
    system.start_broker(state=":memory:").wait_ready()
    status = ctl_json(system, "status")
    assert status["gateways"] == [] and status["mailers"] == []
    assert status["state"]["kept"] == "forgets" and status["state"]["bytes"] == 0
    text = system.ctl("status").stdout
    assert "gateways   none" in text and "mailers    none" in text


def test_status_has_letters_that_wait(plume):
    plume.mailers[0].kill()
    ann = plume.client(label="ann")
    ann.hello("ann", "ann@ann.example")
    ann.expect_waiting()
    until(lambda: ctl_json(plume, "status")["oldest_letter_ms"] > 0, "a letter waits")
    assert ", the oldest for " in plume.ctl("status").stdout


def test_status_tells_what_a_mailer_holds(system):
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # and never listens
        port = nobody.getsockname()[1]
        plume = system.start(mailer={"transport": f"smtp://127.0.0.1:{port}"})
        ann = plume.client(label="ann")
        ann.hello("ann", "ann@ann.example")

        def holds():
            mailers = ctl_json(plume, "status")["mailers"]
            return [(m["leased"], m["in_hand"], m["degraded"]) for m in mailers] == [(1, 1, True)]

        until(holds, lambda: ctl_json(plume, "status"))
    assert "no mail server can be used" in plume.ctl("status").stdout


def test_a_gateway_that_stopped_is_silent(two_gateways):
    plume = two_gateways
    told(plume, 2)
    plume.gateways[0].signal(signal.SIGSTOP)

    def states():
        return sorted(g["state"] for g in gateways(plume))

    until(lambda: states() == ["silent", "well"], states)
    plume.gateways[0].signal(signal.SIGCONT)
    until(lambda: states() == ["well", "well"], states)


# -- clients


def test_clients_of_all_gateways_are_told(two_gateways):
    plume = two_gateways
    plume.join("ann", at=0)
    plume.join("bob", at=1)
    told(plume, 2)
    seen = ctl_json(plume, "clients")
    assert {(c["name"], c["gateway"]) for c in seen["clients"]} == {
        ("ann", number_of(plume.gateways[0])),
        ("bob", number_of(plume.gateways[1])),
    }
    assert all(g["told"] for g in seen["gateways"])
    assert all(c["lag"] == 0 for c in seen["clients"])


def test_the_slow_one_comes_first(system):
    plume = system.start(gateways=2, gateway={"posts_per_second": 0})
    slow = plume.join("slow", at=0)
    plume.join("quick", at=0)
    ann = plume.join("ann", at=1)
    told(plume, 2)
    slow.deafen()

    def first():
        for n in range(40):
            ann.say(f"{n} " + "x" * 30000)
        ann.settle()
        return ctl_json(plume, "clients")["clients"][0]

    until(lambda: first()["lag"] > 0, "somebody lags")
    lines = ctl_json(plume, "clients")["clients"]
    assert lines[0]["name"] == "slow" and lines[0]["unsent"] > 0
    assert lines[0]["gateway"] == number_of(plume.gateways[0])
    assert all(c["lag"] == 0 for c in lines[1:] if c["name"] != "slow")
    table = [line.split() for line in plume.ctl("clients").stdout.splitlines()]
    heads = [i for i, words in enumerate(table) if words[:2] == ["lag", "unsent"]]
    assert table[heads[0] + 1][-1] == "slow"


def test_a_gateway_that_does_not_answer_holds_nobody_up(two_gateways):
    plume = two_gateways
    plume.join("ann", at=0)
    plume.join("bob", at=1)
    told(plume, 2)
    plume.gateways[0].signal(signal.SIGSTOP)
    seen = ctl_json(plume, "clients")
    assert {g["gateway"]: g["told"] for g in seen["gateways"]} == {
        number_of(plume.gateways[0]): False,
        number_of(plume.gateways[1]): True,
    }
    assert [c["name"] for c in seen["clients"]] == ["bob"]
    assert "it did not tell" in plume.ctl("clients").stdout
    plume.gateways[0].signal(signal.SIGCONT)
    until(lambda: all(g["told"] for g in ctl_json(plume, "clients")["gateways"]), "it tells again")


def test_many_may_ask_at_once(plume):
    plume.join("ann")
    told(plume, 1)
    line = [process.program("plumectl"), "--bus", plume.bus, "--control-key", str(plume.control_key),
            "--timeout", "20s", "clients", "--json"]  # fmt: skip
    many = [subprocess.Popen(line, stdout=subprocess.PIPE, text=True) for _ in range(12)]
    for one in many:
        out, _ = one.communicate(timeout=40)
        assert one.returncode == 0
        assert [c["name"] for c in json.loads(out)["clients"]] == ["ann"]


# -- drain


def test_a_gateway_is_drained_by_its_number(two_gateways):
    plume = two_gateways
    ann, bob = plume.join("ann", at=0), plume.join("bob", at=1)
    told(plume, 2)
    leaving, staying = plume.gateways
    done = plume.ctl("drain", number_of(leaving)[:6].upper())
    assert done.returncode == 0 and "told to drain" in done.stdout
    ann.expect_closed(1001, "draining")
    leaving.expect_end()
    bob.say("where are you?")
    ann.connect(staying.url)
    ann.resume()
    ann.expect_in(resumed=True)
    ann.expect_text("bob", "where are you?")
    bob.settle()
    assert ("ann", "left chat") not in bob.texts()
    until(lambda: [g["gateway"] for g in gateways(plume)] == [number_of(staying)], "one is left")
    assert plume.broker.events("operator", act="drain", gateway=number_of(leaving))


def test_a_drain_shows_and_a_stop_during_it_is_no_second_one(system):
    plume = system.start(gateways=2, gateway={"drain": "30s"})
    people = [plume.join(f"p{n}") for n in range(3)]
    told(plume, 2)
    leaving = plume.gateways[0]
    people[0].deafen()  # keeps the drain going
    assert plume.ctl("drain", number_of(leaving)).returncode == 0
    leaving.wait_for_event("drain")
    leaving.begin_drain()  # SIGTERM: the service is stopped meanwhile
    people[0].listen_again()
    leaving.expect_end()
    assert not leaving.events("stop")


@pytest.mark.parametrize("number", ["zz", "123456789abcdef01", "0x", " "])
def test_only_a_gateway_is_drained(number, plume):
    done = plume.ctl("drain", number)
    assert done.returncode == 1 and "no gateway has a number that begins so" in done.stderr
    assert plume.gateways[0].exit_code is None


def test_a_number_of_two_is_not_enough(two_gateways):
    plume = two_gateways
    told(plume, 2)
    one, other = map(number_of, plume.gateways)
    common = os.path.commonprefix([one, other])
    done = plume.ctl("drain", common)
    assert done.returncode in (1, 2)  # 2: they have no digit in common, and nothing was given
    if common:
        assert "more than one" in done.stderr
    plume.gateways[0].signal(signal.SIGSTOP)
    until(lambda: "silent" in [g["state"] for g in gateways(plume)], "one is silent")
    done = plume.ctl("drain", one)
    assert done.returncode == 1 and "not heard" in done.stderr
    plume.gateways[0].signal(signal.SIGCONT)


# -- gateways of other versions, and hostile ones

RESULTS, ABOUT, CLIENT_STATE, CLIENTS_TOLD, ASK_CLIENTS, DRAIN = 2, 25, 26, 27, 45, 46


class Beating:
    """A fake gateway that asks for its results until it has enough, as a thread beside plumectl."""

    def __init__(self, plume, version):
        self.gateway = FakeGateway(plume.ports.first + 1, version)
        self.number = f"{self.gateway.id:016x}"
        self.heard = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._beat, daemon=True)
        self.answer = lambda message: ()

    def __enter__(self):
        self.gateway.batch(*self.first())
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join(20)
        self.gateway.close()

    def first(self):
        if self.gateway.version < (1, 2):
            return []
        return [[ABOUT, "9.9.9", 1000, 3, 2, 1, 7, False]]

    def _beat(self):
        answers = []
        while not self._stop.wait(0.02):
            results = self.gateway.batch(*answers)
            self.heard += results
            answers = [answer for message in results for answer in self.answer(message)]


def test_an_older_gateway_is_shown_and_left_alone(system):
    plume = system.start(gateways=0)
    with Beating(plume, (1, 1)) as old:
        (gateway,) = gateways(plume)
        assert (gateway["gateway"], gateway["version"], gateway["bus_minor"]) == (old.number, "", 1)
        assert "older (bus 1.1)" in plume.ctl("status").stdout
        (gateway,) = ctl_json(plume, "clients")["gateways"]
        assert not gateway["told"]
        assert "it did not tell: it is older" in plume.ctl("clients").stdout
        done = plume.ctl("drain", old.number)
        assert done.returncode == 1 and "older version" in done.stderr
        assert {message[0] for message in old.heard} == {RESULTS}


def test_a_gateway_is_believed_of_its_clients_no_more_than_asked(system):
    plume = system.start(gateways=1)
    plume.join("ann")
    told(plume, 1)
    with Beating(plume, (1, 2)) as liar:
        told(plume, 2)

        def lie(message):
            if message[0] != ASK_CLIENTS:
                return [[CLIENT_STATE, 5, 0, 0, 10**9, 0]]  # nobody asked
            many = [[CLIENT_STATE, n + 1, 0, 0, 2**64 - 1, 2**64 - 1] for n in range(600)]
            wrong = [CLIENTS_TOLD, message[1] + 1]
            return [*many, wrong, [CLIENTS_TOLD, message[1]], [CLIENTS_TOLD, message[1]]]

        liar.answer = lie
        for _ in range(3):
            seen = ctl_json(plume, "clients")
            assert all(g["told"] for g in seen["gateways"])
            lies = [c for c in seen["clients"] if c["gateway"] == liar.number]
            assert len(lies) == 50 and {c["name"] for c in lies} == {""}
            assert [c["name"] for c in seen["clients"] if c not in lies] == ["ann"]
        text = plume.ctl("status").stdout
        assert "9.9.9 (bus 1.2)" in text


def test_only_who_is_meant_drains(system):
    """A broker of ours tells nobody else; a gateway looks all the same."""
    number = []

    def answer(messages):
        number.append(messages[0][2])
        head = [RESULTS, number[-1], 7, 0, 1, 0]
        return [head, [DRAIN, 12345]]

    broker = system.guard(FakeBroker(system.ports.first, answer, (1, 2)))
    gateway = system.start_gateway()
    until(lambda: len(number) > 4, "batches are answered")
    assert not gateway.events("drain")
    broker.close()


# -- tail


class Tail:
    def __init__(self, plume, *args):
        self.child = subprocess.Popen(
            [process.program("plumectl"), "--bus", plume.bus,
             "--control-key", str(plume.control_key), "tail", *map(str, args)],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        os.set_blocking(self.child.stdout.fileno(), False)
        self.got = b""

    def _has_line(self):
        with contextlib.suppress(BlockingIOError):
            new = os.read(self.child.stdout.fileno(), 1 << 16)
            assert new, self.said()
            self.got += new
        return b"\n" in self.got

    def read(self):
        until(lambda: b"\n" in self.got or self._has_line(), "a line of the tail")
        line, _, self.got = self.got.partition(b"\n")
        return json.loads(line)

    def said(self):
        return self.child.stderr.read().decode()

    def read_text(self, text):
        while (line := self.read()).get("text") != text:
            pass
        return line

    def end(self, number=signal.SIGINT):
        self.child.send_signal(number)
        return self.child.wait(20)


@pytest.fixture
def tail():
    with contextlib.ExitStack() as ends:

        def start(plume, *args):
            one = Tail(plume, *args)
            ends.callback(one.child.stderr.close)
            ends.callback(one.child.stdout.close)
            ends.callback(one.child.wait)
            ends.callback(one.child.kill)
            return one

        yield start


def follows(plume, n=1):
    until(lambda: ctl_json(plume, "status")["held"] == n, f"{n} tails are held")


def test_tail_is_the_room_as_lines(plume, tail):
    ann = plume.join("ann")
    ann.expect_own(ann.say("before"))
    one = tail(plume)
    follows(plume)
    ann.say("hello all")
    line = one.read()
    assert (line["name"], line["event"], line["text"]) == ("ann", "text", "hello all")
    bob = plume.join("bob")
    assert one.read()["event"] == "entered"
    bob.sign_out()
    left = one.read()
    assert (left["name"], left["event"]) == ("bob", "left")
    assert left["seq"] == line["seq"] + 2
    assert one.end() == 0


def test_tail_begins_where_it_is_told(plume, tail):
    ann = plume.join("ann")
    for n in range(5):
        ann.expect_own(ann.say(f"line {n}"))
    one = tail(plume, "--after", 0)
    seqs = [one.read()["seq"] for _ in range(6)]
    assert seqs == [1, 2, 3, 4, 5, 6]
    other = tail(plume, "--after", 4)
    assert other.read()["seq"] == 5
    assert one.end(signal.SIGTERM) == 0


def test_tail_tells_of_holes(system, tail):
    plume = system.start(broker={"history": 3})
    ann = plume.join("ann")
    for n in range(8):
        ann.expect_own(ann.say(f"line {n}"))
    one = tail(plume, "--after", 2)
    assert one.read() == {"hole": {"first": 3, "last": 6}}
    assert [one.read()["seq"] for _ in range(3)] == [7, 8, 9]


def test_tail_loses_nothing_in_a_busy_room(system, tail):
    plume = system.start(gateway={"posts_per_second": 0})
    ann = plume.join("ann")
    one = tail(plume)
    follows(plume)
    for n in range(1500):
        ann.say(f"line {n}")
        if n % 100 == 99:
            ann.settle()
    first = one.read_text("line 0")["seq"]
    seq = first
    while (line := one.read())["text"] != "line 1499":
        seq += 1
        assert line["seq"] == seq


@pytest.mark.parametrize("how", ["kill", "drain"])
def test_tail_survives_a_restart_of_the_broker(how, plume, tail):
    ann = plume.join("ann")
    one = tail(plume)
    follows(plume)
    ann.expect_own(ann.say("before"))
    seq = one.read()["seq"]
    getattr(plume.broker, how)()
    plume.start_broker().wait_ready()
    ann.settle()
    ann.expect_own(ann.say("after"))
    last = one.read_text("after")["seq"]
    assert last > seq
    again = tail(plume, "--after", seq)
    assert [again.read()["seq"] for _ in range(last - seq)] == list(range(seq + 1, last + 1))


def test_tail_tells_of_another_room(plume, tail):
    ann = plume.join("ann")
    one = tail(plume)
    follows(plume)
    plume.broker.kill()
    for path in plume.directory.glob("room.db*"):
        if not path.name.endswith("key"):
            path.unlink()
    plume.start_broker().wait_ready()
    assert set(one.read()) == {"room"}
    ann.expect_closed(1012, "restarted")
    plume.join("bob")
    assert one.read()["seq"] == 1


def test_tail_ends_when_nobody_reads(plume, tail):
    one = tail(plume)
    follows(plume)
    one.child.stdout.close()
    assert one.child.wait(20) == 0, "though the room is quiet"


def test_tails_are_few_and_leave_room_for_others(plume, tail):
    many = [tail(plume) for _ in range(8)]
    follows(plume, 8)
    one = tail(plume)
    assert one.child.wait(20) == 1
    assert "as many follow the room as may" in one.said()
    assert plume.ctl("who").returncode == 0
    assert many[0].end() == 0
    follows(plume, 7)
    tail(plume)
    follows(plume, 8)


@pytest.mark.parametrize("after", ["-1", "x", "", "99999999999999999999"])
def test_a_position_that_is_none_is_refused(after, plume):
    done = plume.ctl("tail", f"--after={after}")
    assert done.returncode == 2 and "--after" in done.stderr


def test_tail_takes_the_key(plume):
    done = plume.ctl("tail", key=plume.secret_file("wrong", "f" * 64))
    assert done.returncode == 1 and "control key" in done.stderr


def test_tail_gives_up_where_there_is_no_broker(system):
    key = system.secret_file("key", "0" * 64)
    done = system.ctl("tail", "--timeout", "300ms", key=key)
    assert done.returncode == 1 and "no answer from a broker" in done.stderr
