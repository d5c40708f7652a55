"""What the page says about what is kept is what the programs keep (SECURITY N7)."""

import re
import sqlite3

from plume import process

ADDRESS = "ann.with.an.odd.name@odd.example"
# The tables of the broker's state: for what the page says of them.
TABLES = {
    "names": "Your name",
    "posts": "latest 10,000 posts",
    "sessions": "", "clients": "", "present": "", "gateways": "", "meta": "",  # nobody's words
    "logins": "sealed", "letters": "sealed", "trail": "record of login mails",
    "proofs": "that this browser proved it",
    "tallies": "keyed hash",
    "bans": "Who is banned",
}


def default(program, option):
    text = process.run(program, "--help").stdout
    found = re.search(rf"--{option} .*?default ([^;\]]+)", text, re.DOTALL)
    assert found, f"{program} has --{option}"
    return found[1]


def test_n7_the_statement_matches_the_programs(plume, browser):
    ann = browser("ann")
    ann.open(plume.gateways[0])
    ann.expect_step("enter")
    said = ann.run("return document.getElementById('keeps').textContent")
    assert f"{int(default('plume-broker', 'history')):,} posts" in said
    for program, option, words in (
        ("plume-broker", "name-lease", "Your name, for {} days"),
        ("plume-broker", "proof-ttl", "for {} days that this browser proved it"),
        ("plume-broker", "trail-age", "For {} days a record of login mails"),
        ("plume-mailer", "audit-keep", "For {} days a record of login mails"),
    ):
        assert words.format(default(program, option).rstrip("d")) in said, option
    ann.enter("ann", ADDRESS)
    ann.expect_step("verify")
    ann.give_code(plume.code_for(ADDRESS))
    ann.expect_step("chat")
    for one in (plume.broker, *plume.mailers):
        one.drain()  # it has its file for itself
    with sqlite3.connect(plume.state) as db:
        tables = {row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    assert tables == set(TABLES), "the page tells of every table"
    assert all(words in said for words in TABLES.values())
    kept = [plume.state, plume.audit_db]
    files = [f for f in plume.directory.iterdir() if any(f.name.startswith(k.name) for k in kept)]
    assert len(files) >= 2
    for file in files:
        assert ADDRESS.encode() not in file.read_bytes(), f"{file.name} has the address itself"
