"""Signatures as ``ssh-keygen -Y`` makes and checks them: SSHSIG (OpenSSH's PROTOCOL.sshsig), with no program beside us.

A signature holds its public key and the namespace that it is for, so what is signed for one purpose is good for no
other. Whether that key is anybody's is not decided here.
"""

import base64
import binascii
import hashlib
import textwrap
from collections.abc import Callable
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa, utils

MAGIC = b"SSHSIG"
BEGIN, END = "-----BEGIN SSH SIGNATURE-----", "-----END SSH SIGNATURE-----"
VERSION = 1
DIGESTS = {b"sha256": hashlib.sha256, b"sha512": hashlib.sha512}
"""What may be hashed with; PROTOCOL.sshsig knows no other."""
CURVES: dict[str, hashes.HashAlgorithm] = {
    "ecdsa-sha2-nistp256": hashes.SHA256(),
    "ecdsa-sha2-nistp384": hashes.SHA384(),
    "ecdsa-sha2-nistp521": hashes.SHA512(),
}
"""RFC 5656, 6.2.1: the hash of each curve."""
RSA: dict[str, hashes.HashAlgorithm] = {"rsa-sha2-256": hashes.SHA256(), "rsa-sha2-512": hashes.SHA512()}
"""RFC 8332; ``ssh-rsa`` means SHA-1 and is refused."""
WEAKEST_RSA = 2048
"""Bits."""
SECURITY_KEYS = {
    "sk-ssh-ed25519@openssh.com": "ssh-ed25519",
    "sk-ecdsa-sha2-nistp256@openssh.com": "ecdsa-sha2-nistp256",
}
"""Keys in hardware and what they sign like (OpenSSH's PROTOCOL.u2f)."""
TOUCHED = 1
"""The flag that says that somebody touched the key."""
KINDS = ("ssh-ed25519", *CURVES, "ssh-rsa", *SECURITY_KEYS)
"""Kinds of public keys."""


class SignatureError(ValueError):
    """The signature is none, or not one of this text; the message says which."""


@dataclass(frozen=True)
class Signature:
    """What a signature says about itself; true only once it is verified."""

    blob: bytes
    """All of it."""
    public_key: str
    """``ssh-ed25519 AAAA…``, without a comment."""
    namespace: str
    digest: bytes
    kind: str
    """The algorithm, e.g. ``rsa-sha2-512``."""
    raw: bytes
    """What follows the algorithm."""

    @property
    def text(self) -> str:
        """On one line."""
        return base64.b64encode(self.blob).decode()

    @property
    def armored(self) -> str:
        """As ``ssh-keygen`` writes it to a file."""
        return "\n".join([BEGIN, *textwrap.wrap(self.text, 70), END, ""])


def read(text: str) -> Signature:
    """A signature, armored or on one line.

    Raises:
        SignatureError: it is none.
    """
    blob = _decoded("".join(text.strip().removeprefix(BEGIN).removesuffix(END).split()))
    reader = _Reader(blob)
    if reader.take(len(MAGIC)) != MAGIC or reader.number() != VERSION:
        raise SignatureError("is no SSH signature of version 1")
    key, namespace, reserved, digest, signature = (reader.text() for _ in range(5))
    reader.end()
    if reserved:
        raise SignatureError("holds something where nothing is defined yet")
    if digest not in DIGESTS:
        raise SignatureError(f"hashes with {digest.decode(errors='replace')!r}; known: sha256, sha512")
    inner = _Reader(signature)
    kind = inner.text().decode(errors="replace")
    return Signature(blob, public_key(key), namespace.decode(errors="replace"), digest, kind, inner.rest())


def public_key(blob: bytes) -> str:
    """``kind base64`` of a public key's bytes.

    Raises:
        SignatureError: of a kind that is not taken.
    """
    kind = _Reader(blob).text().decode(errors="replace")
    if kind not in KINDS:
        raise SignatureError(f"has a key of the kind {kind!r}; known: {', '.join(KINDS)}")
    return f"{kind} {base64.b64encode(blob).decode()}"


def normal(line: str) -> str:
    """A public key as this module writes it, from a line of a ``.pub`` file; its comment is dropped.

    Raises:
        SignatureError: it is no key that can be used.
    """
    kind, _, rest = line.strip().partition(" ")
    found = public_key(_decoded(rest.split(" ")[0]))
    if found.partition(" ")[0] != kind:
        raise SignatureError(f"says {kind!r} and holds another kind of key")
    _load(found)
    return found


def key_hash(key: str) -> str:
    """``SHA256:…`` as ``ssh-keygen -l`` shows it; ``key`` as ``normal`` gives it."""
    digest = hashlib.sha256(_decoded(key.split(" ")[1])).digest()
    return "SHA256:" + base64.b64encode(digest).decode().rstrip("=")


