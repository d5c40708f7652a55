"""plumectl mute, ban, unban and bans: in force on all gateways at once, kept, ended, recorded."""

import json
import re
import signal
import sqlite3

import pytest
from plume import admin, process
from plume.bus_peer import FakeBroker, FakeGateway, Requester
from plume.client import ACK, REFUSED, LegacyClient
from plume.wait import until

HELLO, AUTH, RESUME = 10, 11, 12
WAITING, MAY_NOT_ENTER, ADMITTED = 30, 31, 33
RESULTS, PUT_OUT = 2, 48
ASK, TOLD, BAN, A_NAME = 70, 71, 7, 1
HERE_ALL = "127.0.0.0/8"  # where everybody in a test is


def ctl(plume, *args, **options):
    """Options stand in front of the command."""
    words = [word for name, value in options.items() for word in (f"--{name.rstrip('_')}", value)]
    return plume.ctl(*words, *args)


def act(plume, *args, **options):
    done = ctl(plume, *args, **options)
    assert done.returncode == 0 and not done.stderr, done.stderr
    return done.stdout


def bans(plume, *args):
    return json.loads(plume.ctl("--json", "bans", *args).stdout)["bans"]


def other_tab(plume, one, at):
    tab = plume.client(at=at, label=f"{one.label}, another tab")
    tab.token, tab.epoch, tab.name = one.token, one.epoch, one.name
    tab.resume()
    tab.expect_in(resumed=True)
    return tab


def expect_put_out(one, reason, text):
    assert text in one.expect(15, reason=reason)["text"]
    one.expect_closed(1008, "banned")


def expect_kept_out(plume, one, reason, at=0):
    one.connect(plume.gateways[at].url)
    one.resume()
    return one.expect_reset(reason=reason)["text"]


BANS = [
    (("name", "Eve"), "name-banned", "This name is banned here"),
    (("person", "eve"), "banned", "You are banned"),
    (("address", "EVE+tag@eve.example"), "banned", "You are banned"),
    (("network", HERE_ALL), "network-banned", "Your network is banned"),
]


@pytest.mark.parametrize("what, reason, text", BANS, ids=lambda value: value[0] if isinstance(value, tuple) else "")
def test_t5_who_is_banned_is_out_on_all_gateways_and_cannot_resume(what, reason, text, two_gateways):
    plume = two_gateways
    eve = plume.join("eve")
    tab = other_tab(plume, eve, at=1)
    ann = plume.join("ann") if what[0] != "network" else None
    act(plume, "ban", *what, for_="2h", reason="spam & <b>more</b>")
    for one in (eve, tab):
        expect_put_out(one, reason, f"{text}")
    assert "another 2 h: spam & <b>more</b>." in expect_kept_out(plume, eve, reason, at=1)
    if ann:
        ann.expect_text("eve", "left chat")
        ann.settle()
    plume.broker.kill()
    plume.start_broker().wait_ready()
    expect_kept_out(plume, eve, reason)
    act(plume, "unban", *what)
    eve.connect(plume.gateways[0].url)
    eve.resume()
    eve.expect_in(resumed=True)


@pytest.mark.parametrize("what, reason", [(("person", "eve"), "banned"), (("network", HERE_ALL), "network-banned")])
def test_t5_a_gateway_that_slept_while_the_broker_was_killed_is_told(what, reason, two_gateways):
    plume = two_gateways
    eve = plume.join("eve", at=1)
    plume.gateways[1].signal(signal.SIGSTOP)
    act(plume, "ban", *what)
    plume.broker.kill()
    plume.start_broker().wait_ready()
    plume.gateways[1].signal(signal.SIGCONT)
    eve.expect_closed()  # by its word or, because that was lost with the broker, to begin anew
    expect_kept_out(plume, eve, reason, at=1)
    assert json.loads(plume.ctl("--json", "status").stdout)["clients"] == 0


