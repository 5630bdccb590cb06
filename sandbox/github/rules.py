"""What rulesets and protected branches say to a change of a ref: pushed, made through the API, or merged.

Every reason is in the words that GitHub uses after "Repository rule violations found".
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sandbox.github import merge_rules
from sandbox.github.accounts import ANONYMOUS, Actor, Role, account_role
from sandbox.github.approvals import Proposal
from sandbox.github.checks import conclusion_by_context, latest_runs
from sandbox.github.git import Update
from sandbox.github.patterns import matches
from sandbox.github.store import Database, Row, load

MOST_COMMITS = 1000
"""Commits of one change that are looked at."""

HEADS, TAGS = "refs/heads/", "refs/tags/"
WORKFLOWS = ".github/workflows/"

Document = dict[str, Any]


@dataclass(frozen=True)
class Change:
    """A change of a ref, and who wants it."""

    update: Update
    actor: Actor
    signed: bool
    """Made through the API, whose commits GitHub signs itself."""
    proposal: Proposal | None = None
    """The pull request that is merged; None for what comes without one."""
    conclusions: Mapping[str, str] = field(default_factory=dict)
    """What was reported about the new commit, or about the pull request's; ``violations`` looks it up."""
    by_app: Mapping[tuple[str, int], str] = field(default_factory=dict)
    """The same for each App's own check runs."""

    @property
    def updates(self) -> bool:
        """Moves a ref that exists and stays."""
        return not (self.update.created or self.update.deleted)

    def commits(self) -> list[Any]:
        """What the change brings."""
        if self.update.new is None:
            return []
        return list(self.update.objects.introduced(self.update.new, self.update.old, MOST_COMMITS))


def violations(db: Database, repository: Row, change: Change) -> list[str]:
    """Every reason against a change, none if it may go ahead."""
    known = _informed(db, repository, change)
    reasons = [*_of_rulesets(db, repository, known), *_of_protection(db, repository, known), *_of_token(known)]
    return list(dict.fromkeys(reasons))


def obstacles(db: Database, repository: Row, ref: str, update: Update, proposal: Proposal) -> list[str]:
    """Every reason that keeps a pull request from being merged, whoever wants to and however."""
    change = _informed(db, repository, Change(update, ANONYMOUS, signed=True, proposal=proposal))
    reasons = [
        reason
        for document in rulesets_of(db, repository, ref)
        for rule in document["rules"]
        if rule["type"] in OF_PROPOSALS
        for reason in RULES[rule["type"]](change, rule.get("parameters", {}))
    ]
    protection = protection_of(db, repository, ref)
    if protection is not None:
        reasons += [*_locked(protection, change), *_reviewed(db, protection, change)]
    return list(dict.fromkeys(reasons))


def dismisses_stale(db: Database, repository: Row, ref: str) -> bool:
    """Whether a rule takes approvals back when their pull request changes."""
    rules = [rule for document in rulesets_of(db, repository, ref) for rule in document["rules"]]
    reviews = (protection_of(db, repository, ref) or {}).get("required_pull_request_reviews") or {}
    return bool(reviews.get("dismiss_stale_reviews")) or any(
        rule["type"] == "pull_request" and rule["parameters"]["dismiss_stale_reviews_on_push"] for rule in rules
    )


def _informed(db: Database, repository: Row, change: Change) -> Change:
    sha = change.proposal.head_sha if change.proposal else change.update.new
    if not sha:
        return change
    runs = latest_runs(db, repository["id"], sha)
    by_app = {(run["name"], run["app_id"]): run["conclusion"] or run["status"] for run in runs}
    return replace(change, conclusions=conclusion_by_context(db, repository["id"], sha), by_app=by_app)


def rulesets_of(db: Database, repository: Row, ref: str) -> list[Document]:
    """The rulesets that are enforced on a ref."""
    return [found for _, found in enforced(db, repository, ref)]


def enforced(db: Database, repository: Row, ref: str) -> list[tuple[int, Document]]:
    """The same, each with its id."""
    default = load(repository["settings"])["default_branch"]
    rows = db.all("SELECT id, document FROM rulesets WHERE repository_id = ? ORDER BY id", repository["id"])
    documents = [(int(row["id"]), load(row["document"])) for row in rows]
    return [one for one in documents if one[1]["enforcement"] == "active" and _aims_at(one[1], ref, default)]


def _of_rulesets(db: Database, repository: Row, change: Change) -> Iterator[str]:
    for document in rulesets_of(db, repository, change.update.ref):
        if not _bypasses(document, change):
            for rule in document["rules"]:
                yield from RULES[rule["type"]](change, rule.get("parameters", {}))


