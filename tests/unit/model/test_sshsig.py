"""Signatures are OpenSSH's own: what `ssh-keygen` signs is verified here, and the other way round."""

import base64
import hashlib
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa, utils
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as some

from model import sshsig
from model.sshsig import SignatureError

SPACE = "approval@openim-cicd"
MESSAGE = b"this very change\n"
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))


def public(key: Ed25519PrivateKey = KEY) -> str:
    return key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()


def made(folder: Path, *how: str, digest: str = "sha512") -> tuple[str, str]:
    """The public key and the signature that `ssh-keygen` makes."""
    key = folder / "key"
    keygen("-q", "-N", "", "-C", "a comment", "-f", str(key), *how)
    signed = keygen("-Y", "sign", "-f", str(key), "-n", SPACE, "-O", f"hashalg={digest}", text=MESSAGE)
    return key.with_suffix(".pub").read_text(), signed


def keygen(*arguments: str, text: bytes = b"") -> str:
    done = subprocess.run(["ssh-keygen", *arguments], input=text, capture_output=True, check=True)
    return done.stdout.decode()


@pytest.mark.parametrize("digest", ["sha256", "sha512"])
@pytest.mark.parametrize(
    "how", [("-t", "ed25519"), ("-t", "ecdsa", "-b", "256"), ("-t", "ecdsa", "-b", "521"), ("-t", "rsa", "-b", "2048")]
)
def test_what_openssh_signs_is_verified(tmp_path: Path, how: tuple[str, ...], digest: str) -> None:
    """Each kind of key that people have, and the key is told as its `.pub` file has it."""
    key, signed = made(tmp_path, *how, digest=digest)
    found = sshsig.read(signed)
    sshsig.verify(found, SPACE, MESSAGE)
    assert found.public_key == sshsig.normal(key)
    assert sshsig.key_hash(found.public_key) in keygen("-l", "-f", str(tmp_path / "key.pub"))
    assert found.armored == signed


def test_what_is_signed_here_openssh_verifies(tmp_path: Path) -> None:
    """With an allowed signers file, as anybody could do without this project."""
    (tmp_path / "allowed").write_text(f"machine {public()}\n")
    (tmp_path / "sig").write_text(sshsig.sign(KEY, SPACE, MESSAGE).armored)
    told = keygen("-Y", "verify", "-f", str(tmp_path / "allowed"), "-I", "machine", "-n", SPACE, "-s",
                  str(tmp_path / "sig"), text=MESSAGE)  # fmt: skip
    assert 'Good "approval@openim-cicd" signature for machine' in told


def test_a_signature_is_for_one_text_and_one_purpose() -> None:
    """Neither another text nor another purpose is covered."""
    signature = sshsig.read(sshsig.sign(KEY, SPACE, MESSAGE).text)
    sshsig.verify(signature, SPACE, MESSAGE)
    with pytest.raises(SignatureError, match="is not of this text"):
        sshsig.verify(signature, SPACE, MESSAGE + b" ")
    with pytest.raises(SignatureError, match="is for 'approval@openim-cicd', not for 'ledger@openim-cicd'"):
        sshsig.verify(signature, "ledger@openim-cicd", MESSAGE)


def test_another_key_put_into_a_signature_does_not_verify() -> None:
    """The key that a signature names is the one that made it."""
    other = base64.b64decode(public(Ed25519PrivateKey.from_private_bytes(bytes(32))).split(" ")[1])
    mine = base64.b64decode(public().split(" ")[1])
    forged = sshsig.sign(KEY, SPACE, MESSAGE).blob.replace(mine, other)
    with pytest.raises(SignatureError, match="is not of this text"):
        sshsig.verify(sshsig.read(base64.b64encode(forged).decode()), SPACE, MESSAGE)


