"""Pull requests: proposed, listed, changed, closed, merged as their repository allows."""

import json
import sqlite3
from concurrent.futures import ThreadPoolExecutor

import pytest
from githubkit import webhooks


class Proposals:
    """Makes pull requests in the test's repository and reads what became of them."""

    def __init__(self, github, repository, clone):
        self.github, self.repository = github, repository
        self.path = f"/repos/openimsdk/{repository}"
        self.owner = github.client("owner")
        self.author = github.client("withchao")
        self.copy = clone("owner")
        self.owner.put(f"{self.path}/collaborators/withchao", json={"permission": "push"}).raise_for_status()

    def propose(self, branch="feature", *files, by=None, **more):
        """A branch with one commit for each file, and a pull request for it."""
        self.copy.git("fetch", "--quiet")
        self.copy.branch(branch)
        for name in files or ("new.txt",):
            self.copy.commit(name, f"Add {name}", f"{name} of {branch}\n")
        self.copy.push(branch)
        body = {"title": f"Add {branch}", "head": branch, "base": "main", "body": "Why."} | more
        answer = (by or self.author).post(f"{self.path}/pulls", json=body)
        assert answer.status_code == 201, answer.text
        return answer.json()

    def get(self, number, by=None):
        return (by or self.owner).get(f"{self.path}/pulls/{number}").json()

    def merge(self, number, by=None, **body):
        return (by or self.owner).put(f"{self.path}/pulls/{number}/merge", json=body)

    def commit(self, ref):
        return self.owner.get(f"{self.path}/commits/{ref}").json()

    def events(self, name="pull_request"):
        """Actions and payloads of the kept events, oldest first."""
        number = self.owner.get(self.path).json()["id"]
        with sqlite3.connect(self.github.root / "github.sqlite") as db:
            sql = "SELECT action, payload FROM events WHERE repository_id = ? AND event = ? ORDER BY id"
            found = [(action, json.loads(payload)) for action, payload in db.execute(sql, [number, name])]
        for _, payload in found:
            webhooks.parse_obj(name, payload)  # refuses what is not GitHub's
        return found


@pytest.fixture
def proposals(github, repository, clone):
    made = Proposals(github, repository, clone)
    yield made
    made.owner.close()
    made.author.close()


def test_a_pull_request_is_proposed(github, proposals):
    """It parses as GitHub's, tells its size and state, has refs of its own, and says that it was opened."""
    made = proposals.propose("feature", "a.txt", "b.txt")
    api = github.typed("owner")
    found = api.rest.pulls.get("openimsdk", proposals.repository, made["number"]).parsed_data
    assert (found.title, found.state, found.user.login, found.draft) == ("Add feature", "open", "withchao", False)
    assert (found.commits, found.changed_files, found.additions) == (2, 2, 2)
    assert (found.mergeable, found.mergeable_state, found.merged) == (True, "clean", False)
    assert (found.head.label, found.base.label) == ("openimsdk:feature", "openimsdk:main")
    [listed] = api.rest.pulls.list("openimsdk", proposals.repository).parsed_data
    assert listed.number == made["number"]
    commits = api.rest.pulls.list_commits("openimsdk", proposals.repository, made["number"]).parsed_data
    assert [one.commit.message for one in commits] == ["Add a.txt", "Add b.txt"]
    files = api.rest.pulls.list_files("openimsdk", proposals.repository, made["number"]).parsed_data
    assert [one.filename for one in files] == ["a.txt", "b.txt"]
    fetched = proposals.copy.git("ls-remote", "origin", "refs/pull/*").stdout.split()
    assert fetched[::2] == [found.head.sha, made["merge_commit_sha"]]
    diff = proposals.owner.get(
        f"{proposals.path}/pulls/{made['number']}", headers={"Accept": "application/vnd.github.v3.diff"}
    )
    assert diff.text.startswith("diff --git a/a.txt b/a.txt")
    [(action, payload)] = proposals.events()
    assert (action, payload["number"], payload["pull_request"]["head"]["sha"]) == ("opened", 1, found.head.sha)
    assert payload["sender"]["login"] == "withchao"


def test_what_cannot_be_proposed(proposals, github):
    """A branch that is not there, without news, or proposed already; and what the stand-in does not do."""
    proposals.propose()
    post = lambda client=proposals.author, **body: client.post(  # noqa: E731
        f"{proposals.path}/pulls", json={"title": "t", "head": "feature", "base": "main"} | body
    )
    assert post().json()["errors"][0]["message"] == "A pull request already exists for openimsdk:feature."
    assert post(head="nowhere").json()["errors"][0]["field"] == "head"
    assert post(base="nowhere").json()["errors"][0]["field"] == "base"
    assert post(head="main").json()["errors"][0]["message"] == "No commits between main and main"
    assert post(maintainer_can_modify=True).status_code == 422
    with github.client("member") as reader:
        assert post(reader).status_code == 403, "proposing a branch needs push access to it"


