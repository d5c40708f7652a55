#!/usr/bin/python3
"""Every header compiles alone, as strictly as the rest.

    headers_alone.py COMPILER
"""

import pathlib
import subprocess
import sys

import sources

LIBRARIES = ["libuv", "msgpack", "libsodium", "sqlite3", "icu-uc", "libwebsockets", "jansson"]
FLAGS = "-std=c11 -fsyntax-only -Wall -Wextra -Wpedantic -Werror -D_POSIX_C_SOURCE=200809L".split()


def main(compiler):
    found = subprocess.run(
        ["pkg-config", "--cflags", *LIBRARIES, "libcurl"],
        check=True, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    complaints = []
    for path, _ in sources.files("common", *sources.PROGRAMS, suffixes=(".h",)):
        done = subprocess.run(
            [compiler, *FLAGS, f"-I{sources.ROOT}", *found.stdout.split(), "-x", "c", "-"],
            # twice: the guard works; the last line: C wants something besides macros
            input=f'#include "{path}"\n#include "{path}"\ntypedef int something;\n',
            capture_output=True,
            text=True,
        )
        if done.returncode != 0:
            complaints.append(f"{path} does not compile alone:\n{done.stderr}")
        guard = str(pathlib.PurePath(path).with_suffix("")).replace("/", "_").upper() + "_H"
        if f"#ifndef {guard}\n" not in (sources.ROOT / path).read_text(encoding="utf-8"):
            complaints.append(f"{path} has no guard {guard}")
    return sources.finish(complaints)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
