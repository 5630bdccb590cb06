"""What does not get in, although somebody tries.

An approved change on a state that moved, or by another plan, or without it; an image that CI did not build; somebody
who appoints himself; a ledger rewritten or cut; an image that is set by hand.
"""

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
from delivery.engine import Engine
from delivery.errors import Refused
from delivery.git import Clone
from delivery.ledger import ledger_file
from delivery.stack_file import release_of, with_release
from model.saved_plan import plan_file
from model.settings import stack_file

NAMESPACE, DEPLOYMENT = "openim", "openim-api"
FIRST_STAGE = "staging"
PATIENCE = 10.0
"""Seconds for one answer."""
TEAMS = "estate/teams.yaml"
TEAM = "- name: sre\n"
FOREIGN = f"registry.example/openim/openim-api@sha256:{'f' * 64}"


def move_the_state(desk: Desk, operator: Person) -> None:
    """Change production's state past everything: the approved plan was made from another one.

    Raises:
        Refused: it was applied all the same.
    """
    resources = Engine(desk.folder, desk.variables).resources(STAGE)
    urn = next(one["urn"] for one in resources if one["urn"].endswith(f":Deployment::{NAMESPACE}-{DEPLOYMENT}"))
    desk.run(operator, "pulumi", "state", "protect", urn, "--stack", STAGE, "--yes")
    try:
        desk.run(operator, "openim-cicd", "deploy", STAGE, code=1)
    finally:
        desk.run(operator, "pulumi", "state", "unprotect", urn, "--stack", STAGE, "--yes")
        _put_back(desk)


def leave_the_plan_out(desk: Desk, operator: Person) -> None:
    """`pulumi up` of what was approved: no program can see which plan the engine is held to.

    Raises:
        Refused: it was let in.
    """
    try:
        refuse(desk, operator)
    finally:
        _put_back(desk)


def change_the_plan(desk: Desk, operator: Person) -> None:
    """Save another plan of the very same change: nobody has approved that one.

    Raises:
        Refused: it was applied all the same.
    """
    desk.run(operator, "openim-cicd", "plan", STAGE)
    try:
        desk.run(operator, "openim-cicd", "deploy", STAGE, code=1)
    finally:
        _put_back(desk)


def _put_back(desk: Desk) -> None:
    """The stack file without the salt that the engine leaves in it, and the plan that was approved."""
    Clone(desk.folder).git("checkout", "--quiet", "--", stack_file(STAGE), plan_file(STAGE))


def bring_an_image_in(desk: Desk, operator: Person, digest: str) -> None:
    """Name an image that is in the registry and that CI has not built from the release's commit: nobody vouches for it.

    Raises:
        Refused: it was deployed.
    """
    file = desk.folder / stack_file(FIRST_STAGE)
    text = file.read_text()
    release = release_of(FIRST_STAGE, text)
    foreign = release.model_copy(update={"images": {**release.images, DEPLOYMENT: digest}})
    out.print(f"  {operator.login} puts another {DEPLOYMENT} into {file.name}: {digest[:19]}")
    with _edited(file, with_release(FIRST_STAGE, text, foreign)):
        desk.run(operator, "openim-cicd", "deploy", FIRST_STAGE, code=1)


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
