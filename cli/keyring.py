"""Keys of the sandbox's machine and of its approvers, as an organisation and its people would keep them elsewhere."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cli.place import sandbox_root
from delivery.signing import MACHINE_KEY, OWN_KEY, make, public_of

APPROVERS = ("omar-sre", "ines-sre")
"""Who signs approvals with keys of their own; for everybody else the machine vouches."""
MACHINE = "machine"
STAGES = ("Pulumi.staging.yaml", "Pulumi.prod.yaml")


def signing() -> dict[str, dict[str, dict[str, Any]]]:
    """The section of each stage's file that names the keys; they are made at the first call and stay."""
    people = {login: [{"key": _public(login)}] for login in APPROVERS}
    section = {"machine": [{"key": _public(MACHINE)}], "people": people}
    return {file: {"openim-cicd:signing": section} for file in STAGES}


def machine_key() -> str:
    """The machine's private key, as its jobs' secret holds it."""
    return _made(MACHINE).read_text()


def operators() -> dict[str, str]:
    """What lets a shell that holds the deployer's credentials record what it does."""
    return {MACHINE_KEY: str(_made(MACHINE))}


def own(login: str) -> Mapping[str, str]:
    """What lets ``login`` sign; nothing where they have no key."""
    return {OWN_KEY: str(_made(login))} if login in APPROVERS else {}


def _public(owner: str) -> str:
    return public_of(_made(owner))


def _made(owner: str) -> Path:
    file = sandbox_root() / "keys" / owner
    if not file.exists():
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        make(file)
    return file
