"""A stack's settings: what ``Pulumi.<stack>.yaml`` says under ``openim-cicd:``.

A stack declares what its settings name: the organisation, an environment, or both. Stacks
differ in data only.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pydantic import Field, HttpUrl, SecretStr, field_validator, model_validator

from model.application import Override
from model.approval import Approval, Promotion
from model.base import Model, parse
from model.document import Read, from_environment, load, named_variables
from model.names import (
    DEPLOYER,
    CpuQuantity,
    DnsLabel,
    EstatePath,
    EventName,
    Login,
    MemoryQuantity,
    Network,
    RegistryHost,
    RepositoryName,
    UserName,
)
from model.problems import Problem, SettingsError
from model.provenance import Provenance
from model.registry import is_loopback
from model.release import BranchName, Release
from model.signing import Signing
from model.verification import Verification

NAMESPACE = "openim-cicd"


class Webhook(Model):
    """Where GitHub delivers the events of every repository that the machine watches."""

    url: HttpUrl
    """https, or http on the loopback address."""
    handles: tuple[EventName, ...] = Field(min_length=1)
    """Events that whatever listens there acts upon; `openim-cicd invariants` compares them with what is delivered."""

    @field_validator("url")
    @classmethod
    def _encrypted(cls, url: HttpUrl) -> HttpUrl:
        if url.scheme != "https" and not is_loopback(url.host):
            raise ValueError("must be https: deliveries carry code and names in clear otherwise")
        return url


class Author(Model):
    """Who signs a commit."""

    name: str = Field(min_length=1)
    email: str = Field(pattern=r"^[^@\s]+@[^@\s]+$")


class Organization(Model):
    """The GitHub organisation."""

    name: Login
    deployer_app_id: int = Field(ge=1)
    """Id of the GitHub App that deploys; the only one that rulesets let past."""
    infrastructure_repository: RepositoryName = "openim-cicd"
    """The repository that carries the deployment environments."""
    author: Author | None = None
    """Who signs the commits that declare files; default: whoever the token belongs to."""
    webhook: Webhook
    dispatch_token: SecretStr
    """Starts workflows of the infrastructure repository and can do nothing else; jobs that built images use it."""


class EstateFiles(Model):
    """The files of the organisation's estate."""

    repositories: EstatePath = "estate/repositories.yaml"
    teams: EstatePath = "estate/teams.yaml"
    labels: EstatePath = "estate/labels.yaml"
    pipelines: EstatePath = "estate/pipelines.yaml"


class Mirror(Model):
    """A registry that gets copies."""

    address: str = Field(pattern=r"^[a-z0-9.-]+(:[0-9]+)?(/[a-z0-9._-]+)+$")
    """Host and path below which the images stand, e.g. ``ghcr.io/openimsdk``."""
    username: str
    password: SecretStr


class Registry(Model):
    """Where images are pushed and pulled."""

    host: RegistryHost
    """Host and port, e.g. ``docker.io`` or ``127.0.0.1:5000``."""
    username: str
    password: SecretStr
    mirrors: dict[DnsLabel, Mirror] = Field(default_factory=dict)
    """Registries that get copies of the same digests, by name; default none."""


class Quota(Model):
    """What all pods of the namespace together may request."""

    cpu: CpuQuantity
    memory: MemoryQuantity


class Cluster(Model):
    """The Kubernetes cluster of an environment; it exists already."""

    kubeconfig: str
    """Path of a kubeconfig whose current context is the cluster."""

    @field_validator("kubeconfig")
    @classmethod
    def _a_path(cls, value: str) -> str:
        if "\n" in value or "{" in value:
            raise ValueError("must be the path of a kubeconfig, not its content: that would stand in state")
        return value

    namespace: DnsLabel
    quota: Quota
    api_server_networks: tuple[Network, ...] = ()
    """From where the API server connects to pods, e.g. ``10.0.0.0/28``: smoke checks come from there, and some network
    plugins hold them to the policies. Default none."""
    deployer: UserName = DEPLOYER
    """User of the cluster who deploys: he alone may change which images the namespace admits. The kubeconfig's user, as
    ``kubectl auth whoami`` names him; default ``openim-cicd:deployer``."""
    protect: bool = False
    """Refuse to delete the namespace and the stores; default no."""


