"""A minimal Debian 12 in a folder, for tests of what is installed into it; for root."""

import os
import pathlib
import re
import shutil
import subprocess

from plume.wait import until

INSIDE = """
    mount -t proc proc "$0/proc"
    mount -t tmpfs -o mode=1777 tmpfs "$0/dev/shm"
    exec chroot "$0" "$@"
"""

# A Debian of its own in every namespace, with systemd as its first process.  The cgroups are those of
# systemd alone; the mounts are shared because credentials are brought by one.
BOOT = """
    mount --make-rprivate /
    mount --bind "$0" "$0"
    mount --make-rshared /
    mount -t proc proc "$0/proc"
    mount -t sysfs -o ro sysfs "$0/sys"
    if mount -t cgroup2 -o nsdelegate cgroup2 "$0/sys/fs/cgroup" 2>/dev/null &&
        mkdir "$0/sys/fs/cgroup/probe" 2>/dev/null; then
        rmdir "$0/sys/fs/cgroup/probe"
    else
        mount -t tmpfs -o mode=755 tmpfs "$0/sys/fs/cgroup"
        mkdir "$0/sys/fs/cgroup/systemd"
        mount -t cgroup -o none,name=systemd cgroup "$0/sys/fs/cgroup/systemd"
    fi
    mount -t tmpfs -o mode=755 tmpfs "$0/run"
    mount -t tmpfs -o mode=755 tmpfs "$0/dev"
    for one in null zero full random urandom tty; do
        touch "$0/dev/$one"
        mount --bind "/dev/$one" "$0/dev/$one"
    done
    mkdir "$0/dev/shm"
    ln -s /proc/self/fd "$0/dev/fd"
    exec chroot "$0" env -i container=test PATH=/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd
"""


class Booted:
    """A Debian that runs, with a network of its own, until stop()."""

    def __init__(self, root):
        self._cgroups = [
            place / f"plume-{os.getpid()}"
            for place in map(pathlib.Path, ("/sys/fs/cgroup/systemd", "/sys/fs/cgroup"))
            if (place / "cgroup.procs").exists()
        ][:1]
        for cgroup in self._cgroups:
            cgroup.mkdir()

        def enter():
            for cgroup in self._cgroups:
                (cgroup / "cgroup.procs").write_text(str(os.getpid()))

        command = ["unshare", "-m", "-p", "-f", "-u", "-i", "-n", "-C", "--kill-child"]
        self._child = subprocess.Popen(
            [*command, "bash", "-e", "-c", BOOT, str(root)], preexec_fn=enter,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        children = pathlib.Path(f"/proc/{self._child.pid}/task/{self._child.pid}/children")
        self._init = until(lambda: children.read_text().split(), "its first process")[0]
        until(lambda: self.run("systemctl", "is-system-running")[1] == "running\n", "a boot", 60)

    def run(self, *command):
        """(exit code, what it says)"""
        done = subprocess.run(
            ["nsenter", "-t", self._init, "-m", "-p", "-u", "-i", "-n", "-C", "-r", "-w", "env",
             "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "SYSTEMD_PAGER=", *command],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            check=False,
        )  # fmt: skip
        return done.returncode, done.stdout

    def stop(self):
        self._child.kill()  # and all of it with it
        self._child.wait()
        for cgroup in self._cgroups:
            below = sorted(cgroup.rglob("*/"), key=lambda path: -len(path.parts))
            for one in [*(path for path in below if path.is_dir()), cgroup]:
                until(lambda one=one: not (one / "cgroup.procs").read_text(), "all ended")
                one.rmdir()


def package_sources():
    """This machine's files that name Debian 12, and what it takes to reach them."""
    apt = pathlib.Path("/etc/apt")
    places = [apt / "sources.list", *(apt / "sources.list.d").glob("*")]
    found = [
        str(place)
        for place in places
        if place.exists() and re.search(r"^[^#\n]*\sbookworm(\s|$)", place.read_text(), re.M)
    ]
    assert found, "no source of Debian 12 (bookworm) below /etc/apt"
    dump = subprocess.run(["apt-config", "dump"], check=True, capture_output=True, text=True).stdout
    reach = re.findall(r'^(Acquire::(?:https?::Proxy|Check-).*) "(.+)";$', dump, re.M)
    return found, [f'{key} "{value}"' for key, value in reach]


def make_debian(root, packages=()):
    sources, options = package_sources()
    subprocess.run(
        ["mmdebstrap", "--quiet", "--variant=minbase", *(f"--aptopt={o}" for o in options),
         *(f"--include={name}" for name in packages), "bookworm", root, *sources],
        check=True,
    )  # fmt: skip
    for name in ("resolv.conf", "hosts"):
        shutil.copyfile(f"/etc/{name}", root / "etc" / name)


def inside(root, *command, user=None, cwd="/plume"):
    """The command line that runs this one in the Debian."""
    environment = {
        "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "HOME": "/root" if user is None else f"/home/{user}",
        "TERM": "dumb",
        **{name: value for name, value in os.environ.items() if name.lower().endswith("_proxy")},
    }
    pairs = [f"{name}={value}" for name, value in environment.items()]
    as_user = ["setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups"] if user else []
    return ["unshare", "--mount", "sh", "-e", "-c", INSIDE, str(root),
            "env", "-i", "-C", cwd, *pairs, *as_user, *command]  # fmt: skip


def processes_in(root):
    """{pid: name} of what runs in the Debian."""
    found = {}
    for entry in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            if os.readlink(entry / "root") == str(root):
                found[int(entry.name)] = (entry / "comm").read_text().strip()
        except OSError:
            pass
    return found
