"""A deployment that is killed at any step is finished, or undone, by the next one.

Git, clones, ledgers and the registry are real. The engine and the cluster are a stand-in of this test's own: what an
update names runs, and releases that are named sick do not work. Killing is an error that nothing in the project
catches, raised at every point at which something is written down, one after the other.
"""

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from delivery import deploy as deploying
from delivery import deployment
from delivery.anchors import NotHeld, anchors
from delivery.deployment import Ending, Result
from delivery.engine_words import Outcome
from delivery.git import Clone
from delivery.ledger import Ledger, ledger_file, parse_lines
from delivery.rollback import rollback
from delivery.stack_file import release_of, write_release
from delivery.stage import read_stage
from delivery.standing import Standing
from delivery.workplace import Journal, Workplace
from model.evidence import Evidence, Part, Verdict
from model.ledger import Kind
from model.release import Release
from tests.sandbox.conftest import Registry
from tests.sandbox.delivery.conftest import git, undemanding

FILES = ("Pulumi.yaml", "Pulumi.shared.yaml", "Pulumi.staging.yaml", "Pulumi.prod.yaml", "estate")
STEPS = 12
"""More than a deployment with its way back writes down."""
FIRST, SECOND, THIRD = "v3.9.0+aaaaaaa", "v3.9.1+bbbbbbb", "v3.9.2+ccccccc"


class KilledError(BaseException):
    """As by kill -9: nothing is tidied up."""


@dataclass
class Stage:
    """What runs, and when to kill."""

    sick: frozenset[str] = frozenset()
    runs: Release | None = None
    fingerprint: str = ""
    updates: list[str] = field(default_factory=list)
    left: int = -1
    """Steps until the kill; negative for none."""

    def step(self) -> None:
        if self.left == 0:
            self.left = -1
            raise KilledError
        self.left -= 1

    def outputs(self) -> Mapping[str, Any]:
        if self.runs is None:
            return {}
        return {"release": self.runs.model_dump(mode="json"), "fingerprint": self.fingerprint}


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> Stage:
    """Puts the stand-in in the places of engine and cluster, and the kill in front of whatever is written."""
    made = Stage()

    def up(place: Workplace, name: str, *_: object) -> Outcome:
        made.step()
        found = read_stage(place.program or place.root, name, place.environment)
        assert found is not None
        made.runs, made.fingerprint = found.release, found.fingerprint
        made.updates.append(found.release.id)
        made.step()
        return Outcome(name, 1, 1, 0.0)

    class Verifier:
        """Sees whether what runs is sick."""

        def verify(self, _started: float) -> Evidence:
            made.step()
            assert made.runs is not None
            bad = made.runs.id in made.sick
            part = Part("pods", Verdict.FAILED if bad else Verdict.PASSED, 0.0, ("it crashes",) if bad else ())
            return Evidence(made.runs.images, [part])

    append, publish = Ledger.append, Standing.publish

    def appended(self: Ledger, *arguments: Any, **named: Any) -> Any:
        made.step()
        return append(self, *arguments, **named)

    def published(self: Any, *arguments: Any, **named: Any) -> Any:
        made.step()
        return publish(self, *arguments, **named)

    monkeypatch.setattr(Workplace, "update", up)
    monkeypatch.setattr(deployment.Deployment, "verifier", lambda _: Verifier())
    monkeypatch.setattr(Workplace, "outputs", lambda *_: made.outputs())
    monkeypatch.setattr(deploying, "_addresses", lambda _: {})
    monkeypatch.setattr(Ledger, "append", appended)
    monkeypatch.setattr(Standing, "publish", published)
    return made


