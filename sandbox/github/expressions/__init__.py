"""The expressions of GitHub Actions: what stands between ``${{`` and ``}}``, and in every ``if``.

Source: GitHub's "Evaluate expressions in workflows and actions". Deliberately absent: ``hashFiles``, which needs the
runner's folder; expressions that use it are left to the runner.
"""

from sandbox.github.expressions.evaluate import Scope, evaluate
from sandbox.github.expressions.fold import fold
from sandbox.github.expressions.syntax import ExpressionError, parse
from sandbox.github.expressions.template import condition, interpolate, resolve
from sandbox.github.expressions.values import is_true, text_of

__all__ = [
    "ExpressionError",
    "Scope",
    "condition",
    "evaluate",
    "fold",
    "interpolate",
    "is_true",
    "parse",
    "resolve",
    "text_of",
]
