"""Who plays what: recorded names, numbers and object ids become those of things that the stand-in has."""

import base64
import re
from collections.abc import Callable, Mapping
from typing import Any

from nacl.public import PublicKey, SealedBox

from bench.replay.recordings import Exchange
from bench.replay.scene import ADMIN, CONTENT, LEAVING, MAINTAINER, NUMBERS, OWNER, SRE, STRANGER, Scene

MISSING = {int: "999999", str: "missing"}

Role = Callable[[Scene], object]


def _sealed(scene: Scene, pattern: str) -> dict[str, str]:
    place = "/environments/test" if "/environments/" in pattern and scene.environment else "/actions"
    key = scene.ask("GET", f"{scene.path}{place}/secrets/public-key")
    sealed = SealedBox(PublicKey(base64.b64decode(key["key"]))).encrypt(b"value")
    return {"encrypted_value": base64.b64encode(sealed).decode(), "key_id": key["key_id"]}


def _secret(scene: Scene) -> bool:
    for place in ("/actions", "/environments/test"):
        _ = scene.environment
        scene.ask("PUT", f"{scene.path}{place}/secrets/SECRET", _sealed(scene, place + "/"))
    return True


def _variable(scene: Scene) -> bool:
    _ = scene.environment
    for place in ("/actions", "/environments/test"):
        scene.post(f"{place}/variables", {"name": "VARIABLE", "value": "x"})
    return True


ROLES: tuple[tuple[str, str, Role], ...] = (
    (r".*", "owner", lambda _: OWNER),
    (r".*", "org", lambda _: OWNER),
    (r".*", "repo", lambda scene: scene.name),
    (r".*", "repository_id", lambda scene: scene.repository["id"]),
    (r".*", "organization_id", lambda scene: scene.organization["id"]),
    (r".*", "account_id", lambda scene: scene.ask("GET", f"/users/{SRE}")["id"]),
    (r".*", "team_id", lambda scene: scene.team["id"]),
    (r".*", "team_slug", lambda scene: scene.team["slug"]),
    (r".*/collaborators/.*", "username", lambda scene: scene.pull and MAINTAINER),
    (r"/orgs/\{org\}/(members|memberships)/.*", "username", lambda _: SRE),
    (r".*/(members|memberships)/.*", "username", lambda _: SRE),
    (r".*", "username", lambda _: ADMIN),
    (r".*/pulls/comments/.*|.*/pulls/.*/comments/.*", "comment_id", lambda scene: scene.remark["id"]),
    (r".*", "comment_id", lambda scene: scene.comment["id"]),
    (r".*/pulls/.*", "number", lambda scene: scene.pull["number"]),
    (r".*", "number", lambda scene: scene.issue["number"]),
    (r".*/labels/.*", "name", lambda scene: scene.issue and "bug"),
    (r".*/secrets/.*", "name", lambda scene: _secret(scene) and "SECRET"),
    (r".*/variables/.*", "name", lambda scene: _variable(scene) and "VARIABLE"),
    (r".*/git/ref/.*|.*/git/refs/.*", "ref", lambda _: "heads/main"),
    (r".*/git/matching-refs/.*", "ref", lambda _: "heads"),
    (r".*/check-runs", "ref", lambda scene: scene.check_run and scene.head),
    (r".*/check-suites", "ref", lambda scene: scene.check_run and scene.head),
    (r".*/status(es)?(/.*)?", "ref", lambda scene: scene.status and scene.head),
    (r".*", "ref", lambda scene: scene.head),
    (r".*/commits/.*/pulls", "sha", lambda scene: scene.pull["head"]["sha"]),
    (r".*", "sha", lambda scene: scene.head),
    (r".*/protection.*", "branch", lambda scene: scene.protection and "main"),
    (r".*/rename", "branch", lambda scene: scene.topic and "topic"),
    (r".*", "branch", lambda scene: scene.head and "main"),
    (r".*", "span", lambda scene: scene.topic and "main...topic"),
    (r".*", "hook_id", lambda scene: scene.hook["id"]),
    (r".*", "delivery_id", lambda scene: scene.delivery["id"]),
    (r".*", "tag", lambda scene: scene.release["tag_name"]),
    (r".*", "release_id", lambda scene: scene.release["id"]),
    (r".*/check-runs/.*", "run_id", lambda scene: scene.check_run["id"]),
    (r".*", "suite_id", lambda scene: scene.check_run["check_suite"]["id"]),
    (r".*", "deployment_id", lambda scene: scene.deployment["id"]),
    (r".*", "status_id", lambda scene: scene.deployment_status["id"]),
    (r".*", "environment", lambda scene: scene.environment["name"]),
    (r".*", "review_id", lambda scene: scene.review["id"]),
    (r".*", "installation_id", lambda _: 1),
    (r".*", "app_slug", lambda _: "openim-cicd"),
)
"""Route (the whole pattern), parameter, who plays it; the first that fits. Without one nothing here plays the part."""

LISTS: Mapping[str, Role] = {
    "/issues": lambda scene: scene.issue,
    "/issues/comments": lambda scene: scene.comment,
    "/issues/{number:int}/comments": lambda scene: scene.comment,
    "/pulls": lambda scene: scene.pull,
    "/pulls/{number:int}/reviews": lambda scene: scene.review,
    "/pulls/{number:int}/comments": lambda scene: scene.remark,
    "/hooks": lambda scene: scene.hook,
    "/hooks/{hook_id:int}/deliveries": lambda scene: scene.delivery,
    "/releases": lambda scene: scene.release,
    "/releases/latest": lambda scene: scene.release,
    "/tags": lambda scene: scene.release,
    "/deployments": lambda scene: scene.deployment,
    "/deployments/{deployment_id:int}/statuses": lambda scene: scene.deployment_status,
    "/environments": lambda scene: scene.environment,
    "/teams": lambda scene: scene.team,
    "/forks": lambda scene: scene.fork,
    "/actions/secrets": _secret,
    "/actions/variables": _variable,
}
"""What has to be there before a list, or the only one of its kind, is asked for."""

