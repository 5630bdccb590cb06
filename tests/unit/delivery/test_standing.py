"""A clone keeps up with its remote, works without it, and owes nothing afterwards."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from delivery.errors import Refused
from delivery.freeze import freeze, here
from delivery.git import Clone
from delivery.ledger import Ledger
from delivery.standing import Standing
from delivery.workplace import Journal, Workplace
from model.ledger import Actor, Kind

KIM = Actor(login="kim", id=3)


@pytest.fixture
def pair(clones: Callable[[str], Clone]) -> tuple[Clone, Clone, list[str]]:
    """Two clones of one remote, and what the second's standing says."""
    return clones("one"), clones("two"), []


def standing(clone: Clone, said: list[str]) -> Standing:
    return Standing(clone, "staging", said.append)


def cut_off(clone: Clone) -> str:
    """Take the remote away; gives its address."""
    url = clone.remote_url()
    clone.git("remote", "set-url", "origin", str(clone.root / "gone"))
    return url


def test_what_others_recorded_is_known_after_a_refresh(pair):
    one, two, said = pair
    standing(one, said).ledger.append(Kind.VERIFIED, release="v1.0.0+aaaaaaa")
    assert standing(one, said).publish("Record")
    assert standing(two, said).ledger.entries() == ()
    standing(two, said).refresh()
    assert [entry.kind for entry in standing(two, said).ledger.entries()] == [Kind.VERIFIED]
    assert said == []


def test_without_the_remote_entries_are_kept_and_published_later(pair):
    one, two, said = pair
    url = cut_off(one)
    mine = standing(one, said)
    mine.refresh()
    mine.ledger.append(Kind.FROZEN, actor=KIM, reasons=["power cut"])
    assert not mine.publish("Record")
    assert "does not answer" in said[0]
    assert "the next command that reaches the remote does it" in said[1]
    one.git("remote", "set-url", "origin", url)
    standing(one, said).refresh()
    standing(two, said).refresh()
    assert [entry.reasons for entry in standing(two, said).ledger.entries()] == [("power cut",)]


def test_what_cannot_be_anchored_is_published_all_the_same(pair):
    """The head outside of git follows later; the record itself must not wait for a registry."""
    one, two, said = pair
    heads = []

    def refuses(entries):
        heads.append(len(entries))
        raise Refused("the registry does not answer\nat all")

    mine = replace(standing(one, said), anchor=refuses)
    mine.ledger.append(Kind.FROZEN, actor=KIM)
    assert mine.publish("Record")
    assert said == ["the ledger's head is not anchored: the registry does not answer"]
    standing(two, said).refresh()
    assert [entry.kind for entry in standing(two, said).ledger.entries()] == [Kind.FROZEN]
    mine.ledger.append(Kind.THAWED, actor=KIM)
    mine.refresh()
    assert heads == [1, 2]


def test_without_the_registrys_account_the_record_is_published(pair, root):
    """Whoever breaks the glass on a laptop has GitHub's token, and perhaps nothing else."""
    one, _, said = pair
    (one.root / "Pulumi.staging.yaml").write_text((root / "Pulumi.staging.yaml").read_text())
    place = Workplace(one.root, {}, Journal(said.append), one.root)
    place.standing("staging").ledger.append(Kind.FROZEN, actor=KIM)
    assert place.standing("staging").publish("Record")
    [told] = said
    assert told.startswith("the ledger's head is not anchored: the registry of its settings cannot be used from here")


def test_a_clone_is_overtaken_only_when_its_own_stage_changed_elsewhere(pair):
    one, two, said = pair

    def publish(file, text):
        one.publish("main", "Edit", lambda read: {file: (read(file) or "") + text})
        mine = standing(two, said)
        mine.refresh()
        return mine.overtaken

    assert not publish("docs/notes.md", "more\n")
    assert not publish("ledger/prod.jsonl", "")
    assert publish("Pulumi.staging.yaml", "  # a comment is an edit too\n")


def test_a_branch_whose_own_commits_are_published_is_put_back_on_the_remotes(pair):
    one, _, said = pair
    file = one.root / "Pulumi.staging.yaml"
    file.write_text(file.read_text() + "# back\n")
    one.git("-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "-qam", "Back")
    mine = standing(one, said)
    mine.rejoin()
    assert one.head() != one.fetch("main")
    one.publish("main", "Back", lambda _: {"Pulumi.staging.yaml": file.read_text()})
    mine.rejoin()
    assert one.head() == one.fetch("main")
    assert one.git("status", "--porcelain") == ""


def test_a_freeze_without_github_is_written_into_the_clone(pair):
    one, _, said = pair
    text = freeze(one.root, "staging", "stock-taking", Kind.FROZEN, said.append)
    assert text == "staging is frozen"
    assert "GITHUB_TOKEN is not set" in said[0]
    assert Ledger(one.root, "staging").entries()[0].reasons == ("stock-taking",)
    again = here(one.root, "staging", "me too", Kind.FROZEN, actor=KIM, report=said.append)
    assert again.startswith("staging is frozen already, by ")
    cut_off(one)
    thawed = here(one.root, "staging", "", Kind.THAWED, actor=KIM, report=said.append)
    assert thawed == "staging is thawed; it holds for deployments from this clone, and publishing it is owed"


def test_a_freeze_says_why_and_where(pair):
    one, _, said = pair
    with pytest.raises(Refused, match="--reason TEXT"):
        freeze(one.root, "staging", " ", Kind.FROZEN, said.append)
    with pytest.raises(Refused, match=r"no stage 'stagnig'; known: staging"):
        freeze(one.root, "stagnig", "x", Kind.FROZEN, said.append)
