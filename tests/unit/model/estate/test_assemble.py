"""An estate that fits together becomes one model; defaults fill what an entry leaves out."""

import pytest

from model.approval import Approval


def named(estate, name):
    return next(one for one in estate.repositories if one.name == name)


def test_references_resolve(assembled):
    """What an entry names is what it gets."""
    server = named(assembled(), "server")
    assert [label.name for label in server.labels] == ["bug"]
    assert server.ruleset.branches.approvals == 1
    assert server.actions.sha_pinning
    assert server.webhook.events == ("push",)
    assert [one.name for one in server.workflows] == ["CI"]
    assert server.builds_images


def test_a_repository_without_names_gets_nothing(assembled):
    """No label, rule, policy, hook or workflow reaches a repository that did not ask for it."""
    infra = named(assembled(), "infra")
    assert (infra.labels, infra.ruleset, infra.actions, infra.webhook, infra.workflows) == ((), None, None, None, ())
    assert not infra.builds_images


def test_defaults_fill_key_by_key(assembled):
    """An entry's own key wins inside a block too; the block's other keys come from the defaults."""
    server, infra = (one.repository for one in assembled().repositories)
    assert (server.features.wiki, server.features.projects) == (False, True)
    assert (infra.features.wiki, infra.features.projects) == (True, True)
    assert server.homepage == infra.homepage == "https://www.openim.online"


def test_an_empty_value_is_a_value(assembled, entry):
    """An adopted repository without a homepage stays without one, whatever the default says."""
    entry["homepage"] = ""
    assert named(assembled(), "server").repository.homepage == ""


@pytest.mark.parametrize(("name", "slug"), [("OpenIM-maintainers", "openim-maintainers"), ("QA & Co", None)])
def test_slugs_follow_names(assembled, files, name, slug):
    """Teams are referred to as GitHub will call them; a name whose slug is anybody's guess is refused."""
    files["estate/teams.yaml"]["teams"].append({"name": name, "members": []})
    if slug:
        assert slug in {team.slug for team in assembled().teams}
    else:
        with pytest.raises(Exception, match="teams"):
            assembled()


def test_environments_come_with_their_approvals(assembled):
    """Who must approve is kept by environment."""
    approval = Approval(required=1, approvers=("team/sre",))
    assert assembled(prod=approval).environments == {"prod": approval}
