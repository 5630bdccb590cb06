"""Rights are named one by one, and nobody may give himself more."""

from collections.abc import Iterator

from policies.pods import kind_of
from policies.rule import Properties, Rule

ROLES = ("Role", "ClusterRole")
BINDINGS = ("RoleBinding", "ClusterRoleBinding")
WIDENING = {"escalate", "bind", "impersonate"}


def check(token: str, properties: Properties) -> Iterator[str]:
    """Roles, and what bindings refer to."""
    kind = kind_of(token)
    if kind in ROLES:
        for number, rule in enumerate(properties.get("rules") or ()):
            for part in ("verbs", "resources", "apiGroups", "nonResourceURLs"):
                if "*" in (rule.get(part) or ()):
                    yield f"rules[{number}].{part} is everything: name what is needed"
            if widening := WIDENING & set(rule.get("verbs") or ()):
                yield f"rules[{number}].verbs holds {sorted(widening)}, which give more rights: leave them out"
    if kind in BINDINGS and (properties.get("roleRef") or {}).get("name") == "cluster-admin":
        yield "it binds cluster-admin: bind a role of its own"


RULE = Rule("no-wildcard-rights", "A right that nobody counted is one that an attacker finds.", check)
