"""The mail desk: letters held once, news that are not lost, the record of logins, `plumectl why`."""

import json

import pytest
from plume.mail_peer import FakeMailer
from plume.wait import until

TAKEN, SENT, DEFERRED, REFUSED = 1, 2, 3, 4


@pytest.fixture
def room(system):
    """A broker and a gateway; mailers are the test's."""
    system.start_broker()
    system.start_gateway()
    return system.wait_ready()


def mailer_of(plume, **more):
    mailer = FakeMailer(plume.ports.first + 2, **more)
    plume.guard(mailer)
    return mailer


def ask(plume, name="ann", address="ann@a.example"):
    one = plume.client(label=name)
    one.hello(name, address)
    return one, one.expect_waiting()


def test_the_person_who_waits_is_told_all_that_is_known(room):
    mailer = mailer_of(room)
    ann, told = ask(room)
    assert told["mail"] == "queued" and len(told["reference"]) == 7
    assert "mailed_at" not in told and "mail_retry_in" not in told
    letter = mailer.take()
    number, reference, email, name, code = letter[:5]
    assert (reference, email, name) == (told["reference"], "ann@a.example", "ann")
    asked_ms, salt = letter[9:11]
    assert asked_ms > 1_600_000_000_000 and salt > 0
    assert mailer.report(number, TAKEN)
    taken = ann.expect_waiting(mail="taken")
    assert taken["sender"] == "fake@mail.example" and taken["subject"] == "Your code"
    assert taken["mailers"] == 1
    assert mailer.report(number, DEFERRED, 20_000, 1, 451, "4.7.1 come back")
    assert 19_000 < ann.expect_waiting(mail="deferred")["mail_retry_in"] <= 20_000
    assert mailer.report(number, SENT, 0, 2, 250, "2.0.0 Ok")
    sent = ann.expect_waiting(mail="sent")
    assert asked_ms <= sent["mailed_at"] and "mail_retry_in" not in sent
    assert not mailer.report(number, SENT), "it is over"
    ann.auth(code)
    ann.expect_in()


def test_news_of_sent_survive_a_broker_that_dies_with_them(room):
    mailer = mailer_of(room)
    ann, told = ask(room)
    letter = mailer.take()
    assert mailer.report(letter[0], TAKEN)
    ann.expect_waiting(mail="taken")
    gateway = room.gateways[0]
    gateway.signal(19)  # SIGSTOP: it cannot fetch what is told now
    assert mailer.report(letter[0], SENT)
    room.broker.kill()
    room.start_broker().wait_ready()
    gateway.signal(18)
    sent = ann.expect_waiting(mail="sent")
    assert sent["mailed_at"] and sent["reference"] == told["reference"]
    # and a browser that comes back later is told the same
    ann.close()
    later = room.client(label="ann later")
    later.resume_login(ann.ticket)
    again = later.expect_waiting(mail="sent")
    assert again["mailed_at"] == sent["mailed_at"] and again["reference"] == sent["reference"]


def test_people_are_told_when_no_mailer_is_running_and_when_one_comes(room):
    mailer = mailer_of(room)
    assert mailer.take(wait_ms=1) is None
    mailer.ask([60, mailer.id, 1, mailer.sender, "", 0, 0, "", 0, 0])
    ann, told = ask(room)
    assert told["mailers"] == 1
    mailer.close()  # its last question was answered: only silence tells that it has gone
    ann.expect_waiting(mailers=0, deadline=30)
    mailer = mailer_of(room)
    letter = mailer.take()
    assert ann.expect_waiting(mailers=1)
    assert mailer.report(letter[0], SENT)
    ann.expect_waiting(mail="sent")


