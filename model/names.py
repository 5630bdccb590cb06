"""Names and values that GitHub, Kubernetes and OCI would refuse are refused here, before any call."""

import re
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import ip_network
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BeforeValidator,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    PlainSerializer,
    WithJsonSchema,
)
from pydantic_core import CoreSchema, core_schema

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


DEPLOYER = "openim-cicd:deployer"
"""User that deploys, in a cluster whose administrator gave him no other name."""


@dataclass(frozen=True)
class _Pattern:
    """Holds a string to a pattern, in Python with a sentence and in the JSON Schema with the pattern."""

    pattern: str
    remedy: str

    def check(self, value: str) -> str:
        if not re.fullmatch(self.pattern, value):
            raise ValueError(self.remedy)
        return value

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self.check, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {**handler(schema), "pattern": f"^({self.pattern})$"}


def _matching(pattern: str, remedy: str) -> _Pattern:
    return _Pattern(pattern, remedy)


DnsLabel = Annotated[
    str,
    _matching(
        r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?",
        "must be a DNS label: at most 63 of a-z, 0-9 and '-', starting and ending with a letter or digit",
    ),
]
"""A Kubernetes object name that may also be a host name (RFC 1123 label)."""

PortName = Annotated[
    str,
    _matching(
        r"(?=[a-z0-9-]{1,15}$)(?!.*--)(?=.*[a-z])[a-z0-9]([a-z0-9-]*[a-z0-9])?",
        "must be a port name: at most 15 of a-z, 0-9 and '-', with a letter, no '--', no '-' at either end",
    ),
]
"""A container or Service port name (IANA_SVC_NAME in the Kubernetes API reference)."""

RepositoryName = Annotated[
    str,
    _matching(
        r"(?!\.{1,2}$)(?!.*\.git$)[A-Za-z0-9._-]{1,100}",
        "must be a repository name: at most 100 of A-Z, a-z, 0-9, '.', '_' and '-', not ending in .git",
    ),
]
"""A repository name without its owner, as GitHub accepts it."""

Login = Annotated[
    str,
    _matching(
        r"(?!.*--)[A-Za-z0-9]([A-Za-z0-9-]{0,37}[A-Za-z0-9])?",
        "must be a GitHub login: at most 39 letters, digits and single '-', not at either end",
    ),
]
"""The login of a user or organisation."""

UserName = Annotated[
    str, _matching(r"[!-~]{1,253}", "must be the name of a user of the cluster: at most 253 characters, no spaces")
]
EventName = Annotated[str, _matching(r"[a-z]+(_[a-z]+)*", "must be an event of GitHub's webhooks, as pull_request")]
EstatePath = Annotated[
    str,
    _matching(
        r"estate(/[A-Za-z0-9_][A-Za-z0-9._-]*)+",
        "must be below estate/, which approvals are for: a relative path without '..' or hidden names",
    ),
]
"""A file or folder of the estate, relative to the project's root."""
Slug = Annotated[str, _matching(r"[a-z0-9]([a-z0-9_-]{0,98}[a-z0-9])?", "must be a slug: a-z, 0-9, '-' and '_'")]
"""A team's slug."""

Principal = Annotated[
    str,
    _matching(r"team/[a-z0-9][a-z0-9_-]*|user/[A-Za-z0-9][A-Za-z0-9-]*", "must be team/<slug> or user/<login>"),
]
"""Who may approve or test: ``team/sre`` or ``user/withchao``."""

ActionsName = Annotated[
    str,
    _matching(
        r"(?!GITHUB_)[A-Z_][A-Z0-9_]*",
        "must be the name of a secret or variable: A-Z, 0-9 and '_', not starting with a digit or GITHUB_",
    ),
]
"""The name of an Actions secret or variable."""

Topic = Annotated[
    str,
    _matching(
        r"[a-z0-9][a-z0-9-]{0,49}",
        "must be a topic: at most 50 of a-z, 0-9 and '-', not starting with '-'",
    ),
]
"""A repository's topic (GitHub documentation: classifying your repository with topics)."""

Color = Annotated[
    str, _matching(r"[0-9A-Fa-f]{6}", 'must be a colour: 6 hexadecimal digits without #, in quotes, e.g. "3CBF00"')
]
"""A label's colour. Without quotes YAML reads 008672 as a number and 5e9801 as a float."""

