"""Expressions of workflows have the values that GitHub's documentation gives them."""

import pytest

from sandbox.github.expressions import ExpressionError, Scope, condition, evaluate, fold, interpolate, parse

CONTEXTS = {
    "github": {"ref": "refs/heads/main", "event_name": "push", "event": {"number": 7}},
    "needs": {
        "build": {"result": "success", "outputs": {"images": '{"api": "sha256:1"}'}},
        "lint": {"result": "failure"},
    },
    "matrix": {"image": "api"},
}
STATUS = {"success": False, "failure": True, "cancelled": False, "always": True}
SCOPE = Scope(CONTEXTS, STATUS)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("github.event_name == 'PUSH'", True),
        ("github.EVENT.Number", 7),
        ("needs.build.outputs.nothing", None),
        ("contains(needs.*.result, 'failure')", True),
        ("contains('Hello world', 'WORLD')", True),
        ("fromJSON(needs.build.outputs.images)['api']", "sha256:1"),
        ("github.event_name == 'push' && 'yes' || 'no'", "yes"),
        ("format('{{{0}}} {1}', 'a', 1)", "{a} 1"),
        ("join(fromJSON('[1, 2]'), '-')", "1-2"),
        ("startsWith(github.ref, 'refs/heads/')", True),
        ("endsWith('it''s', '''s')", True),
        ("1 < 2 && '' == 0 && null == false", True),
        ("'abc' == 0", False),
        ("!(true && false) || false", True),
        ("toJSON(needs.lint)", '{\n  "result": "failure"\n}'),
        ("0x10", 16),
    ],
)
def test_an_expression_has_its_documented_value(text: str, value: object) -> None:
    """Comparisons, functions, filters and coercions."""
    assert evaluate(parse(text), SCOPE) == value


@pytest.mark.parametrize("text", ["github.", "secrets.A", "nothing(1)", "a b", "fromJSON('{')", "contains('a')", "'a"])
def test_what_has_no_value_says_why(text: str) -> None:
    """No expression silently becomes empty because it is broken."""
    with pytest.raises(ExpressionError, match=r"\w"):
        evaluate(parse(text), SCOPE)


def test_an_if_without_a_status_asks_for_success() -> None:
    """A job behind a failed one runs only if its condition speaks of status."""
    assert not condition("github.event_name == 'push'", SCOPE)
    assert condition("failure() && github.event_name == 'push'", SCOPE)
    assert condition("${{ always() }}", SCOPE)
    assert not condition("", SCOPE)


def test_a_condition_with_text_around_it_is_refused() -> None:
    """GitHub would take it for true."""
    with pytest.raises(ExpressionError, match="one expression"):
        condition("${{ false }} && true", SCOPE)


def test_a_text_takes_its_values() -> None:
    """Braces inside a string do not end an expression."""
    assert interpolate("${{ matrix.image }}-${{ format('{0}', '}}') }}", SCOPE) == "api-}}"
    with pytest.raises(ExpressionError, match="not closed"):
        interpolate("${{ matrix.image", SCOPE)


def test_what_is_known_is_put_in_and_the_rest_is_left_to_the_runner() -> None:
    """A job that runs alone still sees what its needs said."""
    steps = {
        "if": "needs.lint.result == 'failure' && steps.a.outcome == 'success'",
        "run": "echo ${{ matrix.image }} ${{ github.token }}",
    }
    found = fold(steps, CONTEXTS)
    assert found["run"] == "echo api ${{  github.token  }}"
    assert found["if"].startswith("${{ fromJSON('")
    assert "steps.a.outcome" in found["if"]


def test_a_value_never_becomes_an_expression() -> None:
    """Whoever names a branch must not read a secret."""
    found = fold({"run": "echo ${{ matrix.image }}"}, {"matrix": {"image": "${{ secrets.PASSWORD }}"}})
    assert found["run"] == "echo ${{ '${{ secrets.PASSWORD }}' }}"
