"""A provider whose resources are tables: checks strictly, diffs by name, and previews without doing anything."""

import asyncio
import hashlib
from collections.abc import Mapping
from typing import Any

from pulumi.provider.experimental.property_value import PropertyValue
from pulumi.provider.experimental.provider import (
    CheckRequest,
    CheckResponse,
    ConfigureRequest,
    ConfigureResponse,
    CreateRequest,
    CreateResponse,
    DeleteRequest,
    DiffRequest,
    DiffResponse,
    InvokeRequest,
    InvokeResponse,
    PropertyDiff,
    PropertyDiffKind,
    Provider,
    ReadRequest,
    ReadResponse,
    UpdateRequest,
    UpdateResponse,
)

from sandbox.plugins.common.resource import DEFAULTS, Resource, State
from sandbox.plugins.common.server import PluginError
from sandbox.plugins.common.tables import Table, problems
from sandbox.plugins.common.values import Values, own_type, plain_map, wrapped, wrapped_map

VERSION = "version"
"""In a provider's configuration: put there by the engine, of no meaning to the plugin."""


class TableProvider(Provider):
    """Serves ``resources`` by type token. An unknown token or property is an error, never ignored."""

    def __init__(self, package: str, resources: Mapping[str, Resource], configuration: Table) -> None:
        self.package = package
        self.resources = resources
        self.configuration = configuration

    async def check_config(self, request: CheckRequest) -> CheckResponse:
        """Refuse configuration that the stand-in does not know."""
        values = plain_map(request.new_inputs)
        values.pop(VERSION, None)
        return CheckResponse(request.new_inputs, list(problems(values, self.configuration)))

    async def diff_config(self, request: DiffRequest) -> DiffResponse:
        """Other configuration never replaces resources: the same things can still be reached, or cannot."""
        before, after = plain_map(request.old_state), plain_map(request.new_inputs)
        names = [name for name in sorted({*before, *after} - {VERSION}) if before.get(name) != after.get(name)]
        return DiffResponse(changes=bool(names), diffs=names)

    async def configure(self, request: ConfigureRequest) -> ConfigureResponse:
        """Secrets are not asked for: the engine then marks every output that an input made secret."""
        return ConfigureResponse(accept_secrets=False, supports_preview=True)

    async def invoke(self, request: InvokeRequest) -> InvokeResponse:
        """No functions, unless a provider brings some."""
        raise PluginError(self._unsupported("function", request.tok, ()))

    async def check(self, request: CheckRequest) -> CheckResponse:
        """Check types and names first, then whatever the resource itself minds."""
        resource = self._resource(request.type)
        inputs = plain_map(request.new_inputs)
        inputs.pop(DEFAULTS, None)
        failures = list(problems(inputs, resource.inputs))
        if resource.autonamed and "name" not in inputs:
            inputs |= _named(request, plain_map(request.old_inputs))
        if not failures:
            failures = list(resource.problems(resource.complete(inputs)))
        return CheckResponse(wrapped_map(inputs), failures)

    async def diff(self, request: DiffRequest) -> DiffResponse:
        """Compare what is with what is wanted."""
        resource = self._resource(request.type)
        outputs, inputs = plain_map(request.old_state), plain_map(request.new_inputs)
        names = [name for name in resource.changed(outputs, inputs) if name not in request.ignore_changes]
        replaces = [name for name in names if not resource.inputs[name].in_place]
        named_by_program = "name" in resource.inputs and "name" not in inputs.get(DEFAULTS, ())
        return DiffResponse(
            changes=bool(names),
            diffs=names,
            replaces=replaces,
            # Two cannot have one name at the same time.
            delete_before_replace=bool(replaces) and named_by_program and "name" not in replaces,
            detailed_diff={name: _difference(name, outputs, inputs, name in replaces) for name in names},
        )

    async def create(self, request: CreateRequest) -> CreateResponse:
        """Create, or say what would be."""
        resource, inputs = self._resource(request.type), plain_map(request.properties)
        if request.preview:
            return CreateResponse("", _outputs(resource, resource.planned(inputs, {})))
        state = await asyncio.to_thread(resource.create, resource.complete(inputs))
        return CreateResponse(state.resource_id, _outputs(resource, state.outputs))

    async def read(self, request: ReadRequest) -> ReadResponse:
        """Look again, or for the first time when importing; no identifier in the answer means that it is gone."""
        resource, before = self._resource(request.type), plain_map(request.properties)
        state = await asyncio.to_thread(resource.read, request.resource_id, before)
        if state is None:
            return ReadResponse("")
        inputs = _inputs(resource, state, plain_map(request.inputs))
        return ReadResponse(state.resource_id, _outputs(resource, state.outputs), wrapped_map(inputs))

    async def update(self, request: UpdateRequest) -> UpdateResponse:
        """Update in place, or say what would be."""
        resource = self._resource(request.type)
        before, inputs = plain_map(request.olds), plain_map(request.news)
        if request.preview:
            return UpdateResponse(_outputs(resource, resource.planned(inputs, before)))
        state = await asyncio.to_thread(resource.update, request.resource_id, before, resource.complete(inputs))
        return UpdateResponse(_outputs(resource, state.outputs))

    async def delete(self, request: DeleteRequest) -> None:
        """Remove."""
        resource = self._resource(request.type)
        await asyncio.to_thread(resource.delete, request.resource_id, plain_map(request.properties))

    def _resource(self, qualified: str) -> Resource:
        token = own_type(qualified)
        if token not in self.resources:
            raise PluginError(self._unsupported("resource type", token, self.resources))
        return self.resources[token]

    def _unsupported(self, kind: str, token: str, known: Any) -> str:
        return f"the sandbox's stand-in for the {self.package} plugin has no {kind} {token!r}; known: {sorted(known)}"


def _named(request: CheckRequest, before: Values) -> Values:
    """A name for what the program did not name: kept once chosen, and the same in a plan and its application."""
    if "name" in before.get(DEFAULTS, ()):
        return {"name": before["name"], DEFAULTS: ["name"]}
    unique = hashlib.sha256(request.random_seed + request.urn.encode()).hexdigest()[:7]
    return {"name": f"{request.name}-{unique}", DEFAULTS: ["name"]}


def _difference(name: str, outputs: Values, inputs: Values, replaces: bool) -> PropertyDiff:
    if name not in outputs:
        kind = PropertyDiffKind.ADD_REPLACE if replaces else PropertyDiffKind.ADD
    elif name not in inputs:
        kind = PropertyDiffKind.DELETE_REPLACE if replaces else PropertyDiffKind.DELETE
    else:
        kind = PropertyDiffKind.UPDATE_REPLACE if replaces else PropertyDiffKind.UPDATE
    return PropertyDiff(kind, input_diff=False)


def _outputs(resource: Resource, values: Values) -> dict[str, PropertyValue]:
    secret = {name for name, declared in resource.computed.items() if declared.secret}
    given = {name: value for name, value in values.items() if value is not None}
    return {name: wrapped(value).with_secret(name in secret) for name, value in given.items()}


def _inputs(resource: Resource, state: State, before: Values) -> Values:
    """Inputs that would make what is: those that were given, as they now are; all that matter when importing."""
    if before:
        found = {name: state.outputs.get(name) for name in resource.inputs if name in before}
        return {**found, **({DEFAULTS: before[DEFAULTS]} if DEFAULTS in before else {})}
    wanted = {name: value for name, value in state.outputs.items() if name in resource.inputs}
    return {name: value for name, value in wanted.items() if value != resource.inputs[name].default}
