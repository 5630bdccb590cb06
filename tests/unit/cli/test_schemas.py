"""What is generated from the models is current, and true of the committed files."""

import json
from pathlib import Path

import jsonschema
import pytest
from ruamel.yaml import YAML

from cli.schemas import files

PAIRS = [
    *((f"Pulumi.{stack}.yaml", "stack.json") for stack in ("shared", "staging", "prod")),
    *((f"estate/{name}.yaml", f"{name}.json") for name in ("repositories", "teams", "labels", "pipelines")),
    ("estate/openim.yaml", "application.json"),
]


def test_generated_files_are_current() -> None:
    """A changed key without `make schemas` fails here: no setting is undocumented."""
    stale = [str(path) for path, text in files().items() if not path.exists() or path.read_text() != text]
    assert stale == [], "run `make schemas`"


@pytest.mark.parametrize(("file", "schema"), PAIRS)
def test_committed_files_satisfy_their_schema(root: Path, file: str, schema: str) -> None:
    """An editor that completes from a schema does not call our own files wrong."""
    data = YAML(typ="safe", pure=True).load(root / file)
    jsonschema.validate(data, json.loads((root / "schemas" / schema).read_text()))


def test_a_mistyped_key_is_wrong_in_the_editor_too(root: Path) -> None:
    """Unknown keys are refused by the schema as they are by the program."""
    schema = json.loads((root / "schemas" / "stack.json").read_text())
    data = {"config": {"openim-cicd:registri": {}}}
    with pytest.raises(jsonschema.ValidationError, match="registri"):
        jsonschema.validate(data, schema)


@pytest.mark.parametrize("stack", ["shared", "staging", "prod"])
def test_committed_stack_files_hold_neither_salt_nor_ciphertext(root: Path, stack: str) -> None:
    """A salt of one machine would keep every other one from making the stack."""
    text = (root / f"Pulumi.{stack}.yaml").read_text()
    assert "encryptionsalt" not in text
    assert "secure:" not in text
