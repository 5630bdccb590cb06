"""The journey as `make demo` takes it: once; afterwards the ledgers hold it."""

from collections.abc import Mapping
from pathlib import Path

from cli import keyring, organisation
from cli.console import Steps, out
from cli.journey.people import Desk, Person
from cli.journey.stages import Ledgers
from cli.journey.story import Cast, Story
from delivery.git import Clone
from delivery.github import GitHub, client
from delivery.signing import MACHINE_KEY
from model.ledger import Kind

DEVELOPER, REVIEWER, TESTER = "withchao", "skiffer-git", "lin-tester"
TOLD = 2
"""Times that production has gone back when the story has ended: by itself, and by hand."""


def go(folder: Path, variables: Mapping[str, str], steps: Steps) -> None:
    """Take a change the whole way, unless one has gone it already.

    Raises:
        Refused: it did not get there; running again takes another change.
    """
    ledgers = Ledgers(Clone(folder))
    if sum(entry.kind is Kind.ROLLEDBACK for entry in ledgers.entries("prod")) >= TOLD:
        return
    out.print("\nA change flows: everything from here on is done by people's commands and the repositories' workflows.")
    keyless = {name: value for name, value in variables.items() if name != MACHINE_KEY}
    story = Story(variables["GITHUB_OWNER"], _cast(variables), Desk(folder, keyless), ledgers)
    first = story.begin(steps)
    # Not before: the machine would put its first release in the place of what is being recorded.
    organisation.give_keys(variables)
    story.tell(first, steps)


def _cast(variables: Mapping[str, str]) -> Cast:
    api, deployer = variables["GITHUB_BASE_URL"], variables["GITHUB_TOKEN"]
    developer, reviewer, tester, first, second = (
        _person(login, api) for login in (DEVELOPER, REVIEWER, TESTER, *keyring.APPROVERS)
    )
    operator = Person("operator", deployer, GitHub(client(deployer, api)), keyring.operators())
    return Cast(developer, reviewer, tester, (first, second), operator)


def _person(login: str, api: str) -> Person:
    token = organisation.token(login)
    return Person(login, token, GitHub(client(token, api)), keyring.own(login))
