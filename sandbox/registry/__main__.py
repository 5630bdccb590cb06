"""``python -m sandbox.registry digests [current|next]`` prints a stack file's ``images``, ready to be pasted."""

import sys

from sandbox.registry.catalogue import CURRENT, VERSIONS
from sandbox.registry.images import release_digests

USAGE = f"usage: python -m sandbox.registry digests [{'|'.join(VERSIONS)}]"


def main(arguments: list[str]) -> int:
    """Answer one command; 2 for one that is not known."""
    match arguments:
        case ["digests"]:
            version = CURRENT
        case ["digests", version] if version in VERSIONS:
            pass
        case _:
            print(USAGE, file=sys.stderr)
            return 2
    print("\n".join(["images:", *(f"  {name}: {digest}" for name, digest in release_digests(version).items())]))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
