"""Mail servers as they are in life: a real one, ones that break off, are silent, lie about TLS."""

import pytest
from plume import process
from plume.certificates import Authority
from plume.exim import Exim
from plume.http_sink import HttpSink
from plume.mail_desk import DEFERRED, QUEUED, REFUSED, SENT, TAKEN
from plume.smtp_script import SmtpScript
from plume.smtp_sink import HANG, SmtpSink
from plume.wait import until

PASSWORD = "hunter2"


@pytest.fixture
def exim(system, authority):
    return system.guard(Exim(authority, PASSWORD))


def relay(system, authority, password=PASSWORD):
    return {
        "smtp_ca": authority.ca_file,
        "smtp_user": "plume",
        "smtp_password_file": system.secret_file("password", password),
    }


def start(system, port, **options):
    return system.start_mailer(transport=f"smtp://127.0.0.1:{port}", **options).wait_ready()


def attempts(system, **fields):
    return system.audit(kind="attempt", **fields)


# -- a real server, with STARTTLS and AUTH


def test_m4_real_server_delivers(system, desk, authority, exim):
    start(system, exim.port, **relay(system, authority))
    letter = desk.post("ann@a.example", name="..\r\n.\r\n")
    assert desk.wait_state(letter, SENT)[4] == 250
    mail = exim.letter_to("ann@a.example")
    assert mail["Subject"].endswith(letter.code)
    assert "with esmtpsa" in mail["Received"]  # TLS and a password


def test_real_server_puts_off_and_takes_later(system, desk, authority, exim):
    start(system, exim.port, **relay(system, authority))
    letter = desk.post("grey@a.example")
    report = desk.wait_state(letter, DEFERRED)
    assert report[4] == 451 and "greylisted" in report[5] and report[2] > 0
    exim.stop_greylisting()
    desk.wait_state(letter, SENT)
    exim.letter_to("grey@a.example")
    assert len(exim.letters_to("grey@a.example")) == 1


def test_real_server_refuses(system, desk, authority, exim):
    start(system, exim.port, **relay(system, authority))
    letter = desk.post("nobody@a.example")
    report = desk.wait_state(letter, REFUSED)
    assert report[3:5] == (1, 550) and "no such person" in report[5]
    assert "nobody@a.example" not in report[5]


def test_m4_real_server_with_an_unknown_certificate_gets_nothing(system, desk, exim, tmp_path):
    stranger = Authority(tmp_path / "stranger")
    mailer = start(system, exim.port, **relay(system, stranger))
    desk.wait_state(desk.post("ann@a.example"), DEFERRED)
    mailer.wait_for_event("transport_degraded")
    assert attempts(system)[0]["result"] == "deferred" and not attempts(system)[0]["code"]
    assert "plume" not in exim.log()  # the user's name was not said either


def test_m4_real_server_refuses_the_password(system, desk, authority, exim):
    mailer = start(system, exim.port, **relay(system, authority, "wrong"))
    assert desk.wait_state(desk.post("ann@a.example"), REFUSED)[4] == 535
    mailer.wait_for_event("transport_degraded")
    assert not exim.letters_to("ann@a.example")


def test_test_letter_tells_each_step(system, authority, exim):
    def send(address, **options):
        options = {
            "transport": f"smtp://127.0.0.1:{exim.port}", "from_": "plume@chat.example",
            **relay(system, authority), **options,
        }  # fmt: skip
        return process.run("plume-mailer", "test", *process.as_options(options), address)

    good = send("ann@a.example")
    assert good.returncode == 0 and not good.stderr
    steps = ["Connected to", "STARTTLS", "SSL connection", "AUTH", "MAIL FROM", "RCPT TO", "DATA"]
    places = [good.stdout.index(step) for step in [*steps, "sent: "]]
    assert places == sorted(places)
    exim.letter_to("ann@a.example")
    for secret in (PASSWORD, "AHBsdW1lAGh1bnRlcjI="):
        assert secret not in good.stdout + good.stderr

    refused = send("nobody@a.example")
    assert refused.returncode == 1 and "code 550" in refused.stdout
    assert "is the address right" in refused.stdout
    wrong = send("ann@a.example", smtp_password_file=system.secret_file("other", "wrong"))
    assert wrong.returncode == 1 and "--smtp-user" in wrong.stdout
    assert send("ann@a@b").returncode == 2


