"""GitHub holds production's jobs until somebody lets them through, and lets only its branches in."""

from collections.abc import Iterator

from policies.rule import Properties, Rule

TYPE = "github:index/repositoryEnvironment:RepositoryEnvironment"
PRODUCTION = ("prod", "production")


def check(token: str, properties: Properties) -> Iterator[str]:
    """Reviewers and branches of the environment."""
    name = properties.get("environment")
    if token != TYPE or name not in PRODUCTION:
        return
    reviewers = properties.get("reviewers") or ()
    if not any(one.get("teams") or one.get("users") for one in reviewers):
        yield f"environment {name} has no reviewers: any job could take production's credentials"
    if not properties.get("deploymentBranchPolicy"):
        yield f"environment {name} is open to every branch: declare deploymentBranchPolicy"


RULE = Rule("reviewed-production", "Any job of any branch could take production's credentials.", check)
