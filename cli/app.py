"""The command line: commands by name, errors in one form, exit codes.

Exit codes: 0 done, 1 refused or failed with a reason, 2 wrong usage, 130 interrupted.
"""

import sys
from pathlib import Path
from typing import NoReturn

import typer

from cli import key, ledger, release, sandbox
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
app.add_typer(key.app, name="key")
app.add_typer(ledger.app, name="ledger")
app.add_typer(release.app, name="release")
app.add_typer(sandbox.app, name="sandbox")


@app.command()
def demo() -> None:
    """Bring everything up from nothing: toolchain, sandbox, three stacks; then take one change through them."""
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


@app.command()
def deploy(
    stage: str = typer.Argument(help="The stack to bring up, e.g. staging."),
    release: str = typer.Option("", "--release", help="Refuse if the stack file names another release."),
) -> None:
    """Bring a stage to what its stack file says, prove it, and go back where it proves bad; run again after a crash."""
    from cli.deployment import deploy as run

    raise typer.Exit(0 if run(stage, release) else 1)


@app.command()
def verify(
    stage: str = typer.Argument(help="The stage to look at."),
    rollback: bool = typer.Option(False, "--rollback", help="Go back to the last verified release if it is sick."),
) -> None:
    """Prove once more what a stage runs: images, rollouts, pods, smoke checks."""
    from cli.deployment import verify as run

    raise typer.Exit(0 if run(stage, roll_back=rollback) else 1)


@app.command()
def rollback(
    stage: str = typer.Argument(help="The stage to take back."),
    release: str = typer.Argument("", help="A release that was verified there; default the last one before."),
) -> None:
    """Take a stage back to a verified release, from a clone and a kubeconfig, with GitHub down if it must be."""
    from cli.deployment import rollback as run

    raise typer.Exit(0 if run(stage, release) else 1)


@app.command()
def freeze(
    stage: str = typer.Argument(help="The stage that is to stay as it is."),
    reason: str = typer.Option("", "--reason", help="Why; it is recorded and shown to whoever is refused."),
    thaw: bool = typer.Option(False, "--thaw", help="End the freeze."),
) -> None:
    """Let no change onto a stage, except back, until it is thawed."""
    from cli.freeze import freeze as run

    run(stage, reason, thaw=thaw)


@app.command("break-glass")
def break_glass(
    stage: str = typer.Argument(help="The stage whose gate does not let an urgent change in."),
    reason: str = typer.Option("", "--reason", help="Why; it is told wherever the change is."),
) -> None:
    """In an emergency, let the change that is declared past the gate; for those whom the policy in force names."""
    from cli.policy import break_glass as run

    run(stage, reason)


@app.command()
def policy(
    stage: str = typer.Argument(help="The stage that is asked about, e.g. prod."),
    genesis: bool = typer.Option(False, "--genesis", help="Record the first, on a stage that runs already."),
    reason: str = typer.Option("", "--reason", help="With --genesis: why; it is recorded."),
) -> None:
    """Show who decides about a stage, since when, and what the clone declares otherwise."""
    from cli.policy import policy as run

    run(stage, reason, genesis=genesis)


@app.command()
def status(
    why: bool = typer.Option(False, "--why", help="Also what was recorded, by whom and why."),
    html: str = typer.Option("", "--html", help="Also write it as one HTML page to this file."),
    as_json: bool = typer.Option(False, "--json", help="Print it as JSON."),
) -> None:
    """Show what runs where since when, what waits for whom and why, and the way of each release."""
    from cli.status import show

    show(why=why, html=Path(html) if html else None, as_json=as_json)


@app.command()
def plan(
    stage: str = typer.Argument(help="The stage whose change is proposed, e.g. prod."),
) -> None:
    """Save the plan of the change that the checkout declares, to be proposed and approved with it."""
    from cli.planning import plan as run

    run(stage)


