"""Repository webhooks and their deliveries. A secret goes in and never comes out."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from sandbox.github import find, pushes, views
from sandbox.github.accounts import Role
from sandbox.github.calls import NO_CONTENT, Answer, Body, Call, Routes
from sandbox.github.courier import enqueue, enqueue_again
from sandbox.github.errors import RefusalError, invalid, not_found
from sandbox.github.pagination import page
from sandbox.github.store import Row, dump, load, now

routes = Routes()

MASK = "********"
UNUSED = {"code": None, "status": "unused", "message": None}
EVENTS = {
    "*", "branch_protection_configuration", "branch_protection_rule", "check_run", "check_suite",
    "code_scanning_alert", "commit_comment", "create", "delete", "dependabot_alert", "deploy_key", "deployment",
    "deployment_review", "deployment_status", "discussion", "discussion_comment", "fork", "gollum",
    "issue_comment", "issues", "label",
    "member", "merge_group", "meta", "milestone", "package", "page_build", "project", "project_card",
    "project_column", "public", "pull_request", "pull_request_review", "pull_request_review_comment",
    "pull_request_review_thread", "push", "registry_package", "release", "repository", "repository_import",
    "repository_ruleset", "repository_vulnerability_alert", "secret_scanning_alert",
    "secret_scanning_alert_location", "security_and_analysis", "star", "status", "team_add", "watch",
    "workflow_job", "workflow_run",
}  # fmt: skip
"""Events of a repository webhook (GitHub, "Webhook events and payloads"); any may be subscribed to."""

Flag = Annotated[Literal["0", "1"], BeforeValidator(str)]
"""``insecure_ssl``, which clients send as a number or as text."""


class HookConfig(Body):
    """Where deliveries go, and how."""

    url: str | None = Field(default=None, pattern=r"^https?://[^\s/]+")
    content_type: Literal["json", "form"] | None = None
    secret: str | None = None
    insecure_ssl: Flag | None = None


class NewHook(Body):
    """POST a hook."""

    name: Literal["web"] = "web"
    config: HookConfig = Field(default_factory=HookConfig)
    events: list[str] = Field(default_factory=lambda: ["push"])
    active: bool = True


class HookChange(Body):
    """PATCH a hook."""

    config: HookConfig | None = None
    events: list[str] | None = None
    add_events: list[str] = Field(default_factory=list)
    remove_events: list[str] = Field(default_factory=list)
    active: bool | None = None


@routes.add("GET", "/repos/{owner}/{repo}/hooks")
def list_hooks(call: Call) -> Answer:
    """All of the repository's."""
    repository = find.repository(call, Role.ADMIN)
    rows = call.db.all("SELECT * FROM hooks WHERE repository_id = ? ORDER BY id", repository["id"])
    return page(call, [_view(call, repository, row) for row in rows])


@routes.add("POST", "/repos/{owner}/{repo}/hooks")
def create_hook(call: Call) -> Answer:
    """Create it and deliver a ping to it."""
    repository = find.writable(call, Role.ADMIN)
    body = call.body(NewHook, "Hook")
    config = _config({}, body.config)
    _check_events(body.events)
    _check_unique(call, repository, config["url"], body.events)
    moment = now()
    hook_id = call.db.insert(
        "hooks",
        repository_id=repository["id"],
        active=body.active,
        events=dump(body.events),
        config=dump(config),
        secret=body.config.secret,
        last_response=dump(UNUSED),
        created_at=moment,
        updated_at=moment,
    )
    hook = _by_id(call, repository, hook_id)
    _ping(call, repository, hook)
    return Answer(_view(call, repository, hook), 201)


@routes.add("GET", "/repos/{owner}/{repo}/hooks/{hook_id:int}")
def get_hook(call: Call) -> Answer:
    """One hook, its secret masked."""
    repository = find.repository(call, Role.ADMIN)
    return Answer(_view(call, repository, _hook(call, repository)))


@routes.add("PATCH", "/repos/{owner}/{repo}/hooks/{hook_id:int}")
def update_hook(call: Call) -> Answer:
    """A config replaces the whole config: one without secret takes the secret away."""
    repository = find.writable(call, Role.ADMIN)
    hook = _hook(call, repository)
    body = call.body(HookChange, "Hook")
    events = body.events if body.events is not None else load(hook["events"])
    events = [event for event in dict.fromkeys([*events, *body.add_events]) if event not in body.remove_events]
    _check_events(events)
    columns: dict[str, object] = {"events": dump(events), "updated_at": now()}
    if body.active is not None:
        columns["active"] = body.active
    if body.config is not None:
        secret = hook["secret"] if body.config.secret == MASK else body.config.secret
        columns |= {"config": dump(_config(load(hook["config"]), body.config)), "secret": secret}
    call.db.update("hooks", hook["id"], **columns)
    return Answer(_view(call, repository, _by_id(call, repository, hook["id"])))


@routes.add("DELETE", "/repos/{owner}/{repo}/hooks/{hook_id:int}")
def delete_hook(call: Call) -> Answer:
    """With its deliveries."""
    repository = find.writable(call, Role.ADMIN)
    call.db.run("DELETE FROM hooks WHERE id = ?", _hook(call, repository)["id"])
    return NO_CONTENT


@routes.add("POST", "/repos/{owner}/{repo}/hooks/{hook_id:int}/pings")
def ping_hook(call: Call) -> Answer:
    """Another ping."""
    repository = find.writable(call, Role.ADMIN)
    _ping(call, repository, _hook(call, repository))
    return NO_CONTENT


