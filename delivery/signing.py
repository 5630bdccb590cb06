"""Keys at hand: a file that the environment names, the machine's in its jobs, a person's own on a laptop.

The machine's is an ed25519 key without a passphrase and signs by itself. Any other key signs through `ssh-keygen`,
which asks an agent, a hardware key or a person for what it needs. No key is ever printed.
"""

import os
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from delivery.errors import Refused
from model import sshsig
from model.chain import Sign
from model.sshsig import Signature, SignatureError

MACHINE_KEY = "OPENIM_CICD_MACHINE_KEY"
"""Names the file of the machine's private key."""
OWN_KEY = "OPENIM_CICD_KEY"
"""Names the file of a person's key: private, or the public one of a key that an agent holds."""
PATIENCE = 120
"""Seconds in which a person touches a hardware key or types a passphrase."""


def at_hand(environment: Mapping[str, str] = os.environ) -> Sign | None:
    """Signs with the machine's key, else with the person's own; None where neither is named."""
    return machine(environment) or own(environment)


def machine(environment: Mapping[str, str] = os.environ) -> Sign | None:
    """Signs with the machine's key; None where it is not here."""
    return _signer(environment, MACHINE_KEY)


def own(environment: Mapping[str, str] = os.environ) -> Sign | None:
    """Signs with the key of the person who sits here; None where none is named."""
    return _signer(environment, OWN_KEY)


def make(file: Path) -> str:
    """Make a new ed25519 key in ``file``, which only its owner reads; returns the public key.

    Raises:
        Refused: the file is there already.
    """
    key = Ed25519PrivateKey.generate()
    formats = (serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption())
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise Refused(f"{file} is there already: a key is never overwritten; name another file") from None
    with os.fdopen(handle, "wb") as stream:
        stream.write(key.private_bytes(*formats))
    return public(key)


def public(key: Ed25519PrivateKey) -> str:
    """The public half, as settings hold it."""
    parts = (serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    return key.public_key().public_bytes(*parts).decode()


def public_of(file: Path) -> str:
    """The public half of a private key without a passphrase.

    Raises:
        Refused: it is none.
    """
    found = _plain(file)
    if found is None:
        raise Refused(f"{file} holds no ed25519 key without a passphrase: openim-cicd key new {file}")
    return public(found)


def _signer(environment: Mapping[str, str], name: str) -> Sign | None:
    """By the key in the file that the variable ``name`` names."""
    named = environment.get(name)
    if not named:
        return None
    file = Path(named)
    if not file.is_file():
        raise Refused(f"{name} names {file}, which is no file: openim-cicd key new {file}")
    if not file.read_bytes().strip():
        # What a job makes of a secret that nobody has set.
        return None
    plain = _plain(file)
    if plain:
        return sshsig.signer(plain)
    return lambda namespace, message: _by_ssh(file, namespace, message)


def _plain(file: Path) -> Ed25519PrivateKey | None:
    try:
        found = serialization.load_ssh_private_key(file.read_bytes(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return None
    return found if isinstance(found, Ed25519PrivateKey) else None


def _by_ssh(file: Path, namespace: str, message: bytes) -> Signature:
    """By `ssh-keygen`, from a file and not from standard input, which a passphrase may need."""
    with tempfile.TemporaryDirectory(prefix="openim-cicd-") as folder:
        signed = Path(folder) / "text"
        signed.write_bytes(message)
        command = ["ssh-keygen", "-q", "-Y", "sign", "-f", str(file), "-n", namespace, str(signed)]
        try:
            done = subprocess.run(command, check=False, timeout=PATIENCE, stderr=subprocess.PIPE, text=True)
            if done.returncode == 0:
                return sshsig.read(signed.with_suffix(".sig").read_text())
        except (OSError, subprocess.TimeoutExpired, SignatureError) as error:
            raise Refused(f"ssh-keygen does not sign with {file}: {error}") from None
    raise Refused(f"ssh-keygen does not sign with {file}: {done.stderr.strip()}; is its key in ssh-agent (ssh-add -l)?")
