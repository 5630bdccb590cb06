"""Attests images as CI's job does: by the stand-in of the action, vouched for by the sandbox's authority."""

import base64
import json
import runpy
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization

from sandbox.github.workflows import vouching
from sandbox.sigstore.certificates import Run, certificate
from sandbox.sigstore.entries import entry
from sandbox.sigstore.keys import Keys, keys

ACTION = Path(__file__).parent.parent / "sandbox/actions/actions/attest-build-provenance/attest.py"
WORKFLOW = ".github/workflows/openim-cicd.yml"
PATH = "openim"


def action(vouched: Callable[[dict[str, Any]], dict[str, Any]]) -> dict[str, Any]:
    """The action's own functions, with ``vouched`` in the place of the question to the sandbox's GitHub."""
    found = runpy.run_path(str(ACTION))
    found["bundle"].__globals__["vouched"] = vouched
    return found


def by(made: Keys, run: Run) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """Vouches for whatever this run asks for."""

    def vouched(told: dict[str, Any]) -> dict[str, Any]:
        key: Any = serialization.load_pem_public_key(told["publicKey"].encode())
        issued = certificate(made, key, run)
        raw = base64.b64encode(issued.public_bytes(serialization.Encoding.DER)).decode()
        return {"certificate": raw, "entry": entry(made, issued, told["envelope"])}

    return vouched


def environment(run: Run) -> dict[str, str]:
    """What a step of the run is told of it."""
    return {
        "GITHUB_SERVER_URL": run.server,
        "GITHUB_REPOSITORY": run.repository,
        "GITHUB_WORKFLOW_REF": f"{run.repository}/{run.workflow}@{run.ref}",
        "GITHUB_REF": run.ref,
        "GITHUB_SHA": run.commit,
        "GITHUB_RUN_ID": str(run.number),
    }


def docker(folder: Path, host: str, username: str, password: str) -> dict[str, str]:
    """The variable that names docker's configuration, which is written into ``folder``."""
    basic = base64.b64encode(f"{username}:{password}".encode()).decode()
    (folder / "config.json").write_text(json.dumps({"auths": {host: {"auth": basic}}}))
    return {"DOCKER_CONFIG": str(folder)}


def attest(
    sandbox: Path, variables: Mapping[str, str], repository: str, commit: str, images: Mapping[str, str]
) -> None:
    """Have ``images`` of a running sandbox built by the declared workflow of ``repository`` at ``commit``, on main."""
    server = variables["GITHUB_BASE_URL"].removesuffix("/api/v3/")
    run = Run(vouching.issuer(server), server, repository, commit, "refs/heads/main", WORKFLOW, "push", 1, 1)
    account = [variables[name] for name in ("REGISTRY", "REGISTRY_USERNAME", "REGISTRY_PASSWORD")]
    functions = action(by(keys(sandbox / "github" / vouching.FOLDER), run))
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {**environment(run), **docker(sandbox, *account)}.items():
            patch.setenv(name, value)
        for image, digest in images.items():
            name = f"{account[0]}/{PATH}/{image}"
            functions["Registry"](name).attach(digest, functions["bundle"](functions["statement"](name, digest)))
