"""A real mail server (Debian's exim4-daemon-light) in a directory of its own, on a loopback port.

It runs as the test's user, or as nobody when that is root, offers STARTTLS, takes mail of those who have
the password, and delivers into a Maildir.
"""

import os
import pathlib
import shutil
import signal
import subprocess
import tempfile

from . import process
from .system import free_port, read_letter
from .wait import DEADLINE, until

PROGRAM = process.SOURCE_DIR / "build/tools/usr/sbin/exim4"  # unpacked by script/bootstrap
CONFIG = """
primary_hostname = mail.example
exim_path = {program}
spool_directory = {dir}/spool
log_file_path = {dir}/log/%slog
pid_file_path = {dir}/pid
daemon_smtp_ports = {port}
local_interfaces = 127.0.0.1
exim_user = {user}
exim_group = {group}
never_users =
deliver_drop_privilege
host_lookup =
rfc1413_query_timeout = 0s
keep_environment =
smtp_accept_max = 100
smtp_accept_queue_per_connection = 0
tls_advertise_hosts = *
tls_certificate = {dir}/server.pem
tls_privatekey = {dir}/server.key
auth_advertise_hosts = ${{if eq{{$tls_in_cipher}}{{}}{{}}{{*}}}}
acl_smtp_rcpt = rcpt
acl_smtp_data = data
begin acl
rcpt:
  deny message = 5.7.1 only for those who have the password
       !authenticated = *
  deny message = 5.1.1 there is no such person
       local_parts = nobody
  defer message = 4.7.1 greylisted, come back later
       local_parts = grey
       !condition = ${{if exists{{{dir}/white}}}}
  accept
data:
  accept
begin routers
all:
  driver = accept
  transport = box
begin transports
box:
  driver = appendfile
  directory = {dir}/mail
  maildir_format
  create_directory
  envelope_to_add
  user = {user}
  group = {group}
begin retry
* * F,1h,1m
begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = ${{if and{{{{eq{{$auth2}}{{plume}}}}{{eq{{$auth3}}{{{password}}}}}}}}}
  server_set_id = $auth2
"""


class Exim:
    def __init__(self, authority, password="hunter2"):
        # Not below pytest's own folder: each pytest that starts closes that to others, and nobody is one.
        self._place = tempfile.TemporaryDirectory(prefix="exim-")
        self._dir = pathlib.Path(self._place.name)
        self.port = free_port()
        as_root = os.geteuid() == 0
        user, group = (65534, 65534) if as_root else (os.getuid(), os.getgid())
        for name in ("spool", "log"):
            (self._dir / name).mkdir(parents=True)
        shutil.copy(authority.server_file, self._dir / "server.pem")
        shutil.copy(authority.server_key, self._dir / "server.key")
        config = self._dir / "exim.conf"
        config.write_text(
            CONFIG.format(
                program=PROGRAM, dir=self._dir, port=self.port, user=user, group=group,
                password=password,
            )
        )  # fmt: skip
        command = [PROGRAM, "-C", str(config), "-bdf"]
        if as_root:
            for path in (self._dir, *self._dir.rglob("*")):
                os.chown(path, user, group)
            drop = ["--reuid", str(user), "--regid", str(group), "--clear-groups"]
            command = ["setpriv", *drop, "--", *command]
        with open(self._dir / "out", "wb") as out:
            self._child = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", "--", *command], stdout=out, stderr=out,
                start_new_session=True,
            )  # fmt: skip
        until(lambda: (self._dir / "pid").exists() or self._died(), "exim's start")

    def _died(self):
        assert self._child.poll() is None, (self._dir / "out").read_text() + self.log()
        return False

    def _is_alone(self):
        try:
            os.killpg(self._child.pid, 0)
        except ProcessLookupError:
            return True
        return False

    def log(self):
        return "".join(path.read_text() for path in sorted((self._dir / "log").glob("*")))

    def stop_greylisting(self):
        (self._dir / "white").touch()

    def letters_to(self, address):
        letters = [read_letter(path.read_bytes()) for path in self._dir.glob("mail/new/*")]
        return [letter for letter in letters if letter["Envelope-To"] == address]

    def letter_to(self, address, deadline=DEADLINE):
        return until(lambda: self.letters_to(address), lambda: f"{address}\n{self.log()}", deadline)[0]

    def close(self):
        os.killpg(self._child.pid, signal.SIGKILL)  # with whom it began: one may be writing yet
        self._child.wait()
        until(self._is_alone, "those whom exim began are gone")
        self._place.cleanup()
