#!/usr/bin/python3
"""The list of what the programs are made of is SPDX 2.3, and has every library that one of them needs.

    sbom.py FILE DIRECTORY_OF_PROGRAMS
"""

import json
import pathlib
import re
import subprocess
import sys

import sources

PROGRAMS = ("plume-broker", "plume-gateway", "plume-mailer", "plumectl", "plume-bench")
VERSION = re.compile(r'PLUME_VERSION "([0-9.]+)"')
# https://spdx.github.io/spdx-spec/v2.3: what must be there
OF_DOCUMENT = {"spdxVersion", "dataLicense", "SPDXID", "name", "documentNamespace", "creationInfo"}
OF_PACKAGE = {"SPDXID", "name", "downloadLocation", "versionInfo", "licenseDeclared"}
# compiled in, or opened by name
NOT_LINKED = {"uthash-dev", "libwebsockets-evlib-uv"}


def needed(program):
    told = subprocess.run(
        ["readelf", "--wide", "--dynamic", program], check=True, capture_output=True, text=True
    ).stdout
    return re.findall(r"\(NEEDED\).*\[(.+)\]", told)


def shape(document):
    if missing := OF_DOCUMENT - set(document):
        yield f"lacks {missing}"
    if document["spdxVersion"] != "SPDX-2.3" or document["dataLicense"] != "CC0-1.0":
        yield "is not of SPDX 2.3"
    if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", document["creationInfo"]["created"]):
        yield "was created at no time"
    ids = [package["SPDXID"] for package in document["packages"]]
    for id in ids:
        if not re.fullmatch(r"SPDXRef-[A-Za-z0-9.-]+", id) or ids.count(id) > 1:
            yield f"{id} is no identifier"
    for package in document["packages"]:
        if missing := OF_PACKAGE - set(package):
            yield f"{package['name']} lacks {missing}"
        if package["versionInfo"] == "unknown":
            yield f"{package['name']} has no version"
    known = {*ids, "SPDXRef-DOCUMENT"}
    for one in document["relationships"]:
        if not {one["spdxElementId"], one["relatedSpdxElement"]} <= known:
            yield f"nobody knows {one}"
    depended = {one["relatedSpdxElement"] for one in document["relationships"]}
    if depended != set(ids):
        yield f"not all are related: {depended ^ set(ids)}"


def main(file, programs):
    document = json.loads(pathlib.Path(file).read_text())
    complaints = [f"{file}: {what}" for what in shape(document)]
    own, *others = document["packages"]
    version = VERSION.search((sources.ROOT / "common/version.h").read_text())[1]
    if (own["name"], own["versionInfo"]) != ("plume", version):
        complaints.append(f"{file}: is of {own['name']} {own['versionInfo']}, not {version}")
    listed = {name for package in others for name in package["comment"].split(", ")}
    for program in PROGRAMS:
        for library in needed(pathlib.Path(programs) / program):
            if library not in listed:
                complaints.append(f"{file}: {library}, which {program} needs, is missing")
    if missing := NOT_LINKED - {package["name"] for package in others}:
        complaints.append(f"{file}: {missing} is missing")
    return sources.finish(complaints)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
