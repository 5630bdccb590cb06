"""Edits of ``Pulumi.<stack>.yaml`` that keep its comments and its order, and never leave half a file."""

import io
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import YAMLError

from delivery.errors import Refused
from delivery.files import replace_file
from model.base import parse
from model.release import Release
from model.settings import NAMESPACE, read_written, stack_file

KEY = f"{NAMESPACE}:release"


def release_of(stage: str, text: str) -> Release:
    """The release that a stack file's ``text`` names.

    Raises:
        SettingsError: the file cannot be read or names no release that could be one.
    """
    section = read_written(stage, lambda _: text).get("release")
    return parse(Release, section if section is not None else {}, stack_file(stage), f"config.{KEY}")


def with_release(stage: str, text: str, release: Release) -> str:
    """``text`` with ``release`` in the place of the one that it names; everything else byte for byte.

    Raises:
        Refused: the text is no stack file.
    """
    yaml = round_trip()
    try:
        data = yaml.load(text)
        config = data["config"]
    except (YAMLError, KeyError, TypeError):
        raise Refused(
            f"{stack_file(stage)} is no stack file: restore it from git, then run the command again"
        ) from None
    _replace(config, KEY, _written(release))
    out = io.StringIO()
    yaml.dump(data, out)
    return out.getvalue()


def write_release(root: Path, stage: str, release: Release) -> bool:
    """Put ``release`` into the checkout's stack file; False where it stands there already."""
    path = root / stack_file(stage)
    before = path.read_text()
    after = with_release(stage, before, release)
    if after == before:
        return False
    replace_file(path, after)
    return True


def round_trip() -> YAML:
    """YAML as this project writes it."""
    yaml = YAML()
    yaml.preserve_quotes, yaml.width = True, 4096
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.brace_single_entry_mapping_in_flow_sequence = True
    return yaml


def _written(release: Release) -> dict[str, Any]:
    data = release.model_dump(by_alias=True)
    return {key: value for key, value in data.items() if value or key in {"id", "images"}}


def _replace(mapping: Any, key: str, value: Any) -> None:
    """Bring one key to ``value``; what is there keeps its place and its comments."""
    present = mapping.get(key)
    if isinstance(present, CommentedMap) and isinstance(value, dict):
        for old in [one for one in present if one not in value]:
            del present[old]
        for name, one in value.items():
            _replace(present, name, one)
    elif present != value:
        mapping[key] = _commented(value)


def _commented(value: Any, *, nested: bool = False) -> Any:
    """New mappings in blocks, those inside lists and mappings on one line."""
    if isinstance(value, dict):
        made: Any = CommentedMap({name: _commented(one, nested=True) for name, one in value.items()})
        if nested and not any(isinstance(one, dict | list) for one in value.values()):
            made.fa.set_flow_style()
        return made
    if isinstance(value, list | tuple):
        return CommentedSeq(_commented(one, nested=True) for one in value)
    return value
