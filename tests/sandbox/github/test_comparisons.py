"""Comparing commits, and narrowing a history down."""

import pytest

NOREPLY = "70000002+withchao@users.noreply.github.com"


@pytest.fixture
def history(clone):
    """Main with one commit more, and a branch beside it with three: a change, a rename, a binary file."""
    copy = clone("owner", email=NOREPLY)
    copy.commit("old.txt", text="one\ntwo\nthree\nfour\nfive\n")
    copy.push("main")
    copy.branch("side")
    copy.commit("README.md", "Change the front page", text="new\n")
    copy.git("mv", "old.txt", "new.txt")
    copy.git("commit", "--quiet", "-m", "Rename a file")
    (copy.folder / "image").write_bytes(b"\0\1\2")
    copy.git("add", "image")
    copy.git("commit", "--quiet", "-m", "Add an image")
    copy.push("side")
    copy.git("checkout", "--quiet", "main")
    copy.commit("later.txt")
    copy.push("main")
    return copy


def test_two_branches_are_compared(github, repository, history):
    """Commits come oldest first with their authors' accounts, files as they differ from the common ancestor."""
    api = github.typed()
    found = api.rest.repos.compare_commits("openimsdk", repository, "main...side").parsed_data
    assert (found.status, found.ahead_by, found.behind_by, found.total_commits) == ("diverged", 3, 1, 3)
    assert [one.commit.message for one in found.commits] == ["Change the front page", "Rename a file", "Add an image"]
    assert {one.author.login for one in found.commits} == {"withchao"}, "the noreply form names its account"
    assert found.merge_base_commit.sha == history.git("merge-base", "main", "side").stdout.strip()
    files = {one.filename: one for one in found.files}
    assert {name: one.status for name, one in files.items()} == {
        "README.md": "modified",
        "image": "added",
        "new.txt": "renamed",
    }
    assert files["new.txt"].previous_filename == "old.txt"
    assert files["README.md"].patch.startswith("@@ -1 +1 @@\n-# ")
    assert not files["image"].patch
    assert (files["README.md"].additions, files["README.md"].deletions) == (1, 1)


@pytest.mark.parametrize(
    ("span", "status"), [("main...main", "identical"), ("main~1...main", "ahead"), ("main...main~1", "behind")]
)
def test_the_status_of_a_comparison(deployer, repository, history, span, status):
    """Ahead, behind and identical are told apart."""
    base, head = (history.git("rev-parse", name).stdout.strip() for name in span.split("..."))
    assert deployer.get(f"/repos/openimsdk/{repository}/compare/{base}...{head}").json()["status"] == status


def test_differences_as_text(deployer, repository, history):
    """The media types diff and patch answer with text that git understands."""
    path = f"/repos/openimsdk/{repository}/compare/main...side"
    diff = deployer.get(path, headers={"Accept": "application/vnd.github.diff"})
    assert diff.headers["content-type"].startswith("application/vnd.github.v3.diff")
    assert diff.text == history.git("diff", "main...side").stdout
    patch = deployer.get(path, headers={"Accept": "application/vnd.github.v3.patch"}).text
    assert patch.count("Subject: [PATCH") == 3
    head = history.git("rev-parse", "side").stdout.strip()
    one = deployer.get(f"/repos/openimsdk/{repository}/commits/side", headers={"Accept": "application/vnd.github.sha"})
    assert one.text == head


def test_what_cannot_be_compared(deployer, repository, history):
    """Unknown refs, strangers' repositories and half a range are 404."""
    for span in ("main...nowhere", "main", "main...pat-outsider:main", "main..side"):
        assert deployer.get(f"/repos/openimsdk/{repository}/compare/{span}").status_code == 404


def test_a_commit_tells_its_files(github, repository, history):
    """One commit comes with the lines that it added and removed."""
    api, sha = github.typed(), history.git("rev-parse", "side~2").stdout.strip()
    found = api.rest.repos.get_commit("openimsdk", repository, sha).parsed_data
    assert (found.stats.additions, found.stats.deletions, found.stats.total) == (1, 1, 2)
    assert [one.filename for one in found.files] == ["README.md"]


def test_a_history_is_narrowed_down(deployer, repository, history):
    """By author (login or address), committer and time."""
    path = f"/repos/openimsdk/{repository}/commits"

    def subjects(**query):
        return [one["commit"]["message"] for one in deployer.get(path, params={"sha": "side", **query}).json()]

    assert subjects(author="withchao") == subjects(author=NOREPLY) == subjects(committer="withchao")
    assert len(subjects(author="withchao")) == 4
    assert subjects(author="mei-admin") == []
    assert subjects(until="2026-01-02T00:00:00Z") == ["Initial commit"]
    assert len(subjects(since="2026-01-02T00:00:00Z", path="README.md")) == 1
    assert deployer.get(path, params={"since": "yesterday"}).status_code == 422
