"""From an expression's text to its tree."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

TOKEN = re.compile(
    r"\s*(?:(?P<string>'(?:[^']|'')*')"
    r"|(?P<number>-?(?:0x[0-9a-fA-F]+|0o[0-7]+|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?))(?![\w])"
    r"|(?P<name>[A-Za-z_][\w-]*)"
    r"|(?P<symbol>&&|\|\||==|!=|<=|>=|[<>!()\[\].,*]))"
)
KEYWORDS = {"true": True, "false": False, "null": None}
COMPARISONS = ("==", "!=", "<", "<=", ">", ">=")


class ExpressionError(ValueError):
    """An expression that cannot be read or has no value."""


@dataclass(frozen=True)
class Literal:
    """A value that stands in the text."""

    value: Any


@dataclass(frozen=True)
class Name:
    """A context, e.g. ``github``."""

    name: str


@dataclass(frozen=True)
class Index:
    """``of.key`` or ``of[key]``."""

    of: "Node"
    key: "Node"


@dataclass(frozen=True)
class Each:
    """``of.*``: every value of a list or an object."""

    of: "Node"


@dataclass(frozen=True)
class Call:
    """A function's call; its name in lower case."""

    name: str
    arguments: tuple["Node", ...]


@dataclass(frozen=True)
class Not:
    """``!of``."""

    of: "Node"


@dataclass(frozen=True)
class Binary:
    """Two sides and what is between them."""

    operator: str
    left: "Node"
    right: "Node"


Node = Literal | Name | Index | Each | Call | Not | Binary


def parse(text: str) -> Node:
    """The tree of an expression.

    Raises:
        ExpressionError: with the place of what is not understood.
    """
    parser = _Parser(list(tokens(text)), text)
    node = parser.any_of()
    parser.end()
    return node


def tokens(text: str) -> Iterator[tuple[str, str, int]]:
    """Kind, text and place of each token."""
    place = 0
    while text[place:].strip():
        found = TOKEN.match(text, place)
        if not found:
            raise ExpressionError(f"unexpected {text[place:].strip()[0]!r} in expression {text.strip()!r}")
        kind = found.lastgroup or ""
        yield kind, found[kind], found.start(kind)
        place = found.end()


class _Parser:
    def __init__(self, listed: list[tuple[str, str, int]], text: str) -> None:
        self._tokens, self._text, self._place = listed, text.strip(), 0

    def any_of(self) -> Node:
        left = self._all_of()
        while self._take("||"):
            left = Binary("||", left, self._all_of())
        return left

    def end(self) -> None:
        if self._place < len(self._tokens):
            raise self._unexpected()

    def _all_of(self) -> Node:
        left = self._comparison()
        while self._take("&&"):
            left = Binary("&&", left, self._comparison())
        return left

    def _comparison(self) -> Node:
        left = self._unary()
        while operator := self._take(*COMPARISONS):
            left = Binary(operator, left, self._unary())
        return left

    def _unary(self) -> Node:
        return Not(self._unary()) if self._take("!") else self._postfix(self._primary())

    def _postfix(self, node: Node) -> Node:
        while True:
            if self._take("."):
                node = Each(node) if self._take("*") else Index(node, Literal(self._name()))
            elif self._take("["):
                node = self._inside(node)
            else:
                return node

    def _inside(self, node: Node) -> Node:
        if self._take("*"):
            self._must("]")
            return Each(node)
        key = self.any_of()
        self._must("]")
        return Index(node, key)

    def _primary(self) -> Node:
        if self._take("("):
            node = self.any_of()
            self._must(")")
            return node
        kind, text = self._next()
        if kind == "string":
            return Literal(text[1:-1].replace("''", "'"))
        if kind == "number":
            return Literal(_number(text))
        if kind == "name":
            return self._named(text)
        self._place -= 1
        raise self._unexpected()

    def _named(self, text: str) -> Node:
        if text in KEYWORDS:
            return Literal(KEYWORDS[text])
        return Call(text.lower(), self._arguments()) if self._take("(") else Name(text.lower())

    def _arguments(self) -> tuple[Node, ...]:
        if self._take(")"):
            return ()
        arguments = [self.any_of()]
        while self._take(","):
            arguments.append(self.any_of())
        self._must(")")
        return tuple(arguments)

    def _name(self) -> str:
        kind, text = self._next()
        if kind != "name":
            self._place -= 1
            raise self._unexpected()
        return text

    def _next(self) -> tuple[str, str]:
        if self._place == len(self._tokens):
            raise self._unexpected()
        kind, text, _ = self._tokens[self._place]
        self._place += 1
        return kind, text

    def _take(self, *symbols: str) -> str:
        if self._place < len(self._tokens):
            kind, text, _ = self._tokens[self._place]
            if kind == "symbol" and text in symbols:
                self._place += 1
                return text
        return ""

    def _must(self, symbol: str) -> None:
        if not self._take(symbol):
            raise self._unexpected()

    def _unexpected(self) -> ExpressionError:
        found = self._tokens[self._place][1] if self._place < len(self._tokens) else "end"
        return ExpressionError(f"unexpected {found!r} in expression {self._text!r}")


def _number(text: str) -> float | int:
    if text.lower().startswith(("0x", "0o")):
        return int(text, 0)
    return float(text) if set(text) & set(".eE") else int(text)
