"""A small certificate authority per cluster, so that clients verify what they talk to.

Everything is made once and kept: a restarted API server must be the one that kubeconfigs already trust.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

LIFETIME = dt.timedelta(days=3650)
"""A sandbox may lie unused for long; nobody outside this machine trusts these certificates."""

SERVER_NAMES = ("localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc")
SERVER_ADDRESSES = ("127.0.0.1", "10.96.0.1")


@dataclass(frozen=True)
class Authority:
    """A certificate authority in a folder: ``ca.crt``, ``ca.key`` and what it has issued."""

    folder: Path
    name: str

    def establish(self) -> None:
        """Make the authority itself, once."""
        if self._certificate.exists():
            return
        key = ec.generate_private_key(ec.SECP256R1())
        subject = _name(self.name)
        builder = _builder(subject, subject, key.public_key()).add_extension(x509.BasicConstraints(True, 0), True)
        builder = builder.add_extension(_usage(signs_certificates=True), True)
        write_private(self._key, _pem(key))
        write_private(self._certificate, builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))

    def issue_server(self, name: str) -> None:
        """A certificate for listening on loopback; also for being a client, as etcd's members are both."""
        names = [x509.DNSName(each) for each in SERVER_NAMES]
        addresses = [x509.IPAddress(ip_address(each)) for each in SERVER_ADDRESSES]
        usages = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
        self._issue(name, _name(name), usages, x509.SubjectAlternativeName([*names, *addresses]))

    def issue_client(self, name: str, user: str, groups: Sequence[str] = ()) -> None:
        """A client certificate: Kubernetes reads the user from the common name, groups from organisations."""
        self._issue(name, _name(user, groups), [ExtendedKeyUsageOID.CLIENT_AUTH])

    def _issue(
        self,
        name: str,
        subject: x509.Name,
        usages: list[x509.ObjectIdentifier],
        alternatives: x509.SubjectAlternativeName | None = None,
    ) -> None:
        target = self.folder / f"{name}.crt"
        if target.exists():
            return
        issuer = x509.load_pem_x509_certificate(self._certificate.read_bytes())
        issuer_key = serialization.load_pem_private_key(self._key.read_bytes(), None)
        if not isinstance(issuer_key, ec.EllipticCurvePrivateKey):
            raise TypeError(f"{self._key} is not an elliptic-curve key; delete {self.folder} to make a new authority")
        key = ec.generate_private_key(ec.SECP256R1())
        builder = _builder(subject, issuer.subject, key.public_key())
        builder = builder.add_extension(x509.BasicConstraints(False, None), True)
        builder = builder.add_extension(_usage(signs_certificates=False), True)
        builder = builder.add_extension(x509.ExtendedKeyUsage(usages), False)
        if alternatives:
            builder = builder.add_extension(alternatives, False)
        write_private(self.folder / f"{name}.key", _pem(key))
        write_private(target, builder.sign(issuer_key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))

    @property
    def _certificate(self) -> Path:
        return self.folder / "ca.crt"

    @property
    def _key(self) -> Path:
        return self.folder / "ca.key"


def make_service_account_key(path: Path) -> None:
    """The key that signs ServiceAccount tokens, once; its public half lies beside, as ``.pub``."""
    public = path.with_suffix(".pub")
    if public.exists():
        return
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    write_private(path, _pem(key))
    encoding, form = serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    write_private(public, key.public_key().public_bytes(encoding, form))


def write_private(path: Path, content: bytes) -> None:
    """Write a file that only its owner may read; whole or not at all."""
    aside = path.with_name(f"{path.name}.new")
    aside.touch(mode=0o600)
    aside.write_bytes(content)
    aside.replace(path)


def _builder(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
    now = dt.datetime.now(dt.UTC)
    builder = x509.CertificateBuilder(issuer, subject, key, x509.random_serial_number())
    # An hour back: a virtual machine's clock may be set after the certificates were made.
    builder = builder.not_valid_before(now - dt.timedelta(hours=1)).not_valid_after(now + LIFETIME)
    return builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key), False)


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    unused = ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement")
    return x509.KeyUsage(
        digital_signature=True,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
        **dict.fromkeys(unused, False),
    )


def _name(common_name: str, organisations: Sequence[str] = ()) -> x509.Name:
    attributes = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, each) for each in organisations]
    return x509.Name([*attributes, x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _pem(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> bytes:
    encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    return key.private_bytes(encoding, form, serialization.NoEncryption())
