"""A WebSocket client for hundreds of connections in one loop: whole text frames in, text out.

Plain asyncio: what matters here is the cost of a frame, since everybody gets every post.
"""

import asyncio
import base64
import os

TEXT, CLOSE, PING, PONG = 1, 8, 9, 10
NO_CLOSE_FRAME = 1006


class Wire(asyncio.Protocol):
    """hear(payload) for each message; ended is done, with the close code, when it is over."""

    def __init__(self, hear):
        loop = asyncio.get_running_loop()
        self.opened, self.ended = loop.create_future(), loop.create_future()
        self._hear = hear
        self._transport = None
        self._bytes = b""
        self._code = NO_CLOSE_FRAME

    @classmethod
    async def open(cls, host, port, hear, deadline):
        """An open one; OSError or TimeoutError when there is none within the deadline."""
        self = None
        try:
            async with asyncio.timeout(deadline):
                loop = asyncio.get_running_loop()
                _, self = await loop.create_connection(lambda: cls(hear), host, port)
                await self.opened
        except BaseException:
            if self:
                self.cut()
            raise
        return self

    def send(self, text):
        self._frame(TEXT, text.encode())

    def close(self):
        """Says goodbye, and ends."""
        if not self._transport.is_closing():
            self._frame(CLOSE, (1000).to_bytes(2, "big"))
            self._transport.close()

    def cut(self):
        """The network is gone: nothing is said."""
        if not self.ended.done():  # asyncio stumbles over an abort() after the end
            self._transport.abort()

    # -- asyncio

    def connection_made(self, transport):
        self._transport = transport
        key = base64.b64encode(os.urandom(16)).decode()
        host, port = transport.get_extra_info("peername")[:2]
        transport.write(
            f"GET /connect HTTP/1.1\r\nHost: {host}:{port}\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\n"
            "Sec-WebSocket-Version: 13\r\n\r\n".encode()
        )

    def data_received(self, data):
        self._bytes += data
        if not self.opened.done():
            head, end, rest = self._bytes.partition(b"\r\n\r\n")
            if not end:
                return
            if not head.startswith(b"HTTP/1.1 101 "):
                self._transport.abort()
                return
            self._bytes = rest
            self.opened.set_result(None)
        self._take_frames()

    def connection_lost(self, error):
        if not self.opened.done():
            self.opened.set_exception(ConnectionError("no WebSocket"))
        if not self.ended.done():
            self.ended.set_result(self._code)

    # -- frames: RFC 6455 5.2; a server's are not masked

    def _take_frames(self):
        octets, at = self._bytes, 0
        while len(octets) - at >= 2:
            start, size = at + 2, octets[at + 1]
            if size >= 126:
                more = 2 if size == 126 else 8
                start, size = start + more, int.from_bytes(octets[start : start + more], "big")
            if len(octets) < start + size:
                break
            self._take(octets[at] & 15, octets[start : start + size])
            at = start + size
        self._bytes = octets[at:]

    def _take(self, opcode, payload):
        if opcode == TEXT:
            self._hear(payload)
        elif opcode == PING:
            self._frame(PONG, payload)
        elif opcode == CLOSE:
            self._code = int.from_bytes(payload[:2], "big")
            self.close()

    def _frame(self, opcode, payload):
        if self._transport.is_closing():
            return  # lost, as in a browser
        size = len(payload)
        head = bytes([0x80 | opcode])
        if size < 126:
            head += bytes([0x80 | size])
        elif size < 65536:
            head += b"\xfe" + size.to_bytes(2, "big")
        else:
            head += b"\xff" + size.to_bytes(8, "big")
        self._transport.write(head + b"\0\0\0\0" + payload)  # a mask that changes nothing
