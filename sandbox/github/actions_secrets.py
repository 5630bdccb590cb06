"""Actions secrets: sealed with the repository's public key by the client, kept sealed, never given out.

Each repository has an X25519 key pair. A value is opened once on arrival, to refuse what could never be used.
"""

import re
from base64 import b64decode, b64encode

from nacl.exceptions import CryptoError
from nacl.public import PrivateKey, SealedBox
from pydantic import Field

from sandbox.github.calls import NO_CONTENT, Answer, Body, Call, Routes
from sandbox.github.errors import invalid, not_found
from sandbox.github.pagination import page
from sandbox.github.scopes import PLACES, Scope, scope
from sandbox.github.store import Database, Row, now

routes = Routes()

NAME = re.compile(r"(?!GITHUB_)[A-Z_][A-Z0-9_]*", re.IGNORECASE)
MOST = 100
"""Secrets in one place."""
LARGEST = 48 * 1024
"""Bytes of a value."""


class SecretBody(Body):
    """PUT a secret."""

    encrypted_value: str = Field(min_length=1)
    key_id: str


def key_id(repository: Row) -> str:
    """What names a repository's key pair in requests."""
    return str(568250167242549743 + int(repository["id"]))


def open_all(db: Database, place: Scope) -> dict[str, str]:
    """The values in a place in clear text: for a runner inside this sandbox, never for an answer."""
    rows = db.all("SELECT * FROM secrets WHERE repository_id = ? AND environment_id = ?", *place.key)
    return {row["name"]: _opened(place.repository, row["sealed"]).decode() for row in rows}


def _opened(repository: Row, sealed: str) -> bytes:
    return bytes(SealedBox(PrivateKey(repository["private_key"])).decrypt(b64decode(sealed, validate=True)))


def get_public_key(call: Call) -> Answer:
    """The key to seal values with."""
    repository = scope(call).repository
    public = bytes(PrivateKey(repository["private_key"]).public_key)
    return Answer({"key_id": key_id(repository), "key": b64encode(public).decode()})


def list_secrets(call: Call) -> Answer:
    """Names and times."""
    rows = call.db.all(
        "SELECT * FROM secrets WHERE repository_id = ? AND environment_id = ? ORDER BY name", *scope(call).key
    )
    return page(call, [_view(row) for row in rows], wrap="secrets")


def get_secret(call: Call) -> Answer:
    """Name and times of one."""
    return Answer(_view(_secret(call, scope(call))))


def set_secret(call: Call) -> Answer:
    """201 for a new one, 204 for a new value."""
    place, name = scope(call), call.parameters["name"].upper()
    if not NAME.fullmatch(name):
        message = "letters, digits and underscores, no leading digit, no prefix GITHUB_"
        raise invalid("Secret", "name", "invalid", message)
    body = call.body(SecretBody, "Secret")
    _check_value(place.repository, body)
    moment = now()
    known = call.db.run(
        "UPDATE secrets SET sealed = ?, updated_at = ? WHERE repository_id = ? AND environment_id = ? AND name = ?",
        body.encrypted_value,
        moment,
        *place.key,
        name,
    )
    if known:
        return NO_CONTENT
    _check_number(call, place)
    repository_id, environment_id = place.key
    call.db.insert(
        "secrets",
        repository_id=repository_id,
        environment_id=environment_id,
        name=name,
        sealed=body.encrypted_value,
        created_at=moment,
        updated_at=moment,
    )
    return Answer({}, 201)


def delete_secret(call: Call) -> Answer:
    """Gone for good."""
    place = scope(call)
    row = _secret(call, place)
    call.db.run(
        "DELETE FROM secrets WHERE repository_id = ? AND environment_id = ? AND name = ?", *place.key, row["name"]
    )
    return NO_CONTENT


def _check_value(repository: Row, body: SecretBody) -> None:
    if body.key_id != key_id(repository):
        raise invalid("Secret", "key_id", "invalid", "The key is not this repository's; fetch its public key")
    try:
        value = _opened(repository, body.encrypted_value)
    except (CryptoError, ValueError):
        raise invalid("Secret", "encrypted_value", "invalid", "is no sealed box for this repository's key") from None
    if len(value) > LARGEST:
        raise invalid("Secret", "encrypted_value", "invalid", f"a secret has at most {LARGEST} bytes")


def _check_number(call: Call, place: Scope) -> None:
    sql = "SELECT count(*) FROM secrets WHERE repository_id = ? AND environment_id = ?"
    if call.db.count(sql, *place.key) >= MOST:
        raise invalid("Secret", "name", "invalid", f"at most {MOST} secrets")


def _secret(call: Call, place: Scope) -> Row:
    sql = "SELECT * FROM secrets WHERE repository_id = ? AND environment_id = ? AND name = ?"
    row = call.db.one(sql, *place.key, call.parameters["name"].upper())
    if row is None:
        raise not_found()
    return row


def _view(row: Row) -> dict[str, str]:
    return {name: row[name] for name in ("name", "created_at", "updated_at")}


for _place in PLACES:
    routes.add("GET", f"{_place}/secrets")(list_secrets)
    routes.add("GET", f"{_place}/secrets/public-key")(get_public_key)
    routes.add("GET", f"{_place}/secrets/{{name}}")(get_secret)
    routes.add("PUT", f"{_place}/secrets/{{name}}")(set_secret)
    routes.add("DELETE", f"{_place}/secrets/{{name}}")(delete_secret)
