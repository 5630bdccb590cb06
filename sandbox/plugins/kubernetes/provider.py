"""The plugin's answers to the engine: a stand-in for pulumi-kubernetes 4.34; docs/plugins.md says how they differ."""

import asyncio

from pulumi.provider.experimental import provider as rpc

from sandbox.plugins.common.values import has_unknown
from sandbox.plugins.kubernetes import configuration, operating, planning, reading
from sandbox.plugins.kubernetes.checking import refuse_unsupported
from sandbox.plugins.kubernetes.engine import Engine
from sandbox.plugins.kubernetes.errors import UnsupportedError
from sandbox.plugins.kubernetes.objects import kind_of_token
from sandbox.plugins.kubernetes.session import Session
from sandbox.plugins.kubernetes.values import plain_object


class KubernetesProvider(rpc.Provider):
    """One configured cluster."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._cancelled = asyncio.Event()
        self._session: Session | None = None

    async def get_schema(self, request: rpc.GetSchemaRequest) -> rpc.GetSchemaResponse:
        """No schema: the SDK is the official one."""
        return rpc.GetSchemaResponse("{}")

    async def check_config(self, request: rpc.CheckRequest) -> rpc.CheckResponse:
        """Refuse settings that cannot be honoured."""
        problems = configuration.unsupported(plain_object(request.new_inputs))
        failures = [rpc.CheckFailure(name, reason) for name, reason in problems.items()]
        return rpc.CheckResponse(request.new_inputs, failures)

    async def diff_config(self, request: rpc.DiffRequest) -> rpc.DiffResponse:
        """Another cluster replaces everything in it; any other change is an update of the provider."""
        old, new = plain_object(request.old_state), plain_object(request.new_inputs)
        changed = [name for name in {**old, **new} if old.get(name) != new.get(name)]
        unknown = [name for name in configuration.CLUSTER if has_unknown(new.get(name))]
        replaces = unknown or configuration.replacing(old, new)
        return rpc.DiffResponse(changes=bool(changed), diffs=changed, replaces=replaces)

    async def configure(self, request: rpc.ConfigureRequest) -> rpc.ConfigureResponse:
        """Connect; a cluster out of reach is reported when it is needed."""
        self._session = Session(configuration.parse(request.variables), self._engine, self._cancelled)
        await self._session.connect()
        return rpc.ConfigureResponse(accept_secrets=True, supports_preview=True)

    async def invoke(self, request: rpc.InvokeRequest) -> rpc.InvokeResponse:
        """No function is served: they render charts, kustomizations and YAML files."""
        raise UnsupportedError(
            f"{request.tok} is not supported by the sandbox's plugin: declare the objects themselves"
        )

    async def check(self, request: rpc.CheckRequest) -> rpc.CheckResponse:
        """See ``planning.check``."""
        refuse_unsupported(kind_of_token(request.type))
        return await planning.check(self._configured, request)

    async def diff(self, request: rpc.DiffRequest) -> rpc.DiffResponse:
        """See ``planning.diff``."""
        return await planning.diff(self._configured, request)

    async def create(self, request: rpc.CreateRequest) -> rpc.CreateResponse:
        """See ``operating.create``."""
        return await operating.create(self._configured, request)

    async def read(self, request: rpc.ReadRequest) -> rpc.ReadResponse:
        """See ``reading.read``."""
        refuse_unsupported(kind_of_token(request.type))
        return await reading.read(self._configured, request)

    async def update(self, request: rpc.UpdateRequest) -> rpc.UpdateResponse:
        """See ``operating.update``."""
        return await operating.update(self._configured, request)

    async def delete(self, request: rpc.DeleteRequest) -> None:
        """See ``operating.delete``."""
        await operating.delete(self._configured, request)

    async def cancel(self) -> None:
        """Stop waiting; what was begun is reported as it stands."""
        self._cancelled.set()

    @property
    def _configured(self) -> Session:
        if self._session is None:
            raise RuntimeError("the engine has not configured this provider yet")
        return self._session
