"""What GitHub would refuse, or accept and then never work, is refused before any call."""

import pytest

from model.approval import Approval


def keys(problems):
    return [(problem.file, problem.key) for problem in problems]


@pytest.mark.parametrize(
    ("key", "value", "remedy"),
    [
        ("name", "a/b", "repository name"),
        ("name", "x.git", "repository name"),
        ("name", "é", "repository name"),
        ("name", "a" * 101, "repository name"),
        ("description", "d" * 351, "350 characters"),
        ("description", "two\nlines", "one line"),
        ("topics", ["Kubernetes"], "must be a topic"),
        ("topics", ["-x"], "must be a topic"),
        ("topics", ["t" * 51], "must be a topic"),
        ("topics", [f"t{number}" for number in range(21)], "at most 20"),
        ("visibility", "secret", "'public', 'private' or 'internal'"),
        ("homepage", "openim", "valid URL"),
        ("defaultBranch", "-x", "pattern"),
        ("teams", {"maintainers": "write"}, "'pull', 'triage', 'push'"),
        ("teams", {"Maintainers": "pull"}, "slug"),
        ("variables", {"GITHUB_X": "1"}, "secret or variable"),
        ("merging", {"mergeCommits": False, "squash": False, "rebase": False}, "nothing could be merged"),
        ("merging", {"squashMessage": "BLANK"}, "goes with squashMessage COMMIT_MESSAGES"),
        ("merging", {"mergeMessage": "BLANK"}, "goes with mergeMessage PR_TITLE"),
        ("colour", "red", "unknown key"),
    ],
)
def test_an_entry_that_github_would_refuse(entry, refused, key, value, remedy):
    """The file, the entry and what would be right are named."""
    entry[key] = value
    (problem,) = refused()
    assert problem.file == "estate/repositories.yaml"
    assert problem.key.startswith("repositories[0]")
    assert remedy in problem.remedy


@pytest.mark.parametrize("color", ["#D73A4A", "D73A4", "red", 8672, float("inf")])
def test_a_colour_that_is_none(files, refused, color):
    """Six digits without #; one that YAML reads as a number says that it wants quotes."""
    files["estate/labels.yaml"]["sets"]["common"][0]["color"] = color
    (problem,) = refused()
    assert problem.key == "sets.common[0].color"


def test_two_repositories_of_one_name(files, refused):
    """GitHub ignores case in names."""
    files["estate/repositories.yaml"]["repositories"].append({"name": "SERVER"})
    (problem,) = refused()
    assert "['server'] stand twice" in problem.remedy


@pytest.mark.parametrize("file", ["teams", "labels"])
def test_two_of_one_name(files, refused, file):
    """Neither teams nor labels of a set may stand twice."""
    data = files[f"estate/{file}.yaml"]
    entries = data["teams"] if file == "teams" else data["sets"]["common"]
    entries.append({**entries[0], "name": entries[0]["name"].upper()})
    assert "stand twice" in refused()[0].remedy


@pytest.mark.parametrize("key", ["labels", "ruleset", "actions", "webhook", "pipeline"])
def test_a_name_that_is_not_declared(entry, refused, key):
    """The known ones are listed."""
    entry[key] = "nosuch"
    problems = [problem for problem in refused() if problem.key == f"repositories[0].{key}"]
    assert problems[0].value == "'nosuch'"
    assert "known: [" in problems[0].remedy


def test_a_team_that_is_not_declared(entry, refused):
    """A repository cannot be given to an unknown team."""
    entry["teams"]["ghosts"] = "push"
    (problem,) = refused()
    assert (problem.key, problem.value) == ("repositories[0].teams", "['ghosts']")
    assert "known: ['maintainers', 'sre']" in problem.remedy


def test_a_required_check_that_nothing_reports(entry, refused):
    """It would block every pull request for good, as OpenIM's DCO does."""
    entry["requiredChecks"].append("DCO")
    (problem,) = refused()
    assert problem.value == "'DCO'"
    assert "could ever be merged" in problem.remedy
    assert "'Lint', 'Test'" in problem.remedy


def test_a_check_that_runs_on_pushes_only_cannot_be_required(entry, refused):
    """Image builds report nothing on a pull request."""
    entry["requiredChecks"] = ["Image openim-api"]
    assert refused()[0].value == "'Image openim-api'"


