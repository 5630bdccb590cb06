"""One configured cluster: how it is reached, what it knows, and whether it can be reached at all."""

import asyncio

from sandbox.plugins.kubernetes.api import Api, ApiError, NoMatchError
from sandbox.plugins.kubernetes.checking import Definitions
from sandbox.plugins.kubernetes.configuration import Settings
from sandbox.plugins.kubernetes.engine import Engine
from sandbox.plugins.kubernetes.errors import UnreachableError
from sandbox.plugins.kubernetes.informer import Informers
from sandbox.plugins.kubernetes.kubeconfig import Connection, KubeconfigError
from sandbox.plugins.kubernetes.lifecycle import Lifecycle
from sandbox.plugins.kubernetes.objects import Kind
from sandbox.plugins.kubernetes.waiting import Waiter


class Session:
    """A provider's connection. A cluster out of reach is an error only where it is needed."""

    def __init__(self, settings: Settings, engine: Engine, cancelled: asyncio.Event) -> None:
        self.settings = settings
        self.engine = engine
        self.definitions = Definitions()
        self.namespace = settings.namespace or "default"
        self.unreachable = ""
        """Why the cluster is out of reach, ``""`` if it is not."""
        self._cancelled = cancelled
        self._api: Api | None = None
        self._lifecycle: Lifecycle | None = None

    async def connect(self) -> None:
        """Read the kubeconfig and ask the cluster what it knows."""
        try:
            connection = self.settings.connection()
        except KubeconfigError as error:
            self.unreachable = f"failed to parse kubeconfig data in `kubernetes:config:kubeconfig`- {error}"
            return
        self.namespace = connection.namespace
        try:
            await self._open(connection)
        except (UnreachableError, ApiError) as error:
            self.unreachable = f"unable to load schema information from the API server: {error}"

    @property
    def lifecycle(self) -> Lifecycle:
        """The operations on the cluster's objects.

        Raises:
            UnreachableError: The cluster cannot be reached.
        """
        if self.unreachable or self._lifecycle is None:
            raise UnreachableError(f"configured Kubernetes cluster is unreachable: {self.unreachable}")
        return self._lifecycle

    async def knows(self, kind: Kind) -> bool:
        """True if the cluster can be reached and has this kind."""
        if self.unreachable or self._api is None:
            return False
        try:
            await self._api.resource(kind)
        except NoMatchError:
            return False
        return True

    async def is_namespaced(self, kind: Kind) -> bool:
        """Whether objects of a kind live in namespaces; declared definitions count where the cluster is silent."""
        if self.unreachable or self._api is None:
            return self.definitions.namespaced(kind)
        try:
            return (await self._api.resource(kind)).namespaced
        except NoMatchError:
            return self.definitions.namespaced(kind)

    async def _open(self, connection: Connection) -> None:
        self._api = Api(connection)
        await self._api.discover()
        waiter = Waiter(self._api, Informers(self._api), self.engine, self._cancelled)
        self._lifecycle = Lifecycle(self._api, waiter, self.settings.upsert, self.settings.patch_force)
