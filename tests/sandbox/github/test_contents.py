"""Files, commits and refs through the API."""

from base64 import b64encode


def coded(text: str) -> str:
    return b64encode(text.encode()).decode()


def test_a_file_lives_through_commits(github, deployer, repository):
    """A file is made, read, replaced and removed, each time with a commit that names who did it."""
    api = github.typed()
    contents = api.rest.repos
    made = contents.create_or_update_file_contents(
        "openimsdk", repository, "docs/a b.md", message="Add a page", content=coded("one")
    )
    assert made.status_code == 201
    found = contents.get_content("openimsdk", repository, "docs/a b.md").parsed_data
    assert (found.content, found.size) == (coded("one"), 3)
    assert "ref=main" in found.url
    changed = contents.create_or_update_file_contents(
        "openimsdk", repository, "docs/a b.md", message="Change it", content=coded("two"), sha=found.sha
    )
    assert changed.status_code == 200
    commit = contents.get_commit("openimsdk", repository, changed.parsed_data.commit.sha).parsed_data
    assert (commit.commit.message, commit.files[0].filename) == ("Change it", "docs/a b.md")
    assert commit.author.login == "openim-cicd[bot]"
    assert deployer.get(f"/repos/openimsdk/{repository}/contents/docs").json()[0]["name"] == "a b.md"
    messages = [c.commit.message for c in contents.list_commits("openimsdk", repository, path="docs").parsed_data]
    assert messages == ["Change it", "Add a page"]
    sha = changed.parsed_data.content.sha
    contents.delete_file("openimsdk", repository, "docs/a b.md", message="Remove it", sha=sha)
    assert deployer.get(f"/repos/openimsdk/{repository}/contents/docs/a%20b.md").status_code == 404


def test_a_file_is_not_overwritten_by_accident(deployer, repository):
    """Without the present content's id a write is refused, with a stale one it conflicts."""
    path = f"/repos/openimsdk/{repository}/contents/README.md"
    body = {"message": "m", "content": coded("x")}
    assert deployer.put(path, json=body).status_code == 422
    assert deployer.put(path, json=body | {"sha": "0" * 40}).status_code == 409
    assert deployer.put(path, json=body | {"branch": "nowhere"}).status_code == 404
    assert deployer.put(path, json={"message": "m", "content": "%%%"}).status_code == 422
    assert deployer.put(path, json={"content": coded("x")}).json()["errors"][0]["code"] == "missing_field"
    assert deployer.put(f"/repos/openimsdk/{repository}/contents/.git/config", json=body).status_code == 422
    assert deployer.delete(path).status_code == 422


def test_refs(github, deployer, repository):
    """Branches and tags are made, moved, renamed and deleted; the default branch stays."""
    api = github.typed()
    head = api.rest.git.get_ref("openimsdk", repository, "heads/main").parsed_data.object_.sha
    made = api.rest.git.create_ref("openimsdk", repository, ref="refs/heads/release-v1", sha=head).parsed_data
    assert made.ref == "refs/heads/release-v1"
    path = f"/repos/openimsdk/{repository}"
    assert deployer.post(f"{path}/git/refs", json={"ref": "refs/heads/release-v1", "sha": head}).status_code == 422
    assert deployer.post(f"{path}/git/refs", json={"ref": "refs/heads/x", "sha": "1" * 40}).status_code == 422
    assert deployer.post(f"{path}/git/refs", json={"ref": "main2", "sha": head}).status_code == 422
    api.rest.repos.rename_branch("openimsdk", repository, "release-v1", new_name="release-v2")
    names = [branch.name for branch in api.rest.repos.list_branches("openimsdk", repository).parsed_data]
    assert names == ["main", "release-v2"]
    branch = api.rest.repos.get_branch("openimsdk", repository, "release-v2").parsed_data
    assert (branch.commit.sha, branch.protected) == (head, False)
    deployer.patch(path, json={"default_branch": "release-v2"}).raise_for_status()
    assert deployer.delete(f"{path}/git/refs/heads/release-v2").status_code == 422
    assert deployer.delete(f"{path}/git/refs/heads/main").status_code == 204
    assert api.rest.repos.get("openimsdk", repository).parsed_data.default_branch == "release-v2"
