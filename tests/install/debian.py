"""A minimal Debian 12 in a folder, for tests of what is installed into it; for root."""

import os
import pathlib
import re
import shutil
import subprocess

INSIDE = """
    mount -t proc proc "$0/proc"
    mount -t tmpfs -o mode=1777 tmpfs "$0/dev/shm"
    exec chroot "$0" "$@"
"""


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
