"""Who gets in, and what the refusals look like."""

import re

import httpx
import pytest

from sandbox.github.credentials import TOKENS
from sandbox.github.world import ORGANIZATION


def test_a_wrong_token_is_refused_as_on_github(github):
    """A token that is not one gives 401 Bad credentials, whatever is asked for."""
    answer = httpx.get(f"{github.base}/api/v3/orgs/{ORGANIZATION}", headers={"Authorization": "Bearer ghp_nonsense"})
    assert answer.status_code == 401
    assert answer.json()["message"] == "Bad credentials"
    assert answer.json()["documentation_url"]


def test_anybody_reads_what_is_public(github):
    """Without a token public repositories can be read and nothing can be written."""
    with github.client(None) as nobody:
        assert nobody.get("/repos/openimsdk/chat").status_code == 200
        assert nobody.patch("/repos/openimsdk/chat", json={"description": "x"}).status_code == 401
        assert nobody.get("/repos/openimsdk/chat/hooks").status_code == 404


def test_a_reading_token_writes_nothing(github):
    """A fine-grained token without write permission reads like its owner and is refused every write."""
    with github.client("reader") as reader:
        assert reader.get("/repos/openimsdk/chat/hooks").status_code == 200
        refused = reader.patch("/repos/openimsdk/chat", json={"description": "x"})
        assert (refused.status_code, refused.json()["message"]) == (
            403,
            "Resource not accessible by personal access token",
        )
        query = 'mutation { deleteBranchProtectionRule(input: {branchProtectionRuleId: "x"}) { clientMutationId } }'
        assert reader.post(f"{github.base}/api/graphql", json={"query": query}).json()["errors"]


def test_a_member_may_not_administer(github):
    """A plain member sees repositories, is told 403 on changing one, and does not see what administrators see."""
    with github.client("member") as member:
        assert member.get("/repos/openimsdk/chat").json()["permissions"]["admin"] is False
        refused = member.patch("/repos/openimsdk/chat", json={"description": "x"})
        assert (refused.status_code, refused.json()["message"]) == (403, "Must have admin rights to Repository.")
        assert member.get("/repos/openimsdk/chat/hooks").status_code == 404
        assert member.post("/orgs/openimsdk/repos", json={"name": "mine"}).status_code == 403
        assert member.put("/repos/openimsdk/chat/contents/x", json={"message": "m", "content": ""}).status_code == 404


def test_a_private_repository_is_hidden_from_outsiders(github, deployer, repository):
    """Who may not read a private repository is told that it does not exist."""
    deployer.patch(f"/repos/openimsdk/{repository}", json={"visibility": "private"}).raise_for_status()
    with github.client(None) as nobody, github.client("member") as member:
        assert nobody.get(f"/repos/openimsdk/{repository}").status_code == 404
        assert member.get(f"/repos/openimsdk/{repository}").status_code == 200


def test_the_app_has_no_user(deployer, github):
    """GET /user is refused to the App's installation and answered to a person."""
    assert deployer.get("/user").status_code == 403
    assert github.typed("owner").rest.users.get_authenticated().parsed_data.login == "mei-admin"


def test_a_team_gives_its_permission(github, deployer, repository):
    """Adding a member to a team with push lets that member write, and taking it away ends that."""
    team = deployer.post("/orgs/openimsdk/teams", json={"name": "Pushing people", "privacy": "closed"}).json()
    slug = team["slug"]
    deployer.put(f"/orgs/openimsdk/teams/{slug}/memberships/lin-tester", json={"role": "member"}).raise_for_status()
    with github.client("member") as member:
        label = {"name": "fresh"}
        assert member.post(f"/repos/openimsdk/{repository}/labels", json=label).status_code == 403
        access = f"/orgs/openimsdk/teams/{slug}/repos/openimsdk/{repository}"
        deployer.put(access, json={"permission": "push"}).raise_for_status()
        assert member.post(f"/repos/openimsdk/{repository}/labels", json=label).status_code == 201
        deployer.delete(f"/orgs/openimsdk/teams/{slug}").raise_for_status()
        assert member.delete(f"/repos/openimsdk/{repository}/labels/fresh").status_code == 403


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/repos/openimsdk/chat/milestones"), ("POST", "/graphql"), ("GET", "/zen")]
)
def test_what_is_not_supported_is_404_and_logged(github, deployer, method, path):
    """A route that the stand-in lacks is never answered with success, and its log names it."""
    assert deployer.request(method, path).status_code == 404
    assert f"unsupported: {method} /api/v3{path}" in github.log


def test_every_answer_says_what_it_is(deployer):
    """Each answer carries a request id, the rate limit, and that this is not GitHub."""
    answer = deployer.get("/meta")
    assert re.fullmatch(r"[0-9A-F-]{36}", answer.headers["x-github-request-id"])
    assert "not GitHub" in answer.headers["x-sandbox"]
    assert "stand_in" in answer.json()["sandbox"]
    limit, used = (int(answer.headers[f"x-ratelimit-{name}"]) for name in ("limit", "used"))
    assert int(answer.headers["x-ratelimit-remaining"]) == limit - used


def test_no_token_reaches_the_log_or_the_database(github):
    """Tokens stand in their files, readable by their owner only, and nowhere else in the folder."""
    httpx.get(f"{github.base}/api/v3/meta", params={"access_token": github.token("deployer")}, trust_env=False)
    files = [path for path in github.root.rglob("*") if path.is_file()]
    for name in TOKENS:
        holders = [path for path in files if github.token(name).encode() in path.read_bytes()]
        assert holders == [github.root / "tokens" / name]
        assert holders[0].stat().st_mode & 0o777 == 0o600


def test_used_up_calls_are_refused_until_the_hour_is_over(another):
    """Beyond the limit every call gives 403 with nothing remaining; answers 304 do not count."""
    with another("--rate-limit", "4") as standin, standin.client() as client:
        etag = client.get("/orgs/openimsdk").headers["etag"]
        for _ in range(5):
            assert client.get("/orgs/openimsdk", headers={"If-None-Match": etag}).status_code == 304
        for _ in range(3):
            assert client.get("/meta").status_code == 200
        refused = client.get("/meta")
        assert refused.status_code == 403
        assert refused.json()["message"].startswith("API rate limit exceeded")
        assert refused.headers["x-ratelimit-remaining"] == "0"
        assert client.get("/rate_limit").json()["rate"]["remaining"] == 0
