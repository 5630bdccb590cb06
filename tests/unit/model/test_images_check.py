"""What CI says about the images it pushed: one JSON object in one fence."""

import json

import pytest

from model.images_check import built
from model.problems import SettingsError

DIGEST = f"sha256:{'1' * 64}"
GOOD = json.dumps({"registry": "docker.io", "path": "openim", "images": {"openim-api": DIGEST}})


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_report_is_read(end: str) -> None:
    """Whatever else the text says."""
    text = end.join(["Images of this commit:", "", "```json", GOOD, "```", "", "bye"])
    assert built(text, "chat").images == {"openim-api": DIGEST}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "holds 0"),
        (f"```json\n{GOOD}\n```\n```json\n{GOOD}\n```", "holds 2"),
        ("```json\n{\n```", "is no JSON"),
        (f"```json\n{GOOD.replace(DIGEST, 'latest')}\n```", "not a tag"),
        ('```json\n{"registry": "docker.io", "path": "openim", "images": {}}\n```', "images"),
        (f'```json\n{GOOD[:-1]}, "also": 1}}\n```', "unknown key"),
        (f'```json\n{{"path": "x", {GOOD[1:]}\n```', "a key stands twice"),
    ],
)
def test_anything_else_is_refused(text: str, why: str) -> None:
    """Named by where it stands."""
    with pytest.raises(SettingsError, match="chat@1234: ") as refused:
        built(text, "chat@1234")
    assert why in str(refused.value)
