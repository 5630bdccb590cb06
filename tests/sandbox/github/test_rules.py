"""Rulesets and protected branches: what they keep out, by git and through the API, and who gets past."""

from base64 import b64encode

import pytest

BYPASS = [{"actor_id": 1, "actor_type": "Integration", "bypass_mode": "always"}]
REVIEWED = {
    "type": "pull_request",
    "parameters": {
        "dismiss_stale_reviews_on_push": True,
        "require_code_owner_review": True,
        "require_last_push_approval": False,
        "required_approving_review_count": 1,
        "required_review_thread_resolution": True,
    },
}
CHECKED = {
    "type": "required_status_checks",
    "parameters": {
        "required_status_checks": [{"context": "Lint"}],
        "strict_required_status_checks_policy": True,
        "do_not_enforce_on_create": True,
    },
}


def ruleset(*rules, bypass=(), include=("~DEFAULT_BRANCH",), target="branch", **more):
    names = {"include": list(include), "exclude": []}
    body = {"name": "rules", "target": target, "enforcement": "active", "conditions": {"ref_name": names}}
    return body | {"bypass_actors": list(bypass), "rules": list(rules)} | more


@pytest.fixture
def protect(deployer, repository):
    """Puts a ruleset on the repository."""
    path = f"/repos/openimsdk/{repository}/rulesets"
    return lambda *rules, **more: deployer.post(path, json=ruleset(*rules, **more)).raise_for_status().json()


def test_a_push_to_a_ruled_branch_is_refused_to_all_but_the_app(clone, protect):
    """Even an owner's push is refused with GitHub's reasons; the App on the bypass list gets through."""
    protect(REVIEWED, CHECKED, bypass=BYPASS)
    owner, app = clone("owner"), clone("deployer")
    owner.commit()
    refused = owner.git("push", "origin", "main")
    assert refused.returncode != 0
    assert "Changes must be made through a pull request." in refused.stderr
    assert 'Required status check "Lint" is expected.' in refused.stderr
    assert owner.git("push", "origin", "main:elsewhere").returncode == 0
    app.commit()
    assert app.git("push", "origin", "main").returncode == 0


def test_a_write_through_the_api_meets_the_same_rules(github, deployer, repository, protect):
    """The contents and the refs API refuse what a push would be refused, and a bypass works there too."""
    protect(REVIEWED, {"type": "deletion"}, bypass=BYPASS)
    path = f"/repos/openimsdk/{repository}"
    body = {"message": "m", "content": b64encode(b"x").decode()}
    head = deployer.get(f"{path}/git/ref/heads/main").json()["object"]["sha"]
    with github.client("owner") as owner:
        refused = owner.put(f"{path}/contents/new", json=body)
        assert refused.status_code == 409
        assert "Changes must be made through a pull request." in refused.json()["message"]
        assert owner.patch(f"{path}/git/refs/heads/main", json={"sha": head, "force": True}).status_code == 409
    assert deployer.put(f"{path}/contents/new", json=body).status_code == 201


def test_without_the_app_on_the_list_even_the_app_is_refused(clone, protect):
    """Nobody gets past a ruleset whose bypass list is empty."""
    protect(REVIEWED)
    app = clone("deployer")
    app.commit()
    assert "pull request" in app.git("push", "origin", "main").stderr


def test_history_rules(clone, protect):
    """Force pushes, merges, deletions, unsigned commits and wrong messages are refused, each for its own reason."""
    protect(
        {"type": "non_fast_forward"},
        {"type": "deletion"},
        {"type": "required_linear_history"},
        {"type": "creation"},
        {"type": "commit_message_pattern", "parameters": {"operator": "starts_with", "pattern": "feat: "}},
        include=["refs/heads/release-*", "~DEFAULT_BRANCH"],
    )
    owner = clone("owner")
    assert "creations being restricted" in owner.git("push", "origin", "main:release-1").stderr
    owner.commit(message="oops")
    assert "Commit message must match" in owner.git("push", "origin", "main").stderr
    owner.git("commit", "--quiet", "--amend", "-m", "feat: fine")
    assert owner.git("push", "origin", "main").returncode == 0
    owner.git("commit", "--quiet", "--amend", "-m", "feat: rewritten")
    assert "Cannot force-push" in owner.git("push", "--force", "origin", "main").stderr
    owner.git("reset", "--quiet", "--hard", "origin/main")
    owner.git("checkout", "--quiet", "-b", "side", "HEAD~1")
    owner.commit("other", "feat: side")
    owner.git("checkout", "--quiet", "main")
    owner.git("merge", "--quiet", "--no-ff", "-m", "feat: merge", "side")
    assert "must not contain merge commits" in owner.git("push", "origin", "main").stderr


def test_tags_can_be_made_and_never_moved(clone, protect):
    """A tag ruleset lets a release's tag appear once and stay."""
    protect({"type": "update"}, {"type": "deletion"}, target="tag", include=["refs/tags/v*"])
    owner = clone("owner")
    assert owner.git("push", "origin", "main:refs/tags/v1").returncode == 0
    owner.commit()
    assert "Cannot update this protected ref." in owner.git("push", "--force", "origin", "main:refs/tags/v1").stderr
    assert "Cannot delete this protected ref." in owner.git("push", "origin", ":refs/tags/v1").stderr
    assert owner.git("push", "origin", "main:refs/tags/other").returncode == 0


def test_signed_commits(clone, protect, deployer, repository):
    """Unsigned pushes are refused where signatures are required; commits through the API count as signed."""
    protect({"type": "required_signatures"})
    owner = clone("owner")
    owner.commit()
    assert "verified signatures" in owner.git("push", "origin", "main").stderr
    body = {"message": "m", "content": ""}
    assert deployer.put(f"/repos/openimsdk/{repository}/contents/new", json=body).status_code == 201


