"""All invariants, in the order in which they are told."""

from policies.estate import built_here, events_handled, one_owner, reviewers_approve
from policies.estate.whole import EstateRule

RULES: tuple[EstateRule, ...] = (one_owner.RULE, reviewers_approve.RULE, events_handled.RULE, built_here.RULE)