def test_a_ban_is_told_before_plumectl_is_answered_by_anything_later(two_gateways):
    """Whatever is asked after the ban was answered finds it in force."""
    plume = two_gateways
    eve = plume.join("eve")
    act(plume, "ban", "person", "eve")
    for at in (0, 1):
        late = plume.client(at=at, label="eve, again")
        late.resume(token=eve.token, epoch=eve.epoch, seq=0)
        late.expect_reset(reason="banned")
    expect_put_out(eve, "banned", "You are banned from this room.")


def test_a_banned_name_and_its_look_alikes_are_told_at_hello(plume):
    act(plume, "ban", "name", "linus")
    one = plume.client()
    for name in ("linus", "LINUS", "Iinus"):
        one.hello(name, "somebody@s.example")
        told = one.expect_no_entry("name-banned")
        assert told["user"]["name"] == name and "This name is banned" in told["text"]
    assert not plume.letters()
    one.hello("linda", "somebody@s.example")
    one.expect_waiting()
    assert until(lambda: plume.audit(kind="banned"), "a row of the audit log")


def test_s2_a_banned_address_gets_the_waiting_screen_of_a_throttled_one(system):
    plume = system.start(broker={"mail_interval": "1h"})
    plume.join("known")
    act(plume, "ban", "address", "eve@eve.example")
    told = {}
    for kind, address in (
        ("throttled", "known@known.example"),
        ("banned", "eve@eve.example"),
        ("banned in another form", "EVE+1@eve.example"),
    ):
        one = plume.client(label=kind)
        one.hello(f"x{len(told)}", address)
        told[kind] = one.expect_waiting()
    references = {kind: one.pop("reference") for kind, one in told.items()}
    for one in told.values():
        assert 3_590_000 < one.pop("resend_in") <= 3_600_000
        del one["ticket"], one["user"]
    assert told["throttled"] == told["banned"] == told["banned in another form"]
    assert told["banned"]["mail"] == "withheld" and plume.letters() == 1
    story = plume.ctl("why", references["banned"]).stdout
    assert "banned" in story and "eve@eve.example" in story
    rows = until(lambda: plume.audit(kind="banned"), "rows of the audit log")
    assert {row["reference"] for row in rows} <= set(references.values())
    # the network stands there as everywhere else: too wide to be one person
    assert {row["network"] for row in rows} == {"127.0.0.0/24"}


def test_who_proves_a_banned_address_is_told(plume):
    eve = plume.client(label="eve")
    eve.hello("eve", "eve@eve.example")
    eve.expect_waiting()
    code = plume.code_for("eve@eve.example")
    act(plume, "ban", "address", "eve@eve.example", reason="Not here.")
    eve.auth("00000000" if code != "00000000" else "00000001")
    eve.expect_reset(reason="wrong-code")
    eve.auth(code)
    assert eve.expect_no_entry("banned")["text"] == "You are banned from this room: Not here."


def test_who_is_muted_reads_and_does_not_speak(two_gateways):
    plume = two_gateways
    eve, ann = plume.join("eve"), plume.join("ann", at=1)
    old = plume.client(kind=LegacyClient, label="eve, by a legacy client")
    old.hello("eve-old", "Eve+old@eve.example")
    old.auth(plume.code_for("Eve+old@eve.example"))
    old.expect_in()
    act(plume, "mute", "eve", for_="1h", reason="calm down")
    for one in (eve, other_tab(plume, eve, at=1)):
        id = one.say("may I?")
        told = one.expect(REFUSED, reason="muted", id=id)
        assert re.fullmatch(
            r"You are muted for another (1 h|59 min \d+ s|59 min): calm down\. This was not delivered\.",
            told["text"],
        )
        one.send(type=13, user={"name": ""}, text="")
    ann.say("can you hear me?")
    eve.expect_text("ann", "can you hear me?")
    # another name and client of the same address
    old.say("nor by this one")
    until(lambda: [f for f in old.frames if "You are muted" in f["text"]], "it is told")
    ann.settle()
    ann.expect_none(1, name="eve", text="may I?")
    ann.expect_none(13)
    # a new session does not help, nor does a restart
    plume.broker.kill()
    plume.start_broker().wait_ready()
    again = plume.join("eve", "eve@eve.example")
    again.expect(REFUSED, id=again.say("and now?"), reason="muted")
    act(plume, "unmute", "eve")
    again.say("thank you")
    ann.expect_text("eve", "thank you")
    assert eve.wire.closed is None


