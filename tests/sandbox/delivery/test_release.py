"""Releases from what CI built: the newest good commit, verified digests, whose work it is, in order."""

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from delivery.errors import Refused
from delivery.github import GitHub
from delivery.ledger import Ledger
from delivery.registry import Registry
from delivery.release import Assembler, Outcome
from delivery.stack_file import release_of
from model.images_check import NAME
from model.ledger import Kind
from model.release import Release
from sandbox.runner.client import Door, Ending, Report
from tests.sandbox.delivery.conftest import World, git
from tests.sandbox.delivery.test_outages import at_every_request

INDEX = "application/vnd.oci.image.index.v1+json"
WORKFLOW = """
name: CI
on: {push: {branches: [main]}}
permissions: {checks: write}
jobs: {ci: {name: CI, runs-on: ubuntu-latest, steps: [{run: "true"}]}}
"""
PATH = ".github/workflows/openim-cicd.yml"
SERVER, CHAT = "open-im-server", "chat"
OWN = {SERVER: "the-server", CHAT: "the-chat"}
"""The repositories that stand for OpenIM's in these tests."""


@dataclass
class Works:
    """Two source repositories, a CI that builds what the test says, and the registry it pushes to."""

    world: World
    registry: Any
    door: Door
    built: dict[str, dict[str, str]]
    """Images of each repository, by name."""
    clones: dict[str, Path] = field(default_factory=dict)
    count: int = 0

    def push(
        self, name: str, *, files: dict[str, str] | None = None, message: str = "Change", by: str = "Tester"
    ) -> str:
        """A commit on main, whose CI waits to be answered."""
        self.count += 1
        clone = self.clones[name]
        for path, text in (files or {"main.go": f"package main // {self.count}\n"}).items():
            (clone / path).parent.mkdir(parents=True, exist_ok=True)
            (clone / path).write_text(text)
        mail = {"withchao": "withchao", "FGadvancer": "FGadvancer"}.get(by)
        author = f"{by} <{self._mail(mail) if mail else f'{by}@example.org'}>"
        git(clone, "add", "-A")
        git(clone, "commit", "--quiet", f"--author={author}", "-m", message)
        git(clone, "push", "--quiet", "origin", "HEAD:main")
        return git(clone, "rev-parse", "HEAD")

    def _mail(self, login: str) -> str:
        actor = self.world.actor(login)
        return f"{actor.id}+{login.lower()}@users.noreply.openim.example"

    def image(self, name: str) -> str:
        """A new image of that name in the registry; its digest."""
        present = release_of("staging", (self.world.root / "Pulumi.staging.yaml").read_text()).images[name]
        self.count += 1
        with self.registry.client() as client:
            index = client.get(f"/v2/openim/{name}/manifests/{present}").json()
            content = json.dumps({**index, "annotations": {"number": str(self.count)}}).encode()
            digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
            headers = {"Content-Type": INDEX}
            client.put(f"/v2/openim/{name}/manifests/{digest}", content=content, headers=headers).raise_for_status()
        return digest

    def ci(
        self, name: str, *, images: dict[str, str] | None = None, said: dict[str, Any] | None = None
    ) -> dict[str, str]:
        """Run the oldest waiting job of CI: build one image anew, or ``images``, and report them all."""
        order = self.door.next()
        assert order is not None
        first = next(iter(self.built[name]))
        self.built[name] |= {first: self.image(first)} if images is None else images
        host = self.registry.environment["REGISTRY"]
        report = {"registry": host, "path": "openim", "images": self.built[name], **(said or {})}
        check = {
            "name": NAME,
            "head_sha": order["github"]["sha"],
            "status": "completed",
            "conclusion": "success",
            "output": {"title": NAME, "summary": "All images.", "text": f"```json\n{json.dumps(report)}\n```"},
        }
        self._as_job(order, "check-runs", check)
        self.door.end(order["job"], Report("", []), Ending("success", {}))
        return self.built[name]

    def fails(self) -> None:
        """Run the oldest waiting job of CI: a test is red, so there are no images."""
        order = self.door.next()
        assert order is not None
        self.door.end(order["job"], Report("", []), Ending("failure", {}))

    def _as_job(self, order: dict[str, Any], path: str, body: dict[str, Any]) -> None:
        headers = {"Authorization": f"Bearer {order['secrets']['GITHUB_TOKEN']}"}
        url = f"{self.world.standin.base}/api/v3/repos/{order['github']['repository']}/{path}"
        answer = httpx.post(url, json=body, headers=headers, trust_env=False)
        assert answer.status_code == 201, answer.text

    @property
    def assembler(self) -> Assembler:
        return self.assembling(self.world.as_person("deployer"))

    def assembling(self, github: GitHub) -> Assembler:
        made = self.registry.environment
        asked = Registry(made["REGISTRY"], made["REGISTRY_USERNAME"], made["REGISTRY_PASSWORD"])
        return Assembler(self.world.clone(), github, "openimsdk", asked.host, asked.missing)

    def create(self, **more: Any) -> Outcome:
        return self.assembler.create("staging", **more)

    def staging(self) -> Release:
        return release_of("staging", (self.world.clone("owner").root / "Pulumi.staging.yaml").read_text())