def test_a_disabled_ruleset_keeps_nobody_out(clone, protect):
    """Only active rulesets are enforced."""
    protect(REVIEWED, enforcement="disabled")
    owner = clone("owner")
    owner.commit()
    assert owner.git("push", "origin", "main").returncode == 0


@pytest.mark.parametrize(
    "body",
    [
        ruleset({"type": "merge_queue"}),
        ruleset({"type": "required_deployments", "parameters": {"required_deployment_environments": ["x"]}}),
        ruleset(bypass=[{"actor_id": 5, "actor_type": "RepositoryRole", "bypass_mode": "always"}]),
        ruleset(bypass=[{"actor_id": 2, "actor_type": "Integration", "bypass_mode": "always"}]),
        ruleset(include=["main"]),
        ruleset(target="push"),
        ruleset(REVIEWED | {"parameters": {}}),
        {"enforcement": "active"},
    ],
)
def test_a_ruleset_that_would_not_be_enforced_is_refused(deployer, repository, body):
    """What the stand-in cannot enforce is 422 and not kept."""
    refused = deployer.post(f"/repos/openimsdk/{repository}/rulesets", json=body)
    assert (refused.status_code, refused.json()["message"]) == (422, "Validation Failed")
    assert deployer.get(f"/repos/openimsdk/{repository}/rulesets").json() == []


def test_rulesets_parse_and_change(github, deployer, repository, protect):
    """A ruleset is read back as it was written; a PUT changes what it names."""
    made = protect(REVIEWED, CHECKED, bypass=BYPASS)
    api = github.typed()
    found = api.rest.repos.get_repo_ruleset("openimsdk", repository, made["id"]).parsed_data
    assert {rule.type for rule in found.rules} == {"pull_request", "required_status_checks"}
    assert [actor.actor_id for actor in found.bypass_actors] == [1]
    changed = api.rest.repos.update_repo_ruleset("openimsdk", repository, made["id"], enforcement="disabled")
    assert (changed.parsed_data.enforcement, len(changed.parsed_data.rules)) == ("disabled", 2)
    path = f"/repos/openimsdk/{repository}/rulesets"
    assert deployer.post(path, json=ruleset()).status_code == 422, "names are unique"
    api.rest.repos.delete_repo_ruleset("openimsdk", repository, made["id"])
    assert deployer.get(f"{path}/{made['id']}").status_code == 404


PROTECTION = {
    "required_status_checks": None,
    "enforce_admins": True,
    "required_pull_request_reviews": {
        "required_approving_review_count": 1,
        "bypass_pull_request_allowances": {"apps": ["openim-cicd"]},
    },
    "restrictions": None,
}


def test_a_protected_branch(github, deployer, repository, clone):
    """A classic protection keeps an owner out if it includes administrators, and lets the listed App in."""
    path = f"/repos/openimsdk/{repository}/branches/main/protection"
    assert deployer.get(path).json()["message"] == "Branch not protected"
    deployer.put(path, json=PROTECTION).raise_for_status()
    api = github.typed()
    found = api.rest.repos.get_branch_protection("openimsdk", repository, "main").parsed_data
    assert found.enforce_admins.enabled is True
    assert found.required_pull_request_reviews.bypass_pull_request_allowances.apps[0].slug == "openim-cicd"
    assert api.rest.repos.get_branch("openimsdk", repository, "main").parsed_data.protected is True
    owner, app = clone("owner"), clone("deployer")
    owner.commit()
    assert "Changes must be made through a pull request." in owner.git("push", "origin", "main").stderr
    app.commit()
    assert app.git("push", "origin", "main").returncode == 0
    assert "Cannot force-push" in app.git("push", "--force", "origin", "HEAD~1:main").stderr
    deployer.put(path, json=PROTECTION | {"enforce_admins": False}).raise_for_status()
    owner.git("fetch", "--quiet")
    owner.git("reset", "--quiet", "--hard", "origin/main")
    owner.commit("more")
    assert owner.git("push", "origin", "main").returncode == 0, "administrators are exempt now"


def test_protection_validates(deployer, repository):
    """Missing fields, unknown people and unknown branches are refused."""
    path = f"/repos/openimsdk/{repository}/branches"
    missing = deployer.put(f"{path}/main/protection", json={"enforce_admins": True})
    assert missing.status_code == 422
    assert {error["code"] for error in missing.json()["errors"]} == {"missing_field"}
    body = PROTECTION | {"restrictions": {"users": ["nobody-here"], "teams": []}}
    assert deployer.put(f"{path}/main/protection", json=body).status_code == 422
    assert deployer.put(f"{path}/nowhere/protection", json=PROTECTION).status_code == 404


def test_the_rules_of_a_branch_are_told(deployer, repository, protect):
    """Those of every active ruleset that aims at it, each with where it comes from."""
    protect(REVIEWED)
    protect({"type": "deletion"}, include=["refs/heads/release-*"], name="releases")
    path = f"/repos/openimsdk/{repository}/rules/branches"
    [told] = deployer.get(f"{path}/main").json()
    assert (told["type"], told["ruleset_source_type"]) == (REVIEWED["type"], "Repository")
    assert told["ruleset_source"] == f"openimsdk/{repository}"
    assert [one["type"] for one in deployer.get(f"{path}/release-v3.8").json()] == ["deletion"]
    assert deployer.get(f"{path}/feature/x").json() == []