@pytest.fixture
def place(tmp_path: Path, root: Path, registry: Registry, monkeypatch: pytest.MonkeyPatch) -> Workplace:
    """A clone of a repository with the project's own settings, and images of its own beside which it is anchored."""
    monkeypatch.delenv("GITHUB_TOKEN", raising=False)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    remote, folder = tmp_path / "openimsdk" / "openim-cicd.git", tmp_path / "clone"
    remote.parent.mkdir()
    git(tmp_path, "init", "--quiet", "--bare", "--initial-branch=main", str(remote))
    git(tmp_path, "clone", "--quiet", str(remote), str(folder))
    for name in FILES:
        copy = shutil.copytree if (root / name).is_dir() else shutil.copy
        copy(root / name, folder / name)
    estate = folder / "estate" / "openim.yaml"
    estate.write_text(estate.read_text().replace("imagePath: openim", f"imagePath: {tmp_path.name.replace('_', '-')}"))
    for file in folder.glob("Pulumi.*.yaml"):
        file.write_text(undemanding(file.read_text()))
    git(folder, "checkout", "--quiet", "-B", "main")
    commit(folder, "Begin")
    environment = {**registry.environment, "KUBECONFIG_STAGING": "/nowhere"}
    return Workplace(folder, environment, Journal(lambda _: None), tmp_path)


def commit(folder: Path, message: str) -> None:
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "--allow-empty", "-m", message)
    git(folder, "push", "--quiet", "origin", "main")


def name_release(place: Workplace, identity: str) -> None:
    """Have staging's file name a release that differs in one image, on the remote too."""
    present = release_of("staging", (place.root / "Pulumi.staging.yaml").read_text())
    images = {**present.images, "openim-api": f"sha256:{identity[-1] * 64}"}
    git(place.root, "fetch", "--quiet", "origin")
    git(place.root, "reset", "--quiet", "--hard", "origin/main")
    write_release(place.root, "staging", Release(id=identity, images=images))
    commit(place.root, f"Release {identity}")


def entries(place: Workplace) -> list[tuple[Kind, str]]:
    return [(one.kind, one.release) for one in Ledger(place.root, "staging").entries()]


def killed_at(place: Workplace, stage: Stage, steps: int) -> Result | None:
    """A deployment that is killed after so many steps; its result where it ended before."""
    stage.left = steps
    try:
        return deploying.deploy(place, "staging")
    except KilledError:
        return None
    finally:
        stage.left = -1


@pytest.mark.parametrize("steps", range(STEPS))
def test_a_good_release_is_finished(place: Workplace, stage: Stage, steps: int) -> None:
    """Wherever it was killed, the next run ends with it verified, and the remote knows."""
    name_release(place, FIRST)
    assert deploying.deploy(place, "staging").ending is Ending.VERIFIED
    name_release(place, SECOND)
    killed_at(place, stage, steps)
    again = deploying.deploy(place, "staging")
    assert again.ending in {Ending.VERIFIED, Ending.ALREADY}
    assert stage.runs is not None
    assert stage.runs.id == SECOND
    assert entries(place)[-1] == (Kind.VERIFIED, SECOND)
    assert published(place) == entries(place)
    assert anchored(place) == len(entries(place))
    assert [kind for kind, _ in entries(place)].count(Kind.GENESIS) == 1


@pytest.mark.parametrize("steps", range(STEPS))
def test_a_sick_release_is_left(place: Workplace, stage: Stage, steps: int) -> None:
    """Wherever it was killed, on the way back too, it ends on the release that worked; file and ledger agree."""
    name_release(place, FIRST)
    deploying.deploy(place, "staging")
    stage.sick = frozenset({SECOND})
    name_release(place, SECOND)
    if killed_at(place, stage, steps) is None:
        finished(place)
    assert stage.runs is not None
    assert stage.runs.id == FIRST
    assert entries(place)[-1] in {(Kind.ROLLEDBACK, FIRST), (Kind.VERIFIED, FIRST)}
    assert (Kind.VERIFIED, SECOND) not in entries(place)
    assert published(place) == entries(place)
    text = Clone(place.root).file_at(Clone(place.root).fetch("main"), "Pulumi.staging.yaml") or ""
    assert release_of("staging", text).id == FIRST