def test_bans_end_by_themselves(plume):
    eve = plume.join("eve")
    act(plume, "ban", "person", "eve", for_="1s")
    expect_put_out(eve, "banned", "for another 1 s.")

    def resumes():
        eve.connect(plume.gateways[0].url)
        eve.resume()
        return eve.expect(ACK, 4)["type"] == ACK

    until(resumes, "the ban is over")
    assert not bans(plume)
    until(lambda: admin.metrics(plume.broker)["plume_bans"] == 0, "it is forgotten")
    plume.broker.kill()
    with sqlite3.connect(plume.state) as db:
        assert db.execute("SELECT count(*) FROM bans").fetchone() == (0,)
    db.close()


def test_a_second_that_ran_out_while_the_broker_was_down_is_over(plume):
    eve = plume.join("eve")
    act(plume, "ban", "person", "eve", for_="1s")
    act(plume, "mute", "eve", for_="1h")
    since = bans(plume, "eve")
    plume.broker.kill()
    plume.start_broker().wait_ready()
    until(lambda: [one["what"] for one in bans(plume)] == ["mute"], "only the mute is left")
    assert bans(plume)[0] == next(one for one in since if one["what"] == "mute")
    eve.expect_closed(1008, "banned")


def test_the_list_tells_everything_and_is_searched(plume):
    plume.join("eve")
    act(plume, "ban", "name", "mallory")
    act(plume, "ban", "address", "Mallory+1@Evil.Example", reason="\u202eevil \\ reason")
    act(plume, "ban", "network", "198.51.100.77/24", for_="3d")
    act(plume, "ban", "network", "2001:db8:1:2:3::4")
    act(plume, "mute", "eve", for_="5m")
    listed = bans(plume)
    assert [(one["what"], one["value"]) for one in listed] == [
        ("mute", "eve"),
        ("network", "2001:db8:1:2::/64"),
        ("network", "198.51.100.0/24"),
        ("address", "Mallory+1@evil.example"),
        ("name", "mallory"),
    ]
    assert listed[2]["until_ms"] - listed[2]["since_ms"] == 3 * 86400000
    assert listed[3]["until_ms"] == 0 and listed[3]["reason"] == "\u202eevil \\ reason"
    assert not any(one["by_option"] for one in listed)
    assert [one["value"] for one in bans(plume, "allory")] == ["Mallory+1@evil.example", "mallory"]
    shown = plume.ctl("bans").stdout
    assert "\\u{202e}evil \\\\ reason" in shown and "\u202e" not in shown
    assert re.search(r"^network +\d{4}-\d\d-\d\d \d\d:\d\d +\d{4}-\d\d-\d\d \d\d:\d\d +198\.51\.100\.0/24$", shown, re.M)
    # the same once more is the same, with its new time
    act(plume, "ban", "network", "198.51.100.0/24")
    assert len(bans(plume)) == 5 and bans(plume)[0]["until_ms"] == 0
    metrics = admin.metrics(plume.broker)
    assert metrics["plume_bans"] == 5


def test_more_bans_than_one_answer_holds_are_told_and_found(system):
    system.start_broker(ban=[f"name:option-{n}" for n in range(60)]).wait_ready()
    control = Requester(system.ports.first + 3, (1, 2))
    key = system.control_key.read_text().strip()
    for n in range(900):
        (told,) = control.ask([ASK, key, BAN, f"somebody-{n}", 0, 0, 0, A_NAME, 0, "x" * 100, ""])
        assert told[:2] == [TOLD, True], told
    listed = json.loads(system.ctl("--json", "bans").stdout)
    assert listed["more"] is True and 500 < len(listed["bans"]) <= 900
    assert listed["bans"][0]["value"] == "somebody-899"
    assert "more are not listed" in system.ctl("bans").stdout
    assert [one["value"] for one in bans(system, "body-17")][-1] == "somebody-17"
    assert len(bans(system, "option-")) == 60


