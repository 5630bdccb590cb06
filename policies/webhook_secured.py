"""Webhooks are signed and encrypted: the receiver must know that GitHub speaks, and nobody may listen."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from policies.rule import Properties, Rule

TYPES = ("github:index/repositoryWebhook:RepositoryWebhook", "github:index/organizationWebhook:OrganizationWebhook")
LOOPBACK = ("127.0.0.1", "::1", "localhost")
"""Where no network is in between."""


def check(token: str, properties: Properties) -> Iterator[str]:
    """Secret, scheme and certificate."""
    if token not in TYPES:
        return
    configuration = properties.get("configuration") or {}
    if not configuration.get("secret"):
        yield "it has no secret: anybody could deliver in GitHub's name"
    address = urlsplit(str(configuration.get("url") or ""))
    if address.scheme != "https" and address.hostname not in LOOPBACK:
        yield f"{address.scheme or 'no'}://{address.hostname or ''} is not encrypted: use https"
    if configuration.get("insecureSsl"):
        yield "insecureSsl takes every certificate: leave it out"


RULE = Rule("webhook-secured", "The receiver must know that GitHub speaks, and nobody may listen.", check)
