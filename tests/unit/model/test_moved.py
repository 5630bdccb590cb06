"""What moved between two fingerprints, in words."""

import pytest

from model.fingerprint import Parts, ReleasePart, parts_of
from model.moved import moved
from model.release import Author
from tests.unit.model.gate_world import NEW, OLD, SETTINGS, TREES

BASE = parts_of(OLD, SETTINGS, TREES)
A, B = "a" * 64, "b" * 64


def changed(**more: object) -> Parts:
    return BASE.model_copy(update=more)


def release(**more: object) -> ReleasePart:
    return BASE.release.model_copy(update=more)


def tree(name: str, path: str, mark: str) -> dict[str, dict[str, str]]:
    return {**BASE.trees, name: {**BASE.trees.get(name, {}), path: mark * 40}}


@pytest.mark.parametrize(
    ("parts", "line"),
    [
        (changed(release=release(id="v3.9.0+bbbbbbb")), "release: v3.8.4+aaaaaaa -> v3.9.0+bbbbbbb"),
        (changed(release=release(images={"openim-api": f"sha256:{B}"})), f"image openim-api: {A[:12]} -> {B[:12]}"),
        (changed(release=release(sources={"chat": "c" * 40})), f"source chat: none -> {'c' * 12}"),
        (changed(release=release(authors=(Author(login="mallory"),))), "authors: none -> mallory"),
        (changed(settings={"cluster": {"namespace": "x"}}), "setting cluster.namespace: openim -> x"),
        (changed(settings={**SETTINGS, "approval": {"required": 1}}), "setting approval.required: none -> 1"),
        (changed(settings={}), "setting cluster.namespace: openim -> none"),
        (changed(settings={**SETTINGS, "registry": {"password": "hunter2"}}), "setting registry.password: changed"),
        (changed(trees=tree("code", "model", "4")), f"code moved: model {'1' * 12} -> {'4' * 12}"),
        (changed(trees=tree("policies", "policies", "5")), f"policies moved: policies none -> {'5' * 12}"),
    ],
)
def test_each_part_is_told_by_name(parts: Parts, line: str) -> None:
    """One line for what moved, none for what did not; and it is another fingerprint."""
    assert moved(BASE, parts, {}) == (line,)
    assert parts.fingerprint != BASE.fingerprint


def test_the_same_moves_nothing() -> None:
    """Also with numbers written as text, which settings from a file and from the engine differ in."""
    assert moved(BASE, parts_of(OLD, SETTINGS, TREES), {}) == ()
    one, other = (changed(settings={"replicas": value}) for value in (4, "4"))
    assert one.fingerprint == other.fingerprint
    assert moved(one, other, {}) == ()


def test_files_are_named_and_counted() -> None:
    parts = changed(trees=tree("code", "model", "4"))
    names = tuple(f"{number}.py" for number in range(7))
    (line,) = moved(BASE, parts, {("1" * 40, "4" * 40): names})
    listed = ", ".join(f"model/{number}.py" for number in range(5))
    assert line.startswith(f"code moved: {listed} and 2 more changed (model ")


def test_a_release_moves_only_what_it_has_of_its_own() -> None:
    """Id, image and authors of another release; settings and trees stay."""
    lines = moved(BASE, parts_of(NEW, SETTINGS, TREES), {})
    assert [line.partition(" ")[0] for line in lines] == ["release:", "image", "authors:"]
