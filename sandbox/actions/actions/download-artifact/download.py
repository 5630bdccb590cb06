"""Stands in for actions/download-artifact: unpacks artifacts of the same run."""

import fnmatch
import io
import json
import os
import sys
import urllib.parse
import urllib.request
import zipfile
from pathlib import Path

ARTIFACTS = f"{os.environ['GITHUB_SERVER_URL']}/_sandbox/job/artifacts"


def get(address: str) -> bytes:
    """What stands there."""
    request = urllib.request.Request(address, headers={"Authorization": f"Bearer {os.environ['TOKEN']}"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        content: bytes = answer.read()
    return content


def main() -> int:
    """Choose and unpack."""
    if os.environ["OTHER_RUN"] not in ("", os.environ["GITHUB_RUN_ID"]):
        print("::error::artifacts of other runs are not supported by this stand-in of actions/download-artifact")
        return 1
    known: list[str] = json.loads(get(ARTIFACTS))
    name, pattern, into = os.environ["NAME"], os.environ["PATTERN"] or "*", Path(os.environ["INTO"])
    if name and name not in known:
        print(f"::error::Unable to download artifact(s): Artifact not found for name: {name}; known: {known}")
        return 1
    chosen = [name] if name else [each for each in known if fnmatch.fnmatchcase(each, pattern)]
    print(f"stand-in of actions/download-artifact: {len(chosen)} artifacts from the sandbox's GitHub")
    for each in chosen:
        flat = bool(name) or os.environ["MERGE"] == "true"
        with zipfile.ZipFile(io.BytesIO(get(f"{ARTIFACTS}/{urllib.parse.quote(each, safe='')}"))) as archive:
            archive.extractall(into if flat else into / each)
    with Path(os.environ["GITHUB_OUTPUT"]).open("a") as output:
        output.write(f"download-path={into.resolve()}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
