"""How answers are compared with recorded ones."""

import pytest

from bench.replay.shapes import differences


@pytest.mark.parametrize(
    ("recorded", "answered", "lacking"),
    [
        ({"a": 1}, {"a": 2.5, "b": "more"}, []),
        ({"a": 1}, {"a": "1"}, ["$.a: number expected, string given"]),
        ({"a": True}, {"a": 1}, ["$.a: boolean expected, number given"]),
        ({"a": {"b": 1}}, {"a": {}}, ["$.a.b: missing"]),
        ({"a": None}, {"a": "x"}, []),
        ({"a": "x"}, {"a": None}, []),
        ([{"a": 1}], [{}], ["$[].a: missing"]),
        ([{"a": 1}], [], ["$[]: nothing to compare with"]),
        ([], [{"a": 1}], []),
        ({"permissions": {"admin": True}}, {"permissions": {}}, []),
        ([1], {}, ["$: array expected, object given"]),
    ],
)
def test_what_an_answer_lacks(recorded, answered, lacking):
    """Keys and types of the recorded answer have to be there; more may be, and null says nothing."""
    assert list(differences(recorded, answered)) == lacking
