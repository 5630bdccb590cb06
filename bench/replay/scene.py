"""A repository of the stand-in with one of everything, made when it is asked for: what recorded questions are about."""

import base64
import itertools
import time
from collections.abc import Mapping
from functools import cached_property
from typing import Any

import httpx

OWNER = "openimsdk"
ADMIN, MAINTAINER, SRE, STRANGER = "mei-admin", "withchao", "omar-sre", "pat-outsider"
LEAVING = iter(("aiko-tester", "lin-tester", "Bloomingg", "cubxxw", "skiffer-git"))
"""Members who are put out of the organisation, each once."""
CONTENT = base64.b64encode(b"text\n").decode()
PATIENCE = 15.0
NUMBERS = itertools.count(1)

Clients = Mapping[str, httpx.Client]
"""``owner`` (a person), ``maintainer`` (another), ``app`` (the App's installation) and ``jwt`` (the App itself)."""


class Scene:
    """One new repository; each thing in it is made at the first look."""

    def __init__(self, clients: Clients) -> None:
        self.clients, self.name = clients, f"fidelity-{next(NUMBERS)}"
        self.ask("POST", f"/orgs/{OWNER}/repos", {"name": self.name, "auto_init": True, "description": "text"})
        self.path = f"/repos/{OWNER}/{self.name}"
        self.ask("PUT", f"{self.path}/topics", {"names": ["text"]})

    def ask(self, method: str, path: str, body: Any = None, *, who: str = "owner") -> Any:
        """The answer to a question that prepares another."""
        answer = self.clients[who].request(method, path, json=body)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def post(self, path: str, body: Any = None, *, who: str = "owner") -> Any:
        """Make something in the repository."""
        return self.ask("POST", self.path + path, body, who=who)

    @cached_property
    def repository(self) -> Any:
        """Itself."""
        return self.ask("GET", self.path)

    @cached_property
    def head(self) -> str:
        """The newest commit, with a folder in its tree."""
        body = {"message": "Add a", "content": CONTENT}
        return str(self.ask("PUT", f"{self.path}/contents/docs/a.md", body)["commit"]["sha"])

    @cached_property
    def topic(self) -> str:
        """A branch that is ahead of main by a commit with a file."""
        self.post("/git/refs", {"ref": "refs/heads/topic", "sha": self.head})
        body = {"message": "Add b", "content": CONTENT, "branch": "topic"}
        return str(self.ask("PUT", f"{self.path}/contents/b", body)["commit"]["sha"])

    @cached_property
    def issue(self) -> Any:
        """With a label and an assignee."""
        body = {"title": "x", "body": "y", "labels": ["bug", "question"], "assignees": [SRE, MAINTAINER]}
        closed = self.post("/issues", body)
        self.ask("PATCH", f"{self.path}/issues/{closed['number']}", {"state": "closed"})
        return self.post("/issues", body)

    @cached_property
    def comment(self) -> Any:
        """On the issue."""
        return self.post(f"/issues/{self.issue['number']}/comments", {"body": "x"})

    @cached_property
    def pull(self) -> Any:
        """Of the topic branch, with somebody asked to review it."""
        _ = self.topic
        self.ask("PUT", f"{self.path}/collaborators/{MAINTAINER}", {"permission": "push"})
        made = self.post("/pulls", {"title": "x", "body": "y", "head": "topic", "base": "main"})
        self.post(f"/issues/{made['number']}/labels", ["bug"])
        self.post(f"/issues/{made['number']}/assignees", {"assignees": [SRE]})
        asked = {"reviewers": [MAINTAINER], "team_reviewers": [self.team["slug"]]}
        self.post(f"/pulls/{made['number']}/requested_reviewers", asked)
        return made

    @cached_property
    def review(self) -> Any:
        """An approval of the pull request."""
        body = {"event": "APPROVE", "body": "x"}
        return self.post(f"/pulls/{self.pull['number']}/reviews", body, who="maintainer")

    @cached_property
    def pending_review(self) -> Any:
        """A review that was not submitted."""
        return self.post(f"/pulls/{self.pull['number']}/reviews", {"body": "x"})

    @cached_property
    def remark(self) -> Any:
        """On a line of the pull request."""
        body = {"body": "x", "commit_id": self.pull["head"]["sha"], "path": "b", "line": 1, "side": "RIGHT"}
        return self.post(f"/pulls/{self.pull['number']}/comments", body)

    def move_on(self) -> None:
        """Give main a commit that the pull request lacks."""
        _ = self.pull
        self.ask("PUT", f"{self.path}/contents/c", {"message": "Add c", "content": CONTENT})

    @cached_property
    def merged(self) -> None:
        """The pull request is."""
        self.ask("PUT", f"{self.path}/pulls/{self.pull['number']}/merge")

    @cached_property
    def hook(self) -> Any:
        """That leads nowhere."""
        return self.post("/hooks", {"config": {"url": "http://127.0.0.1:1/x"}, "events": ["push"]})

    @cached_property
    def delivery(self) -> Any:
        """The ping of the hook, once it was tried."""
        deadline = time.monotonic() + PATIENCE
        while not (found := self.ask("GET", f"{self.path}/hooks/{self.hook['id']}/deliveries")):
            if time.monotonic() > deadline:
                raise TimeoutError("the ping was not delivered")
            time.sleep(0.1)
        return found[0]

    @cached_property
    def release(self) -> Any:
        """With its tag."""
        return self.post("/releases", {"tag_name": "v1.0.0", "name": "x", "body": "y", "target_commitish": "main"})

    @cached_property
    def check_run(self) -> Any:
        """With an annotation."""
        remark = {"path": "a", "start_line": 1, "end_line": 1, "annotation_level": "notice", "message": "m"}
        output = {"title": "x", "summary": "y", "text": "z", "annotations": [remark]}
        body = {"name": "x", "head_sha": self.head, "conclusion": "success", "output": output}
        return self.post("/check-runs", body, who="app")

    @cached_property
    def status(self) -> Any:
        """Of the newest commit."""
        body = {"state": "success", "context": "x", "description": "y", "target_url": "http://127.0.0.1/x"}
        return self.post(f"/statuses/{self.head}", body)

    @cached_property
    def deployment(self) -> Any:
        """Of main."""
        body = {"ref": "main", "required_contexts": [], "environment": "test", "description": "x"}
        return self.post("/deployments", body, who="app")

    @cached_property
    def deployment_status(self) -> Any:
        """Of the deployment."""
        body = {"state": "in_progress", "description": "x"}
        return self.post(f"/deployments/{self.deployment['id']}/statuses", body, who="app")

    @cached_property
    def environment(self) -> Any:
        """With a reviewer, who is waited for."""
        reviewer = self.ask("GET", f"/users/{SRE}")
        body = {"wait_timer": 1, "reviewers": [{"type": "User", "id": reviewer["id"]}]}
        return self.ask("PUT", f"{self.path}/environments/test", body)

    @cached_property
    def protection(self) -> Any:
        """Of main."""
        _ = self.pull, self.release  # what has to be pushed before
        reviews = {"required_approving_review_count": 1, "dismiss_stale_reviews": True}
        checks = {"strict": True, "contexts": ["x"]}
        body = {"required_status_checks": checks, "enforce_admins": True, "restrictions": None}
        return self.ask(
            "PUT", f"{self.path}/branches/main/protection", body | {"required_pull_request_reviews": reviews}
        )

    @cached_property
    def team(self) -> Any:
        """With a member and the repository."""
        made = self.ask("POST", f"/orgs/{OWNER}/teams", {"name": self.name, "description": "x", "privacy": "closed"})
        self.ask("PUT", f"/orgs/{OWNER}/teams/{made['slug']}/memberships/{SRE}", {"role": "member"})
        self.ask("PUT", f"/orgs/{OWNER}/teams/{made['slug']}{self.path}", {"permission": "push"})
        return made

    @cached_property
    def organization(self) -> Any:
        """Of all repositories."""
        return self.ask("GET", f"/orgs/{OWNER}")

    @cached_property
    def fork(self) -> Any:
        """The owner's own."""
        return self.post("/forks")
