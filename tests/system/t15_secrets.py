"""Codes, tickets, tokens, keys and whole addresses occur in no log, nor at rest."""

import re

from plume.certificates import Authority
from plume.smtp_sink import SmtpSink
from plume.system import code_in

PASSWORD = "correct-horse-battery"


def test_nothing_secret_is_written_anywhere(system):
    authority = Authority(system.directory / "authority")
    sink = SmtpSink(tls=authority.server_context(), users={"plume": PASSWORD})
    system.guard(sink)
    plume = system.start(
        gateways=2,
        mailer={
            "transport": f"smtp://127.0.0.1:{sink.port}",
            "smtp_ca": authority.ca_file,
            "smtp_user": "plume",
            "env": {"PLUME_SMTP_PASSWORD": PASSWORD},
        },
    )
    codes, tickets, tokens, words = [], [], [], []

    def ask(name, at=0):
        client = plume.client(at, label=name)
        client.hello(name, f"{name}@{name}-home.example")
        client.expect_waiting(mail="sent")
        codes.append(code_in(sink.letter_to(f"{name}@{name}-home.example")))
        tickets.append(client.ticket)
        return client

    people = [ask("ann"), ask("bob", at=1)]
    for client, code in zip(people, list(codes)):
        wrong = f"{(int(code) + 1) % 10**8:08}"
        client.auth(wrong)
        client.expect_reset()
        codes.append(wrong)
        client.auth(code)
        client.expect_in()
        tokens.append(client.token)
    ann, bob = people
    words.append("the wedding is in Verona")
    ann.say(words[0])
    bob.expect_text("ann", words[0])
    ann.cut()
    ann.connect(plume.gateways[1].url)
    ann.resume()
    ann.expect_in(resumed=True)

    ask("dan")  # whose code stays unused
    taken = plume.client(label="taken")
    taken.hello("ann", "eve@eve-home.example")
    taken.expect_no_entry("name-taken")
    bad = plume.client(label="bad")
    bad.hello("bad", "bad@bad-home.example@")
    bad.expect_no_entry("bad-address")
    sink.reply("RCPT", "550 5.1.1 <carl@carl-home.example>: no such person")  # servers do say it
    carl = plume.client(label="carl")
    carl.hello("carl", "carl@carl-home.example")
    carl.expect_waiting(mail="refused")
    tickets.append(carl.ticket)
    carl.send_raw(f'{{"type": 2, "text": "{codes[0]}", "ticket": "{tickets[0]}"')  # broken JSON
    carl.expect_refused("bad-message")
    assert plume.ctl("status").returncode == 0 and plume.ctl("who").returncode == 0
    key = plume.control_key.read_text().strip()

    names = ("ann", "bob", "carl", "dan", "eve", "bad")
    addresses = [f"{name}@{name}-home.example" for name in names]
    for client in people:
        client.close()
    for process in (*plume.gateways, *plume.mailers, plume.broker):
        process.drain()

    for process in plume.processes:
        log = process.log()
        assert "debug" in log, f"{process} told what it does"
        for secret in (*tickets, *tokens, *addresses, *words, key, PASSWORD):
            assert secret not in log, f"{process} logged {secret}"
        for code in codes:
            assert not re.search(rf"(?<!\d){code}(?!\d)", log), f"{process} logged code {code}"

    # what is at rest: state, audit log and whatever lies beside them
    for path in plume.directory.iterdir():
        if not path.is_file() or path.suffix in (".log", ".out") or path == plume.control_key:
            continue
        octets = path.read_bytes()
        for secret in (*codes, *tokens, PASSWORD):
            assert secret.encode() not in octets, f"{path.name} keeps {secret}"
