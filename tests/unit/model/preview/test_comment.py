"""The comment: whole, short enough, without secrets, and nothing in it is anybody's markup."""

import html
import json
import re
import string
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from model.preview import LIMIT, Mask, comment, marker, read, reduced, summarize
from model.preview.escaping import fence, size
from tests.unit.model.preview.conftest import facts, step

DEPLOYMENT = "kubernetes:apps/v1:Deployment"
NASTY = [
    "@openimsdk/sre",
    "a|b",
    "```\n# Title",
    "<script>alert(1)</script>",
    "[x](http://evil.example)",
    "#1 fixes",
    "</details>",
    "-->",
    "\u202eevil",
    "*a* _b_",
    "![x](y)",
    "https://evil.example/x",
]


def outside_of_code(text: str) -> str:
    """What GitHub takes for markup: neither fences nor inline code."""
    text = re.sub(r"^(`{3,})\w*\n.*?\n\1$", "", text, flags=re.DOTALL | re.MULTILINE)
    return re.sub(r"<code>[^<]*</code>", "", text)


def test_it_says_what_a_reader_wants_first(summary):
    """Which stack, what happens, how grave, which images; the diff in a fold."""
    text = comment(summary("images"))
    assert text.startswith("<!-- openim-cicd preview: staging -->\n### Preview of <code>staging</code>: 3 to update\n")
    assert "**Risk: medium**" in text
    assert "| <code>openim-api</code> | <code>sha256&#58;c8d685458a73" in text.replace("sha256:", "sha256&#58;")
    assert text.index("**Images**") < text.index("<details><summary>Diff of 3 resources</summary>")
    assert "+     spec.replicas: 5" in text


def test_the_same_preview_gives_the_same_bytes(summary):
    """A comment is edited only where something is new."""
    assert comment(summary("namespace")) == comment(summary("namespace"))


def test_a_stack_without_changes_says_so():
    """Short and without a fold."""
    text = comment(summarize("prod", read({"steps": [], "changeSummary": {"same": 165}})))
    assert "no changes" in text
    assert "165 unchanged" in text
    assert "details" not in text


def test_a_failed_preview_tells_why(summary):
    """In the engine's own words."""
    text = comment(summary("failed"))
    assert "**The preview failed**" in text
    assert "20 images cannot be found" in text


def many(count: int, length: int) -> Any:
    return facts(*(step(DEPLOYMENT, "create", new={"data": {f"k{n}": "v" * length}}) for n in range(count)))


def test_a_long_diff_loses_whole_resources_and_says_how_many():
    """Nothing is cut in two; the command that shows the rest is named."""
    text = comment(many(400, 200))
    assert size(text) < LIMIT
    shown = text.count("+ create Deployment thing")
    assert f"{400 - shown} of 400 resources are left out" in text
    assert "openim-cicd diff prod" in html.unescape(text)
    assert text.count("```") == 2
    assert text.count("<details>") == text.count("</details>") == 1


@pytest.mark.parametrize("name", NASTY)
@pytest.mark.parametrize("op", ["create", "delete", "replace"])
def test_a_name_is_never_markup(name, op):
    """No mention, link, heading, table cell or end of a fold, wherever the name stands."""
    inputs = {"spec": {"containers": [{"name": name, "image": f"r/{name}:1"}]}, name: name}
    made = {"op": op, "urn": f"urn:pulumi:prod::x::kubernetes:apps/v1:StatefulSet::{name}", "replaceReasons": [name]}
    state = {"inputs": inputs}
    made |= {"oldState": state} if op != "create" else {}
    made |= {"newState": state} if op != "delete" else {}
    summary = summarize("prod", read({"steps": [made], "diagnostics": [{"severity": "error", "message": name}]}))
    outside = outside_of_code(comment(summary))
    plain = outside_of_code(comment(summarize("prod", read({"steps": []}))))
    for token in ("@", "http", "script", "](", "# Title", "*a*"):
        assert outside.count(token) == plain.count(token), (token, outside)
    assert outside.count("</details>") <= 1


@pytest.mark.parametrize("text", ["", "```", "a ```` b", "~~~"])
def test_a_fence_is_longer_than_what_it_holds(text):
    """So nothing inside can close it."""
    assert fence(text) not in text
    assert len(fence(text)) >= 3


