#!/usr/bin/python3
"""The table "Bounds" of docs/OPERATIONS.md is true: the numbers are those of the sources, the tests are
there; and each bound of the sources has a row."""

import re
import sys

import sources

TABLE = re.compile(r"\n## Bounds\n(.*?)\n## ", re.DOTALL)
SCALE = {"KiB": 1 << 10, "MiB": 1 << 20, "s": 1, "": 1}
# "512 lines with a value (`NAME`)": a number, what it counts, and whose it is
NUMBER = re.compile(r"(\d[\d,]*) ?(KiB|MiB|s)?\b[^|(]*?\(`([\w-]+)`\)")
TEST = re.compile(r"`(test_\w+\.c|t\d+_\w+\.py): ([\w, ]+)`")
CONSTANT = re.compile(r"^\s*(?:enum \{ )?(\w*_MAX)\s*=\s*[\w(]|, (\w*_MAX) = ", re.M)

# Sizes of one thing, or of a buffer; numbers that bound nothing that grows.
SIZES = {
    "ADDRESS_MAX", "ADDRESS_TYPED_MAX", "ANSWER_MAX", "AUDIT_MAX", "COMPLAINTS_PEER_MAX",
    "CONNECT_MAX", "CONNECTION_WRITE_MAX", "DETAIL_MAX", "EMPTY_LINES_MAX", "FRAME_CLOSE_MAX",
    "FRAME_HEADER_MAX", "HEADERS_MAX", "HTTP_ANSWER_HEAD_MAX", "ID_MAX", "KEY_MAX",
    "LABEL_MAX", "LATE_MAX", "LOCAL_MAX", "LOCAL_PART_MAX", "METHOD_MAX", "METRIC_BUCKETS_MAX", "NOTICE_MAX",
    "ROOM_MAX", "ROUND_MAX", "STORE_BAN_MAX", "STORE_LETTER_MAX", "STORE_TRAIL_MAX", "TEXT_MARKS_MAX", "TEXT_MAX",
    "URL_MAX", "VERB_TEXT_MAX",
}  # fmt: skip


def code():
    """All C of the programs, without comments."""
    folders = ("broker", "common", "ctl", "gateway", "mailer")
    paths = [p for one in folders for p in sorted((sources.ROOT / one).glob("*.[ch]"))]
    return re.sub(r"/\*.*?\*/", "", "\n".join(p.read_text() for p in paths), flags=re.DOTALL)


def value_of(text, name):
    """Of a constant or, with dashes or small letters, of an option's default; None: there is none."""
    if name.startswith("--"):
        found = re.search(rf'{{"{name[2:]}",[^"]*"([^"]*)"', text)
        return int(re.match(r"\d+", found[1])[0]) if found else None
    found = re.search(rf"\b{name}\s*=\s*([^,}}]+)", text)
    if not found:
        return None
    whole = re.sub(r"\b[A-Z]\w+\b", lambda word: str(value_of(text, word[0])), found[1])
    return eval(whole) if re.fullmatch(r"[\d\s()<*+-]+", whole) else None  # an arithmetic of ours


def check_numbers(text, row):
    for number, unit, name in NUMBER.findall(row[1]):
        written, real = int(number.replace(",", "")) * SCALE[unit], value_of(text, name)
        if real != written:
            yield f"docs/OPERATIONS.md: {name} is {real}, not {written}"
    for name in re.findall(r"`(-?-?[A-Za-z][\w-]*)`", row[1]):
        if value_of(text, name) is None:
            yield f"docs/OPERATIONS.md: there is no {name}"


def check_tests(row):
    found = re.findall(r"`[^`]+`", row[4])
    if not found:
        yield f"docs/OPERATIONS.md: no test for {row[0]}"
    for one in found:
        named = TEST.fullmatch(one)
        if not named:
            yield f"docs/OPERATIONS.md: {one} names no test"
            continue
        paths = list((sources.ROOT / "tests").rglob(named[1]))
        texts = [path.read_text() for path in paths]
        for name in named[2].split(", "):
            if not any(re.search(rf"\b{name}\(", text) for text in texts):
                yield f"docs/OPERATIONS.md: no test {name} in {named[1]}"


def main():
    text = code()
    section = TABLE.search((sources.ROOT / "docs/OPERATIONS.md").read_text())[1]
    rows = [line.strip("| ").split(" | ") for line in section.splitlines() if line.startswith("| ")]
    rows = [row for row in rows[1:] if not row[0].startswith("**")]
    bad = []
    for row in rows:
        if len(row) != 5:
            bad.append(f"docs/OPERATIONS.md: not five columns: {row}")
            continue
        bad += [*check_numbers(text, row), *check_tests(row)]
    constants = {one or other for one, other in CONSTANT.findall(text)}
    shown = set(re.findall(r"`(\w+)`", section))
    bad += [f"{name} has no row in docs/OPERATIONS.md, Bounds" for name in sorted(constants - shown - SIZES)]
    print("\n".join(bad))
    return 1 if bad else 0


sys.exit(main())
