"""The C files of the house, and what stands in them besides comments and strings."""

import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAMS = ("broker", "gateway", "mailer", "ctl")
FOLDERS = ("common", *PROGRAMS)

_NOT_CODE = re.compile(r"/\*.*?\*/|//[^\n]*|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'", re.DOTALL)
_INCLUDE = re.compile(r'^\s*#\s*include\s+([<"])([^>"]+)[>"]', re.MULTILINE)


def files(*folders, suffixes=(".c", ".h")):
    """Paths below the root, as "broker/room.c", with their texts."""
    for folder in folders or FOLDERS:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in suffixes and path.is_file():
                yield str(path.relative_to(ROOT)), path.read_text(encoding="utf-8")


def code(text):
    """The text with comments and literals blanked; lines keep their numbers."""
    return _NOT_CODE.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), text)


def includes(text):
    """(line, is_system, name) of each #include."""
    for found in _INCLUDE.finditer(text):
        yield text.count("\n", 0, found.start(2)) + 1, found[1] == "<", found[2]


def finish(complaints):
    """Prints them and gives the exit code."""
    for complaint in complaints:
        print(complaint)
    return 1 if complaints else 0
