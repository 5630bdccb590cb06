"""Secrets stand in Secrets: a ConfigMap and a pod's own text are shown to whoever may look."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from policies.pods import containers, kind_of, pod_of
from policies.rule import Properties, Rule

NAMES = r"(?:[a-z0-9_.-]*(?:password|passwd|secret|private_?key|access_?token|api_?key)|accesskeyid|secretaccesskey)"
VARIABLE = re.compile(rf"^{NAMES}$", re.IGNORECASE)
LINE = re.compile(
    rf"^\s*{NAMES}[ \t]*[:=][ \t]*(?![\"']{{2}}\s*$|[\"']?\$)(?P<value>[^\s#]+)", re.IGNORECASE | re.MULTILINE
)
"""A setting that is called like a secret and has a value that is neither empty nor a reference."""
CREDENTIALS = re.compile(r"://[^/\s:@]+:[^/\s:@$]+@")
KEY = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----")
REMEDY = "put it into a Secret and refer to it"


def check(token: str, properties: Properties) -> Iterator[str]:
    """The text of ConfigMaps and the variables of containers."""
    if kind_of(token) == "ConfigMap":
        yield from _of_text(properties.get("data") or {})
    for where, one in containers(pod_of(token, properties) or {}):
        for variable in one.get("env") or ():
            yield from _of_variable(where, variable)


def _of_text(data: Mapping[str, Any]) -> Iterator[str]:
    for key, text in data.items():
        words = str(text)
        if KEY.search(words):
            yield f"data[{key}] holds a private key: {REMEDY}"
        elif CREDENTIALS.search(words):
            yield f"data[{key}] holds an address with a password: {REMEDY}"
        elif LINE.search(words) or (VARIABLE.match(key) and words):
            yield f"data[{key}] holds what is called a secret: {REMEDY}"


def _of_variable(where: str, variable: Mapping[str, Any]) -> Iterator[str]:
    name, value = str(variable.get("name", "")), str(variable.get("value") or "")
    if value and (VARIABLE.match(name) or CREDENTIALS.search(value) or KEY.search(value)):
        yield f"{where}: the variable {name} has its secret in clear: {REMEDY} by valueFrom.secretKeyRef"


RULE = Rule("no-plain-secrets", "A ConfigMap and a pod's own text are shown to whoever may look.", check)
