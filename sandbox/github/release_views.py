"""What releases look like, and which of them is the latest."""

from urllib.parse import quote

from sandbox.github import threads, views
from sandbox.github.calls import Call
from sandbox.github.store import Database, Row


def latest(db: Database, repository: Row) -> Row | None:
    """The one that was marked as the latest last, or else the newest; neither a draft nor a prerelease."""
    sql = (
        "SELECT * FROM releases WHERE repository_id = ? AND NOT draft AND NOT prerelease "
        "ORDER BY latest = 'false', created_at DESC, id DESC"
    )
    return db.one(sql, repository["id"])


def release(call: Call, repository: Row, row: Row) -> views.Json:
    """GitHub's "release"."""
    api, html = (f"{start}/{repository['full_name']}" for start in (f"{call.world.api}/repos", call.world.base))
    tag = quote(row["tag_name"], safe="/")
    named = ("id", "tag_name", "target_commitish", "name", "body", "created_at", "updated_at", "published_at")
    return {name: row[name] for name in named} | {
        "node_id": views.node_id("RE", row["id"]),
        "draft": bool(row["draft"]),
        "prerelease": bool(row["prerelease"]),
        "immutable": False,
        "url": f"{api}/releases/{row['id']}",
        "html_url": f"{html}/releases/tag/{tag}",
        "assets_url": f"{api}/releases/{row['id']}/assets",
        "upload_url": f"{api}/releases/{row['id']}/assets{{?name,label}}",
        "tarball_url": f"{api}/tarball/{tag}",
        "zipball_url": f"{api}/zipball/{tag}",
        "author": threads.account(call.world, call.db, row["author_id"]),
        "assets": [],
    }