@pytest.fixture
def works(empty: World, registry, tmp_path: Path, root: Path) -> Any:
    """The first commit of both repositories is CI's workflow, which built nothing yet."""
    world = empty
    images = release_of("staging", (root / "Pulumi.staging.yaml").read_text()).images
    chat = {name: digest for name, digest in images.items() if name.startswith(("openim-chat", "openim-admin"))}
    server = {name: digest for name, digest in images.items() if name.startswith("openim-") and name not in chat}
    door = Door(world.standin.base, world.standin.root / "tokens" / "runner", "test")
    works = Works(world, registry, door, {SERVER: server, CHAT: chat})
    door.start()
    with world.standin.client("owner") as owner:
        for name, own in OWN.items():
            body = {"name": own, "auto_init": True}
            answer = owner.post("/orgs/openimsdk/repos", json=body)
            assert answer.status_code == 201, answer.text
            works.clones[name] = tmp_path / own
            git(tmp_path, "clone", "--quiet", world.standin.clone_address(own, "owner"), own)
            works.push(name, files={PATH: WORKFLOW}, message="Add CI")
            works.fails()
        _declare(world, root)
        yield works
        for own in OWN.values():
            owner.delete(f"/repos/openimsdk/{own}")


def _declare(world: World, root: Path) -> None:
    """The project's estate with these repositories in the places of OpenIM's."""

    def renamed(text: str) -> str:
        for name, own in OWN.items():
            text = text.replace(f"name: {name}\n", f"name: {own}\n").replace(f"name: {name},", f"name: {own},")
        return text

    estate = {file: (root / file).read_text() for file in ("estate/repositories.yaml", "estate/pipelines.yaml")}
    staging = (root / "Pulumi.staging.yaml").read_text()
    sources = "{open-im-server: main, chat: main}"
    assert sources in staging
    files = {
        "estate/repositories.yaml": renamed(estate["estate/repositories.yaml"]),
        "estate/pipelines.yaml": estate["estate/pipelines.yaml"],
        "Pulumi.staging.yaml": staging.replace(sources, "{the-server: main, the-chat: main}"),
    }
    world.clone().publish("main", "Declare", lambda _: files)


def test_the_newest_images_become_a_release(works: Works) -> None:
    """The repository that moved gives new images, the other and the stores are carried over; it is one commit."""
    before = works.staging()
    commit = works.push(SERVER, by="withchao", message="Ring twice\n\nCo-authored-by: Pat <pat@example.org>")
    images = works.ci(SERVER)
    outcome = works.create()
    found = works.staging()
    assert outcome.release == found
    assert found.images == {**before.images, **images}
    assert found.id.startswith("v3.8.4-alpha.1+")
    assert found.id != before.id
    assert found.sources["the-server"].commit == commit
    assert list(found.sources) == ["the-server"]
    assert [note.partition(":")[0] for note in outcome.notes] == ["the-chat"]
    assert {author.login for author in found.authors} >= {"withchao", "pat@example.org", "mei-admin"}
    assert next(one for one in found.authors if one.login == "withchao").id == works.world.actor("withchao").id
    assert works.world.clone().git("log", "-1", "--format=%s") == f"Release {found.id} to staging"
    assert works.create().release is None
    assert not Ledger(works.world.clone().root, "staging").path.exists()


def test_two_pushes_in_a_row_newer_wins(works: Works) -> None:
    """Whichever is built first; a later look at the older one changes nothing."""
    works.push(SERVER)
    newer = works.push(SERVER)
    works.ci(SERVER)
    assert works.create().release is not None
    works.ci(SERVER)
    found = works.create().release
    assert found is not None
    assert found.sources["the-server"].commit == newer
    assert works.create().release is None


