#!/usr/bin/python3
"""Every option that --help names is in the manual page, and the other way round.

    options_documented.py PROGRAM PAGE
"""

import re
import subprocess
import sys

OPTION = re.compile(r"--([a-z][a-z0-9-]*)")


def output_of(*command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def main(program, page):
    told = set()
    for line in output_of(program, "--help").splitlines():
        if line.startswith("  --"):
            told.update(OPTION.findall(line))
    rendered = re.sub(".\b", "", output_of("mandoc", "-T", "utf8", page))
    options = rendered.partition("OPTIONS\n")[2]
    options = re.split(r"\n(?=[A-Z])", options)[0]
    documented = set()
    for line in options.splitlines():
        if re.match(r" {5}--", line):
            documented.update(OPTION.findall(line.replace("\N{HYPHEN}", "-")))
    for name in sorted(told - documented):
        print(f"{page}: --{name} is missing")
    for name in sorted(documented - told):
        print(f"{page}: there is no --{name}")
    if not told:
        print(f"{program} --help names no options")
    return 1 if told != documented or not told else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
