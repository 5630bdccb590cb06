"""Texts with expressions in them, as workflow files have them."""

import re
from collections.abc import Iterator
from typing import Any

from sandbox.github.expressions.evaluate import Scope, evaluate
from sandbox.github.expressions.syntax import Call, ExpressionError, Node, parse
from sandbox.github.expressions.values import is_true, text_of
from sandbox.github.expressions.walk import within

OPEN = "${{"
PART = re.compile(r"\$\{\{((?:'(?:[^']|'')*'|(?!\}\}).)*)\}\}", re.DOTALL)
"""An expression with its braces; two braces inside a string do not end it."""
STATUS = {"success", "failure", "cancelled", "always"}


def parts(text: str) -> Iterator[tuple[str, bool]]:
    """The pieces of a text: each with whether it is an expression.

    Raises:
        ExpressionError: an expression is not closed.
    """
    place = 0
    for found in PART.finditer(text):
        if found.start() > place:
            yield _plain(text[place : found.start()]), False
        yield found[1], True
        place = found.end()
    if place < len(text):
        yield _plain(text[place:]), False


def _plain(text: str) -> str:
    if OPEN in text:
        raise ExpressionError(f"an expression is not closed in {text!r}")
    return text


def interpolate(text: str, scope: Scope) -> str:
    """A text with its expressions' values in it."""
    return "".join(text_of(evaluate(parse(part), scope)) if code else part for part, code in parts(text))


def resolve(value: Any, scope: Scope) -> Any:
    """A value of a workflow file with all its expressions evaluated; one that is an expression whole keeps its kind."""
    if isinstance(value, dict):
        return {name: resolve(inner, scope) for name, inner in value.items()}
    if isinstance(value, list):
        return [resolve(inner, scope) for inner in value]
    if not isinstance(value, str) or OPEN not in value:
        return value
    pieces = list(parts(value.strip()))
    if len(pieces) == 1 and pieces[0][1]:
        return evaluate(parse(pieces[0][0]), scope)
    return interpolate(value, scope)


def condition(text: str, scope: Scope) -> bool:
    """Whether an ``if`` holds; one that asks for no status asks for success.

    Raises:
        ExpressionError: it cannot be evaluated.
    """
    node = parse(bare(text)) if text.strip() else parse("success()")
    if not asks_for_status(node) and not scope.status["success"]:
        return False
    return is_true(evaluate(node, scope))


def bare(text: str) -> str:
    """The expression of an ``if``, which may stand in braces or not."""
    pieces = list(parts(text.strip()))
    if len(pieces) == 1 and pieces[0][1]:
        return pieces[0][0]
    if any(code for _, code in pieces):
        # A text around an expression is never empty, so GitHub takes it for true; nobody means that.
        raise ExpressionError(f"an if must be one expression, not a text with expressions in it: {text!r}")
    return text


def asks_for_status(node: Node) -> bool:
    """Whether one of the status functions is called anywhere in it."""
    return any(isinstance(each, Call) and each.name in STATUS for each in within(node))
