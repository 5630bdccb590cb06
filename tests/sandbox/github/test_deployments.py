"""Deployments, what is said about them, releases and their tags."""

import pytest


@pytest.fixture
def path(repository):
    """The repository."""
    return f"/repos/openimsdk/{repository}"


@pytest.fixture
def told(deployer, path, receiver):
    """What a hook hears, as (event, action, what it is about), sorted; the ping left out."""
    config = {"url": receiver.url, "content_type": "json"}
    events = ["deployment", "deployment_status", "release", "push"]
    deployer.post(f"{path}/hooks", json={"config": config, "events": events}).raise_for_status()
    receiver.wait_for(1)

    def wait(number):
        heard = [(each.headers["X-GitHub-Event"], each.payload) for each in receiver.wait_for(number + 1)[1:]]
        states = [payload.get("deployment_status", {}).get("state", "") for _, payload in heard]
        return sorted(
            (event, load.get("action", ""), state) for (event, load), state in zip(heard, states, strict=True)
        )

    return wait


def begun(client, path, **body):
    answer = client.post(f"{path}/deployments", json={"ref": "main"} | body)
    assert answer.status_code == 201, answer.text
    return answer.json()


def test_githubs_models_take_deployments(github, deployer, repository, path):
    """Typed clients read deployments and their statuses; the environment has made itself."""
    made = begun(deployer, path, environment="staging", payload={"a": 1}, description="try")
    said = {"state": "in_progress", "log_url": "http://127.0.0.1/log", "description": "going"}
    deployer.post(f"{path}/deployments/{made['id']}/statuses", json=said).raise_for_status()
    typed = github.typed()
    repos = typed.rest.repos
    full = repos.get_deployment("openimsdk", repository, made["id"]).parsed_data
    assert (full.environment, full.task, full.creator.login) == ("staging", "deploy", "openim-cicd[bot]")
    status = repos.list_deployment_statuses("openimsdk", repository, made["id"]).parsed_data[0]
    assert (status.state, status.description) == ("in_progress", "going")
    assert repos.get_deployment_status("openimsdk", repository, made["id"], status.id).parsed_data.id == status.id
    assert repos.get_environment("openimsdk", repository, "staging").parsed_data.name == "staging"
    assert repos.list_deployments("openimsdk", repository, environment="staging").parsed_data[0].payload.a == 1
    assert repos.list_deployments("openimsdk", repository, environment="prod").parsed_data == []


def test_a_success_takes_over(deployer, path, told):
    """It makes the environment's earlier deployments inactive, and those of no other environment."""
    first, second, other = (begun(deployer, path, environment=name) for name in ("test", "test", "other"))
    for made in (first, other, second):
        said = deployer.post(f"{path}/deployments/{made['id']}/statuses", json={"state": "success"})
        assert said.status_code == 201

    def states(made):
        return [said["state"] for said in deployer.get(f"{path}/deployments/{made['id']}/statuses").json()]

    assert (states(first), states(second), states(other)) == (["inactive", "success"], ["success"], ["success"])
    assert told(7) == [
        *[("deployment", "created", "")] * 3,
        ("deployment_status", "created", "inactive"),
        *[("deployment_status", "created", "success")] * 3,
    ]
    assert deployer.delete(f"{path}/deployments/{second['id']}").status_code == 422
    assert deployer.delete(f"{path}/deployments/{first['id']}").status_code == 204


def test_failing_checks_hold_a_deployment(deployer, path):
    """Unless it says which checks it needs; contexts that nothing was said about hold it as well."""
    sha = deployer.get(f"{path}/branches/main").json()["commit"]["sha"]
    deployer.post(f"{path}/statuses/{sha}", json={"state": "failure", "context": "ci"}).raise_for_status()
    assert deployer.post(f"{path}/deployments", json={"ref": "main"}).status_code == 409
    assert deployer.post(f"{path}/deployments", json={"ref": "main", "required_contexts": ["x"]}).status_code == 409
    assert begun(deployer, path, required_contexts=[])["production_environment"] is True


def test_who_may_deploy(github, path):
    """Readers look, those who push deploy."""
    with github.client("member") as member:
        assert member.post(f"{path}/deployments", json={"ref": "main"}).status_code == 403
        assert member.get(f"{path}/deployments").json() == []


