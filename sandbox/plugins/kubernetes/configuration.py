"""The provider's settings: what is known, what is supported, and which change means another cluster."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass

from sandbox.plugins.kubernetes.kubeconfig import Connection, load

PREFIX = "kubernetes:config:"
ENVIRONMENT = {
    "deleteUnreachable": "PULUMI_K8S_DELETE_UNREACHABLE",
    "skipUpdateUnreachable": "PULUMI_K8S_SKIP_UPDATE_UNREACHABLE",
    "enableServerSideApply": "PULUMI_K8S_ENABLE_SERVER_SIDE_APPLY",
    "enableConfigMapMutable": "PULUMI_K8S_ENABLE_CONFIGMAP_MUTABLE",
    "enableSecretMutable": "PULUMI_K8S_ENABLE_SECRET_MUTABLE",
    "enablePatchForce": "PULUMI_K8S_ENABLE_PATCH_FORCE",
    "upsertExistingObjects": "PULUMI_K8S_UPSERT_EXISTING_OBJECTS",
}
"""Switches, each with the variable that sets it when the program does not."""

TEXTS = ("kubeconfig", "context", "cluster", "namespace", "clusterIdentifier")
ACCEPTED = ("suppressDeprecationWarnings", "suppressHelmHookWarnings", "kubeClientSettings", "version")
"""Settings without effect here: nothing they are about happens."""

CLUSTER = ("kubeconfig", "context", "cluster")
"""Settings that choose the cluster."""


@dataclass(frozen=True)
class Settings:
    """One provider's settings."""

    kubeconfig: str = ""
    context: str = ""
    cluster: str = ""
    namespace: str = ""
    delete_unreachable: bool = False
    skip_update_unreachable: bool = False
    patch_force: bool = False
    upsert: bool = False
    mutable: frozenset[str] = frozenset()
    """Kinds (``v1/Secret``, ``v1/ConfigMap``) whose payload may change in place."""

    def connection(self) -> Connection:
        """The connection these settings describe (see ``kubeconfig.load``)."""
        return load(self.kubeconfig, context=self.context, cluster=self.cluster, namespace=self.namespace)


def parse(variables: Mapping[str, str]) -> Settings:
    """Settings from the engine's variables, completed from the environment."""
    given = {name.removeprefix(PREFIX): value for name, value in variables.items()}
    mutable = {"v1/ConfigMap": "enableConfigMapMutable", "v1/Secret": "enableSecretMutable"}
    return Settings(
        kubeconfig=given.get("kubeconfig", ""),
        context=given.get("context", ""),
        cluster=given.get("cluster", ""),
        namespace=given.get("namespace", ""),
        delete_unreachable=_switch(given, "deleteUnreachable"),
        skip_update_unreachable=_switch(given, "skipUpdateUnreachable"),
        patch_force=_switch(given, "enablePatchForce"),
        upsert=_switch(given, "upsertExistingObjects"),
        mutable=frozenset(kind for kind, switch in mutable.items() if _switch(given, switch)),
    )


def unsupported(inputs: Mapping[str, object]) -> dict[str, str]:
    """The settings that cannot be honoured, each with the reason."""
    known = {*TEXTS, *ENVIRONMENT, *ACCEPTED}
    problems = {name: "is not supported by the sandbox's plugin" for name in inputs if name not in known}
    if not _switch({name: str(value) for name, value in inputs.items()}, "enableServerSideApply", default=True):
        problems["enableServerSideApply"] = "the sandbox's plugin knows server-side apply only"
    return problems


def replacing(old: Mapping[str, object], new: Mapping[str, object]) -> list[str]:
    """The changed settings that mean another cluster, so that everything in it is to be made anew."""
    changed = [name for name in {**old, **new} if old.get(name) != new.get(name)]
    identifier = old.get("clusterIdentifier"), new.get("clusterIdentifier")
    if all(identifier):
        return ["clusterIdentifier"] if identifier[0] != identifier[1] else []
    if _server(old) == _server(new):
        return []
    return [name for name in changed if name in CLUSTER]


def _server(settings: Mapping[str, object]) -> str:
    """The address of the cluster that the settings choose, ``""`` if they cannot be read."""
    kubeconfig, context, cluster = (_text(settings.get(name)) for name in CLUSTER)
    try:
        return load(kubeconfig, context=context, cluster=cluster).server if kubeconfig else ""
    except ValueError:
        return ""


def _text(value: object) -> str:
    return value if isinstance(value, str) else "" if value is None else json.dumps(value)


def _switch(given: Mapping[str, str], name: str, *, default: bool = False) -> bool:
    text = given.get(name) or os.environ.get(ENVIRONMENT[name], "")
    return text.lower() == "true" if text else default
