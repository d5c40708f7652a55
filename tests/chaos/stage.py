"""The processes, and what the schedule does to them."""

import asyncio
import collections
import json
import signal
import subprocess
import time

from plume import process
from plume.process import Process
from plume.wait import DEADLINE

from checker import Room

LOOK = 0.02


class Member:
    """A process in its turn: each new one of the same name follows an older one."""

    def __init__(self, name, start):
        self.name = name
        self.process = None
        self.processes = []  # all in their turn
        self.turn = asyncio.Lock()  # one trouble at a time
        self._start = start

    async def start(self):
        """Returns when it is ready."""
        self.process = self._start(f"{self.name}.{len(self.processes) + 1}")
        self.processes.append(self.process)
        end = time.monotonic() + DEADLINE
        while not self.process.events("ready"):
            self.process.check_health()
            assert time.monotonic() < end, self._story("is not ready")
            await asyncio.sleep(LOOK)

    async def kill(self, away):
        self.process.kill()
        await asyncio.sleep(away)
        await self.start()

    async def term(self, away):
        await self.drain()
        await asyncio.sleep(away)
        await self.start()

    async def stop(self, lasts):
        self.process.signal(signal.SIGSTOP)
        await asyncio.sleep(lasts)
        self.process.signal(signal.SIGCONT)

    async def reload(self, lasts):
        """SIGHUP, which renews certificates."""
        before = len(self.process.events("reloaded"))
        self.process.signal(signal.SIGHUP)
        end = time.monotonic() + DEADLINE
        while len(self.process.events("reloaded")) == before:
            self.process.check_health()
            assert time.monotonic() < end, self._story("does not reload")
            await asyncio.sleep(LOOK)

    async def drain(self):
        """SIGTERM, which must end with 0."""
        self.process.begin_drain()
        end = time.monotonic() + process.DRAIN
        while self.process.exit_code is None:
            assert time.monotonic() < end, self._story("does not end")
            await asyncio.sleep(LOOK)
        code = self.process.exit_code
        assert code == 0, self._story(f"ended with {code}")

    def _story(self, what):
        return f"{self.process} {what}:\n{self.process.log_tail()}"


class Stage:
    def __init__(self, directory, network, mailers, grace, tls):
        self.directory, self.network = directory, network
        self.certificates = directory / "certs" if tls else None
        if tls:
            process.bus_certs(self.certificates)
        self.members = {}
        self._links = collections.defaultdict(asyncio.Lock)
        self._add(
            "broker",
            "plume-broker",
            state=directory / "room.db",
            control_key=directory / "control-key",
            grace=f"{grace}s",
            gateway_timeout="3s",
            history=1000000,
            history_bytes=0,
            mails_per_network=0,
            mails_per_address=0,
            mails_per_day=0,
            mail_interval=0,
            mail_pace=0,
            tries_per_address=0,
        )
        for n, (host, port) in enumerate(network.places, 1):
            static = process.SOURCE_DIR / "static"
            self._add(
                f"gateway-{n}",
                "plume-gateway",
                listen=f"{host}:{port}",
                static=static,
                posts_per_second=0,  # a refusal that is lost looks like disorder
                sockets_per_network=0,  # everybody is on this machine
                # who is half open is found out before the end
                ping_interval="2s",
                pong_timeout="3s",
            )
        for n in range(1, mailers + 1):
            self._add(
                f"mailer-{n}",
                "plume-mailer",
                transport=f"maildir:{directory / 'mail'}",
                from_="plume@chat.example",
                audit=directory / f"audit-{n}.db",
            )

    def _add(self, name, program, **options):
        options = {"log_level": "info", **self._bus(name, program), **options}

        def start(label):
            wrap = self.network.wrap(name)
            env = {"PLUME_INSECURE_BUS": "yes"}  # the links of the stage are nobody else's
            return Process(program, options, self.directory, label, env=env, wrap=wrap)

        self.members[name] = Member(name, start)

    def _bus(self, name, program):
        bus = self.network.bus(name)
        if not self.certificates:
            return {"bus": bus}
        return {"bus": f"tls+{bus}", **process.shown(self.certificates, program)}

    async def open(self):
        await asyncio.gather(*(member.start() for member in self.members.values()))

    async def enact(self, trouble):
        """A trouble of a process or a link, from its beginning until all is well again."""
        if trouble.target not in self.members:
            async with self._links[trouble.target]:
                self.network.worsen(trouble.target, trouble.what)
                await asyncio.sleep(trouble.lasts)
                self.network.heal(trouble.target)
            return
        member = self.members[trouble.target]
        async with member.turn:
            await getattr(member, trouble.what)(trouble.lasts)

    async def ask(self):
        """The Room, as plumectl tells it."""
        options = {"control_key": self.directory / "control-key", **self._bus("plumectl", "plumectl")}
        control = [process.program("plumectl"), *process.as_options(options), "--json", "status"]
        command = list(map(str, [*self.network.wrap("plumectl"), *control]))
        child = await asyncio.create_subprocess_exec(*command, stdout=subprocess.PIPE)
        status = json.loads((await child.communicate())[0])
        return Room(status["newest"], status["people"], status["clients"])

    def check_alive(self):
        """Nobody ended without being told to."""
        for member in self.members.values():
            if member.process.exit_code is not None and not member.turn.locked():
                member.process.check_health()

    async def close(self):
        """Everything must end well, the broker last, and have been well all the time."""
        for name in reversed(self.members):
            await self.members[name].drain()
        for member in self.members.values():
            for one in member.processes:
                one.check_health()

    def kill(self):
        for member in self.members.values():
            if member.process and member.process.exit_code is None:
                member.process.kill()
