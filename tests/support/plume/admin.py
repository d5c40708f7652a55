"""The admin address of a program, and a strict reader of what Prometheus would read there."""

import http.client
import re

from .wait import DEADLINE

_NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
_HELP = re.compile(rf"# HELP ({_NAME}) (\S.*)")
_TYPE = re.compile(rf"# TYPE ({_NAME}) (counter|gauge|histogram)")
_SAMPLE = re.compile(rf"({_NAME})(\{{.*\}})? (-?[0-9]+(?:\.[0-9]+)?|\+Inf)")
_LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"')


def address_of(process):
    return process.wait_for_event("admin")["admin"]


def request(process, path, method="GET", deadline=DEADLINE, body=None):
    """(status, headers, text)"""
    connection = http.client.HTTPConnection(address_of(process), timeout=deadline)
    try:
        connection.request(method, path, body=body)
        answer = connection.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read().decode()
    finally:
        connection.close()


def ready(process):
    """(is it, what it says)"""
    status, _, text = request(process, "/readyz")
    assert status in (200, 503)
    return status == 200, text.strip()


def metrics(process):
    """{'name': value, 'name{label="value"}': value} of a text that is checked wholly."""
    status, headers, text = request(process, "/metrics")
    assert status == 200
    assert headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    return parse(text)


def parse(text):
    assert text.endswith("\n")
    samples, types, helped, family = {}, {}, set(), None
    for line in text.splitlines():
        if found := _HELP.fullmatch(line):
            family = found[1]
            assert family not in helped, f"two helps: {line}"
            helped.add(family)
        elif found := _TYPE.fullmatch(line):
            assert found[1] == family and family not in types, line
            types[family] = found[2]
            assert (found[2] == "counter") == family.endswith("_total"), f"{line}: its name"
        else:
            found = _SAMPLE.fullmatch(line)
            assert found, f"not a sample: {line!r}"
            name, labels, value = found.groups()
            suffixes = ("_bucket", "_sum", "_count") if types[family] == "histogram" else ("",)
            assert name in {family + suffix for suffix in suffixes}, f"{line} under {family}"
            if labels:
                assert _LABEL.sub("", labels).replace(",", "") == "{}", line
            assert name + (labels or "") not in samples, f"twice: {line}"
            samples[name + (labels or "")] = float(value)
    for family, kind in types.items():
        if kind == "histogram":
            _check_histogram(family, samples)
    return samples


def _check_histogram(family, samples):
    buckets = [(k, v) for k, v in samples.items() if k.startswith(f"{family}_bucket")]
    bounds = [float(re.search(r'le="(.*)"', key)[1].replace("+Inf", "inf")) for key, _ in buckets]
    counts = [value for _, value in buckets]
    assert bounds == sorted(set(bounds)) and bounds[-1] == float("inf"), family
    assert counts == sorted(counts) and counts[-1] == samples[f"{family}_count"], family
