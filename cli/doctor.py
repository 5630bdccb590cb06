"""`openim-cicd doctor`: everything that is missing, at once, without changing anything."""

import os
from collections.abc import Iterator

from rich.table import Column, Table

from cli.checks import cluster, engine, github, registry
from cli.checks.finding import Finding, bad, good
from cli.console import out
from cli.place import read_file
from cli.stacks import NAMES
from model.problems import SettingsError
from model.settings import read_stack, stack_file


def examine() -> list[Finding]:
    """Every finding, in the order in which one would mend them."""
    return [*engine.check(), *_stacks()]


def show(findings: list[Finding]) -> bool:
    """Print the findings; True when there is nothing to do."""
    table = Table("", *(Column(title, overflow="fold") for title in ("what", "found", "what to do")))
    for finding in findings:
        mark = "[green]ok[/green]" if finding.good else "[red]no[/red]"
        table.add_row(mark, finding.subject, finding.detail, finding.remedy)
    out.print(table)
    missing = sum(not finding.good for finding in findings)
    out.print(f"{missing} of {len(findings)} checks need you." if missing else f"All {len(findings)} checks are good.")
    return not missing


def _stacks() -> Iterator[Finding]:
    seen: set[str] = set()
    for stack in NAMES:
        try:
            settings = read_stack(stack, read_file, os.environ)
        except SettingsError as error:
            for problem in error.problems:
                yield bad(f"{problem.file}: {problem.key}", problem.value or "wrong", problem.remedy)
            continue
        yield good(stack_file(stack), "every setting is valid")
        yield from github.check(settings)
        yield from cluster.check(stack, settings)
        if settings.registry.host not in seen:
            seen.add(settings.registry.host)
            yield from registry.check(settings)
