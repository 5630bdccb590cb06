"""Limited tokens: the App's, a job's, people's. Each may what it was given, and nothing besides."""

import subprocess
import time
from contextlib import contextmanager
from datetime import timedelta

import httpx
import jwt
import pytest

from sandbox.github.app import MODULES
from sandbox.github.credentials import TOKENS
from sandbox.github.grants import FREE, ITSELF, need
from sandbox.github.job_tokens import mint_job
from sandbox.github.store import Store
from sandbox.github.world import APP_ID


@contextmanager
def bearing(github, token):
    with httpx.Client(
        base_url=f"{github.base}/api/v3", headers={"Authorization": f"Bearer {token}"}, trust_env=False, timeout=30
    ) as client:
        yield client


def signed(github, *, key=None, **claims):
    """A JSON Web Token; a time is given as what lies between it and this moment."""
    claims = {"iat": timedelta(seconds=-30), "exp": timedelta(seconds=500), "iss": str(APP_ID)} | claims
    current = int(time.time())
    claims = {
        name: current + int(value.total_seconds()) if isinstance(value, timedelta) else value
        for name, value in claims.items()
    }
    return jwt.encode(claims, key or (github.root / "app.pem").read_text(), "RS256")


@pytest.fixture
def app(github):
    """The App as itself."""
    with bearing(github, signed(github)) as client:
        yield client


@pytest.fixture
def job(github, deployer, repository):
    """Gives a job's token, as the runner gets it, with these permissions in the test's repository."""
    number = deployer.get(f"/repos/openimsdk/{repository}").json()["id"]

    def mint(lifetime=timedelta(hours=1), **permissions):
        with Store(github.root / "github.sqlite").transaction(write=True) as db:
            return mint_job(db, number, {"metadata": "read"} | permissions, lifetime=lifetime).token

    return mint


def asked(app, **body):
    answer = app.post("/app/installations/1/access_tokens", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()


def test_every_route_has_a_rule():
    """No route is open to a limited token by oversight."""
    paths = {route.path for module in MODULES for route in module.routes.table}
    assert not [
        path for path in paths if need(path) is None and not FREE.fullmatch(path) and not ITSELF.fullmatch(path)
    ]


def test_the_key_is_a_downloaded_one(github):
    """A PKCS#1 PEM for its owner's eyes only, and the same after a restart."""
    key = github.root / "app.pem"
    assert key.read_text().startswith("-----BEGIN RSA PRIVATE KEY-----")
    assert key.stat().st_mode & 0o777 == 0o600


def test_the_app_introduces_itself(github, app):
    """With a JSON Web Token it reads about itself and its installation, and nothing else."""
    assert app.get("/app").json()["slug"] == "openim-cicd"
    for path in ("/app/installations/1", "/orgs/openimsdk/installation", "/repos/openimsdk/chat/installation"):
        assert app.get(path).json()["id"] == 1
    assert [each["app_id"] for each in app.get("/app/installations").json()] == [APP_ID]
    assert app.get("/app/installations/2").status_code == 404
    assert app.get("/repos/openimsdk/chat").status_code == 401
    with github.client("owner") as owner:
        assert owner.get("/app").status_code == 401


def test_githubs_models_take_the_answers(github):
    """Typed clients read the App, its installation, a token and what that reaches."""
    typed = github.typed_by(signed(github))
    assert typed.rest.apps.get_authenticated().parsed_data.permissions.contents == "write"
    assert typed.rest.apps.get_installation(1).parsed_data.target_type == "Organization"
    made = typed.rest.apps.create_installation_access_token(1, repositories=["chat"]).parsed_data
    assert [each.name for each in made.repositories] == ["chat"]
    reached = github.typed_by(made.token)
    assert reached.rest.apps.list_repos_accessible_to_installation().parsed_data.total_count == 1


@pytest.mark.parametrize(
    ("claims", "message"),
    [
        ({"exp": timedelta(hours=1)}, "too far in the future"),
        ({"exp": timedelta(seconds=-5)}, "must be a numeric value representing the future time"),
        ({"iat": timedelta(minutes=10)}, "'Issued at' claim"),
        ({"iss": "4711"}, "Integration not found"),
        ({"key": "wrong"}, "could not be decoded"),
    ],
)
def test_other_json_web_tokens_are_refused(github, claims, message, tmp_path):
    """Wrongly signed, for too long, from the future, of another App: each with GitHub's words."""
    if "key" in claims:
        other = tmp_path / "other.pem"
        subprocess.run(["openssl", "genrsa", "-out", str(other), "2048"], check=True, capture_output=True, timeout=60)
        claims = {"key": other.read_text()}
    with bearing(github, signed(github, **claims)) as client:
        answer = client.get("/app")
        assert answer.status_code in {401, 404}
        assert message in answer.json()["message"]


def test_a_token_for_an_hour(github, app):
    """It has all the installation's permissions unless it asks for less, until it gives them back."""
    made = asked(app)
    assert (made["repository_selection"], made["permissions"]["contents"]) == ("all", "write")
    left = time.mktime(time.strptime(made["expires_at"], "%Y-%m-%dT%H:%M:%SZ")) - time.mktime(time.gmtime())
    assert 3500 < left <= 3600
    with bearing(github, made["token"]) as client:
        assert client.get("/installation/repositories").json()["total_count"] >= 55
        assert client.delete("/installation/token").status_code == 204
        assert client.get("/meta").status_code == 401


def test_more_than_granted_is_refused(app):
    """Permissions and repositories that the installation does not have are 422."""
    for body in (
        {"permissions": {"packages": "write"}},
        {"permissions": {"contents": "admin"}},
        {"repositories": ["nowhere"]},
        {"repository_ids": [1]},
    ):
        assert app.post("/app/installations/1/access_tokens", json=body).status_code == 422


def test_a_token_reaches_its_repositories_only(github, app, repository):
    """Elsewhere it reads what anybody reads."""
    with bearing(github, asked(app, repositories=[repository])["token"]) as client:
        assert client.post(f"/repos/openimsdk/{repository}/labels", json={"name": "x"}).status_code == 201
        assert client.post("/repos/openimsdk/chat/labels", json={"name": "x"}).status_code == 403
        assert client.get("/repos/openimsdk/chat").status_code == 200
        assert client.get("/repos/openimsdk/chat/hooks").status_code == 404


def test_a_token_has_its_permissions_only(github, app, deployer, repository):
    """What it was not given it may not do; it reads of a public repository what anybody does."""
    path = f"/repos/openimsdk/{repository}"
    with bearing(github, asked(app, permissions={"issues": "write"})["token"]) as client:
        assert client.post(f"{path}/issues", json={"title": "x"}).status_code == 201
        refused = client.put(f"{path}/contents/x", json={"message": "m", "content": ""})
        assert (refused.status_code, refused.json()["message"]) == (403, "Resource not accessible by integration")
        assert client.get(f"{path}/contents/README.md").status_code == 200
        assert client.get(f"{path}/hooks").status_code == 403
        assert client.patch("/orgs/openimsdk", json={"name": "x"}).status_code == 403
        mutation = 'mutation { deleteBranchProtectionRule(input: {branchProtectionRuleId: "x"}) { clientMutationId } }'
        answered = client.post(f"{github.base}/api/graphql", json={"query": mutation}).json()
        assert answered["errors"][0]["type"] == "FORBIDDEN"
        deployer.patch(path, json={"visibility": "private"}).raise_for_status()
        assert client.get(f"{path}/contents/README.md").status_code == 403


def test_a_jobs_token(github, job, repository):
    """It acts as github-actions in one repository, with the job's permissions, until it expires."""
    path = f"/repos/openimsdk/{repository}"
    with bearing(github, job(issues="write", contents="read")) as client:
        made = client.post(f"{path}/issues", json={"title": "x"}).json()
        assert made["user"]["login"] == "github-actions[bot]"
        assert client.post("/repos/openimsdk/chat/issues", json={"title": "x"}).status_code == 403
        assert client.put(f"{path}/contents/x", json={"message": "m", "content": ""}).status_code == 403
        assert client.patch(path, json={"description": "x"}).status_code == 403
        assert client.get("/user").status_code == 403
    with bearing(github, job(timedelta(seconds=-1), issues="write")) as client:
        assert client.get(path).status_code == 401


def clone(github, repository, token, folder):
    address = f"http://x-access-token:{token}@127.0.0.1:{github.port}/openimsdk/{repository}.git"
    done = subprocess.run(
        ["git", "clone", "--quiet", address, str(folder)], check=False, capture_output=True, text=True, timeout=60
    )
    return done.returncode == 0


def push(folder, path):
    (folder / path).parent.mkdir(parents=True, exist_ok=True)
    (folder / path).write_text(f"{time.time()}\n")
    identity = ("-c", "user.name=Tester", "-c", "user.email=tester@openim.example")
    for arguments in (["add", "."], ["commit", "--quiet", "-m", "Change"]):
        subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, timeout=60)
    return subprocess.run(
        ["git", "push", "--quiet"], cwd=folder, check=False, capture_output=True, text=True, timeout=60
    )