@routes.add("POST", "/repos/{owner}/{repo}/hooks/{hook_id:int}/tests")
def test_hook(call: Call) -> Answer:
    """The push event of the newest commit, if the hook listens to pushes."""
    repository = find.writable(call, Role.ADMIN)
    hook = _hook(call, repository)
    payload = pushes.latest(call.world, call.db, repository, call.actor)
    if payload and {"push", "*"} & set(load(hook["events"])):
        enqueue(call.db, hook, "push", payload)
    return NO_CONTENT


@routes.add("GET", "/repos/{owner}/{repo}/hooks/{hook_id:int}/deliveries")
def list_deliveries(call: Call) -> Answer:
    """Those that were tried, newest first; all of them, those that succeeded, or those that failed."""
    hook = _hook(call, find.repository(call, Role.ADMIN))
    rows = call.db.all(
        "SELECT * FROM deliveries WHERE hook_id = ? AND delivered_at IS NOT NULL ORDER BY id DESC", hook["id"]
    )
    wanted = {"success": {True}, "failure": {False}}.get(call.query.get("status", ""), {True, False})
    return page(call, [_delivery(hook, row) for row in rows if (200 <= row["status_code"] < 400) in wanted])


@routes.add("GET", "/repos/{owner}/{repo}/hooks/{hook_id:int}/deliveries/{delivery_id:int}")
def get_delivery(call: Call) -> Answer:
    """One delivery with its request and its response."""
    hook = _hook(call, find.repository(call, Role.ADMIN))
    row = _delivery_row(call, hook)
    request = {"headers": load(row["request_headers"]), "payload": load(row["payload"])}
    response = {"headers": load(row["response_headers"] or "{}"), "payload": row["response_body"] or ""}
    return Answer(_delivery(hook, row) | {"url": row["url"], "request": request, "response": response})


@routes.add("POST", "/repos/{owner}/{repo}/hooks/{hook_id:int}/deliveries/{delivery_id:int}/attempts")
def redeliver(call: Call) -> Answer:
    """The same delivery again, under the same GUID."""
    hook = _hook(call, find.writable(call, Role.ADMIN))
    enqueue_again(call.db, hook, _delivery_row(call, hook))
    return Answer({}, 202)


def _config(present: dict[str, Any], config: HookConfig) -> dict[str, Any]:
    url = config.url or present.get("url")
    if not url:
        raise invalid("Hook", "url", "missing_field")
    return {"url": url, "content_type": config.content_type or "form", "insecure_ssl": config.insecure_ssl or "0"}


def _check_events(events: list[str]) -> None:
    unknown = sorted(set(events) - EVENTS)
    if unknown or not events:
        raise invalid("Hook", "events", "invalid", f"unknown events: {unknown}" if unknown else "needs an event")


def _check_unique(call: Call, repository: Row, url: str, events: list[str]) -> None:
    for row in call.db.all("SELECT config, events FROM hooks WHERE repository_id = ?", repository["id"]):
        if load(row["config"])["url"] == url and set(load(row["events"])) & set(events):
            raise RefusalError(422, "Validation Failed", ["Hook already exists on this repository"])


def _hook(call: Call, repository: Row) -> Row:
    return _by_id(call, repository, int(call.parameters["hook_id"]))


def _by_id(call: Call, repository: Row, hook_id: int) -> Row:
    row = call.db.one("SELECT * FROM hooks WHERE id = ? AND repository_id = ?", hook_id, repository["id"])
    if row is None:
        raise not_found()
    return row


def _delivery_row(call: Call, hook: Row) -> Row:
    number = call.parameters["delivery_id"]
    row = call.db.one(
        "SELECT * FROM deliveries WHERE id = ? AND hook_id = ? AND delivered_at IS NOT NULL", number, hook["id"]
    )
    if row is None:
        raise not_found()
    return row


def _ping(call: Call, repository: Row, hook: Row) -> None:
    sender = call.db.one("SELECT * FROM accounts WHERE id = ?", call.actor.id) or {}
    payload = {
        "zen": "Keep it logically awesome.",
        "hook_id": hook["id"],
        "hook": _view(call, repository, hook),
        "repository": views.told_repository(call.world, call.db, repository),
        "sender": views.user(call.world, sender),
    }
    enqueue(call.db, hook, "ping", payload)


def _view(call: Call, repository: Row, row: Row) -> views.Json:
    address = f"{call.world.api}/repos/{repository['full_name']}/hooks/{row['id']}"
    config = load(row["config"]) | ({"secret": MASK} if row["secret"] else {})
    return {
        "type": "Repository",
        "id": row["id"],
        "name": "web",
        "active": bool(row["active"]),
        "events": load(row["events"]),
        "config": config,
        "updated_at": row["updated_at"],
        "created_at": row["created_at"],
        "url": address,
        "test_url": f"{address}/test",
        "ping_url": f"{address}/pings",
        "deliveries_url": f"{address}/deliveries",
        "last_response": load(row["last_response"]),
    }


def _delivery(hook: Row, row: Row) -> views.Json:
    names = ("id", "guid", "delivered_at", "duration", "status", "status_code", "event", "action")
    return {name: row[name] for name in names} | {
        "redelivery": bool(row["redelivery"]),
        "installation_id": None,
        "repository_id": hook["repository_id"],
        "throttled_at": None,
    }
