"""The command line: commands by name, errors in one form, exit codes.

Exit codes: 0 done, 1 refused or failed with a reason, 2 wrong usage, 130 interrupted.
"""

import sys
from typing import NoReturn

import typer

from cli import sandbox
from cli.console import err
from delivery.errors import Refused
from model.problems import SettingsError
from toolchain.errors import ToolchainError

INTERRUPTED = 130

app = typer.Typer(
    name="openim-cicd",
    help="The CI/CD machine of a GitHub organisation, declared with Pulumi.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.add_typer(sandbox.app, name="sandbox")


@app.command()
def demo() -> None:
    """Build what is missing, start the sandbox and bring up shared, staging and prod."""
    from cli.demo import run

    run()


@app.command()
def doctor() -> None:
    """Check, read-only, everything the program needs outside the sandbox; exit code 1 where something is missing."""
    from cli.doctor import examine, show

    raise typer.Exit(0 if show(examine()) else 1)


@app.command()
def adopt(
    write: bool = typer.Option(False, "--write", help="Write the estate's files instead of showing the difference."),
) -> None:
    """Write what exists on GitHub into the estate, so that the first preview only imports; GitHub is only read."""
    from cli.adopt import adopt as run

    run(write)


@app.command()
def stages(
    since: str = typer.Option("", help="Commit to compare with; default or unknown: every stage changed."),
    only: str = typer.Option("", help="Name this stage, whatever changed."),
) -> None:
    """Print which stages the checked-out commit changes, as a job's output: stages=["staging"]."""
    from cli.stages import show

    show(since, only)


def main() -> None:
    """Run the command line."""
    try:
        app(standalone_mode=True)
    except (Refused, SettingsError, ToolchainError) as error:
        fail(str(error))
    except OSError as error:
        fail(f"{error.filename or 'the system'}: {error.strerror or error}; mend that, then run the same command again")
    except KeyboardInterrupt:
        err.print("interrupted; run the same command again to go on")
        sys.exit(INTERRUPTED)


def fail(reason: str) -> NoReturn:
    """Say why on standard error and leave with exit code 1."""
    err.print("[red]error:[/red] ", end="")
    err.print(reason, markup=False)
    sys.exit(1)


if __name__ == "__main__":
    main()
