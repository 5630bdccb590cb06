"""The stand-in for the Random plugin, under the real engine and by itself."""

import asyncio
import string
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pulumi
import pulumi_random as random
import pytest
from pulumi.automation import CommandError
from pulumi.provider.experimental.provider import CheckRequest

from sandbox.plugins.common.provider import TableProvider
from sandbox.plugins.common.values import wrapped_map
from sandbox.plugins.random.__main__ import RESOURCES
from sandbox.plugins.random.numbers import RandomBytes, RandomId
from sandbox.plugins.random.text import RandomPassword, RandomString


def program(length: int = 20) -> Callable[[], None]:
    def declare() -> None:
        number = random.RandomId("number", byte_length=2)
        for each in range(4):
            password = random.RandomPassword(f"password{each}", length=length, keepers={"number": number.hex})
            pulumi.export(f"password{each}", password.result)
        pulumi.export("key", random.RandomBytes("key", length=16).base64)

    return declare


def test_what_is_made_is_made_once(bench: Any) -> None:
    """A password stays the same over updates and refreshes, and changes only with what it depends on."""
    stack = bench(program())
    assert stack.run() == {"create": 7}
    first = stack.stack.outputs()["password0"].value
    assert stack.refresh() == {"same": 7}
    assert stack.run() == {"same": 7}
    assert stack.stack.outputs()["password0"].value == first
    assert stack.preview() == {"same": 7}
    assert stack.run(program(length=24)) == {"same": 3, "replace": 4}
    assert stack.stack.outputs()["password0"].value != first
    assert stack.destroy() == {"delete": 7}


def test_nothing_secret_is_shown(bench: Any, tmp_path: Path) -> None:
    """Neither output nor plan nor state holds a password, its hash or random bytes in clear."""
    stack = bench(program())
    stack.run()
    stack.preview(plan=str(tmp_path / "first.json"))
    stack.stack.workspace.program = program(length=24)
    stack.preview(plan=str(tmp_path / "second.json"))
    outputs = stack.stack.outputs()
    clear = [outputs[name].value for name in ("password0", "password1", "key")]
    assert all(outputs[name].secret for name in ("password0", "key"))
    written = stack.state.read_text() + "".join(path.read_text() for path in tmp_path.glob("*.json"))
    assert "$2b$" not in written + stack.everything_said
    for value in clear:
        assert value not in written
        assert value not in stack.everything_said


def test_importing_takes_over_what_exists(bench: Any) -> None:
    """An imported password, identifier or key is kept as it is, and the next update changes nothing."""

    def importing() -> None:
        random.RandomPassword("password", length=12, opts=pulumi.ResourceOptions(import_="correct-hors"))
        identifier = random.RandomId("id", byte_length=2, prefix="x-", opts=pulumi.ResourceOptions(import_="x-,NBU"))
        random.RandomBytes("bytes", length=4, opts=pulumi.ResourceOptions(import_="zgqSQg=="))
        pulumi.export("hex", identifier.hex)

    stack = bench(importing)
    assert stack.run() == {"create": 1, "import": 3}
    assert stack.stack.outputs()["hex"].value == "x-3415"
    assert stack.run() == {"same": 4}


def test_mistakes_are_named_before_anything_happens(bench: Any) -> None:
    """A resource that the stand-in does not know fails the preview."""
    stack = bench(lambda: pulumi.export("pet", random.RandomPet("pet").id))
    with pytest.raises(CommandError, match="has no resource type 'random:index/randomPet:RandomPet'; known:"):
        stack.preview()


@pytest.mark.parametrize(
    ("token", "properties", "reason"),
    [
        ("random:index/randomPassword:RandomPassword", {"length": 8, "lenght": 9}, "unsupported property 'lenght'"),
        ("random:index/randomPassword:RandomPassword", {"length": "long"}, "'length' must be a whole number"),
        ("random:index/randomPassword:RandomPassword", {}, "missing required property 'length'"),
        ("random:index/randomPassword:RandomPassword", {"length": 3, "minUpper": 4}, "minUpper + minLower"),
        ("random:index/randomId:RandomId", {"byteLength": 0}, "byteLength must be at least 1"),
    ],
)
def test_what_cannot_be_made_is_refused(token: str, properties: dict[str, Any], reason: str) -> None:
    """Mistyped names, wrong types and impossible demands are errors of the check, each named."""
    provider = TableProvider("random", RESOURCES, configuration={})
    asked = CheckRequest(f"urn:pulumi:s::p::{token}::it", {}, wrapped_map(properties), b"")
    [failure] = asyncio.run(provider.check(asked)).failures or []
    assert reason in failure.reason


def made(resource: RandomString, **inputs: Any) -> Any:
    return resource.create(resource.complete({"length": 16, **inputs})).outputs["result"]


def test_what_is_drawn_holds_what_was_asked_for() -> None:
    """Classes that are switched off do not appear, and each minimum is met."""
    for _ in range(50):
        assert set(made(RandomString(), special=False, upper=False)) <= set(string.ascii_lowercase + string.digits)
        assert set(made(RandomString(), overrideSpecial="~", lower=False, upper=False, number=False)) == {"~"}
        result = made(RandomString(), minSpecial=3, minNumeric=5, overrideSpecial="_")
        assert result.count("_") >= 3
        assert sum(each in string.digits for each in result) >= 5
        assert len(result) == 16


def test_no_class_at_all_is_refused() -> None:
    """A password of nothing cannot be made; two names for one setting must agree."""
    resource = RandomPassword()
    nothing = dict.fromkeys(("upper", "lower", "numeric", "special"), False)
    [problem] = resource.problems(resource.complete({"length": 8, **nothing}))
    assert "must be true" in problem.reason
    [problem] = resource.problems(resource.complete({"length": 8, "number": False, "numeric": True}))
    assert "must not differ" in problem.reason


def test_notations_are_of_one_number() -> None:
    """Every notation of an identifier or of bytes says the same."""
    found = RandomId().create({"byteLength": 4, "prefix": "p-"})
    number = int(found.outputs["dec"].removeprefix("p-"))
    assert found.outputs["hex"] == f"p-{number:08x}"
    assert found.outputs["b64Url"] == f"p-{found.resource_id}"
    key = RandomBytes().create({"length": 16})
    assert (key.resource_id, len(key.outputs["hex"])) == ("none", 32)
