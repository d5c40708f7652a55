"""Stands between the broker's events and a gateway, and does to them what a bad link would.

    proxy = EventsProxy(broker_port)
    gateway = system.start_gateway(events=proxy.url)
    proxy.treat = drop_posts

`treat(messages)` is asked for each frame, given as the list of its messages, and says how often it
is passed on: 0 drops it, 2 doubles it; HOLD keeps it until the next one has been passed.
"""

import socket
import threading

import msgpack

from .bus_peer import PUB, SUB, Link, dial

HOLD = "hold"
POST = 51


def has_posts(messages):
    return any(message[0] == POST for message in messages)


def pass_all(_messages):
    return 1


def drop_posts(messages):
    """Heads still tell that there are newer ones."""
    return 0 if has_posts(messages) else 1


def drop_all(_messages):
    return 0


class EventsProxy:
    def __init__(self, broker_port):
        self.broker_port = broker_port
        self.treat = pass_all
        self.dropped = self.doubled = self.held = self.connections = 0
        self._links = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self):
        return f"tcp://127.0.0.1:{self._listener.getsockname()[1]}"

    def _accept(self):
        while True:
            try:
                sock = self._listener.accept()[0]
            except OSError:
                return
            threading.Thread(target=self._relay, args=(sock,), daemon=True).start()

    def _relay(self, sock):
        links = []
        try:
            links.append(Link(sock, PUB))
            links.append(dial(self.broker_port, SUB, timeout=None))
            self._links += links
            self.connections += 1
            self._pass_on(*links)
        except OSError:
            pass
        finally:
            sock.close()
            for link in links:
                link.close()

    def _pass_on(self, gateway, broker):
        late = None
        while True:
            frame = broker.receive()
            times = self.treat(msgpack.unpackb(frame)[2:])
            if times == HOLD and late is None:
                late = frame
                self.held += 1
                continue
            times = 1 if times == HOLD else times
            self.dropped += times == 0
            self.doubled += times == 2
            for _ in range(times):
                gateway.send(frame)
            if late is not None:
                gateway.send(late)
                late = None

    def cut(self):
        """Ends every connection; new ones are taken."""
        while self._links:
            self._links.pop().cut()

    def close(self):
        self._listener.close()
        self.cut()
