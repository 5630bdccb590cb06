"""A workflow file on a branch of a repository, committed by the machine.

Not in it: what the workflow does; that is rendered from the pipeline model.
"""

from typing import NotRequired, TypedDict

import pulumi
import pulumi_github as github


class AuthorArgs(TypedDict):
    """Who commits."""

    name: str
    """Name as it stands in the commit."""
    email: str
    """Address as it stands in the commit."""


class WorkflowArgs(TypedDict):
    """Arguments of ``Workflow``."""

    repository: pulumi.Input[str]
    """Name of the repository, without its owner."""
    branch: str
    """The branch that is committed to."""
    path: str
    """The file, below the repository's root."""
    content: str
    """The file's text."""
    author: NotRequired[AuthorArgs]
    """Default: whoever the token belongs to."""


class Workflow(pulumi.ComponentResource):
    """A workflow file; an existing one at its path is replaced."""

    path: pulumi.Output[str]
    """The file, below the repository's root."""
    commit: pulumi.Output[str]
    """The commit that wrote it last."""

    def __init__(self, name: str, args: WorkflowArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("openim-cicd:index:Workflow", name, {}, opts)
        author = args.get("author")
        file = github.RepositoryFile(
            name,
            repository=args["repository"],
            branch=args["branch"],
            file=args["path"],
            content=args["content"],
            commit_message=f"Declare {args['path']}",
            commit_author=author["name"] if author else None,
            commit_email=author["email"] if author else None,
            overwrite_on_create=True,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.path = file.file
        self.commit = file.commit_sha
        self.register_outputs({"path": self.path, "commit": self.commit})
