"""What a pod refers to: Secrets and ConfigMaps in its environment and volumes, and the user it may run as.

A reference that does not resolve is told in the kubelet's own words. Sources: pkg/kubelet/kubelet_pods.go,
pkg/kubelet/kuberuntime/security_context.go and pkg/volume of Kubernetes.
"""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any

from sandbox.kubernetes.agent.api import Api, Object
from sandbox.kubernetes.agent.registry import Image

_KINDS = {
    "configMap": ("configmaps", "configmap", "ConfigMap", "configmap references non-existent config key"),
    "secret": ("secrets", "secret", "Secret", "references non-existent secret key"),
}


@dataclass(frozen=True)
class Resolver:
    """Looks up what one pod refers to; nothing is kept, so a repaired reference is seen at the next look."""

    api: Api
    pod: Object

    async def unresolved_environment(self, container: Object) -> str | None:
        """The first reference of ``envFrom`` and ``env`` that does not resolve, or None."""
        for kind, reference, key in _environment_references(container):
            if reference.get("optional"):
                continue
            found = await self._find(kind, reference["name"])
            if found is None:
                return f'{_KINDS[kind][1]} "{reference["name"]}" not found'
            if key is not None and key not in _keys(found):
                return f"couldn't find key {key} in {_KINDS[kind][2]} {self._namespace}/{reference['name']}"
        return None

    async def unmounted_volume(self) -> str | None:
        """The first volume that cannot be set up, as the message of a FailedMount event, or None."""
        for volume in self.pod["spec"].get("volumes", []):
            if claim := volume.get("persistentVolumeClaim"):
                path = f"/api/v1/namespaces/{self._namespace}/persistentvolumeclaims/{claim['claimName']}"
                if await self.api.find(path) is None:
                    return f'persistentvolumeclaim "{claim["claimName"]}" not found'
            async for problem in self._sources(volume):
                return f'MountVolume.SetUp failed for volume "{volume["name"]}" : {problem}'
        return None

    async def missing_sub_path(self, container: Object) -> str | None:
        """The first ``subPath`` of a ConfigMap's or Secret's volume that names no file in it, or None.

        Stricter than a kubelet, which mounts an empty folder there and leaves the program to stumble over it.
        """
        volumes = {each["name"]: each for each in self.pod["spec"].get("volumes", [])}
        for mount in container.get("volumeMounts", []):
            path = mount.get("subPath", "").split("/")[0]
            files = await self._files(volumes[mount["name"]]) if path else None
            if files is not None and path not in files:
                return f'failed to prepare subPath for volumeMount "{mount["name"]}" of container "{container["name"]}"'
        return None

    async def pull_secrets(self) -> tuple[list[Object], list[str]]:
        """The pod's pull secrets that exist, and the names of those that do not."""
        names = [each["name"] for each in self.pod["spec"].get("imagePullSecrets", [])]
        found = [(name, await self._find("secret", name)) for name in names]
        return [secret for _, secret in found if secret], [name for name, secret in found if secret is None]

    async def _sources(self, volume: Object) -> AsyncIterator[str]:
        """The problems of a volume made of Secrets and ConfigMaps."""
        for kind, source in _volume_sources(volume):
            if source.get("optional"):
                continue
            name = _name_in(source)
            found = await self._find(kind, name)
            if found is None:
                yield f'{_KINDS[kind][1]} "{name}" not found'
                continue
            for item in source.get("items", []):
                if item["key"] not in _keys(found):
                    yield f"{_KINDS[kind][3]}: {item['key']}"

    async def _files(self, volume: Object) -> set[str] | None:
        """What lies at the top of a volume; None where only a running program would know."""
        for kind in _KINDS.keys() & volume.keys():
            if items := volume[kind].get("items"):
                return {item["path"].split("/")[0] for item in items}
            found = await self._find(kind, _name_in(volume[kind]))
            return _keys(found) if found else set()
        return None

    async def _find(self, kind: str, name: str) -> Object | None:
        return await self.api.find(f"/api/v1/namespaces/{self._namespace}/{_KINDS[kind][0]}/{name}")

    @property
    def _namespace(self) -> str:
        return str(self.pod["metadata"]["namespace"])


def forbidden_root(pod: Object, container: Object, image: Image) -> str | None:
    """Why ``runAsNonRoot`` forbids this container, or None."""
    context = {**pod["spec"].get("securityContext", {}), **container.get("securityContext", {})}
    if not context.get("runAsNonRoot"):
        return None
    metadata = pod["metadata"]
    where = f'(pod: "{metadata["name"]}_{metadata["namespace"]}({metadata["uid"]})", container: {container["name"]})'
    user = context.get("runAsUser")
    if user is not None:
        return f"container's runAsUser breaks non-root policy {where}" if user == 0 else None
    name = image.user.partition(":")[0]
    if name in {"", "0", "root"}:
        return f"container has runAsNonRoot and image will run as root {where}"
    if not name.isdecimal():
        unverified = f"image has non-numeric user ({name}), cannot verify user is non-root"
        return f"container has runAsNonRoot and {unverified} {where}"
    return None


def _environment_references(container: Object) -> Iterator[tuple[str, dict[str, Any], str | None]]:
    """Kind, reference and key; ``envFrom`` first, as the kubelet goes."""
    for source in container.get("envFrom", []):
        for kind in _KINDS:
            if reference := source.get(f"{kind}Ref"):
                yield kind, reference, None
    for variable in container.get("env", []):
        for kind in _KINDS:
            if reference := variable.get("valueFrom", {}).get(f"{kind}KeyRef"):
                yield kind, reference, reference["key"]


def _volume_sources(volume: Object) -> Iterator[tuple[str, dict[str, Any]]]:
    for part in (volume, *volume.get("projected", {}).get("sources", [])):
        for kind in _KINDS:
            if source := part.get(kind):
                yield kind, source


def _name_in(source: Object) -> str:
    return str(source.get("secretName") or source.get("name", ""))


def _keys(found: Object) -> set[str]:
    return {*(found.get("data") or {}), *(found.get("binaryData") or {})}
