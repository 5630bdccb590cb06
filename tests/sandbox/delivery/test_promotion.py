"""Promotion: offered once, with everything that people decide by, approved by those who may, and collected."""

from typing import Any

import pytest

from delivery.approve import approve
from delivery.collect import Collector
from delivery.declared import reader
from delivery.errors import Refused
from delivery.gate_input import gather, gather_from
from delivery.github import GitHubError
from delivery.ledger import Ledger
from delivery.promote import Promoter
from delivery.stack_file import release_of
from delivery.trees import difference, of_commit
from model.gate import decide
from model.ledger import Kind
from model.settings import read_written
from sandbox.runner.client import Door
from tests.sandbox.delivery.conftest import World


def pull(world: World, number: int):
    return world.as_person("owner").get(f"repos/{world.repository}/pulls/{number}")


def test_a_promotion_says_what_is_decided(world: World) -> None:
    """Release, fingerprint, digests, evidence, changelog, who must approve; nobody is mentioned by accident."""
    offered = world.promote()
    found = pull(world, offered.number)
    assert found["title"] == "Promote v3.9.0+bbbbbbb to prod"
    assert found["head"]["ref"] == "promote/prod/v3.9.0-bbbbbbb"
    body = found["body"]
    for words in (
        offered.given.fingerprint,
        "which names v3.9.0+aaaaaaa now",
        f"| openim-api | `sha256:{'a' * 12}` | `sha256:{'b' * 12}` |",
        "passed by lin-tester",
        "`calls work`",
        "**server-under-test**: 2 commits",
        "`Mend the login`",
        f"/commit/{world.commits[2]}",
        "2 people of `team/release-managers` or `team/sre`",
        "one of them of `team/sre`",
        "none who had a hand in it: `withchao`",
        "`openim-cicd approve prod`",
        "0 of 2 approvals (needs one of team/sre)",
        "### What an approval signs",
        f"`release v3.9.0+bbbbbbb: 20 images, built from server-under-test {world.commits[2][:12]}`",
        "`estate: estate ",
        "`policies: none`",
        "not signed, as it is unknown then: the values of secrets and of env:NAME; the plan, and the state",
        "`plan: none is saved`",
        "what runs now was recorded without its parts",
    ):
        assert words in body, words
    assert "`Ring @withchao 'twice'`" in body
    clone = world.clone()
    head = clone.fetch(found["head"]["ref"])
    assert release_of("prod", clone.file_at(head, "Pulumi.prod.yaml") or "").id == "v3.9.0+bbbbbbb"
    assert clone.git("diff", "--name-only", "origin/main", head) == "Pulumi.prod.yaml"


def test_promoting_twice_is_promoting_once(world: World) -> None:
    """One pull request, and its reviews stay, although main has gone on."""
    first = world.promote()
    world.agree("skiffer-git")
    world.tell("prod", Kind.REFUSED, world.release("b", world.commits[2]))
    second = world.promote("ines-sre")
    assert (second.number, second.made) == (first.number, False)
    assert pull(world, first.number)["head"]["sha"] == pull(world, second.number)["head"]["sha"]
    with pytest.raises(Refused, match="skiffer-git has approved #1 already"):
        world.agree("skiffer-git")


def test_a_newer_promotion_ends_an_older_one(world: World) -> None:
    """Closed with a word about the new one, and its branch is gone; other branches and pull requests stay."""
    older = world.promote()
    newest = world.release("c", world.commits[2], "withchao")
    world.put("staging", newest)
    world.tell("staging", Kind.VERIFIED, newest)
    newer = world.promote()
    assert pull(world, older.number)["state"] == "closed"
    assert pull(world, newer.number)["state"] == "open"
    owner = world.as_person("owner")
    [comment] = owner.get(f"repos/{world.repository}/issues/{older.number}/comments")
    assert comment["body"] == f"#{newer.number} offers {newest.id} instead."
    branches = [one["name"] for one in owner.pages(f"repos/{world.repository}/branches")]
    assert [name for name in branches if name.startswith("promote/")] == ["promote/prod/v3.9.0-ccccccc"]


