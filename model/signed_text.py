"""What an approver signs, line by line: the parts of a fingerprint, and what is not signed."""

from collections.abc import Iterator

from model.fingerprint import SHORT, UNKNOWN, Parts

NOTHING_KNOWN = "what runs now was recorded without its parts, so nothing can be compared: all of it counts as new"


def signed(parts: Parts) -> Iterator[str]:
    """One line for each part."""
    release = parts.release
    sources = ", ".join(f"{name} {commit[:SHORT]}" for name, commit in sorted(release.sources.items()))
    yield f"release {release.id}: {len(release.images)} images, built from {sources or 'sources that nobody recorded'}"
    yield f"authors: {', '.join(one.login for one in release.authors) or 'none recorded'}"
    yield f"settings as written: {', '.join(sorted(parts.settings)) or 'none'}"
    for name, paths in sorted(parts.trees.items()):
        yield f"{name}: {', '.join(f'{path} {identity[:SHORT]}' for path, identity in sorted(paths.items()))}"
    if "policies" not in parts.trees:
        yield "policies: none"


def unsigned() -> str:
    """What nobody signs, because it is not known then."""
    return f"not signed, as it is unknown then: {'; '.join(UNKNOWN)}"
