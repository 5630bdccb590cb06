"""What a verifier must know of the stand-in: Sigstore's ``TrustedRoot``, as JSON (protobuf-specs)."""

import base64
import json
from datetime import UTC, datetime
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from sandbox.sigstore.keys import Keys, log_id, public

BEGIN = datetime(2025, 1, 1, tzinfo=UTC).isoformat().replace("+00:00", "Z")


def trusted_root(keys: Keys) -> str:
    """Its authority and both logs."""
    chain = [{"rawBytes": _text(keys.certificate.public_bytes(serialization.Encoding.DER))}]
    authority = {
        "subject": {"organization": "openim-cicd sandbox", "commonName": "stand-in of Sigstore"},
        "uri": "http://fulcio.sandbox",
        "certChain": {"certificates": chain},
        "validFor": {"start": BEGIN},
    }
    return json.dumps(
        {
            "mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
            "tlogs": [_log(keys.recorded, "http://rekor.sandbox")],
            "certificateAuthorities": [authority],
            "ctlogs": [_log(keys.issued, "http://ctlog.sandbox")],
            "timestampAuthorities": [],
        },
        separators=(",", ":"),
    )


def _log(key: ec.EllipticCurvePrivateKey, address: str) -> dict[str, Any]:
    return {
        "baseUrl": address,
        "hashAlgorithm": "SHA2_256",
        "publicKey": {
            "rawBytes": _text(public(key)),
            "keyDetails": "PKIX_ECDSA_P256_SHA_256",
            "validFor": {"start": BEGIN},
        },
        "logId": {"keyId": _text(log_id(key))},
    }


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode()
