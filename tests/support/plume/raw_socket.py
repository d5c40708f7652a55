"""A WebSocket in raw bytes: whatever a test wants is sent; what comes is read as RFC 6455 says."""

import base64
import json
import os
import socket
import struct
import time
from typing import NamedTuple

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
MASK = b"\x37\xfa\x21\x3d"


class Frame(NamedTuple):
    opcode: int
    payload: bytes
    fin: bool = True

    @property
    def code(self):
        """Of a close frame; 1005 is RFC 6455 7.1.5's "no code"."""
        return struct.unpack(">H", self.payload[:2])[0] if len(self.payload) >= 2 else 1005


def frame(opcode, payload=b"", fin=True, rsv=0, mask=MASK, length=None):
    """A client's frame. mask None: without one; length: what the header claims, and how wide."""
    claimed, width = length or (len(payload), None)
    wide = {0: 0, 2: 126, 8: 127}
    if width is None:
        width = 0 if claimed < 126 else 2 if claimed < 65536 else 8
    first = 0x80 * fin | rsv << 4 | opcode
    head = bytes([first, (0x80 if mask else 0) | (wide[width] or claimed)])
    head += claimed.to_bytes(width, "big") if width else b""
    if mask:
        payload = bytes(octet ^ mask[n % 4] for n, octet in enumerate(payload))
        head += mask
    return head + payload


def close_frame(code=None, reason=b""):
    return frame(CLOSE, (b"" if code is None else struct.pack(">H", code)) + reason)


class Dropped(ConnectionError):
    """The connection ended."""


class RawSocket:
    def __init__(self, port, deadline=20, address="127.0.0.1"):
        self.sock = socket.create_connection((address, port), deadline)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.port = port
        self._in = b""

    # -- bytes

    def send(self, *pieces):
        """Each piece in a segment of its own, as far as TCP lets us say that."""
        for piece in pieces:
            try:
                self.sock.sendall(piece)
            except (BrokenPipeError, ConnectionResetError):
                return  # what the other side said before it left is still to be read

    def _more(self):
        try:
            octets = self.sock.recv(65536)
        except ConnectionResetError:
            octets = b""
        if not octets:
            raise Dropped("the connection ended")
        self._in += octets

    def _take(self, n):
        while len(self._in) < n:
            self._more()
        taken, self._in = self._in[:n], self._in[n:]
        return taken

    def end(self):
        """Nothing more is sent."""
        try:
            self.sock.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # the other side was faster

    def rest(self):
        """Everything until the other side closes."""
        try:
            while True:
                self._more()
        except Dropped:
            return self._in

    def close(self):
        self.sock.close()

    # -- HTTP

    def upgrade(self, path="/connect"):
        key = base64.b64encode(os.urandom(16)).decode()
        self.send(
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\n"
            "Sec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        while b"\r\n\r\n" not in self._in:
            self._more()
        head, _, self._in = self._in.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 101 "), head
        return self

    # -- frames

    def receive(self):
        """The next frame, which must be one that a server may send."""
        first, second = self._take(2)
        fin, rsv, opcode = first >> 7, first >> 4 & 7, first & 15
        assert rsv == 0 and opcode in (0, 1, 2, 8, 9, 10), f"a frame begins with {first:#x}"
        assert not second & 0x80, "RFC 6455 5.1: a server must not mask"
        length = second
        if length == 126:
            length = struct.unpack(">H", self._take(2))[0]
            assert length >= 126, "RFC 6455 5.2: the minimal number of bytes"
        elif length == 127:
            length = struct.unpack(">Q", self._take(8))[0]
            assert length >= 65536, "RFC 6455 5.2: the minimal number of bytes"
        assert opcode < 8 or (length < 126 and fin), "RFC 6455 5.5: control frames"
        return Frame(opcode, self._take(length), bool(fin))

    # -- Plume

    def tell(self, **message):
        self.send(frame(TEXT, json.dumps(message).encode()))

    def hear(self, *types):
        """The next message of one of these types."""
        end = time.monotonic() + self.sock.gettimeout()
        while time.monotonic() < end:
            got = self.receive()
            assert got.opcode != CLOSE, f"closed with {got.code} {got.payload[2:]}"
            message = json.loads(got.payload) if got.opcode == TEXT else {"type": None}
            if message["type"] in types:
                return message
        raise AssertionError(f"no message of {types}")

    def resume(self, token):
        self.tell(type=6, v=1, text="", token=token)
        return self.hear(3)
