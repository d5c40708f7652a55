"""A correct client, as docs/PROTOCOL.md wants it, that remembers everything it saw.

It keeps each post under its id until it is seen back, resumes at any gateway with token, epoch and
seq, comes back with full-jitter back-off, and sends again what was not answered - at once after
"auth ack", earlier than the protocol asks for, so that retries meet what was accepted before.  It
judges nothing but what the protocol forbids: the rest is the checker's work.
"""

import asyncio
import json
import time

from checker import Outage, Seen
from wire import Wire

HELLO, TEXT, AUTH, ACK, RESET, NO_ENTRY = range(6)
RESUME, WAITING, REFUSED, ACCEPTED, NOTICE = range(6, 11)

OPENING = 2.0  # seconds that an opening may take
ADMISSION = 3.0  # from resume to ack
PATIENCE = 5.0  # an unanswered post means a dead connection
LETTER = 15.0  # then another code is asked for
APART = 0.11  # a little slower than the ten posts a second that gateways allow
BACK_OFF, BACK_OFF_MOST = 0.2, 2.0
OUTBOX_MOST = 50
LOOK = 0.25
NEVER_AGAIN = (1008, 1009)  # close codes of who made a mistake
TRY_AGAIN = ("too-fast", "busy", "not-stored")


class Person:
    """seen: everything the checker wants to know.  ledger: shared memory of parsed frames."""

    def __init__(self, name, gateways, ledger, rng, late=False):
        self.seen = Seen(name, late=late)
        self.email = f"{name}@{name}.example"
        self.codes = []  # that came by mail, the latest last
        self.outbox = {}  # id: when it was sent on this connection; 0: not yet
        self.in_room = False
        self.epoch = None
        self.seq = 0
        self._gateways, self._ledger, self._rng = gateways, ledger, rng
        self._wire = None
        self._token = self._ticket = None
        self._at_home = asyncio.Event()  # cleared: away on purpose
        self._at_home.set()
        self._gone_at = None  # when the room was lost; None: never been in, or inside
        self._out_of_reach = False
        self._renew = 0.0  # seconds to wait before the next connection, when it is told
        self._code_given = None  # on this connection
        self._hello_at = 0.0
        self._asked_at = 0.0  # of hello, auth or resume, while it has no answer
        self._next_at = 0.0  # of the outbox

    # -- what happens to the person

    def say(self, text):
        if len(self.outbox) < OUTBOX_MOST:
            id = f"{self.seen.name}-{len(self.seen.sent) + 1}"
            self.seen.sent[id] = text
            self.outbox[id] = 0
            self._flush()

    def cut(self):
        if self._wire:
            self._wire.cut()

    def go_away(self):
        self._at_home.clear()
        self.seen.journeys += 1
        if self._wire:
            self._wire.close()

    def come_back(self):
        self._gone_at = None  # that was no outage
        self._at_home.set()

    def on_letter(self, code):
        self.codes.append(code)
        self._give_code()

    # -- the connection

    async def live(self):
        attempt = 0
        turn = self._rng.randrange(len(self._gateways))
        while True:
            await self._at_home.wait()
            turn += 1  # each gateway in its turn: one of them is well
            self._renew = 0.0
            was_in = await self._visit(self._gateways[turn % len(self._gateways)])
            attempt = 0 if was_in else attempt + 1
            back_off = min(BACK_OFF_MOST, BACK_OFF * 2**attempt)
            await asyncio.sleep(self._renew + self._rng.random() * back_off)

    async def _visit(self, place):
        """One connection, until it ends or is given up; True: it led into the room."""
        try:
            self._wire = await Wire.open(*place, self._hear, OPENING)
        except (OSError, TimeoutError):
            return False
        try:
            if self._at_home.is_set():
                self._greet()
                await self._watch()
            return self.in_room
        finally:
            self._wire.cut()
            self._wire = None
            if self.in_room:
                self._gone_at = time.monotonic()
            self.in_room = self._out_of_reach = False
            self.outbox = dict.fromkeys(self.outbox, 0)

    async def _watch(self):
        while not self._wire.ended.done():
            await asyncio.wait([self._wire.ended], timeout=LOOK)
            if self._is_dead(time.monotonic()):
                return
        if self._wire.ended.result() in NEVER_AGAIN:
            self._fault(f"was shut out with {self._wire.ended.result()}")

    def _is_dead(self, now):
        if self._renew:
            return True
        if self._asked_at:
            return now - self._asked_at > ADMISSION
        if not self._token and now - self._hello_at > LETTER:
            self._hello()
        oldest = min(filter(None, self.outbox.values()), default=now)
        return not self._out_of_reach and now - oldest > PATIENCE

    # -- what it says

    def _say(self, type, text="", **fields):
        self._wire.send(json.dumps({"type": type, "text": text, **fields}))

    def _position(self):
        """All of the past is wanted, also by who comes late."""
        epoch = self.epoch or self._ledger.epoch
        return {"epoch": epoch, "seq": self.seq} if epoch else {}

    def _greet(self):
        self._code_given = None
        self._asked_at = time.monotonic()
        if self._token:
            self._say(RESUME, v=1, token=self._token, **self._position())
        elif self._ticket and self.codes:
            self._give_code()
        elif self._ticket:
            self._say(RESUME, v=1, ticket=self._ticket)
        else:
            self._hello()

    def _hello(self):
        self._hello_at = self._asked_at = time.monotonic()
        self.codes.clear()
        self.seen.hellos += 1
        self._say(HELLO, f"{self.seen.name}\n{self.email}", v=1)

    def _give_code(self):
        """As soon as there are code and ticket, and each code once on a connection."""
        if not (self._wire and self._ticket and self.codes) or self._token:
            return
        if self.codes[-1] != self._code_given:
            self._code_given = self.codes[-1]
            self._asked_at = time.monotonic()
            self.seen.auths += 1
            self._say(AUTH, self._code_given, ticket=self._ticket, **self._position())

    def _flush(self):
        """Sends what is due, in order and one by one; calls itself for the rest."""
        now = time.monotonic()
        due = next((id for id, sent_at in self.outbox.items() if not sent_at), None)
        if due is None or not self.in_room or now < self._next_at:
            return
        self.outbox[due] = now
        self._next_at = now + APART
        self._say(TEXT, self.seen.sent[due], id=due)
        asyncio.get_running_loop().call_later(APART * 1.01, self._flush)

    # -- what it hears

    def _hear(self, payload):
        post = self._ledger.post(payload)
        if post:
            self._on_post(post)
            return
        frame = json.loads(payload)
        handler = self._handlers.get(frame["type"])
        if handler:
            handler(self, frame)

    def _on_post(self, post):
        self.seen.posts.append(post)
        self.seq = post.seq
        if post.id in self.outbox:
            self._answered(post.id, post.seq)

    def _answered(self, id, seq):
        self.outbox.pop(id, None)
        if self.seen.accepted.setdefault(id, seq) != seq:
            self._fault(f"{id} was accepted as {self.seen.accepted[id]} and as {seq}")

    def _on_ack(self, frame):
        self._asked_at = 0.0
        if frame["epoch"] != self.epoch:
            self.seen.epochs.append(frame["epoch"])
        if frame["from"] != self.seq + 1:
            self._fault(f"has posts up to {self.seq} and was told they go on from {frame['from']}")
        if not frame["resumed"]:
            self.seen.sessions += 1
        self.epoch = self._ledger.epoch = frame["epoch"]
        self._token = frame.get("token") or self._token
        if self._gone_at:
            ended = time.strftime("%H:%M:%S", time.gmtime())
            self.seen.away.append(Outage(time.monotonic() - self._gone_at, ended))
            self._gone_at = None
        self.in_room = True
        self._flush()

    def _on_reset(self, frame):
        self._asked_at = 0.0
        if self._token:
            self._fault(f"lost the session: {frame['reason']}")
        elif frame["reason"] == "login-over":
            self._ticket = None
            self.seen.logins_over += 1
            self._hello()

    def _on_no_entry(self, frame):
        self._fault(f"may not enter: {frame['reason']}")

    def _on_waiting(self, frame):
        self._ticket = frame.get("ticket") or self._ticket
        if not self.codes:
            self._asked_at = 0.0
        self._give_code()

    def _on_refused(self, frame):
        reason, id = frame["reason"], frame.get("id")
        self.seen.refused[reason] = self.seen.refused.get(reason, 0) + 1
        retry_in = frame.get("retry_in", 1000) / 1000
        if id not in self.outbox:  # a hello or a resume, or a post that is answered since
            if not id:
                self._renew = retry_in
        elif reason in TRY_AGAIN:
            self.seen.overtaken.add(id)
            self.outbox[id] = 0
            self._next_at = time.monotonic() + retry_in
            asyncio.get_running_loop().call_later(retry_in * 1.01, self._flush)
        elif reason == "not-in-room":
            self._renew = retry_in
        else:
            self._fault(f"{id} was refused: {reason}")

    def _on_accepted(self, frame):
        if frame["id"] in self.outbox:
            self._answered(frame["id"], frame["seq"])

    def _on_notice(self, frame):
        if frame["notice"] == "moving":
            self._renew = frame.get("retry_in", 1000) / 1000
        self._out_of_reach = frame["notice"] == "bus-lost"
        if frame["notice"] == "bus-back":
            self.outbox = dict.fromkeys(self.outbox, 0)
            self._flush()

    _handlers = {
        ACK: _on_ack,
        RESET: _on_reset,
        NO_ENTRY: _on_no_entry,
        WAITING: _on_waiting,
        REFUSED: _on_refused,
        ACCEPTED: _on_accepted,
        NOTICE: _on_notice,
    }

    def _fault(self, what):
        self.seen.faults.append(what)
