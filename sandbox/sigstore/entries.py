"""Entries of the log of signatures, as Rekor makes them: kind ``dsse`` 0.0.1, each in a tree of its own."""

import base64
import hashlib
import json
import time
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from sandbox.sigstore.keys import Keys, log_id, sign

ORIGIN = "rekor.sandbox"
Json = dict[str, Any]


def entry(keys: Keys, certificate: x509.Certificate, envelope: Json) -> Json:
    """The entry for an envelope (DSSE, JSON), as it stands in a bundle's ``tlogEntries``."""
    body = _canonical(_body(certificate, envelope))
    moment, identity = int(time.time()), log_id(keys.recorded)
    told = {"body": _text(body), "integratedTime": moment, "logID": identity.hex(), "logIndex": 0}
    root = hashlib.sha256(b"\0" + body).digest()
    return {
        "logIndex": "0",
        "logId": {"keyId": _text(identity)},
        "kindVersion": {"kind": "dsse", "version": "0.0.1"},
        "integratedTime": str(moment),
        "inclusionPromise": {"signedEntryTimestamp": _text(sign(keys.recorded, _canonical(told)))},
        "inclusionProof": {
            "logIndex": "0",
            "rootHash": _text(root),
            "treeSize": "1",
            "hashes": [],
            "checkpoint": {"envelope": _checkpoint(keys, root)},
        },
        "canonicalizedBody": _text(body),
    }


def _body(certificate: x509.Certificate, envelope: Json) -> Json:
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    payload = base64.b64decode(envelope["payload"])
    return {
        "apiVersion": "0.0.1",
        "kind": "dsse",
        "spec": {
            "envelopeHash": _hash(_canonical(envelope)),
            "payloadHash": _hash(payload),
            "signatures": [{"signature": one["sig"], "verifier": _text(pem)} for one in envelope["signatures"]],
        },
    }


def _checkpoint(keys: Keys, root: bytes) -> str:
    """A signed note (transparency-dev formats: log)."""
    note = f"{ORIGIN} - 1\n1\n{_text(root)}\n"
    signature = log_id(keys.recorded)[:4] + sign(keys.recorded, note.encode())
    return f"{note}\n\N{EM DASH} {ORIGIN} {_text(signature)}\n"


def _hash(content: bytes) -> Json:
    return {"algorithm": "sha256", "value": hashlib.sha256(content).hexdigest()}


def _canonical(value: Json) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode()