def test_what_nobody_can_approve_is_refused_and_recorded(place: Workplace, stage: Stage) -> None:
    """A symbolic link among the code: no fingerprint covers where it leads. Once, however often it is tried."""
    name_release(place, FIRST)
    (place.root / "model.py").symlink_to("elsewhere.py")
    for _ in range(2):
        result = deploying.deploy(place, "staging")
        assert result.ending is Ending.REFUSED
        assert "'model.py' is a symbolic link" in result.text
    assert published(place) == [(Kind.REFUSED, FIRST)]
    assert stage.updates == []
    (place.root / "model.py").unlink()
    assert deploying.deploy(place, "staging").ending is Ending.VERIFIED


def test_what_nobody_can_approve_holds_no_way_back(place: Workplace, stage: Stage) -> None:
    """The stage goes back with the code that was let in, from a clone whose own code has a link in it."""
    both_verified(place)
    (place.root / "model.py").symlink_to("elsewhere.py")
    commit(place.root, "Lead elsewhere")
    goes_back(place, stage)


BROKEN: dict[str, Callable[[Path], object]] = {
    "a stack file that is no YAML": lambda root: (root / "Pulumi.staging.yaml").write_text("config: [\n"),
    "a stack file that is no text": lambda root: (root / "Pulumi.staging.yaml").write_bytes(b"config: \xff\n"),
    "no stack file": lambda root: (root / "Pulumi.staging.yaml").unlink(),
    "an estate that cannot be read": lambda root: (root / "estate/openim.yaml").write_text("{}: {}\n"),
    "teams that cannot be read": lambda root: (root / "estate/teams.yaml").write_text("- a\n- &b c\n- *b\n"),
}


@pytest.mark.parametrize("how", BROKEN)
def test_what_nobody_can_read_holds_no_way_back(place: Workplace, stage: Stage, how: str) -> None:
    """Whoever breaks main's files does not keep a bad release running; main keeps them until somebody mends them."""
    both_verified(place)
    BROKEN[how](place.root)
    commit(place.root, "Break")
    broken = git(place.root, "rev-parse", "HEAD:")
    goes_back(place, stage)
    git(place.root, "fetch", "--quiet", "origin")
    changed = git(place.root, "diff", "--name-only", broken, "origin/main").split()
    assert set(changed) <= {"ledger/staging.jsonl", "Pulumi.staging.yaml"}
    assert ("Pulumi.staging.yaml" in changed) == ("stack file" not in how)


def test_a_stage_that_is_declared_no_more_is_not_taken_down(place: Workplace, stage: Stage, root: Path) -> None:
    """Whoever leaves its settings out asks nobody; refused, recorded, and nothing is brought up."""
    name_release(place, FIRST)
    deploying.deploy(place, "staging")
    git(place.root, "pull", "--quiet", "--rebase", "origin", "main")
    shutil.copy(root / "Pulumi.shared.yaml", place.root / "Pulumi.staging.yaml")
    commit(place.root, "Leave out")
    names = ("GITHUB_OWNER", "DISPATCH_TOKEN", "REGISTRY_GHCR_USERNAME", "REGISTRY_GHCR_PASSWORD")
    names = (*names, "REGISTRY_ALIYUN_USERNAME", "REGISTRY_ALIYUN_PASSWORD")
    more = {"WEBHOOK_URL": "https://cicd.example.org", "REGISTRY_GHCR": "a.example/b", "REGISTRY_ALIYUN": "a.example/b"}
    place = replace(place, environment={**place.environment, **dict.fromkeys(names, "openimsdk"), **more})
    for _ in range(2):
        result = deploying.deploy(place, "staging")
        assert (result.ending, stage.updates) == (Ending.REFUSED, [FIRST])
        assert "declare no environment any more" in result.text
    assert [kind for kind, _ in published(place)][-2:] == [Kind.VERIFIED, Kind.REFUSED]


