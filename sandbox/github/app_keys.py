"""How an App shows that it is one: a JSON Web Token, signed with its private key.

Source: GitHub's "Generating a JSON Web Token (JWT) for a GitHub App". The private key lies in a file, as one that was
downloaded would; the stand-in keeps the public half.
"""

import os
import time
from pathlib import Path

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt import PyJWTError

from sandbox.github.apps import APPS, App
from sandbox.github.errors import RefusalError, not_found
from sandbox.github.store import Database

BITS = 2048
LONGEST = 600
"""Seconds that a token may be good for."""
LENIENCE = 60
"""Seconds that a clock may be ahead."""
UNREADABLE = "A JSON web token could not be decoded"


def write_key(path: Path) -> None:
    """Make a private key, PEM in PKCS#1 as GitHub hands them out, unless there is one."""
    if path.exists():
        return
    key = rsa.generate_private_key(public_exponent=65537, key_size=BITS)
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    aside = path.with_suffix(".new")
    with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as stream:
        stream.write(pem)
    aside.replace(path)


def keep_public(db: Database, app: App, path: Path) -> None:
    """Keep what the App's tokens are verified with."""
    key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    pem = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    db.run("INSERT OR REPLACE INTO app_keys VALUES (?, ?)", app.id, pem.decode())


def app_of(db: Database, token: str) -> App:
    """The App that signed ``token``.

    Raises:
        RefusalError: 401 for a token that is not one, is not signed by the App, or is not good now; 404 for an App
            that there is not.
    """
    app = _issuer(token)
    row = db.one("SELECT public_key FROM app_keys WHERE app_id = ?", app.id)
    if row is None:
        raise not_found()
    try:
        claims = jwt.decode(token, row["public_key"], ["RS256"], options={"verify_exp": False, "verify_iat": False})
    except PyJWTError:
        raise RefusalError(401, UNREADABLE) from None
    _check_times(claims.get("iat"), claims.get("exp"))
    return app


def _issuer(token: str) -> App:
    try:
        issuer = jwt.decode(token, options={"verify_signature": False}).get("iss")
    except PyJWTError:
        raise RefusalError(401, UNREADABLE) from None
    for app in APPS.values():
        if str(issuer) in {str(app.id), app.client_id}:
            return app
    raise RefusalError(404, "Integration not found")


def _check_times(issued: object, expires: object) -> None:
    current = time.time()
    if not isinstance(expires, int | float) or expires <= current:
        must = "must be a numeric value representing the future time at which the assertion expires"
        raise RefusalError(401, f"'Expiration time' claim ('exp') {must}")
    if expires > current + LONGEST:
        raise RefusalError(401, "'Expiration time' claim ('exp') is too far in the future")
    if not isinstance(issued, int | float) or issued > current + LENIENCE:
        raise RefusalError(
            401, "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued"
        )
