"""People in the room, so that a test reads like a dialogue.

    ann.hello("ann", "ann@a.example")
    ann.auth(code)
    ann.say("hi")
    bob.expect_text("ann", "hi")

What arrives is kept in `unread` until an expect_…() takes it out; expect takes the earliest frame
that fits and leaves the others, because only posts have an order to each other.  That order is
checked on arrival: whatever breaks the protocol becomes a fault, which fails the next expect and
the end of the test.
"""

import asyncio
import itertools
import json
import random
import secrets
import threading
import time

import websockets

from . import background
from .wait import DEADLINE

HELLO, TEXT, AUTH, ACK, RESET, NO_ENTRY = range(6)
RESUME, WAITING, REFUSED, ACCEPTED, NOTICE = range(6, 11)
WHO, HERE, TYPING, SIGN_OUT, SIGNED_OUT = range(11, 16)

COME_BACK = (1001, 1006, 1012, 1013)  # close codes after which a client reconnects


class Wire:
    """One WebSocket; hear(text) is called for each message, with the lock of `changed` held.

    more: what websockets.connect() takes besides, like origin, extra_headers or ssl.
    """

    def __init__(self, url, hear, changed, **more):
        self.url = url
        self.closed = None  # (code, reason)
        self.dropped = False  # what still arrives is not wanted
        self._hear = hear
        self._changed = changed
        self._socket = background.run(self._open(more), DEADLINE + 5)
        asyncio.run_coroutine_threadsafe(self._listen(), background.loop())

    async def _open(self, more):
        return await websockets.connect(
            self.url,
            compression=None,
            max_size=None,
            max_queue=None,
            ping_interval=None,
            open_timeout=DEADLINE,
            close_timeout=2,
            **more,
        )

    async def _listen(self):
        try:
            async for message in self._socket:
                with self._changed:
                    if not self.dropped:
                        self._hear(message)
        except websockets.ConnectionClosed:
            pass
        with self._changed:
            self.closed = (self._socket.close_code, self._socket.close_reason)
            self._changed.notify_all()

    def send(self, message):
        """A message for a connection that has ended is lost, as it would be in a browser."""
        try:
            background.run(self._socket.send(message))
        except websockets.ConnectionClosed:
            pass

    def close(self):
        try:
            background.run(self._socket.close())
        except websockets.ConnectionClosed:
            pass  # the other side was killed in this moment

    def cut(self):
        background.call(self._socket.transport.abort)

    def deafen(self):
        background.call(self._socket.transport.pause_reading)

    def listen_again(self):
        background.call(self._socket.transport.resume_reading)