WORDS = st.text(max_size=60)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | WORDS | st.text(min_size=200, max_size=2000),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=12,
)
INPUTS = st.dictionaries(WORDS, VALUES, max_size=6)
KINDS = (
    st.sampled_from((DEPLOYMENT, "kubernetes:core/v1:Secret", "github:index/repository:Repository", "x:y:Z")) | WORDS
)


@st.composite
def steps(draw: st.DrawFn) -> dict[str, Any]:
    op = draw(st.sampled_from(("create", "update", "delete", "replace", "import", "same", "refresh")) | WORDS)
    made = step(draw(KINDS), op, draw(st.none() | INPUTS), draw(st.none() | INPUTS))
    made["replaceReasons"] = draw(st.lists(WORDS, max_size=3))
    made["detailedDiff"] = draw(st.none() | st.dictionaries(WORDS, st.just({"kind": "update"}), max_size=3))
    made["urn"] += draw(WORDS)
    return made


PREVIEWS = st.fixed_dictionaries(
    {
        "steps": st.lists(steps(), max_size=12),
        "diagnostics": st.lists(
            st.fixed_dictionaries({"severity": st.just("error"), "message": st.text()}), max_size=3
        ),
        "changeSummary": st.dictionaries(WORDS, st.integers(0, 10**6), max_size=30),
    }
)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(PREVIEWS, st.integers(1, 60), st.text(max_size=300))
def test_it_always_fits(data, times, stack):
    """GitHub refuses a longer one, and then nobody is told anything; also with characters that count twice."""
    data["steps"] = data["steps"] * times
    data["diagnostics"] = data["diagnostics"] * times
    text = comment(summarize(stack, read(data)))
    assert size(text) < LIMIT
    assert text.startswith(marker(stack))
    assert len(re.findall(r"^</details>$", text, re.MULTILINE)) <= 1


SECRETS = st.text(
    alphabet=string.ascii_letters + string.digits + "!$%&/=?+*#\"\\'<>|`-_.:, 秘", min_size=8, max_size=60
).map("{}7Qx!".format)
"""None is a word that the comment has of its own, such as "resource", which would show without being told."""


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(PREVIEWS, SECRETS, st.data())
def test_no_secret_is_ever_shown(data, secret, choose):
    """Wherever it got to: a value, a key, a name, a reason, the engine's own error."""
    place = choose.draw(st.sampled_from(("value", "inside", "key", "name", "reason", "error", "text")))
    made = step(DEPLOYMENT, "update", {"a": "b"}, {"a": "c"})
    new = made["newState"]["inputs"]
    if place == "value":
        new["x"] = secret
    elif place == "inside":
        new["x"] = {"y": [f"redis://:{secret}@host"]}
    elif place == "key":
        new[secret] = "x"
    elif place == "name":
        made["urn"] += secret
    elif place == "reason":
        made["replaceReasons"] = [secret]
    elif place == "text":
        new["x"] = f"line\npassword: {secret}\nline"
    else:
        data["diagnostics"].append({"severity": "error", "message": f"cannot log in with {secret}"})
    data["steps"].insert(0, made)
    safe = reduced(data, Mask([secret]))
    assert secret not in json.dumps(safe, ensure_ascii=False).replace("\\\\", "\\").replace('\\"', '"')
    shown = comment(summarize("prod", read(safe)))
    assert secret not in shown
    assert secret not in html.unescape(shown)


def test_a_kubernetes_secret_shows_its_keys_only():
    """Also where nobody marked it as secret."""
    old, new = (
        {"stringData": {"password": "first-one"}},
        {"stringData": {"password": "second-one", "more": "third-one"}},
    )
    text = comment(facts(step("kubernetes:core/v1:Secret", old=old, new=new)))
    assert "stringData.more: [secret]" in text
    assert "-one" not in text


def test_a_secret_of_several_lines_is_hidden_line_by_line():
    """A private key may be quoted in parts."""
    key = "-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG9w0\n-----END KEY-----"
    mask = Mask([key])
    assert mask.text("got MIIEvQIBADANBgkqhkiG9w0 there") == "got [secret] there"
    assert mask.text(f"a {key} b") == "a [secret] b"


def test_what_is_shorter_than_a_secret_is_left_alone():
    """Hiding `ci` would hide half of every text."""
    assert Mask(["ci", ""]).text("openim-cicd") == "openim-cicd"
