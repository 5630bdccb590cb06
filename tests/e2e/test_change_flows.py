"""One change's way, as `make demo` has taken it: to staging by itself, to production by approval, and back."""

import re
from pathlib import Path

import httpx
import pytest

from cli.journey.changes import Change, merge
from cli.journey.people import Person
from delivery.github import GitHub, GitHubError, client
from delivery.ledger import parse_lines
from model.images_check import NAME
from model.ledger import Entries, Entry, Kind
from sandbox.github import services as github
from sandbox.layout import Layout
from tests.e2e.machine import Machine, run

SERVER = "open-im-server"
RED = 'package service\n\nimport "testing"\n\nfunc TestRed(t *testing.T) { t.Fatal("red") }\n'


def clone(machine: Machine) -> Path:
    """The working copy of the infrastructure repository that the demo's people type their commands in."""
    return machine.root / ".sandbox" / "infrastructure"


def ledger(machine: Machine, stage: str) -> Entries:
    return parse_lines(stage, (clone(machine) / "ledger" / f"{stage}.jsonl").read_text())


def kinds(entries: Entries) -> list[Kind]:
    return [one.kind for one in entries if one.kind not in {Kind.REFUSED, Kind.GENESIS}]


def person(machine: Machine, login: str) -> Person:
    """One of the sandbox's people, and GitHub as they see it."""
    token = github.places(Layout(machine.root / ".sandbox")).token(login).read_text().strip()
    return Person(login, token, GitHub(client(token, machine.variables["GITHUB_BASE_URL"])))


@pytest.fixture(scope="module")
def releases(machine: Machine) -> tuple[Entry, Entry, Entry]:
    """Production's entries of the first release, of the good one, and of the sick one."""
    entries = ledger(machine, "prod")
    verified = [one for one in entries if one.kind is Kind.VERIFIED]
    failed = [one for one in entries if one.kind is Kind.FAILED]
    return verified[0], verified[1], failed[0]


def test_production_went_the_whole_way_and_back(machine: Machine) -> None:
    """Proposed, approved by two, deployed, verified; then a sick one, back by itself; then back by hand."""
    deployed = [Kind.DEPLOYING, Kind.DEPLOYED, Kind.VERIFIED]
    proposed = [Kind.PROPOSED, Kind.APPROVED, Kind.APPROVED]
    told = kinds(ledger(machine, "prod"))
    assert told[: len(deployed) + 6] == [*deployed, *proposed, *deployed]
    rest = told[len(deployed) + 6 :]
    assert [one for one in rest if one is not Kind.DEPLOYED] == [
        *proposed, Kind.DEPLOYING, Kind.FAILED, Kind.DEPLOYING, Kind.ROLLEDBACK, Kind.DEPLOYING, Kind.ROLLEDBACK,
    ]  # fmt: skip


def test_production_ran_what_staging_had_verified(machine: Machine, releases: tuple[Entry, ...]) -> None:
    """The very same digests, under the same id, later."""
    _, good, sick = releases
    for one in (good, sick):
        before = next(e for e in ledger(machine, "staging") if e.kind is Kind.VERIFIED and e.release == one.release)
        assert before.at < one.at
        assert before.images == one.images


def test_approvers_were_two_others(machine: Machine, releases: tuple[Entry, ...]) -> None:
    """Distinct people, none of whom wrote or proposed it, under the fingerprint that was deployed."""
    _, good, _ = releases
    approved = [one for one in ledger(machine, "prod") if one.kind is Kind.APPROVED and one.release == good.release]
    assert {one.actor.login for one in approved} == {"omar-sre", "ines-sre"}
    assert {one.fingerprint for one in approved} == {good.fingerprint}
    assert {one.evidence["signedBy"] for one in approved} == {"person"}
    assert (clone(machine) / "approvals" / "prod" / f"{good.fingerprint}.yaml").exists()