def _of_token(change: Change) -> Iterator[str]:
    """A token needs a permission of its own to bring workflows that no branch has yet."""
    if change.update.new is None or change.actor.may("workflows", "write"):
        return
    fresh = change.update.objects.fresh(change.update.new, MOST_COMMITS)
    changes = change.update.objects.changes(commit.sha for commit in fresh)
    for path in sorted({file.path for files in changes.values() for file in files if file.path.startswith(WORKFLOWS)}):
        holder = "a GitHub App" if change.actor.app_id else "a Personal Access Token"
        yield f"refusing to allow {holder} to create or update workflow `{path}` without `workflows` permission"


def _aims_at(ruleset: Document, ref: str, default_branch: str) -> bool:
    if not ref.startswith(HEADS if ruleset["target"] == "branch" else TAGS):
        return False
    names = ruleset.get("conditions", {}).get("ref_name", {})

    def named(patterns: list[str]) -> bool:
        return any(_is_meant(pattern, ref, default_branch) for pattern in patterns)

    return named(names.get("include", [])) and not named(names.get("exclude", []))


def _is_meant(pattern: str, ref: str, default_branch: str) -> bool:
    if pattern == "~DEFAULT_BRANCH":
        return ref == HEADS + default_branch
    return pattern == "~ALL" or matches(pattern, ref)


def _bypasses(ruleset: Document, change: Change) -> bool:
    modes = {bypass["bypass_mode"] for bypass in ruleset["bypass_actors"]}
    return change.actor.app and bool(modes if change.proposal else modes - {"pull_request"})


def _creation(change: Change, _: Document) -> Iterator[str]:
    if change.update.created:
        yield "Cannot create ref due to creations being restricted."


def _update(change: Change, _: Document) -> Iterator[str]:
    if change.updates:
        yield "Cannot update this protected ref."


def _deletion(change: Change, _: Document) -> Iterator[str]:
    if change.update.deleted:
        yield "Cannot delete this protected ref."


def _non_fast_forward(change: Change, _: Document) -> Iterator[str]:
    if change.update.forced:
        yield "Cannot force-push to this branch."


def _linear_history(change: Change, _: Document) -> Iterator[str]:
    merges = [commit.sha for commit in change.commits() if len(commit.parents) > 1]
    if merges:
        yield f"This branch must not contain merge commits. Found {len(merges)} violation(s): {merges[0]}"


def _signatures(change: Change, _: Document) -> Iterator[str]:
    commits = [] if change.signed else change.commits()
    if commits:
        yield f"Commits must have verified signatures. Found {len(commits)} violation(s): {commits[0].sha}"


def _pull_request(change: Change, parameters: Document) -> Iterator[str]:
    if change.proposal:
        yield from merge_rules.reviews(change.proposal, parameters)
    elif change.updates:
        yield "Changes must be made through a pull request."


def _status_checks(change: Change, parameters: Document) -> Iterator[str]:
    if change.update.deleted or (change.update.created and parameters["do_not_enforce_on_create"]):
        return
    if change.proposal and change.proposal.behind and parameters["strict_required_status_checks_policy"]:
        yield BEHIND
    required = parameters["required_status_checks"]
    yield from merge_rules.checks({check["context"]: _conclusion(change, check) for check in required})


def _conclusion(change: Change, check: Document) -> str | None:
    """What a required check came to; one that names its App takes nobody else's word."""
    app_id = check.get("integration_id") or check.get("app_id")
    if app_id in {None, ANY_APP}:
        return change.conclusions.get(check["context"])
    return change.by_app.get((check["context"], app_id))


ANY_APP = -1
"""How a protected branch writes that any App may report a check."""
BEHIND = "Head branch is out of date. Review and try the merge again."
TESTS: dict[str, Callable[[str, str], bool]] = {
    "starts_with": str.startswith,
    "ends_with": str.endswith,
    "contains": str.__contains__,
    "regex": lambda text, pattern: re.search(pattern, text) is not None,
}


def _fits(text: str, parameters: Document) -> bool:
    return TESTS[parameters["operator"]](text, parameters["pattern"]) is not bool(parameters["negate"])


def _of_commits(what: str, read: Callable[[Any], str]) -> Callable[[Change, Document], Iterator[str]]:
    def check(change: Change, parameters: Document) -> Iterator[str]:
        wrong = [commit.sha for commit in change.commits() if not _fits(read(commit), parameters)]
        if wrong:
            not_ = "not " if parameters["negate"] else ""
            yield f"{what} must {not_}match a given pattern: {parameters['pattern']} ({wrong[0]})"

    return check