def test_a_cut_ledger_holds_the_way_back(place: Workplace, stage: Stage) -> None:
    """It would not say which release was found bad since."""
    both_verified(place)
    ledger = place.root / "ledger/staging.jsonl"
    ledger.write_text("".join(ledger.read_text().splitlines(keepends=True)[:-1]))
    commit(place.root, "Forget")
    with pytest.raises(NotHeld, match="its tail was cut off"):
        rollback(place, "staging")


def both_verified(place: Workplace) -> None:
    """The first release worked here, the second does, and the clone holds what the remote does."""
    name_release(place, FIRST)
    deploying.deploy(place, "staging")
    name_release(place, SECOND)
    assert deploying.deploy(place, "staging").ending is Ending.VERIFIED
    git(place.root, "pull", "--quiet", "--rebase", "origin", "main")


def goes_back(place: Workplace, stage: Stage) -> None:
    """`rollback` ends with the first release, recorded here and at the remote."""
    result = rollback(place, "staging")
    assert result.ending is Ending.ROLLED_BACK, result.text
    assert stage.runs is not None
    assert stage.runs.id == FIRST
    assert entries(place)[-1] == (Kind.ROLLEDBACK, FIRST)
    assert published(place) == entries(place)


def anchored(place: Workplace) -> int:
    """How many entries the registry knows of."""
    kept = anchors(place.root, "staging", place.environment)
    assert kept
    found = kept.read()
    return found.entries if found else 0


def finished(place: Workplace) -> None:
    """What a job or person does after a kill: the same command, in a clone that follows main."""
    git(place.root, "fetch", "--quiet", "origin")
    deploying.deploy(place, "staging")


def published(place: Workplace) -> list[tuple[Kind, str]]:
    """What the remote's ledger says."""
    clone = Clone(place.root)
    text = clone.file_at(clone.fetch("main"), ledger_file("staging")) or ""
    return [(one.kind, one.release) for one in parse_lines("staging", text)]


def test_testers_are_told_by_the_next_run(place: Workplace, stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed after the record and before the word to them: the next run finds nothing to deploy, and tells them."""
    told: list[bool] = []

    def notice(*_: Any, once: bool = False) -> None:
        told.append(once)

    monkeypatch.setattr(deploying.notices, "to_testers", lambda *_, **__: stage.step())
    name_release(place, FIRST)
    for steps in range(STEPS):
        killed_at(place, stage, steps)
        if entries(place)[-1:] == [(Kind.VERIFIED, FIRST)] and published(place) == entries(place):
            break
    monkeypatch.setattr(deploying.notices, "to_testers", notice)
    assert deploying.deploy(place, "staging").ending is Ending.ALREADY
    assert told == [True]


def test_whoever_waited_looks_again(
    place: Workplace, stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While a deployment waits for another one's lock, that one brings a newer release: the older does not follow."""
    name_release(place, FIRST)
    deploying.deploy(place, "staging")
    git(tmp_path, "clone", "--quiet", str(tmp_path / "openimsdk" / "openim-cicd.git"), str(tmp_path / "other"))
    other = Workplace(tmp_path / "other", place.environment, Journal(lambda _: None), tmp_path)
    name_release(place, SECOND)
    up = Workplace.update

    def waits(_place: Workplace, _name: str, _watch: object, again: Callable[[], None], _plan: object) -> Outcome:
        again()
        monkeypatch.setattr(Workplace, "update", up)
        name_release(other, THIRD)
        assert deploying.deploy(other, "staging").ending is Ending.VERIFIED
        again()
        raise AssertionError("it went on")

    monkeypatch.setattr(Workplace, "update", waits)
    assert deploying.deploy(place, "staging").ending is Ending.OVERTAKEN
    assert stage.updates == [FIRST, THIRD]
    assert entries(place)[-1] == (Kind.VERIFIED, THIRD)