def test_everything_that_was_recorded_is_signed(machine: Machine) -> None:
    """By the machine, in its jobs and at the operator's desk; nothing needs a network to say so."""
    told = run(["openim-cicd", "ledger", "verify"], clone(machine), machine.variables).text
    for stage in ("staging", "prod"):
        count = len(ledger(machine, stage))
        assert f"ledger/{stage}.jsonl is whole; {count} entries, {count} signed by the machine; head " in told


def test_what_nobody_approved_was_refused(machine: Machine) -> None:
    """Somebody who appoints himself, a ledger rewritten or cut, an image that was set by hand; and why."""
    shown = " ".join(machine.demo.text.split())
    assert (
        "which changes the policy in force (team/sre: +withchao): no plan was saved for it; 0 of 2 approvals" in shown
    )
    assert "is not known to be built by openimsdk/open-im-server at" in shown
    assert "nobody has vouched for it" in shown
    assert "its signature is not of this text" in shown
    assert re.search(r"it holds \d+ entries, and \d+ were anchored: its tail was cut off", shown)
    assert f"does not admit registry.example/openim/openim-api@sha256:{'f' * 64}" in shown


def test_nobody_got_past_the_gate(machine: Machine) -> None:
    """The author's approval and the update that nobody had approved were refused, with the next command."""
    assert "an author of the release; it takes 2 of team/release-managers, team/sre" in machine.demo.text
    assert "0 of 2 approvals (needs one of team/sre); next: openim-cicd approve prod" in machine.demo.text


def test_the_sick_release_has_an_issue(machine: Machine, releases: tuple[Entry, ...]) -> None:
    """With the release, what was seen, and where the stage went back to."""
    _, good, sick = releases
    repository = f"{machine.variables['GITHUB_OWNER']}/openim-cicd"
    issues = list(person(machine, "owner").github.pages(f"repos/{repository}/issues", state="all"))
    body = next(one["body"] for one in issues if sick.release in one["title"] and "prod" in one["title"])
    assert good.release in body
    assert sick.reasons[0].split("(")[0].strip() in body


def test_the_stages_end_where_they_began(machine: Machine, releases: tuple[Entry, ...]) -> None:
    """Back by hand, seen to work; the next demo and the shell's previews change nothing."""
    first, *_ = releases
    for stage in ("staging", "prod"):
        newest = ledger(machine, stage)[-1]
        assert (newest.kind, newest.release) == (Kind.ROLLEDBACK, first.release)


def test_the_time_is_told_by_phase(machine: Machine) -> None:
    """From the merge to a verified staging, the build's own time apart."""
    told = [line for line in machine.demo.text.splitlines() if "verified; from the merge: " in line]
    assert len(told) == 2
    for phase in ("checks and build", "release", "deploy job", "update", "verification", "without the build"):
        assert phase in told[0]


def test_a_red_test_changes_nothing(machine: Machine) -> None:
    """The pull request cannot be merged, no image is built, no release made, no stage touched."""
    before = (ledger(machine, "staging"), images(machine))
    repository = f"{machine.variables['GITHUB_OWNER']}/{SERVER}"
    author, reviewer = person(machine, "withchao"), person(machine, "skiffer-git")
    with pytest.raises(GitHubError) as refused:
        merge(Change(repository, "red", "Break it", {"pkg/service/red_test.go": RED}), author, reviewer)
    assert refused.value.status == httpx.codes.METHOD_NOT_ALLOWED
    assert "1 failing" in str(refused.value)
    head = author.github.get(f"repos/{repository}/git/ref/heads/red")["object"]["sha"]
    assert author.github.get(f"repos/{repository}/commits/{head}/check-runs", check_name=NAME)["total_count"] == 0
    assert (ledger(machine, "staging"), images(machine)) == before


def images(machine: Machine) -> list[str]:
    """Every manifest in the registry."""
    storage = machine.root / ".sandbox" / "registry" / "storage"
    return sorted(str(path) for path in storage.rglob("_manifests/revisions/sha256/*"))