def _of_name(what: str, prefix: str) -> Callable[[Change, Document], Iterator[str]]:
    def check(change: Change, parameters: Document) -> Iterator[str]:
        named = change.update.ref.startswith(prefix) and change.update.created
        if named and not _fits(change.update.ref.removeprefix(prefix), parameters):
            not_ = "not " if parameters["negate"] else ""
            yield f"{what} must {not_}match a given pattern: {parameters['pattern']}"

    return check


RULES: dict[str, Callable[[Change, Document], Iterator[str]]] = {
    "creation": _creation,
    "update": _update,
    "deletion": _deletion,
    "non_fast_forward": _non_fast_forward,
    "required_linear_history": _linear_history,
    "required_signatures": _signatures,
    "pull_request": _pull_request,
    "required_status_checks": _status_checks,
    "commit_message_pattern": _of_commits("Commit message", lambda commit: commit.message),
    "commit_author_email_pattern": _of_commits("Commit author email", lambda commit: commit.author.email),
    "committer_email_pattern": _of_commits("Committer email", lambda commit: commit.committer.email),
    "branch_name_pattern": _of_name("Branch name", HEADS),
    "tag_name_pattern": _of_name("Tag name", TAGS),
}
"""How each rule that a ruleset may contain is checked."""
OF_PROPOSALS = {"pull_request", "required_status_checks", "update"}
"""The rules that can be asked before a merge is made."""


def _of_protection(db: Database, repository: Row, change: Change) -> Iterator[str]:
    protection = protection_of(db, repository, change.update.ref)
    if protection is None or _is_exempt(db, repository, protection, change.actor):
        return
    if not protection["allow_deletions"]:
        yield from _deletion(change, {})
    if not (protection["allow_force_pushes"] or _is_listed(db, protection["force_push_allowances"], change.actor)):
        yield from _non_fast_forward(change, {})
    if protection["required_linear_history"]:
        yield from _linear_history(change, {})
    if protection["required_signatures"]:
        yield from _signatures(change, {})
    yield from _locked(protection, change)
    yield from _restricted(db, protection, change)
    yield from _reviewed(db, protection, change)


def protection_of(db: Database, repository: Row, ref: str) -> Document | None:
    """The branch protection that counts for a ref: the one of exactly its name first, then the oldest pattern."""
    name = ref.removeprefix(HEADS)
    rows = db.all("SELECT * FROM protections WHERE repository_id = ? ORDER BY id", repository["id"])
    fitting = [row for row in rows if ref.startswith(HEADS) and matches(row["pattern"], name)]
    exact = [row for row in fitting if row["pattern"] == name]
    return load((exact + fitting)[0]["document"]) if fitting else None


def _is_exempt(db: Database, repository: Row, protection: Document, actor: Actor) -> bool:
    """Administrators are, unless the protection includes them; an App is none."""
    if protection["enforce_admins"] or actor.app:
        return False
    return account_role(db, actor.id, repository) is Role.ADMIN


def _locked(protection: Document, change: Change) -> Iterator[str]:
    if protection["lock_branch"] and not change.update.created:
        yield "Cannot change this locked branch."


def _restricted(db: Database, protection: Document, change: Change) -> Iterator[str]:
    restrictions = protection["restrictions"]
    if restrictions is None or change.update.deleted or _is_listed(db, restrictions, change.actor):
        return
    if protection["block_creations"] or not change.update.created:
        yield "You're not authorized to push to this branch."


def _reviewed(db: Database, protection: Document, change: Change) -> Iterator[str]:
    if not change.updates:
        return
    reviews = protection["required_pull_request_reviews"]
    if reviews and not _is_listed(db, reviews["bypass_pull_request_allowances"], change.actor):
        yield from _pull_request(change, _as_rule(reviews))
    if change.proposal and protection["required_conversation_resolution"]:
        yield from merge_rules.conversations(change.proposal)
    checks = protection["required_status_checks"]
    if checks:
        strict = {"strict_required_status_checks_policy": checks["strict"], "do_not_enforce_on_create": True}
        yield from _status_checks(change, {"required_status_checks": checks["checks"], **strict})


def _as_rule(reviews: Document) -> Document:
    """A protection's reviews in the words of a ruleset."""
    return {
        "required_approving_review_count": reviews["required_approving_review_count"],
        "require_code_owner_review": reviews["require_code_owner_reviews"],
        "require_last_push_approval": reviews["require_last_push_approval"],
        "required_review_thread_resolution": False,
    }


def _is_listed(db: Database, lists: Document, actor: Actor) -> bool:
    """Named as an App, as a user, or by a team."""
    if actor.app:
        return bool(lists["apps"])
    mine = db.all("SELECT slug FROM team_members JOIN teams ON teams.id = team_id WHERE account_id = ?", actor.id)
    return actor.login in lists["users"] or bool({row["slug"] for row in mine} & set(lists["teams"]))
