"""What an operator sets for the jobs of an environment."""

import httpx
import pytest

from sandbox.infrastructure.equip import Equipment, equip
from tests.sandbox.github.conftest import running


def test_secrets_and_variables_reach_the_environment(tmp_path) -> None:
    """Both are set, a second time changes them, and a secret's value is never given out."""
    with running(tmp_path / "github") as standin, standin.client() as client:
        client.put("/repos/openimsdk/chat/environments/staging", json={}).raise_for_status()
        address = f"{standin.base}/api/v3/repos/openimsdk/chat"
        for backend in ("file:///one", "file:///two"):
            given = Equipment("staging", {"PULUMI_PASSPHRASE": "open sesame"}, {"PULUMI_BACKEND_URL": backend})
            equip(address, standin.token("owner"), [given])
        folder = "/repos/openimsdk/chat/environments/staging"
        assert client.get(f"{folder}/variables/PULUMI_BACKEND_URL").json()["value"] == "file:///two"
        secret = client.get(f"{folder}/secrets/PULUMI_PASSPHRASE")
        assert secret.status_code == 200
        assert "open sesame" not in secret.text
        assert "open sesame" not in repr(given)


def test_a_plain_member_may_not(tmp_path) -> None:
    """GitHub's refusal is passed on."""
    with running(tmp_path / "github") as standin, standin.client() as client:
        client.put("/repos/openimsdk/chat/environments/staging", json={}).raise_for_status()
        with pytest.raises(httpx.HTTPStatusError):
            equip(
                f"{standin.base}/api/v3/repos/openimsdk/chat", standin.token("member"), [Equipment("staging", {}, {})]
            )
