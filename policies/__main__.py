"""The pack as the engine runs it: `pulumi preview --policy-pack policies`."""

import sys
from pathlib import Path

from pulumi_policy import (
    EnforcementLevel,
    PolicyPack,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    StackValidationArgs,
    StackValidationPolicy,
)

# The engine starts this file by its path, with this folder and not the project's on Python's path.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from policies.rule import Resource, Rule, StackRule
from policies.rules import RULES


def _policy(rule: Rule | StackRule) -> ResourceValidationPolicy | StackValidationPolicy:
    if isinstance(rule, Rule):
        return _each(rule)
    return _together(rule)


def _each(rule: Rule) -> ResourceValidationPolicy:
    def validate(args: ResourceValidationArgs, report: ReportViolation) -> None:
        for wrong in rule.check(args.resource_type, args.props):
            report(wrong, None)

    return ResourceValidationPolicy(rule.name, rule.why, validate, EnforcementLevel.MANDATORY)


def _together(rule: StackRule) -> StackValidationPolicy:
    def validate(args: StackValidationArgs, report: ReportViolation) -> None:
        found = [Resource(one.resource_type, one.name, one.props) for one in args.resources]
        for wrong in rule.check(found):
            report(wrong, None)

    return StackValidationPolicy(rule.name, rule.why, validate, EnforcementLevel.MANDATORY)


PolicyPack("openim-cicd", [_policy(rule) for rule in RULES])
