"""Forks: complete copies in a user's account, which is the only one who writes there."""

import sqlite3

import pytest

from sandbox.github.store import VERSION


@pytest.fixture
def outsider(github):
    """Somebody outside the organisation."""
    with github.client("pat-outsider") as client:
        yield client


@pytest.fixture
def fork(outsider, repository):
    """The outsider's fork of the test's repository."""
    answer = outsider.post(f"/repos/openimsdk/{repository}/forks")
    assert answer.status_code == 202, answer.text
    yield answer.json()
    outsider.delete(f"/repos/{answer.json()['full_name']}")


def test_a_fork_is_the_callers(github, outsider, deployer, repository, fork):
    """It belongs to who made it, names its parent, and is not among the organisation's repositories."""
    api = github.typed("pat-outsider")
    found = api.rest.repos.get("pat-outsider", repository).parsed_data
    assert (found.fork, found.parent.full_name) == (True, f"openimsdk/{repository}")
    assert (found.owner.login, found.permissions.admin) == ("pat-outsider", True)
    assert not found.organization
    assert api.rest.repos.list_forks("openimsdk", repository).parsed_data[0].full_name == fork["full_name"]
    assert [one.full_name for one in api.rest.repos.list_for_user("pat-outsider").parsed_data] == [fork["full_name"]]
    assert deployer.get(f"/repos/openimsdk/{repository}").json()["forks_count"] == 1
    names = [one["full_name"] for one in deployer.get("/orgs/openimsdk/repos", params={"per_page": 100}).json()]
    assert fork["full_name"] not in names
    assert outsider.post(f"/repos/openimsdk/{repository}/forks").json()["id"] == fork["id"], "there is only one"


def test_only_its_owner_writes_to_a_fork(github, outsider, repository, fork, clone):
    """Its owner pushes over HTTP; the organisation's owner and its App only read; the parent stays as it was."""
    copy = clone("pat-outsider", owner="pat-outsider")
    copy.commit("new.txt")
    copy.push("main")
    assert outsider.get(f"/repos/{fork['full_name']}/contents/new.txt").status_code == 200
    assert outsider.get(f"/repos/openimsdk/{repository}/contents/new.txt").status_code == 404
    for name in ("owner", "deployer"):
        pushed = copy.git("push", github.clone_address(repository, name, "pat-outsider"), "HEAD:x")
        assert "denied" in pushed.stderr


def test_what_cannot_be_forked(github, outsider, deployer, repository, fork):
    """An App has no account to fork into; a fork of a fork and one inside an organisation are refused."""
    path = f"/repos/openimsdk/{repository}/forks"
    assert deployer.post(path).status_code == 403
    assert outsider.post(path, json={"organization": "openimsdk"}).status_code == 422
    assert outsider.post(f"/repos/{fork['full_name']}/forks").status_code == 422
    with github.client(None) as nobody:
        assert nobody.post(path).status_code == 401


def test_the_state_of_an_older_version_is_refused(another):
    """A stand-in does not guess at state that it does not understand: it says what to do."""
    with another() as standin:
        standin.stop()
        with sqlite3.connect(standin.root / "github.sqlite") as db:
            db.execute("PRAGMA user_version = 1")
        with pytest.raises(AssertionError, match=f"is of version 1, this stand-in needs {VERSION}: stop the sandbox"):
            standin.start()
        with sqlite3.connect(standin.root / "github.sqlite") as db:
            db.execute(f"PRAGMA user_version = {VERSION}")
        standin.start()
