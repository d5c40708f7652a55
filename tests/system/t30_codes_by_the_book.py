"""One-time codes, statement by statement: docs/SECURITY.md, section 1.  Those about single deciders (C1,
C7, C9) are unit tests."""

import concurrent.futures
import re
import signal
import time
import urllib.error
import urllib.request

import pytest
from plume.client import ACK, RESET
from plume.mail_peer import FakeMailer
from plume.wait import until

LIMITS = {"tries_per_address": 10}


def wrong(code, number=0):
    return f"{(int(code) + 1 + number) % 10**8:08}"


def asks(plume, name, address=None, at=0, client=None):
    """Somebody who waits, and their code."""
    address = address or f"{name}@{name}.example"
    client = client or plume.client(at, label=name)
    client.hello(name, address)
    client.expect_waiting(mail="sent")
    return client, plume.code_for(address)


def at_once(people, act):
    with concurrent.futures.ThreadPoolExecutor(20) as pool:
        return list(pool.map(act, people))


def test_c2_of_100_right_codes_at_once_one_succeeds(system):
    plume = system.start(gateways=3)
    ann, code = asks(plume, "ann")
    people = [plume.client(n % 3, label=f"tab {n}") for n in range(100)]

    def act(one):
        one.auth(code, ticket=ann.ticket)
        return one.expect(ACK, RESET)["type"]

    outcomes = at_once(people, act)
    assert outcomes.count(ACK) == 1 and outcomes.count(RESET) == 99


def test_c3_a_code_ends_in_time_over_a_restart_of_the_broker(system):
    plume = system.start(broker={"code_ttl": "8s"})
    ann, code = asks(plume, "ann")
    bob, late = asks(plume, "bob")
    end = time.monotonic() + 8
    plume.broker.kill()
    plume.start_broker(code_ttl="8s").wait_ready()
    ann.connect(plume.gateways[0].url)
    ann.resume_login(ann.ticket)
    left = ann.expect_waiting()["expires_in"] / 1000
    assert left <= end - time.monotonic() + 1.5
    ann.auth(code)
    ann.expect_in()
    time.sleep(max(0, end - time.monotonic()) + 1)  # the life of the code, and a second
    bob.connect(plume.gateways[0].url)
    bob.auth(late, ticket=bob.ticket)
    bob.expect_reset(reason="login-over")


def test_c4_the_same_digits_with_another_ticket_fail_and_count_there(system):
    plume = system.start()
    ann, code = asks(plume, "ann")
    eve, own = asks(plume, "eve")
    for _ in range(5):
        eve.auth(code)
        eve.expect_reset(reason="wrong-code")
    eve.auth(own)
    eve.expect_reset(reason="wrong-code")
    ann.auth(code)
    ann.expect_in()


def test_c5_after_five_wrong_tries_the_right_code_looks_as_wrong_as_any(plume):
    ann, code = asks(plume, "ann")
    answers = []
    for number in range(5):
        ann.auth(wrong(code, number))
        answers.append(ann.expect_reset())
    ann.auth(code)
    answers.append(ann.expect_reset())
    assert all(answer == answers[0] for answer in answers)


def test_c6_wrong_tries_survive_new_codes_other_browsers_and_a_restart(system):
    plume = system.start(gateways=2, broker=LIMITS)
    for at in (0, 1):
        eve, code = asks(plume, "ann", at=at)
        for number in range(5):
            eve.auth(wrong(code, number))
            eve.expect_reset(reason="wrong-code")
        plume.broker.kill()
        plume.start_broker(**LIMITS).wait_ready()
    ann, code = asks(plume, "ann")
    for _ in range(2):
        ann.auth(code)
        ann.expect_reset(reason="wrong-code")
    bob = plume.join("bob")  # another address is not concerned
    bob.settle()


def test_c8_of_1000_wrong_tries_at_once_five_register(system):
    plume = system.start(gateways=3)
    ann, code = asks(plume, "ann")
    reference = ann.frames[-1]["reference"]
    people = [plume.client(n % 3, label=f"tab {n}") for n in range(100)]

    def act(one):
        for number in range(10):
            one.auth(wrong(code, number), ticket=ann.ticket)
            one.expect_reset(reason="wrong-code")

    at_once(people, act)
    ann.auth(code)
    ann.expect_reset(reason="wrong-code")
    story = plume.ctl("why", reference).stdout
    counted = re.findall(r"a wrong code was given(?:, (\d+) times)?", story)
    assert sum(int(times or 1) for times in counted) == 5, story
    dead = re.findall(r"tries were used up[^(]*?(?:, (\d+) times[^(]*)?\(a code", story)
    assert sum(int(times or 1) for times in dead) == 996, story


