#!/usr/bin/python3
"""Every event that is logged is in the table of docs/OPERATIONS.md, with its levels and programs,
and the other way round."""

import re
import sys

import sources

CALL = re.compile(r"\blog_(error|warn|info|debug)\((?!\)|event,)\s*(\"(\w+)\")?")
COMPLAINT = re.compile(r"\bbroker_complain\(&[^,]+, \"(\w+)\"")  # a warning, once a minute
ROW = re.compile(r"^\| `(\w+)` \| ([a-z, ]+) \| ([a-z, ]+) \| (.+) \|$", re.MULTILINE)
FOLDERS = ("common", "broker", "gateway", "mailer", "ctl")
DOCUMENT = "docs/OPERATIONS.md"


def logged(complaints):
    """{event: (levels, folders)}"""
    events = {}
    for path, text in sources.files(*FOLDERS, suffixes=(".c",)):
        if path == "common/log.c":
            continue
        for found in CALL.finditer(text):
            if not found[3]:
                line = text.count("\n", 0, found.start()) + 1
                complaints.append(f"{path}:{line}: the event is not a literal word")
                continue
            levels, folders = events.setdefault(found[3], (set(), set()))
            levels.add(found[1])
            folders.add(path.split("/")[0])
        for found in COMPLAINT.finditer(text):
            levels, folders = events.setdefault(found[1], (set(), set()))
            levels.add("warn")
            folders.add(path.split("/")[0])
    return events


def main():
    complaints = []
    events = logged(complaints)
    section = (sources.ROOT / DOCUMENT).read_text().partition("\n## Log events\n")[2]
    section = section.partition("\n## ")[0]
    documented = {}
    for event, levels, folders, meaning in ROW.findall(section):
        if event in documented:
            complaints.append(f"{DOCUMENT}: {event} has two rows")
        documented[event] = (set(levels.split(", ")), set(folders.split(", ")))
        if len(meaning) < 10:
            complaints.append(f"{DOCUMENT}: {event} means nothing")
    for event in sorted(set(events) | set(documented)):
        if event not in documented:
            complaints.append(f"{DOCUMENT}: no row for {event} {events[event]}")
        elif event not in events:
            complaints.append(f"{DOCUMENT}: nobody logs {event}")
        elif events[event] != documented[event]:
            complaints.append(f"{DOCUMENT}: {event} is {events[event]}, not {documented[event]}")
    if len(events) < 50:
        complaints.append(f"only {len(events)} events were found: is the pattern still right?")
    return sources.finish(complaints)


if __name__ == "__main__":
    sys.exit(main())
