"""`python -m toolchain`: build everything the sandbox needs, two modules at a time."""

import sys

from rich.console import Console

from toolchain.errors import ToolchainError
from toolchain.everything import provide_all


def main() -> int:
    """Build; exit code 1 with the reason when a tool cannot be had."""
    console = Console(stderr=True, highlight=False)
    try:
        provide_all(lambda line: console.print(f"  {line}", markup=False))
    except ToolchainError as error:
        console.print("[red]error:[/red] ", end="")
        console.print(str(error), markup=False)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
