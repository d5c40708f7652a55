#!/usr/bin/python3
"""Functions of C that this house does without (STYLE 16), and what it has instead."""

import re
import sys

import sources

INSTEAD = {
    "strcpy": "fmt() or slice_dup()",
    "strcat": "fmt()",
    "sprintf": "fmt()",
    "vsprintf": "fmt()",
    "strncpy": "fmt() or memcpy() of a known length",
    "strncat": "fmt()",
    "gets": "fgets()",
    "atoi": "number_parse()",
    "atol": "number_parse()",
    "atoll": "number_parse()",
    "strtok": "slice_cut()",
    "strtok_r": "slice_cut()",
    "alloca": "xcalloc()",
    "malloc": "xcalloc()",
    "realloc": "xrealloc()",
    "strdup": "xstrdup()",
    "rand": "struct entropy",
    "random": "struct entropy",
}
ALLOWED = {
    ("common/memory.c", "realloc"),
    ("common/allocator.c", "malloc"),
    ("common/allocator.c", "realloc"),
}
CALL = re.compile(r"(?<![\w.>])(" + "|".join(INSTEAD) + r")\s*\(")


def main():
    complaints = []
    for path, text in sources.files():
        bare = sources.code(text)
        for found in CALL.finditer(bare):
            if (path, found[1]) in ALLOWED:
                continue
            line = bare.count("\n", 0, found.start()) + 1
            complaints.append(f"{path}:{line}: {found[1]}(): use {INSTEAD[found[1]]}")
    return sources.finish(complaints)


if __name__ == "__main__":
    sys.exit(main())
