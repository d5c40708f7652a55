#!/usr/bin/python3
"""Every shell script can be read by its shell, and shellcheck has nothing to say about it."""

import re
import shutil
import subprocess
import sys

import sources

SHEBANG = re.compile(r"#!/(?:usr/)?bin/(?:env )?(bash|sh)\b")


def scripts():
    """(path, shell)"""
    for folder in ("script", ".ci", "deploy", "tests"):
        for path in sorted((sources.ROOT / folder).rglob("*")):
            if path.is_file() and path.suffix not in {".c", ".h", ".py", ".pyc"}:
                with open(path, "rb") as script:
                    found = SHEBANG.match(script.readline(80).decode(errors="replace"))
                if found:
                    yield path, found[1]


def main():
    if not shutil.which("shellcheck"):
        print("shellcheck is missing: script/bootstrap test installs it")
        return 1
    complaints = []
    for path, shell in scripts():
        for command in ([shell, "-n", path], ["shellcheck", "-s", shell, path]):
            done = subprocess.run(command, capture_output=True, text=True)
            if done.returncode != 0:
                complaints.append(done.stdout + done.stderr)
    return sources.finish(complaints)


if __name__ == "__main__":
    sys.exit(main())
