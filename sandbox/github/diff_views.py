"""What differences look like in answers: GitHub's "diff entry", and the media types ``diff`` and ``patch``."""

import re
from collections.abc import Iterable
from typing import Literal
from urllib.parse import quote

from sandbox.github import views
from sandbox.github.calls import Answer, Call
from sandbox.github.git import FileDiff
from sandbox.github.store import Row
from sandbox.github.world import World

LARGEST = 300
"""Files of one comparison or commit."""

Media = Literal["json", "diff", "patch", "sha"]
ASKED = re.compile(r"application/vnd\.github\.(?:v3\.)?(diff|patch|sha)\b")


def media(call: Call) -> Media:
    """What the Accept header asks for."""
    found = ASKED.search(call.headers.get("accept", ""))
    kinds: dict[str, Media] = {"diff": "diff", "patch": "patch", "sha": "sha"}
    return kinds[found[1]] if found else "json"


def text(kind: Media, content: bytes) -> Answer:
    """A difference as text."""
    return Answer(content, media_type=f"application/vnd.github.v3.{kind}; charset=utf-8")


HUNK = re.compile(r"@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@")


def position(patch: str, line: int, side: str) -> int | None:
    """How many lines below a patch's first hunk header a file's line stands; None for one that it does not show.

    ``side`` is LEFT for the old file's lines, RIGHT for the new one's.
    """
    old = new = 0
    for place, text in enumerate(patch.split("\n")):
        if header := HUNK.match(text):
            old, new = int(header[1]), int(header[2])
            continue
        if (text[:1] in " +" and side == "RIGHT" and new == line) or (
            text[:1] in " -" and side == "LEFT" and old == line
        ):
            return place
        old, new = old + (text[:1] in " -"), new + (text[:1] in " +")
    return None


def files(world: World, repository: Row, commit: str, found: Iterable[FileDiff]) -> list[views.Json]:
    """Diff entries whose addresses show the files at ``commit``."""
    return [_file(world, repository, commit, one) for one in found]


def _file(world: World, repository: Row, commit: str, found: FileDiff) -> views.Json:
    path = quote(found.path)
    html = f"{world.base}/{repository['full_name']}"
    entry = {
        "sha": found.sha,
        "filename": found.path,
        "status": found.status,
        "additions": found.additions,
        "deletions": found.deletions,
        "changes": found.additions + found.deletions,
        "blob_url": f"{html}/blob/{commit}/{path}",
        "raw_url": f"{html}/raw/{commit}/{path}",
        "contents_url": f"{world.api}/repos/{repository['full_name']}/contents/{path}?ref={commit}",
    }
    moved = {} if found.previous is None else {"previous_filename": found.previous}
    return entry | moved | ({} if found.patch is None else {"patch": found.patch})