class Dialogue:
    """A connection with what arrived on it; knows frames, but no types."""

    def __init__(self, url, label="somebody", **more):
        self.label = label
        self.more = more  # for each connection
        self.unread = []
        self.frames = []  # everything, over all connections
        self.faults = []
        self._news = threading.Condition(threading.RLock())
        self.wire = None
        self.connect(url)

    def __repr__(self):
        return self.label

    # -- the connection

    def connect(self, url, **more):
        """A new connection instead of the old one; what is unread from that is dropped."""
        if self.wire:
            with self._news:
                self.wire.dropped = True
            self.wire.close()
        self.unread = []
        self.outside()
        self.wire = Wire(url, self._hear, self._news, **{**self.more, **more})

    def outside(self):
        """For those who know more: the next connection begins outside the room."""

    def close(self):
        self.wire.close()

    def cut(self):
        """The network is gone: no close frame."""
        self.wire.cut()

    def deafen(self):
        """Reads nothing more, so that neither posts are taken nor pings answered."""
        self.wire.deafen()

    def listen_again(self):
        self.wire.listen_again()

    def send(self, **frame):
        self.send_raw(json.dumps(frame, ensure_ascii=False))

    def send_raw(self, message):
        self.wire.send(message)

    def expect_closed(self, code=None, reason=None, deadline=DEADLINE):
        end = time.monotonic() + deadline
        with self._news:
            while not self.wire.closed:
                assert self._news.wait(end - time.monotonic()), self._story("the connection's end")
        got = self.wire.closed
        assert code in (None, got[0]) and reason in (None, got[1]), f"{self}: closed with {got}"
        return got

    # -- what arrives

    def _hear(self, message):  # with the lock held
        try:
            frame = json.loads(message)
            # every frame has these
            assert isinstance(frame["type"], int)
            assert isinstance(frame["user"]["name"], str) and isinstance(frame["text"], str)
        except (ValueError, KeyError, TypeError, AssertionError):
            self.faults.append(f"not a frame of Plume: {message[:300]!r}")
        else:
            self.frames.append(frame)
            self.unread.append(frame)
            try:
                self.arrived(frame)
            except (KeyError, TypeError) as missing:
                self.faults.append(f"{missing!r} in {_clip(frame)}")
        self._news.notify_all()

    def arrived(self, frame):
        """For those who know more: look at a frame the moment it arrives."""

    def expect(self, *types, deadline=DEADLINE, **fields):
        """The earliest unread frame of one of these types with these fields (a tuple: one of)."""
        return self._take(lambda frame: _fits(frame, types, fields), f"{types} {fields}", deadline)

    def expect_none(self, *types, **fields):
        """No such frame has arrived by now; the dialogue before makes sure of the moment."""
        with self._news:
            found = [frame for frame in self.unread if _fits(frame, types, fields)]
        assert not found, f"{self} did not expect {found}"

    def _take(self, fits, what, deadline):
        end = time.monotonic() + deadline
        with self._news:
            while True:
                assert not self.faults, f"{self}: {self.faults}"
                for index, frame in enumerate(self.unread):
                    if fits(frame):
                        return self.unread.pop(index)
                if self.wire.closed:
                    self.lost(what)
                elif not self._news.wait(end - time.monotonic()):
                    raise AssertionError(self._story(what))
                assert time.monotonic() < end, self._story(what)

    def lost(self, what):
        """The connection ended while something was expected."""
        raise AssertionError(f"{self._story(what)}\nand the connection ended: {self.wire.closed}")

    def _story(self, what):
        lines = [f"{self} waited in vain for {what}; unread are"]
        lines += ["  " + _clip(frame) for frame in self.unread[-20:]]
        lines += ["and the last of all"] + ["  " + _clip(frame) for frame in self.frames[-10:]]
        return "\n".join(lines)


class LegacyClient(Dialogue):
    """The web client of the seed, from its description: knows types 0 to 5, sends no more."""

    def arrived(self, frame):
        if frame["type"] not in (TEXT, ACK, RESET, NO_ENTRY):
            self.faults.append(f"a legacy client was disturbed by {frame}")

    def hello(self, name, email):
        self.send(type=HELLO, user={"name": ""}, text=f"{name}\n{email}")

    def auth(self, code):
        self.send(type=AUTH, user={"name": ""}, text=code)

    def say(self, text, name=""):
        self.send(type=TEXT, user={"name": name}, text=text)

    def expect_in(self):
        return self.expect(ACK)

    def expect_text(self, name, text=None):
        fields = {} if text is None else {"text": text}
        return self.expect(TEXT, name=name, **fields)

    def texts(self):
        return [(f["user"]["name"], f["text"]) for f in self.frames if f["type"] == TEXT]


