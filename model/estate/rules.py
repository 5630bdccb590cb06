"""Rules on a repository's refs, as GitHub rulesets enforce them; administrators are held to them too."""

from pydantic import Field

from model.base import Model


class BranchRules(Model):
    """What a change to these branches needs. They can be neither deleted nor rewritten."""

    names: tuple[str, ...] = Field(min_length=1)
    """Branch name patterns (fnmatch), or ``~DEFAULT_BRANCH``."""
    approvals: int = Field(default=0, ge=0, le=10)
    """Approving reviews a pull request needs; default none."""
    code_owner_review: bool = False
    """Whether owners named in CODEOWNERS must be among those who approve; default no."""
    dismiss_stale_reviews: bool = False
    """Whether a push takes approvals back; default no."""
    resolve_conversations: bool = False
    """Whether every review thread must be resolved; default no."""
    linear_history: bool = False
    """Whether merge commits are refused; default no."""
    up_to_date: bool = False
    """Whether checks must have run on top of the newest target branch; default no."""
    restrict_creation: bool = False
    """Whether only the deployer's App may make branches of these names, so that no release branch starts from
    unreviewed commits; default no."""


class Ruleset(Model):
    """The rules a repository takes by name."""

    branches: BranchRules
    immutable_tags: tuple[str, ...] = ()
    """Tag name patterns (fnmatch) that may be created, but neither moved nor deleted; default none."""


class ActionsPolicy(Model):
    """Which actions the workflows of a repository may use."""

    github_owned: bool = True
    """Actions of GitHub's own organisations; default yes."""
    verified: bool = False
    """Actions of verified creators; default no."""
    patterns: tuple[str, ...] = ()
    """Others, e.g. ``docker/*``."""
    sha_pinning: bool = False
    """Refuse actions that are not pinned to a commit; default no."""

    def allows(self, action: str) -> bool:
        """Whether ``owner/name`` may run."""
        owner = action.partition("/")[0]
        listed = any(pattern.split("@")[0] in {f"{owner}/*", action, f"{action}/*"} for pattern in self.patterns)
        return listed or (self.github_owned and owner in {"actions", "github"})