# -- TLS that is not there


def test_m4_stripped_starttls_sends_nothing(system, desk, authority):
    sink = system.guard(SmtpSink())  # as if somebody in between had taken it out
    mailer = start(system, sink.port, **relay(system, authority))
    letter = desk.post("ann@a.example")
    desk.wait_state(letter, DEFERRED)
    assert not sink.letters and attempts(system)[0]["result"] == "deferred"
    assert mailer.wait_for_event("transport_degraded")["level"] == "error"


# -- servers that break off


@pytest.mark.parametrize("at", ["CONNECT", "EHLO", "MAIL", "RCPT", "DATA", "END"])
def test_connection_dropped_at(system, desk, at):
    server = system.guard(SmtpScript(at, "drop"))
    start(system, server.port)
    letter = desk.post("ann@a.example")
    desk.wait_state(letter, DEFERRED)
    server.behave()
    desk.wait_state(letter, SENT)
    assert len(server.letters) == 1
    results = [row["result"] for row in attempts(system)]
    assert results == ["deferred"] * (len(results) - 1) + ["sent"]


def test_connection_dropped_at_quit_is_no_failure(system, desk):
    server = system.guard(SmtpScript("QUIT", "drop"))
    start(system, server.port)
    desk.wait_state(desk.post("ann@a.example"), SENT)
    assert len(server.letters) == 1 and len(attempts(system)) == 1


@pytest.mark.parametrize("at", ["CONNECT", "EHLO", "MAIL", "RCPT", "DATA", "END"])
def test_server_that_falls_silent_at(system, desk, at):
    server = system.guard(SmtpScript(at, "hang"))
    start(system, server.port, mail_timeout="1s")
    letter = desk.post("ann@a.example")
    desk.wait_state(letter, DEFERRED)
    server.behave()
    desk.wait_state(letter, SENT)


def test_slow_letter_holds_up_no_other(system, desk):
    sink = system.guard(SmtpSink())
    start(system, sink.port)
    sink.reply("DATA", HANG, to="slow@a.example")
    slow = desk.post("slow@a.example")
    sink.wait_met("DATA")
    for n in range(30):
        desk.wait_state(desk.post(f"p{n}@a.example"), SENT)
    assert [report[1] for report in slow.reports] == [TAKEN]
    sink.relent()
    desk.wait_state(slow, SENT)


def test_m6_words_of_a_server_are_clipped_and_escaped(system, desk):
    sink = system.guard(SmtpSink())
    mailer = start(system, sink.port)
    sink.reply("RCPT", "550 \x1b]0;owned\x07 <ann@a.example> =cmd " + "x" * 400)
    letter = desk.post("ann@a.example")
    report = desk.wait_state(letter, REFUSED)
    said = attempts(system)[0]["detail"]
    assert said == report[5] and len(said) <= 255 and said.endswith("...")
    assert "\\x1b]0;owned\\x07 <***>" in said
    for text in (mailer.log(), report[5]):
        assert "\x1b" not in text and "ann@a.example" not in text


def test_m6_password_is_nowhere(system, desk, authority):
    sink = system.guard(SmtpSink(tls=authority.server_context(), users={"plume": PASSWORD}))
    mailer = start(system, sink.port, **relay(system, authority))
    desk.wait_state(desk.post("ann@a.example"), SENT)
    with open(f"/proc/{mailer.pid}/cmdline", "rb") as line, open(
        f"/proc/{mailer.pid}/environ", "rb"
    ) as environment:
        assert PASSWORD.encode() not in line.read() + environment.read()
    check = process.run("plume-mailer", "--check-config", *process.as_options(
        {"transport": "smtp://a.example", "from_": "plume@chat.example", **relay(system, authority)}
    ))  # fmt: skip
    assert check.returncode == 0 and PASSWORD not in check.stdout + check.stderr
    mailer.drain()
    assert PASSWORD not in mailer.log()
    for path in system.directory.glob("audit.db*"):
        assert PASSWORD.encode() not in path.read_bytes()


# -- Mailgun


