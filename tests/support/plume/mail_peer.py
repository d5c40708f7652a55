"""A mailer on the bus, as far as the mail desk is concerned: it mails nothing."""

import random

from .bus_peer import Requester


class FakeMailer(Requester):
    """Takes letters, reports of them, and keeps the rows of the trail that it is given."""

    def __init__(self, port, version=(1, 2), sender="fake@mail.example"):
        super().__init__(port, version)
        self.id = random.getrandbits(60) | 1
        self.sender = sender
        self.kept, self.room = 1, 0
        self.rows = []  # as TRAIL has them

    def take(self, wait_ms=5000):
        """The LETTER's fields, or None."""
        first, *rows = self.ask(
            [60, self.id, wait_ms, self.sender, "Your code", self.kept, self.room, "0.1.0", 0, 0]
        )
        for row in rows:
            assert row[0] == 65 and row[1] >= self.kept, row
            self.kept, self.room = row[1] + 1, row[10]
            self.rows.append(row[1:])
        return first[1:] if first[0] == 61 else None

    def report(self, letter, state, retry_ms=0, attempt=1, code=0, detail=""):
        """Whether the broker knows the letter as this mailer's."""
        answer = self.ask([63, self.id, letter, state, retry_ms, attempt, code, detail])
        return answer[0][2]
