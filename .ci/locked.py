"""Exit code 0 where this Python has every dependency of a lock file in its version; 1 where it has not."""

import re
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PINNED = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;\\]+)(.*)$", re.MULTILINE)


def main(lock: Path) -> int:
    """Compare; what only other systems or other Pythons need has a marker, and may be missing."""
    pins: dict[str, list[tuple[str, str]]] = {}
    for name, wanted, marker in PINNED.findall(lock.read_text()):
        pins.setdefault(name, []).append((wanted, marker))
    return 0 if all(_is_met(name, wanted) for name, wanted in pins.items()) else 1


def _is_met(name: str, pins: list[tuple[str, str]]) -> bool:
    try:
        return version(name) in [wanted for wanted, _ in pins]
    except PackageNotFoundError:
        return all(";" in marker for _, marker in pins)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