def test_c10_no_code_is_stored_or_dumped(system):
    system.start_broker(wrap=["prlimit", "--core=unlimited"])
    system.start_gateway()
    system.wait_ready()
    mailer = FakeMailer(system.ports.first + 2)
    ann = system.client(label="ann")
    ann.hello("ann", "ann@canary.example")
    ann.expect_waiting()
    letter = mailer.take()
    code = letter[4].encode()
    assert len(code) == 8
    ann.auth(wrong(letter[4]))
    ann.expect_reset(reason="wrong-code")

    def assert_nowhere():
        looked = 0
        for path in system.directory.rglob("*"):
            if path.is_file():
                looked += 1
                octets = path.read_bytes()
                assert code not in octets, f"{path.name} has the code"
                assert b"canary.example" not in octets, f"{path.name} has the address"
        assert looked >= 4 and system.state.exists()

    assert_nowhere()  # the letter is on the desk, taken and not reported
    system.broker._asked_to_end = True
    system.broker.signal(signal.SIGABRT)  # would leave a core
    assert system.broker.wait_end() == -signal.SIGABRT
    assert not list(system.directory.glob("core*"))
    assert_nowhere()
    system.start_broker().wait_ready()
    again = until(FakeMailerOf(system, mailer.id), "the letter once more")
    assert again[4].encode() == code, "it was sealed, and came back"
    assert_nowhere()
    mailer.close()


class FakeMailerOf:
    """Asks as the mailer with this number until there is a letter."""

    def __init__(self, system, id):
        self.mailer = FakeMailer(system.ports.first + 2)
        self.mailer.id = id

    def __call__(self):
        return self.mailer.take(wait_ms=200)


@pytest.mark.parametrize("form", ["{0} {1}", "{0}-{1}", "\t{0}  {1} ", "Code: {0} {1}.", "full"])
def test_c12_a_code_is_taken_as_people_write_it(plume, form):
    ann, code = asks(plume, "ann")
    if form == "full":
        typed = "".join(chr(ord("０") + int(digit)) for digit in code)
    else:
        typed = form.format(code[:4], code[4:])
    assert len(typed.encode()) <= 32
    ann.auth(typed)
    ann.expect_in()


def test_c12_what_is_too_long_is_refused_before_any_work(plume):
    ann, code = asks(plume, "ann")
    for _ in range(9):  # more than there are tries
        ann.auth(code + " " * 25)
        ann.expect_reset(reason="wrong-code")
    ann.auth(code)
    ann.expect_in()


def test_c13_no_get_consumes_anything_and_the_mail_has_no_link_to_log_in(plume):
    ann = plume.client(label="ann")
    ann.hello("ann", "ann@a.example")
    ticket = ann.expect_waiting(mail="sent")["ticket"]
    letter = plume.letter_to("ann@a.example")
    code = re.search(r"\d{8}", letter["Subject"])[0]
    for part in letter.walk():
        if part.get_content_maintype() == "text":
            for link in re.findall(r"https?://\S+", part.get_content()):
                assert code not in link and ticket not in link
    base = f"http://127.0.0.1:{plume.gateways[0].port}"
    for path in ("", f"?code={code}", f"login/{ticket}/{code}", f"connect?ticket={ticket}"):
        for method in ("GET", "HEAD"):
            request = urllib.request.Request(f"{base}/{path}", method=method)
            try:
                urllib.request.urlopen(request, timeout=10).close()
            except urllib.error.HTTPError as refused:
                refused.close()
    ann.auth(code)
    ann.expect_in()


def test_c14_a_new_code_voids_the_old_and_both_mails_tell_which_is_newer(plume):
    ann, old = asks(plume, "ann")
    first = ann.frames[-1]["reference"]
    ann.hello("ann", "ann@ann.example")
    second = ann.expect_waiting(mail="sent")["reference"]
    letter = plume.letter_to("ann@ann.example")
    new = re.search(r"\d{8}", letter["Subject"])[0]
    assert first != second and second in letter.as_string()
    assert letter["Date"]
    if old != new:
        ann.auth(old)
        ann.expect_reset(reason="wrong-code")
    ann.auth(new)
    ann.expect_in()


def test_c15_a_browser_that_was_here_before_cannot_be_locked_out(system):
    limits = {
        **LIMITS,
        "mail_interval": "1h",
        "mails_per_address": 3,
        "mails_per_day": 3,
        "mails_per_network": 50,
    }
    plume = system.start(broker=limits)
    ann = plume.join("ann")
    assert ann.proof and len(ann.proof) <= 64
    proof = ann.proof
    ann.close()
    eve = plume.client(label="eve")
    eve.hello("ann", "ann@ann.example")
    eve.expect_waiting(mail="withheld")
    plume.broker.kill()
    plume.start_broker(**limits).wait_ready()
    eve = plume.client(label="eve")
    eve.proof = "x" * 43
    eve.hello("ann", "ann@ann.example")
    eve.expect_waiting(mail="withheld")

    back = plume.client(label="ann again")
    back.proof = proof
    back, code = asks(plume, "ann", client=back)
    back.auth(wrong(code))
    back.expect_reset(reason="wrong-code")
    back.auth(code)
    assert "proof" not in back.expect_in(), "it has one"
    third = plume.client(label="ann once more")
    third.proof = proof
    third.hello("ann", "ann@ann.example")
    wait = third.expect_waiting(mail="withheld")["resend_in"]
    assert 0 < wait <= 3_600_000, "the reserve has a limit of its own"