def verify(signature: Signature, namespace: str, message: bytes) -> None:
    """Hold a signature against a message; afterwards ``signature.public_key`` is who signed it.

    Raises:
        SignatureError: it is for another purpose, of another text, or of an algorithm that is not taken.
    """
    if signature.namespace != namespace:
        raise SignatureError(f"is for {signature.namespace!r}, not for {namespace!r}")
    signed = _signed(namespace, signature.digest, message)
    try:
        _check(_load(signature.public_key), signature, signed)
    except InvalidSignature:
        raise SignatureError("is not of this text") from None


def sign(private: ed25519.Ed25519PrivateKey, namespace: str, message: bytes) -> Signature:
    """Sign with an ed25519 key; the same text gets the same signature."""
    public = private.public_key().public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    raw = private.sign(_signed(namespace, b"sha512", message))
    key = base64.b64decode(public.split(b" ")[1])
    parts = (key, namespace.encode(), b"", b"sha512", _text(b"ssh-ed25519") + _text(raw))
    return read(base64.b64encode(MAGIC + VERSION.to_bytes(4, "big") + b"".join(_text(one) for one in parts)).decode())


def signer(private: ed25519.Ed25519PrivateKey) -> Callable[[str, bytes], Signature]:
    """Signs a message for a namespace with this key."""
    return lambda namespace, message: sign(private, namespace, message)


def _signed(namespace: str, digest: bytes, message: bytes) -> bytes:
    """What a key signs in the place of the message."""
    hashed = DIGESTS[digest](message).digest()
    return MAGIC + b"".join(_text(one) for one in (namespace.encode(), b"", digest, hashed))


_Key = ed25519.Ed25519PublicKey | ec.EllipticCurvePublicKey | rsa.RSAPublicKey


def _load(key: str) -> _Key:
    try:
        found = serialization.load_ssh_public_key(key.encode())
    except (ValueError, UnsupportedAlgorithm) as error:
        raise SignatureError(f"has a key that cannot be read ({error})") from None
    if not isinstance(found, ed25519.Ed25519PublicKey | ec.EllipticCurvePublicKey | rsa.RSAPublicKey):
        raise SignatureError(f"has a key of the kind {key.split(' ', 1)[0]!r}; known: {', '.join(KINDS)}")
    if isinstance(found, rsa.RSAPublicKey) and found.key_size < WEAKEST_RSA:
        raise SignatureError(f"has an RSA key of {found.key_size} bits; at least {WEAKEST_RSA} are asked for")
    return found


def _check(key: _Key, signature: Signature, signed: bytes) -> None:
    kind, reader = signature.public_key.split(" ")[0], _Reader(signature.raw)
    raw = reader.text()
    if kind in SECURITY_KEYS:
        signed = _by_security_key(signature.public_key, reader, signed)
    reader.end()
    if signature.kind != kind and not (kind == "ssh-rsa" and signature.kind in RSA):
        raise SignatureError(f"is made by {signature.kind!r}, which a key of the kind {kind!r} does not make")
    if isinstance(key, rsa.RSAPublicKey):
        if signature.kind not in RSA:
            raise SignatureError(f"is made by {signature.kind!r}, which is SHA-1; known: {', '.join(RSA)}")
        key.verify(raw, signed, padding.PKCS1v15(), RSA[signature.kind])
    elif isinstance(key, ec.EllipticCurvePublicKey):
        point = _Reader(raw)
        pair = utils.encode_dss_signature(*(int.from_bytes(point.text(), "big") for _ in range(2)))
        point.end()
        key.verify(pair, signed, ec.ECDSA(CURVES[SECURITY_KEYS.get(kind, kind)]))
    else:
        key.verify(raw, signed)


def _by_security_key(key: str, reader: "_Reader", signed: bytes) -> bytes:
    """What hardware signs: the application that the key is for, whether it was touched, a counter, and the hash."""
    flags, counter = reader.take(1), reader.take(4)
    if not flags[0] & TOUCHED:
        raise SignatureError("is made by a hardware key that nobody touched")
    fields = _Reader(_decoded(key.split(" ")[1]))
    application = b""
    while not fields.is_at_end:
        application = fields.text()
    return hashlib.sha256(application).digest() + flags + counter + hashlib.sha256(signed).digest()


@dataclass
class _Reader:
    """Reads SSH's wire format (RFC 4251, 5)."""

    data: bytes
    at: int = 0

    @property
    def is_at_end(self) -> bool:
        return self.at == len(self.data)

    def take(self, count: int) -> bytes:
        if count > len(self.data) - self.at:
            raise SignatureError("is cut off")
        self.at += count
        return self.data[self.at - count : self.at]

    def number(self) -> int:
        return int.from_bytes(self.take(4), "big")

    def text(self) -> bytes:
        return self.take(self.number())

    def rest(self) -> bytes:
        return self.take(len(self.data) - self.at)

    def end(self) -> None:
        if not self.is_at_end:
            raise SignatureError("has something behind its end")


def _text(value: bytes) -> bytes:
    return len(value).to_bytes(4, "big") + value


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise SignatureError("is not base64") from None
