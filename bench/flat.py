"""What a program registers, registered one by one: no components, no models, no settings.

Written as one would by hand: with the classes of the SDKs, and with one resource's output as another's
input where the recorded program did so. Run by the engine as a program of its own, with
``registrations.json`` beside it.
"""

import json
import re
from importlib import import_module
from pathlib import Path
from typing import Any

import pulumi

RECORDED = Path(__file__).parent / "registrations.json"
SECRET = "4dabf18193072939515e22adb298388d"  # noqa: S105 how Pulumi's wire format marks special values
PROVIDER = "pulumi:providers:"
OWN_GROUPS = ".openim.io"
"""API groups of this project."""

Made = dict[str, tuple[pulumi.CustomResource, dict[str, Any]]]
"""By recorded URN: the resource, and the outputs that the engine answered with."""


def declare() -> None:
    """Register and look up in the recorded order, which is that of the dependencies."""
    made: Made = {}
    for number, one in enumerate(json.loads(RECORDED.read_text())):
        if "tok" in one:
            options = pulumi.InvokeOptions(provider=_provider(one, made))
            pulumi.runtime.invoke(one["tok"], one["args"], options)
        else:
            made[one["urn"]] = _register(one, f"{one['name']}-{number}", made), one["answer"]


def _register(one: dict[str, Any], name: str, made: Made) -> pulumi.CustomResource:
    is_provider = one["type"].startswith(PROVIDER)
    options = pulumi.ResourceOptions(
        provider=None if is_provider else _provider(one, made),
        protect=one.get("protect"),
        import_=one.get("importId"),
        ignore_changes=one.get("ignoreChanges"),
        additional_secret_outputs=one.get("additionalSecretOutputs"),
    )
    needs = {key: value.get("urns", []) for key, value in one.get("propertyDependencies", {}).items()}
    inputs = {
        _snake(key): _input(_parsed(value) if is_provider else value, needs.get(key, []), made)
        for key, value in one["object"].items()
        if key not in ("apiVersion", "kind")
    }
    if _is_custom(one["type"]):
        inputs |= {"api_version": one["object"]["apiVersion"], "kind": one["object"]["kind"]}
        return _custom_resource()(name, opts=options, **inputs)
    return _class(one["type"])(name, opts=options, **inputs)


def _custom_resource() -> type[pulumi.CustomResource]:
    found: type[pulumi.CustomResource] = import_module("pulumi_kubernetes.apiextensions").CustomResource
    return found


def _is_custom(token: str) -> bool:
    """Whether it is an object of a kind that no SDK has a class for."""
    package, _, rest = token.partition(":")
    return package == "kubernetes" and rest.partition("/")[0].endswith(OWN_GROUPS)


def _provider(one: dict[str, Any], made: Made) -> Any:
    return made[one["provider"].rpartition("::")[0]][0] if one.get("provider") else None


def _input(value: Any, needs: list[str], made: Made) -> Any:
    """``value``; where it was made of other resources' outputs, such an output."""
    if not needs:
        return _revived(value)
    resource, answer = made[needs[0]]
    if len(needs) == 1 and isinstance(value, str):
        for key, output in answer.items():
            if output == value and hasattr(resource, _snake(key)):
                return getattr(resource, _snake(key))
    return pulumi.Output.all(*(made[urn][0].urn for urn in needs)).apply(lambda _: _revived(value))


def _revived(value: Any) -> Any:
    """A recorded value as a program gives it: secrets are secrets again."""
    if isinstance(value, dict) and SECRET in value:
        return pulumi.Output.secret(_revived(value["value"]))
    if isinstance(value, dict):
        return {key: _revived(one) for key, one in value.items()}
    return [_revived(one) for one in value] if isinstance(value, list) else value


def _class(token: str) -> type[pulumi.CustomResource]:
    """The SDK's class of a type: ``kubernetes:apps/v1:Deployment`` is ``pulumi_kubernetes.apps.v1.Deployment``."""
    if token.startswith(PROVIDER):
        token = f"{token.removeprefix(PROVIDER)}::Provider"
    package, module, name = token.split(":")
    group, _, version = module.partition("/")
    inside = f".{group.split('.')[0]}.{version}" if package == "kubernetes" and version else ""
    found: type[pulumi.CustomResource] = getattr(import_module(f"pulumi_{package}{inside}"), name)
    return found


def _parsed(value: Any) -> Any:
    """A provider's input, which travels as JSON in a string."""
    if isinstance(value, dict) and SECRET in value:
        return pulumi.Output.secret(_parsed(value["value"]))
    try:
        return json.loads(value)
    except ValueError:
        return value


def _snake(key: str) -> str:
    return re.sub(r"(?<!^)([A-Z])", r"_\1", key).lower()


declare()