@pytest.mark.parametrize("method", ["merge", "squash", "rebase"])
def test_each_way_to_merge(proposals, method):
    """A merge has two parents, a squash one commit with all messages, a rebase the same commits anew."""
    made = proposals.propose("feature", "a.txt", "b.txt")
    proposals.copy.git("checkout", "--quiet", "main")
    before = proposals.copy.commit("later.txt")
    proposals.copy.push("main")
    answer = proposals.merge(made["number"], merge_method=method)
    assert (answer.status_code, answer.json()["merged"]) == (200, True), answer.text
    commit = proposals.commit(answer.json()["sha"])
    parents = [parent["sha"] for parent in commit["parents"]]
    if method == "merge":
        assert parents == [before, made["head"]["sha"]]
        assert commit["commit"]["message"] == "Merge pull request #1 from openimsdk/feature\n\nAdd feature"
        assert (commit["author"]["login"], commit["committer"]["login"]) == ("mei-admin", "web-flow")
    elif method == "squash":
        assert parents == [before]
        assert commit["commit"]["message"].startswith("Add feature (#1)\n\n* Add a.txt\n\n* Add b.txt")
        assert "Co-authored-by: Tester <tester@openim.example>" in commit["commit"]["message"]
        assert commit["author"]["login"] == "withchao"
    else:
        assert commit["commit"]["message"] == "Add b.txt"
        assert proposals.commit(parents[0])["parents"][0]["sha"] == before
        assert commit["commit"]["author"]["name"] == "Tester"
        assert commit["committer"]["login"] == "mei-admin"
    merged = proposals.get(made["number"])
    assert (merged["state"], merged["merged"], merged["merged_by"]["login"]) == ("closed", True, "mei-admin")
    assert merged["merge_commit_sha"] == answer.json()["sha"]
    assert (merged["commits"], merged["changed_files"]) == (2, 2)
    assert proposals.owner.get(f"{proposals.path}/pulls/1/merge").status_code == 204
    brought = proposals.owner.get(f"{proposals.path}/commits/{answer.json()['sha']}/pulls").json()
    assert [one["number"] for one in brought] == [1]
    assert proposals.events()[-1][0] == "closed"
    assert proposals.events("push")[-1][1]["ref"] == "refs/heads/main"
    assert proposals.merge(made["number"]).status_code == 405, "once is enough"


def test_the_repository_says_how_to_merge(proposals):
    """A method that is off is 405; titles, messages and the branch's end follow the settings."""
    settings = {
        "allow_merge_commit": False,
        "delete_branch_on_merge": True,
        "squash_merge_commit_title": "PR_TITLE",
        "squash_merge_commit_message": "PR_BODY",
    }
    proposals.owner.patch(proposals.path, json=settings).raise_for_status()
    made = proposals.propose()
    refused = proposals.merge(made["number"])
    assert (refused.status_code, refused.json()["message"]) == (
        405,
        "Merge commits are not allowed on this repository.",
    )
    sha = proposals.merge(made["number"], merge_method="squash").json()["sha"]
    assert proposals.commit(sha)["commit"]["message"].startswith("Add feature (#1)\n\nWhy.")
    assert proposals.owner.get(f"{proposals.path}/branches/feature").status_code == 404
    assert proposals.events("push")[-1][1]["deleted"] is True


def test_a_merge_is_of_what_was_looked_at(proposals):
    """Another sha than the head's is a conflict, a draft and conflicting changes are refused."""
    made = proposals.propose("feature", "README.md", draft=True)
    assert proposals.merge(1).json()["message"] == "Pull Request is still a draft"
    assert proposals.get(1)["mergeable_state"] == "draft"
    other = proposals.propose("other", "README.md")
    assert proposals.merge(other["number"], sha="0" * 40).status_code == 409
    assert proposals.merge(other["number"], sha=other["head"]["sha"]).status_code == 200
    third = proposals.get(made["number"])
    assert (third["mergeable"], third["mergeable_state"], third["merge_commit_sha"]) == (False, "dirty", None)


def test_a_push_is_followed(proposals):
    """New commits are announced with both ends; a deleted branch closes its pull request; a merge by hand counts."""
    made = proposals.propose()
    sha = proposals.copy.commit("more.txt")
    proposals.copy.push("feature")
    action, payload = proposals.events()[-1]
    assert (action, payload["before"], payload["after"]) == ("synchronize", made["head"]["sha"], sha)
    assert payload["pull_request"]["head"]["sha"] == sha
    assert proposals.get(1)["commits"] == 2
    proposals.copy.push("feature:main")
    assert (proposals.get(1)["merged"], proposals.events()[-1][0]) == (True, "closed")
    proposals.propose("short-lived")
    proposals.copy.push(":short-lived")
    assert (proposals.get(2)["state"], proposals.get(2)["merged"]) == ("closed", False)
    reopened = proposals.owner.patch(f"{proposals.path}/pulls/2", json={"state": "open"})
    assert reopened.status_code == 422, "its branch is gone"


