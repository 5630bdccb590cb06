"""Which stages a commit concerns."""

from collections.abc import Callable
from pathlib import Path

import pytest

from delivery.git import Clone
from delivery.stages import changed, stages
from tests.unit.delivery.conftest import git

SHARED = """\
config:
  openim-cicd:organization: {name: openimsdk}
  openim-cicd:environments: {shared: Pulumi.shared.yaml, staging: Pulumi.staging.yaml, prod: Pulumi.prod.yaml}
"""
STAGE = """\
config:
  openim-cicd:application: {source: estate/openim.yaml}
  openim-cicd:release: {id: v1}
  openim-cicd:approval: {required: 1}
"""
FILES = {
    "Pulumi.yaml": "name: x\n",
    "Pulumi.shared.yaml": SHARED,
    "Pulumi.staging.yaml": STAGE,
    "Pulumi.prod.yaml": STAGE,
    "estate/teams.yaml": "a\n",
    "estate/openim.yaml": "a\n",
    "estate/openim/chat/log.yml": "a\n",
    "model/x.py": "a\n",
    "ledger/prod.jsonl": "",
    "docs/x.md": "a\n",
    "tests/test_x.py": "a\n",
}
Edit = Callable[..., tuple[str, ...]]


@pytest.fixture
def edited(tmp_path: Path) -> Edit:
    """``edited({file: text})``: the stages that a commit with these texts changes."""
    clone = Clone(tmp_path)
    git(tmp_path, "init", "--quiet")
    _commit(tmp_path, FILES)

    def run(files: dict[str, str]) -> tuple[str, ...]:
        before = clone.head()
        _commit(tmp_path, files)
        return changed(clone, before)

    return run


def _commit(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    git(folder, "add", "--all")
    git(folder, "-c", "user.name=t", "-c", "user.email=t@example.org", "commit", "--quiet", "--message", "x")


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"model/x.py": "b\n"}, ("shared", "staging", "prod")),
        ({"Pulumi.prod.yaml": STAGE.replace("v1", "v2")}, ("prod",)),
        ({"Pulumi.prod.yaml": STAGE.replace("required: 1", "required: 2")}, ("shared", "prod")),
        ({"Pulumi.prod.yaml": f"# A word.\n{STAGE}"}, ()),
        ({"estate/teams.yaml": "b\n"}, ("shared",)),
        ({"estate/openim.yaml": "b\n"}, ("staging", "prod")),
        ({"estate/openim/chat/log.yml": "b\n"}, ("staging", "prod")),
        ({"ledger/prod.jsonl": "{}\n", "docs/x.md": "b\n", "tests/test_x.py": "b\n"}, ()),
    ],
)
def test_content_decides(edited: Edit, files: dict[str, str], expected: tuple[str, ...]) -> None:
    """A release concerns its own stage; who approves also concerns the stage that declares the environments."""
    assert edited(files) == expected


def test_a_new_stage_is_changed(edited: Edit) -> None:
    """It was not there before; without a place in the order it comes last."""
    assert edited({"Pulumi.canary.yaml": STAGE}) == ("canary",)


@pytest.mark.parametrize("since", ["", "0" * 40, "c0ffee" * 6 + "beef"])
def test_without_a_known_commit_every_stage_is_looked_at(edited: Edit, tmp_path: Path, since: str) -> None:
    """A first push, a start by hand, a history that was cut off: better too much than too little."""
    assert changed(Clone(tmp_path), since) == stages(Clone(tmp_path)) == ("shared", "staging", "prod")
