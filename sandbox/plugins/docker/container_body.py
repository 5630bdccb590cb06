"""What a container's inputs are called in the Docker Engine API (POST /containers/create)."""

import re
from typing import Any

from sandbox.plugins.common.server import PluginError
from sandbox.plugins.common.values import Values
from sandbox.plugins.docker import labels

_UNITS = {"ns": 1, "us": 10**3, "ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9}
_SIMPLE = {
    "image": "Image",
    "command": "Cmd",
    "entrypoints": "Entrypoint",
    "envs": "Env",
    "hostname": "Hostname",
    "stopTimeout": "StopTimeout",
    "user": "User",
    "workingDir": "WorkingDir",
}


def body(inputs: Values) -> Values:
    """The whole request."""
    first = dict(list(endpoints(inputs).items())[:1])
    described: Values = {theirs: inputs[ours] for ours, theirs in _SIMPLE.items() if ours in inputs}
    if "healthcheck" in inputs:
        described["Healthcheck"] = _healthcheck(inputs["healthcheck"])
    return {
        **described,
        "Labels": labels.to_engine(inputs.get("labels")),
        "ExposedPorts": {_key(port): {} for port in inputs.get("ports", ())},
        "HostConfig": _host(inputs, first),
        "NetworkingConfig": {"EndpointsConfig": first},
    }


def endpoints(inputs: Values) -> dict[str, Values]:
    """The networks to be connected to, by name, in the program's order."""
    return {network["name"]: _endpoint(network) for network in inputs.get("networksAdvanced", ())}


def restart_policy(inputs: Values) -> Values:
    """When the engine starts it again."""
    return {"Name": inputs["restart"], "MaximumRetryCount": inputs.get("maxRetryCount", 0)}


def _endpoint(network: Values) -> Values:
    addresses = {"IPv4Address": network.get("ipv4Address"), "IPv6Address": network.get("ipv6Address")}
    given = {name: address for name, address in addresses.items() if address}
    return {"Aliases": network.get("aliases", []), **({"IPAMConfig": given} if given else {})}


def _host(inputs: Values, networks: dict[str, Values]) -> Values:
    capabilities = inputs.get("capabilities", {})
    host: Values = {
        "Binds": [_bind(volume) for volume in inputs.get("volumes", ())],
        "CapAdd": capabilities.get("adds", []),
        "CapDrop": capabilities.get("drops", []),
        "PortBindings": _bindings(inputs.get("ports", [])),
        "ReadonlyRootfs": inputs["readOnly"],
        "RestartPolicy": restart_policy(inputs),
        "SecurityOpt": inputs.get("securityOpts", []),
        "Tmpfs": inputs.get("tmpfs", {}),
    }
    if "memory" in inputs:
        host["Memory"] = inputs["memory"] << 20  # from MiB
    if "init" in inputs:
        host["Init"] = inputs["init"]
    if networks:
        host["NetworkMode"] = next(iter(networks))
    return host


def _bindings(ports: list[Values]) -> dict[str, list[Values]]:
    bindings: dict[str, list[Values]] = {}
    for port in ports:
        external = str(port["external"]) if "external" in port else ""
        bindings.setdefault(_key(port), []).append({"HostIp": port.get("ip", "0.0.0.0"), "HostPort": external})  # noqa: S104
    return bindings


def _key(port: Values) -> str:
    return f"{port['internal']}/{port.get('protocol', 'tcp')}"


def _bind(volume: Values) -> str:
    source = volume.get("volumeName") or volume.get("hostPath")
    return f"{source}:{volume['containerPath']}:{'ro' if volume.get('readOnly') else 'rw'}"


def _healthcheck(check: Values) -> Values:
    durations = {"interval": "Interval", "timeout": "Timeout", "startPeriod": "StartPeriod"}
    given: dict[str, Any] = {theirs: _nanoseconds(check[ours]) for ours, theirs in durations.items() if ours in check}
    return {"Test": check["tests"], "Retries": check.get("retries", 0), **given}


def _nanoseconds(text: str) -> int:
    """A duration as Go writes it, e.g. ``1m30s``."""
    parts = re.findall(r"(\d+)(ns|us|ms|s|m|h)", text)
    if "".join(number + unit for number, unit in parts) != text:
        raise PluginError(f"{text!r} is not a duration; write it like 30s or 1m30s")
    return sum(int(number) * _UNITS[unit] for number, unit in parts)
