"""A TCP link that can die without a word: both ends stay connected, and nothing passes any more."""

import asyncio

from . import background


class DeadLink:
    """Passes bytes to this loopback port; listens on a port of its own."""

    def __init__(self, port):
        self.port = port
        self.connections = 0  # that were ever made
        self._alive = set()  # transports that pass on what they read
        self._transports = set()
        self._refuses = False
        self._server = background.run(self._serve())

    async def _serve(self):
        return await asyncio.get_running_loop().create_server(lambda: _Near(self), "127.0.0.1", 0)

    @property
    def url(self):
        return f"tcp://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    def die(self, refuse=False):
        """What is connected is half open from now on; refuse: and nobody new gets through."""
        background.call(self._die, refuse)

    def _die(self, refuse):
        self._alive.clear()
        self._refuses = refuse

    def heal(self):
        """New connections live; the dead ones stay dead."""
        self._refuses = False

    def close(self):
        background.call(self._close)

    def _close(self):
        self._server.close()
        for transport in self._transports:
            transport.abort()


class _End(asyncio.Protocol):
    """What one end sends is passed to the other as long as the link lives."""

    def __init__(self, link):
        self.link, self.other, self.early = link, None, []

    def connection_made(self, transport):
        self.transport = transport
        self.link._transports.add(transport)
        if not self.link._refuses:
            self.link._alive.add(transport)

    def data_received(self, data):
        if self.transport not in self.link._alive:
            return
        if self.other:
            self.other.write(data)
        else:
            self.early.append(data)

    def connection_lost(self, _why):
        self.link._transports.discard(self.transport)
        if self.transport in self.link._alive and self.other:
            self.other.close()


class _Far(_End):
    def __init__(self, link, near):
        super().__init__(link)
        self.other, self.near = near.transport, near

    def connection_made(self, transport):
        super().connection_made(transport)
        self.near.other = transport
        for data in self.near.early:
            transport.write(data)


class _Near(_End):
    def connection_made(self, transport):
        super().connection_made(transport)
        self.link.connections += 1
        asyncio.ensure_future(self._dial())

    async def _dial(self):
        loop = asyncio.get_running_loop()
        try:
            await loop.create_connection(lambda: _Far(self.link, self), "127.0.0.1", self.link.port)
        except OSError:
            self.transport.close()
