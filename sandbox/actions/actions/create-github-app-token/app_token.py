"""Stands in for actions/create-github-app-token: signs a JSON web token, asks for an installation's token."""

import json
import os
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import jwt

INPUTS: dict[str, str] = json.loads(os.environ["INPUTS"])
LIFETIME = 540
"""Seconds; GitHub accepts ten minutes at most."""


def call(method: str, path: str, bearer: str, body: Any = None) -> Any:
    """GitHub's answer."""
    headers = {"Authorization": f"Bearer {bearer}", "Accept": "application/vnd.github+json",
               "Content-Type": "application/json"}  # fmt: skip
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"{INPUTS['github-api-url']}{path}", data, headers, method=method)
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def asked() -> dict[str, Any]:
    """The repositories and the permissions of the token, as far as the workflow limits them."""
    names = [name.strip() for name in INPUTS["repositories"].replace("\n", ",").split(",") if name.strip()]
    prefix = "permission-"
    levels = {name.removeprefix(prefix).replace("-", "_"): level for name, level in INPUTS.items()
              if name.startswith(prefix) and level}  # fmt: skip
    owner, own = INPUTS["owner"], os.environ["GITHUB_REPOSITORY"].partition("/")[2]
    chosen = names or ([] if owner else [own])
    return ({"repositories": chosen} if chosen else {}) | ({"permissions": levels} if levels else {})


def main() -> int:
    """Exchange the key for a token."""
    print("stand-in of actions/create-github-app-token: asks the sandbox's GitHub for an installation's token")
    owner = INPUTS["owner"] or os.environ["GITHUB_REPOSITORY"].partition("/")[0]
    moment = int(time.time())
    claims = {"iss": INPUTS["client-id"] or INPUTS["app-id"], "iat": moment - 30, "exp": moment + LIFETIME}
    try:
        web_token = jwt.encode(claims, INPUTS["private-key"].replace("\\n", "\n"), algorithm="RS256")
        installation = call("GET", f"/orgs/{owner}/installation", web_token)
        made = call("POST", f"/app/installations/{installation['id']}/access_tokens", web_token, asked())
    except urllib.error.HTTPError as error:
        print(f"::error::{error.url}: {error.code} {error.read().decode(errors='replace')}")
        return 1
    except (ValueError, jwt.PyJWTError) as error:
        print(f"::error::the private key cannot be used: {type(error).__name__}")
        return 1
    print(f"::add-mask::{made['token']}")
    facts = {"token": made["token"], "installation-id": installation["id"], "app-slug": installation["app_slug"]}
    with Path(os.environ["GITHUB_OUTPUT"]).open("a") as output:
        output.writelines(f"{name}={value}\n" for name, value in facts.items())
    return 0


if __name__ == "__main__":
    sys.exit(main())