SUBSTITUTES: Mapping[str, Role] = {
    "sha": lambda scene: scene.head,
    "head_sha": lambda scene: scene.head,
    "commit_id": lambda scene: scene.pull["head"]["sha"],
    "expected_head_sha": lambda scene: scene.pull["head"]["sha"],
    "base": lambda _: "main",
    "target_commitish": lambda _: "main",
    "assignee": lambda _: SRE,
    "assignees": lambda _: [SRE],
    "default_branch": lambda _: "main",
    "team_reviewers": lambda scene: [scene.team["slug"]],
    "repositories": lambda scene: [scene.name],
    "repository_ids": lambda scene: [scene.repository["id"]],
}
"""Fields of bodies that name things."""

UNPLAYABLE = re.compile(r".*/actions/(runs|jobs|artifacts|workflows).*|.*/branches/.*/rename|/graphql")
"""What needs a runner, or a repository that is renamed while others look at it."""


def parameters(scene: Scene, pattern: str, recorded: Mapping[str, str], exchange: Exchange) -> dict[str, str] | None:
    """What a route's parameters are here; None where nothing plays one of them."""
    found: dict[str, str] = {}
    for name in recorded:
        roles = [role for route, parameter, role in ROLES if parameter == name and re.fullmatch(route, pattern)]
        if not roles:
            return None
        found[name] = str(roles[0](scene))
    if exchange.method == "DELETE" and re.fullmatch(r"/orgs/\{org\}/(members|memberships)/.*", pattern):
        found["username"] = next(LEAVING)
    if exchange.method == "DELETE" and pattern.endswith("/reviews/{review_id:int}"):
        found["review_id"] = str(scene.pending_review["id"])
    if exchange.method == "PUT" and pattern.endswith("/secrets/{name}"):
        found["name"] = recorded["name"]
    if "{path:path}" in pattern:
        found["path"] = "docs" if isinstance(exchange.answer, list) else "README.md"
    if exchange.status == 404 and found:
        last = list(recorded)[-1]
        found[last] = MISSING[int] if found[last].isdecimal() else STRANGER if last == "username" else "missing"
    return found


def prepare(scene: Scene, pattern: str, exchange: Exchange) -> None:
    """Make what the question presupposes."""
    inside = pattern.removeprefix("/repos/{owner}/{repo}")
    if exchange.method == "GET" and inside in LISTS:
        LISTS[inside](scene)
    if inside in {"/vulnerability-alerts", "/automated-security-fixes"} and exchange.status != 404:
        scene.ask("PUT", f"{scene.path}/vulnerability-alerts")
    if inside.endswith("/update-branch"):
        scene.move_on()
    if inside == "/pulls/{number:int}/merge" and (exchange.method, exchange.status) == ("GET", 204):
        _ = scene.merged


def body(scene: Scene, pattern: str, exchange: Exchange) -> Any:
    """The recorded body with what it names replaced by what is here."""
    data = exchange.body
    if not isinstance(data, dict):
        return data
    data = {key: SUBSTITUTES[key](scene) if data[key] and key in SUBSTITUTES else data[key] for key in data}
    if pattern.endswith("/pulls") and "head" in data:
        data["head"] = scene.topic and "topic"
    if pattern.endswith("/deployments"):
        data["ref"] = "main"
    if re.fullmatch(r"/orgs/\{org\}/(repos|teams)", pattern):
        data["name"] = f"{data['name']}-{next(NUMBERS)}"
    data |= _named(scene, pattern, exchange.method, data)
    if "encrypted_value" in data:
        data |= _sealed(scene, pattern)
    if "{path:path}" in pattern and "sha" in data:
        data["sha"] = scene.ask("GET", f"{scene.path}/contents/README.md")["sha"]
    if pattern.endswith("/comments") and "path" in data:
        data |= {"path": "b", "line": 1}
    if "content" in data:
        data["content"] = CONTENT
    return {key: "main" if key == "branch" else value for key, value in data.items()}


def _named(scene: Scene, pattern: str, method: str, data: Mapping[str, Any]) -> dict[str, Any]:
    """Reviewers, and the repository's own name, by where they stand."""
    if pattern.endswith("/requested_reviewers") and data.get("reviewers"):
        return {"reviewers": [MAINTAINER]}
    if pattern.endswith("/environments/{environment}") and data.get("reviewers"):
        return {"reviewers": [{"type": "User", "id": scene.ask("GET", f"/users/{SRE}")["id"]}]}
    return {"name": scene.name} if (method, pattern) == ("PATCH", "/repos/{owner}/{repo}") else {}


def who(pattern: str, method: str) -> str:
    """As whom a question is asked."""
    if (pattern.endswith("/reviews"), method) == (True, "POST") or (pattern.endswith("/{review_id:int}"), method) == (
        True,
        "PUT",
    ):
        return "maintainer"
    if pattern.startswith("/app") or pattern.endswith("/installation"):
        return "jwt"
    return "app" if re.search(r"/check-runs|^/installation/", pattern) else "owner"
