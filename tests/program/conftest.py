"""A recording engine: runs a program under Pulumi's mocks and keeps every registration as the engine would get it.

``record(program)`` gives the drained list, so a test can also assert what is absent. Stack
transforms never run under mocks; nothing here stands in for an engine's diff.
"""

import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pulumi
import pytest
from google.protobuf import json_format
from pulumi.runtime import mocks, rpc

Answers = Mapping[str, Mapping[str, Any]]
"""What an invoke returns, by its token; an invoke that is not named here fails the test."""


@dataclass
class Recorded:
    """One registration, secrets opened and their places kept."""

    type: str
    """Token, e.g. ``kubernetes:apps/v1:Deployment``."""
    name: str
    """Logical name."""
    urn: str
    parent: str
    """The parent's URN."""
    inputs: dict[str, Any]
    """Inputs as sent, with every secret replaced by its value."""
    custom: bool
    protect: bool
    import_id: str
    """The id to adopt; empty for a resource that is created."""
    provider: str
    """``urn::id`` of the explicit provider; empty for the default one."""
    depends_on: list[str]
    """URNs of everything this one waits for."""
    ignore_changes: list[str]
    aliases: list[Any]
    secrets: list[str]
    """Dotted paths into ``inputs`` that were sent as secrets."""
    hooks: dict[str, list[Callable[..., Any]]]
    """What the engine is to call, by occasion, e.g. ``after_create`` or ``on_error``."""
    outputs: dict[str, Any] = field(default_factory=dict)
    """What a component registered as its outputs; secrets opened."""


class _Mocks(mocks.Mocks):
    def __init__(self, answers: Answers) -> None:
        self.answers = answers

    def call(self, args: mocks.MockCallArgs) -> dict[str, Any]:
        return dict(self.answers[args.token])

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        return _identity(args), {**args.inputs, **_computed(args.typ, args.name)}


class _Hooks:
    """Stands where a running program serves its hooks to the engine."""

    def __init__(self) -> None:
        self.by_name: dict[str, Callable[..., Any]] = {}

    def register_resource_hook(self, hook: Any) -> None:
        self.by_name[hook.name] = hook

    register_error_hook = register_resource_hook


class _RecordingMonitor(mocks.MockMonitor):
    def __init__(self, answers: Answers) -> None:
        super().__init__(_Mocks(answers))
        self.recorded: list[Recorded] = []
        self.hooks = _Hooks()

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802 the name of the RPC
        response = super().RegisterResource(request)
        if request.type != "pulumi:pulumi:Stack":
            self.recorded.append(_recorded(request, response.urn, self.hooks.by_name))
        return response

    def RegisterResourceOutputs(self, request: Any) -> Any:  # noqa: N802 the name of the RPC
        for one in self.recorded:
            if one.urn == request.urn:
                one.outputs = _opened(json_format.MessageToDict(request.outputs), "", [])
        return super().RegisterResourceOutputs(request)


def _recorded(request: Any, urn: str, hooks: Mapping[str, Callable[..., Any]]) -> Recorded:
    secrets: list[str] = []
    inputs = _opened(json_format.MessageToDict(request.object), "", secrets)
    return Recorded(
        type=request.type,
        name=request.name,
        urn=urn,
        parent=request.parent,
        inputs=inputs,
        custom=request.custom,
        protect=request.protect,
        import_id=request.importId,
        provider=request.provider,
        depends_on=list(request.dependencies),
        ignore_changes=list(request.ignoreChanges),
        aliases=[json_format.MessageToDict(alias) for alias in request.aliases],
        secrets=secrets,
        hooks={occasion.name: [hooks[name] for name in names] for occasion, names in request.hooks.ListFields()},
    )


def _opened(value: Any, path: str, secrets: list[str]) -> Any:
    """``value`` without secret envelopes and with whole numbers as int; notes each secret's path."""
    if isinstance(value, dict):
        if value.get(rpc._special_sig_key) == rpc._special_secret_sig:
            secrets.append(path)
            return _opened(value.get("value"), path, [])
        return {key: _opened(item, f"{path}.{key}".lstrip("."), secrets) for key, item in value.items()}
    if isinstance(value, list):
        return [_opened(item, f"{path}[{index}]", secrets) for index, item in enumerate(value)]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _identity(args: mocks.MockResourceArgs) -> str:
    """An id of the kind that the provider gives: GitHub numbers its teams."""
    numbered = args.typ == "github:index/team:Team"
    return str(zlib.crc32(args.name.encode())) if numbered else f"{args.name}-id"


def _computed(type_: str, name: str) -> dict[str, Any]:
    """What a provider computes and a program reads back: generated secrets."""
    computed = {
        "random:index/randomPassword:RandomPassword": {"result": f"generated-{name}"},
        "random:index/randomBytes:RandomBytes": {"hex": name.encode().hex(), "base64": f"base64-{name}"},
        "random:index/randomId:RandomId": {"hex": name.encode().hex()},
    }.get(type_, {})
    return {key: {rpc._special_sig_key: rpc._special_secret_sig, "value": value} for key, value in computed.items()}


Record = Callable[..., list[Recorded]]


@pytest.fixture
def record() -> Iterator[Record]:
    """``record(program, stack="staging", answers={}, preview=False)``: what the program registers, in order."""

    def run(
        program: Callable[[], None], stack: str = "staging", answers: Answers | None = None, preview: bool = False
    ) -> list[Recorded]:
        monitor = _RecordingMonitor(answers or {})
        pulumi.runtime.set_mocks(monitor.mocks, "openim-cicd", stack, preview, monitor=monitor)
        pulumi.runtime.settings.SETTINGS.callbacks = monitor.hooks
        pulumi.runtime.test(program)()
        return monitor.recorded

    yield run
    pulumi.runtime.settings.reset_options()
