"""`openim-cicd adopt`: write what exists on GitHub into the estate's files, so that the first preview only imports."""

import difflib
import io
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx
from ruamel.yaml.comments import CommentedMap, CommentedSeq

from cli.console import out, say
from cli.place import project_root, read_file
from delivery.engine import Engine
from delivery.errors import Refused
from delivery.github import base_url, client
from delivery.stack_file import round_trip
from model.base import parse
from model.document import load
from model.estate.labels import LabelsFile
from model.estate.live import LIVE_KEYS, live_repository, live_team, present_labels
from model.estate.repositories import RepositoriesFile
from model.settings import EstateFiles, read_stack

PAGE = 100
STACK = "shared"
TEAM_KEYS = ("adopt", "description", "privacy", "members")
"""Keys of a team's entry that GitHub knows."""


@dataclass(frozen=True)
class GitHub:
    """Reads an organisation."""

    client: httpx.Client
    organization: str

    def pages(self, path: str, **query: str) -> Iterator[dict[str, Any]]:
        """Every item of a list, page by page (GitHub REST API: pagination by Link)."""
        url: str | None = path
        parameters: dict[str, str | int] | None = {"per_page": PAGE, **query}
        while url:
            answer = self.client.get(url, params=parameters)
            self._check(answer)
            yield from answer.json()
            url, parameters = answer.links.get("next", {}).get("url"), None

    def repository(self, name: str) -> dict[str, Any]:
        """One repository with its settings, which lists leave out."""
        answer = self.client.get(f"repos/{self.organization}/{name}")
        self._check(answer)
        return dict(answer.json())

    def members(self, slug: str) -> dict[str, str]:
        """Role of each member of a team, by login."""
        path = f"orgs/{self.organization}/teams/{slug}/members"
        return {one["login"]: role for role in ("maintainer", "member") for one in self.pages(path, role=role)}

    @staticmethod
    def _check(answer: httpx.Response) -> None:
        if answer.is_error:
            raise Refused(
                f"GET {answer.url.path}: GitHub answers {answer.status_code}; `openim-cicd doctor` says what is missing"
            )


def adopt(write: bool) -> None:
    """Bring ``repositories`` and ``teams`` of the estate up to what GitHub says; show the difference or write it."""
    settings = read_stack(STACK, read_file, os.environ)
    if settings.organization is None:
        raise Refused("Pulumi.shared.yaml names no organization")
    token = os.environ.get("GITHUB_TOKEN")
    if not token:
        raise Refused("GITHUB_TOKEN is not set; `openim-cicd doctor` says what it needs")
    try:
        with client(token) as reader:
            _adopt(GitHub(reader, settings.organization.name), settings.estate, write)
    except httpx.HTTPError as error:
        raise Refused(f"{base_url()} does not answer ({error}): check the network and GITHUB_BASE_URL") from None


def _adopt(github: GitHub, files: EstateFiles, write: bool) -> None:
    made = _made_here()
    labels = parse(LabelsFile, load(files.labels, read_file), files.labels)
    _update(files.repositories, lambda data: _repositories(github, data, files.repositories, labels, made), write)
    _update(files.teams, lambda data: _teams(github, data), write)


def _made_here() -> set[tuple[str, str]]:
    """Type and id of what this program has brought up or taken over; nothing where there is no such stack yet."""
    try:
        resources = Engine(project_root()).resources(STACK)
    except Refused:
        return set()
    return {(one["type"].rpartition(":")[2], one["id"]) for one in resources if "id" in one}


def _repositories(github: GitHub, data: Any, file: str, labels: LabelsFile, made: set[tuple[str, str]]) -> None:
    estate = parse(RepositoriesFile, load(file, read_file), file)
    entries = {entry["name"].lower(): entry for entry in data["repositories"]}
    names = [one["name"] for one in github.pages(f"orgs/{github.organization}/repos")]
    for name in sorted(set(entries) - {name.lower() for name in names}):
        if entries[name].get("adopt"):
            out.print(
                f"{file}: {name} has `adopt: true` and GitHub has no such repository: remove the entry, or the key"
            )
    for number, name in enumerate(names, 1):
        say(f"reading {name} ({number} of {len(names)})")
        entry = entries.get(name.lower())
        if entry is None:
            entry = CommentedMap(name=name, adopt=True)
            data["repositories"].append(entry)
        if not entry.get("adopt"):
            if ("Repository", name) not in made:
                out.print(
                    f"{file}: {name} exists on GitHub and its entry has no `adopt: true`: `up` would try to create it"
                )
            continue
        _replace(entry, live_repository(github.repository(name), estate.defaults))
        if "labels" in entry:
            found = github.pages(f"repos/{github.organization}/{name}/labels")
            _present_labels(entry, present_labels(found, labels.sets[entry["labels"]]), made)


def _present_labels(entry: Any, live: list[str], made: set[tuple[str, str]]) -> None:
    """Labels that were there before this program was: those that it made itself are none to take over."""
    known = entry.pop("presentLabels", [])
    present = [one for one in live if one in known or ("IssueLabel", f"{entry['name']}:{one}") not in made]
    if present:
        entry["presentLabels"] = _in_flow(present)


def _replace(entry: Any, live: dict[str, Any], keys: Iterable[str] = LIVE_KEYS) -> None:
    """Bring ``keys`` of an entry to their live values; what says the same already keeps its form and comments."""
    for key in keys:
        if key not in live:
            entry.pop(key, None)
        elif _plain(entry.get(key)) != _plain(live[key]):
            entry[key] = _in_flow(live[key])


def _teams(github: GitHub, data: Any) -> None:
    entries = {str(entry["name"]).lower(): entry for entry in data["teams"]}
    for team in github.pages(f"orgs/{github.organization}/teams"):
        live = live_team(team, github.members(team["slug"]))
        entry = entries.get(team["name"].lower())
        if entry is None:
            entry = CommentedMap(name=team["name"], adopt=_in_flow(live["adopt"]))
            data["teams"].append(entry)
        if "adopt" in entry:
            _replace(entry, live, TEAM_KEYS)


def _plain(value: Any) -> Any:
    """For comparing: members are a set."""
    if isinstance(value, list):
        return sorted((_plain(one) for one in value), key=str)
    return {key: _plain(one) for key, one in value.items()} if isinstance(value, dict) else value


def _in_flow(value: Any) -> Any:
    """Lists and mappings on one line, as the estate's files write them."""
    if isinstance(value, dict):
        made: Any = CommentedMap({key: _in_flow(one) for key, one in value.items()})
    elif isinstance(value, list):
        made = CommentedSeq(_in_flow(one) for one in value)
    else:
        return value
    made.fa.set_flow_style()
    return made


def _update(file: str, change: Any, write: bool) -> None:
    yaml = round_trip()
    path = project_root() / file
    before = path.read_text()
    data = yaml.load(before)
    change(data)
    after = io.StringIO()
    yaml.dump(data, after)
    if write and after.getvalue() != before:
        path.write_text(after.getvalue())
    difference = difflib.unified_diff(before.splitlines(), after.getvalue().splitlines(), file, file, lineterm="", n=1)
    lines = list(difference)
    for line in lines:
        out.print(line, markup=False)
    out.print(f"{file}: {'nothing to change' if not lines else 'written' if write else 'differs; --write writes it'}")
