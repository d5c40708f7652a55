#!/usr/bin/python3
"""Every `file.c:function` and every file that the documents name is there."""

import re
import sys

import sources

STEP = re.compile(r"`([a-z_]+/[a-z_]+\.c):(\w+)`")
FILE = re.compile(r"`((?:common|broker|gateway|mailer|ctl|static|tests|script|docs|deploy)/[\w./-]+\.\w+)`")
DOCUMENTS = ["README.md", "CONTRIBUTING.md", *sorted(p.name for p in sources.ROOT.glob("docs/*.md"))]


def defines(path, function):
    """A definition begins in the first column; a call does not."""
    try:
        text = (sources.ROOT / path).read_text()
    except OSError:
        return False
    return re.search(rf"^\w[\w \t*]*\b{function}\(", text, re.MULTILINE) is not None


def main():
    complaints = []
    steps = 0
    for name in DOCUMENTS:
        path = sources.ROOT / name
        document = (path if path.exists() else sources.ROOT / "docs" / name).read_text()
        for file, function in STEP.findall(document):
            steps += 1
            if not defines(file, function):
                complaints.append(f"{name}: {file} has no {function}()")
        for file in FILE.findall(document):
            if not (sources.ROOT / file).exists():
                complaints.append(f"{name}: there is no {file}")
    if steps < 20:
        complaints.append(f"only {steps} steps of journeys were found: is the pattern still right?")
    return sources.finish(complaints)


if __name__ == "__main__":
    sys.exit(main())
