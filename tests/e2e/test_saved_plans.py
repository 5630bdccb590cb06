"""Plans by the real engine, as `make demo` has approved, refused and applied them."""

from delivery.plan_files import plan_from
from model.ledger import Kind
from tests.e2e.machine import Machine
from tests.e2e.test_change_flows import clone, ledger


def test_a_moved_state_and_another_plan_are_refused(machine: Machine) -> None:
    """After the approvals, with the reason; and so is a bare update, which is held to no plan."""
    shown = " ".join(machine.demo.text.split())
    assert "its saved plan is older than the state: Deployment openim-openim-api changed; next: openim-cicd" in shown
    assert "by the plan that was approved alone; next: openim-cicd deploy prod" in shown
    assert "omar-sre's does not count: it is for another plan (sha256:" in shown
    refused = [one for one in ledger(machine, "prod") if one.kind is Kind.REFUSED]
    assert any("is older than the state" in reason for one in refused for reason in one.reasons)
    assert any("it is for another plan" in reason for one in refused for reason in one.reasons)


def test_production_was_brought_up_by_the_plan_that_was_approved(machine: Machine) -> None:
    """The good release and the sick one; nothing else was, since nothing else asks anybody."""
    entries = ledger(machine, "prod")
    begun = {one.release: one.evidence.get("plan") for one in entries if one.kind is Kind.DEPLOYING}
    approved = {one.release: one.evidence.get("plan") for one in entries if one.kind is Kind.APPROVED}
    assert len(approved) == 2
    for release, plan in approved.items():
        # A rollback by itself has deployed the release before it once more, without one.
        told = [one.evidence.get("plan") for one in entries if one.kind is Kind.DEPLOYING and one.release == release]
        assert plan
        assert told[0] == plan
    assert all(plan is None for release, plan in begun.items() if release not in approved)


def test_the_plan_is_named_beside_the_change(machine: Machine) -> None:
    """With what it does, so that approvers have it before them."""
    root = clone(machine)
    newest = [one for one in ledger(machine, "prod") if one.kind is Kind.APPROVED][-1]
    plan, fault = plan_from(lambda file: (root / file).read_text(), "prod", newest.fingerprint)
    assert fault == ""
    assert plan
    assert plan.plan == newest.evidence["plan"]
    assert plan.does["update"] > 0
