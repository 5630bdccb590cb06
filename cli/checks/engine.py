"""The engine and its plugins, the state backend and the secrets provider."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from semver import VersionInfo

from cli.checks.finding import Finding, bad, good
from cli.place import read_file
from cli.stacks import NAMES
from model.document import load
from model.problems import SettingsError
from model.settings import stack_file
from toolchain import plugins
from toolchain.engine import OLDEST

INSTALL = "install the Pulumi CLI (pulumi.com/docs/install) and put it on PATH"


def check() -> Iterator[Finding]:
    """The CLI on PATH, its plugins, where state goes and what encrypts its secrets."""
    pulumi = shutil.which("pulumi")
    if not pulumi:
        yield bad("pulumi", "not on PATH", INSTALL)
    else:
        yield _version(pulumi)
        yield from _plugins(pulumi)
    yield _backend()
    yield _secrets_provider()


def _version(pulumi: str) -> Finding:
    text = _output(pulumi, "version")
    try:
        old = VersionInfo.parse(text.lstrip("v")) < OLDEST
    except ValueError:
        return bad("pulumi", f"{pulumi} says {text!r} of its version", INSTALL)
    return (
        bad("pulumi", f"{text} at {pulumi} is too old", f"upgrade to {OLDEST} or newer")
        if old
        else good("pulumi", text)
    )


def _plugins(pulumi: str) -> Iterator[Finding]:
    installed = _output(pulumi, "plugin", "ls")
    for name, version in plugins.versions().items():
        rows = [line.split() for line in installed.splitlines()]
        if any(row[:1] == [name] and version in row for row in rows):
            yield good(f"plugin {name}", version)
        else:
            yield bad(
                f"plugin {name}", f"{version} is not installed", f"pulumi plugin install resource {name} v{version}"
            )


def _backend() -> Finding:
    url = os.environ.get("PULUMI_BACKEND_URL", "")
    if not url and not os.environ.get("PULUMI_ACCESS_TOKEN"):
        remedy = "set PULUMI_BACKEND_URL (s3://, azblob://, gs:// or file://), or PULUMI_ACCESS_TOKEN for Pulumi Cloud"
        return bad("state backend", "none is named", remedy)
    folder = urlsplit(url).path
    if url.startswith("file://") and not Path(folder).is_dir():
        return bad("state backend", f"{folder} is no folder", f"mkdir -p {folder}")
    return good("state backend", url.partition("?")[0] or "Pulumi Cloud")


def _secrets_provider() -> Finding:
    file = os.environ.get("PULUMI_CONFIG_PASSPHRASE_FILE", "")
    if file and not Path(file).is_file():
        return bad(
            "secrets provider",
            f"PULUMI_CONFIG_PASSPHRASE_FILE={file} is no file",
            "name a file that holds the passphrase",
        )
    if file or "PULUMI_CONFIG_PASSPHRASE" in os.environ:
        return good("secrets provider", "passphrase")
    try:
        declared = {(load(stack_file(name), read_file) or {}).get("secretsprovider") for name in NAMES}
    except SettingsError:
        declared = {None}  # said with the stack's own findings
    if None not in declared:
        return good("secrets provider", ", ".join(sorted(map(str, declared))))
    remedy = "set PULUMI_CONFIG_PASSPHRASE_FILE, or `pulumi stack change-secrets-provider` to a cloud key"
    return bad("secrets provider", "no passphrase, and not every stack file names a key", remedy)


def _output(*argv: str) -> str:
    return subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False).stdout.strip()
