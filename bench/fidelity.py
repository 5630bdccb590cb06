"""How alike the stand-in is to GitHub: recorded exchanges with the real one, asked of it again.

An answer agrees if its status is the recorded one and it has every key of the recorded answer with the same JSON type.
Left out, and counted: routes that the stand-in does not claim, questions whose parts nothing here can play, and answers
that were refusals or redirects for reasons of their time.
"""

import re
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import jwt

from bench.replay import casting
from bench.replay.recordings import Exchange, exchanges
from bench.replay.scene import Clients, Scene
from bench.replay.shapes import differences
from sandbox.github.app import MODULES

READY_WITHIN = 60.0
COMPARABLE = {200, 201, 202, 204, 404}
RECENT = 2021
"""From this year on recordings count as recent: the fields that GitHub has dropped went before."""


@dataclass(frozen=True)
class Result:
    """One exchange, compared."""

    route: str
    exchange: Exchange
    status: int
    lacking: tuple[str, ...]

    @property
    def agrees(self) -> bool:
        """In status and in shape."""
        return self.status == self.exchange.status and not self.lacking


@dataclass
class Report:
    """All of them."""

    results: list[Result] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)

    def share(self, *, since: int = 0) -> float:
        """The part that agrees, of those that were recorded in that year or later."""
        meant = [result.agrees for result in self.results if result.exchange.year >= since]
        return sum(meant) / len(meant) if meant else 0.0

    def disagreements(self) -> Counter[str]:
        """How often each was met, by route."""
        found: Counter[str] = Counter()
        for result in self.results:
            if result.status != result.exchange.status:
                found[f"{result.route}: status {result.exchange.status} expected, {result.status} given"] += 1
            found.update(f"{result.route}: {each}" for each in result.lacking)
        return found


@contextmanager
def standin() -> Iterator[Clients]:
    """A stand-in of its own, with clients for everybody who asks."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        root, port = Path(folder, "github"), _free_port()
        command = (sys.executable, "-m", "sandbox.github", "--root", str(root), "--port", str(port))
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        stack.callback(process.wait)
        stack.callback(process.terminate)
        base = f"http://127.0.0.1:{port}/api/v3"
        _wait(base)
        tokens = {name: (root / "tokens" / file).read_text().strip() for name, file in FILES.items()}
        tokens["jwt"] = _signed((root / "app.pem").read_text())
        yield {name: stack.enter_context(_client(base, token)) for name, token in tokens.items()}


FILES = {"owner": "owner", "maintainer": "withchao", "app": "deployer"}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(base: str) -> None:
    deadline = time.monotonic() + READY_WITHIN
    while time.monotonic() < deadline:
        try:
            if httpx.get(f"{base}/meta", trust_env=False).is_success:
                return
        except httpx.HTTPError:
            time.sleep(0.1)
    raise TimeoutError(f"{base} does not answer")


def _signed(key: str) -> str:
    current = int(time.time())
    return jwt.encode({"iat": current - 60, "exp": current + 590, "iss": "1"}, key, "RS256")


def _client(base: str, token: str) -> httpx.Client:
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.Client(base_url=base, headers=headers, trust_env=False, timeout=60)


def replay(recorded: list[Exchange], clients: Clients) -> Report:
    """Ask every question again. Reading ones share a repository, each other gets a new one."""
    report, shared = Report(), Scene(clients)
    for exchange in recorded:
        match = _route(exchange)
        if match is None:
            report.left_out["route not claimed"] += 1
        elif exchange.status not in COMPARABLE:
            report.left_out[f"recorded status {exchange.status}"] += 1
        elif casting.UNPLAYABLE.fullmatch(match[0]):
            report.left_out["needs a runner"] += 1
        else:
            scene = shared if exchange.method == "GET" and exchange.status != 204 else Scene(clients)
            _replay(scene, exchange, match, report)
    return report


def _replay(scene: Scene, exchange: Exchange, match: tuple[str, Mapping[str, str]], report: Report) -> None:
    pattern, recorded = match
    parameters = casting.parameters(scene, pattern, recorded, exchange)
    if parameters is None:
        report.left_out["nothing plays the part"] += 1
        return
    casting.prepare(scene, pattern, exchange)
    if exchange.method == "GET" and pattern == "/repos/{owner}/{repo}" and (exchange.answer or {}).get("fork"):
        parameters["owner"] = scene.fork["owner"]["login"]
    path = re.sub(r"\{(\w+)(:\w+)?\}", lambda name: quote(parameters[name[1]]), pattern)
    body = casting.body(scene, pattern, exchange)
    query = {
        name: value for name, value in exchange.query.items() if name in {"per_page", "state", "direction", "sort"}
    }
    answer = scene.clients[casting.who(pattern, exchange.method)].request(
        exchange.method, path, json=body, params=query
    )
    given: Any = answer.json() if answer.content else None
    lacking = tuple(differences(exchange.answer, given)) if answer.status_code == exchange.status else ()
    report.results.append(Result(f"{exchange.method} {pattern}", exchange, answer.status_code, lacking))


def _route(exchange: Exchange) -> tuple[str, Mapping[str, str]] | None:
    for method, pattern, expression in ROUTES:
        found = expression.fullmatch(exchange.path) if method == exchange.method else None
        # A branch or a commit, not something of theirs that has a route of its own on GitHub.
        if found and not ({"branch", "ref"} & found.groupdict().keys() and BELOW.search(exchange.path)):
            return pattern, found.groupdict()
    return None


BELOW = re.compile(r"/branches/[^/]+/protection/.|/commits/[^/]+/(comments|branches-where-head)")
CONVERTORS = {"": "[^/]+", ":int": "[0-9]+", ":path": ".*"}


def _expression(pattern: str) -> re.Pattern[str]:
    parts = re.split(r"(\{\w+(?::\w+)?\})", pattern)
    made = [
        f"(?P<{found[1]}>{CONVERTORS[found[2] or '']})" if (found := re.fullmatch(r"\{(\w+)(:\w+)?\}", part)) else part
        for part in parts
    ]
    return re.compile("".join(made))


ROUTES = [
    (route.method, route.path, _expression(route.path))
    for module in MODULES
    for route in module.routes.table
    if route.prefix == "/v3"
]


def measure(_machine: object = None) -> dict[str, Any]:
    """Replay everything; print the shares by route and what disagrees."""
    with standin() as clients:
        report = replay(exchanges(), clients)
    by_route: dict[str, list[bool]] = {}
    for result in report.results:
        by_route.setdefault(result.route, []).append(result.agrees)
    for route, agreeing in sorted(by_route.items()):
        print(f"{sum(agreeing):4} of {len(agreeing):4}  {route}")
    for what, times in report.disagreements().most_common():
        print(f"{times:4} x {what}")
    shares = {"share": round(report.share(), 3), f"share_since_{RECENT}": round(report.share(since=RECENT), 3)}
    compared = {"compared": len(report.results), "left_out": dict(report.left_out)}
    print(shares | compared)
    return shares | compared | {"disagreements": dict(report.disagreements())}


if __name__ == "__main__":
    measure()