def test_two_approvals_are_collected_and_open_the_gate(world: World) -> None:
    """One by command, one on GitHub's page; recorded with ids, in the ledger too, and found again after the merge."""
    offered = world.promote()
    given = world.agree("skiffer-git", note="read it all")
    assert given.given.fingerprint == offered.given.fingerprint
    page = world.as_person("omar-sre")
    page.post(f"repos/{world.repository}/pulls/{offered.number}/reviews", {"event": "APPROVE", "body": "fine"})
    world.merge(offered.number)
    clone = world.clone()
    collector = Collector(clone, world.as_person("deployer"), world.repository)
    recorded = collector.record("prod")
    assert [(one.login, one.how) for one in recorded.approvals] == [("skiffer-git", "command"), ("omar-sre", "review")]
    assert "aiko-tester" in [one.login for one in recorded.proposers]
    entries = Ledger(world.clone("owner").root, "prod").entries()
    assert [(one.kind, one.actor.login) for one in entries[2:]] == [
        (Kind.PROPOSED, "aiko-tester"),
        (Kind.APPROVED, "skiffer-git"),
        (Kind.APPROVED, "omar-sre"),
    ]
    read = reader(clone, clone.fetch("main"))
    found = gather_from("prod", read, read_written("prod", read), trees=of_commit(clone, "origin/main"))
    assert found.fingerprint == offered.given.fingerprint
    assert decide(found).allowed
    before = clone.fetch("main")
    collector.record("prod")
    assert clone.fetch("main") == before


def test_a_reviewed_environment_is_an_approval(world: World) -> None:
    """Of the one run that deploys the change, by whoever let it in; under the same rules as any other approval."""
    reviewers = [{"type": "User", "id": world.actor(login).id} for login in ("ines-sre", "withchao")]
    world.as_person("owner").put(f"repos/{world.repository}/environments/prod", {"reviewers": reviewers})
    world.clone().publish("main", "Hold deployments", lambda _: {".github/workflows/deploy.yml": HELD})
    offered = world.promote()
    world.agree("skiffer-git")
    commit = world.merge(offered.number)
    [run] = waiting(world, commit)
    collector = world.collector()
    assert [one.login for one in collector.record("prod", run=run["id"]).approvals] == ["skiffer-git"]
    let_in(world, "ines-sre", run["id"])
    found = collector.record("prod", run=run["id"])
    assert [(one.login, one.how) for one in found.approvals] == [
        ("skiffer-git", "command"),
        ("ines-sre", "environment"),
    ]
    assert Ledger(world.clone("owner").root, "prod").entries()[-1].actor.login == "ines-sre"
    assert collector.record("prod", run=run["id"]).approvals == found.approvals


def test_an_author_who_lets_a_deployment_in_has_not_approved_it(world: World) -> None:
    """GitHub asks for any one reviewer; the gate asks who it was."""
    reviewers = [{"type": "User", "id": world.actor("withchao").id}]
    world.as_person("owner").put(f"repos/{world.repository}/environments/prod", {"reviewers": reviewers})
    world.clone().publish("main", "Hold deployments", lambda _: {".github/workflows/deploy.yml": HELD})
    offered = world.promote()
    world.agree("skiffer-git")
    commit = world.merge(offered.number)
    [run] = waiting(world, commit)
    let_in(world, "withchao", run["id"])
    clone = world.clone()
    Collector(clone, world.as_person("deployer"), world.repository).record("prod", run=run["id"])
    read = reader(clone, clone.fetch("main"))
    given = gather_from("prod", read, read_written("prod", read), trees=of_commit(clone, "origin/main"))
    assert "withchao's does not count: an author of the release" in decide(given).text("prod", given.release.id)


