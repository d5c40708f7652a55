"""A peer on the bus in a few lines: what NNG says on TCP, and frames as Python lists.

The wire (nanomsg's mapping of scalability protocols to TCP): each side sends eight bytes
"\\0SP\\0", its protocol, two zeros; then messages with an eight-byte length. A request begins with
four bytes, the first bit set, that its reply repeats.
"""

import hashlib
import itertools
import random
import secrets
import socket
import struct
import threading

import msgpack

PUB, SUB, REQ, REP = 0x20, 0x21, 0x30, 0x31


class Link:
    def __init__(self, sock, protocol):
        self.sock = sock
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.sendall(b"\0SP\0" + struct.pack(">HH", protocol, 0))
        self.protocol = struct.unpack(">4xHH", self._read(8))[0]

    def _read(self, n):
        octets = b""
        while len(octets) < n:
            more = self.sock.recv(n - len(octets))
            if not more:
                raise ConnectionError("the peer has gone")
            octets += more
        return octets

    def send(self, octets):
        self.sock.sendall(struct.pack(">Q", len(octets)) + octets)

    def receive(self):
        return self._read(struct.unpack(">Q", self._read(8))[0])

    def cut(self):
        """Ends it for both sides, also while another thread reads."""
        try:
            self.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # the peer was faster

    def close(self):
        self.sock.close()


def dial(port, protocol, timeout=20):
    return Link(socket.create_connection(("127.0.0.1", port), timeout), protocol)


class Requester:
    """Asks one thing after the other."""

    def __init__(self, port, version=(1, 0)):
        self.link = dial(port, REQ)
        self.version = version
        self._ids = itertools.count(random.getrandbits(30))

    def ask(self, *messages):
        """The reply's messages, without its version."""
        id = struct.pack(">I", 0x80000000 | next(self._ids) & 0x7FFFFFFF)
        self.link.send(id + msgpack.packb([*self.version, *messages]))
        reply = self.link.receive()
        assert reply[:4] == id
        return msgpack.unpackb(reply[4:])[2:]

    def close(self):
        self.link.close()


class FakeGateway(Requester):
    """Numbers its batches; from minor 2 on its own number is a hash of its key."""

    def __init__(self, port, version=(1, 0)):
        super().__init__(port, version)
        self.key = secrets.token_urlsafe(32)
        self.id = random.getrandbits(60) | 1
        if version >= (1, 2):
            hashed = hashlib.blake2b(self.key.encode(), digest_size=32).digest()
            self.id = int.from_bytes(hashed[:8], "big")
        self.number = 0

    def batch(self, *commands, number=None):
        self.number = self.number + 1 if number is None else number
        since_2 = [self.key, 0] if self.version >= (1, 2) else []
        return self.ask([1, self.id, self.number, 0, *since_2], *commands)

    def wait_for(self, kind, *commands, tries=100):
        """Heartbeats until a result of this kind comes."""
        for _ in range(tries):
            for message in self.batch(*commands):
                if message[0] == kind:
                    return message
            commands = ()
        raise AssertionError(f"no result of kind {kind}")


class FakeReplier:
    """Answers requests on this port; answer(messages) gives the reply's messages, its bytes as they
    are to be sent, or None: no reply."""

    def __init__(self, port, answer, version=(1, 0)):
        self.version, self.answer = version, answer
        self.repeat = 1  # how often each reply is sent
        self._listener = socket.create_server(("127.0.0.1", port))
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                sock = self._listener.accept()[0]
            except OSError:
                return
            threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, sock):
        try:
            link = Link(sock, REP)
            while True:
                request = link.receive()
                reply = self.answer(msgpack.unpackb(request[4:])[2:])
                if isinstance(reply, list):
                    reply = msgpack.packb([*self.version, *reply])
                for _ in range(self.repeat if reply is not None else 0):
                    link.send(request[:4] + reply)
        except OSError:
            pass

    def close(self):
        self._listener.close()


class FakeBroker(FakeReplier):
    """Listens for gateways: their batches are answered, and events can be published."""

    def __init__(self, events_port, answer, version=(1, 0)):
        self.subscribers = []
        self._events = socket.create_server(("127.0.0.1", events_port))
        super().__init__(events_port + 1, answer, version)
        threading.Thread(target=self._accept_subscribers, daemon=True).start()

    def _accept_subscribers(self):
        while True:
            try:
                sock = self._events.accept()[0]
            except OSError:
                return
            try:
                self.subscribers.append(Link(sock, PUB))
            except OSError:
                pass  # who hangs up before a word is said; another may come

    def publish(self, *messages):
        for link in self.subscribers:
            link.send(msgpack.packb([*self.version, *messages]))

    def close(self):
        self._events.close()
        super().close()