class Client(Dialogue):
    """A current client; docs/PROTOCOL.md is all it knows."""

    def __init__(self, url, label="somebody", **more):
        self.name = None
        self.ticket = None
        self.token = None
        self.proof = None  # that this browser has proven the address before
        self.epoch = None
        self.seq = 0  # of the last post received
        self.posts = []  # (seq, name, text) of this epoch
        self._next = None  # seq that must come next; None: not in the room
        self._ids = 0
        self._id_prefix = secrets.token_hex(4)
        super().__init__(url, label, **more)

    def outside(self):
        self._next = None

    # -- what it says

    def hello(self, name, email):
        self.name = name
        with self._news:  # what was told of an earlier login is not the answer
            self.unread = [frame for frame in self.unread if frame["type"] != WAITING]
        shown = {"proof": self.proof} if self.proof else {}
        self.send(type=HELLO, v=1, text=f"{name}\n{email}", **shown)

    def auth(self, code, ticket=None, **more):
        known = {"epoch": self.epoch, "seq": self.seq} if self.epoch else {}
        self.send(type=AUTH, text=code, ticket=ticket or self.ticket, **known, **more)

    def resume(self, token=None, epoch=None, seq=None):
        known = {"epoch": epoch or self.epoch, "seq": self.seq if seq is None else seq}
        self.send(type=RESUME, v=1, text="", token=token or self.token, **known)

    def resume_login(self, ticket=None):
        self.send(type=RESUME, v=1, text="", ticket=ticket or self.ticket)

    def say(self, text, id=None):
        """Returns the id that the post was given."""
        if id is None:
            self._ids += 1
            id = f"{self._id_prefix}-{self._ids}"
        self.send(type=TEXT, text=text, id=id)
        return id

    def who(self, after=None):
        self.send(type=WHO, text="", **({} if after is None else {"after": after}))

    def typing(self):
        self.send(type=TYPING, text="")

    def sign_out(self, **everywhere):
        """everywhere=True ends all sessions of the address."""
        self.send(type=SIGN_OUT, text="", **everywhere)

    # -- what it expects

    def expect_waiting(self, **fields):
        return self.expect(WAITING, **fields)

    def expect_in(self, **fields):
        return self.expect(ACK, **fields)

    def expect_reset(self, **fields):
        return self.expect(RESET, **fields)

    def expect_no_entry(self, *reasons):
        return self.expect(NO_ENTRY, reason=reasons or _Any())

    def expect_refused(self, *reasons, **fields):
        return self.expect(REFUSED, reason=reasons or _Any(), **fields)

    def expect_text(self, name, text, **fields):
        """A post of the room."""
        return self.expect(TEXT, name=name, text=text, seq=_Any(), **fields)

    def expect_private(self, name="plumebot"):
        """A line for this client alone."""
        return self._take(
            lambda frame: _fits(frame, (TEXT,), {"name": name}) and "seq" not in frame,
            f"a private line of {name}",
            DEADLINE,
        )

    def expect_own(self, id):
        """The post with this id is in the room."""
        return self.expect(TEXT, id=id, name=self.name, seq=_Any())

    def expect_people(self):
        """Everybody who is here, as {name: mark}, asked for page by page."""
        people, after, more = {}, None, True
        while more:
            self.who(after)
            page = self.expect(HERE)
            names = [one["name"] for one in page["people"]]
            assert names == sorted(names, key=lambda name: name.encode())
            assert not set(names) & set(people), f"{self} was told twice of somebody: {page}"
            people.update((one["name"], one.get("mark", "")) for one in page["people"])
            more = page["more"]
            after = names[-1] if names else after
        return people

    def expect_typing(self, name, **fields):
        return self.expect(TYPING, name=name, **fields)

    def expect_signed_out(self, reason="session-over"):
        """The session is over, and with it the connection."""
        told = self.expect(SIGNED_OUT, reason=reason)
        self.expect_closed(1008, "signed-out")
        return told

    def settle(self):
        """Everything that the server had to tell before has arrived when this returns."""
        for _ in range(2):  # the answer to the first may come together with its post, but not later
            self.expect_own(self.say("settle"))

    # -- what it remembers

    def texts(self, *names):
        """(name, text) of the posts received, of these people or of all."""
        return [(name, text) for _, name, text in self.posts if not names or name in names]

    def posts_after(self, seq):
        return [post for post in self.posts if post[0] > seq]

    def arrived(self, frame):
        kind = frame["type"]
        if kind == WAITING:
            self.ticket = frame.get("ticket") or self.ticket  # told once, kept by the client
        elif kind == ACK:
            self._entered(frame)
        elif kind == TEXT and "seq" in frame:
            self._post(frame)

    def _entered(self, ack):
        self.name = ack["user"]["name"]
        self.token = ack.get("token") or self.token
        self.proof = ack.get("proof") or self.proof
        if ack["epoch"] != self.epoch:
            self.epoch, self.seq, self.posts = ack["epoch"], 0, []
        if not self.seq < ack["from"] <= ack["seq"] + 1:
            self.faults.append(f"has posts up to {self.seq}, but was told {ack}")
        self._next = ack["from"]

    def _post(self, post):
        if post["seq"] != self._next:
            self.faults.append(f"expected seq {self._next}, but got {_clip(post)}")
        self.seq = post["seq"]
        self._next = self.seq + 1
        self.posts.append((self.seq, post["user"]["name"], post["text"]))


