"""A kubeconfig, by path or by contents, to one connection (the subset that needs no helper program)."""

import base64
import os
import ssl
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

UNSUPPORTED_USER = ("exec", "auth-provider", "username", "password", "as")
UNSUPPORTED_CLUSTER = ("proxy-url",)


class KubeconfigError(ValueError):
    """The kubeconfig cannot be used; the text says why."""


@dataclass(frozen=True)
class Connection:
    """How to reach one cluster."""

    server: str
    namespace: str
    """Where objects go that name none."""
    token: str
    verify: ssl.SSLContext


def load(path_or_contents: str, *, context: str = "", cluster: str = "", namespace: str = "") -> Connection:
    """The connection that a kubeconfig describes; ``""`` reads ``$KUBECONFIG``, else ``~/.kube/config``.

    Raises:
        KubeconfigError: It cannot be read, names something that it lacks, or needs what is not supported.
    """
    config, folder = _parse(path_or_contents)
    chosen = _named(config, "contexts", context or str(config.get("current-context", "")), "context")
    endpoint = _named(config, "clusters", cluster or str(chosen.get("cluster", "")), "cluster")
    user = _named(config, "users", str(chosen["user"]), "user") if chosen.get("user") else {}
    _refuse(endpoint, UNSUPPORTED_CLUSTER)
    _refuse(user, UNSUPPORTED_USER)
    return Connection(
        server=str(endpoint.get("server", "")).rstrip("/"),
        namespace=namespace or str(chosen.get("namespace") or "default"),
        token=_token(user, folder),
        verify=_tls(endpoint, user, folder),
    )


def _parse(path_or_contents: str) -> tuple[Mapping[str, Any], Path]:
    text = path_or_contents or os.environ.get("KUBECONFIG", "") or "~/.kube/config"
    folder = Path.cwd()
    try:
        if "\n" not in text and (path := Path(text).expanduser()).is_file():
            text, folder = path.read_text(), path.resolve().parent
        config = yaml.safe_load(text)
    except OSError as error:
        raise KubeconfigError(str(error)) from error
    except yaml.YAMLError as error:
        raise KubeconfigError(f"not valid YAML{_place(error)}") from None  # its own text shows lines, with credentials
    if not isinstance(config, Mapping):
        raise KubeconfigError("neither the path of a kubeconfig file nor its contents")
    return config, folder


def _place(error: yaml.YAMLError) -> str:
    mark = error.problem_mark if isinstance(error, yaml.MarkedYAMLError) else None
    return f" in line {mark.line + 1}" if mark else ""


def _named(config: Mapping[str, Any], section: str, name: str, entry: str) -> Mapping[str, Any]:
    for candidate in config.get(section) or []:
        if candidate.get("name") == name:
            found = candidate.get(entry) or {}
            return found if isinstance(found, Mapping) else {}
    known = [str(candidate.get("name")) for candidate in config.get(section) or []]
    raise KubeconfigError(f"{entry} {name!r} does not exist; known: {known}")


def _refuse(entry: Mapping[str, Any], fields: tuple[str, ...]) -> None:
    used = [field for field in fields if entry.get(field)]
    if used:
        raise KubeconfigError(f"{', '.join(used)} in a kubeconfig is not supported by the sandbox's plugin")


def _token(user: Mapping[str, Any], folder: Path) -> str:
    if user.get("token"):
        return str(user["token"])
    return (folder / str(user["tokenFile"])).read_text().strip() if user.get("tokenFile") else ""


def _tls(endpoint: Mapping[str, Any], user: Mapping[str, Any], folder: Path) -> ssl.SSLContext:
    try:
        authority = _material(endpoint, "certificate-authority", folder)
        trust = ssl.create_default_context(cadata=authority.decode() if authority else None)
        if endpoint.get("insecure-skip-tls-verify"):
            trust.check_hostname, trust.verify_mode = False, ssl.CERT_NONE
        _present(trust, _material(user, "client-certificate", folder), _material(user, "client-key", folder))
    except (OSError, ValueError) as error:
        raise KubeconfigError(f"certificates cannot be read: {error}") from error
    return trust


def _material(entry: Mapping[str, Any], field: str, folder: Path) -> bytes:
    if entry.get(f"{field}-data"):
        return base64.b64decode(str(entry[f"{field}-data"]))
    return (folder / str(entry[field])).read_bytes() if entry.get(field) else b""


def _present(trust: ssl.SSLContext, certificate: bytes, key: bytes) -> None:
    """Hand over the client certificate; OpenSSL reads it from a file only, which is gone again at once."""
    if not certificate:
        return
    with tempfile.NamedTemporaryFile() as file:
        file.write(certificate + b"\n" + key)
        file.flush()
        trust.load_cert_chain(file.name)
