#!/usr/bin/python3
"""Functions of at most 60 lines, files of at most 350 (STYLE 2): over it, there is a second noun."""

import re
import sys

import sources

FUNCTION_MAX, FILE_MAX = 60, 350

# What may be longer, and why.  An entry that is no longer needed is a failure too.
ALLOWED = {
    "common/bus_msg.c": "reader and writer are two loops over one table, which is expanded here",
}

NAME = re.compile(r"(\w+)\(")


def functions(text):
    """(line, name, length) of each function: its braces stand in the first column."""
    lines = sources.code(text).split("\n")
    start = None
    for i, line in enumerate(lines):
        if line == "{":
            start = i
            while start > 0 and lines[start - 1].strip() and lines[start - 1][-1] not in ";}":
                start -= 1
        elif line == "}" and start is not None:
            name = NAME.search(" ".join(lines[start:i]))
            yield start + 1, name[1] if name else "?", i - start + 1
            start = None


def main():
    complaints, used = [], set()

    def complain(key, where, what):
        if key in ALLOWED:
            used.add(key)
        else:
            complaints.append(f"{where}: {what}")

    for path, text in sources.files():
        length = text.count("\n")
        if length > FILE_MAX:
            complain(path, path, f"{length} lines, at most {FILE_MAX}")
        for line, name, size in functions(text):
            if size > FUNCTION_MAX:
                complain(
                    f"{path}:{name}",
                    f"{path}:{line}",
                    f"{name}() has {size} lines, at most {FUNCTION_MAX}",
                )
    for key in sorted(set(ALLOWED) - used):
        complaints.append(f"tests/checks/sizes.py: {key} needs no exception any more")
    return sources.finish(complaints)


if __name__ == "__main__":
    sys.exit(main())
