"""Every resource of a recorded state, registered one by one: no components, no models, no settings.

Images are looked up in their registry as the program does, since that is no cost of components.

Run by the engine as a program of its own, with ``resources.json`` beside it.
"""

import json
import re
from pathlib import Path
from typing import Any

import pulumi

RECORDED = Path(__file__).parent / "resources.json"


class Provider(pulumi.ProviderResource):
    """A provider by its package's name."""


def declare() -> None:
    """Register the recorded resources in their order, which is that of their dependencies."""
    providers: dict[str, Provider] = {}
    for number, one in enumerate(json.loads(RECORDED.read_text())):
        name, inputs = one["urn"].rpartition("::")[2], dict(one.get("inputs", {}))
        if one["type"].startswith("pulumi:providers:"):
            options = pulumi.ResourceOptions(version=inputs.pop("version", None))
            given = {key: revived(value) for key, value in inputs.items() if not key.startswith("__")}
            providers[one["urn"]] = Provider(one["type"].rpartition(":")[2], name, given, options)
            if one["type"].endswith(":docker"):
                look_up(providers[one["urn"]])
            continue
        options = pulumi.ResourceOptions(
            provider=providers.get(one.get("provider", "").rpartition("::")[0]), import_=one.get("importID")
        )
        clean = {key: revived(value) for key, value in inputs.items() if not key.startswith("__")}
        pulumi.CustomResource(one["type"], f"{name}-{number}", clean, options)


def look_up(provider: Provider) -> None:
    """Ask the registry for every image that a recorded workload runs."""
    images = sorted(set(re.findall(r'"image": "([^"@]+@sha256:[0-9a-f]{64})"', RECORDED.read_text())))
    for path, digest in (image.split("@") for image in images):
        name = {"name": f"{path}:digest@{digest}"}
        pulumi.runtime.invoke(
            "docker:index/getRegistryImage:getRegistryImage", name, pulumi.InvokeOptions(provider=provider)
        )


def revived(value: Any) -> Any:
    """A recorded value as a program gives it: secrets are secrets again."""
    if isinstance(value, dict) and "plaintext" in value:
        return pulumi.Output.secret(json.loads(value["plaintext"]))
    if isinstance(value, dict):
        return {key: revived(one) for key, one in value.items()}
    return [revived(one) for one in value] if isinstance(value, list) else value


declare()
