"""An infrastructure repository and a source repository on a running stand-in, and people who work with them."""

import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from delivery.approve import Approved, approve
from delivery.collect import Collector
from delivery.declared import parts_at, reader
from delivery.gate_input import gather, gather_from
from delivery.git import Clone
from delivery.github import GitHub
from delivery.ledger import Ledger, publish
from delivery.promote import Promoter, Promotion
from delivery.stack_file import release_of, with_release
from delivery.trees import of_commit
from model.gate import Decision, decide
from model.ledger import Actor, Kind
from model.policy import Policy
from model.release import Author, Release, Source
from model.settings import read_written
from tests.sandbox.github.conftest import StandIn, running

FILES = ("Pulumi.staging.yaml", "Pulumi.prod.yaml", "estate/teams.yaml")
STAGES = ("staging", "prod")
SOURCE = "server-under-test"


@dataclass
class World:
    """What a test works with; every part is real but GitHub."""

    standin: StandIn
    folder: Path
    name: str
    root: Path
    """The project, whose files the repository begins with."""
    open: ExitStack
    commits: list[str] = field(default_factory=list)
    """Of the source repository's main, oldest first."""

    @property
    def repository(self) -> str:
        return f"openimsdk/{self.name}"

    def as_person(self, login: str) -> GitHub:
        return GitHub(self.open.enter_context(self.standin.client(login)), sleep=lambda _: None)

    def clone(self, login: str = "deployer") -> Clone:
        """That person's clone, as new as the remote."""
        target = self.folder / login
        if not target.exists():
            git(self.folder, "clone", "--quiet", self.standin.clone_address(self.name, login), str(target))
        git(target, "fetch", "--quiet")
        git(target, "checkout", "--quiet", "-B", "main", "origin/main")
        return Clone(target)

    def actor(self, login: str) -> Actor:
        with self.standin.client("owner") as client:
            found = client.get(f"/users/{login}").json()
        return Actor(login=found["login"], id=found["id"])

    def release(self, mark: str, commit: str, *authors: str) -> Release:
        """The project's own release with another digest for one image."""
        present = release_of("staging", (self.root / "Pulumi.staging.yaml").read_text())
        return Release(
            id=f"v3.9.0+{mark * 7}",
            images={**present.images, "openim-api": f"sha256:{mark * 64}"},
            sources={SOURCE: Source(branch="main", commit=commit)},
            authors=tuple(Author(login=one, id=self.actor(one).id) for one in authors),
        )

    def put(self, stage: str, release: Release) -> str:
        """Name ``release`` in a stage's file on main; gives its fingerprint."""
        file = f"Pulumi.{stage}.yaml"
        self.clone().publish(
            "main", f"Release to {stage}", lambda read: {file: with_release(stage, read(file) or "", release)}
        )
        return parts_at(self.clone(), stage, "HEAD").fingerprint

    def declared(self, stage: str) -> Policy:
        """The policy that main's files declare."""
        clone = self.clone()
        read = reader(clone, "HEAD")
        return gather_from(stage, read, read_written(stage, read), trees=of_commit(clone, "HEAD")).declared

    def decided(self) -> Decision:
        """What production's gate says to what main declares."""
        clone = self.clone()
        return decide(gather("prod", clone.root, read_written("prod", lambda file: (clone.root / file).read_text())))

    def tell(self, stage: str, kind: Kind, release: Release, **more: Any) -> None:
        """Something that happened two hours ago, as the deployer recorded it."""
        ledger = Ledger(self.clone().root, stage, lambda: datetime.now(UTC) - timedelta(hours=2))
        evidence = {"images": dict(release.images), **more.pop("evidence", {})}
        ledger.append(kind, release=release.id, evidence=evidence, **more)
        publish(self.clone_as_it_is(), stage, f"Record {kind.value}")

    def clone_as_it_is(self) -> Clone:
        return Clone(self.folder / "deployer")

    def promote(self, by: str = "aiko-tester", release: str = "") -> Promotion:
        """Offer to production what staging runs."""
        return Promoter(self.clone(by), self.as_person(by), self.repository).promote("prod", release)

    def agree(self, login: str, **more: Any) -> Approved:
        """That person approves what is offered to production."""
        return approve(self.clone(login), self.as_person(login), self.repository, "prod", **more)

    def collector(self) -> Collector:
        """Collects for the deployer, in a clone that is as new as the remote."""
        return Collector(self.clone(), self.as_person("deployer"), self.repository)

    def merge(self, number: int) -> str:
        """What the branch's rules allow once people have approved; gives main's new commit."""
        with self.standin.client("owner") as client:
            answer = client.put(f"/repos/{self.repository}/pulls/{number}/merge", json={"merge_method": "squash"})
        assert answer.status_code == 200, answer.text
        return str(answer.json()["sha"])