@given(some.integers(min_value=0), some.integers(min_value=1, max_value=255))
def test_no_changed_byte_goes_unseen(place: int, by: int) -> None:
    """A signature with any one byte changed is refused, in words."""
    blob = bytearray(sshsig.sign(KEY, SPACE, MESSAGE).blob)
    blob[place % len(blob)] ^= by
    with pytest.raises(SignatureError):
        sshsig.verify(sshsig.read(base64.b64encode(bytes(blob)).decode()), SPACE, MESSAGE)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "is cut off"),
        ("Zm9v", "is cut off"),
        ("no base64!", "is not base64"),
        (base64.b64encode(b"SSHSIG\x00\x00\x00\x02").decode(), "is no SSH signature of version 1"),
        (base64.b64encode(b"SSHSIG\x00\x00\x00\x01\xff\xff\xff\xff").decode(), "is cut off"),
        (base64.b64encode(sshsig.sign(KEY, SPACE, MESSAGE).blob + b"x").decode(), "has something behind its end"),
        (
            base64.b64encode(sshsig.sign(KEY, SPACE, MESSAGE).blob.replace(b"sha512", b"sha1\0\0")).decode(),
            "hashes with",
        ),
    ],
)
def test_what_is_no_signature_is_told(text: str, why: str) -> None:
    """Each with its own words."""
    with pytest.raises(SignatureError, match=why):
        sshsig.read(text)


def test_sha_1_is_refused(tmp_path: Path) -> None:
    """Also where the key is good: an RSA signature that calls itself `ssh-rsa` is SHA-1."""
    _, signed = made(tmp_path, "-t", "rsa", "-b", "2048")
    blob = sshsig.read(signed).blob
    older = blob.replace(b"\x00\x00\x00\x0crsa-sha2-512", b"\x00\x00\x00\x07ssh-rsa")
    at = older.rindex(b"\x00\x00\x00\x07ssh-rsa") - 4
    length = int.from_bytes(older[at : at + 4], "big") - 5
    older = older[:at] + length.to_bytes(4, "big") + older[at + 4 :]
    with pytest.raises(SignatureError, match="which is SHA-1"):
        sshsig.verify(sshsig.read(base64.b64encode(older).decode()), SPACE, MESSAGE)


@pytest.mark.parametrize("touched", [True, False])
@pytest.mark.parametrize("kind", ["sk-ssh-ed25519@openssh.com", "sk-ecdsa-sha2-nistp256@openssh.com"])
def test_a_key_in_hardware_counts_when_it_was_touched(kind: str, touched: bool) -> None:
    """What hardware signs holds the application, a flag for the touch and a counter (OpenSSH's PROTOCOL.u2f)."""
    signature = sshsig.read(base64.b64encode(by_hardware(kind, bytes([touched]))).decode())
    if touched:
        sshsig.verify(signature, SPACE, MESSAGE)
    else:
        with pytest.raises(SignatureError, match="nobody touched"):
            sshsig.verify(signature, SPACE, MESSAGE)


def by_hardware(kind: str, flags: bytes) -> bytes:
    """What a hardware key of that kind makes of the message."""
    inner = b"SSHSIG" + strings(SPACE.encode(), b"", b"sha512", hashlib.sha512(MESSAGE).digest())
    signed = hashlib.sha256(b"ssh:").digest() + flags + bytes(4) + hashlib.sha256(inner).digest()
    if "ed25519" in kind:
        key = strings(kind.encode(), KEY.public_key().public_bytes_raw(), b"ssh:")
        raw = KEY.sign(signed)
    else:
        curve = ec.generate_private_key(ec.SECP256R1())
        point = curve.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        key = strings(kind.encode(), b"nistp256", point, b"ssh:")
        pair = utils.decode_dss_signature(curve.sign(signed, ec.ECDSA(hashes.SHA256())))
        raw = strings(*(one.to_bytes(33, "big") for one in pair))
    signature = strings(kind.encode(), raw) + flags + bytes(4)
    return b"SSHSIG" + (1).to_bytes(4, "big") + strings(key, SPACE.encode(), b"", b"sha512", signature)


def strings(*values: bytes) -> bytes:
    return b"".join(len(one).to_bytes(4, "big") + one for one in values)


def test_weak_and_strange_keys_are_no_keys() -> None:
    """Short RSA, kinds that OpenSSH has given up, and what is no key at all."""
    short = rsa.generate_private_key(65537, 1024)  # noqa: S505 - it is the one to be refused
    weak = short.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)
    for line, why in (
        (weak.decode(), "at least 2048"),
        ("ssh-dss AAAAB3NzaC1kc3M=", "of the kind 'ssh-dss'"),
        (public().replace("ssh-ed25519", "ssh-rsa", 1), "holds another kind"),
        ("hello", "is cut off"),
    ):
        with pytest.raises(SignatureError, match=why):
            sshsig.normal(line)
