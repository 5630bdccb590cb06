"""Repositories: what each is called, allows and carries. Values of an adopted one are those it has on GitHub."""

from enum import StrEnum
from typing import Annotated, Literal, TypeVar

from pydantic import AfterValidator, Field, HttpUrl, TypeAdapter, model_validator

from model.base import Model
from model.estate.duplicates import duplicates
from model.estate.rules import ActionsPolicy, Ruleset
from model.names import ActionsName, EventName, Principal, RepositoryName, Slug, Topic

DESCRIPTION_LENGTH = 350
TOPICS = 20


class Permission(StrEnum):
    """What a team may do with a repository, weakest first."""

    pull = "pull"
    triage = "triage"
    push = "push"
    maintain = "maintain"
    admin = "admin"

    @property
    def writes(self) -> bool:
        """Whether reviews by its holders count."""
        return self in {Permission.push, Permission.maintain, Permission.admin}


def _printable(value: str) -> str:
    if not value.isprintable():
        raise ValueError("must be one line without control characters")
    return value


def _address(value: str) -> str:
    if value:
        TypeAdapter(HttpUrl).validate_python(value)
    return value


class Features(Model):
    """Which of GitHub's tabs a repository has."""

    issues: bool = True
    wiki: bool = False
    projects: bool = False
    discussions: bool = False


class Merging(Model):
    """How pull requests are merged."""

    merge_commits: bool = True
    squash: bool = True
    rebase: bool = True
    auto_merge: bool = False
    suggest_update: bool = False
    """Whether GitHub offers to update a pull request's branch; default no."""
    delete_branch: bool = False
    """Whether a merged pull request's branch goes; default no."""
    squash_title: Literal["PR_TITLE", "COMMIT_OR_PR_TITLE"] = "COMMIT_OR_PR_TITLE"
    squash_message: Literal["PR_BODY", "COMMIT_MESSAGES", "BLANK"] = "COMMIT_MESSAGES"
    merge_title: Literal["PR_TITLE", "MERGE_MESSAGE"] = "MERGE_MESSAGE"
    merge_message: Literal["PR_BODY", "PR_TITLE", "BLANK"] = "PR_TITLE"

    @model_validator(mode="after")
    def _accepted(self) -> "Merging":
        if not (self.merge_commits or self.squash or self.rebase):
            raise ValueError("must allow one of mergeCommits, squash and rebase: nothing could be merged")
        if self.squash_title == "COMMIT_OR_PR_TITLE" and self.squash_message != "COMMIT_MESSAGES":
            raise ValueError("squashTitle COMMIT_OR_PR_TITLE goes with squashMessage COMMIT_MESSAGES only")
        if self.merge_title == "MERGE_MESSAGE" and self.merge_message != "PR_TITLE":
            raise ValueError("mergeTitle MERGE_MESSAGE goes with mergeMessage PR_TITLE only")
        return self


class Webhook(Model):
    """The events of a repository that are delivered to the machine."""

    events: tuple[EventName, ...] = Field(min_length=1)


class RepositorySettings(Model):
    """What ``defaults`` may say for all repositories and each may say for itself."""

    description: Annotated[str, AfterValidator(_printable)] = Field(default="", max_length=DESCRIPTION_LENGTH)
    homepage: Annotated[str, AfterValidator(_address)] = Field(default="", max_length=255)
    topics: tuple[Topic, ...] = Field(default=(), max_length=TOPICS)
    visibility: Literal["public", "private", "internal"] = "public"
    template: bool = False
    default_branch: str = Field(default="main", pattern=r"^[A-Za-z0-9][A-Za-z0-9._/-]*$")
    features: Features = Features()
    merging: Merging = Merging()
    signoff: bool = False
    """Whether commits made on the web must be signed off; default no."""


class Repository(RepositorySettings):
    """One repository."""

    name: RepositoryName
    adopt: bool = False
    """It exists: take it over as it is and protect it. Default no: create it."""
    archived: bool = False
    """Read-only; GitHub's API cannot undo it."""
    teams: dict[Slug, Permission] = Field(default_factory=dict)
    """What each team may do, by slug."""
    labels: str | None = None
    """Name of a label set; default: labels are not looked at."""
    present_labels: tuple[str, ...] = ()
    """Labels of the set that an adopted repository has already, with the set's colour and description."""
    ruleset: str | None = None
    """Name of a ruleset; default: no rules."""
    required_checks: tuple[str, ...] = ()
    """Checks that must pass before a merge; each must be a job of the pipeline that runs on pull requests."""
    actions: str | None = None
    """Name of an actions policy; default: not looked at."""
    pipeline: str | None = None
    """Name of a pipeline; its workflow is committed to the default branch."""
    webhook: str | None = None
    """Name of a webhook; default: none."""
    code_owners: dict[str, tuple[Principal, ...]] = Field(default_factory=dict)
    """Owners by path pattern, committed as .github/CODEOWNERS; default: that file is not looked at."""
    variables: dict[ActionsName, str] = Field(default_factory=dict)
    """Actions variables by name."""

    @model_validator(mode="after")
    def _consistent(self) -> "Repository":
        if self.required_checks and not self.ruleset:
            raise ValueError("requiredChecks are enforced by a ruleset: name one, or drop them")
        declared = {"ruleset", "actions", "pipeline", "webhook", "labels", "code_owners", "variables"}
        if self.archived and (extra := sorted(key for key in declared if getattr(self, key))):
            raise ValueError(f"is archived, so nothing of it can change: drop {extra}")
        return self


class RepositoriesFile(Model):
    """``estate/repositories.yaml``."""

    defaults: RepositorySettings = RepositorySettings()
    """What a repository has where it does not say otherwise; nested blocks are filled key by key."""
    rulesets: dict[str, Ruleset] = Field(default_factory=dict)
    actions: dict[str, ActionsPolicy] = Field(default_factory=dict)
    webhooks: dict[str, Webhook] = Field(default_factory=dict)
    repositories: tuple[Repository, ...]

    @model_validator(mode="after")
    def _distinct(self) -> "RepositoriesFile":
        if twice := duplicates(repository.name for repository in self.repositories):
            raise ValueError(f"repositories {twice} stand twice; GitHub ignores case in their names")
        return self


M = TypeVar("M", bound=Model)


def inherit(entry: M, defaults: Model) -> M:
    """``entry`` with every key it leaves out taken from ``defaults``."""
    taken: dict[str, object] = {}
    for key in type(defaults).model_fields:
        own, common = getattr(entry, key), getattr(defaults, key)
        if key not in entry.model_fields_set:
            taken[key] = common
        elif isinstance(own, Model) and isinstance(common, Model):
            taken[key] = inherit(own, common)
    return entry.model_copy(update=taken)
