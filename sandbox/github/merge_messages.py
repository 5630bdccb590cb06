"""The title and the message of what a merge makes, as the repository's settings have them. Pure.

Source: GitHub, "Configuring commit merging for pull requests" and "Configuring commit squashing for pull requests".
"""

from collections.abc import Sequence

from sandbox.github.git import Commit, Identity
from sandbox.github.settings import Settings
from sandbox.github.store import Row


def message(title: str, text: str) -> str:
    """A commit's whole message."""
    return f"{title}\n\n{text}" if text.strip() else title


def of_merge(settings: Settings, pull: Row) -> tuple[str, str]:
    """Title and text of a merge commit."""
    plain = f"Merge pull request #{pull['number']} from {pull['head_owner']}/{pull['head_ref']}"
    titled = settings["merge_commit_title"] == "PR_TITLE"
    texts = {"PR_TITLE": pull["title"], "PR_BODY": pull["body"] or "", "BLANK": ""}
    return _numbered(pull["title"], pull) if titled else plain, texts[settings["merge_commit_message"]]


def of_squash(settings: Settings, pull: Row, commits: Sequence[Commit]) -> tuple[str, str]:
    """Title and text of a squash, given the commits oldest first."""
    single = len(commits) == 1 and settings["squash_merge_commit_title"] == "COMMIT_OR_PR_TITLE"
    title = _subject(commits[0]) if single else pull["title"]
    kind = settings["squash_merge_commit_message"]
    texts = {"PR_BODY": pull["body"] or "", "BLANK": "", "COMMIT_MESSAGES": _listed(commits)}
    return _numbered(title, pull), texts[kind]


def co_authors(author: Identity, commits: Sequence[Commit]) -> str:
    """Trailers for everybody but ``author`` who wrote one of the commits."""
    others = {commit.author.email.lower(): commit.author for commit in commits}
    others.pop(author.email.lower(), None)
    return "\n".join(f"Co-authored-by: {one.name} <{one.email}>" for one in others.values())


def _numbered(title: str, pull: Row) -> str:
    return f"{title} (#{pull['number']})"


def _listed(commits: Sequence[Commit]) -> str:
    if len(commits) == 1:
        return commits[0].message.partition("\n")[2].strip()
    return "\n\n".join(f"* {commit.message}" for commit in commits)


def _subject(commit: Commit) -> str:
    return commit.message.partition("\n")[0]
