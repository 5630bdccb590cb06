"""Short-lived certificates that say which workflow's run a key belonged to, as Fulcio makes them.

Source: Fulcio's docs/oid-info.md for the extensions, RFC 6962 for the log's receipt inside the certificate.
"""

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID

from sandbox.sigstore.keys import USES, Keys, log_id, sign

LIFE = timedelta(minutes=10)
ARC = "1.3.6.1.4.1.57264.1"
RECEIPTS = x509.ObjectIdentifier("1.3.6.1.4.1.11129.2.4.2")
HOSTED = "self-hosted"
UTF8, OCTETS = 0x0C, 0x04
"""Tags of DER."""


@dataclass(frozen=True)
class Run:
    """What GitHub's issuer says of the run that asks."""

    issuer: str
    server: str
    """``https://github.com``."""
    repository: str
    """``owner/name``."""
    commit: str
    ref: str
    """``refs/heads/main``."""
    workflow: str
    """Path of the file."""
    event: str
    number: int
    attempt: int

    @property
    def signer(self) -> str:
        """Which file, at which ref."""
        return f"{self.server}/{self.repository}/{self.workflow}@{self.ref}"

    @property
    def extensions(self) -> Mapping[int, str]:
        """By the last number of the extension's id."""
        home = f"{self.server}/{self.repository}"
        return {
            8: self.issuer,
            9: self.signer,
            10: self.commit,
            11: HOSTED,
            12: home,
            13: self.commit,
            14: self.ref,
            16: f"{self.server}/{self.repository.partition('/')[0]}",
            18: self.signer,
            19: self.commit,
            20: self.event,
            21: f"{home}/actions/runs/{self.number}/attempts/{self.attempt}",
        }


def certificate(keys: Keys, public_key: ec.EllipticCurvePublicKey, run: Run) -> x509.Certificate:
    """A certificate for the key that this run showed, with the receipt of the log of certificates in it."""
    now = datetime.now(UTC).replace(microsecond=0)
    builder = x509.CertificateBuilder(
        keys.certificate.subject, x509.Name([]), public_key, x509.random_serial_number(), now, now + LIFE
    )
    key_usage = x509.KeyUsage(**dict.fromkeys(USES, False) | {"digital_signature": True})
    authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(keys.authority.public_key())
    builder = (
        builder.add_extension(key_usage, critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
        .add_extension(authority, critical=False)
        .add_extension(x509.SubjectAlternativeName([x509.UniformResourceIdentifier(run.signer)]), critical=True)
    )
    for number, value in run.extensions.items():
        told = x509.UnrecognizedExtension(x509.ObjectIdentifier(f"{ARC}.{number}"), _der(UTF8, value.encode()))
        builder = builder.add_extension(told, critical=False)
    without = builder.sign(keys.authority, hashes.SHA256())
    receipt = x509.UnrecognizedExtension(RECEIPTS, _der(OCTETS, _receipts(keys, without, now)))
    return builder.add_extension(receipt, critical=False).sign(keys.authority, hashes.SHA256())


def _receipts(keys: Keys, without: x509.Certificate, now: datetime) -> bytes:
    """One signed certificate timestamp (RFC 6962, 3.2 and 3.3)."""
    tbs, moment = without.tbs_certificate_bytes, int(now.timestamp() * 1000)
    entry = log_id(keys.authority) + len(tbs).to_bytes(3, "big") + tbs
    signed = sign(keys.issued, struct.pack("!BBQH", 0, 0, moment, 1) + entry + b"\0\0")
    one = struct.pack("!B32sQH", 0, log_id(keys.issued), moment, 0) + struct.pack("!BBH", 4, 3, len(signed)) + signed
    listed = struct.pack("!H", len(one)) + one
    return struct.pack("!H", len(listed)) + listed


def _der(tag: int, content: bytes) -> bytes:
    size = len(content)
    if size < 0x80:
        return bytes([tag, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + content
