"""The keys of the stand-in, made once: the certificate authority's, and those of both logs."""

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

AUTHORITY, ISSUED, RECORDED = "authority", "certificates", "entries"
"""Names of the key files: of the authority, of the log of certificates, of the log of signatures."""
LIFE = timedelta(days=3650)
NAME = x509.Name(
    [
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, "openim-cicd sandbox"),
        x509.NameAttribute(NameOID.COMMON_NAME, "stand-in of Sigstore"),
    ]
)


@dataclass(frozen=True)
class Keys:
    """All of them."""

    authority: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate
    """The authority's own."""
    issued: ec.EllipticCurvePrivateKey
    recorded: ec.EllipticCurvePrivateKey


def keys(folder: Path) -> Keys:
    """Those in ``folder``, made there the first time; only its owner reads them."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    authority, issued, recorded = (_key(folder / f"{name}.key") for name in (AUTHORITY, ISSUED, RECORDED))
    file = folder / "authority.pem"
    if not file.exists():
        _write(file, _self_signed(authority).public_bytes(serialization.Encoding.PEM))
    return Keys(authority, x509.load_pem_x509_certificate(file.read_bytes()), issued, recorded)


def public(key: ec.EllipticCurvePrivateKey) -> bytes:
    """The public half, DER."""
    return key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def log_id(key: ec.EllipticCurvePrivateKey) -> bytes:
    """A log's id, and an issuer's: the hash of its key (RFC 6962, 3.2)."""
    return hashlib.sha256(public(key)).digest()


def sign(key: ec.EllipticCurvePrivateKey, content: bytes) -> bytes:
    """An ECDSA signature over SHA-256, DER."""
    return key.sign(content, ec.ECDSA(hashes.SHA256()))


def _key(file: Path) -> ec.EllipticCurvePrivateKey:
    if not file.exists():
        made = ec.generate_private_key(ec.SECP256R1())
        formats = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        _write(file, made.private_bytes(*formats))
    return cast(ec.EllipticCurvePrivateKey, serialization.load_pem_private_key(file.read_bytes(), password=None))


def _write(file: Path, content: bytes) -> None:
    aside = file.with_suffix(".new")
    with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as stream:
        stream.write(content)
    aside.replace(file)


def _self_signed(key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(
        NAME, NAME, key.public_key(), x509.random_serial_number(), now - timedelta(minutes=5), now + LIFE
    )
    for extension, critical in _of_an_authority(key):
        builder = builder.add_extension(extension, critical)
    return builder.sign(key, hashes.SHA256())


def _of_an_authority(key: ec.EllipticCurvePrivateKey) -> Iterator[tuple[x509.ExtensionType, bool]]:
    yield x509.BasicConstraints(ca=True, path_length=0), True
    yield x509.KeyUsage(**dict.fromkeys(USES, False) | {"key_cert_sign": True, "crl_sign": True}), True
    yield x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING]), False
    yield x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False


USES = (
    *("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement"),
    *("key_cert_sign", "crl_sign", "encipher_only", "decipher_only"),
)
