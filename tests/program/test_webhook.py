"""What ``Webhook`` registers."""

import pytest

from components.webhook import Webhook

ARGS = {"repository": "chat", "url": "https://ci.example.org/hook", "events": ["push"]}


def test_deliveries_are_signed_with_a_generated_secret(record):
    """Nobody chooses the secret, it is created once, and it is never sent in clear."""
    component, secret, hook = record(lambda: Webhook("chat", ARGS))
    assert component.type == "openim-cicd:index:Webhook"
    assert secret.inputs["length"] >= 32
    assert hook.inputs["configuration"]["secret"] == "generated-chat"
    assert any(path.startswith("configuration") for path in hook.secrets)
    assert hook.parent == secret.parent == component.urn


def test_payloads_are_json_over_verified_tls(record):
    """The receiver gets JSON, and GitHub checks the receiver's certificate."""
    hook = record(lambda: Webhook("chat", ARGS))[-1]
    assert hook.type == "github:index/repositoryWebhook:RepositoryWebhook"
    assert hook.inputs["configuration"]["contentType"] == "json"
    assert hook.inputs["configuration"]["insecureSsl"] is False
    assert hook.inputs["events"] == ["push"]


@pytest.mark.parametrize("url", ["http://127.0.0.1:8080/", "http://localhost/hook", "http://[::1]:1/"])
def test_http_is_fine_on_the_loopback_address(record, url):
    """The sandbox needs no certificate."""
    assert record(lambda: Webhook("chat", {**ARGS, "url": url}))[-1].inputs["configuration"]["url"] == url


@pytest.mark.parametrize("url", ["http://ci.example.org/", "ftp://127.0.0.1/", "http://127.0.0.1.example.org/"])
def test_deliveries_in_clear_are_refused(record, url):
    """An address that would carry code and names in clear registers no hook."""
    with pytest.raises(ValueError, match="must be https"):
        record(lambda: Webhook("chat", {**ARGS, "url": url}))
