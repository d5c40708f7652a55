"""A broker's mail desk for mailers alone: letters under leases, reports, and a trail for the record."""

import contextlib
import itertools
import random
import socket
import threading
import time

import msgpack

from .bus_peer import REP, Link
from .wait import DEADLINE, until

TAKE, LETTER, NO_LETTER, REPORT, REPORTED, TRAIL = range(60, 66)
QUEUED, TAKEN, SENT, DEFERRED, REFUSED, EXPIRED = range(6)
OVER = (SENT, REFUSED, EXPIRED)


class Letter:
    def __init__(self, number, email, **fields):
        self.number, self.email = number, email
        self.reference = fields.get("reference", f"REF-{number % 1000:03}")
        self.name = fields.get("name", "Ann")
        self.code = fields.get("code", f"{random.randrange(10**8):08}")
        self.life = fields.get("life", 600)  # seconds
        self.asked_ms = fields.get("asked_ms", int(time.time() * 1000))
        self.salt = fields.get("salt", random.getrandbits(63) | 1)
        self.ends = time.monotonic() + self.life
        self.holder, self.held_until = 0, 0.0
        self.reports = []  # (mailer, state, retry_ms, attempt, code, detail) of its holder


class MailDesk:
    """Serves mailers of the bus whose first port is given, from its making until close()."""

    def __init__(self, first_port, version=(1, 2), lease=60.0, offer=3.0, room=77):
        self.version, self.lease, self.offer, self.room = version, lease, offer, room
        self.letters = {}
        self.trail = []  # rows without their room
        self.asked = []  # TAKE messages
        self.disowned = []  # (mailer, letter, its holder) of reports that were answered: not yours
        self.mute = False  # reports are not answered
        self.forgetful = False  # reports are answered: not yours
        self.muddled = 0  # so many reports are answered as if they were of other letters
        self._numbers = itertools.count(1000)
        self._changed = threading.Condition()
        self._links = []
        self._listener = socket.create_server(("127.0.0.1", first_port + 2))
        self._acceptor = threading.Thread(target=self._accept, daemon=True)
        self._acceptor.start()

    # -- what a test does

    def post(self, email, **fields):
        with self._changed:
            letter = Letter(next(self._numbers), email, **fields)
            self.letters[letter.number] = letter
            self._changed.notify_all()
            return letter

    def add_trail(self, kind, **fields):
        with self._changed:
            self.trail.append(
                [
                    len(self.trail) + 1, fields.get("time_ms", int(time.time() * 1000)), kind,
                    fields.get("times", 1),
                    fields.get("reference", ""), fields.get("email", ""),
                    fields.get("network", ""), fields.get("gateway", 0), fields.get("detail", ""),
                ]
            )  # fmt: skip
            self._changed.notify_all()

    def set(self, **fields):
        """mute, forgetful, muddled, lease, room ..."""
        with self._changed:
            for name, value in fields.items():
                setattr(self, name, value)
            self._changed.notify_all()

    def wait_state(self, letter, *states, deadline=DEADLINE):
        """Until a report of one of these states came; gives it."""

        def look():
            return [report for report in letter.reports if report[1] in states]

        def story():
            held = letter.held_until - time.monotonic()
            return (
                f"{letter.email}: {states}, not {letter.reports}; held by {letter.holder} for"
                f" {held:.1f} s; disowned {self.disowned}; asked {len(self.asked)} times, by"
                f" {({take[1] for take in self.asked})}"
            )

        return until(look, story, deadline)[0]

    def close(self):
        # Not close() alone: who is about to accept on a number that somebody else gets next takes
        # their connections.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._acceptor.join()
        self._listener.close()
        for link in self._links:
            with contextlib.suppress(OSError):
                link.sock.shutdown(socket.SHUT_RDWR)
        self.set(mute=False)

    # -- the protocol

    def _accept(self):
        while True:
            try:
                sock = self._listener.accept()[0]
            except OSError:
                return
            try:
                link = Link(sock, REP)
            except OSError:
                continue  # a mailer that ended before it said anything
            self._links.append(link)
            threading.Thread(target=self._serve, args=(link,), daemon=True).start()

    def _serve(self, link):
        try:
            while True:
                request = link.receive()
                message = msgpack.unpackb(request[4:])[2]
                reply = self._take(message, link) if message[0] == TAKE else self._report(message)
                if reply is not None:
                    link.send(request[:4] + msgpack.packb([*self.version, *reply]))
        except (OSError, ValueError):
            link.close()

    def _news(self, take):
        kept, room = (take[5:] + [0, 0])[:2] if len(take) > 5 else (0, 0)
        if kept == 0:
            return []
        after = kept - 1 if room == self.room else 0
        return [[TRAIL, *row, self.room] for row in self.trail if row[0] > after][:500]

    def _free_letter(self, mailer):
        now = time.monotonic()
        for letter in self.letters.values():
            over = letter.reports and letter.reports[-1][1] in OVER
            if not over and now < letter.ends and now >= letter.held_until:
                letter.holder, letter.held_until = mailer, now + self.offer
                left = int((letter.ends - now) * 1000) or 1
                return [
                    LETTER, letter.number, letter.reference, letter.email, letter.name, letter.code,
                    left, int(self.lease * 1000), "192.0.2.7", 5, letter.asked_ms, letter.salt,
                ]  # fmt: skip
        return None

    def _take(self, take, link):
        end = time.monotonic() + take[2] / 1000
        with self._changed:
            self.asked.append(take)
            while True:
                if _has_gone(link.sock):
                    return None
                letter, news = self._free_letter(take[1]), self._news(take)
                if letter or news or time.monotonic() >= end:
                    return [letter or [NO_LETTER, 0], *news]
                self._changed.wait(0.05)

    def _report(self, report):
        mailer, number, state = report[1:4]
        with self._changed:
            while self.mute:
                self._changed.wait(0.05)
            letter = self.letters.get(number)
            known = (
                letter is not None
                and not self.forgetful
                and letter.holder in (0, mailer)
                and not (letter.reports and letter.reports[-1][1] in OVER)
            )
            if known:
                letter.holder = 0 if state == QUEUED else mailer
                lease = self.lease + report[4] / 1000
                letter.held_until = 0.0 if state == QUEUED else time.monotonic() + lease
                letter.reports.append((mailer, state, *report[4:]))
                self._changed.notify_all()
            else:
                self.disowned.append((mailer, number, letter and letter.holder))
            if self.muddled > 0:
                self.muddled -= 1
                return [[REPORTED, number + 1, known]]
            return [[REPORTED, number, known]]


def _has_gone(sock):
    try:
        return sock.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True
