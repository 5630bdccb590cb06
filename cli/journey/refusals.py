"""What does not get in: somebody who appoints himself, a ledger rewritten or cut, an image that is set by hand."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any

from kubernetes import client, config
from kubernetes.client.exceptions import ApiException

from cli.console import out
from cli.journey.people import Desk, Person
from cli.journey.promotion import STAGE, refuse
from delivery.errors import Refused
from delivery.ledger import ledger_file

NAMESPACE, DEPLOYMENT = "openim", "openim-api"
PATIENCE = 10.0
"""Seconds for one answer."""
TEAMS = "estate/teams.yaml"
TEAM = "- name: sre\n"
FOREIGN = f"registry.example/openim/openim-api@sha256:{'f' * 64}"


def appoint_himself(desk: Desk, person: Person) -> None:
    """Put himself among the approvers: judged by those who decide now, and the change is named.

    Raises:
        Refused: it was let in.
    """
    file = desk.folder / TEAMS
    head, team, tail = file.read_text().partition(TEAM)
    appointed = tail.replace("members: [", f"members: [{{login: {person.login}}}, ", 1)
    out.print(f"  {person.login} puts himself into team sre in {TEAMS}")
    with _edited(file, head + team + appointed):
        refuse(desk, person)


def rewrite_the_ledger(desk: Desk, person: Person, approver: str) -> None:
    """Put himself in an approver's place, long after: the line no longer carries its signature.

    Raises:
        Refused: nobody noticed.
    """
    file = _ledger(desk)
    lines = file.read_text().splitlines(keepends=True)
    place = next(n for n, one in enumerate(lines) if '"kind":"approved"' in one and f'"login":"{approver}"' in one)
    lines[place] = lines[place].replace(approver, person.login)
    out.print(f"  {person.login} writes his own name over {approver}'s approval in {file.relative_to(desk.folder)}")
    with _edited(file, "".join(lines)):
        desk.run(person, "openim-cicd", "ledger", "verify", STAGE, code=1)


def cut_the_ledger(desk: Desk, person: Person) -> None:
    """Leave out what happened last: the rest is whole, and the registry knows that there was more.

    Raises:
        Refused: nobody noticed.
    """
    file = _ledger(desk)
    out.print(f"  {person.login} cuts off the last two lines of {file.relative_to(desk.folder)}")
    with _edited(file, "".join(file.read_text().splitlines(keepends=True)[:-2])):
        desk.run(person, "openim-cicd", "ledger", "verify", STAGE, "--anchored", code=1)


def _ledger(desk: Desk) -> Path:
    return desk.folder / ledger_file(STAGE)


def set_an_image(kubeconfig: str) -> None:
    """What `kubectl set image` sends, with the deployer's own credentials: the cluster refuses it.

    Raises:
        Refused: the API server took it.
    """
    out.print(f"  the deployer sets {DEPLOYMENT} to an image of no release, as kubectl set image does:")
    container = {"containers": [{"name": DEPLOYMENT, "image": FOREIGN}]}
    api: Any = config.new_client_from_config(kubeconfig)  # type: ignore[no-untyped-call]
    try:
        client.AppsV1Api(api).patch_namespaced_deployment(
            DEPLOYMENT, NAMESPACE, {"spec": {"template": {"spec": container}}}, _request_timeout=PATIENCE
        )
    except ApiException as error:
        if error.status == HTTPStatus.FORBIDDEN:
            out.print(f"    {json.loads(error.body or '{}')['message']}", markup=False)
            return
        raise Refused(f"production's API server does not answer as it should: {error.reason}") from None
    finally:
        api.close()
    raise Refused(f"production's API server took {FOREIGN}")


@contextmanager
def _edited(file: Path, text: str) -> Iterator[None]:
    """The file with another text, for a while."""
    before = file.read_text()
    file.write_text(text)
    try:
        yield
    finally:
        file.write_text(before)
