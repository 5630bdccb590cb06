"""Plans that are saved, sealed, kept beside the images, approved and held to.

Git, GitHub's stand-in and the registry are running; the engine's two answers, its plan and its state, are the test's
own (tests/e2e has the real engine).
"""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from delivery.engine import Engine
from delivery.errors import Refused
from delivery.gate_input import gather
from delivery.held_plan import held_to
from delivery.ledger import Ledger
from delivery.plans import plans
from delivery.promote import Promoter, Promotion, branch_of
from model.gate import Decision, decide
from model.ledger import Kind
from model.saved_plan import SavedPlan, plan_file
from model.settings import read_written
from tests.sandbox.conftest import Registry
from tests.sandbox.delivery.conftest import World, git

PROD = "Pulumi.prod.yaml"
PACK = "openim-cicd@v0.0.1"
URN = "urn:pulumi:prod::openim-cicd::kubernetes:apps/v1:Deployment::openim-api"


@dataclass
class Stack:
    """Production's state, and what the engine would do to it."""

    world: World
    environment: dict[str, str]
    state: list[dict[str, Any]] = field(default_factory=lambda: [{"urn": URN, "inputs": {"replicas": 2}}])
    plan: str = json.dumps({"resourcePlans": {URN: {"steps": ["update"]}}})
    planned: int = 0

    def promote(self, by: str = "aiko-tester") -> Promotion:
        made = Promoter(self.world.clone(by), self.world.as_person(by), self.world.repository, self.environment)
        return made.promote("prod")

    def held(self) -> tuple[Decision, str]:
        """What the gate says to what main declares, its plan looked at; and that plan's text, where it can be used."""
        clone = self.world.clone()
        section = read_written("prod", lambda file: (clone.root / file).read_text())
        given, plan = held_to(gather("prod", clone.root, section), clone.root, self.environment)
        return decide(given), plan.text if plan else ""


