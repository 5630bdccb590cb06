"""Reviews: what they say, who may, which of them count, and what rules make of them when something is merged."""

import json
import sqlite3

import pytest
from githubkit import webhooks

REVIEWED = {
    "dismiss_stale_reviews_on_push": False,
    "require_code_owner_review": False,
    "require_last_push_approval": False,
    "required_approving_review_count": 1,
    "required_review_thread_resolution": False,
}
PEOPLE = {"withchao": "push", "omar-sre": "push", "ines-sre": "push"}


class Place:
    """A repository with a pull request of withchao's, and people who review it."""

    def __init__(self, github, repository, clone):
        self.github, self.path, self.clone = github, f"/repos/openimsdk/{repository}", clone
        self.repository = repository
        self.owner, self.author = github.client("owner"), github.client("withchao")
        self.omar, self.ines, self.lin = (github.client(name) for name in ("omar-sre", "ines-sre", "member"))
        for login, permission in PEOPLE.items():
            path = f"{self.path}/collaborators/{login}"
            self.owner.put(path, json={"permission": permission}).raise_for_status()
        self.copy = clone("withchao")

    def propose(self, *files):
        self.copy.branch("feature")
        for name in files or ("new.txt",):
            self.copy.commit(name, f"Add {name}")
        self.copy.push("feature")
        body = {"title": "Add it", "head": "feature", "base": "main"}
        answer = self.author.post(f"{self.path}/pulls", json=body)
        assert answer.status_code == 201, answer.text
        return answer.json()

    def require(self, **parameters):
        rule = {"type": "pull_request", "parameters": REVIEWED | parameters}
        self.rule(rule)

    def rule(self, *rules):
        body = {
            "name": f"rules {len(rules)} {rules[0]['type']}",
            "target": "branch",
            "enforcement": "active",
            "conditions": {"ref_name": {"include": ["~DEFAULT_BRANCH"], "exclude": []}},
            "rules": list(rules),
        }
        self.owner.post(f"{self.path}/rulesets", json=body).raise_for_status()

    def review(self, client, event="APPROVE", body="", **more):
        return client.post(f"{self.path}/pulls/1/reviews", json={"event": event, "body": body} | more)

    def merge(self, client=None, **body):
        return (client or self.omar).put(f"{self.path}/pulls/1/merge", json=body)

    @property
    def pull(self):
        return self.owner.get(f"{self.path}/pulls/1").json()

    @property
    def refusal(self):
        """Why it cannot be merged now."""
        assert self.pull["mergeable_state"] == "blocked"
        answer = self.merge()
        assert answer.status_code == 405, answer.text
        return answer.json()["message"]

    def events(self, name):
        number = self.owner.get(self.path).json()["id"]
        with sqlite3.connect(self.github.root / "github.sqlite") as db:
            sql = "SELECT action, payload FROM events WHERE repository_id = ? AND event = ? ORDER BY id"
            found = [(action, json.loads(payload)) for action, payload in db.execute(sql, [number, name])]
        for _, payload in found:
            webhooks.parse_obj(name, payload)  # refuses what is not GitHub's
        return found

    def graphql(self, query, client=None, **variables):
        answer = (client or self.owner).post(
            f"{self.github.base}/api/graphql", json={"query": query, "variables": variables}
        )
        return answer.json()


@pytest.fixture
def place(github, repository, clone):
    made = Place(github, repository, clone)
    yield made
    for client in (made.owner, made.author, made.omar, made.ines, made.lin):
        client.close()


def test_a_review_is_given(place):
    """It is for the head unless it says otherwise, parses as GitHub's, and is told to whoever listens."""
    made = place.propose()
    assert place.review(place.omar, "COMMENT").status_code == 422, "a comment says something"
    given = place.review(place.omar, body="Fine.").json()
    assert (given["state"], given["commit_id"]) == ("APPROVED", made["head"]["sha"])
    api = place.github.typed("owner")
    [listed] = api.rest.pulls.list_reviews("openimsdk", place.repository, 1).parsed_data
    assert (listed.user.login, listed.state, listed.author_association) == ("omar-sre", "APPROVED", "MEMBER")
    [(action, payload)] = place.events("pull_request_review")
    assert (action, payload["review"]["state"], payload["sender"]["login"]) == ("submitted", "approved", "omar-sre")
    assert payload["pull_request"]["number"] == 1
    assert place.review(place.omar, commit_id="0" * 40).status_code == 422


