"""A repository's settings: their defaults, and which combinations GitHub refuses."""

from typing import Any, Literal

from pydantic import Field

from sandbox.github.calls import Body
from sandbox.github.errors import Detail, RefusalError, detail, invalid, unsupported

Settings = dict[str, Any]

ONE_LINE = r"^[^\x00-\x1f\x7f]*$"
NAME = r"^[-a-zA-Z0-9_.]{1,100}$"

DEFAULTS: Settings = {
    "description": None,
    "homepage": None,
    "language": None,
    "visibility": "public",
    "default_branch": "main",
    "has_issues": True,
    "has_projects": True,
    "has_wiki": True,
    "has_discussions": False,
    "has_downloads": True,
    "is_template": False,
    "archived": False,
    "allow_merge_commit": True,
    "allow_squash_merge": True,
    "allow_rebase_merge": True,
    "allow_auto_merge": False,
    "allow_update_branch": False,
    "allow_forking": True,
    "delete_branch_on_merge": False,
    "web_commit_signoff_required": False,
    "merge_commit_title": "MERGE_MESSAGE",
    "merge_commit_message": "PR_TITLE",
    "squash_merge_commit_title": "COMMIT_OR_PR_TITLE",
    "squash_merge_commit_message": "COMMIT_MESSAGES",
    "security_and_analysis": {
        "secret_scanning": {"status": "disabled"},
        "secret_scanning_push_protection": {"status": "disabled"},
        "dependabot_security_updates": {"status": "disabled"},
    },
}

MERGE_METHODS = ("allow_merge_commit", "allow_squash_merge", "allow_rebase_merge")
SQUASH_MESSAGES = {
    "PR_TITLE": {"PR_BODY", "BLANK", "COMMIT_MESSAGES"},
    "COMMIT_OR_PR_TITLE": {"COMMIT_MESSAGES"},
}
MERGE_MESSAGES = {"PR_TITLE": {"PR_BODY", "BLANK"}, "MERGE_MESSAGE": {"PR_TITLE"}}


class Status(Body):
    """One switch of ``security_and_analysis``."""

    status: Literal["enabled", "disabled"]


class Security(Body):
    """``security_and_analysis`` as far as a public repository has it."""

    refused = frozenset(
        {
            "advanced_security",
            "code_security",
            "dependabot_security_updates",
            "secret_scanning_ai_detection",
            "secret_scanning_delegated_alert_dismissal",
            "secret_scanning_delegated_bypass",
            "secret_scanning_non_provider_patterns",
        }
    )

    secret_scanning: Status | None = None
    secret_scanning_push_protection: Status | None = None


class RepositoryBody(Body):
    """What POST and PATCH of a repository have in common."""

    refused = frozenset(
        {"custom_properties", "pull_request_creation_policy", "team_id", "use_squash_pr_title_as_default"}
    )

    name: str | None = Field(default=None, pattern=NAME)
    description: str | None = Field(default=None, max_length=350, pattern=ONE_LINE)
    homepage: str | None = None
    private: bool | None = None
    visibility: Literal["public", "private", "internal"] | None = None
    has_issues: bool | None = None
    has_projects: bool | None = None
    has_wiki: bool | None = None
    has_discussions: bool | None = None
    has_downloads: bool | None = None
    is_template: bool | None = None
    archived: bool | None = None
    default_branch: str | None = None
    allow_merge_commit: bool | None = None
    allow_squash_merge: bool | None = None
    allow_rebase_merge: bool | None = None
    allow_auto_merge: bool | None = None
    allow_update_branch: bool | None = None
    allow_forking: bool | None = None
    delete_branch_on_merge: bool | None = None
    web_commit_signoff_required: bool | None = None
    merge_commit_title: Literal["PR_TITLE", "MERGE_MESSAGE"] | None = None
    merge_commit_message: Literal["PR_BODY", "PR_TITLE", "BLANK"] | None = None
    squash_merge_commit_title: Literal["PR_TITLE", "COMMIT_OR_PR_TITLE"] | None = None
    squash_merge_commit_message: Literal["PR_BODY", "COMMIT_MESSAGES", "BLANK"] | None = None
    security_and_analysis: Security | None = None

    def settings(self) -> Settings:
        """The settings that the caller wrote and that are not null."""
        written = {key: value for key, value in self.given().items() if key in DEFAULTS and value is not None}
        if self.visibility is None and self.private is not None:
            written["visibility"] = "private" if self.private else "public"
        for text in {"description", "homepage"} & self.model_fields_set:
            written[text] = getattr(self, text) or None
        return written


def merged(present: Settings, written: Settings) -> Settings:
    """``present`` with ``written`` on top.

    Raises:
        RefusalError: 422, where GitHub refuses the outcome.
    """
    settings = present | written
    security = {name: status for name, status in written.get("security_and_analysis", {}).items() if status}
    settings["security_and_analysis"] = present["security_and_analysis"] | security
    if settings["visibility"] == "public":
        settings["allow_forking"] = True
    offences = [*_merge_offences(settings)]
    if offences:
        raise RefusalError(422, "Validation Failed", offences)
    return settings


def _merge_offences(settings: Settings) -> list[Detail]:
    if not any(settings[method] for method in MERGE_METHODS):
        message = "Sorry, you need to allow at least one merge strategy. (no_merge_method)"
        return [detail("Repository", "merge_commit_allowed", "custom", message)]
    offences = []
    for kind, allowed in (("squash_merge", SQUASH_MESSAGES), ("merge", MERGE_MESSAGES)):
        title, text = settings[f"{kind}_commit_title"], settings[f"{kind}_commit_message"]
        if text not in allowed[title]:
            message = f"Sorry, {title} with {text} is no valid combination of title and message."
            offences.append(detail("Repository", f"{kind}_commit_message", "custom", message))
    return offences


def check_visibility(present: str, wanted: str | None) -> None:
    """Refuse a change of visibility that is none, and the one that needs an enterprise account.

    Raises:
        RefusalError: 422; the provider relies on the first message.
    """
    if wanted == "internal":
        raise unsupported("Repository", "visibility", "The visibility internal")
    if wanted is not None and wanted == present:
        raise invalid("Repository", "visibility", "custom", f"Visibility is already {present}.")
