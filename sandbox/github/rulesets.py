"""Repository rulesets as documents: create, list, read, replace, delete. ``rules`` enforces them.

Rules that cannot be enforced here (merge queue, deployments, code scanning, push rules) are refused, and so is every
bypass actor but the deployer's App.
"""

from typing import Annotated, Any, Literal

from pydantic import Field, field_validator

from sandbox.github import find, views
from sandbox.github.accounts import Role
from sandbox.github.calls import NO_CONTENT, Answer, Body, Call, Routes
from sandbox.github.errors import RefusalError, not_found
from sandbox.github.pagination import page
from sandbox.github.rules import HEADS, enforced
from sandbox.github.store import Row, dump, load, now
from sandbox.github.world import APP_ID

routes = Routes()

SPECIAL = {"~DEFAULT_BRANCH", "~ALL"}


class Bypass(Body):
    """One bypass actor."""

    actor_id: int | None = None
    actor_type: str
    bypass_mode: Literal["always", "pull_request", "exempt"] = "always"


class RefName(Body):
    """Which refs a ruleset is about."""

    include: list[str] = Field(default_factory=list)
    exclude: list[str] = Field(default_factory=list)

    @field_validator("include", "exclude")
    @classmethod
    def _are_patterns(cls, patterns: list[str]) -> list[str]:
        wrong = [
            text for text in patterns if text not in SPECIAL and not text.startswith(("refs/heads/", "refs/tags/"))
        ]
        if wrong:
            raise ValueError(f"Invalid target patterns: {wrong}; they start with refs/heads/ or refs/tags/")
        return patterns


class Conditions(Body):
    """``conditions``."""

    ref_name: RefName = Field(default_factory=RefName)


class Simple(Body):
    """A rule without parameters."""

    type: Literal["creation", "deletion", "required_linear_history", "required_signatures", "non_fast_forward"]


class UpdateParameters(Body):
    """Parameters of ``update``."""

    update_allows_fetch_and_merge: bool = False


class UpdateRule(Body):
    """Only bypass actors update."""

    type: Literal["update"]
    parameters: UpdateParameters = Field(default_factory=UpdateParameters)


MergeMethod = Literal["merge", "squash", "rebase"]


def _all_methods() -> list[MergeMethod]:
    return ["merge", "squash", "rebase"]


class PullRequestParameters(Body):
    """Parameters of ``pull_request``."""

    refused = frozenset({"automatic_copilot_code_review_enabled", "dismissal_restriction"})

    allowed_merge_methods: list[MergeMethod] = Field(default_factory=_all_methods)
    dismiss_stale_reviews_on_push: bool
    require_code_owner_review: bool
    require_last_push_approval: bool
    required_approving_review_count: int = Field(ge=0, le=10)
    required_review_thread_resolution: bool
    required_reviewers: list[Any] = Field(default_factory=list, max_length=0)


class PullRequestRule(Body):
    """Changes come by pull request."""

    type: Literal["pull_request"]
    parameters: PullRequestParameters


class StatusCheck(Body):
    """One required check; a number says which App has to report it."""

    context: str = Field(min_length=1)
    integration_id: int | None = None


class StatusCheckParameters(Body):
    """Parameters of ``required_status_checks``."""

    do_not_enforce_on_create: bool = False
    required_status_checks: list[StatusCheck]
    strict_required_status_checks_policy: bool


class StatusCheckRule(Body):
    """Checks have passed before."""

    type: Literal["required_status_checks"]
    parameters: StatusCheckParameters


class PatternParameters(Body):
    """Parameters of the pattern rules."""

    name: str = ""
    negate: bool = False
    operator: Literal["starts_with", "ends_with", "contains", "regex"]
    pattern: str


class PatternRule(Body):
    """Names, messages and addresses look a certain way."""

    type: Literal[
        "commit_message_pattern",
        "commit_author_email_pattern",
        "committer_email_pattern",
        "branch_name_pattern",
        "tag_name_pattern",
    ]
    parameters: PatternParameters


Rule = Annotated[Simple | UpdateRule | PullRequestRule | StatusCheckRule | PatternRule, Field(discriminator="type")]


class RulesetBody(Body):
    """POST and PUT of a ruleset."""

    name: str = Field(min_length=1)
    target: Literal["branch", "tag"] = "branch"
    enforcement: Literal["disabled", "active", "evaluate"]
    bypass_actors: list[Bypass] = Field(default_factory=list)
    conditions: Conditions | None = None
    rules: list[Rule] = Field(default_factory=list)

    @field_validator("bypass_actors")
    @classmethod
    def _are_possible(cls, actors: list[Bypass]) -> list[Bypass]:
        wrong = [f"{actor.actor_type} {actor.actor_id}" for actor in actors if not _is_deployer(actor)]
        if wrong:
            raise ValueError(f"not supported by this stand-in of GitHub as bypass actors: {wrong}; only its App is")
        return actors