HELD = """name: Deploy
on: {push: {branches: [main]}}
permissions: {}
jobs:
  prod: {environment: prod, runs-on: ubuntu-24.04, steps: [{run: "true"}]}
"""


def let_in(world: World, login: str, run: int) -> None:
    """Approve what waits of a run, on GitHub's page."""
    path, person = f"repos/{world.repository}/actions/runs/{run}/pending_deployments", world.as_person(login)
    [waiting] = person.get(path)
    person.post(path, {"environment_ids": [waiting["environment"]["id"]], "state": "approved", "comment": "go"})


def waiting(world: World, commit: str) -> list[Any]:
    """The runs of a commit that an environment holds; the stand-in starts runs when a runner asks for work."""
    door = Door(world.standin.base, world.standin.root / "tokens" / "runner", "test", wait=0)
    door.start()
    assert door.next() is None
    runs = f"repos/{world.repository}/actions/runs"
    return list(world.as_person("owner").pages(runs, "workflow_runs", head_sha=commit, status="waiting"))


def test_reviews_of_an_older_head_do_not_count(world: World) -> None:
    """A push after the approval ends it."""
    offered = world.promote()
    world.agree("skiffer-git")
    clone = world.clone()
    branch = f"promote/prod/{offered.given.release.id.replace('+', '-')}"
    head = clone.fetch(branch)
    text = clone.file_at(head, "Pulumi.prod.yaml") or ""
    clone.put_branch(branch, "main", "Change more", lambda _: {"Pulumi.prod.yaml": text + "# more\n"})
    world.merge(offered.number)
    found, _, carrier = world.collector().collect("prod")
    assert carrier["number"] == offered.number
    assert found.approvals == ()


def test_dismissed_and_withdrawn_approvals_do_not_count(world: World) -> None:
    """What a person said last counts; a mere comment takes nothing back."""
    offered = world.promote()
    reviews = f"repos/{world.repository}/pulls/{offered.number}/reviews"
    dismissed = world.as_person("omar-sre").post(reviews, {"event": "APPROVE"})
    world.as_person("owner").put(
        f"{reviews}/{dismissed['id']}/dismissals", {"message": "too early", "event": "DISMISS"}
    )
    world.agree("ines-sre")
    world.as_person("ines-sre").post(reviews, {"event": "REQUEST_CHANGES", "body": "wait"})
    world.agree("skiffer-git")
    world.as_person("skiffer-git").post(reviews, {"event": "COMMENT", "body": "by the way"})
    world.merge(offered.number)
    found, _, _ = world.collector().collect("prod")
    assert [one.login for one in found.approvals] == ["skiffer-git"]


def test_an_approval_of_something_else_does_not_count(world: World) -> None:
    """After a hand-made edit of main the reviews of the promotion are not for what is deployed."""
    offered = world.promote()
    world.agree("skiffer-git")
    world.merge(offered.number)
    text = (world.clone().root / "Pulumi.prod.yaml").read_text()
    edited = text.replace("replicas: 4", "replicas: 9")
    world.clone().publish("main", "Edit by hand", lambda _: {"Pulumi.prod.yaml": edited})
    found, _, carrier = world.collector().collect("prod")
    assert found.fingerprint != offered.given.fingerprint
    assert (found.approvals, carrier) == ((), {})


