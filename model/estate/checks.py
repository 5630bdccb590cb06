"""What no single entry can know: whether the estate's files fit together and can work on GitHub."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from model.approval import Approval
from model.estate.labels import LabelsFile
from model.estate.pipelines import PipelinesFile
from model.estate.repositories import RepositoriesFile, Repository
from model.estate.teams import TeamsFile
from model.pipeline.infrastructure import MACHINE, PREVIEW
from model.pipeline.workflow import Event, Workflow
from model.problems import Problem
from model.settings import EstateFiles, stack_file

ENVIRONMENT_REVIEWERS = 6
"""GitHub's limit of reviewers of one environment."""


@dataclass(frozen=True)
class Declared:
    """The files as read, before their references are known to resolve."""

    files: EstateFiles
    repositories: RepositoriesFile
    entries: tuple[Repository, ...]
    """The repositories with the defaults filled in."""
    teams: TeamsFile
    labels: LabelsFile
    pipelines: PipelinesFile
    workflows: Mapping[str, tuple[Workflow, ...]]
    mirrors: Collection[str]
    """Names of the registry's mirrors."""
    infrastructure_repository: str
    environments: Mapping[str, Approval]

    def writers(self, entry: Repository) -> frozenset[str]:
        """Logins whose reviews count in ``entry``."""
        writing = {slug for slug, permission in entry.teams.items() if permission.writes}
        return frozenset(login for team in self.teams.teams if team.slug in writing for login in team.logins)


def problems_of(declared: Declared) -> Iterator[Problem]:
    """Every way in which the files do not fit together."""
    for index, entry in enumerate(declared.entries):
        for check in REPOSITORY_CHECKS:
            for key, value, remedy in check(entry, declared):
                yield Problem(declared.files.repositories, f"repositories[{index}].{key}", value, remedy)
    yield from _mirrors(declared)
    yield from _environments(declared)


def _mirrors(declared: Declared) -> Iterator[Problem]:
    for name, pipeline in declared.pipelines.pipelines.items():
        wanted = pipeline.images.mirrors if pipeline.images else ()
        if strangers := sorted(set(wanted) - set(declared.mirrors)):
            remedy = f"no mirrors of openim-cicd:registry; declared there: {sorted(declared.mirrors)}"
            yield Problem(declared.files.pipelines, f"pipelines.{name}.images.mirrors", repr(strangers), remedy)


Found = Iterator[tuple[str, str, str]]
"""Key below the repository's entry, offending value, remedy."""


def _references(entry: Repository, declared: Declared) -> Found:
    known: dict[str, Iterable[str]] = {
        "labels": declared.labels.sets,
        "ruleset": declared.repositories.rulesets,
        "actions": declared.repositories.actions,
        "webhook": declared.repositories.webhooks,
        "pipeline": declared.pipelines.names,
    }
    for key, names in known.items():
        value = getattr(entry, key)
        if value is not None and value not in names:
            yield key, repr(value), f"not declared; known: {sorted(names)}"
    slugs = {team.slug for team in declared.teams.teams}
    if strangers := sorted(set(entry.teams) - slugs):
        yield "teams", repr(strangers), f"not declared in {declared.files.teams}; known: {sorted(slugs)}"


def _labels(entry: Repository, declared: Declared) -> Found:
    labels = {label.name for label in declared.labels.sets.get(entry.labels or "", ())}
    if strangers := sorted(set(entry.present_labels) - labels):
        yield "presentLabels", repr(strangers), f"not in label set {entry.labels!r}; it holds {sorted(labels)}"


def _required_checks(entry: Repository, declared: Declared) -> Found:
    """A required check that nothing reports blocks every pull request for good."""
    workflows = declared.workflows.get(entry.pipeline or "", ())
    produced = [check for workflow in workflows for check in workflow.checks(Event.pull_request)]
    for check in entry.required_checks:
        if check not in produced:
            remedy = f"no workflow of {entry.name} reports this check on pull requests, so none could ever be merged"
            yield "requiredChecks", repr(check), f"{remedy}; reported: {sorted(produced)}"


