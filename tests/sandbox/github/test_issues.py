"""Issues: opened, found, changed, closed; who may; comments; what is told of each."""

import pytest


@pytest.fixture
def path(repository):
    """The repository's issues."""
    return f"/repos/openimsdk/{repository}/issues"


@pytest.fixture
def heard(deployer, repository, receiver):
    """What a hook for issues and comments hears, as (event, action) without the ping."""
    config = {"url": receiver.url, "content_type": "json"}
    body = {"config": config, "events": ["issues", "issue_comment"]}
    deployer.post(f"/repos/openimsdk/{repository}/hooks", json=body).raise_for_status()
    receiver.wait_for(1)

    def wait(number):
        receiver.wait_for(number + 1)
        return [(each.headers["X-GitHub-Event"], each.payload["action"]) for each in receiver.deliveries[1:]]

    return wait


def opened(client, path, title="Broken", **more):
    answer = client.post(path, json={"title": title, **more})
    assert answer.status_code == 201, answer.text
    return answer.json()


def test_numbers_count_up_in_each_repository(deployer, path):
    """Issues are numbered from 1, and shown by that number."""
    assert [opened(deployer, path, title)["number"] for title in ("One", "Two")] == [1, 2]
    assert deployer.get(f"{path}/2").json()["title"] == "Two"
    assert deployer.get(f"{path}/3").status_code == 404


def test_githubs_models_take_the_answers(github, deployer, repository, path):
    """Typed clients read issues, lists, comments, labels and assignees."""
    opened(deployer, path, labels=["bug", {"name": "fresh label"}], assignees=["lin-tester"], body="text")
    deployer.post(f"{path}/1/comments", json={"body": "Seen."}).raise_for_status()
    typed = github.typed()
    api = typed.rest.issues
    issue = api.get("openimsdk", repository, 1).parsed_data
    assert (issue.comments, issue.assignees[0].login, issue.state) == (1, "lin-tester", "open")
    assert [label.name for label in issue.labels] == ["bug", "fresh label"]
    assert len(api.list_for_repo("openimsdk", repository).parsed_data) == 1
    comment = api.list_comments("openimsdk", repository, 1).parsed_data[0]
    assert api.get_comment("openimsdk", repository, comment.id).parsed_data.body == "Seen."
    assert api.list_comments_for_repo("openimsdk", repository).parsed_data[0].id == comment.id
    assert api.list_labels_on_issue("openimsdk", repository, 1).parsed_data[0].name == "bug"
    assert api.update("openimsdk", repository, 1, state="closed").parsed_data.closed_by.login == "openim-cicd[bot]"


def test_lists_are_filtered(github, deployer, path):
    """By state, labels, creator and assignee; newest first unless asked otherwise."""
    opened(deployer, path, "One", labels=["bug", "question"])
    opened(deployer, path, "Two", labels=["bug"], assignees=["omar-sre"])
    with github.client("member") as member:
        opened(member, path, "Three")
    deployer.patch(f"{path}/1", json={"state": "closed"}).raise_for_status()

    def titles(**query):
        return [issue["title"] for issue in deployer.get(path, params=query).json()]

    assert titles() == ["Three", "Two"]
    assert titles(state="closed") == ["One"]
    assert titles(state="all", direction="asc") == ["One", "Two", "Three"]
    assert titles(state="all", labels="bug") == ["Two", "One"]
    assert titles(state="all", labels="Bug,question") == ["One"]
    assert titles(creator="lin-tester") == ["Three"]
    assert (titles(assignee="omar-sre"), titles(assignee="none"), titles(assignee="*")) == (["Two"], ["Three"], ["Two"])
    assert titles(since="2100-01-01T00:00:00Z") == []
    assert deployer.get(path, params={"milestone": "1"}).status_code == 422


def test_closing_says_why_and_reopening_takes_it_back(deployer, path):
    """A closed issue has a reason, a time and a closer; an open one has none."""
    opened(deployer, path)
    closed = deployer.patch(f"{path}/1", json={"state": "closed", "state_reason": "not_planned"}).json()
    assert (closed["state"], closed["state_reason"]) == ("closed", "not_planned")
    assert closed["closed_at"]
    again = deployer.patch(f"{path}/1", json={"state": "open"}).json()
    assert (again["state"], again["state_reason"], again["closed_at"], again["closed_by"]) == (
        "open",
        "reopened",
        None,
        None,
    )
    assert deployer.patch(f"{path}/1", json={"state": "closed"}).json()["state_reason"] == "completed"


