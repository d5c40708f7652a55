#!/usr/bin/python3
"""systemd takes the units without a word, finds each at most 2.0 exposed, and knows their users.

    units.py DIRECTORY_OF_UNITS DIRECTORY_OF_PROGRAMS
"""

import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import sources

UNITS = ("plume-broker.service", "plume-gateway@.service", "plume-mailer.service")
SYSTEMD = sources.ROOT / "deploy/systemd"
MOST_EXPOSED = 2.0
EXPOSURE = re.compile(r"Overall exposure level for \S+: ([\d.]+)")


def run(*command, **more):
    return subprocess.run(
        list(map(str, command)), capture_output=True, text=True, check=False, **more
    )


def verify(folder):
    names = [folder / unit.replace("@.", "@1.") for unit in UNITS]
    (folder / "plume-gateway@1.service").symlink_to(folder / "plume-gateway@.service")
    path = f"{folder}:/lib/systemd/system"
    done = run(
        "systemd-analyze", "verify", "--man=no", *names, folder / "plume.target",
        env={"PATH": "/usr/bin:/bin", "SYSTEMD_UNIT_PATH": path},
    )  # fmt: skip
    words = (done.stdout + done.stderr).strip()
    return [f"systemd-analyze verify: {words}"] if words or done.returncode else []


def exposure(folder):
    for unit in UNITS:
        done = run("systemd-analyze", "security", "--offline=yes", "--no-pager", folder / unit)
        found = EXPOSURE.search(done.stdout)
        if not found or float(found[1]) > MOST_EXPOSED:
            yield f"{unit} is exposed: {found[1] if found else done.stderr}"


def users(folder):
    made = run("systemd-sysusers", "--dry-run", SYSTEMD / "plume.sysusers.conf")
    if made.returncode != 0:
        yield f"systemd-sysusers: {made.stderr}"
    known = set(re.findall(r"^u (\S+)", (SYSTEMD / "plume.sysusers.conf").read_text(), re.M))
    for path in (*(folder / unit for unit in UNITS), folder / "plume.tmpfiles"):
        for user in re.findall(r"^User=(.*)|0700 (\S+) ", path.read_text(), re.M):
            if "".join(user) not in known:
                yield f"{path.name} wants the user {''.join(user)}, which nobody makes"


def main(units, programs):
    if not shutil.which("systemd-analyze"):
        print("systemd-analyze is missing (script/bootstrap test)")
        return 1
    with tempfile.TemporaryDirectory(prefix="plume-units-") as name:
        folder = pathlib.Path(name)
        for unit in UNITS:
            text = (pathlib.Path(units) / unit).read_text()
            # as if they were installed
            (folder / unit).write_text(re.sub(r"^ExecStart=.*/", f"ExecStart={programs}/", text, flags=re.M))
        (folder / "plume.target").write_text((SYSTEMD / "plume.target").read_text())
        (folder / "plume.tmpfiles").write_text((SYSTEMD / "plume.tmpfiles.conf.in").read_text())
        return sources.finish([*verify(folder), *exposure(folder), *users(folder)])


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
