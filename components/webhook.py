"""A repository's webhook: which events go where, signed with a secret that nobody chose.

Not in it: who receives them. The receiver reads the secret from this component's output.
"""

from typing import NotRequired, TypedDict
from urllib.parse import urlsplit

import pulumi
import pulumi_github as github
import pulumi_random as random

from model.registry import is_loopback

SECRET_LENGTH = 64


class WebhookArgs(TypedDict):
    """Arguments of ``Webhook``."""

    repository: pulumi.Input[str]
    """Name of the repository, without its owner."""
    url: str
    """Where events are delivered: https, or http on the loopback address."""
    events: list[str]
    """Names of the events (GitHub documentation: webhook events and payloads)."""
    active: NotRequired[bool]
    """Whether events are delivered; default true."""


class Webhook(pulumi.ComponentResource):
    """A webhook with a generated secret, JSON payloads and verified certificates."""

    secret: pulumi.Output[str]
    """The secret that signs deliveries (HMAC-SHA256)."""
    url: pulumi.Output[str]
    """Where events are delivered."""

    def __init__(self, name: str, args: WebhookArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("openim-cicd:index:Webhook", name, {}, opts)
        _refuse_clear_text(args["url"])
        secret = random.RandomPassword(
            name, length=SECRET_LENGTH, special=False, opts=pulumi.ResourceOptions(parent=self)
        )
        self.secret = secret.result
        github.RepositoryWebhook(
            name,
            repository=args["repository"],
            events=args["events"],
            active=args.get("active", True),
            configuration={
                "url": args["url"],
                "content_type": "json",
                "secret": secret.result,
                "insecure_ssl": False,
            },
            opts=pulumi.ResourceOptions(parent=self, additional_secret_outputs=["configuration"]),
        )
        self.url = pulumi.Output.from_input(args["url"])
        self.register_outputs({"secret": self.secret, "url": self.url})


def _refuse_clear_text(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(parts.hostname)):
        raise ValueError(f"webhook url {url!r} must be https: deliveries carry code and names in clear otherwise")