def test_a_letter_is_offered_again_to_who_lost_it_and_held_by_one(room):
    one, two = mailer_of(room), mailer_of(room)
    ask(room)
    letter = one.take()
    again = one.take()
    assert again[0] == letter[0] and again[9:] == letter[9:], "the same letter, whole"
    assert one.report(letter[0], TAKEN)
    assert not two.report(letter[0], TAKEN)
    assert two.take(wait_ms=100) is None
    room.broker.kill()
    room.start_broker().wait_ready()
    one = mailer_of(room)
    two = mailer_of(room)
    assert two.take(wait_ms=4000) is None, "longer than an offer lasts"
    assert not two.report(letter[0], SENT)


def test_a_restarted_mailer_with_its_number_has_its_letters(room):
    one = mailer_of(room)
    ann, _ = ask(room)
    letter = one.take()
    assert one.report(letter[0], TAKEN)
    one.close()
    again = mailer_of(room)
    assert not again.report(letter[0], TAKEN), "another number"
    again.id = one.id
    assert again.report(letter[0], TAKEN)
    assert again.report(letter[0], SENT)
    ann.expect_waiting(mail="sent")


def test_the_record_reaches_one_mailer_once_over_restarts(room):
    one, two = mailer_of(room), mailer_of(room)
    ann, told = ask(room)
    letter = one.take()
    assert one.report(letter[0], SENT)
    ann.auth("00000000")
    ann.expect_reset()
    ann.auth(letter[4])
    ann.expect_in()
    assert room.ctl("say", "hello").returncode == 0

    def kinds(mailer):
        return [row[2] for row in mailer.rows]

    def rows_of(mailer, n):
        mailer.take(wait_ms=300)
        return len(mailer.rows) >= n

    until(lambda: rows_of(one, 4), "the rows of the login")
    assert kinds(one) == [1, 5, 4, 10]  # asked, wrong, right, operator; not its own report
    number, time_ms, _, times, reference, email, network, gateway, detail, epoch = one.rows[0]
    assert number == 1 and times == 1 and reference == told["reference"]
    assert email == "ann@a.example" and network == "127.0.0.0/24" and gateway > 0 and epoch > 0
    assert one.take(wait_ms=1) is None  # tells that it has them
    room.broker.kill()
    room.start_broker().wait_ready()
    two = mailer_of(room)
    ask(room, "bob", "bob@b.example")
    until(lambda: rows_of(two, 1), "a row for the other mailer")
    assert [row[4:6] for row in two.rows][0][1] == "bob@b.example"
    assert two.rows[0][0] > 4
    for rows in (one.rows, two.rows):
        assert letter[4] not in json.dumps(rows)


def test_why_tells_the_story_of_a_login(plume):
    ann = plume.client(label="ann")
    ann.hello("ann", "ann@a.example")
    reference = ann.expect_waiting(mail="sent")["reference"]
    code = plume.code_for("ann@a.example")
    for number in range(3):
        ann.auth(f"{(int(code) + 1 + number) % 10**8:08}")
        ann.expect_reset()
    ann.auth(code)
    ann.expect_in()
    done = plume.ctl("why", reference)
    assert done.returncode == 0 and not done.stderr
    story = done.stdout.splitlines()
    assert story[0] == f"{reference}: a login for ann@a.example; times are UTC"
    for words in (
        "a login code was asked for",
        "a mailer took the letter",
        "the mail server accepted the letter",
        "a wrong code was given",
        "the right code was given",
    ):
        assert any(words in line for line in story[1:]), f"{words} in {done.stdout}"
    assert code not in done.stdout
    # however it is written
    spoken = reference.replace("-", " ").lower()
    assert plume.ctl("why", *spoken.split()).stdout == done.stdout
    rows = json.loads(plume.ctl("--json", "why", reference).stdout)["story"]
    assert [row["kind"] for row in rows][0] == "asked"
    assert {"letter", "code-wrong", "code-right"} <= {row["kind"] for row in rows}
    assert any(row.get("state") == "sent" for row in rows)


def test_why_says_so_when_there_is_nothing_to_tell(plume):
    done = plume.ctl("why", "K7Q-2MX")
    assert done.returncode == 1 and not done.stdout
    assert "no login with this reference" in done.stderr
    assert plume.ctl("why").returncode == 2
