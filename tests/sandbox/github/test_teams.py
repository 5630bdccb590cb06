"""Teams, their members, and memberships of the organisation."""


def test_a_team_lives_under_slug_and_number(github, deployer):
    """A team made by the App starts empty and answers under its slug and under its number alike."""
    api = github.typed()
    made = api.rest.teams.create("openimsdk", name="QA & Test", description="tests", privacy="closed").parsed_data
    assert (made.slug, made.members_count) == ("qa-test", 0)
    by_number = deployer.get(f"/organizations/50000001/team/{made.id}")
    assert by_number.json() == deployer.get("/orgs/openimsdk/teams/qa-test").json()
    api.rest.teams.update_in_org("openimsdk", "qa-test", name="Quality")
    assert api.rest.teams.get_by_name("openimsdk", "quality").parsed_data.id == made.id
    assert deployer.post("/orgs/openimsdk/teams", json={"name": "quality"}).status_code == 422
    api.rest.teams.delete_in_org("openimsdk", "quality")
    assert deployer.get("/orgs/openimsdk/teams/quality").status_code == 404


def test_members_come_and_go(github, deployer):
    """Members have roles; an owner is a maintainer whatever was asked; outsiders are refused, not invited silently."""
    api = github.typed()
    deployer.post("/orgs/openimsdk/teams", json={"name": "comers", "privacy": "closed"}).raise_for_status()
    try:
        api.rest.teams.add_or_update_membership_for_user_in_org("openimsdk", "comers", "omar-sre", role="member")
        owner = deployer.put("/orgs/openimsdk/teams/comers/memberships/mei-admin", json={"role": "member"}).json()
        assert (owner["role"], owner["state"]) == ("maintainer", "active")
        outsider = deployer.put("/orgs/openimsdk/teams/comers/memberships/pat-outsider", json={})
        assert outsider.status_code == 422
        members = api.rest.teams.list_members_in_org("openimsdk", "comers").parsed_data
        assert {member.login for member in members} == {"omar-sre", "mei-admin"}
        path = "/orgs/openimsdk/teams/comers/memberships/omar-sre"
        assert deployer.delete(path).status_code == 204
        assert deployer.get(path).status_code == 404
    finally:
        deployer.delete("/orgs/openimsdk/teams/comers").raise_for_status()


def test_nested_teams(deployer):
    """A child belongs to one parent, never in a circle, and goes with it."""
    parent = deployer.post("/orgs/openimsdk/teams", json={"name": "above", "privacy": "closed"}).json()
    body = {"name": "below", "parent_team_id": parent["id"]}
    child = deployer.post("/orgs/openimsdk/teams", json=body).json()
    assert (child["parent"]["id"], child["privacy"]) == (parent["id"], "closed")
    circle = deployer.patch("/orgs/openimsdk/teams/above", json={"parent_team_id": child["id"]})
    assert circle.status_code == 422
    assert deployer.post("/orgs/openimsdk/teams", json=body | {"name": "x", "privacy": "secret"}).status_code == 422
    deployer.delete("/orgs/openimsdk/teams/above").raise_for_status()
    assert deployer.get("/orgs/openimsdk/teams/below").status_code == 404


def test_team_permissions_on_a_repository(github, deployer, repository):
    """The permission that a team was given is what every view of it tells."""
    path = f"/orgs/openimsdk/teams/maintainers/repos/openimsdk/{repository}"
    assert deployer.get(path).status_code == 404
    deployer.put(path, json={"permission": "maintain"}).raise_for_status()
    api = github.typed()
    accept = {"accept": "application/vnd.github.v3.repository+json"}
    checked = api.rest.teams.check_permissions_for_repo_in_org(
        "openimsdk", "maintainers", "openimsdk", repository, headers=accept
    )
    assert checked.parsed_data.role_name == "maintain"
    teams = api.rest.repos.list_teams("openimsdk", repository).parsed_data
    assert [(team.slug, team.permission) for team in teams] == [("maintainers", "maintain")]
    assert deployer.put(path, json={"permission": "wizard"}).status_code == 422


def test_memberships_of_the_organisation(github, deployer):
    """An outsider who is asked in is pending; the last owner cannot go."""
    api = github.typed()
    asked = api.rest.orgs.set_membership_for_user("openimsdk", "pat-outsider", role="member").parsed_data
    assert (asked.state, asked.role) == ("pending", "member")
    assert deployer.get("/orgs/openimsdk/members/pat-outsider").status_code == 404
    assert deployer.delete("/orgs/openimsdk/memberships/pat-outsider").status_code == 204
    assert deployer.delete("/orgs/openimsdk/memberships/mei-admin").status_code == 403
    assert deployer.put("/orgs/openimsdk/memberships/mei-admin", json={"role": "member"}).status_code == 403
    owners = api.rest.orgs.list_members("openimsdk", role="admin").parsed_data
    assert [owner.login for owner in owners] == ["mei-admin"]


def test_collaborators(github, deployer, repository):
    """A member gets a permission of his own; somebody from outside is refused."""
    path = f"/repos/openimsdk/{repository}/collaborators"
    deployer.put(f"{path}/lin-tester", json={"permission": "triage"}).raise_for_status()
    api = github.typed()
    direct = api.rest.repos.list_collaborators("openimsdk", repository, affiliation="direct").parsed_data
    assert [(person.login, person.role_name) for person in direct] == [("lin-tester", "triage")]
    permission = api.rest.repos.get_collaborator_permission_level("openimsdk", repository, "lin-tester").parsed_data
    assert (permission.permission, permission.role_name) == ("read", "triage")
    assert deployer.put(f"{path}/pat-outsider", json={"permission": "push"}).status_code == 422
    assert api.rest.repos.list_invitations("openimsdk", repository).parsed_data == []
    assert deployer.delete(f"{path}/lin-tester").status_code == 204


def test_the_organisation_itself(github, deployer):
    """The profile parses; its settings are for its own people; users and the App can be looked up."""
    api = github.typed()
    profile = api.rest.orgs.get("openimsdk").parsed_data
    assert (profile.login, profile.default_repository_permission) == ("openimsdk", "read")
    with github.client(None) as nobody:
        assert "default_repository_permission" not in nobody.get("/orgs/openimsdk").json()
    assert api.rest.users.get_by_username("omar-sre").parsed_data.type == "User"
    assert api.rest.apps.get_by_slug("openim-cicd").parsed_data.id == 1
    assert deployer.get("/apps/another").status_code == 404
    teams = api.rest.teams.list("openimsdk").parsed_data
    assert {"maintainers", "contributors"} <= {team.name for team in teams}