class RulesetChange(RulesetBody):
    """PUT leaves out what it does not change."""

    name: str = ""
    enforcement: Literal["disabled", "active", "evaluate"] = "active"


def _is_deployer(actor: Bypass) -> bool:
    return (actor.actor_type, actor.actor_id) == ("Integration", APP_ID)


@routes.add("GET", "/repos/{owner}/{repo}/rulesets")
def list_rulesets(call: Call) -> Answer:
    """Without their rules, as GitHub lists them."""
    repository = find.repository(call)
    rows = call.db.all("SELECT * FROM rulesets WHERE repository_id = ? ORDER BY id", repository["id"])
    return page(call, [_head(call, repository, row) for row in rows])


@routes.add("POST", "/repos/{owner}/{repo}/rulesets")
def create_ruleset(call: Call) -> Answer:
    """Names are unique in a repository."""
    repository = find.writable(call, Role.ADMIN)
    document = call.body(RulesetBody, "RepositoryRuleset").model_dump(exclude_none=True)
    _check_name(call, repository, document["name"], None)
    moment = now()
    ruleset_id = call.db.insert(
        "rulesets", repository_id=repository["id"], document=dump(document), created_at=moment, updated_at=moment
    )
    return Answer(_view(call, repository, _by_id(call, repository, ruleset_id)), 201)


@routes.add("GET", "/repos/{owner}/{repo}/rulesets/{ruleset_id:int}")
def get_ruleset(call: Call) -> Answer:
    """With its rules; bypass actors are for administrators' eyes."""
    repository = find.repository(call)
    return Answer(_view(call, repository, _ruleset(call, repository)))


@routes.add("PUT", "/repos/{owner}/{repo}/rulesets/{ruleset_id:int}")
def update_ruleset(call: Call) -> Answer:
    """Replace what the body names."""
    repository = find.writable(call, Role.ADMIN)
    row = _ruleset(call, repository)
    given = call.body(RulesetChange, "RepositoryRuleset").model_dump(exclude_unset=True, exclude_none=True)
    document = load(row["document"]) | given
    _check_name(call, repository, document["name"], row["id"])
    call.db.update("rulesets", row["id"], document=dump(document), updated_at=now())
    return Answer(_view(call, repository, _by_id(call, repository, row["id"])))


@routes.add("DELETE", "/repos/{owner}/{repo}/rulesets/{ruleset_id:int}")
def delete_ruleset(call: Call) -> Answer:
    """Its rules end at once."""
    repository = find.writable(call, Role.ADMIN)
    call.db.run("DELETE FROM rulesets WHERE id = ?", _ruleset(call, repository)["id"])
    return NO_CONTENT


@routes.add("GET", "/repos/{owner}/{repo}/rules/branches/{branch:path}")
def rules_of_branch(call: Call) -> Answer:
    """Every rule that is enforced on a branch, which need not exist, with the ruleset that it comes from."""
    repository = find.repository(call)
    found = enforced(call.db, repository, f"{HEADS}{call.parameters['branch']}")
    origin = {"ruleset_source_type": "Repository", "ruleset_source": repository["full_name"]}
    rules = [rule | origin | {"ruleset_id": number} for number, document in found for rule in document["rules"]]
    return page(call, rules)


def _check_name(call: Call, repository: Row, name: str, own: int | None) -> None:
    rows = call.db.all("SELECT id, document FROM rulesets WHERE repository_id = ?", repository["id"])
    if any(load(row["document"])["name"] == name for row in rows if row["id"] != own):
        raise RefusalError(422, "Validation Failed", ["Name must be unique"])


def _ruleset(call: Call, repository: Row) -> Row:
    return _by_id(call, repository, int(call.parameters["ruleset_id"]))


def _by_id(call: Call, repository: Row, ruleset_id: int) -> Row:
    row = call.db.one("SELECT * FROM rulesets WHERE id = ? AND repository_id = ?", ruleset_id, repository["id"])
    if row is None:
        raise not_found()
    return row


def _head(call: Call, repository: Row, row: Row) -> views.Json:
    full_name = repository["full_name"]
    document = load(row["document"])
    return {
        "id": row["id"],
        "name": document["name"],
        "target": document["target"],
        "source_type": "Repository",
        "source": full_name,
        "enforcement": document["enforcement"],
        "node_id": views.node_id("RRS", row["id"]),
        "_links": {
            "self": {"href": f"{call.world.api}/repos/{full_name}/rulesets/{row['id']}"},
            "html": {"href": f"{call.world.base}/{full_name}/rules/{row['id']}"},
        },
        "created_at": row["created_at"],
        "updated_at": row["updated_at"],
    }


def _view(call: Call, repository: Row, row: Row) -> views.Json:
    document = load(row["document"])
    view = _head(call, repository, row) | {
        "conditions": document.get("conditions", {"ref_name": {"include": [], "exclude": []}}),
        "rules": document["rules"],
    }
    administers = call.actor.app or call.actor.owner
    return view | ({"bypass_actors": document["bypass_actors"]} if administers else {})
