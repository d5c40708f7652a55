#!/usr/bin/python3
"""Each third-party header enters in one place, and the programs know common/ but not each other."""

import fnmatch
import sys

import sources

# header (pattern) -> files that may include it (STYLE 40)
WHERE = {
    "nng/*": ["common/bus_*"],
    "mbedtls/*": ["common/certificate.c"],
    "libwebsockets.h": ["gateway/server*.c"],
    "microhttpd.h": ["common/admin.c"],
    "jansson.h": ["gateway/browser_json.c", "ctl/report*"],
    "curl/*": ["mailer/curl_*", "mailer/transport_*"],
    "sqlite3.h": ["broker/store*", "mailer/audit*", "mailer/outbox*"],
    "unicode/*": ["broker/name_keys.c", "broker/idna.c", "broker/text.c", "broker/mentions.c"],
    "sodium.h": ["common/secret*"],
    "msgpack.h": ["common/bus_msg.c"],
    "uthash.h": ["*.c"],
    "utlist.h": ["*.c"],
    "uv.h": ["*"],
    "sanitizer/asan_interface.h": ["common/pool.c"],
}
# <folder/...> of the system
SYSTEM = ("sys/*", "netinet/*", "arpa/*", "net/*", "linux/*")


def complaint_of_library(path, name):
    for pattern, places in WHERE.items():
        if fnmatch.fnmatch(name, pattern):
            if any(fnmatch.fnmatch(path, place) for place in places):
                return None
            return f"<{name}> belongs into {' or '.join(places)}"
    if "/" in name and not any(fnmatch.fnmatch(name, one) for one in SYSTEM):
        return f"<{name}> is of no library that tests/checks/includes.py knows"
    return None


def complaint_of_folder(path, name):
    ours, theirs = path.split("/")[0], name.split("/")[0]
    if theirs == "common" or theirs == ours:
        return None
    if theirs in sources.PROGRAMS:
        return f'"{name}": {ours}/ may know only common/ and itself'
    return f'"{name}": our headers are named from the root, like "common/slice.h"'


def main():
    complaints = []
    for path, text in sources.files(suffixes=(".c", ".h", ".def")):
        for line, is_system, name in sources.includes(text):
            what = (complaint_of_library if is_system else complaint_of_folder)(path, name)
            if what:
                complaints.append(f"{path}:{line}: {what}")
    return sources.finish(complaints)


if __name__ == "__main__":
    sys.exit(main())
