"""Exit code 0 where this Python has every dependency of a lock file in its version; 1 where it has not."""

import re
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PINNED = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;\\]+)(.*)$", re.MULTILINE)


def main(lock: Path) -> int:
    """Compare; dependencies of other systems have a marker and are left out."""
    for name, wanted, marker in PINNED.findall(lock.read_text()):
        try:
            if version(name) != wanted:
                return 1
        except PackageNotFoundError:
            if ";" not in marker:
                return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
