"""A mail server of a few lines that breaks off, or falls silent, where a test says."""

import contextlib
import socket
import threading
import time

ANSWERS = {
    "EHLO": "250 script.example",
    "HELO": "250 script.example",
    "MAIL": "250 ok",
    "RCPT": "250 ok",
    "DATA": "354 go on",
    "END": "250 taken",
    "QUIT": "221 bye",
}


class SmtpScript:
    """Serves at 127.0.0.1:port; at: "CONNECT", a verb or "END" (of DATA) - where do() happens.

    do: "drop" closes the connection instead of an answer, "hang" gives none until close().
    delays: {verb: seconds that its answer takes}.
    """

    def __init__(self, at, do, delays=()):
        self.at, self.do, self.delays = at, do, dict(delays)
        self.heard = []  # verbs, "CONNECT" and "END"
        self.letters = []  # (recipient, message)
        self.met = threading.Event()
        self._open = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._acceptor = threading.Thread(target=self._accept, daemon=True)
        self._acceptor.start()

    def behave(self):
        """From now on it is a good server; who hangs stays so."""
        self.at = None

    def close(self):
        self._listener.shutdown(socket.SHUT_RDWR)  # ends accept(), before its number is another's
        self._acceptor.join()
        self._listener.close()
        for connection in self._open:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._open.append(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _is_end(self, connection, verb):
        if verb != self.at:
            return False
        self.met.set()
        if self.do == "hang":
            threading.Event().wait()
        connection.shutdown(socket.SHUT_RDWR)
        connection.close()
        return True

    def _serve(self, connection):
        file = connection.makefile("rwb", buffering=0)

        def answer(verb, text):
            self.heard.append(verb)
            time.sleep(self.delays.get(verb, 0))
            if self._is_end(connection, verb):
                raise ConnectionError
            file.write(text.encode() + b"\r\n")

        try:
            answer("CONNECT", "220 script.example")
            to = ""
            while line := file.readline().decode():
                verb = line[:4].upper()
                to = line.strip() if verb == "RCPT" else to
                answer(verb, ANSWERS.get(verb, "500 what?"))
                if verb == "DATA":
                    message = b""
                    while (line := file.readline()) not in (b".\r\n", b""):
                        message += line
                    answer("END", ANSWERS["END"])
                    self.letters.append((to, message))
        except (OSError, ValueError):
            pass