def test_what_a_stage_was_taken_back_from_stays_away(works: Works) -> None:
    """No schedule and no release of the other repository undoes somebody's way back; a newer commit goes on."""
    before = works.staging()
    bad = works.push(SERVER)
    works.ci(SERVER)
    left = works.create().release
    assert left is not None
    sources = {name: one.commit for name, one in left.sources.items()}
    works.world.tell("staging", Kind.DEPLOYING, left, evidence={"sources": sources})
    works.world.put("staging", before)
    works.world.tell("staging", Kind.ROLLEDBACK, before, evidence={"from": left.id})
    again = works.create()
    assert again.release is None
    assert f"staging was taken back from {bad[:12]} ({left.id})" in "".join(again.notes)
    works.push(CHAT)
    works.ci(CHAT)
    chat = works.create().release
    assert chat is not None
    assert "the-server" not in chat.sources
    newer = works.push(SERVER)
    works.ci(SERVER)
    forward = works.create().release
    assert forward is not None
    assert forward.sources["the-server"].commit == newer


def test_both_are_released_apart(works: Works) -> None:
    """Server, then chat, then nothing."""
    works.push(SERVER)
    works.ci(SERVER)
    first = works.create().release
    works.push(CHAT)
    chat = works.ci(CHAT)
    second = works.create().release
    assert first is not None
    assert second is not None
    assert second.sources["the-server"] == first.sources["the-server"]
    assert {name: second.images[name] for name in chat} == chat
    assert second.id != first.id


def test_a_red_test_changes_nothing(works: Works) -> None:
    """No images, no release; the last good commit stays."""
    works.push(SERVER)
    works.fails()
    outcome = works.create()
    assert outcome.release is None
    assert "the-server: no commit of main has images and all required checks" in outcome.notes


def test_a_check_of_somebody_else_is_not_believed(works: Works) -> None:
    """Another App, or no run of a push behind it."""
    commit = works.push(SERVER)
    works.fails()
    said = {"registry": works.registry.environment["REGISTRY"], "path": "openim", "images": works.built[SERVER]}
    check = {
        "name": NAME,
        "head_sha": commit,
        "conclusion": "success",
        "output": {"title": NAME, "summary": ".", "text": f"```json\n{json.dumps(said)}\n```"},
    }
    works.world.as_person("deployer").post("repos/openimsdk/the-server/check-runs", check)
    assert works.create().release is None


def test_required_checks_must_have_passed(works: Works) -> None:
    """Images alone do not make a release where the branch's rules ask for more."""
    rule = {"type": "required_status_checks", "parameters": {"required_status_checks": [{"context": "Lint"}]}}
    rule["parameters"]["strict_required_status_checks_policy"] = False
    works.push(SERVER)
    works.ci(SERVER)
    works.world.as_person("owner").post(
        "repos/openimsdk/the-server/rulesets",
        {
            "name": "main",
            "target": "branch",
            "enforcement": "active",
            "conditions": {"ref_name": {"include": ["refs/heads/main"], "exclude": []}},
            "rules": [rule],
        },
    )
    assert works.create().release is None


def test_managed_files_alone_start_no_release(works: Works) -> None:
    """What the machine commits itself builds nothing new."""
    works.push(SERVER)
    works.ci(SERVER)
    assert works.create().release is not None
    works.push(SERVER, files={PATH: WORKFLOW + "# newer\n", ".github/CODEOWNERS": "* @openimsdk/sre\n"})
    works.ci(SERVER)
    outcome = works.create()
    assert outcome.release is None
    assert any("only files that the machine manages have changed" in note for note in outcome.notes)


def test_a_digest_that_is_not_in_the_registry_is_refused(works: Works) -> None:
    """Named with repository, commit and image; nothing is changed."""
    before = works.staging()
    works.push(SERVER)
    works.ci(SERVER, images={"openim-api": f"sha256:{'0' * 64}"})
    with pytest.raises(Refused, match=r"the-server@\w+: .*openim/openim-api@sha256:0+ is not in the registry"):
        works.create()
    assert works.staging() == before


@pytest.mark.parametrize(
    ("report", "why"),
    [
        ({"registry": "elsewhere.example"}, "CI pushed to elsewhere.example/openim; images are pulled from"),
        ({"images": {"openim-api": f"sha256:{'0' * 64}"}}, "CI did not build"),
        ({"images": {"mongo": f"sha256:{'0' * 64}"}}, r"images \['mongo'\] are not this repository's"),
    ],
)
def test_a_report_that_does_not_fit_is_refused(works: Works, report: dict[str, Any], why: str) -> None:
    """Another registry, missing images, somebody else's images."""
    works.push(SERVER)
    works.ci(SERVER, said=report)
    with pytest.raises(Refused, match=why):
        works.create()


