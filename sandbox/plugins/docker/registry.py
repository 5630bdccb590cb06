"""The function getRegistryImage: asks a registry for the digest of an image, in the official plugin's words.

References are taken apart exactly as there, which means that a digest counts only beside a tag
(``name:tag@sha256:...``); what to write instead is added to the error.
"""

import re
from dataclasses import dataclass
from functools import cache
from typing import Any

import httpx

from sandbox.plugins.common.server import PluginError

TOKEN = "docker:index/getRegistryImage:getRegistryImage"  # noqa: S105
DOCKER_HUB = "registry-1.docker.io"
ACCEPT = ", ".join(
    (
        "application/vnd.docker.distribution.manifest.v2+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.oci.image.index.v1+json",
    )
)
TIMEOUT = 30.0
"""Seconds for one answer."""


@dataclass(frozen=True)
class Login:
    """How to reach one registry."""

    url: str
    username: str = ""
    password: str = ""

    @property
    def host(self) -> str:
        """Host and port, as they stand in an image's name."""
        return self.url.partition("://")[2].partition("/")[0]

    @property
    def account(self) -> tuple[str, str] | None:
        """For HTTP's basic authentication."""
        return (self.username, self.password) if self.username else None


def logins(registry_auth: list[dict[str, Any]]) -> dict[str, Login]:
    """The provider's ``registryAuth`` by host; an address without scheme means https."""
    found = {}
    for entry in registry_auth:
        address = entry["address"]
        url = address if address.startswith(("http://", "https://")) else f"https://{address}"
        disabled = entry.get("authDisabled", False)
        login = Login(url, *(("", "") if disabled else (entry.get("username", ""), entry.get("password", ""))))
        found[login.host] = login
    return found


@dataclass(frozen=True)
class Reference:
    """An image's name, taken apart as the official plugin does."""

    registry: str
    repository: str
    tag: str


def parse(name: str) -> Reference:
    """Take ``name`` apart."""
    first, slash, _ = name.partition("/")
    has_host = name.count("/") > 1 or (slash and (any(sign in first for sign in ".:") or first == "localhost"))
    registry = first if has_host else ""
    repository, _, tag = name[len(registry) :].partition(":")
    tag = tag.partition("@")[2] or tag or "latest"
    if registry:
        return Reference(registry, repository.removeprefix("/"), tag)
    return Reference(DOCKER_HUB, repository if "/" in repository else f"library/{repository}", tag)


@cache
def _client(verify: bool) -> httpx.Client:
    """One for all look-ups: reading the trusted certificates takes longer than asking."""
    return httpx.Client(verify=verify, timeout=TIMEOUT, headers={"Accept": ACCEPT})


def digest_of(name: str, known: dict[str, Login], verify: bool) -> str:
    """The digest of the image ``name``.

    Raises:
        PluginError: it is not there, or the registry does not let us see it.
    """
    reference = parse(name)
    login = known.get(reference.registry, Login(f"https://{reference.registry}"))
    try:
        return _asked(_client(verify), login, reference)
    except (httpx.HTTPError, PluginError) as error:
        version = f"{reference.repository}:{reference.tag}"
        reason = str(error) if isinstance(error, PluginError) else f"Error during registry request: {error}"
        text = f"Got error when attempting to fetch image version {version} from registry: {reason}{_advice(reference)}"
        raise PluginError(f"invoking {TOKEN}: 1 error occurred:\n\t* {text}\n\n") from None


def _asked(client: httpx.Client, login: Login, reference: Reference) -> str:
    url = f"{login.url}/v2/{reference.repository}/manifests/{reference.tag}"
    answer = client.head(url, auth=login.account or httpx.USE_CLIENT_DEFAULT)
    if answer.status_code == httpx.codes.UNAUTHORIZED:
        challenge = answer.headers.get("WWW-Authenticate", "")
        if not challenge.startswith("Bearer"):
            raise PluginError("Bad credentials: 401 Unauthorized")
        answer = client.head(url, headers={"Authorization": f"Bearer {_token(client, login, reference, challenge)}"})
    _expect_ok(answer)
    return str(answer.headers["Docker-Content-Digest"])


def _token(client: httpx.Client, login: Login, reference: Reference, challenge: str) -> str:
    fields = dict(re.findall(r'(\w+)="([^"]*)"', challenge))
    query = {
        "service": fields.get("service", ""),
        "scope": fields.get("scope") or f"repository:{reference.repository}:push,pull",
    }
    answer = client.get(fields.get("realm", ""), params=query, auth=login.account or httpx.USE_CLIENT_DEFAULT)
    _expect_ok(answer)
    content = answer.json()
    return str(content.get("token") or content.get("access_token", ""))


def _expect_ok(answer: httpx.Response) -> None:
    if answer.status_code != httpx.codes.OK:
        raise PluginError(f"Got bad response from registry: {answer.status_code} {answer.reason_phrase}")


def _advice(reference: Reference) -> str:
    if reference.repository.endswith("@sha256"):
        return " (a digest counts only beside a tag: write name:tag@sha256:...)"
    return ""