@pytest.mark.parametrize(
    "args, why",
    [
        (("ban", "name", "two words"), "no name"),
        (("ban", "address", "nobody"), "no mail address"),
        (("ban", "address", "*@spam.example"), "--deny-address"),
        (("ban", "network", "0.0.0.0/0"), "too wide"),
        (("ban", "network", "10.0.0.0/7"), "too wide"),
        (("ban", "network", "::/0"), "too wide"),
        (("ban", "network", "2001:db8::1/128"), "too narrow"),
        (("ban", "network", "localhost"), "no network"),
        (("ban", "person", "nobody"), "nobody has"),
        (("mute", "plumebot"), "reserved"),
        (("--reason", "two\nlines", "ban", "name", "eve"), "one line"),
        (("--reason", "\x1b[2J", "ban", "name", "eve"), "control characters"),
        (("--reason", "x" * 201, "ban", "name", "eve"), "200 bytes"),
        (("unban", "name", "eve"), "no such ban"),
        (("unban", "network", "192.0.2.0/24"), "no such ban"),
        (("unmute", "nobody"), "no such ban"),
    ],
)
def test_slips_of_operators_are_refused_and_change_nothing(args, why, system):
    system.start_broker().wait_ready()
    done = system.ctl(*args)
    assert done.returncode == 1 and why in done.stderr and not done.stdout, done.stderr
    assert not bans(system) and not system.broker.events("operator")


@pytest.mark.parametrize(
    "args",
    [
        ("ban",),
        ("ban", "eve"),
        ("ban", "name"),
        ("ban", "mute", "eve"),
        ("unban", "everybody", "eve"),
        ("mute",),
        ("unmute",),
        ("--for", "1 h", "mute", "eve"),
        ("--for", "36501d", "mute", "eve"),
        ("--for", "1h", "kick", "eve"),
        ("--reason", "so", "unban", "name", "eve"),
        ("--reason", "\udcff", "ban", "name", "eve"),
    ],
)
def test_what_is_not_understood_is_not_asked(args, system):
    key = system.secret_file("key", "0" * 64)
    done = process.run("plumectl", "--bus", system.bus, "--control-key", key, *args)
    assert done.returncode == 2 and done.stderr and not done.stdout


def test_without_the_key_nobody_is_banned(plume):
    eve = plume.join("eve")
    wrong = plume.secret_file("wrong", "f" * 64)
    for words in (("ban", "person", "eve"), ("mute", "eve"), ("bans",)):
        done = plume.ctl(*words, key=wrong)
        assert done.returncode == 1 and "control key" in done.stderr and not done.stdout
    eve.settle()


def test_acts_and_refusals_are_recorded_and_counted(plume):
    eve = plume.join("eve")
    act(plume, "mute", "eve", for_="1h", reason="calm")
    eve.expect(REFUSED, id=eve.say("x"), reason="muted")
    act(plume, "ban", "address", "canary@eve.example", reason="why")
    act(plume, "ban", "network", HERE_ALL, for_="2h")
    expect_put_out(eve, "network-banned", "Your network")
    expect_kept_out(plume, eve, "network-banned")
    act(plume, "unban", "network", HERE_ALL)
    acts = until(
        lambda: [r for r in plume.audit(kind="operator") if "lifted" in r["detail"]]
        and plume.audit(kind="operator"),
        "rows of the audit log",
    )
    assert [row["detail"] for row in acts] == [
        "banned: mute eve for 1 h: calm",
        "banned: address: why",
        "banned: network for 2 h",
        "lifted: network",
    ]
    assert acts[1]["address_hash"] if "address_hash" in acts[1] else True
    assert [row["network"] for row in acts][2:] == ["127.0.0.0/24"] * 2
    until(lambda: plume.audit(kind="banned"), "that eve came back")
    metrics = admin.metrics(plume.broker)
    assert metrics['plume_ban_refusals_total{kind="mute"}'] == 1
    assert metrics['plume_ban_refusals_total{kind="network"}'] == 1
    assert metrics["plume_bans"] == 2
    # neither logs nor the state's bytes tell who
    assert plume.broker.events("operator", act="ban", kind="address")
    assert "canary@eve" not in plume.broker.log()
    for path in plume.directory.glob("room.db*"):
        assert b"canary@eve" not in path.read_bytes(), path