@app.command()
def promote(
    stage: str = typer.Argument(help="The stage that is to take a release, e.g. prod."),
    release: str = typer.Option("", help="Its id; default: what the stage before runs."),
) -> None:
    """Offer a verified release to a stage: open or update the promotion's pull request."""
    from cli.promotion import promote as run

    run(stage, release)


@app.command()
def approve(
    stage: str = typer.Argument(help="The stage whose open promotion is approved, e.g. prod."),
    note: str = typer.Option("", help="Words that stand beside the approval."),
    number: int = typer.Option(0, help="Number of the pull request, where several are open."),
) -> None:
    """Approve the open promotion of a stage as yourself, by a review of its exact change."""
    from cli.promotion import approve as run

    run(stage, note, number)


@app.command("test")
def judge(
    word: str = typer.Argument(help="pass or fail."),
    note: str = typer.Option("", help="What was tried, and what was seen; a fail needs it."),
    stage: str = typer.Option("", help="The stage that was tested; default: the one that promotions come from."),
) -> None:
    """Say on the release's issue whether it is good; a fail withdraws it."""
    from cli.testing import test as run

    run(word, note, stage)


@app.command()
def record(
    comment: int = typer.Option(0, help="Id of the comment that holds a command."),
    command: str = typer.Option("", help="freeze, thaw or break-glass, in the place of a comment."),
    stage: str = typer.Option("", help="The stage that --command is about."),
    reason: str = typer.Option("", help="Why."),
    actor: str = typer.Option("", help="Login of who asked for it."),
    *,
    fingerprint: str = typer.Option("", help="What break-glass lets past."),
) -> None:
    """Take somebody's word into the ledger; the workflow `commands.yml` calls it."""
    from cli.testing import record as run

    run(comment, command, stage, reason, actor, fingerprint=fingerprint)


@app.command()
def diff(
    stack: str = typer.Argument(help="The stack to look at, e.g. staging."),
    source: str = typer.Option("", "--json", help="Read what `pulumi preview --json` or --save wrote to this file."),
    save: str = typer.Option(
        "", help="Write the engine's preview, without secrets, to this file instead of showing it."
    ),
    markdown: bool = typer.Option(False, "--markdown", help="Print the text of the comment."),
    comment: int = typer.Option(0, help="Number of the pull request whose comment is made or brought up to date."),
) -> None:
    """Show what an update would do: counts, risk, images, differences; exit code 1 where the preview fails."""
    from cli.preview import diff as run

    raise typer.Exit(0 if run(stack, source, save, comment, markdown=markdown) else 1)


@app.command()
def drift(
    stack: str = typer.Argument("", help="The stack to compare; default all."),
    source: str = typer.Option("", "--json", help="Read what --save wrote to this file instead of looking."),
    save: str = typer.Option("", help="Write what was found, without secrets, to this file instead of showing it."),
    issue: bool = typer.Option(False, "--issue", help="Open, update or close the stack's issue."),
) -> None:
    """Compare what is declared with what really exists; exit code 1 where it differs."""
    from cli.preview import drift as run

    raise typer.Exit(0 if run(stack, source, save, issue=issue) else 1)


@app.command()
def invariants() -> None:
    """Whether the stacks, as they were brought up, fit together; exit code 1 where an invariant is broken."""
    from cli.invariants import invariants as run

    raise typer.Exit(0 if run() else 1)


def main() -> None:
    """Run the command line."""
    try:
        app(standalone_mode=True)
    except (Refused, SettingsError, ToolchainError) as error:
        fail(str(error))
    except OSError as error:
        fail(f"{error.filename or 'the system'}: {error.strerror or error}; mend that, then run the same command again")
    except SystemExit as ended:
        # What Typer makes of Ctrl-C; it says nothing.
        if ended.code == INTERRUPTED:
            err.print("interrupted; run the same command again to go on")
        raise


def fail(reason: str) -> NoReturn:
    """Say why on standard error and leave with exit code 1."""
    err.print("[red]error:[/red] ", end="")
    err.print(reason, markup=False)
    sys.exit(1)


if __name__ == "__main__":
    main()
