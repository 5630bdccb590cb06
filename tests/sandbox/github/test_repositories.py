"""Repositories, their topics and labels."""

import pytest


def test_the_seed_is_a_real_organisation(github):
    """All 55 repositories are there with the ids that the seed file's order gives, and none has a webhook."""
    api = github.typed()
    first = api.rest.repos.list_for_org("openimsdk", per_page=100, sort="full_name").parsed_data
    assert len([repo for repo in first if repo.id <= 80000055]) == 55
    assert api.rest.repos.get("openimsdk", "open-im-server").parsed_data.id == 80000001
    assert api.rest.repos.get("openimsdk", "openmeeting").parsed_data.default_branch == "dev"
    assert api.rest.repos.list_webhooks("openimsdk", "open-im-server").parsed_data == []
    assert api.rest.teams.get_by_name("openimsdk", "openim-maintainers").parsed_data.id == 2
    assert {label.name for label in api.rest.issues.list_labels_for_repo("openimsdk", "docs").parsed_data} >= {"bug"}


def test_settings_are_kept(github, repository):
    """What a PATCH sets is what the next GET tells, and what it leaves out stays."""
    api = github.typed()
    api.rest.repos.update(
        "openimsdk",
        repository,
        description="words",
        homepage="https://openim.io",
        has_wiki=False,
        allow_merge_commit=False,
        squash_merge_commit_title="PR_TITLE",
        squash_merge_commit_message="PR_BODY",
        delete_branch_on_merge=True,
    )
    found = api.rest.repos.get("openimsdk", repository).parsed_data
    assert (found.description, found.homepage, found.has_wiki) == ("words", "https://openim.io", False)
    assert (found.allow_merge_commit, found.allow_squash_merge, found.delete_branch_on_merge) == (False, True, True)
    assert found.squash_merge_commit_message == "PR_BODY"


NO_MERGING = {"allow_merge_commit": False, "allow_squash_merge": False, "allow_rebase_merge": False}
LICENSED = {"security_and_analysis": {"advanced_security": {"status": "enabled"}}}


@pytest.mark.parametrize(
    ("body", "field", "code"),
    [
        (NO_MERGING, "merge_commit_allowed", "custom"),
        ({"squash_merge_commit_message": "BLANK"}, "squash_merge_commit_message", "custom"),
        ({"default_branch": "nowhere"}, "default_branch", "invalid"),
        ({"has_wiki": "yes"}, "has_wiki", "invalid"),
        ({"visibility": "public"}, "visibility", "custom"),
        ({"visibility": "internal"}, "visibility", "custom"),
        (LICENSED, "security_and_analysis", "invalid"),
    ],
)
def test_what_github_refuses_is_refused_in_its_words(deployer, repository, body, field, code):
    """A setting that cannot be is answered 422 with resource, field and code, and nothing is changed."""
    before = deployer.get(f"/repos/openimsdk/{repository}").json()
    refused = deployer.patch(f"/repos/openimsdk/{repository}", json=body | {"description": "changed"})
    assert refused.status_code == 422
    error = refused.json()["errors"][0]
    assert (error["resource"], error["field"], error["code"]) == ("Repository", field, code)
    assert deployer.get(f"/repos/openimsdk/{repository}").json() == before


def test_a_name_is_taken_whatever_its_case(deployer, repository):
    """Creating or renaming to a name that exists is refused."""
    taken = deployer.post("/orgs/openimsdk/repos", json={"name": repository.upper()})
    assert taken.status_code == 422
    assert taken.json()["errors"][0]["message"] == "name already exists on this account"
    assert deployer.patch("/repos/openimsdk/chat", json={"name": repository}).status_code == 422
    assert deployer.post("/orgs/openimsdk/repos", json={"name": "a b"}).status_code == 422
    assert deployer.post("/orgs/openimsdk/repos", json={"name": "x.git"}).status_code == 422


def test_an_archived_repository_is_read_only(github, deployer, repository):
    """After archiving every write is refused; unarchiving brings it back."""
    path = f"/repos/openimsdk/{repository}"
    deployer.patch(path, json={"archived": True}).raise_for_status()
    assert deployer.patch(path, json={"description": "x"}).status_code == 403
    assert deployer.post(f"{path}/labels", json={"name": "x"}).status_code == 403
    deployer.patch(path, json={"archived": False}).raise_for_status()
    assert deployer.patch(path, json={"description": "x"}).status_code == 200


def test_renaming_takes_everything_along(deployer, repository):
    """A renamed repository keeps its id and its files, and can be named back."""
    path = f"/repos/openimsdk/{repository}"
    before = deployer.get(path).json()["id"]
    deployer.patch(path, json={"name": "renamed-thing"}).raise_for_status()
    assert deployer.get("/repos/openimsdk/renamed-thing").json()["id"] == before
    assert deployer.get("/repos/openimsdk/renamed-thing/contents/README.md").status_code == 200
    assert deployer.get(path).status_code == 404
    deployer.patch("/repos/openimsdk/renamed-thing", json={"name": repository}).raise_for_status()