def test_a_rewritten_branch_is_refused(works: Works) -> None:
    """What runs was built from a commit that main does not have any more: somebody must say that this is meant."""
    works.push(SERVER)
    works.ci(SERVER)
    works.create()
    clone = works.clones[SERVER]
    git(clone, "reset", "--quiet", "--hard", "HEAD~1")
    (clone / "other.go").write_text("package main\n")
    git(clone, "add", "-A")
    git(clone, "commit", "--quiet", "-m", "Another history")
    git(clone, "push", "--quiet", "--force", "origin", "HEAD:main")
    works.ci(SERVER)
    with pytest.raises(Refused, match="the-server: main was rewritten"):
        works.create()


def test_a_dry_run_changes_nothing(works: Works) -> None:
    """It says what would be."""
    before = works.staging()
    works.push(SERVER)
    works.ci(SERVER)
    outcome = works.create(dry_run=True)
    assert outcome.release is not None
    assert outcome.commit == ""
    assert works.staging() == before


def test_the_version_is_the_newest_tag_that_the_commit_contains(works: Works) -> None:
    """Tags on other commits, and what is no version, do not count."""
    clone = works.clones[SERVER]
    works.push(SERVER)
    works.ci(SERVER)
    for tag in ("v3.8.9", "v3.10.0", "nightly"):
        git(clone, "tag", tag)
    git(clone, "push", "--quiet", "origin", "v3.8.9", "v3.10.0", "nightly")
    works.push(SERVER)
    git(clone, "checkout", "--quiet", "-b", "side", "HEAD~1")
    (clone / "side.go").write_text("package main\n")
    git(clone, "add", "-A")
    git(clone, "commit", "--quiet", "-m", "Aside")
    git(clone, "tag", "v4.0.0")
    git(clone, "push", "--quiet", "origin", "v4.0.0")
    git(clone, "checkout", "--quiet", "-")
    works.ci(SERVER)
    found = works.create().release
    assert found is not None
    assert found.version == "v3.10.0"


def test_a_stage_without_sources_is_refused(works: Works) -> None:
    """Production takes releases by promotion only."""
    with pytest.raises(Refused, match=r"Pulumi\.prod\.yaml names no sources"):
        works.assembler.create("prod")


def test_github_going_down_in_the_middle_leaves_no_half_release(works: Works) -> None:
    """Cut off at every request in turn, it is made whole by the next run, as one commit."""
    commit = works.push(SERVER)
    works.ci(SERVER)
    before = works.world.clone("owner").git("rev-list", "--count", "HEAD")
    cuts = at_every_request(
        works.world, "deployer", lambda github: works.assembling(github).create("staging"), heard=False
    )
    assert cuts >= 8
    assert works.staging().sources[OWN[SERVER]].commit == commit
    assert int(works.world.clone("owner").git("rev-list", "--count", "HEAD")) == int(before) + 1


def test_who_merged_and_who_pushed_had_a_hand_in_it(works: Works) -> None:
    """Names in git can be forged; GitHub's word for who merged and pushed cannot."""
    name, world = OWN[SERVER], works.world
    owner = world.as_person("owner")
    clone = works.clones[SERVER]
    works.push(SERVER)
    works.ci(SERVER)
    assert works.create().release is not None
    git(clone, "checkout", "--quiet", "-b", "change")
    (clone / "more.go").write_text("package main\n")
    git(clone, "add", "-A")
    git(clone, "commit", "--quiet", "--author=Nobody <nobody@example.org>", "-m", "More")
    git(clone, "push", "--quiet", "origin", "change")
    for login in ("skiffer-git", "omar-sre"):
        path = f"repos/openimsdk/{name}/collaborators/{login}"
        owner.put(path, {"permission": "push"})
    opened = world.as_person("omar-sre").post(
        f"repos/openimsdk/{name}/pulls", {"title": "More", "head": "change", "base": "main"}
    )
    world.as_person("skiffer-git").put(
        f"repos/openimsdk/{name}/pulls/{opened['number']}/merge", {"merge_method": "squash"}
    )
    works.ci(SERVER)
    git(clone, "checkout", "--quiet", "main")
    git(clone, "pull", "--quiet", "origin", "main")
    git(clone, "remote", "set-url", "origin", world.standin.clone_address(name, "omar-sre"))
    works.push(SERVER)
    works.ci(SERVER)
    found = works.create().release
    assert found is not None
    by = {one.login: one.id for one in found.authors}
    for login in ("skiffer-git", "omar-sre"):
        assert by[login] == world.actor(login).id
