#!/usr/bin/python3
"""Each numbered statement of docs/SECURITY.md has a row there and a test that bears its number in its
name."""

import re
import sys

import sources

NUMBERS = {"C": 15, "S": 6, "T": 6, "W": 13, "N": 7, "M": 7, "B": 7, "A": 5}
NONE = {"T4"}  # these were given up


def names():
    """Every test's name."""
    for path in sorted((sources.ROOT / "tests").rglob("*")):
        if path.suffix == ".py":
            yield from re.findall(r"^def test_(\w+)\(", path.read_text(), re.M)
        elif path.suffix == ".c":
            yield from re.findall(r"^static void (\w+)\(void \*\*state\)", path.read_text(), re.M)


def main():
    text = (sources.ROOT / "docs/SECURITY.md").read_text()
    tested = {word for name in names() for word in name.split("_")}
    bad = []
    for letter, last in NUMBERS.items():
        for number in range(1, last + 1):
            statement = f"{letter}{number}"
            if statement in NONE:
                continue
            if not re.search(rf"^\| (\*\*)?{statement}\b", text, re.M):
                bad.append(f"docs/SECURITY.md: {statement} has no row")
            if statement.lower() not in tested:
                bad.append(f"tests: none has {statement.lower()} in its name")
    print("\n".join(bad))
    return 1 if bad else 0


sys.exit(main())
