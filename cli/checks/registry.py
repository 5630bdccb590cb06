"""The registry: whether it answers and takes the credentials."""

from collections.abc import Iterator

import httpx

from cli.checks.finding import Finding, bad, good
from model.registry import api_url
from model.settings import StackSettings


def check(settings: StackSettings) -> Iterator[Finding]:
    """The registry of the stack."""
    registry = settings.registry
    subject = f"registry {registry.host}"
    try:
        answer = httpx.get(f"{api_url(registry.host)}/v2/", auth=_login(settings), timeout=15)
    except httpx.HTTPError as error:
        yield bad(subject, f"does not answer: {error}", "check openim-cicd:registry.host")
        return
    if answer.status_code == httpx.codes.OK:
        yield good(subject, "answers and takes the credentials")
    elif answer.headers.get("WWW-Authenticate", "").startswith("Bearer"):
        yield good(subject, "answers; its token service checks the credentials at the first push")
    else:
        remedy = "REGISTRY_USERNAME and REGISTRY_PASSWORD must be an account that may push"
        yield bad(subject, f"answers {answer.status_code}", remedy)


def _login(settings: StackSettings) -> tuple[str, str]:
    return settings.registry.username, settings.registry.password.get_secret_value()