def test_nobody_approves_what_is_his_own(place):
    """The author may comment and nothing else."""
    place.propose()
    for event in ("APPROVE", "REQUEST_CHANGES"):
        refused = place.review(place.author, event, "mine")
        assert (refused.status_code, refused.json()["message"]) == (422, "Unprocessable Entity")
        assert "your own pull request" in refused.json()["errors"][0]
    assert place.review(place.author, "COMMENT", "mine").status_code == 200
    assert len(place.owner.get(f"{place.path}/pulls/1/reviews").json()) == 1, "a refused review leaves nothing behind"


def test_a_review_takes_its_time(place):
    """A pending review is its author's alone until it is submitted; a submitted one is not deleted."""
    place.propose()
    path = f"{place.path}/pulls/1/reviews"
    begun = place.omar.post(path, json={"body": "thinking"}).json()
    assert (begun["state"], "submitted_at" in begun) == ("PENDING", False)
    assert place.owner.get(path).json() == []
    assert place.owner.get(f"{path}/{begun['id']}").status_code == 404
    submitted = place.omar.post(f"{path}/{begun['id']}/events", json={"event": "REQUEST_CHANGES"}).json()
    assert (submitted["state"], submitted["body"]) == ("CHANGES_REQUESTED", "thinking")
    assert place.omar.delete(f"{path}/{begun['id']}").status_code == 422
    assert place.ines.put(f"{path}/{begun['id']}", json={"body": "mine now"}).status_code == 403
    dismissed = place.ines.put(f"{path}/{begun['id']}/dismissals", json={"message": "settled"}).json()
    assert dismissed["state"] == "DISMISSED"
    assert [action for action, _ in place.events("pull_request_review")] == ["submitted", "dismissed"]


def test_approvals_of_writers_count(place):
    """A reader's approval does not count, an objection blocks until it is taken back, a later word replaces."""
    place.require(required_approving_review_count=1)
    place.propose()
    assert "At least 1 approving review is required by reviewers with write access." in place.refusal
    assert place.review(place.lin).json()["state"] == "APPROVED"
    assert "At least 1 approving review" in place.refusal
    place.review(place.omar)
    place.review(place.ines, "REQUEST_CHANGES", "no")
    assert "Changes were requested" in place.refusal
    place.review(place.ines)
    assert place.pull["mergeable_state"] == "clean"
    assert place.merge().status_code == 200


def test_new_commits_make_approvals_stale(place):
    """Where a rule says so, a change of the change dismisses approvals; merging the base into it does not."""
    place.propose()
    place.copy.git("checkout", "--quiet", "main")
    place.copy.commit("later.txt")
    place.copy.push("main")
    place.require(dismiss_stale_reviews_on_push=True)
    place.review(place.omar)
    assert place.author.put(f"{place.path}/pulls/1/update-branch").status_code == 202
    assert place.pull["mergeable_state"] == "clean"
    place.copy.git("fetch", "--quiet")
    place.copy.git("checkout", "--quiet", "-B", "feature", "origin/feature")
    place.copy.commit("more.txt")
    place.copy.push("feature")
    assert place.events("pull_request_review")[-1][0] == "dismissed"
    assert "At least 1 approving review" in place.refusal


def test_the_last_pusher_does_not_decide(place):
    """Whoever pushed last needs somebody else's approval of just that commit."""
    place.require(require_last_push_approval=True)
    place.propose()
    place.review(place.omar)
    place.copy = place.clone("omar-sre")
    place.copy.git("checkout", "--quiet", "feature")
    place.copy.commit("more.txt")
    place.copy.push("feature")
    place.review(place.omar)
    assert "someone other than the last pusher" in place.refusal
    place.review(place.ines)
    assert place.merge().status_code == 200


