"""What is signed of a checkout: exactly the files that would run, whatever git was told about them."""

import os
from pathlib import Path

import pytest

from delivery.errors import Refused
from delivery.git import Clone
from delivery.trees import difference, of_checkout, of_commit
from model.fingerprint import Parts, ReleasePart
from tests.unit.delivery.conftest import git

FILES = {
    ".ci/install": "install\n",
    "Pulumi.yaml": "name: x\n",
    "__main__.py": "print(1)\n",
    "model/gate.py": "ALLOWED = False\n",
    "model/deep/er.py": "",
    "estate/teams.yaml": "teams: []\n",
    "requirements.lock": "pulumi==3\n",
    "docs/index.md": "words\n",
    "ledger/prod.jsonl": "",
    ".gitignore": "*.ignored\n__pycache__/\n",
}


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    """A checkout with everything committed."""
    root = tmp_path / "checkout"
    root.mkdir()
    git(root, "init", "--quiet", "-b", "main")
    git(root, "config", "user.name", "a")
    git(root, "config", "user.email", "a@example.org")
    for path, text in FILES.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    git(root, "add", "-A")
    git(root, "commit", "--quiet", "-m", "Begin")
    return Clone(root)


def test_a_clean_checkout_is_its_commit(clone: Clone) -> None:
    """To the id, so that a laptop, a job and the promotion agree; and they are git's own ids."""
    trees = of_checkout(clone)
    assert trees == of_commit(clone, "HEAD")
    assert trees["code"]["model"] == clone.id_at("HEAD", "model")
    assert trees["lock"] == {"requirements.lock": clone.id_at("HEAD", "requirements.lock")}
    assert sorted(trees) == ["code", "estate", "lock"]


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("model/gate.py", "code"),
        ("model/new.py", "code"),
        ("model/hidden.ignored", "code"),
        ("estate/.hidden", "estate"),
        ("requirements.lock", "lock"),
        ("policies/digests.py", "policies"),
        ("yaml.py", "code"),
        ("pydantic/__init__.py", "code"),
        ("sitecustomize.pyc", "code"),
        (".ci/install", "code"),
        ("Pulumi.yaml", "code"),
        ("Pulumi.json", "code"),
        ("pyproject.toml", "code"),
    ],
)
def test_what_nobody_committed_counts(clone: Clone, path: str, name: str) -> None:
    """Edited, untracked or ignored: it would run. So would what Python takes for a library."""
    before = of_checkout(clone)
    (clone.root / path).parent.mkdir(exist_ok=True)
    (clone.root / path).write_text("evil\n")
    after = of_checkout(clone)
    assert after.get(name) != before.get(name)
    assert {key: one for key, one in after.items() if key != name} == {
        key: one for key, one in before.items() if key != name
    }


@pytest.mark.parametrize("flag", ["--assume-unchanged", "--skip-worktree"])
def test_flags_of_the_index_hide_nothing(clone: Clone, flag: str) -> None:
    git(clone.root, "update-index", flag, "model/gate.py")
    (clone.root / "model/gate.py").write_text("ALLOWED = True\n")
    assert of_checkout(clone) != of_commit(clone, "HEAD")


def test_filters_hide_nothing(clone: Clone) -> None:
    """A filter could hand git the approved text while another one runs."""
    git(clone.root, "config", "filter.lie.clean", "echo ALLOWED = False")
    (clone.root / ".git/info").mkdir(exist_ok=True)
    (clone.root / ".git/info/attributes").write_text("model/gate.py filter=lie\n")
    (clone.root / "model/gate.py").write_text("ALLOWED = True\n")
    assert of_checkout(clone) != of_commit(clone, "HEAD")


@pytest.mark.parametrize(
    "path",
    ["docs/index.md", "ledger/prod.jsonl", "approvals/prod/x.yaml", "tests/test_x.py", "README.md", "status.html"],
)
def test_records_and_words_do_not_count(clone: Clone, path: str) -> None:
    """Approving does not change what is approved; nor does what no deployment reads."""
    before = of_checkout(clone)
    (clone.root / path).parent.mkdir(parents=True, exist_ok=True)
    (clone.root / path).write_text("more\n")
    for cache in ("__pycache__", "model/__pycache__"):
        (clone.root / cache).mkdir()
        (clone.root / cache / "gate.pyc").write_text("compiled")
    assert of_checkout(clone) == before