class FaithfulClient(Client):
    """Comes back by itself and sends again what was not answered, whenever it expects something."""

    def __init__(self, url, label="somebody", urls=None, **more):
        self._urls = urls or (lambda: [url])  # gateways that may be tried
        self.outbox = {}  # id: text, not answered yet
        self.accepted = {}  # id: seq
        self.refused = {}  # id: reason
        super().__init__(url, label, **more)

    def say(self, text, id=None):
        with self._news:
            if id is None:
                self._ids += 1
                id = f"{self._id_prefix}-{self._ids}"
            self.outbox[id] = text
        return super().say(text, id)

    def arrived(self, frame):
        super().arrived(frame)
        id = frame.get("id")
        if id not in self.outbox:
            return
        if frame["type"] == ACCEPTED or (frame["type"] == TEXT and "seq" in frame):
            del self.outbox[id]
            self.accepted[id] = frame["seq"]
        elif frame["type"] == REFUSED:
            del self.outbox[id]
            self.refused[id] = frame["reason"]

    def expect_answered(self, deadline=DEADLINE):
        """Everything said so far is in the room or was refused."""
        end = time.monotonic() + deadline
        with self._news:
            while self.outbox:
                assert not self.faults, f"{self}: {self.faults}"
                assert time.monotonic() < end, self._story(f"answers to {self.outbox}")
                if self.wire.closed:
                    self.lost("answers")
                else:
                    self._news.wait(0.1)

    def lost(self, what):
        if not self.token or self.wire.closed[0] not in COME_BACK:
            super().lost(what)
        self._news.release()  # the event loop must go on
        try:
            self._come_back(time.monotonic() + DEADLINE)
        finally:
            self._news.acquire()

    def _come_back(self, end):
        for losses in itertools.count():
            for url in self._urls():
                if self._try_resume(url):
                    for id, text in list(self.outbox.items()):
                        super().say(text, id)
                    return
            assert time.monotonic() < end, f"{self} found no way back"
            # PROTOCOL 1.6, 1: full jitter, here in the hurry of a test
            time.sleep(random.random() * min(2, 0.1 * 2 ** min(losses, 9)))

    def _try_resume(self, url):
        unread = self.unread
        try:
            self.connect(url)
        except (OSError, asyncio.TimeoutError, websockets.WebSocketException):
            return False
        finally:
            with self._news:
                self.unread = unread + self.unread
        before = len(self.frames)
        self.resume()
        end = time.monotonic() + DEADLINE
        with self._news:
            while self._next is None and not self.wire.closed and time.monotonic() < end:
                for frame in self.frames[before:]:
                    assert frame["type"] != RESET, f"{self} lost its session: {frame}"
                    if frame["type"] == REFUSED:
                        return False  # busy
                self._news.wait(0.1)
            return self._next is not None and not self.wire.closed


class _Any:
    """Equals whatever is there."""

    def __eq__(self, other):
        return other is not None

    def __repr__(self):
        return "*"


def _fits(frame, types, fields):
    if types and frame["type"] not in types:
        return False
    for key, wanted in fields.items():
        value = frame["user"]["name"] if key == "name" else frame.get(key)
        if not (value in wanted if isinstance(wanted, tuple) else wanted == value):
            return False
    return True


def _clip(frame):
    line = json.dumps(frame, ensure_ascii=False)
    return line if len(line) <= 300 else line[:300] + "..."