def test_code_owners_are_asked_and_needed(place):
    """The last matching pattern decides who owns a file; people and teams are asked by themselves, and one approves."""
    place.owner.put(f"{place.path}/collaborators/withchao", json={"permission": "admin"}).raise_for_status()
    place.copy.commit(".github/CODEOWNERS", text="* @ines-sre\ndocs/ @omar-sre @withchao @lin-tester\n")
    place.copy.push("main")
    place.require(require_code_owner_review=True)
    place.copy.git("fetch", "--quiet")
    place.propose("docs/guide.md")
    asked = place.owner.get(f"{place.path}/pulls/1/requested_reviewers").json()
    assert [user["login"] for user in asked["users"]] == ["omar-sre"], "not the author, nor who cannot write"
    assert [action for action, _ in place.events("pull_request")] == ["opened", "review_requested"]
    place.review(place.ines)
    assert "Waiting on code owner review from @omar-sre and/or @withchao." in place.refusal
    place.review(place.omar)
    assert place.pull["requested_reviewers"] == []
    assert place.merge().status_code == 200


def test_reviewers_are_asked_by_hand(place):
    """People and teams of the repository, never the author; asking and taking it back are told."""
    team = {"permission": "push"}
    place.owner.put(f"/orgs/openimsdk/teams/contributors{place.path}", json=team).raise_for_status()
    place.propose()
    path = f"{place.path}/pulls/1/requested_reviewers"
    assert place.author.post(path, json={"reviewers": ["withchao"]}).status_code == 422
    assert place.author.post(path, json={"reviewers": ["nobody-here"]}).status_code == 422
    body = {"reviewers": ["omar-sre"], "team_reviewers": ["contributors"]}
    made = place.author.post(path, json=body)
    assert made.status_code == 201
    api = place.github.typed("owner")
    found = api.rest.pulls.list_requested_reviewers("openimsdk", place.repository, 1)
    assert [one.login for one in found.parsed_data.users] == ["omar-sre"]
    assert [one.slug for one in found.parsed_data.teams] == ["contributors"]
    place.author.request("DELETE", path, json={"reviewers": ["omar-sre"]}).raise_for_status()
    actions = [action for action, _ in place.events("pull_request")]
    assert actions == ["opened", "review_requested", "review_requested", "review_request_removed"]


def test_conversations_are_resolved(place):
    """A comment on a line blocks the merge where a rule says so, until somebody resolves it."""
    place.require(required_approving_review_count=0, required_review_thread_resolution=True)
    made = place.propose()
    comment = {"path": "new.txt", "line": 1, "body": "Why?"}
    given = place.review(place.omar, "COMMENT", "see below", comments=[comment])
    assert given.status_code == 200, given.text
    api = place.github.typed("owner")
    [first] = api.rest.pulls.list_review_comments("openimsdk", place.repository, 1).parsed_data
    assert (first.body, first.line, first.commit_id) == ("Why?", 1, made["head"]["sha"])
    assert first.diff_hunk.startswith("@@ -0,0 +1 @@")
    reply = place.author.post(f"{place.path}/pulls/1/comments/{first.id}/replies", json={"body": "Because."})
    assert (reply.status_code, reply.json()["in_reply_to_id"]) == (201, first.id)
    assert "A conversation must be resolved" in place.refusal
    query = 'query($r: String!) {repository(owner: "openimsdk", name: $r) {pullRequest(number: 1) '
    query += "{id reviewThreads {nodes {id isResolved path}}}}}"
    threads = place.graphql(query, r=place.repository)["data"]["repository"]["pullRequest"]["reviewThreads"]["nodes"]
    assert [(one["isResolved"], one["path"]) for one in threads] == [(False, "new.txt")]
    resolve = "mutation($id: ID!) {resolveReviewThread(input: {threadId: $id}) {thread {isResolved}}}"
    done = place.graphql(resolve, place.author, id=threads[0]["id"])
    assert done["data"]["resolveReviewThread"]["thread"]["isResolved"] is True
    assert place.events("pull_request_review_thread")[-1][0] == "resolved"
    assert place.merge().status_code == 200
    for wrong in ({"path": "elsewhere"}, {"line": 7}, {"side": "LEFT"}):
        missing = place.review(place.omar, "COMMENT", "x", comments=[comment | wrong])
        assert missing.status_code == 422, "only what changes can be commented on"


