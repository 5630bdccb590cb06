"""What GitHub and Sigstore say of a job that asks to be vouched for: a certificate, and an entry of a log.

In truth the job asks GitHub's issuer for a token, shows that to Fulcio, and leaves its signature with Rekor; here one
question does all three. Only a job whose ``permissions`` hold ``id-token: write`` may ask.
"""

import base64
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from starlette.exceptions import HTTPException

from sandbox.github.store import Database, Row, load
from sandbox.github.workflows import queue
from sandbox.github.world import World
from sandbox.sigstore.certificates import Run, certificate
from sandbox.sigstore.entries import entry
from sandbox.sigstore.keys import keys

FOLDER = "sigstore"
ISSUER = "/_services/token"
"""Below the server's address, as on a GitHub Enterprise Server."""


def issuer(base: str) -> str:
    """Who the certificates say has authenticated the job."""
    return f"{base}{ISSUER}"


def vouch(db: Database, world: World, root: Path, job: Row, asked: dict[str, Any]) -> dict[str, Any]:
    """Vouch for the job's signature over an envelope; ``root`` is the stand-in's folder.

    Raises:
        HTTPException: 403 without the right, 400 where the signature is not by the key that is shown.
    """
    token = db.one("SELECT permissions FROM tokens WHERE hash = ?", job["token"])
    if token is None or load(token["permissions"]).get("id_token") != "write":
        raise HTTPException(403, "the job's permissions hold no id-token: write")
    key = _key(asked["publicKey"])
    _hold(key, asked["envelope"])
    made = keys(root / FOLDER)
    issued = certificate(made, key, _run(db, world, job))
    raw = base64.b64encode(issued.public_bytes(serialization.Encoding.DER)).decode()
    return {"certificate": raw, "entry": entry(made, issued, asked["envelope"])}


def _key(pem: str) -> ec.EllipticCurvePublicKey:
    try:
        found = serialization.load_pem_public_key(pem.encode())
    except ValueError:
        raise HTTPException(400, "publicKey is no key in PEM") from None
    if not isinstance(found, ec.EllipticCurvePublicKey):
        raise HTTPException(400, "publicKey is no key of an elliptic curve")
    return found


def _hold(key: ec.EllipticCurvePublicKey, envelope: dict[str, Any]) -> None:
    """The signature is over the payload and its type (DSSE, protocol.md)."""
    payload, kind = base64.b64decode(envelope["payload"]), envelope["payloadType"].encode()
    signed = b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)
    try:
        for one in envelope["signatures"]:
            key.verify(base64.b64decode(one["sig"]), signed, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        raise HTTPException(400, "the envelope is not signed by publicKey") from None


def _run(db: Database, world: World, job: Row) -> Run:
    run = queue.run_row(db, job["run_id"])
    repository = db.one("SELECT * FROM repositories WHERE id = ?", run["repository_id"]) or {}
    workflow = db.one("SELECT * FROM workflows WHERE id = ?", run["workflow_id"]) or {}
    return Run(
        issuer=issuer(world.base),
        server=world.base,
        repository=f"{repository['owner']}/{repository['name']}",
        commit=run["sha"],
        ref=run["ref"],
        workflow=workflow["path"],
        event=run["event"],
        number=run["id"],
        attempt=run["attempt"],
    )
