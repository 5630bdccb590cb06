"""A repository's topics."""

import re

from sandbox.github import find
from sandbox.github.accounts import Role
from sandbox.github.calls import Answer, Body, Call, Routes
from sandbox.github.errors import invalid
from sandbox.github.store import dump, load, now

routes = Routes()

TOPIC = re.compile(r"[a-z0-9][a-z0-9-]{0,49}")
MOST = 20


class Topics(Body):
    """PUT topics."""

    names: list[str]


@routes.add("GET", "/repos/{owner}/{repo}/topics")
def list_topics(call: Call) -> Answer:
    """All of them; GitHub pages them too, though there are never more than 20."""
    return Answer({"names": load(find.repository(call)["topics"])})


@routes.add("PUT", "/repos/{owner}/{repo}/topics")
def replace_topics(call: Call) -> Answer:
    """Lower-cased, each once."""
    row = find.writable(call, Role.ADMIN)
    names = list(dict.fromkeys(name.lower() for name in call.body(Topics, "Repository").names))
    if len(names) > MOST or not all(TOPIC.fullmatch(name) for name in names):
        message = f"at most {MOST} topics of lowercase letters, numbers and hyphens, 50 characters or less each"
        raise invalid("Repository", "names", "invalid", message)
    if names != load(row["topics"]):
        call.db.update("repositories", row["id"], topics=dump(names), updated_at=now())
    return Answer({"names": names})
