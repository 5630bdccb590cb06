"""The provisioner behind the StorageClass ``sandbox``: a volume for each claim that a scheduled pod waits for.

As an external provisioner does it: the scheduler picks a node, the volume is made for that node, the controller
manager binds it. Nothing is stored, as nothing runs. Expansion and snapshots are not offered.
"""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

import httpx

from sandbox.kubernetes.agent.api import Api, Object, RefusedError
from sandbox.kubernetes.agent.events import Recorder
from sandbox.kubernetes.agent.mirror import Mirror
from sandbox.kubernetes.furnish import PROVISIONER

_VOLUMES = "/api/v1/persistentvolumes"
_PROVISIONER = "volume.kubernetes.io/storage-provisioner"
_NODE = "volume.kubernetes.io/selected-node"
_PROVISIONED_BY = "pv.kubernetes.io/provisioned-by"

_log = logging.getLogger(__name__)


class Provisioner:
    """Makes a volume for each claim on us, and deletes it after its claim."""

    def __init__(self, api: Api, events: Recorder) -> None:
        self._api, self._events = api, events
        self._claims = Mirror(api, "/api/v1/persistentvolumeclaims", self._claim_seen)
        self._volumes = Mirror(api, _VOLUMES, self._volume_seen)
        self._work: asyncio.Queue[Coroutine[Any, Any, None]] = asyncio.Queue()

    async def run(self) -> None:
        """Serve claims until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._claims.run())
            group.create_task(self._volumes.run())
            while True:
                await (await self._work.get())

    def _claim_seen(self, claim: Object, exists: bool, /) -> None:
        annotations = claim["metadata"].get("annotations", {})
        is_ours = annotations.get(_PROVISIONER) == PROVISIONER and _NODE in annotations
        if exists and is_ours and not claim["spec"].get("volumeName"):
            self._work.put_nowait(self._provision(claim))

    def _volume_seen(self, volume: Object, exists: bool, /) -> None:
        is_ours = volume["metadata"].get("annotations", {}).get(_PROVISIONED_BY) == PROVISIONER
        is_due = volume["spec"]["persistentVolumeReclaimPolicy"] == "Delete" and volume["status"]["phase"] == "Released"
        if exists and is_ours and is_due:
            self._work.put_nowait(self._api.delete(f"{_VOLUMES}/{volume['metadata']['name']}", {}))

    async def _provision(self, claim: Object) -> None:
        volume = volume_for(claim)
        try:
            await self._api.create(_VOLUMES, volume)
        except RefusedError as refused:
            if refused.status == httpx.codes.CONFLICT:
                return
            _log.warning("volume for %s: %s", claim["metadata"]["name"], refused)
            self._events.record(claim, "PersistentVolumeClaim", "ProvisioningFailed", str(refused), warning=True)
        else:
            text = f"Successfully provisioned volume {volume['metadata']['name']}"
            self._events.record(claim, "PersistentVolumeClaim", "ProvisioningSucceeded", text)


def volume_for(claim: Object) -> Object:
    """The volume that a claim asks for, on the node that the scheduler chose."""
    metadata, spec = claim["metadata"], claim["spec"]
    name = f"pvc-{metadata['uid']}"
    reference = {key: metadata[key] for key in ("namespace", "name", "uid", "resourceVersion")}
    node = {"key": "kubernetes.io/hostname", "operator": "In", "values": [metadata["annotations"][_NODE]]}
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": name, "annotations": {_PROVISIONED_BY: PROVISIONER}},
        "spec": {
            "capacity": {"storage": spec["resources"]["requests"]["storage"]},
            "accessModes": spec["accessModes"],
            "volumeMode": spec.get("volumeMode", "Filesystem"),
            "persistentVolumeReclaimPolicy": "Delete",
            "storageClassName": spec["storageClassName"],
            "claimRef": {"apiVersion": "v1", "kind": "PersistentVolumeClaim", **reference},
            "local": {"path": f"/var/lib/openim-cicd-sandbox/{name}"},
            "nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions": [node]}]}},
        },
    }
