"""What the plugin tells the user through the engine: lasting messages, and the line beside a resource."""

import grpc  # type: ignore[import-untyped]
import grpc.aio  # type: ignore[import-untyped]
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc

INFO, WARNING = engine_pb2.INFO, engine_pb2.WARNING


class Engine:
    """The engine's log. A message that cannot be delivered is lost: an operation never fails for it."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._stub: engine_pb2_grpc.EngineStub | None = None

    async def warn(self, urn: str, message: str) -> None:
        """A warning that stays in the output."""
        await self._log(WARNING, urn, message, ephemeral=False)

    async def status(self, urn: str, message: str) -> None:
        """Progress, shown beside the resource until the next message."""
        await self._log(INFO, urn, message, ephemeral=True)

    async def status_warning(self, urn: str, message: str) -> None:
        """Trouble on the way, shown beside the resource until the next message."""
        await self._log(WARNING, urn, message, ephemeral=True)

    async def _log(self, severity: "engine_pb2.LogSeverity.ValueType", urn: str, text: str, *, ephemeral: bool) -> None:
        if self._stub is None:
            self._stub = engine_pb2_grpc.EngineStub(grpc.aio.insecure_channel(self._address))
        request = engine_pb2.LogRequest(severity=severity, message=text, urn=urn, ephemeral=ephemeral)
        try:
            await self._stub.Log(request)
        except grpc.aio.AioRpcError:
            return  # the engine is leaving