def test_topics_and_alerts(github, deployer, repository):
    """Topics are replaced as a whole; alerts are on or off; fixes need alerts."""
    api = github.typed()
    assert api.rest.repos.replace_all_topics("openimsdk", repository, names=["b", "a"]).parsed_data.names == ["b", "a"]
    assert api.rest.repos.get_all_topics("openimsdk", repository).parsed_data.names == ["b", "a"]
    path = f"/repos/openimsdk/{repository}"
    assert deployer.put(f"{path}/topics", json={"names": ["Not ok!"]}).status_code == 422
    assert deployer.get(f"{path}/vulnerability-alerts").status_code == 404
    assert deployer.put(f"{path}/automated-security-fixes").status_code == 422
    assert deployer.put(f"{path}/vulnerability-alerts").status_code == 204
    assert deployer.put(f"{path}/automated-security-fixes").status_code == 204
    assert api.rest.repos.check_automated_security_fixes("openimsdk", repository).parsed_data.enabled is True


def test_labels(github, deployer, repository):
    """Labels with slashes are made, read, renamed and deleted; a second one of the same name is refused."""
    api = github.typed()
    made = api.rest.issues.create_label("openimsdk", repository, name="size/XS", color="3CBF00").parsed_data
    assert made.color == "3CBF00"
    again = deployer.post(f"/repos/openimsdk/{repository}/labels", json={"name": "Size/xs"})
    assert again.json()["errors"] == [{"resource": "Label", "field": "name", "code": "already_exists"}]
    assert deployer.get(f"/repos/openimsdk/{repository}/labels/size%2FXS").json()["id"] == made.id
    api.rest.issues.update_label("openimsdk", repository, "size/XS", new_name="tiny", description="small")
    assert api.rest.issues.get_label("openimsdk", repository, "tiny").parsed_data.description == "small"
    api.rest.issues.delete_label("openimsdk", repository, "tiny")
    assert deployer.get(f"/repos/openimsdk/{repository}/labels/tiny").status_code == 404


def test_pages_are_linked(deployer):
    """Lists come in pages whose Link header leads through all of them."""
    path, seen = "/repos/openimsdk/open-im-server/labels?per_page=5", []
    while path:
        answer = deployer.get(path)
        seen += [label["name"] for label in answer.json()]
        path = answer.links["next"]["url"] if "next" in answer.links else ""
    assert len(seen) == len(set(seen)) == 13
    assert answer.links["first"]["url"].endswith("per_page=5&page=1")


def test_an_unchanged_answer_is_304(deployer, repository):
    """If-None-Match with the last ETag gives 304 until something changes; weak marks compare alike."""
    path = f"/repos/openimsdk/{repository}"
    etag = deployer.get(path).headers["etag"]
    unchanged = deployer.get(path, headers={"If-None-Match": etag.removeprefix("W/")})
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    deployer.patch(path, json={"description": "new"}).raise_for_status()
    assert deployer.get(path, headers={"If-None-Match": etag}).status_code == 200


def test_calls_are_counted_by_route(github, deployer, repository):
    """The control endpoint tells how often each route was called, and can be set back."""
    with github.client() as control:
        control.post(f"{github.base}/_sandbox/calls/reset")
        deployer.get(f"/repos/openimsdk/{repository}")
        deployer.get("/repos/openimsdk/chat")
        counted = control.get(f"{github.base}/_sandbox/calls").json()
    assert counted == {"calls": {"GET /repos/{owner}/{repo}": 2}, "total": 2}


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PATCH", "/repos/openimsdk/chat", {"custom_properties": {"a": "b"}}),
        ("POST", "/orgs/openimsdk/repos", {"name": "licensed", "license_template": "mit"}),
        ("POST", "/orgs/openimsdk/teams", {"name": "x", "maintainers": ["omar-sre"]}),
        ("PATCH", "/orgs/openimsdk", {"billing_email": "x@openim.example"}),
        ("GET", "/orgs/openimsdk/members?filter=2fa_disabled", None),
    ],
)
def test_what_would_be_ignored_is_refused(deployer, method, path, body):
    """A real option that means nothing here is 422, never swallowed; a field that no GitHub knows is ignored."""
    refused = deployer.request(method, path, json=body)
    assert refused.status_code == 422
    assert "not supported by this stand-in of GitHub" in refused.text


def test_unknown_fields_are_ignored(deployer, repository):
    """GitHub does not look at fields that it does not know."""
    assert deployer.patch(f"/repos/openimsdk/{repository}", json={"no_such_thing": 1}).status_code == 200


def test_the_first_branch_of_an_empty_repository_is_its_default(deployer):
    """Whatever branch comes first into an empty repository becomes its default branch."""
    deployer.post("/orgs/openimsdk/repos", json={"name": "empty"}).raise_for_status()
    assert deployer.get("/repos/openimsdk/empty/commits").status_code == 409
    body = {"message": "m", "content": "", "branch": "trunk"}
    deployer.put("/repos/openimsdk/empty/contents/a", json=body).raise_for_status()
    assert deployer.get("/repos/openimsdk/empty").json()["default_branch"] == "trunk"
    deployer.delete("/repos/openimsdk/empty").raise_for_status()