def test_bans_of_the_options_come_and_go_with_a_reload(system):
    path = system.directory / "broker.conf"
    path.write_text("code-tries = 5\n")
    plume = system.start(gateways=2, broker={"config": path})
    eve, ann = plume.join("eve"), plume.join("ann", at=1)
    path.write_text("ban = name:eve, address:gone@g.example\n")
    reload(plume.broker)
    expect_put_out(eve, "name-banned", "This name is banned here.")
    assert "take it out there" in plume.ctl("unban", "name", "eve").stderr
    assert [one["by_option"] for one in bans(plume)] == [True, True]
    path.write_text(f"ban = network:{HERE_ALL}\n")
    reload(plume.broker)
    expect_put_out(ann, "network-banned", "Your network")
    path.write_text("ban = network:0.0.0.0/0\n")
    reload(plume.broker, "refused")
    assert "too wide" in plume.broker.wait_for_event("reload_refused")["why"]
    expect_kept_out(plume, ann, "network-banned")  # the old ones are in force
    path.write_text("")
    reload(plume.broker)
    eve.connect(plume.gateways[0].url)
    eve.resume()
    eve.expect_in(resumed=True)


def reload(one, result="taken"):
    name = f'plume_reloads_total{{result="{result}"}}'
    before = admin.metrics(one)[name]
    one.signal(signal.SIGHUP)
    until(lambda: admin.metrics(one)[name] > before, f"{one} reloads: {result}\n{one.log_tail()}")


def test_bans_of_the_options_put_out_at_the_start(plume):
    eve = plume.join("eve")
    plume.broker.kill()
    plume.start_broker(ban="name:eve").wait_ready()
    expect_put_out(eve, "name-banned", "This name")


def test_a_bad_ban_is_no_option(system):
    done = process.run("plume-broker", "--check-config", "--ban", "network:0.0.0.0/0")
    assert done.returncode == 2 and "too wide" in done.stderr
    done = process.run("plume-broker", "--check-config", "--ban", "person:eve")
    assert done.returncode == 2 and "--ban" in done.stderr


@pytest.mark.parametrize("version", [(1, 0), (1, 1)])
def test_an_older_gateway_is_told_in_its_own_words(system, version):
    """It ends before the text; a network is known where hello tells it."""
    plume = system.start()
    act(plume, "ban", "name", "eve", reason="x")
    old = FakeGateway(plume.ports.first + 1, version)
    no = old.wait_for(MAY_NOT_ENTER, [HELLO, 7, "eve", "eve@e.example", "192.0.2.1"])
    assert no[:3] == [MAY_NOT_ENTER, 7, "eve"] and isinstance(no[3], int)
    act(plume, "ban", "network", "192.0.2.0/24")
    old.wait_for(PUT_OUT)
    assert old.wait_for(MAY_NOT_ENTER, [HELLO, 7, "bob", "bob@b.example", "192.0.2.1"])[2] == "bob"
    assert old.wait_for(WAITING, [HELLO, 7, "bob", "bob@b.example", "192.0.3.1"])[1] == 7


@pytest.mark.parametrize("version", [(1, 0), (1, 1)])
def test_what_an_older_broker_refuses_has_the_reasons_words(system, version):
    def answer(request):
        reply = [[RESULTS, request[0][2], 0xABCDEF0123456789, 0, 1]]
        return reply + [[MAY_NOT_ENTER, c[1], "ann", 1] for c in request[1:] if c[0] == HELLO]

    broker = FakeBroker(system.ports.first, answer, version)
    try:
        gateway = system.start_gateway()
        until(lambda: broker.subscribers, "the gateway subscribes")
        broker.publish([50, 0xABCDEF0123456789, 0])
        gateway.wait_ready()
        ann = system.client(label="ann")
        ann.hello("ann", "ann@a.example")
        assert "belongs to somebody else" in ann.expect_no_entry("name-taken")["text"]
    finally:
        broker.close()