def test_a_draft_becomes_ready(place):
    """Through GraphQL, as on GitHub; only then are owners asked."""
    place.copy.commit("CODEOWNERS", text="* @omar-sre\n")
    place.copy.push("main")
    place.copy.branch("feature")
    place.copy.commit("new.txt")
    place.copy.push("feature")
    body = {"title": "Add it", "head": "feature", "base": "main", "draft": True}
    made = place.author.post(f"{place.path}/pulls", json=body).json()
    assert made["requested_reviewers"] == []
    ready = "mutation($id: ID!) {markPullRequestReadyForReview(input: {pullRequestId: $id}) {pullRequest {isDraft}}}"
    refused = place.graphql(ready, place.lin, id=made["node_id"])
    assert refused["errors"][0]["type"] == "FORBIDDEN"
    place.graphql(ready, place.author, id=made["node_id"])
    assert (place.pull["draft"], place.pull["requested_reviewers"][0]["login"]) == (False, "omar-sre")
    actions = [action for action, _ in place.events("pull_request")]
    assert actions == ["opened", "ready_for_review", "review_requested"]


def test_protected_branches_and_merges(place):
    """A classic protection holds for merges too; administrators get past it unless it includes them."""
    protection = {
        "required_status_checks": {"strict": True, "contexts": ["Lint"]},
        "enforce_admins": False,
        "required_pull_request_reviews": {"required_approving_review_count": 2},
        "restrictions": None,
        "required_linear_history": True,
    }
    place.owner.put(f"{place.path}/branches/main/protection", json=protection).raise_for_status()
    place.propose()
    said = place.refusal
    assert "At least 2 approving reviews are required" in said
    assert 'Required status check "Lint" is expected.' in said
    assert "must not contain merge commits" in said
    assert "merge commits" not in place.merge(merge_method="squash").json()["message"]
    assert place.merge(place.owner).status_code == 200


def test_required_checks_are_reported(place):
    """Expected, failing, passed: a required check decides; one that is not required makes it unstable at most."""
    required = [{"context": "Lint"}, {"context": "Build", "integration_id": 1}]
    parameters = {"strict_required_status_checks_policy": False, "required_status_checks": required}
    place.rule({"type": "required_status_checks", "parameters": parameters})
    sha = place.propose()["head"]["sha"]
    assert "2 of 2 required status checks are expected." in place.refusal

    def report(context, state, client=place.owner):
        body = {"context": context, "state": state}
        client.post(f"{place.path}/statuses/{sha}", json=body).raise_for_status()

    report("Lint", "failure")
    report("Build", "success")
    assert "2 of 2 required status checks have not succeeded: 1 expected and 1 failing." in place.refusal
    report("Lint", "success")
    run = {"name": "Build", "head_sha": sha, "conclusion": "success"}
    with place.github.client("deployer") as app:
        app.post(f"{place.path}/check-runs", json=run).raise_for_status()
    assert place.pull["mergeable_state"] == "clean"
    report("Coverage", "pending")
    assert place.pull["mergeable_state"] == "unstable"
    assert place.copy.git("push", "origin", "feature:main").returncode == 0, "what has passed may also be pushed"
    assert place.pull["merged"] is True


def test_a_branch_has_to_be_up_to_date(place):
    """Where checks are strict, a base that moved on keeps a pull request back: its state is behind."""
    checks = {"strict_required_status_checks_policy": True, "required_status_checks": []}
    place.rule({"type": "required_status_checks", "parameters": checks})
    place.propose()
    assert place.pull["mergeable_state"] == "clean"
    with place.github.client("deployer") as app:
        number = app.get(f"{place.path}/rulesets").json()[0]["id"]
        bypass = [{"actor_id": 1, "actor_type": "Integration", "bypass_mode": "always"}]
        app.put(f"{place.path}/rulesets/{number}", json={"bypass_actors": bypass}).raise_for_status()
        app.put(f"{place.path}/contents/later", json={"message": "m", "content": ""}).raise_for_status()
    assert place.pull["mergeable_state"] == "behind"
    assert "out of date" in place.merge().json()["message"]


def test_a_ruleset_names_the_ways_to_merge(place):
    """A method that the ruleset does not list is refused, the App on the list gets past all of it."""
    place.require(allowed_merge_methods=["squash"])
    place.propose()
    assert "Merge method merge is not allowed" in place.merge().json()["message"]
    place.review(place.omar)
    assert place.merge(merge_method="squash").status_code == 200