def test_git_honours_permissions(github, job, deployer, repository, tmp_path):
    """Reading needs contents: read where not everybody may, pushing contents: write, workflows a permission more."""
    assert clone(github, repository, job(), tmp_path / "public")
    assert "denied" in push(tmp_path / "public", "a").stderr
    deployer.patch(f"/repos/openimsdk/{repository}", json={"visibility": "private"}).raise_for_status()
    assert not clone(github, repository, job(issues="write"), tmp_path / "none")
    assert clone(github, repository, job(contents="read"), tmp_path / "reading")
    assert push(tmp_path / "reading", "a").returncode != 0
    assert clone(github, repository, job(contents="write"), tmp_path / "writing")
    assert push(tmp_path / "writing", "a").returncode == 0
    refused = push(tmp_path / "writing", ".github/workflows/ci.yml")
    assert "without `workflows` permission" in refused.stderr
    assert clone(github, repository, github.token("owner"), tmp_path / "owner")
    assert push(tmp_path / "owner", ".github/workflows/ci.yml").returncode == 0


@pytest.mark.parametrize("name", sorted(TOKENS))
def test_every_token_file_is_somebodys(github, name):
    """Each file holds a token of the account that it says."""
    with github.client(name) as client:
        if name != "deployer":
            assert client.get("/user").json()["login"] == TOKENS[name].login
        assert client.get("/repos/openimsdk/chat").status_code == 200


def test_people_may_what_their_tokens_say(github, deployer):
    """A maintainer writes contents and does not administer, though the team could."""
    deployer.put("/orgs/openimsdk/teams/maintainers/repos/openimsdk/open-im-server", json={"permission": "admin"})
    with github.client("withchao") as client:
        assert client.get("/repos/openimsdk/open-im-server").json()["permissions"]["admin"] is True
        assert client.get("/repos/openimsdk/open-im-server/hooks").status_code == 403
        refused = client.patch("/repos/openimsdk/open-im-server", json={"description": "x"})
        assert refused.json()["message"] == "Resource not accessible by personal access token"