def test_checks_without_rules_are_refused(entry, refused):
    """Nothing would enforce them."""
    del entry["ruleset"]
    assert "enforced by a ruleset" in refused()[0].remedy


def test_a_linear_history_needs_a_way_to_merge(files, entry, refused):
    """Merge commits are refused, so squashing or rebasing must be allowed."""
    files["estate/repositories.yaml"]["rulesets"]["reviewed"]["branches"]["linearHistory"] = True
    entry["merging"] = {"squash": False, "rebase": False}
    (problem,) = refused()
    assert (problem.key, problem.remedy[-22:]) == ("repositories[0].merging", "allow squash or rebase")


def test_more_approvals_than_people(files, refused):
    """Authors cannot approve their own change, so one more person is needed."""
    files["estate/repositories.yaml"]["rulesets"]["reviewed"]["branches"]["approvals"] = 2
    (problem,) = refused()
    assert problem.key == "repositories[0].ruleset"
    assert "needs 3 people in teams that may push, there are 2" in problem.remedy


def test_code_owners_who_may_not_push(entry, refused):
    """GitHub would ignore their line, so their review could never be asked for."""
    entry["codeOwners"] = {"*": ["team/maintainers", "team/sre", "user/Ann", "user/zed"]}
    (problem,) = refused()
    assert (problem.key, problem.value) == ("repositories[0].codeOwners.*", "['team/sre', 'user/zed']")


def test_a_policy_that_refuses_the_pipelines_own_actions(files, refused):
    """The workflow would be committed and then never start."""
    files["estate/repositories.yaml"]["actions"]["pinned"]["patterns"] = ["docker/*", "golang/*"]
    assert "refuses ['golangci/golangci-lint-action']" in refused()[0].remedy


def test_an_archived_repository_takes_no_changes(entry, refused):
    """Everything that would have to be written is named."""
    entry["archived"] = True
    assert "drop ['actions', 'labels', 'pipeline', 'ruleset', 'webhook']" in refused()[0].remedy


def test_a_label_said_to_be_present_must_be_in_the_set(entry, refused):
    """Nothing outside the set is looked at."""
    entry["presentLabels"] = ["wontfix"]
    assert refused()[0].key == "repositories[0].presentLabels"


def test_actions_that_the_pipelines_use_must_be_in_the_table(files, refused):
    """No workflow uses an action without a pin."""
    del files["estate/pipelines.yaml"]["actions"][0]
    assert "['actions/attest-build-provenance'] are used by pipelines" in refused()[0].remedy


def test_every_file_and_entry_is_reported_at_once(files, entry, refused):
    """One run names every offender of every file."""
    files["estate/teams.yaml"] = "teams: ["
    files["estate/labels.yaml"]["sets"]["common"][0]["color"] = "red"
    entry["visibility"] = "secret"
    files["estate/repositories.yaml"]["repositories"][1]["name"] = "a b"
    assert keys(refused()) == [
        ("estate/labels.yaml", "sets.common[0].color"),
        ("estate/repositories.yaml", "repositories[0].visibility"),
        ("estate/repositories.yaml", "repositories[1].name"),
        ("estate/teams.yaml", ""),
    ]


@pytest.mark.parametrize(
    ("approval", "remedy"),
    [
        ({"required": 1, "approvers": ["team/ghosts"]}, "team not declared"),
        ({"required": 1, "approvers": ["team/maintainers"]}, "without access to infra"),
        ({"required": 3, "approvers": ["team/sre"]}, "only 2 people"),
        ({"required": 1, "approvers": [f"user/u{number}" for number in range(7)]}, "at most 6 reviewers"),
    ],
)
def test_approvals_that_nobody_could_give(refused, approval, remedy):
    """The problem names the stack file that asks for them."""
    problems = refused(prod=Approval.model_validate(approval))
    assert problems[0].file == "Pulumi.prod.yaml"
    assert any(remedy in problem.remedy for problem in problems)


def test_environments_need_a_declared_repository(files, refused):
    """Whoever carries the environments is declared here."""
    del files["estate/repositories.yaml"]["repositories"][1]
    assert "carry the deployment environments" in refused(prod=Approval())[0].remedy
