"""What deciding costs: the gate about production as it stands, each rule of the policy pack about each resource."""

import timeit
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from bench.machine import Machine
from cli.console import out
from delivery.engine import Engine
from delivery.estate import held
from delivery.gate_input import gather
from model.gate import decide
from model.settings import read_written
from policies.estate.whole import Estate
from policies.rule import Rule, StackRule
from policies.rules import RULES

STAGE = "prod"
GATE_BUDGET, RULE_BUDGET = 5.0, 1.0
"""Milliseconds: for one decision, and for one rule about one resource."""
ROUNDS = 5


def measure(machine: Machine) -> dict[str, object]:
    """Milliseconds, the best of some rounds; reading files is not deciding and not counted."""
    return {"gate_ms": _gate(machine), "rule_ms": _rules(held(machine.root, Engine(machine.root, machine.environment)))}


def _gate(machine: Machine) -> float:
    root = machine.root / ".sandbox" / "infrastructure"
    given = gather(STAGE, root, read_written(STAGE, lambda file: (root / file).read_text()))
    # A new one each time: what it has worked out once it keeps.
    took = _milliseconds(lambda: decide(replace(given)))
    out.print(f"  gate: {took:.2f} ms over {len(given.own)} + {len(given.source)} entries (budget {GATE_BUDGET:.0f})")
    return took


def _rules(estate: Estate) -> dict[str, float]:
    resources = [one for stack in estate.values() for one in stack.resources]
    found: dict[str, float] = {}
    for rule in RULES:
        found[rule.name] = _milliseconds(partial(_judge, rule, estate)) / len(resources)
    worst = max(found, key=lambda name: found[name])
    size = f"{len(resources)} resources"
    out.print(f"  rules: at most {found[worst]:.3f} ms a resource ({worst}), {size} (budget {RULE_BUDGET:.0f})")
    return found


def _judge(rule: Rule | StackRule, estate: Estate) -> None:
    for stack in estate.values():
        if isinstance(rule, StackRule):
            list(rule.check(stack.resources))
        else:
            for one in stack.resources:
                list(rule.check(one.type, one.properties))


def _milliseconds(act: Callable[[], object]) -> float:
    return min(timeit.repeat(act, number=1, repeat=ROUNDS)) * 1000
