"""Stands in for actions/upload-artifact: one zip archive, kept with the run."""

import glob
import hashlib
import io
import os
import sys
import urllib.error
import urllib.parse
import urllib.request
import zipfile
from pathlib import Path


def chosen(patterns: list[str], *, hidden: bool) -> list[Path]:
    """The files that the patterns name; ``!`` takes away."""
    found: dict[Path, None] = {}
    for pattern in patterns:
        named = [Path(path) for path in glob.glob(pattern.removeprefix("!"), recursive=True, include_hidden=hidden)]
        files = [file for path in named for file in ([path] if path.is_file() else sorted(path.rglob("*")))]
        for file in files:
            if pattern.startswith("!"):
                found.pop(file, None)
            elif file.is_file() and (hidden or not any(part.startswith(".") for part in file.parts)):
                found[file] = None
    return list(found)


def root_of(files: list[Path], patterns: list[str]) -> Path:
    """What is left out of the names in the archive: the folder that was named, or what all files share."""
    if len(patterns) == 1 and Path(patterns[0]).is_dir():
        return Path(patterns[0])
    return Path(os.path.commonpath([file.parent for file in files]))


def main() -> int:
    """Pack and send."""
    name, token = os.environ["NAME"], os.environ["TOKEN"]
    patterns = [line.strip() for line in os.environ["FILES"].splitlines() if line.strip()]
    files = chosen(patterns, hidden=os.environ["HIDDEN"] == "true")
    print(f"stand-in of actions/upload-artifact: {len(files)} files as {name!r}, kept by the sandbox's GitHub")
    if not files:
        kind = {"error": "error", "ignore": "notice"}.get(os.environ["MISSING"], "warning")
        print(f"::{kind}::No files were found with the provided path: {' '.join(patterns)}")
        return 1 if kind == "error" else 0
    root, archive = root_of(files, patterns), io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as writing:
        for file in files:
            writing.write(file, file.relative_to(root))
    content = archive.getvalue()
    address = f"{os.environ['GITHUB_SERVER_URL']}/_sandbox/job/artifacts/{urllib.parse.quote(name, safe='')}"
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/zip"}
    request = urllib.request.Request(f"{address}?days={os.environ['DAYS']}", content, headers, method="PUT")
    try:
        urllib.request.urlopen(request, timeout=60).close()
    except urllib.error.HTTPError as error:
        reason = "an artifact with this name already exists on the workflow run" if error.code == 409 else str(error)
        print(f"::error::Failed to upload {name!r}: {reason}")
        return 1
    with Path(os.environ["GITHUB_OUTPUT"]).open("a") as output:
        output.write(f"artifact-digest={hashlib.sha256(content).hexdigest()}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
