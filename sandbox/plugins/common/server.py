"""The process that the engine starts: serves one provider over gRPC until the engine is gone.

Stands on the SDK's experimental servicer and puts right what that does not do: it answers DiffConfig, turns errors
into the one sentence that a user should read, and tells the engine about resources that exist but are not ready.
"""

import asyncio
import os
import signal
import sys
import traceback
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import grpc  # type: ignore[import-untyped]
import grpc.aio  # type: ignore[import-untyped]
from pulumi.provider.experimental.property_value import PropertyValue
from pulumi.provider.experimental.provider import DiffRequest, DiffResponse, Provider
from pulumi.provider.experimental.server import ProviderServicer
from pulumi.runtime import proto
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc, status_pb2

MESSAGE_LIMIT = 400 * 1024 * 1024
"""Bytes of one message; what the engine itself allows."""


class PluginError(Exception):
    """Something the user can put right; its text is shown as it is."""


@dataclass
class InitFailedError(Exception):
    """The resource was created or updated, but has not become what it should; the engine keeps it in the state."""

    resource_id: str
    properties: dict[str, PropertyValue]
    inputs: dict[str, PropertyValue]
    reasons: Sequence[str] = field(default_factory=tuple)

    def __str__(self) -> str:
        return f"resource {self.resource_id} was not successfully created: " + "; ".join(self.reasons)


def serve(provider: Provider, version: str) -> None:
    """Serve ``provider`` on a loopback port, printed first thing as the engine expects; returns when it has ended."""
    asyncio.run(_serve(provider, version, sys.argv[1] if len(sys.argv) > 1 else ""))


async def _serve(provider: Provider, version: str, engine: str) -> None:
    limits = [("grpc.max_receive_message_length", MESSAGE_LIMIT), ("grpc.max_send_message_length", MESSAGE_LIMIT)]
    server = grpc.aio.server(interceptors=[_ClearErrors()], options=limits)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(_Servicer([], version, provider, engine), server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    # The engine keeps its plugins out of the terminal's process group: an interrupt is its way to end them,
    # and it waits five seconds for those that do not heed it.
    interrupted = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGINT, interrupted.set)
    print(port, flush=True)  # noqa: T201
    await _until_ended(interrupted, os.getppid())
    await server.stop(grace=None)


async def _until_ended(interrupted: asyncio.Event, parent: int) -> None:
    """An engine that is killed cannot stop its plugins, so they watch it: once a second."""
    while not interrupted.is_set() and os.getppid() == parent:
        with suppress(TimeoutError):
            await asyncio.wait_for(interrupted.wait(), timeout=1)


class _Servicer(ProviderServicer):
    """The SDK's servicer with the diff of a provider's configuration and the reading of what is gone put right."""

    async def DiffConfig(self, request: Any, context: Any) -> Any:  # noqa: N802
        asked = DiffRequest(
            request.urn,
            request.id,
            PropertyValue.unmarshal_map(request.olds),
            PropertyValue.unmarshal_map(request.news),
            list(request.ignoreChanges),
        )
        return _diff_message(await self._provider.diff_config(asked))

    async def Read(self, request: Any, context: Any) -> Any:  # noqa: N802
        """The engine takes empty properties for a resource that exists: an import of nothing would succeed."""
        answer = await super().Read(request, context)  # type: ignore[no-untyped-call]
        return answer if answer.id else provider_pb2.ReadResponse()


def _diff_message(diff: DiffResponse) -> provider_pb2.DiffResponse:
    changes = provider_pb2.DiffResponse.DIFF_SOME if diff.changes else provider_pb2.DiffResponse.DIFF_NONE
    return provider_pb2.DiffResponse(changes=changes, replaces=diff.replaces, diffs=diff.diffs)


class _ClearErrors(grpc.aio.ServerInterceptor):  # type: ignore[misc]
    """Every call that raises ends in a status with the error's own words; only a bug of ours shows a traceback."""

    async def intercept_service(self, continuation: Callable[[Any], Awaitable[Any]], handler_call_details: Any) -> Any:
        handler = await continuation(handler_call_details)
        if handler is None or handler.unary_unary is None:
            return handler
        inner = handler.unary_unary

        async def call(request: Any, context: grpc.aio.ServicerContext) -> Any:
            try:
                return await inner(request, context)
            except Exception as error:
                return await _abort(context, error)

        return grpc.unary_unary_rpc_method_handler(call, handler.request_deserializer, handler.response_serializer)


async def _abort(context: grpc.aio.ServicerContext, error: Exception) -> Any:
    match error:
        case InitFailedError():
            details = (("grpc-status-details-bin", _init_failed(error)),)
            await context.abort(grpc.StatusCode.UNKNOWN, str(error), details)
        case PluginError():
            await context.abort(grpc.StatusCode.UNKNOWN, str(error))
        case NotImplementedError():
            await context.abort(grpc.StatusCode.UNIMPLEMENTED, str(error))
        case grpc.aio.AbortError():
            raise error
        case _:
            traceback.print_exception(error)
            await context.abort(grpc.StatusCode.INTERNAL, f"{type(error).__name__}: {error}")


def _init_failed(error: InitFailedError) -> bytes:
    status = status_pb2.Status(code=grpc.StatusCode.UNKNOWN.value[0], message=str(error))
    status.details.add().Pack(
        proto.ErrorResourceInitFailed(
            id=error.resource_id,
            properties=PropertyValue.marshal_map(error.properties),
            inputs=PropertyValue.marshal_map(error.inputs),
            reasons=list(error.reasons),
        )
    )
    serialized: bytes = status.SerializeToString()
    return serialized
