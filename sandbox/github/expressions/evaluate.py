"""From an expression's tree to its value."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sandbox.github.expressions import values
from sandbox.github.expressions.syntax import Binary, Call, Each, ExpressionError, Index, Literal, Name, Node, Not
from sandbox.github.expressions.values import Value


@dataclass(frozen=True)
class Scope:
    """What an expression may name."""

    contexts: Mapping[str, Value]
    """By name in lower case."""
    status: Mapping[str, bool] = field(default_factory=dict)
    """What ``success``, ``failure``, ``cancelled`` and ``always`` say here; empty where they have no meaning."""


def evaluate(node: Node, scope: Scope) -> Value:
    """The value of a tree.

    Raises:
        ExpressionError: an unknown context or function, or a function's complaint.
    """
    return _EVALUATE[type(node)](node, scope)


def _name(node: Name, scope: Scope) -> Value:
    if node.name not in scope.contexts:
        raise ExpressionError(f"unknown context {node.name!r}; known here: {sorted(scope.contexts)}")
    return scope.contexts[node.name]


def _index(node: Index, scope: Scope) -> Value:
    return values.member(evaluate(node.of, scope), evaluate(node.key, scope))


def _binary(node: Binary, scope: Scope) -> Value:
    left = evaluate(node.left, scope)
    if node.operator == "&&":
        return evaluate(node.right, scope) if values.is_true(left) else left
    if node.operator == "||":
        return left if values.is_true(left) else evaluate(node.right, scope)
    return values.compare(node.operator, left, evaluate(node.right, scope))


def _call(node: Call, scope: Scope) -> Value:
    if node.name in scope.status:
        return scope.status[node.name]
    if node.name not in FUNCTIONS:
        known = sorted([*FUNCTIONS, *scope.status])
        raise ExpressionError(f"unknown function {node.name!r}; known here: {known}")
    function, least, most = FUNCTIONS[node.name]
    if not least <= len(node.arguments) <= most:
        raise ExpressionError(f"{node.name} takes {least} to {most} arguments, not {len(node.arguments)}")
    return function([evaluate(argument, scope) for argument in node.arguments])


_EVALUATE: dict[type, Callable[[Any, Scope], Value]] = {
    Literal: lambda node, scope: node.value,
    Name: _name,
    Index: _index,
    Each: lambda node, scope: values.each(evaluate(node.of, scope)),
    Not: lambda node, scope: not values.is_true(evaluate(node.of, scope)),
    Binary: _binary,
    Call: _call,
}


def _contains(arguments: Sequence[Value]) -> bool:
    search, item = arguments
    if isinstance(search, list):
        return any(values.equal(each, item) for each in search)
    return values.text_of(item).lower() in values.text_of(search).lower()


def _affix(at_start: bool) -> Callable[[Sequence[Value]], bool]:
    def check(arguments: Sequence[Value]) -> bool:
        text, affix = (values.text_of(each).lower() for each in arguments)
        return text.startswith(affix) if at_start else text.endswith(affix)

    return check


def _format(arguments: Sequence[Value]) -> str:
    def filled(found: re.Match[str]) -> str:
        if found[0] in ("{{", "}}"):
            return found[0][0]
        if found[1] is None or int(found[1]) + 1 >= len(arguments):
            raise ExpressionError(f"format: {found[0]!r} in {template!r} has no value")
        return values.text_of(arguments[int(found[1]) + 1])

    template = values.text_of(arguments[0])
    return re.sub(r"\{\{|\}\}|\{(\d+)\}|[{}]", filled, template)


def _join(arguments: Sequence[Value]) -> str:
    listed = arguments[0] if isinstance(arguments[0], list) else [arguments[0]]
    return (values.text_of(arguments[1]) if len(arguments) > 1 else ",").join(values.text_of(each) for each in listed)


FUNCTIONS: dict[str, tuple[Callable[[Sequence[Value]], Value], int, int]] = {
    "contains": (_contains, 2, 2),
    "startswith": (_affix(at_start=True), 2, 2),
    "endswith": (_affix(at_start=False), 2, 2),
    "format": (_format, 1, 255),
    "join": (_join, 1, 2),
    "tojson": (lambda arguments: json.dumps(arguments[0], indent=2, ensure_ascii=False), 1, 1),
    "fromjson": (lambda arguments: values.from_json(values.text_of(arguments[0])), 1, 1),
}
"""Each function with the least and the most arguments that it takes."""