ActionName = Annotated[
    str,
    _matching(
        r"[A-Za-z0-9-]+/[A-Za-z0-9._-]+", "must be the repository of an action: owner/name, without path and version"
    ),
]
"""The repository of a GitHub action."""

Digest = Annotated[
    str, _matching(r"sha256:[0-9a-f]{64}", "must be a digest: sha256: and 64 hexadecimal digits, not a tag")
]
"""The digest of an image's manifest or index (OCI image specification)."""

Commit = Annotated[str, _matching(r"[0-9a-f]{40}", "must be a commit: 40 hexadecimal digits, not a branch or tag")]
"""A full git commit id."""

ImagePath = Annotated[
    str,
    _matching(
        r"[a-z0-9]+([._-]+[a-z0-9]+)*(/[a-z0-9]+([._-]+[a-z0-9]+)*)*",
        "must be an image path without host, tag and digest, e.g. openim/openim-api",
    ),
]
"""The repository part of an image reference, without its registry."""

RegistryHost = Annotated[
    str,
    _matching(
        r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[0-9]{1,5})?",
        "must be a registry's host, with a port if need be, without scheme and path: docker.io or 127.0.0.1:5000",
    ),
]
"""Where a registry is, as image references name it."""

ReleaseId = Annotated[
    str,
    _matching(
        r"v\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?\+[0-9a-f]{7,40}",
        "must be a release id: v<SemVer>+<short hash>, e.g. v3.8.4+a1b2c3d",
    ),
]
"""SemVer of the server and a short hash that tells releases of one version apart."""

CpuQuantity = Annotated[str, BeforeValidator(str), _matching(r"\d+m|\d+(\.\d{1,3})?", "must be CPU: 250m, 0.5 or 2")]
"""A CPU quantity, in cores or thousandths of one."""

MemoryQuantity = Annotated[
    str, BeforeValidator(str), _matching(r"[1-9]\d*([kMGTPE]|[KMGTPE]i)?", "must be a quantity of bytes: 256Mi, 2Gi")
]
"""A memory or storage quantity."""


def _duration(value: object) -> timedelta:
    if isinstance(value, timedelta):
        return value
    parts = re.findall(r"(\d+)([smhd])", str(value))
    if not parts or "".join(f"{n}{u}" for n, u in parts) != str(value):
        raise ValueError("must be a duration: 90s, 30m, 72h, 1h30m or 7d")
    return timedelta(seconds=sum(int(n) * _UNITS[u] for n, u in parts))


def duration_text(value: timedelta) -> str:
    """``timedelta(minutes=90)`` as ``1h30m``; ``0s`` for none."""
    rest, text = int(value.total_seconds()), ""
    for unit in "dhms":
        count, rest = divmod(rest, _UNITS[unit])
        text += f"{count}{unit}" if count else ""
    return text or "0s"


Duration = Annotated[
    timedelta,
    BeforeValidator(_duration),
    PlainSerializer(duration_text),
    WithJsonSchema({"type": "string", "pattern": "^([0-9]+[smhd])+$"}),
]
"""A span of time, written like ``30m`` or ``1h30m``."""

ConfigFile = Annotated[
    str, _matching(r"[a-z0-9][a-z0-9-]*\.(yml|yaml|json)", "must be the name of a configuration file, e.g. redis.yml")
]
"""The name of a configuration file; also a key of a ConfigMap."""

EnvironmentName = Annotated[
    str, _matching(r"[A-Za-z_][A-Za-z0-9_]*", "must be the name of an environment variable: letters, digits and '_'")
]
"""The name of an environment variable of a container."""

HostName = Annotated[
    str,
    _matching(
        r"(?=.{1,253}$)[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?(\.[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)+",
        "must be a host name with a domain, e.g. im.example.org",
    ),
]
"""A fully qualified host name (RFC 1123)."""


def _network(value: str) -> str:
    try:
        return str(ip_network(value))
    except ValueError:
        raise ValueError("must be a network in CIDR notation, e.g. 10.0.0.0/28, with no bits set behind it") from None


Network = Annotated[str, AfterValidator(_network)]
"""A network in CIDR notation."""
