"""Every resource of a recorded state, registered one by one: no components, no models, no settings.

Run by the engine as a program of its own, with ``resources.json`` beside it.
"""

import json
from pathlib import Path

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
            providers[one["urn"]] = Provider(one["type"].rpartition(":")[2], name, inputs, options)
            continue
        options = pulumi.ResourceOptions(
            provider=providers.get(one.get("provider", "").rpartition("::")[0]), import_=one.get("importID")
        )
        clean = {key: value for key, value in inputs.items() if not key.startswith("__")}
        pulumi.CustomResource(one["type"], f"{name}-{number}", clean, options)


declare()
