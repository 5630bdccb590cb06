"""One API call: what a handler is given, what it answers, and the table of routes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from sandbox.github.accounts import Actor
from sandbox.github.errors import Detail, RefusalError, detail
from sandbox.github.store import Database
from sandbox.github.world import World


class Body(BaseModel):
    """A request body's fields; unknown ones are ignored, as GitHub does, wrong types are refused."""

    model_config = ConfigDict(extra="ignore", strict=True)

    refused: ClassVar[frozenset[str]] = frozenset()
    """Fields that GitHub knows and this stand-in does not: ignoring them would be a lie."""

    @model_validator(mode="before")
    @classmethod
    def _is_supported(cls, data: Any) -> Any:
        written = sorted(name for name in cls.refused if isinstance(data, dict) and data.get(name) is not None)
        if written:
            raise ValueError(f"not supported by this stand-in of GitHub: {written}")
        return data

    def given(self) -> dict[str, Any]:
        """Only what the caller wrote, for a PATCH."""
        return self.model_dump(exclude_unset=True)


B = TypeVar("B", bound=Body)


@dataclass(frozen=True)
class Call:
    """A request that was let in, inside its transaction."""

    method: str
    url: str
    """The whole address, without the query."""
    parameters: Mapping[str, str]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    data: Any
    """The decoded JSON body, None without one."""
    actor: Actor
    db: Database
    world: World

    def body(self, model: type[B], resource: str) -> B:
        """The JSON body as ``model``.

        Raises:
            RefusalError: 422 with one entry for each offending field.
        """
        if not isinstance(self.data if self.data is not None else {}, dict):
            raise RefusalError(400, "Body should be a JSON object")
        try:
            return model.model_validate(self.data or {})
        except ValidationError as error:
            raise RefusalError(422, "Validation Failed", [_detail(resource, dict(e)) for e in error.errors()]) from None

    def refuse_queries(self, *names: str) -> None:
        """Refuse query parameters that would narrow an answer down and do not here.

        Raises:
            RefusalError: 422 with one entry for each of them.
        """
        written = [name for name in names if name in self.query]
        if written:
            message = "this query parameter is not supported by this stand-in of GitHub"
            raise RefusalError(422, "Validation Failed", [detail("Query", name, "custom", message) for name in written])


def _detail(resource: str, offence: Mapping[str, Any]) -> Detail:
    name = ".".join(str(part) for part in offence["loc"])
    if offence["type"] == "missing":
        return detail(resource, name, "missing_field")
    return detail(resource, name, "invalid", str(offence["msg"]).removeprefix("Value error, "))


@dataclass(frozen=True)
class Answer:
    """What a handler answers with."""

    body: Any = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    media_type: str = "application/json; charset=utf-8"
    """Of a body that is bytes; every other body is JSON."""


NO_CONTENT = Answer(status=204)

Handler = Callable[[Call], Answer]


@dataclass(frozen=True)
class Route:
    """A method, a path below /api in Starlette's pattern syntax, and who answers."""

    method: str
    path: str
    handler: Handler
    prefix: str

    @property
    def pattern(self) -> str:
        """How the route is counted, e.g. ``GET /repos/{owner}/{repo}``."""
        return f"{self.method} {self.path.replace(':path', '')}"


class Routes:
    """The routes of one resource; ``app`` joins them."""

    def __init__(self, prefix: str = "/v3") -> None:
        self._prefix = prefix
        self.table: list[Route] = []

    def add(self, method: str, path: str) -> Callable[[Handler], Handler]:
        """Make the decorated function answer ``method path``."""

        def register(handler: Handler) -> Handler:
            self.table.append(Route(method, path, handler, self._prefix))
            return handler

        return register
