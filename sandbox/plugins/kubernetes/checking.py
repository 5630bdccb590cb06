"""Inputs as the program gave them to inputs that can be applied: names, namespaces, the server's form."""

from dataclasses import dataclass, field

from sandbox.plugins.common.server import PluginError
from sandbox.plugins.common.values import UNKNOWN
from sandbox.plugins.kubernetes import naming
from sandbox.plugins.kubernetes.errors import UnsupportedError
from sandbox.plugins.kubernetes.normalize import normalized
from sandbox.plugins.kubernetes.objects import Kind, annotation, kind_of, namespace_of, pluck, put_metadata
from sandbox.plugins.kubernetes.values import JsonObject

PACKAGED = ("helm.sh", "kustomize", "yaml")
"""Groups of tokens that are no kinds of the API."""


def refuse_unsupported(kind: Kind) -> None:
    """Raise for tokens of the SDK that this plugin does not serve.

    Raises:
        UnsupportedError: A chart, a patch of somebody else's object, or rendered YAML.
        PluginError: A list, which the official plugin refuses too.
    """
    if kind.group.startswith(PACKAGED):
        raise UnsupportedError(f"{kind} is not supported by the sandbox's plugin: declare the objects themselves")
    if kind.name.endswith("Patch"):
        raise UnsupportedError(f"patch resources ({kind}) are not supported by the sandbox's plugin")
    if kind.name.endswith("List"):
        raise PluginError(
            "list resources exist for compatibility with YAML manifests and Helm charts, "
            "and cannot be created directly. Use the underlying resource type instead"
        )


def unsupported_annotations(inputs: JsonObject) -> list[str]:
    """The steering annotations in use that this plugin does not know."""
    return [key for key in (naming.WAIT_FOR, naming.REPLACE_UNREADY) if annotation(inputs, key)]


@dataclass
class Definitions:
    """The scopes of custom resources whose definitions are declared, and perhaps not created yet."""

    _namespaced: dict[Kind, bool] = field(default_factory=dict)

    def note(self, obj: JsonObject) -> None:
        """Remember the kinds that a CustomResourceDefinition is about to bring."""
        if kind_of(obj).name != "CustomResourceDefinition":
            return
        group, name = str(pluck(obj, "spec", "group")), str(pluck(obj, "spec", "names", "kind"))
        for version in pluck(obj, "spec", "versions") or []:
            self._namespaced[Kind(group, str(pluck(version, "name")), name)] = (
                pluck(obj, "spec", "scope") == "Namespaced"
            )

    def namespaced(self, kind: Kind) -> bool:
        """Whether a kind that the cluster does not know lives in namespaces; True where nothing is known."""
        return self._namespaced.get(kind, True)


def checked(inputs: JsonObject, old: JsonObject, logical_name: str, seed: bytes) -> JsonObject:
    """The inputs with a name, in the server's form."""
    result = normalized(inputs)
    if old:
        naming.adopt_name(result, old)
    else:
        naming.assign_name(result, logical_name, seed)
    if naming.generate_name(result):
        raise PluginError("the `.metadata.generateName` field is not supported in Server-Side Apply mode")
    return result


def put_default_namespace(inputs: JsonObject, namespace: str) -> None:
    """Fill in the provider's namespace where the program names none."""
    if inputs.get("metadata") != UNKNOWN and not namespace_of(inputs):
        put_metadata(inputs, "namespace", namespace)
