"""Mail over SMTP to a real server: in clear, with TLS and a password, refused, put off, hung."""

from plume.certificates import Authority
from plume.smtp_sink import HANG, SmtpSink
from plume.system import code_in, free_port


def start(system, sink, scheme="smtp", **options):
    return system.start(mailer={"transport": f"{scheme}://127.0.0.1:{sink.port}", **options})


def ask(plume, name="ann"):
    client = plume.client(label=name)
    client.hello(name, f"{name}@a.example")
    client.expect_waiting()
    return client


def enter(client, sink):
    client.auth(code_in(sink.letter_to(f"{client.name}@a.example")))
    client.expect_in()


def test_letter_arrives_and_lets_ann_in(system, sink):
    plume = start(system, sink)
    ann = ask(plume)
    letter = sink.letter_to("ann@a.example")
    assert letter.envelope_from == "plume@chat.example"
    assert letter.envelope_to == ["ann@a.example"]
    assert "plume@chat.example" in letter["From"] and "ann@a.example" in letter["To"]
    assert letter["Date"].datetime and letter["Message-ID"]
    assert letter["Auto-Submitted"] == "auto-generated"
    assert [part.get_content_type() for part in letter.iter_parts()] == ["text/plain", "text/html"]
    for part in letter.iter_parts():
        assert code_in(letter) in part.get_content()
    ann.expect_waiting(mail="sent")
    enter(ann, sink)


def test_request_and_attempt_are_audited(system, sink):
    plume = start(system, sink)
    ask(plume).expect_waiting(mail="sent")
    (request,) = plume.audit(kind="request")
    (attempt,) = plume.audit(kind="attempt")
    assert attempt["code"] == 250 and attempt["result"] == "sent"
    assert attempt["reference"] == request["reference"]
    assert request["time_ms"] <= attempt["time_ms"]
    assert code_in(sink.letters[0]) not in str(plume.audit())


def test_starttls_and_auth(system, authority):
    sink = system.guard(SmtpSink(tls=authority.server_context(), users={"plume": "hunter2"}))
    plume = start(
        system,
        sink,
        smtp_tls="required",
        smtp_ca=authority.ca_file,
        smtp_user="plume",
        smtp_password_file=system.secret_file("password", "hunter2"),
    )
    enter(ask(plume), sink)
    assert sink.letters[0].tls and sink.letters[0].user == "plume"


def test_smtps_and_password_from_the_environment(system, authority):
    sink = SmtpSink(implicit_tls=authority.server_context(), users={"plume": "hunter2"})
    plume = start(
        system,
        system.guard(sink),
        scheme="smtps",
        smtp_ca=authority.ca_file,
        smtp_user="plume",
        env={"PLUME_SMTP_PASSWORD": "hunter2"},
    )
    enter(ask(plume), sink)
    assert sink.letters[0].tls and sink.letters[0].user == "plume"


def test_wrong_password_sends_nothing(system, authority):
    sink = system.guard(SmtpSink(tls=authority.server_context(), users={"plume": "hunter2"}))
    plume = start(
        system,
        sink,
        smtp_tls="required",
        smtp_ca=authority.ca_file,
        smtp_user="plume",
        env={"PLUME_SMTP_PASSWORD": "wrong"},
    )
    ask(plume).expect_waiting(mail=("refused", "deferred"))
    assert not sink.letters
    assert plume.audit(kind="attempt")[0]["code"] == 535


def test_unknown_certificate_sends_nothing(system, authority, tmp_path):
    stranger = Authority(tmp_path / "stranger")
    sink = system.guard(SmtpSink(tls=stranger.server_context()))
    plume = start(system, sink, smtp_tls="required", smtp_ca=authority.ca_file)
    ask(plume).expect_waiting(mail=("refused", "deferred"))
    assert not sink.letters and plume.audit(kind="attempt")


def test_stripped_starttls_sends_nothing_when_tls_is_required(system, sink):
    plume = start(system, sink, smtp_tls="required")
    ask(plume).expect_waiting(mail=("refused", "deferred"))
    assert not sink.letters and plume.audit(kind="attempt")


def test_refused_recipient(system, sink):
    plume = start(system, sink)
    sink.reply("RCPT", "550 5.1.1 there is no such person here")
    ask(plume).expect_waiting(mail="refused")
    (attempt,) = plume.audit(kind="attempt")
    assert attempt["code"] == 550 and attempt["result"] == "refused"
    sink.relent()
    enter(ask(plume, "bob"), sink)


def test_deferred_recipient(system, sink):
    plume = start(system, sink)
    sink.reply("RCPT", "451 4.7.1 greylisted, come back later")
    ann = ask(plume)
    ann.expect_waiting(mail="deferred")
    attempt = plume.audit(kind="attempt")[0]
    assert attempt["code"] == 451 and attempt["result"] == "deferred"
    sink.relent()
    ann.expect_waiting(mail="sent")
    enter(ann, sink)
    attempts = plume.audit(kind="attempt")
    assert attempts[-1]["code"] == 250 and len(sink.letters) == 1
    assert {one["reference"] for one in attempts} == {attempt["reference"]}


def test_server_that_never_answers(system, sink):
    plume = start(system, sink, mail_timeout="2s")
    sink.reply("DATA", HANG)
    ask(plume).expect_waiting(mail="deferred")
    assert plume.audit(kind="attempt")[0]["result"] == "deferred"
    sink.relent()
    enter(ask(plume, "bob"), sink)


def test_server_that_is_not_there(system):
    plume = system.start(mailer={"transport": f"smtp://127.0.0.1:{free_port()}"})
    ask(plume).expect_waiting(mail="deferred")
    assert plume.audit(kind="attempt")[0]["result"] == "deferred"
