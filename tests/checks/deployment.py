#!/usr/bin/python3
"""What compose.yaml, deploy/conf and deploy/kubernetes name is there: options, ports, labels, volumes.

    deployment.py DIRECTORY_OF_PROGRAMS
"""

import pathlib
import re
import subprocess
import sys

import sources
import yaml

KUBERNETES = sources.ROOT / "deploy/kubernetes"
CONF = sources.ROOT / "deploy/conf"
ROLES = ("broker", "gateway", "mailer")


def options_of(programs, role):
    """{"code-ttl", ...}, as --help tells."""
    done = subprocess.run(
        [pathlib.Path(programs) / f"plume-{role}", "--help"],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    return set(re.findall(r"^  --([a-z][a-z-]*)", done.stdout, re.M)) | {
        name.lower().replace("_", "-") for name in re.findall(r"PLUME_([A-Z_]+)", done.stdout)
    }


def option_of(variable):
    return variable.removeprefix("PLUME_").lower().replace("_", "-")


def unknown(place, variables, options):
    for name in variables:
        if name.startswith("PLUME_") and option_of(name) not in options:
            yield f"{place}: {name} is no option"


# -- compose


def of_compose(options):
    text = (sources.ROOT / "compose.yaml").read_text()
    compose = yaml.safe_load(text)
    for role in ROLES:
        service = compose["services"][role]
        yield from unknown(f"compose.yaml, {role}", service["environment"], options[role])
    for name, service in compose["services"].items():
        for key in ("read_only", "init"):
            if service.get(key) is not True:
                yield f"compose.yaml, {name}: not {key}"
        if service.get("cap_drop") != ["ALL"] or service.get("cap_add"):
            yield f"compose.yaml, {name}: has capabilities"
        for volume in service.get("volumes", []):
            if volume.split(":")[0] not in compose["volumes"]:
                yield f"compose.yaml, {name}: no volume {volume}"
    example = (sources.ROOT / ".env.example").read_text()
    for name in re.findall(r"^#?(PLUME_\w+)=", example, re.M):
        if f"${{{name}" not in text:
            yield f".env.example: {name} is in vain"


# -- settings


def of_settings(programs, options):
    for role in ROLES:
        path = CONF / f"{role}.conf"
        for name in re.findall(r"^#?([a-z-]+) = ", path.read_text(), re.M):
            if name not in options[role]:
                yield f"{path.name}: {name} is no option"
        done = subprocess.run(
            [pathlib.Path(programs) / f"plume-{role}", "--check-config", "--config", path],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode != 0:
            yield f"{path.name}: {done.stderr}"


# -- Kubernetes


def is_within(labels, selector):
    return all(labels.get(key) == value for key, value in selector.items())


def of_pod(name, spec, generated):
    volumes = {volume["name"]: volume for volume in spec["volumes"]}
    volumes.update({claim: {} for claim in spec.get("claims", [])})
    for volume in volumes.values():
        secret = volume.get("secret", {}).get("secretName")
        if secret and secret not in generated:
            yield f"kubernetes, {name}: nobody makes the secret {secret}"
    for container in spec["initContainers"] + spec["containers"]:
        where = f"kubernetes, {name}/{container['name']}"
        security = container["securityContext"]
        if security["capabilities"] != {"drop": ["ALL"]} or not security["readOnlyRootFilesystem"]:
            yield f"{where}: may do more than it has to"
        for mount in container["volumeMounts"]:
            if mount["name"] not in volumes:
                yield f"{where}: no volume {mount['name']}"
        for source in container.get("envFrom", []):
            if source["configMapRef"]["name"] not in generated:
                yield f"{where}: nobody makes {source}"
        ports = {port["name"] for port in container.get("ports", [])}
        for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
            if container["name"] != "certs" and container[probe]["httpGet"]["port"] not in ports:
                yield f"{where}: {probe} asks at a port that is not there"


def of_kubernetes(options):
    kustomization = yaml.safe_load((KUBERNETES / "kustomization.yaml").read_text())
    generators = kustomization["configMapGenerator"] + kustomization["secretGenerator"]
    generated = {one["name"] for one in generators}
    listed = set(kustomization["resources"]) | {"kustomization.yaml"}
    for path in KUBERNETES.glob("*.yaml"):
        if path.name not in listed:
            yield f"kubernetes: {path.name} is not applied"
    things = [
        thing
        for name in kustomization["resources"]
        for thing in yaml.safe_load_all((KUBERNETES / name).read_text())
    ]
    pods = {}  # name: (labels, container ports)
    for thing in things:
        if thing["kind"] not in ("StatefulSet", "Deployment"):
            continue
        name, template = thing["metadata"]["name"], thing["spec"]["template"]
        labels, spec = template["metadata"]["labels"], dict(template["spec"])
        if not is_within(labels, thing["spec"]["selector"]["matchLabels"]):
            yield f"kubernetes, {name}: selects other pods than its own"
        claims = thing["spec"].get("volumeClaimTemplates", [])
        spec["claims"] = [claim["metadata"]["name"] for claim in claims]
        yield from of_pod(name, spec, generated)
        (main,) = spec["containers"]
        variables = [one["name"] for one in main["env"]]
        for one in kustomization["configMapGenerator"]:
            if {"configMapRef": {"name": one["name"]}} in main.get("envFrom", []):
                variables += [literal.split("=")[0] for literal in one["literals"]]
        yield from unknown(f"kubernetes, {name}", variables, options[name])
        pods[name] = labels, {port["containerPort"]: port["name"] for port in main["ports"]}
    yield from of_services(things, pods)
    yield from of_policies(things, pods)


def of_services(things, pods):
    for thing in things:
        if thing["kind"] != "Service":
            continue
        name, spec = thing["metadata"]["name"], thing["spec"]
        found = [ports for labels, ports in pods.values() if is_within(labels, spec["selector"])]
        for port in spec["ports"]:
            target = port.get("targetPort", port["port"])
            if not any(target in ports or target in ports.values() for ports in found):
                yield f"kubernetes, service {name}: nobody has port {target}"


def of_policies(things, pods):
    for thing in things:
        if thing["kind"] != "NetworkPolicy":
            continue
        name, spec = thing["metadata"]["name"], thing["spec"]
        selector = spec["podSelector"].get("matchLabels", {})
        own = [ports for labels, ports in pods.values() if is_within(labels, selector)]
        if not own:
            yield f"kubernetes, policy {name}: for nobody"
        for rule in spec.get("ingress", []):
            for port in rule["ports"]:
                if not any(port["port"] in ports for ports in own):
                    yield f"kubernetes, policy {name}: nobody has port {port['port']}"
        for rule in spec.get("egress", []):
            for peer in rule["to"]:
                wanted = peer.get("podSelector", {}).get("matchLabels")
                if wanted is None or "namespaceSelector" in peer:
                    continue
                there = [ports for labels, ports in pods.values() if is_within(labels, wanted)]
                for port in rule["ports"]:
                    if not any(port["port"] in ports for ports in there):
                        yield f"kubernetes, policy {name}: nobody has port {port['port']}"


def main(programs):
    options = {role: options_of(programs, role) for role in ROLES}
    complaints = [*of_compose(options), *of_settings(programs, options), *of_kubernetes(options)]
    return sources.finish(complaints)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
