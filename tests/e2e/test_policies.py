"""The policy pack under the real engine: this estate passes, and what does not is refused before it is made."""

import re

import pytest

from policies.estate.rules import RULES as INVARIANTS
from policies.rule import StackRule
from policies.rules import RULES
from tests.e2e.machine import STACKS, Machine
from tests.e2e.test_engine import FLAGS, edited

PREVIEW = "pulumi preview --policy-pack policies --suppress-outputs"


@pytest.mark.parametrize("stack", STACKS)
def test_the_estate_violates_nothing(machine: Machine, stack: str) -> None:
    """No rule has anything to say about what is declared."""
    shown = machine.succeed(f"{PREVIEW} -s {stack} {FLAGS}")
    assert "✅ openim-cicd@" in shown
    assert [one.name for one in RULES if f"  {one.name}  " in shown] == []


WRONG = {
    "security-context": ("staging", "components/_pod.py", '"runAsNonRoot": True', '"runAsNonRoot": False'),
    "webhook-secured": ("shared", "components/webhook.py", '"insecure_ssl": False', '"insecure_ssl": True'),
}
"""By rule: a stack, and an edit of the program that the rule forbids."""


@pytest.mark.parametrize("rule", WRONG)
def test_what_a_rule_forbids_is_refused(machine: Machine, rule: str) -> None:
    """The preview fails, and names the rule, the resource and the remedy; nothing was changed."""
    stack, file, old, new = WRONG[rule]
    with edited(machine, file, old, new):
        refused = machine.run(f"{PREVIEW} -s {stack} {FLAGS}")
    assert refused.code != 0
    assert f"[mandatory]  {rule}  (" in refused.text
    assert next(one.why for one in RULES if one.name == rule) in refused.text


def test_the_stacks_fit_together(machine: Machine) -> None:
    """Every invariant holds over what was brought up; a release that says not where it comes from is told."""
    done = machine.run("openim-cicd invariants")
    told = [line.split()[:2] for line in done.text.splitlines() if line.startswith(("holds", "broken"))]
    names = [one.name for one in (*(rule for rule in RULES if isinstance(rule, StackRule)), *INVARIANTS)]
    assert [name.rstrip(":") for _, name in told] == names
    assert [name for verdict, name in told if verdict == "broken"] == ["built-here:"]
    for stage in ("staging", "prod"):
        assert re.search(rf"{stage}'s release v\S+ does not say what it was built from", done.text)
    assert done.code == 1
