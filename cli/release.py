"""`openim-cicd release`: assemble one from what CI built, list them, show one."""

from typing import TYPE_CHECKING

import typer
from rich.table import Column, Table

from cli.console import out
from cli.place import project_root
from delivery.errors import Refused

if TYPE_CHECKING:
    from delivery.release import Outcome

app = typer.Typer(help="Releases: assemble one from what CI built, list them, show one.", no_args_is_help=True)


@app.command()
def create(
    stage: str = typer.Option("", help="The stage to release to; default: every stage that names sources."),
    dry_run: bool = typer.Option(False, "--dry-run", help="Say what would be done and change nothing."),
) -> None:
    """Take the newest tested images of each source into the stage's file and push that to main."""
    from cli import infrastructure
    from delivery.declared import policies
    from delivery.github import from_environment
    from delivery.provenance import Attestations
    from delivery.release import BRANCH, Assembler

    clone = infrastructure.clone()
    found = policies(clone, clone.fetch(BRANCH))
    names = [stage] if stage else [name for name, policy in found.items() if policy.sources]
    if not names:
        raise Refused("no stage names openim-cicd:sources; nothing takes releases by itself")
    with from_environment() as github:
        for name in names:
            registry = infrastructure.registry(name)
            rules = found[name].provenance if name in found else None
            asked = Attestations(registry, rules).faults if rules else lambda *_: []
            assembler = Assembler(clone, github, infrastructure.owner(), registry.host, registry.missing, asked)
            _tell(assembler.create(name, dry_run=dry_run), dry_run)


@app.command("list")
def list_() -> None:
    """Every release that a stage names or a ledger tells of, the latest first."""
    from delivery import releases
    from model.ledger import instant

    table = Table("release", "stage", "stands", "since", "verified", Column("said", overflow="fold"))
    for one in releases.known(project_root()):
        for place in one.stages:
            said = f"{place.bad.kind.value}: {'; '.join(place.bad.reasons)}" if place.bad else ""
            said = said or (f"passed by {', '.join(place.passed)}" if place.passed else "")
            since, verified = (instant(at) if at else "" for at in (place.since, place.verified))
            table.add_row(one.id, place.stage, place.standing, since, verified, said)
    out.print(table)


@app.command()
def show(release: str = typer.Argument(help="Its id, or the beginning of one.")) -> None:
    """What a release holds, where it came from, and everything that happened to it."""
    from delivery import releases
    from model.ledger import instant

    found = [one for one in releases.known(project_root()) if one.id.startswith(release)]
    if len(found) != 1:
        known = ", ".join(one.id for one in found or releases.known(project_root()))
        raise Refused(f"{len(found)} releases begin with {release!r}; known: {known}")
    [one] = found
    out.print(f"[bold]{one.id}[/bold]")
    for place in one.stages:
        out.print(f"  {place.standing} on {place.stage}" + (f" since {instant(place.since)}" if place.since else ""))
    if one.release:
        for name, source in one.release.sources.items():
            out.print(f"  {name} {source.branch} {source.commit}")
        if one.release.authors:
            out.print(f"  authors: {', '.join(author.login for author in one.release.authors)}", markup=False)
    for name, digest in one.images.items():
        out.print(f"  {name} {digest}")
    for entry in releases.history(project_root(), one.id):
        reasons = f": {'; '.join(entry.reasons)}" if entry.reasons else ""
        out.print(
            f"  {instant(entry.at)} {entry.stage} {entry.kind.value} by {entry.actor.login}{reasons}", markup=False
        )


def _tell(outcome: "Outcome", dry_run: bool) -> None:
    for note in outcome.notes:
        out.print(note, markup=False)
    for move in outcome.moves:
        old = f"{move.old[:12]}..." if move.old else "first release, "
        images = len(move.new.images.images)
        out.print(f"{move.repository}: {old}{move.new.commit[:12]} of {move.branch}, {images} images", markup=False)
    if outcome.release is None:
        out.print(f"{outcome.stage} stays at {outcome.present.id}: nothing to be done")
    elif dry_run:
        out.print(f"{outcome.stage} would get {outcome.release.id}; nothing was changed")
    else:
        out.print(f"{outcome.stage} gets {outcome.release.id}: commit {outcome.commit[:12]} on main")
