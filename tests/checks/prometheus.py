#!/usr/bin/python3
"""promtool takes the rules and their tests, and what rules and dashboard ask for is documented.

    prometheus.py
"""

import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import sources
import yaml

PLACE = sources.ROOT / "deploy/prometheus"
DOCUMENT = sources.ROOT / "docs/OPERATIONS.md"
METRIC = re.compile(r"\b((?:plume|process)_[a-z_]+?)(?:_bucket|_sum|_count)?\b")
VARIABLES = {"$__rate_interval": "5m", "${source}": "x"}


def promtool(*args):
    """Complaints."""
    tool = shutil.which("promtool") or sources.ROOT / "build/tools/usr/bin/promtool"
    if not pathlib.Path(tool).exists():
        return ["promtool is missing: script/bootstrap test unpacks it below build/tools"]
    done = subprocess.run(
        [tool, *map(str, args)], cwd=PLACE, capture_output=True, text=True, check=False
    )
    return [] if done.returncode == 0 else [f"promtool {args[0]}: {done.stdout}{done.stderr}"]


def expressions_of_dashboard():
    dashboard = json.loads((PLACE / "dashboard.json").read_text())
    for panel in dashboard["panels"]:
        for target in panel.get("targets", []):
            yield target["expr"]
    for annotation in dashboard["annotations"]["list"]:
        yield annotation["expr"]


def rules():
    (group,) = yaml.safe_load((PLACE / "plume.rules.yml").read_text())["groups"]
    return group["rules"]


def parses(expressions):
    """A dashboard's expressions, as if they were rules."""
    made = []
    for number, text in enumerate(expressions):
        for old, new in VARIABLES.items():
            text = text.replace(old, new)
        made.append({"record": f"panel:{number}", "expr": text})
    with tempfile.NamedTemporaryFile("w", suffix=".yml") as file:
        yaml.safe_dump({"groups": [{"name": "panels", "rules": made}]}, file)
        file.flush()
        return promtool("check", "rules", file.name)


def untested():
    (healthy, broken) = yaml.safe_load((PLACE / "plume.rules.test.yml").read_text())["tests"]
    named = {one["alertname"] for one in healthy["alert_rule_test"]}
    for rule in rules():
        if rule["alert"] not in named:
            yield f"{rule['alert']} is not in the tests of a healthy room"
    for one in broken["promql_expr_test"]:
        if one["exp_samples"][0]["value"] != len(rules()):
            yield "not every alert is tested to fire"


def main():
    expressions = list(expressions_of_dashboard())
    documented = set(METRIC.findall(DOCUMENT.read_text())) | {"plume_build_info"}
    complaints = [
        *promtool("check", "config", "prometheus.yml"),
        *promtool("test", "rules", "plume.rules.test.yml"),
        *parses(expressions),
        *untested(),
    ]
    for text in [*expressions, *(rule["expr"] for rule in rules())]:
        for metric in METRIC.findall(text):
            if metric not in documented:
                complaints.append(f"{metric} is in no table of {DOCUMENT.name}")
    return sources.finish(complaints)


if __name__ == "__main__":
    sys.exit(main())