@pytest.fixture
def stack(world: World, registry: Registry, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stack:
    """The world, where production takes changes by saved plans alone."""
    text = (world.clone().root / PROD).read_text()
    changed = text.replace("    selfApproval: false\n", "    selfApproval: false\n    requireSavedPlan: true\n", 1)
    assert changed != text
    files = [root / "estate" / "openim.yaml", *sorted((root / "estate" / "openim").rglob("*.yml"))]
    estate = {str(one.relative_to(root)): one.read_text() for one in files}
    place = f"imagePath: {tmp_path.name.replace('_', '-')}"
    estate["estate/openim.yaml"] = estate["estate/openim.yaml"].replace("imagePath: openim", place)
    world.clone().publish("main", "Ask for plans", lambda _: {PROD: changed, **estate})
    running = world.release("a", world.commits[0])
    world.tell("prod", Kind.VERIFIED, running, evidence={"policy": world.declared("prod").data})
    made = Stack(world, {**registry.environment, "PULUMI_CONFIG_PASSPHRASE": "correct horse"})
    monkeypatch.setattr(Engine, "ensure", lambda *_: None)
    monkeypatch.setattr(Engine, "state", lambda *_: made.state)
    monkeypatch.setattr(Engine, "plan", lambda *_: _plan(made))
    return made


def _plan(stack: Stack) -> tuple[str, tuple[str, ...]]:
    stack.planned += 1
    return stack.plan, (PACK,)


def agreed(stack: Stack, offered: Promotion) -> None:
    """Two approve it, one by command and one on GitHub's page; it is merged, and what they said is recorded."""
    world = stack.world
    world.agree("skiffer-git")
    page = world.as_person("omar-sre")
    page.post(f"repos/{world.repository}/pulls/{offered.number}/reviews", {"event": "APPROVE", "body": "fine"})
    world.merge(offered.number)
    world.collector().record("prod")


def test_the_approved_plan_is_what_is_applied(stack: Stack) -> None:
    """Named in the promotion with what it does, approved by its digest, and given out as it was saved."""
    offered = stack.promote()
    plan = offered.given.plan
    assert plan
    assert plan.does == {"update": 1}
    body = stack.world.as_person("owner").get(f"repos/{stack.world.repository}/pulls/{offered.number}")["body"]
    assert f"`plan {plan.plan}: 1 update, from the state that it found`" in body
    assert f"`policies that hold: {PACK}`" in body
    agreed(stack, offered)
    decision, text = stack.held()
    assert decision.allowed
    assert text == stack.plan
    entries = Ledger(stack.world.clone("owner").root, "prod").entries()
    assert {one.evidence["plan"] for one in entries if one.kind is Kind.APPROVED} == {plan.plan}


def test_promoting_twice_saves_one_plan(stack: Stack) -> None:
    """As long as it can be applied, it stays, and so do the reviews of it."""
    first, second = stack.promote(), stack.promote("ines-sre")
    assert stack.planned == 1
    assert (second.number, second.given.plan) == (first.number, first.given.plan)
    stack.state[0]["inputs"]["replicas"] = 3
    assert stack.promote().given.plan != first.given.plan


def test_a_state_that_moved_ends_the_plan(stack: Stack) -> None:
    """What moved is named; the plan alone is offered anew, approved anew by the same people, and applied."""
    agreed(stack, stack.promote())
    stack.state[0]["inputs"]["replicas"] = 3
    decision, text = stack.held()
    assert text == ""
    assert decision.text("prod", "it") == (
        "prod refuses it: its saved plan is older than the state: Deployment openim-api changed; "
        "next: openim-cicd promote prod, which saves a new one"
    )
    again = stack.promote()
    clone = stack.world.clone()
    head = clone.fetch(branch_of("prod", again.given.release.id))
    assert clone.git("diff", "--name-only", "origin/main", head) == "plans/prod.yaml"
    stack.world.merge(again.number)
    stack.world.collector().record("prod")
    assert "it is for another plan" in stack.held()[0].text("prod", "it")


def test_a_new_plan_is_approved_by_whoever_approved_the_old_one(stack: Stack) -> None:
    """One approval each for each plan; the ledger has all four."""
    agreed(stack, stack.promote())
    stack.state.append({"urn": URN.replace("openim-api", "new")})
    agreed(stack, stack.promote())
    assert stack.held()[0].allowed
    kinds = [one.kind for one in Ledger(stack.world.clone("owner").root, "prod").entries()]
    assert kinds[-6:] == [Kind.PROPOSED, Kind.APPROVED, Kind.APPROVED] * 2


def test_another_plan_in_its_place_is_approved_by_nobody(stack: Stack) -> None:
    """Sealed with the right passphrase for the right change, by somebody who can push: not what people saw."""
    offered = stack.promote()
    agreed(stack, offered)
    clone, plan = stack.world.clone(), offered.given.plan
    assert plan
    kept = plans(clone.root, "prod", stack.environment)
    approved = kept.get(plan.artifact, plan.fingerprint)
    other = kept.put(SavedPlan(state=approved.state, plan=approved.plan + " "), plan.fingerprint)
    text = (clone.root / plan_file("prod")).read_text().replace(plan.artifact, other)
    clone.publish("main", "Another plan", lambda _: {plan_file("prod"): text})
    said = stack.held()[0].text("prod", "it")
    assert "0 of 2 approvals" in said
    assert f"it is for another plan ({plan.plan})" in said


def test_a_file_that_says_something_else_of_the_plan_is_refused(stack: Stack) -> None:
    """Approvers cannot open a plan: what they were told of it is what they approved, and must be so."""
    stack.plan = json.dumps({"resourcePlans": {URN: {"steps": ["delete"]}}})
    offered = stack.promote()
    clone, branch = stack.world.clone("aiko-tester"), branch_of("prod", offered.given.release.id)
    text = clone.file_at(clone.fetch(branch), plan_file("prod")) or ""
    lie = text.replace("delete: 1", "update: 1")
    assert lie != text
    clone.publish(branch, "Sounds better", lambda _: {plan_file("prod"): lie})
    agreed(stack, offered)
    said = stack.held()[0].text("prod", "it")
    assert "its saved plan does not do what its file says" in said
    assert "approvals" not in said


def test_a_plan_that_is_gone_or_broken_is_told(stack: Stack) -> None:
    """By name, before anything is applied."""
    offered = stack.promote()
    agreed(stack, offered)
    stack.environment["PULUMI_CONFIG_PASSPHRASE"] = "wrong horse"
    assert "its saved plan does not open: it is cut off, altered, or sealed" in stack.held()[0].text("prod", "it")


def test_a_file_that_cannot_be_read_names_no_plan(stack: Stack) -> None:
    """It is told as such, with the way out, beside everything else."""
    agreed(stack, stack.promote())
    stack.world.clone().publish("main", "Break it", lambda _: {plan_file("prod"): "plan: [\n"})
    said = stack.held()[0].text("prod", "it")
    assert "no plan was saved for it" in said
    assert "plans/prod.yaml" in said
    assert "next: openim-cicd plan prod" in said


def test_a_promotion_without_its_plan_is_not_approved(stack: Stack) -> None:
    """Somebody took the file out of the branch: whoever approves is told before anything is sent."""
    offered = stack.promote()
    clone = stack.world.clone("aiko-tester")
    branch = branch_of("prod", offered.given.release.id)
    git(clone.root, "fetch", "--quiet", "origin", branch)
    git(clone.root, "checkout", "--quiet", "-B", branch, "FETCH_HEAD")
    git(clone.root, "rm", "--quiet", plan_file("prod"))
    git(clone.root, "commit", "--quiet", "-m", "No plan")
    git(clone.root, "push", "--quiet", "origin", f"HEAD:{branch}")
    with pytest.raises(Refused, match=r"#1 has no plan of this very change, and prod takes none without"):
        stack.world.agree("skiffer-git")


def test_without_a_passphrase_nothing_is_sealed(stack: Stack) -> None:
    """And no promotion is opened."""
    del stack.environment["PULUMI_CONFIG_PASSPHRASE"]
    with pytest.raises(Refused, match="PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE must hold it"):
        stack.promote()
    assert list(stack.world.as_person("owner").pages(f"repos/{stack.world.repository}/pulls")) == []
