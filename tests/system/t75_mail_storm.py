"""A thousand letters at once through the real broker, while its mailers die one after the other."""

import collections

from plume.bus_peer import FakeGateway
from plume.smtp_sink import SmtpSink
from plume.wait import until

HELLO, WAITING, MAIL_SENT = 10, 30, 2
PEOPLE, AT_ONCE, A_KILL_EVERY = 1000, 100, 80


class Crowd:
    """The browsers of one gateway, who all ask for a code, and what each was told of its letter."""

    def __init__(self, plume):
        self.gateway = FakeGateway(plume.ports.first + 1, (1, 2))
        self.mail = {}  # states by client
        self.references = {}  # addresses by them

    def ask(self):
        for first in range(0, PEOPLE, AT_ONCE):
            hellos = [
                [HELLO, 1 + n, f"p{n}", f"p{n}@a.example", "192.0.2.7", ""]
                for n in range(first, first + AT_ONCE)
            ]
            self._hear(*hellos)

    def _hear(self, *commands):
        for message in self.gateway.batch(*commands):
            if message[0] == WAITING:
                self.mail[message[1]] = message[6]
                self.references[message[9]] = f"p{message[1] - 1}@a.example"

    def is_content(self):
        """Listens, which keeps the gateway alive, too."""
        self._hear()
        return list(self.mail.values()) == [MAIL_SENT] * PEOPLE


def test_thousand_letters_of_a_real_broker_while_two_mailers_are_killed(system):
    """Doubles only where the kill fell between the mail server's word and its record."""
    sink = system.guard(SmtpSink())
    records = [system.directory / "one.db", system.directory / "two.db"]

    def start(which):
        transport = f"smtp://127.0.0.1:{sink.port}"
        return system.start_mailer(transport=transport, audit=records[which]).wait_ready()

    system.start_broker().wait_ready()
    mailers = [start(0), start(1)]
    crowd = Crowd(system)
    crowd.ask()
    kills = 0
    while len(sink.letters) < PEOPLE:
        wanted = min(PEOPLE, (kills + 1) * A_KILL_EVERY)
        until(lambda: crowd.is_content() or len(sink.letters) >= wanted, f"{wanted} letters", 40)
        mailers[kills % 2].kill()
        mailers[kills % 2] = start(kills % 2)
        kills += 1
    until(crowd.is_content, lambda: f"all told: {collections.Counter(crowd.mail.values())}", 40)
    assert kills > PEOPLE // A_KILL_EVERY

    arrived = collections.defaultdict(list)
    for letter in sink.letters:
        arrived[letter.envelope_to[0]].append(letter)
    assert set(arrived) == {f"p{n}@a.example" for n in range(PEOPLE)}
    interrupted = collections.Counter()
    for system.audit_db in records:
        for row in system.audit(kind="outbox", result="interrupted"):
            interrupted[crowd.references[row["reference"]]] += 1
    for address, letters in arrived.items():
        assert len(letters) <= 1 + interrupted[address], address
        assert len({letter["Message-ID"] for letter in letters}) == 1, address
        assert len({letter.raw for letter in letters}) == 1, address