def test_a_pull_request_is_changed(proposals):
    """Title, text, state and base change with events that say what they were; the issues API sees the same thread."""
    made = proposals.propose()
    path = f"{proposals.path}/pulls/{made['number']}"
    proposals.author.patch(path, json={"title": "Better", "state": "closed"}).raise_for_status()
    assert [action for action, _ in proposals.events()] == ["opened", "edited", "closed"]
    assert proposals.events()[1][1]["changes"] == {"title": {"from": "Add feature"}}
    issue = proposals.owner.patch(f"{proposals.path}/issues/1", json={"state": "open"}).json()
    assert (issue["state"], issue["title"]) == ("open", "Better")
    assert issue["pull_request"]["url"].endswith("/pulls/1")
    assert proposals.events()[-1][0] == "reopened"
    proposals.copy.push("main:release")
    changed = proposals.author.patch(path, json={"base": "release"}).json()
    assert (changed["base"]["ref"], proposals.events()[-1][1]["changes"]["base"]["ref"]) == (
        "release",
        {"from": "main"},
    )
    proposals.owner.post(f"{proposals.path}/issues/1/labels", json={"labels": ["bug"]}).raise_for_status()
    action, payload = proposals.events()[-1]
    assert (action, payload["label"]["name"], payload["pull_request"]["number"]) == ("labeled", "bug", 1)


def test_a_branch_is_brought_up_to_date(proposals):
    """The base is merged into the branch once, and only from the head that the caller knows."""
    made = proposals.propose()
    path = f"{proposals.path}/pulls/1/update-branch"
    assert proposals.author.put(path).status_code == 422, "there is nothing new"
    proposals.copy.git("checkout", "--quiet", "main")
    proposals.copy.commit("later.txt")
    proposals.copy.push("main")
    assert proposals.author.put(path, json={"expected_head_sha": "0" * 40}).status_code == 422
    assert proposals.author.put(path, json={"expected_head_sha": made["head"]["sha"]}).status_code == 202
    assert proposals.events()[-1][0] == "synchronize"
    message = proposals.commit(proposals.get(1)["head"]["sha"])["commit"]["message"]
    assert message == "Merge branch 'main' into feature"


def test_a_proposal_from_a_fork(github, proposals, clone):
    """An outsider proposes a branch of a fork; its commits come into the repository only by the merge."""
    with github.client("pat-outsider") as outsider:
        fork = outsider.post(f"{proposals.path}/forks").json()
        copy = clone("pat-outsider", owner="pat-outsider")
        sha = copy.commit("gift.txt")
        copy.push("main:gift")
        body = {"title": "A gift", "head": "pat-outsider:gift", "base": "main"}
        made = outsider.post(f"{proposals.path}/pulls", json=body)
        assert made.status_code == 201, made.text
        assert (made.json()["head"]["repo"]["fork"], made.json()["head"]["sha"]) == (True, sha)
        assert made.json()["author_association"] == "NONE"
        assert outsider.put(f"{proposals.path}/pulls/1/merge").status_code == 403
        copy.commit("more.txt")
        copy.push("HEAD:gift")
        assert proposals.events()[-1][0] == "synchronize"
        compared = outsider.get(f"{proposals.path}/compare/main...pat-outsider:gift").json()
        assert compared["ahead_by"] == 2
        assert proposals.merge(1, merge_method="squash").status_code == 200
        assert proposals.owner.get(f"{proposals.path}/contents/gift.txt").status_code == 200
        assert outsider.get(f"/repos/{fork['full_name']}/branches/gift").status_code == 200
        outsider.delete(f"/repos/{fork['full_name']}")
    left = proposals.get(1)
    assert (left["head"]["repo"], left["head"]["label"]) == (None, "pat-outsider:gift")


def test_two_merges_at_once(proposals):
    """Both happen, one after the other, and neither is lost."""
    first, second = proposals.propose("first", "a.txt"), proposals.propose("second", "b.txt")
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(proposals.merge, [first["number"], second["number"]]))
    assert [answer.status_code for answer in answers] == [200, 200]
    for name in ("a.txt", "b.txt"):
        assert proposals.owner.get(f"{proposals.path}/contents/{name}").status_code == 200


def test_a_push_races_with_a_merge(proposals):
    """Whoever comes second is refused: the merged commit and the pushed one are never lost."""
    for round_ in range(4):
        made = proposals.propose(f"feature-{round_}", f"{round_}.txt")
        proposals.copy.git("checkout", "--quiet", "-B", "main", "origin/main")
        pushed = proposals.copy.commit(f"pushed-{round_}")
        with ThreadPoolExecutor(2) as pool:
            merging = pool.submit(proposals.merge, made["number"])
            pushing = pool.submit(proposals.copy.git, "push", "--quiet", "origin", "main")
        merged, went = merging.result(), pushing.result().returncode == 0
        history = [one["sha"] for one in proposals.owner.get(f"{proposals.path}/commits?per_page=100").json()]
        assert (merged.status_code == 200) == (merged.json().get("sha") in history)
        assert merged.status_code in {200, 405}
        assert went == (pushed in history)
        assert went or merged.status_code == 200
        proposals.copy.git("fetch", "--quiet")
