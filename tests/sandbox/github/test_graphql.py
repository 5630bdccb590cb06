"""GraphQL: team members and branch protection rules."""

import pytest

MEMBERS = """
query($slug: String!, $after: String) { organization(login: "openimsdk") { team(slug: $slug) {
  members(membership: IMMEDIATE, first: 2, after: $after) {
    edges { node { login } role } pageInfo { endCursor hasNextPage } } } } }
"""
CREATE = """
mutation($input: CreateBranchProtectionRuleInput!) {
  createBranchProtectionRule(input: $input) { branchProtectionRule { id pattern requiresApprovingReviews
    pushAllowances(first: 10) { nodes { actor {
      ... on User { login } ... on Team { slug } ... on App { slug } } } } } } }
"""


@pytest.fixture
def ask(github, deployer):
    """Sends a query as the deployer."""

    def ask(query, **variables):
        answer = deployer.post(f"{github.base}/api/graphql", json={"query": query, "variables": variables})
        assert answer.status_code == 200, answer.text
        return answer.json()

    return ask


def test_members_come_in_pages(ask):
    """A team's direct members with their roles, page by page; a missing team is null."""
    logins, after = [], None
    while True:
        members = ask(MEMBERS, slug="maintainers", after=after)["data"]["organization"]["team"]["members"]
        logins += [edge["node"]["login"] for edge in members["edges"]]
        if not members["pageInfo"]["hasNextPage"]:
            break
        after = members["pageInfo"]["endCursor"]
    assert sorted(logins) == ["Bloomingg", "FGadvancer", "skiffer-git", "withchao"]
    assert ask(MEMBERS, slug="nobody")["data"]["organization"]["team"] is None


def test_a_rule_for_a_pattern(ask, github, deployer, repository):
    """A branch protection rule is made by node ids, guards the branches that fit, changes and goes."""
    node = deployer.get(f"/repos/openimsdk/{repository}").json()["node_id"]
    user = ask('{ user(login: "omar-sre") { id } }')["data"]["user"]["id"]
    given = {"repositoryId": node, "pattern": "release-*", "restrictsPushes": True, "pushActorIds": [user]}
    rule = ask(CREATE, input=given)["data"]["createBranchProtectionRule"]["branchProtectionRule"]
    assert rule["pushAllowances"]["nodes"] == [{"actor": {"login": "omar-sre"}}]
    head = deployer.get(f"/repos/openimsdk/{repository}/git/ref/heads/main").json()["object"]["sha"]
    refs = f"/repos/openimsdk/{repository}/git/refs"
    deployer.post(refs, json={"ref": "refs/heads/release-1", "sha": head}).raise_for_status()
    body = {"message": "m", "content": "", "branch": "release-1"}
    refused = deployer.put(f"/repos/openimsdk/{repository}/contents/x", json=body)
    assert "not authorized to push" in refused.json()["message"]
    change = "mutation($i: UpdateBranchProtectionRuleInput!) { updateBranchProtectionRule(input: $i) {"
    change += " branchProtectionRule { restrictsPushes pattern } } }"
    changed = ask(change, i={"branchProtectionRuleId": rule["id"], "restrictsPushes": False})
    rule_now = changed["data"]["updateBranchProtectionRule"]["branchProtectionRule"]
    assert rule_now == {"restrictsPushes": False, "pattern": "release-*"}
    assert deployer.put(f"/repos/openimsdk/{repository}/contents/x", json=body).status_code == 201
    gone = 'mutation { deleteBranchProtectionRule(input: {branchProtectionRuleId: "%s"}) { clientMutationId } }'
    assert "errors" not in ask(gone % rule["id"])
    found = ask("query($id: ID!) { node(id: $id) { id } }", id=rule["id"])
    assert found["errors"][0]["message"] == f"Could not resolve to a node with the global id of '{rule['id']}'."


def test_what_the_schema_lacks_is_an_error(ask):
    """A field outside the supported part of GitHub's schema is refused by name."""
    answer = ask("{ viewer { login repositories { totalCount } } }")
    assert "Cannot query field 'repositories'" in answer["errors"][0]["message"]


def test_nobody_asks_anonymously(github):
    """GraphQL needs a token."""
    with github.client(None) as nobody:
        answer = nobody.post(f"{github.base}/api/graphql", json={"query": "{ viewer { login } }"})
    assert answer.status_code == 401
