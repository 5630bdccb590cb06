"""What people are told on GitHub: a release is on a stage to be tested, or it failed there.

One issue for each release and stage, found again by its title, so that telling twice changes nothing. GitHub being
down keeps nobody from deploying: it is said, and the next deployment or `openim-cicd status` tells what was not told.
"""

from collections.abc import Callable, Mapping
from typing import Any

from delivery.errors import Refused
from delivery.github import GitHub, from_environment
from delivery.place import repository
from delivery.stage import Stage, followers
from delivery.workplace import Workplace
from model.commands import issue_title
from model.notices import Emergency, Failure, emergency_text, failure_text, invitation_text

Addresses = Callable[[], Mapping[str, str]]
"""Where a stage's Services are reached, by name; asked for only where somebody is to be told."""


def to_testers(place: Workplace, stage: Stage, addresses: Addresses, *, once: bool = False) -> None:
    """Open or update the issue ``Release <id> on <stage>``, where another stage takes its releases from this one.

    ``once`` leaves one that is there as it is: its testers may have closed it.
    """
    following = followers(place.root, stage.name)
    if following:
        testers = sorted({one for promotion in following.values() for one in _testers(promotion)})
        body = invitation_text(stage.name, stage.release, addresses(), testers)
        _tell(place, issue_title(stage.release.id, stage.name), body, once=once)


def of_failure(place: Workplace, failure: Failure) -> None:
    """Open or update the issue ``Release <id> failed on <stage>``."""
    _tell(place, failure.title, failure_text(failure))


def of_emergency(place: Workplace, emergency: Emergency) -> None:
    """Open or update the issue ``BREAK-GLASS: <release> on <stage>``."""
    _tell(place, emergency.title, emergency_text(emergency))


def find(github: GitHub, repository_name: str, title: str) -> dict[str, Any] | None:
    """The newest issue of exactly that title, open or closed."""
    issues = github.pages(f"repos/{repository_name}/issues", state="all", sort="created", direction="desc")
    return next((one for one in issues if one["title"] == title and "pull_request" not in one), None)


def _tell(place: Workplace, title: str, body: str, *, once: bool = False) -> None:
    say = place.journal.say
    try:
        with from_environment() as github:
            where = repository(place.clone)
            known = find(github, where, title)
            if known is None:
                known = github.post(f"repos/{where}/issues", {"title": title, "body": body})
            elif once:
                return
            elif known["body"] != body or known["state"] != "open":
                known = github.patch(f"repos/{where}/issues/{known['number']}", {"body": body, "state": "open"})
            say(f"told in {known['html_url']}")
    except Refused as error:
        say(f"not told on GitHub: {error}")


def _testers(promotion: Mapping[str, Any]) -> list[str]:
    return list((promotion.get("manualTest") or {}).get("testers") or [])
