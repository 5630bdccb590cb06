"""How the values of expressions are coerced, compared, looked into and written."""

import json
import math
import operator as operators
from typing import Any

from sandbox.github.expressions.syntax import ExpressionError

Value = Any
"""What JSON can hold."""


def is_true(value: Value) -> bool:
    """False, 0, the empty string and null are false; all else is true, also an empty list."""
    if isinstance(value, list | dict):
        return True
    return bool(value) and not (isinstance(value, float) and math.isnan(value))


def text_of(value: Value) -> str:
    """A value inside a text."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return f"{value:.15g}"
    if isinstance(value, str):
        return value
    return "Array" if isinstance(value, list) else "Object"


def number_of(value: Value) -> float:
    """A value in a comparison of numbers; not a number for what is none."""
    if value is None or value == "":
        return 0.0
    if isinstance(value, bool | int | float):
        return float(value)
    try:
        return float(json.loads(value)) if isinstance(value, str) else math.nan
    except (ValueError, TypeError):
        return math.nan


def equal(left: Value, right: Value) -> bool:
    """Texts without regard to case; unlike kinds as numbers; lists and objects are equal to themselves only."""
    if isinstance(left, str) and isinstance(right, str):
        return left.lower() == right.lower()
    if isinstance(left, list | dict) or isinstance(right, list | dict):
        return left is right
    return number_of(left) == number_of(right)


def compare(operator: str, left: Value, right: Value) -> bool:
    """``<``, ``<=``, ``>``, ``>=``, ``==`` or ``!=``."""
    if operator in ("==", "!="):
        return equal(left, right) is (operator == "==")
    if isinstance(left, str) and isinstance(right, str):
        sides: tuple[Any, Any] = (left.lower(), right.lower())
    else:
        sides = (number_of(left), number_of(right))
    return bool(ORDER[operator](*sides))


ORDER = {"<": operators.lt, "<=": operators.le, ">": operators.gt, ">=": operators.ge}


class Filtered(list[Value]):
    """What ``.*`` gave: a property of it is that of each of its members."""


def member(of: Value, key: Value) -> Value:
    """A property or an element; null where there is none. Names are taken without regard to case."""
    if isinstance(of, Filtered):
        return Filtered(found for each in of if (found := member(each, key)) is not None)
    if isinstance(of, dict):
        wanted = text_of(key)
        return of[wanted] if wanted in of else _loosely(of, wanted)
    if isinstance(of, list):
        place = number_of(key)
        return of[int(place)] if place >= 0 and place < len(of) else None
    return None


def _loosely(of: dict[str, Value], wanted: str) -> Value:
    return next((value for name, value in of.items() if name.lower() == wanted.lower()), None)


def each(of: Value) -> Filtered:
    """Every value of a list or an object."""
    if isinstance(of, Filtered):
        return Filtered(inner for value in of for inner in each(value))
    if isinstance(of, dict):
        return Filtered(of.values())
    return Filtered(of if isinstance(of, list) else [])


def from_json(text: str) -> Value:
    """``fromJSON``.

    Raises:
        ExpressionError: it is none.
    """
    try:
        return json.loads(text)
    except ValueError as error:
        raise ExpressionError(f"fromJSON: {error}") from None
