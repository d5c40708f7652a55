"""A mail server (aiosmtpd) that keeps what it gets and answers by script."""

import asyncio

from aiosmtpd.smtp import SMTP, AuthResult

from . import background
from .system import read_letter
from .wait import DEADLINE, until

HANG = object()  # as a reply: say nothing until relent()
KEEP_AND_HANG = object()  # of DATA: the letter has arrived, but nothing is said until relent()


class SmtpSink:
    """Serves at 127.0.0.1:port from its making until close().

    tls: an ssl.SSLContext to offer STARTTLS with, implicit_tls to begin with;
    users: {name: password} of whom mail is taken, None: of anybody.
    """

    def __init__(self, tls=None, implicit_tls=None, users=None):
        self.letters = []  # email messages, each with .raw, .envelope_from ...
        self.met = []  # verbs that were scripted and came
        self._script = {}
        self._users = users
        self._sessions = set()
        self._relented = None
        self._tls, self._implicit_tls = tls, implicit_tls
        self._server = background.run(self._serve())
        self.port = self._server.sockets[0].getsockname()[1]

    async def _serve(self):
        self._relented = asyncio.Event()
        return await asyncio.get_running_loop().create_server(
            self._session, "127.0.0.1", 0, ssl=self._implicit_tls
        )

    def _session(self):
        auth = {"authenticator": self._authenticate, "auth_required": True} if self._users else {}
        if auth and not self._tls:
            auth["auth_require_tls"] = False
        session = SMTP(
            self,
            hostname="sink.example",
            tls_context=self._tls,
            require_starttls=bool(self._tls),
            loop=asyncio.get_running_loop(),
            **auth,
        )
        self._sessions.add(session)
        return session

    def _authenticate(self, server, session, envelope, mechanism, data):
        name, password = data.login.decode(), data.password.decode()
        good = self._users.get(name) == password
        return AuthResult(success=good, handled=False, auth_data=name if good else None)

    # -- the script

    def reply(self, verb, answer, to=None):
        """From now on MAIL, RCPT or DATA is answered with this line, or not at all (HANG); to: only
        for this recipient."""
        self._script[(verb, to) if to else verb] = answer

    def relent(self):
        """Forgets the script; who hung is answered well."""
        self._script.clear()
        background.call(self._relented.set)

    def wait_met(self, verb):
        """A scripted verb has come."""
        until(lambda: verb in self.met, f"{verb} at the mail server")

    async def _scripted(self, verb, to=None):
        answer = self._script.get((verb, to), self._script.get(verb))
        if answer is None:
            return None
        self.met.append(verb)
        if answer is HANG:
            self._relented.clear()
            await self._relented.wait()
            return None
        return answer

    # -- what aiosmtpd calls

    async def handle_MAIL(self, server, session, envelope, address, options):
        answer = await self._scripted("MAIL")
        if answer:
            return answer
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):
        answer = await self._scripted("RCPT", address)
        if answer:
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        if self._script.get("DATA") is KEEP_AND_HANG:
            self._keep(session, envelope)
            self._script["DATA"] = HANG
            await self._scripted("DATA")
            return "250 taken"
        answer = await self._scripted("DATA", envelope.rcpt_tos[0])
        if answer:
            return answer
        self._keep(session, envelope)
        return "250 taken"

    def _keep(self, session, envelope):
        letter = read_letter(envelope.content)
        letter.raw = envelope.content
        letter.envelope_from = envelope.mail_from
        letter.envelope_to = envelope.rcpt_tos
        letter.tls = bool(session.ssl) or bool(self._implicit_tls)
        letter.user = session.auth_data if session.authenticated else None
        self.letters.append(letter)

    # -- what the test asks

    def letter_to(self, address, deadline=DEADLINE):
        def look():
            return [letter for letter in self.letters if address in letter.envelope_to]

        return until(look, f"a letter to {address} at the mail server", deadline)[0]

    def close(self):
        async def end():
            self._server.close()
            self._relented.set()
            for session in self._sessions:
                if session.transport:
                    session.transport.abort()

        background.run(end())