class ApplicationSource(Model):
    """What is deployed, and where this environment differs."""

    source: EstatePath
    """The application's estate file."""
    overrides: dict[DnsLabel, Override] = Field(default_factory=dict)
    """By service."""


class StackSettings(Model):
    """Everything that a stack file may say."""

    registry: Registry
    organization: Organization | None = None
    estate: EstateFiles = EstateFiles()
    environments: dict[DnsLabel, str] = Field(default_factory=dict)
    """Stack file of each deployment environment, by its name."""
    cluster: Cluster | None = None
    application: ApplicationSource | None = None
    release: Release | None = None
    sources: dict[RepositoryName, BranchName] = Field(default_factory=dict)
    """Branch of each repository whose tested images this stage takes by itself; the first gives releases their version.

    A stage takes releases from ``sources`` or, by ``promotion``, from another stage; with neither, by hand only.
    """
    promotion: Promotion | None = None
    approval: Approval = Approval()
    verification: Verification = Verification()
    signing: Signing = Signing()
    provenance: Provenance | None = None
    """Who must vouch for the origin of new images; default nobody."""

    @model_validator(mode="after")
    def _environment_is_whole(self) -> "StackSettings":
        parts = {"cluster": self.cluster, "application": self.application, "release": self.release}
        missing = [name for name, part in parts.items() if part is None]
        if missing and len(missing) < len(parts):
            raise ValueError(f"an environment needs {sorted(parts)} together; missing: {missing}")
        if missing and self.organization is None:
            raise ValueError(f"declares nothing: set organization, or {sorted(parts)}")
        return self

    @model_validator(mode="after")
    def _one_way_in(self) -> "StackSettings":
        if self.sources and self.promotion:
            raise ValueError("releases come from sources or from promotion.from, not from both: remove one")
        if (self.sources or self.promotion) and self.release is None:
            raise ValueError("sources and promotion are for a stage with an application and a release")
        return self


class StagePolicy(Model):
    """What of a stage's settings decides about its changes; the rest need not be readable to know it."""

    release: Release
    sources: dict[RepositoryName, BranchName] = Field(default_factory=dict)
    promotion: Promotion | None = None
    approval: Approval = Approval()
    estate: EstateFiles = EstateFiles()
    signing: Signing = Signing()
    provenance: Provenance | None = None
    """Who must vouch for the origin of new images; default nobody."""


_ENGINES = frozenset({"encryptedkey", "encryptionsalt", "secretsprovider"})
"""What the engine itself writes into a stack file: how values are encrypted."""
_POLICY_KEYS = tuple(field.alias or name for name, field in StagePolicy.model_fields.items())


def stack_file(stack: str) -> str:
    """The file that holds the settings of ``stack``."""
    return f"Pulumi.{stack}.yaml"


def parse_stack(stack: str, config: Mapping[str, str], environment: Mapping[str, str]) -> StackSettings:
    """The settings of ``stack`` from Pulumi's configuration: ``openim-cicd:key`` to JSON or plain text.

    Raises:
        SettingsError: with every offender.
    """
    return _parsed(written(config), stack_file(stack), environment)


def read_stack(stack: str, read: Read, environment: Mapping[str, str]) -> StackSettings:
    """The settings of ``stack`` from its file, for callers outside the engine.

    Raises:
        SettingsError: with every offender.
    """
    return _parsed(_section(stack_file(stack), read), stack_file(stack), environment)


def written(config: Mapping[str, str]) -> dict[str, Any]:
    """What Pulumi's configuration says, ``env:NAME`` as it is written; keys of this project without its name."""
    return {_own(key): _decoded(value) for key, value in config.items()}


