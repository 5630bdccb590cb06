"""A team and exactly the members it should have.

Not in it: what the team may do, which each repository says, and who belongs to the organisation.
"""

from typing import NotRequired, TypedDict

import pulumi
import pulumi_github as github


class MemberArgs(TypedDict):
    """A person in a team."""

    login: str
    """GitHub login."""
    role: str
    """``member`` or ``maintainer``."""


class TeamArgs(TypedDict):
    """Arguments of ``Team``."""

    name: str
    """Name; GitHub derives the slug from it."""
    description: NotRequired[str]
    """What the team is for; default empty."""
    privacy: NotRequired[str]
    """``closed`` (the organisation sees it) or ``secret`` (its members do); default ``closed``."""
    notifications: NotRequired[bool]
    """Whether members hear of mentions of the team; default true."""
    members: list[MemberArgs]
    """Everybody who is in it; others are removed."""
    adopt_id: NotRequired[int]
    """GitHub id of a team that exists: it is imported and protected. Default: create it."""


class Team(pulumi.ComponentResource):
    """A team with its members."""

    team_id: pulumi.Output[str]
    """GitHub id, as repositories and environments refer to it."""
    slug: pulumi.Output[str]
    """The name in addresses and mentions."""

    def __init__(self, name: str, args: TeamArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("openim-cicd:index:Team", name, {}, opts)
        team = github.Team(
            name,
            name=args["name"],
            description=args.get("description", ""),
            privacy=args.get("privacy", "closed"),
            notification_setting=f"notifications_{'enabled' if args.get('notifications', True) else 'disabled'}",
            opts=self._owned(args),
        )
        github.TeamMembers(
            name,
            team_slug=team.slug,
            # The provider reads logins in lower case, and would take any other spelling for another person.
            members=[{"username": member["login"].lower(), "role": member["role"]} for member in args["members"]],
            opts=self._owned(args),
        )
        self.team_id = team.id
        self.slug = team.slug
        self.register_outputs({"teamId": self.team_id, "slug": self.slug})

    def _owned(self, args: TeamArgs) -> pulumi.ResourceOptions:
        adopted = args.get("adopt_id")
        return pulumi.ResourceOptions(
            parent=self, import_=str(adopted) if adopted else None, protect=True if adopted else None
        )