def test_code_that_moves_after_the_approval_ends_it(world: World) -> None:
    """The reviews are for other code; the gate names the file, and promoting again offers it anew."""
    world.clone().publish("main", "Write", lambda _: {"model/gate.py": "one\n"})
    offered = world.promote()
    world.agree("skiffer-git")
    world.clone().publish("main", "Rewrite", lambda _: {"model/gate.py": "two\n"})
    again = world.promote()
    assert (again.number, again.made) == (offered.number, False)
    assert again.given.fingerprint != offered.given.fingerprint
    world.agree("omar-sre")
    world.clone().publish("main", "Rewrite it", lambda _: {"model/gate.py": "three\n"})
    world.merge(offered.number)
    recorded = world.collector().record("prod")
    assert recorded.approvals == ()
    clone = world.clone()
    given = gather("prod", clone.root, read_written("prod", lambda file: (clone.root / file).read_text()))
    told = decide(given).text("prod", given.release.id)
    assert "0 of 2 approvals" in told
    assert "since it was proposed: the gate's own code moved: model/gate.py changed (model " in told
    assert given.moved == difference(clone, again.given.parts, given.parts)


@pytest.mark.parametrize(
    ("login", "why"),
    [
        ("lin-tester", "lin-tester may not approve #1 .*not one of team/release-managers or team/sre"),
        ("withchao", "withchao may not approve #1 .*an author of the release"),
    ],
)
def test_who_may_not_approve_is_told_before_anything_is_sent(world: World, login: str, why: str) -> None:
    """With the reason, and whose approval it takes."""
    offered = world.promote()
    with pytest.raises(Refused, match=why):
        world.agree(login)
    assert list(world.as_person("owner").pages(f"repos/{world.repository}/pulls/{offered.number}/reviews")) == []


def test_the_proposer_does_not_approve(world: World) -> None:
    """Whoever offers a release asks others."""
    world.promote("omar-sre")
    with pytest.raises(Refused, match=r"omar-sre may not approve #1 .*proposed the change"):
        world.agree("omar-sre")


def test_a_stage_that_is_none_is_named(world: World) -> None:
    """With those that there are; what is wrong is the name, not that nothing is offered."""
    with pytest.raises(Refused, match=r"nothing is promoted to 'pord'; known: prod"):
        approve(world.clone("skiffer-git"), world.as_person("skiffer-git"), world.repository, "pord")


def test_nothing_offered_is_nothing_to_approve(world: World) -> None:
    """The next command is named."""
    with pytest.raises(Refused, match="no promotion of prod is open; openim-cicd promote prod"):
        world.agree("skiffer-git")


def test_what_nobody_can_mend_is_not_offered(world: World) -> None:
    """Withdrawn, never verified, unknown, or there already: each with its reason, and no pull request."""
    new = world.release("b", world.commits[2], "withchao")
    third = world.release("c", world.commits[2])
    world.put("staging", third)
    world.put("staging", new)
    with pytest.raises(Refused, match=r"prod refuses v3\.9\.0\+ccccccc: not verified on staging"):
        world.promote(release=third.id)
    with pytest.raises(Refused, match=r"v9\.9\.9\+1234567 was never on staging"):
        world.promote(release="v9.9.9+1234567")
    world.tell("staging", Kind.WITHDRAWN, new, actor=world.actor("lin-tester"), reasons=["login hangs"])
    with pytest.raises(Refused, match=r"withdrawn on staging by lin-tester at .* \(login hangs\)"):
        world.promote()
    with pytest.raises(Refused, match="staging takes no releases from another stage"):
        Promoter(world.clone(), world.as_person("owner"), world.repository).promote("staging")
    world.put("prod", new)
    with pytest.raises(Refused, match=r"names v3\.9\.0\+bbbbbbb already"):
        world.promote()
    assert list(world.as_person("owner").pages(f"repos/{world.repository}/pulls", state="all")) == []


def test_a_stage_that_deployed_nothing_offers_nothing(empty: World) -> None:
    """An empty ledger is no evidence."""
    with pytest.raises(Refused, match="staging has deployed nothing: openim-cicd deploy staging"):
        empty.promote()


def test_errors_name_what_was_asked(world: World) -> None:
    """Method, path, status and GitHub's own words."""
    with pytest.raises(GitHubError, match=r"GET /repos/openimsdk/none/pulls: GitHub answers 404: Not Found"):
        world.as_person("owner").get("repos/openimsdk/none/pulls")
