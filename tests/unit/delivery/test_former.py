"""Back from any clone: what was let in last is brought up from its own commit when the clone has moved on."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from delivery.deployment import Deployment
from delivery.errors import Refused
from delivery.former import checkout, let_in
from delivery.git import Clone
from delivery.ledger import Ledger
from delivery.stack_file import release_of
from delivery.stage import read_stage
from delivery.trees import of_commit
from delivery.workplace import Journal, Workplace
from model.ledger import Kind
from model.release import Release
from tests.unit.delivery.conftest import git

NAMED = ("KUBECONFIG_STAGING", "REGISTRY", "REGISTRY_USERNAME", "REGISTRY_PASSWORD")
VARIABLES = dict.fromkeys(NAMED, "127.0.0.1:5000")


class NotAsked(Workplace):
    """A workplace whose backend says what was handed in."""

    def outputs(self, name: str) -> Mapping[str, Any]:
        return {}


@pytest.fixture
def work(tmp_path: Path, root: Path) -> tuple[Deployment, list[str]]:
    """Staging, from a clone of the project with nothing recorded yet; and what is said meanwhile."""
    clone, said = tmp_path / "clone", []
    git(tmp_path, "clone", "--quiet", "--shared", str(root), str(clone))
    git(clone, "config", "user.name", "a")
    git(clone, "config", "user.email", "a@example.org")
    (clone / ".venv").mkdir()
    place = NotAsked(clone, VARIABLES, Journal(said.append), tmp_path)
    stage = read_stage(clone, "staging", VARIABLES)
    assert stage
    return Deployment(place, stage), said


def other(release: Release) -> Release:
    return Release(id="v9.0.1+abcdef0", images={**release.images, "openim-api": f"sha256:{'d' * 64}"})


def happened(work: Deployment) -> Release:
    """An older release worked here, and the present one was let in from the present commit; gives the older."""
    older, ledger = other(work.stage.release), Ledger(work.place.root, "staging")
    ledger.append(Kind.VERIFIED, release=older.id, evidence={"images": dict(older.images)})
    work.record(Kind.DEPLOYING)
    work.record(Kind.DEPLOYED)
    return older


def commit(work: Deployment, file: str) -> None:
    path = work.place.root / file
    path.write_text(path.read_text() + "# more\n")
    git(work.place.root, "commit", "--quiet", "-a", "-m", "More")


def test_a_clone_that_has_not_moved_is_used_as_it_is(work: tuple[Deployment, list[str]]) -> None:
    """Also with edits of what decides nothing."""
    deployment, said = work
    older = happened(deployment)
    (deployment.place.root / "README.md").write_text("other words")
    with let_in(deployment, older, deployment.standing.ledger.entries()) as back:
        assert back is deployment
    assert said == []


@pytest.mark.parametrize("file", ["model/gate.py", "estate/openim.yaml", "requirements.lock"])
def test_a_clone_that_has_moved_goes_back_with_what_was_let_in(work: tuple[Deployment, list[str]], file: str) -> None:
    """Committed or not; the clone stays as it is, and ledger and packages are its own."""
    deployment, said = work
    older, before = happened(deployment), deployment.place.clone.head()
    commit(deployment, file)
    (deployment.place.root / "estate/more.yaml").write_text("not committed\n")
    with let_in(deployment, older, deployment.standing.ledger.entries()) as back:
        path = back.place.program
        assert path
        assert of_commit(Clone(path), "HEAD") == of_commit(deployment.place.clone, before)
        assert back.stage.release == older
        assert release_of("staging", (path / "Pulumi.staging.yaml").read_text()) == older
        back.record(Kind.DEPLOYING, evidence={"from": deployment.stage.release.id})
        newest = Ledger(path, "staging").entries()[-1]
        assert newest == deployment.standing.ledger.entries()[-1]
        assert newest.evidence["commit"] == before
        assert newest.signed == back.stage.parts
        assert (path / ".venv").resolve() == deployment.place.root / ".venv"
    assert not path.exists()
    assert (deployment.place.root / "ledger/staging.jsonl").exists()
    assert "going back with those of" in said[0]
    assert len(deployment.place.clone.git("worktree", "list").splitlines()) == 1


def test_settings_do_not_ride_on_a_way_back(work: tuple[Deployment, list[str]]) -> None:
    """They are those that were let in, whatever main says by now."""
    deployment, _ = work
    older, root = happened(deployment), deployment.place.root
    file = root / "Pulumi.staging.yaml"
    file.write_text(file.read_text().replace('cpu: "16"', 'cpu: "17"'))
    git(root, "commit", "--quiet", "-a", "-m", "More room")
    stage = read_stage(root, "staging", VARIABLES)
    assert stage
    moved = replace(deployment, stage=stage)
    with let_in(moved, older, moved.standing.ledger.entries()) as back:
        assert back.stage.section["cluster"]["quota"]["cpu"] == "16"


def test_without_a_record_of_what_was_let_in_nothing_is_guessed(work: tuple[Deployment, list[str]]) -> None:
    """A way out is named."""
    deployment, _ = work
    older, ledger = other(deployment.stage.release), Ledger(deployment.place.root, "staging")
    for kind in (Kind.VERIFIED, Kind.DEPLOYED):
        ledger.append(kind, release=older.id, evidence={"images": dict(older.images)})
    with (
        pytest.raises(Refused, match=r"was not recorded; or offer v9\.0\.1\+abcdef0 as a change"),
        let_in(deployment, older, ledger.entries()),
    ):
        pass


def test_what_was_let_in_with_uncommitted_edits_is_not_found_again(work: tuple[Deployment, list[str]]) -> None:
    """The commit alone is not what ran."""
    deployment, _ = work
    older = other(deployment.stage.release)
    gate = deployment.place.root / "model/gate.py"
    clean = gate.read_text()
    gate.write_text(clean + "# edited\n")
    happened(Deployment(deployment.place, replace(deployment.stage)))
    gate.write_text(clean)
    with (
        pytest.raises(Refused, match="edits that nobody committed"),
        let_in(deployment, older, deployment.standing.ledger.entries()),
    ):
        pass


def test_a_checkout_goes_away_with_an_error(work: tuple[Deployment, list[str]]) -> None:
    """And leaves nothing in the clone's git."""
    clone = work[0].place.clone
    with pytest.raises(KeyError), checkout(clone, clone.head()):
        raise KeyError
    assert len(clone.git("worktree", "list").splitlines()) == 1
