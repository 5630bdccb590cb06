"""Puts what is known before a job starts into its steps, so that the runner needs to know the steps' own values only.

An expression over known contexts becomes its value. In one that also asks for steps, secrets or the environment, each
known context becomes a literal.
"""

import json
from collections.abc import Mapping
from typing import Any

from sandbox.github.expressions.evaluate import FUNCTIONS, Scope, evaluate
from sandbox.github.expressions.syntax import Call, Index, Literal, Name, Node, parse, tokens
from sandbox.github.expressions.template import OPEN, bare, parts
from sandbox.github.expressions.values import Value, text_of
from sandbox.github.expressions.walk import within

LATE = {"workspace", "token", "event_path", "action", "action_path", "action_ref", "action_repository", "job", "env",
        "path", "step_summary", "output", "state", "action_status"}  # fmt: skip
"""Properties of ``github`` that only the runner knows."""


def fold(value: Any, known: Mapping[str, Value]) -> Any:
    """A job's ``env`` or steps with everything known put in; ``if`` keys are expressions without braces too.

    Raises:
        ExpressionError: an expression cannot be read.
    """
    if isinstance(value, dict):
        return {
            key: _condition(inner, known) if key == "if" and isinstance(inner, str) else fold(inner, known)
            for key, inner in value.items()
        }
    if isinstance(value, list):
        return [fold(inner, known) for inner in value]
    return _text(value, known) if isinstance(value, str) and OPEN in value else value


def _condition(text: str, known: Mapping[str, Value]) -> str:
    return f"${{{{ {_rewritten(bare(text), known)} }}}}"


def _text(text: str, known: Mapping[str, Value]) -> Any:
    pieces = list(parts(text))
    if len(pieces) == 1 and _is_known(node := parse(pieces[0][0]), known):
        value = evaluate(node, Scope(known))
        return _safe(value) if isinstance(value, str) else value
    return "".join(_piece(part, known) if code else part for part, code in pieces)


def _piece(code: str, known: Mapping[str, Value]) -> str:
    node = parse(code)
    if _is_known(node, known):
        return _safe(text_of(evaluate(node, Scope(known))))
    return f"${{{{ {_rewritten(code, known)} }}}}"


def _safe(text: str) -> str:
    """A value that looks like an expression must not become one."""
    return f"${{{{ {_quoted(text)} }}}}" if "${{" in text else text


def _is_known(node: Node, known: Mapping[str, Value]) -> bool:
    def fits(each: Node) -> bool:
        if isinstance(each, Call):
            return each.name in FUNCTIONS
        return not isinstance(each, Name) or (each.name in known and each.name != "github")

    early = {id(each.of) for each in within(node) if "github" in known and isinstance(each, Index) and _early(each)}
    return all(fits(each) or id(each) in early for each in within(node))


def _early(node: Index) -> bool:
    of_github = isinstance(node.of, Name) and node.of.name == "github"
    return of_github and isinstance(node.key, Literal) and str(node.key.value).lower() not in LATE


def _rewritten(code: str, known: Mapping[str, Value]) -> str:
    """The same expression with literals for the contexts that the runner is not told of."""
    written, place, before = "", 0, ""
    for kind, text, start in tokens(code):
        if kind == "name" and before != "." and text.lower() in known and text.lower() != "github":
            written += code[place:start] + f"fromJSON({_quoted(json.dumps(known[text.lower()]))})"
            place = start + len(text)
        before = text
    return written + code[place:]


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
