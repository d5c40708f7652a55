"""Mail through Mailgun's HTTP interface, played by a local server."""

import re

import pytest
from plume.http_sink import HttpSink

KEY = "key-0123456789abcdef0123456789abcdef"


@pytest.fixture
def sink(system):
    return system.guard(HttpSink())


@pytest.fixture
def plume(system, sink):
    key = system.secret_file("mailgun-key", KEY)
    return start(system, sink, mailgun_key_file=key)


def start(system, sink, **options):
    mailer = {"transport": "mailgun:chat.example", "mailgun_url": sink.url, "mail_timeout": "5s"}
    return system.start(mailer={**mailer, **options})


def ask(plume, name="ann"):
    client = plume.client(label=name)
    client.hello(name, f"{name}@a.example")
    client.expect_waiting()
    return client


def test_request_is_what_mailgun_expects(plume, sink):
    ann = ask(plume)
    asked = sink.wait_asked()
    assert asked.method == "POST" and asked.path == "/v3/chat.example/messages"
    assert (asked.user, asked.password) == ("api", KEY)
    assert "plume@chat.example" in asked.form["from"] and "ann@a.example" in asked.form["to"]
    assert asked.form["h:auto-submitted"] == "auto-generated"

    (code,) = re.findall(r"(?<!\d)\d{8}(?!\d)", asked.form["subject"])
    assert code in asked.form["text"] and code in asked.form["html"]
    assert "ann" in asked.form["text"]
    ann.expect_waiting(mail="sent")
    ann.auth(code)
    ann.expect_in()
    (attempt,) = plume.audit(kind="attempt")
    assert attempt["code"] == 200 and attempt["result"] == "sent"


def test_key_comes_from_the_environment_too(system, sink):
    ask(start(system, sink, env={"PLUME_MAILGUN_KEY": KEY}))
    assert sink.wait_asked().password == KEY


@pytest.mark.parametrize("status, result", [(400, "refused"), (429, "deferred"), (500, "deferred")])
def test_answers_other_than_200(plume, sink, status, result):
    sink.reply(status)
    ask(plume).expect_waiting(mail=result)
    attempt = plume.audit(kind="attempt")[0]
    assert attempt["code"] == status and attempt["result"] == result
    sink.reply(200)
    ask(plume, "bob").expect_waiting(mail="sent")


def test_wrong_key_is_no_success(plume, sink):
    sink.reply(401, "Forbidden")
    ask(plume).expect_waiting(mail=("refused", "deferred"))
    assert plume.audit(kind="attempt")[0]["code"] == 401


def test_server_that_never_answers(system, sink):
    plume = start(system, sink, mail_timeout="2s", env={"PLUME_MAILGUN_KEY": KEY})
    sink.hang()
    ask(plume).expect_waiting(mail="deferred")
    sink.relent()
    ask(plume, "bob").expect_waiting(mail="sent")


def test_key_is_in_no_log_nor_audit(plume, sink):
    sink.reply(401, f"Forbidden: {KEY}")
    ask(plume).expect_waiting(mail=("refused", "deferred"))
    assert KEY not in "".join(process.log() for process in plume.processes)
    assert KEY not in str(plume.audit())