def read_written(stack: str, read: Read) -> dict[str, Any]:
    """The same from the stack's file.

    Raises:
        SettingsError: the file cannot be read or has no configuration.
    """
    return _section(stack_file(stack), read)


def policy_of(stack: str, section: Mapping[str, Any]) -> StagePolicy:
    """The policy among ``written`` settings.

    Raises:
        SettingsError: with every offender; one is that the stack names no release.
    """
    data = {key: section[key] for key in _POLICY_KEYS if key in section}
    return parse(StagePolicy, data, stack_file(stack), f"config.{NAMESPACE}:")


def registry_of(stack: str, section: Mapping[str, Any], environment: Mapping[str, str]) -> Registry:
    """The registry among ``written`` settings, with ``env:NAME`` filled in.

    Raises:
        SettingsError: with every offender.
    """
    file, key = stack_file(stack), f"config.{NAMESPACE}:registry"
    filled = from_environment(section.get("registry", {}), environment, file, key)
    if filled.problems:
        raise SettingsError(filled.problems)
    return parse(Registry, filled.data, file, key)


def read_approval(file: str, read: Read) -> Approval:
    """Only the ``approval`` part of another stack's file; nothing else of it is needed or looked at.

    Raises:
        SettingsError: with every offender.
    """
    return parse(Approval, _section(file, read).get("approval", {}), file, f"config.{NAMESPACE}:approval")


def environment_variables(file: str, read: Read) -> tuple[str, ...]:
    """The environment variables that a stack file names with ``env:``, sorted.

    Raises:
        SettingsError: it cannot be read.
    """
    return tuple(sorted(named_variables(_section(file, read))))


def _section(file: str, read: Read) -> dict[str, Any]:
    document = load(file, read)
    config = document.get("config") if isinstance(document, dict) else None
    if not isinstance(config, dict):
        raise SettingsError([Problem(file, "config", "", "missing; it has no default")])
    others = sorted(set(document) - {"config", *_ENGINES})
    if others:
        remedy = f"must be config or one of {sorted(_ENGINES)}: approvals are for nothing else that a stack file says"
        raise SettingsError([Problem(file, str(one), "", remedy) for one in others])
    bare = sorted(str(key) for key in config if ":" not in str(key))
    if bare:
        # The engine would read it as this project's, also beside the one that is written out.
        raise SettingsError([Problem(file, f"config.{one}", "", f"must be {NAMESPACE}:{one}") for one in bare])
    return {_own(str(key)): value for key, value in config.items()}


def _own(key: str) -> str:
    """A key of the configuration as models call it; another namespace's keeps its name, is signed, and is refused."""
    name = key.removeprefix(f"{NAMESPACE}:")
    return key if ":" in name else name


def _parsed(data: dict[str, Any], file: str, environment: Mapping[str, str]) -> StackSettings:
    prefix = f"config.{NAMESPACE}:"
    filled = from_environment(data, environment, file, prefix)
    unset = {problem.key for problem in filled.problems}
    try:
        settings = parse(StackSettings, filled.data, file, prefix)
    except SettingsError as error:
        # What is wrong with a value that is not there is no news; one from the environment may be secret.
        found = [problem for problem in error.problems if problem.key not in unset]
        hidden = [replace(one, value="") if one.key in filled.keys else one for one in found]
        raise SettingsError([*filled.problems, *(replace(one, key=_as_written(one.key)) for one in hidden)]) from None
    if filled.problems:
        raise SettingsError(filled.problems)
    return settings


def _as_written(key: str) -> str:
    """Another namespace's key as it stands in the file."""
    foreign = ":" in key.removeprefix(f"config.{NAMESPACE}:").partition(".")[0]
    return key.replace(f"{NAMESPACE}:", "", 1) if foreign else key


def _decoded(value: str) -> Any:
    try:
        return json.loads(value)
    except json.JSONDecodeError:
        return value