@pytest.mark.parametrize(
    "path",
    [
        ".ci/bin/pulumi",
        ".venv/lib/python3.11/site-packages/evil.pth",
        "evil.dist-info/entry_points.txt",
        "Pulumi.prod.json",
    ],
)
def test_whatever_is_committed_counts(clone: Clone, path: str) -> None:
    """A program beside the job's own, a package's hook, a file of which nobody has thought: each might run."""
    before = of_checkout(clone)
    (clone.root / path).parent.mkdir(parents=True, exist_ok=True)
    (clone.root / path).write_text("evil\n")
    git(clone.root, "add", "--force", path)
    git(clone.root, "commit", "--quiet", "-m", "More")
    after = of_checkout(clone)
    assert after["code"] != before["code"]
    assert after == of_commit(clone, "HEAD")


@pytest.mark.parametrize("path", ["__pycache__/yaml.cpython-311.pyc", "model/__pycache__/gate.cpython-311.pyc"])
def test_committed_compiled_code_is_refused(clone: Clone, path: str) -> None:
    """Python would run it in the place of the source that was approved (PEP 552: unchecked hashes)."""
    (clone.root / path).parent.mkdir(parents=True, exist_ok=True)
    (clone.root / path).write_text("evil\n")
    of_checkout(clone)
    git(clone.root, "add", "--force", path)
    with pytest.raises(Refused, match=f"'{path}' is compiled code"):
        of_checkout(clone)
    git(clone.root, "commit", "--quiet", "-m", "Compiled")
    with pytest.raises(Refused, match=f"'{path}' is compiled code"):
        of_commit(clone, "HEAD")


def test_the_users_index_and_files_stay_as_they_are(clone: Clone) -> None:
    """What somebody has half staged stays half staged."""
    (clone.root / "model/gate.py").write_text("ALLOWED = 1\n")
    git(clone.root, "add", "model/gate.py")
    (clone.root / "model/gate.py").write_text("ALLOWED = 2\n")
    status = clone.git("status", "--porcelain")
    index = (clone.root / ".git/index").read_bytes()
    of_checkout(clone)
    assert (clone.root / ".git/index").read_bytes() == index
    assert clone.git("status", "--porcelain") == status


def test_an_executable_file_is_another_file(clone: Clone) -> None:
    before = of_checkout(clone)
    (clone.root / "model/gate.py").chmod(0o755)
    assert of_checkout(clone) != before


@pytest.mark.parametrize("path", ["model/link.py", "model/folder", "estate/teams", "yaml", "yaml.py"])
def test_symbolic_links_are_refused(clone: Clone, path: str) -> None:
    """In the checkout and in a commit, by name."""
    (clone.root / path).symlink_to(clone.root / ("docs" if "." not in path else "docs/index.md"))
    with pytest.raises(Refused, match=f"'{path}' is a symbolic link"):
        of_checkout(clone)
    git(clone.root, "add", "-A")
    git(clone.root, "commit", "--quiet", "-m", "Link")
    with pytest.raises(Refused, match=f"'{path}' is a symbolic link"):
        of_commit(clone, "HEAD")


@pytest.mark.parametrize("path", ["model/sub", "sub"])
def test_submodules_are_refused(clone: Clone, path: str, tmp_path: Path) -> None:
    """Likewise; what is in one is not in this repository's trees."""
    git(tmp_path, "clone", "--quiet", str(clone.root), str(clone.root / path))
    with pytest.raises(Refused, match=f"'{path}' is a submodule"):
        of_checkout(clone)
    git(clone.root, "update-index", "--add", "--cacheinfo", f"160000,{clone.head()},{path}")
    git(clone.root, "commit", "--quiet", "-m", "Submodule")
    with pytest.raises(Refused, match=f"'{path}' is a submodule"):
        of_commit(clone, "HEAD")


def test_what_is_no_file_is_refused(clone: Clone) -> None:
    os.mkfifo(clone.root / "model/pipe.py")
    with pytest.raises(Refused, match=r"'model/pipe.py' is no regular file"):
        of_checkout(clone)


def test_a_difference_names_the_files(clone: Clone) -> None:
    """Also of files that were never committed."""
    release = ReleasePart(id="v1.0.0+aaaaaaa", images={})
    before = Parts(release=release, settings={}, trees=dict(of_checkout(clone)))
    (clone.root / "model/gate.py").write_text("ALLOWED = True\n")
    after = Parts(release=release, settings={}, trees=dict(of_checkout(clone)))
    one, other = (parts.trees["code"]["model"][:12] for parts in (before, after))
    assert difference(clone, before, after) == (
        f"the gate's own code moved: model/gate.py changed (model {one} -> {other})",
    )