def test_what_is_behind_is_not_merged(deployer, path):
    """A ref that lacks commits of the default branch is refused unless it may stay so."""
    sha = deployer.get(f"{path}/branches/main").json()["commit"]["sha"]
    deployer.put(f"{path}/contents/a", json={"message": "Add a", "content": ""}).raise_for_status()
    assert deployer.post(f"{path}/deployments", json={"ref": sha}).status_code == 422
    assert begun(deployer, path, ref=sha, auto_merge=False)["sha"] == sha


def released(client, path, tag, **more):
    answer = client.post(f"{path}/releases", json={"tag_name": tag, **more})
    assert answer.status_code == 201, answer.text
    return answer.json()


def test_githubs_models_take_releases(github, deployer, repository, path):
    """Typed clients read releases by id, by tag, as the latest and in lists, and tags."""
    made = released(deployer, path, "v1.0.0", name="One", body="First.")
    typed = github.typed()
    repos = typed.rest.repos
    assert repos.get_release("openimsdk", repository, made["id"]).parsed_data.name == "One"
    assert repos.get_release_by_tag("openimsdk", repository, "v1.0.0").parsed_data.id == made["id"]
    assert repos.get_latest_release("openimsdk", repository).parsed_data.body == "First."
    assert repos.list_releases("openimsdk", repository).parsed_data[0].author.login == "openim-cicd[bot]"
    assert repos.list_tags("openimsdk", repository).parsed_data[0].name == "v1.0.0"


def test_the_latest_is_no_draft_and_no_prerelease(deployer, path):
    """And not one that was said not to be it."""
    released(deployer, path, "v1.0.0")
    released(deployer, path, "v1.1.0-rc.1", prerelease=True)
    released(deployer, path, "v0.9.1", make_latest="false")
    released(deployer, path, "v1.2.0", draft=True)
    assert deployer.get(f"{path}/releases/latest").json()["tag_name"] == "v1.0.0"


def test_a_draft_becomes_a_release(github, deployer, path, told):
    """It has no tag and only those who push see it until it is published; deleting it leaves the tag."""
    draft = released(deployer, path, "v1.0.0", draft=True)
    assert deployer.get(f"{path}/tags").json() == []
    with github.client("member") as member:
        assert member.get(f"{path}/releases").json() == []
        assert member.get(f"{path}/releases/{draft['id']}").status_code == 404
    one = f"{path}/releases/{draft['id']}"
    published = deployer.patch(one, json={"draft": False}).json()
    assert published["published_at"]
    assert deployer.patch(one, json={"name": "One"}).json()["name"] == "One"
    assert deployer.post(f"{path}/releases", json={"tag_name": "v1.0.0"}).status_code == 422
    assert deployer.delete(one).status_code == 204
    assert deployer.get(one).status_code == 404
    assert [tag["name"] for tag in deployer.get(f"{path}/tags").json()] == ["v1.0.0"]
    actions = [action for event, action, _ in told(6) if event == "release"]
    assert actions == ["created", "deleted", "edited", "published", "released"]


def test_rules_hold_for_the_tags_of_releases(github, deployer, path):
    """A ruleset that protects tags keeps people from making, moving and deleting them, by releases too."""
    ruleset = {
        "name": "tags",
        "target": "tag",
        "enforcement": "active",
        "bypass_actors": [{"actor_id": 1, "actor_type": "Integration", "bypass_mode": "always"}],
        "conditions": {"ref_name": {"include": ["refs/tags/v*"], "exclude": []}},
        "rules": [{"type": "creation"}, {"type": "update"}, {"type": "deletion"}],
    }
    deployer.post(f"{path}/rulesets", json=ruleset).raise_for_status()
    released(deployer, path, "v1.0.0")
    deployer.put(f"{path}/contents/a", json={"message": "Add a", "content": ""}).raise_for_status()
    head = deployer.get(f"{path}/branches/main").json()["commit"]["sha"]
    with github.client("owner") as owner:
        assert owner.post(f"{path}/releases", json={"tag_name": "v2.0.0"}).status_code == 409
        assert owner.post(f"{path}/releases", json={"tag_name": "x2"}).status_code == 201
        moved = owner.patch(f"{path}/git/refs/tags/v1.0.0", json={"sha": head, "force": True})
        assert moved.status_code == 409
        assert owner.delete(f"{path}/git/refs/tags/v1.0.0").status_code == 409