def git(folder: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=Tester", "-c", "user.email=tester@openim.example")
    done = subprocess.run(["git", *identity, *arguments], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.fixture(scope="session")
def standin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandIn]:
    """One for all tests here; each makes repositories of its own."""
    with running(tmp_path_factory.mktemp("github")) as made:
        yield made


@pytest.fixture
def empty(
    standin: StandIn, root: Path, tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[World]:
    """An infrastructure repository as the project's files have it; nothing has happened yet."""
    monkeypatch.delenv("GITHUB_TOKEN", raising=False)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    name = request.node.name.split("[")[0].replace("_", "-")[:80]
    with ExitStack() as stack:
        owner = stack.enter_context(standin.client("owner"))
        for one in (name, SOURCE):
            answer = owner.post("/orgs/openimsdk/repos", json={"name": one, "auto_init": True})
            assert answer.status_code == 201, answer.text
        for login in ("withchao", "skiffer-git", "omar-sre", "ines-sre", "lin-tester", "aiko-tester"):
            owner.put(f"/repos/openimsdk/{name}/collaborators/{login}", json={"permission": "push"}).raise_for_status()
        world = World(standin, tmp_path, name, root, stack)
        texts = {file: (root / file).read_text() for file in FILES}
        texts |= {file: undemanding(text) for file, text in texts.items() if file.startswith("Pulumi.")}
        world.clone().publish("main", "Begin", lambda _: texts)
        yield world
        for one in (name, SOURCE):
            owner.delete(f"/repos/openimsdk/{one}")


LEFT_OUT = ("freezeWindows:", "requireSavedPlan:", "openim-cicd:provenance:")


def undemanding(text: str) -> str:
    """A stage's settings without freeze windows, which tests may fall into, without saved plans and provenance."""
    return "".join(line for line in text.splitlines(keepends=True) if not line.strip().startswith(LEFT_OUT))


@pytest.fixture
def world(empty: World, tmp_path: Path) -> World:
    """Production runs an older release; staging has verified and tested a newer one, which withchao wrote."""
    source = tmp_path / "source"
    git(tmp_path, "clone", "--quiet", empty.standin.clone_address(SOURCE, "owner"), str(source))
    for number, subject in enumerate(("Begin", "Ring @withchao `twice`", "Mend the login"), 1):
        (source / "main.go").write_text(f"package main // {number}\n")
        git(source, "add", ".")
        git(source, "commit", "--quiet", "-m", subject)
        empty.commits.append(git(source, "rev-parse", "HEAD"))
    git(source, "push", "--quiet", "origin", "HEAD:main")
    old = empty.release("a", empty.commits[0])
    new = empty.release("b", empty.commits[2], "withchao")
    fingerprint = empty.put("prod", old)
    empty.tell("prod", Kind.GENESIS, old, fingerprint=fingerprint, evidence={"policy": empty.declared("prod").data})
    empty.tell("prod", Kind.VERIFIED, old, fingerprint=fingerprint)
    fingerprint = empty.put("staging", new)
    empty.tell("staging", Kind.VERIFIED, new, fingerprint=fingerprint)
    empty.tell(
        "staging",
        Kind.TESTED,
        new,
        actor=empty.actor("lin-tester"),
        reasons=["calls work"],
        evidence={"verdict": "pass"},
    )
    return empty