@pytest.fixture
def mailgun(system):
    return system.guard(HttpSink())


def start_mailgun(system, sink, **options):
    return system.start_mailer(
        transport="mailgun:chat.example",
        mailgun_url=sink.url,
        mailgun_key_file=system.secret_file("mailgun-key", "key-0123456789"),
        **options,
    ).wait_ready()


def test_retry_after_is_obeyed_by_all_letters(system, desk, mailgun):
    mailgun.reply(429, "slow down", Retry_After="3600")
    mailer = start_mailgun(system, mailgun)
    first = desk.post("ann@a.example", life=86400)
    left = desk.wait_state(first, DEFERRED)[2]  # when it was reported
    assert left > 3600_000 - 20_000
    assert int(mailer.wait_for_event("transport_paused")["for_ms"]) == 900_000
    mailgun.reply(200, "{}")
    second = desk.post("bob@a.example")
    mailer.drain()  # gives back what it holds: the second one too, if it was taken
    desk.wait_state(first, QUEUED)
    assert len(mailgun.asked) == 1
    assert not second.reports or second.reports[-1][1] == QUEUED


def test_retry_after_ends(system, desk, mailgun):
    mailgun.reply(429, "slow down", Retry_After="1")
    start_mailgun(system, mailgun)
    letter = desk.post("ann@a.example")
    desk.wait_state(letter, DEFERRED)
    mailgun.reply(200, "{}")
    desk.wait_state(letter, SENT)


def test_m5_body_that_never_ends_is_cut_off(system, desk, mailgun):
    mailgun.reply(500, None)
    start_mailgun(system, mailgun, mail_timeout="600s")
    letter = desk.post("ann@a.example")
    assert desk.wait_state(letter, DEFERRED)[4] == 500
    assert len(attempts(system)[0]["detail"]) <= 255


def test_m5_no_redirect_no_proxy_no_netrc(system, desk, mailgun, tmp_path):
    elsewhere = system.guard(HttpSink())
    url = f"http://127.0.0.1:{elsewhere.port}"
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login evil password netrc-word\n")
    names = ("http_proxy", "HTTP_PROXY", "https_proxy", "all_proxy", "ALL_PROXY")
    env = {"HOME": str(tmp_path), **dict.fromkeys(names, url)}
    start_mailgun(system, mailgun, env=env)
    desk.wait_state(desk.post("ann@a.example"), SENT)
    assert (mailgun.asked[0].user, mailgun.asked[0].password) == ("api", "key-0123456789")
    mailgun.reply(302, "{}", Location=f"{url}/v3/chat.example/messages")
    assert desk.wait_state(desk.post("bob@a.example"), REFUSED)[4] == 302
    assert len(mailgun.asked) == 2 and not elsewhere.asked


def test_m4_authority_that_cannot_be_read_stops_the_start(tmp_path):
    for ca in (tmp_path / "nosuch.pem", tmp_path):
        way = ["--transport", "smtp://mail.example", "--from", "plume@chat.example"]
        done = process.run("plume-mailer", "--check-config", *way, "--smtp-ca", ca)
        assert done.returncode == 2
        assert f"--smtp-ca: {ca} is no file that can be read" in done.stderr


@pytest.mark.parametrize("way", ["file:///etc/passwd", "ftp://a.example", "http://a.example", "x"])
def test_m5_other_protocols_are_no_transport(system, way):
    done = process.run(
        "plume-mailer", "--check-config", "--from", "plume@a.example", "--transport", way
    )
    assert done.returncode == 2
    url = ["--transport", "mailgun:a.example", "--mailgun-url", way]
    done = process.run(
        "plume-mailer", "--check-config", "--from", "plume@a.example", *url,
        env={"PLUME_MAILGUN_KEY": "key"},
    )  # fmt: skip
    assert done.returncode == 2


def test_way_that_was_broken_is_good_again(system, desk):
    server = system.guard(SmtpScript("CONNECT", "drop"))
    mailer = start(system, server.port)
    letter = desk.post("ann@a.example")
    mailer.wait_for_event("transport_degraded")
    server.behave()
    desk.wait_state(letter, SENT)
    until(lambda: mailer.events("transport_recovered"), "a log line that says so")