def test_labels_of_an_issue(deployer, path):
    """Added, replaced, taken off one by one and all at once."""
    opened(deployer, path)

    def labels(answer):
        assert answer.status_code == 200, answer.text
        return [label["name"] for label in answer.json()]

    assert labels(deployer.post(f"{path}/1/labels", json={"labels": ["bug"]})) == ["bug"]
    assert labels(deployer.post(f"{path}/1/labels", json=["question"])) == ["bug", "question"]
    assert labels(deployer.delete(f"{path}/1/labels/bug")) == ["question"]
    assert deployer.delete(f"{path}/1/labels/bug").status_code == 404
    assert labels(deployer.put(f"{path}/1/labels", json={"labels": ["wontfix"]})) == ["wontfix"]
    assert deployer.delete(f"{path}/1/labels").status_code == 204
    assert deployer.get(f"{path}/1").json()["labels"] == []


def test_assignees_of_an_issue(deployer, path):
    """Strangers are left out where GitHub leaves them out, and refused where it refuses them."""
    opened(deployer, path)
    added = deployer.post(f"{path}/1/assignees", json={"assignees": ["omar-sre", "pat-outsider"]})
    assert [person["login"] for person in added.json()["assignees"]] == ["omar-sre"]
    removed = deployer.request("DELETE", f"{path}/1/assignees", json={"assignees": ["omar-sre"]})
    assert removed.json()["assignees"] == []
    assert deployer.post(path, json={"title": "x", "assignees": ["pat-outsider"]}).status_code == 422


def test_who_may(github, deployer, path):
    """Readers open issues and comment, edit their own, and neither label nor close those of others."""
    opened(deployer, path)
    with github.client(None) as nobody, github.client("member") as member:
        assert nobody.post(path, json={"title": "x"}).status_code == 401
        mine = opened(member, path, "Mine", labels=["bug"], assignees=["omar-sre"])
        assert (mine["labels"], mine["assignees"]) == ([], [])
        assert member.patch(f"{path}/1", json={"state": "closed"}).status_code == 403
        assert member.patch(f"{path}/2", json={"state": "closed", "labels": ["bug"]}).json()["labels"] == []
        assert member.post(f"{path}/1/labels", json=["bug"]).status_code == 403
        others = deployer.post(f"{path}/1/comments", json={"body": "x"}).json()["url"]
        own = member.post(f"{path}/1/comments", json={"body": "y"}).json()["url"]
        assert member.patch(others, json={"body": "z"}).status_code == 403
        assert member.delete(others).status_code == 403
        assert member.patch(own, json={"body": "z"}).json()["body"] == "z"
        assert member.delete(own).status_code == 204
        assert member.get(own).status_code == 404


@pytest.mark.parametrize(
    "body", [{}, {"title": ""}, {"title": "x", "milestone": 1}, {"title": "x", "labels": [""]}, {"title": 1}]
)
def test_impossible_issues_are_refused(deployer, path, body):
    """What GitHub would not take, or this stand-in would not keep, is 422."""
    assert deployer.post(path, json=body).status_code == 422


def test_texts_have_a_limit(deployer, path):
    """65,536 characters fit, one more is refused; an empty comment is none."""
    opened(deployer, path)
    for text, status in (("x" * 65_536, 201), ("x" * 65_537, 422), (" \n", 422)):
        assert deployer.post(f"{path}/1/comments", json={"body": text}).status_code == status


def test_no_issues_where_they_are_switched_off(deployer, repository, path):
    """A repository without issues answers 410."""
    deployer.patch(f"/repos/openimsdk/{repository}", json={"has_issues": False}).raise_for_status()
    assert deployer.post(path, json={"title": "x"}).status_code == 410


def test_every_change_is_told(deployer, path, heard):
    """Hooks hear of each step with the issue as it is then, and of nothing that did not change."""
    opened(deployer, path, labels=["bug"])
    deployer.patch(f"{path}/1", json={"title": "Mended", "assignees": ["omar-sre"]}).raise_for_status()
    deployer.patch(f"{path}/1", json={"title": "Mended"}).raise_for_status()
    deployer.patch(f"{path}/1", json={"state": "closed"}).raise_for_status()
    deployer.patch(f"{path}/1", json={"state": "open", "labels": []}).raise_for_status()
    url = deployer.post(f"{path}/1/comments", json={"body": "x"}).json()["url"]
    deployer.patch(url, json={"body": "y"}).raise_for_status()
    deployer.delete(url).raise_for_status()
    issues = ["assigned", "closed", "edited", "labeled", "opened", "reopened", "unlabeled"]
    told = [("issues", action) for action in issues]
    told += [("issue_comment", action) for action in ("created", "deleted", "edited")]
    assert sorted(heard(10)) == sorted(told)