def _merge_methods(entry: Repository, declared: Declared) -> Found:
    ruleset = declared.repositories.rulesets.get(entry.ruleset or "")
    if ruleset and ruleset.branches.linear_history and not (entry.merging.squash or entry.merging.rebase):
        yield "merging", "", f"ruleset {entry.ruleset!r} refuses merge commits: allow squash or rebase"


def _approvals(entry: Repository, declared: Declared) -> Found:
    ruleset = declared.repositories.rulesets.get(entry.ruleset or "")
    if not ruleset or not ruleset.branches.approvals:
        return
    writers = len(declared.writers(entry))
    if ruleset.branches.approvals >= writers:
        needed = ruleset.branches.approvals + 1
        remedy = f"asks for {ruleset.branches.approvals} approvals, which an author cannot give: needs {needed} people"
        yield "ruleset", repr(entry.ruleset), f"{remedy} in teams that may push, there are {writers}"


def _code_owners(entry: Repository, declared: Declared) -> Found:
    """GitHub ignores a line of CODEOWNERS whose owner may not push."""
    writing = {f"team/{slug}" for slug, permission in entry.teams.items() if permission.writes}
    writing |= {f"user/{login}" for login in declared.writers(entry)}
    for pattern, owners in entry.code_owners.items():
        if strangers := sorted(owner for owner in owners if owner.lower() not in writing):
            yield f"codeOwners.{pattern}", repr(strangers), f"may not push to {entry.name}; may: {sorted(writing)}"


def _allowed_actions(entry: Repository, declared: Declared) -> Found:
    policy = declared.repositories.actions.get(entry.actions or "")
    used = {action for workflow in declared.workflows.get(entry.pipeline or "", ()) for action in workflow.actions}
    if policy and (refused := sorted(action for action in used if not policy.allows(action))):
        yield "actions", repr(entry.actions), f"refuses {refused}, which pipeline {entry.pipeline!r} uses"


REPOSITORY_CHECKS: tuple[Callable[[Repository, Declared], Found], ...] = (
    _references,
    _labels,
    _required_checks,
    _merge_methods,
    _approvals,
    _code_owners,
    _allowed_actions,
)


def _environments(declared: Declared) -> Iterator[Problem]:
    names = {entry.name.lower(): entry for entry in declared.entries}
    host = names.get(declared.infrastructure_repository.lower())
    if declared.environments and host is None:
        remedy = f"not declared in {declared.files.repositories}, yet it is to carry the deployment environments"
        yield Problem(declared.files.repositories, "repositories", declared.infrastructure_repository, remedy)
        return
    if taken := sorted({MACHINE, PREVIEW} & set(declared.environments)):
        remedy = "the infrastructure repository's own workflows have environments of these names; choose others"
        yield Problem(stack_file(taken[0]), "", repr(taken), remedy)
    for environment, approval in declared.environments.items():
        for value, remedy in _approvers(approval, host, declared):
            yield Problem(stack_file(environment), "config.openim-cicd:approval.approvers", value, remedy)


def _approvers(approval: Approval, host: Repository | None, declared: Declared) -> Iterator[tuple[str, str]]:
    teams = {team.slug: team for team in declared.teams.teams}
    people: set[str] = set()
    for principal in approval.approvers:
        kind, _, name = principal.partition("/")
        if kind == "user":
            people.add(name.lower())
        elif name not in teams:
            yield principal, f"team not declared in {declared.files.teams}; known: {sorted(teams)}"
        elif host and name not in host.teams:
            yield principal, f"cannot review deployments without access to {host.name}: give it one in its teams"
        else:
            people |= teams[name].logins
    if approval.required > len(people):
        yield str(approval.required), f"approvals are required, and only {len(people)} people may give them"
    if len(approval.approvers) > ENVIRONMENT_REVIEWERS:
        yield (
            str(len(approval.approvers)),
            f"GitHub takes at most {ENVIRONMENT_REVIEWERS} reviewers: gather them in teams",
        )
