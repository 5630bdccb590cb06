"""All rules, in the order in which they are told."""

from policies import (
    careful_workflows,
    checks_produced,
    default_deny,
    digests_only,
    disruption_budget,
    no_plain_secrets,
    no_wildcard_rights,
    not_privileged,
    protected_branches,
    references_resolve,
    requests_and_probes,
    reviewed_production,
    security_context,
    webhook_secured,
)
from policies.rule import Rule, StackRule

RULES: tuple[Rule | StackRule, ...] = (
    digests_only.RULE,
    no_plain_secrets.RULE,
    requests_and_probes.RULE,
    security_context.RULE,
    not_privileged.RULE,
    no_wildcard_rights.RULE,
    default_deny.RULE,
    disruption_budget.RULE,
    references_resolve.RULE,
    webhook_secured.RULE,
    protected_branches.RULE,
    checks_produced.RULE,
    reviewed_production.RULE,
    careful_workflows.RULE,
)
