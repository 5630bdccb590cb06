"""Invariants: silent on an estate that fits together; clear about each thing that does not."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from delivery.estate import findings, stack_of
from policies.estate.rules import RULES
from policies.estate.whole import Estate, Held, Stack

DIGEST = f"sha256:{'a' * 64}"
WORKFLOW = "on: {push: {}}\njobs: {images: {name: Build openim-api}}\n"
FILE, RULESET = "github:index/repositoryFile:RepositoryFile", "github:index/repositoryRuleset:RepositoryRuleset"
ENVIRONMENT, TEAM = "github:index/repositoryEnvironment:RepositoryEnvironment", "github:index/team:Team"
WEBHOOK = "github:index/repositoryWebhook:RepositoryWebhook"
DEPLOYMENT = "kubernetes:apps/v1:Deployment"
ADMITTED = "kubernetes:cicd.openim.io/v1:AdmittedImages"
PULL = {"requiredApprovingReviewCount": 1}
Change = Callable[[Estate], Estate]


def shared() -> Stack:
    return Stack(
        [
            Held(
                FILE,
                "ci",
                {"repository": "server", "file": ".github/workflows/ci.yml", "content": WORKFLOW},
                "server/ci",
            ),
            Held(
                RULESET,
                "rules",
                {
                    "repository": "server",
                    "target": "branch",
                    "enforcement": "active",
                    "rules": {"deletion": True, "nonFastForward": True, "pullRequest": PULL},
                },
                "7",
            ),
            Held(WEBHOOK, "server", {"events": ["push", "release"], "active": True}, "8"),
            Held(TEAM, "sre", {"name": "SRE"}, "41"),
            Held(TEAM, "qa", {"name": "qa"}, "42"),
            Held(ENVIRONMENT, "prod", {"environment": "prod", "reviewers": [{"teams": [41]}]}, "openim-cicd:prod"),
        ],
        {"handledEvents": ["push", "release"]},
    )


def stage(cluster: str, approvers: tuple[str, ...] = ()) -> Stack:
    release = {"id": "v1", "images": {"openim-api": DIGEST, "mongo": DIGEST}, "sources": {"server": {"commit": "1"}}}
    return Stack(
        [
            Held("pulumi:providers:kubernetes", "cluster", {"kubeconfig": cluster}, "1"),
            Held(DEPLOYMENT, "api", {"metadata": {"name": "api"}}, "openim/api", "cluster"),
            Held(
                ADMITTED, "admitted", {"spec": {"stores": [f"registry.example/openim/mongo@{DIGEST}"]}}, "a", "cluster"
            ),
            Held("random:index/randomPassword:RandomPassword", "password", {}, "none"),
        ],
        {"release": release, "policy": {"approval": {"approvers": list(approvers)}}},
    )


GOOD: Estate = {"shared": shared(), "prod": stage("/prod", ("team/sre", "user/kim"))}


def without(stack: str, name: str) -> Change:
    """One resource is not there."""

    def change(estate: Estate) -> Estate:
        kept = [one for one in estate[stack].resources if one.name != name]
        return {**estate, stack: replace(estate[stack], resources=kept)}

    return change


def told(stack: str, key: str, value: Any) -> Change:
    """A stack puts out something else."""
    return lambda estate: {**estate, stack: replace(estate[stack], outputs={**estate[stack].outputs, key: value})}


def beside(name: str, stack: Stack) -> Change:
    return lambda estate: {**estate, name: stack}


def approvers(*names: str) -> Change:
    return told("prod", "policy", {"approval": {"approvers": names}})


def release(**changes: Any) -> Change:
    return told("prod", "release", {**GOOD["prod"].outputs["release"], **changes})


WRONG: list[tuple[str, Change, str]] = [
    ("one-owner", beside("other", stage("/prod")), f"{DEPLOYMENT} openim/api is prod's and other's"),
    ("one-owner", beside("other", shared()), f"{TEAM} 41 is shared's and other's"),
    ("reviewers-approve", approvers("team/sre", "team/qa"), "prod is approved by team qa, which is no reviewer"),
    ("reviewers-approve", approvers(), "environment prod is reviewed by team sre, which is no approver of prod"),
    ("reviewers-approve", without("shared", "sre"), "is reviewed by team number 41"),
    ("reviewers-approve", without("shared", "prod"), "prod has no deployment environment"),
    ("events-handled", told("shared", "handledEvents", ["push"]), "server is delivered release, which nobody handles"),
    ("events-handled", told("shared", "handledEvents", ["push", "release", "fork"]), "fork is handled and no webhook"),
    ("events-handled", told("shared", "handledEvents", None), "shared delivers events and does not say who handles"),
    ("built-here", release(sources={}), "prod's release v1 does not say what it was built from"),
    ("built-here", release(sources={"fork": {}}), "comes from fork, which has no declared workflow"),
    ("built-here", without("shared", "rules"), "comes from server, whose default branch is not protected"),
    ("built-here", release(images={"foreign": DIGEST}), "prod runs foreign, which no workflow of server builds"),
    ("built-here", without("prod", "admitted"), "prod runs mongo, which no workflow of server builds"),
]


def said(estate: Estate) -> dict[str, tuple[str, ...]]:
    """What is broken, by rule."""
    return {one.name: tuple(one.check(estate)) for one in RULES}


def test_an_estate_that_fits_together_breaks_nothing() -> None:
    """Nor do another cluster's objects of the same names, the cluster's one definition, or generated passwords."""
    definition = Held("kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition", "crd", {}, "crd", "cluster")
    prod = replace(GOOD["prod"], resources=[*GOOD["prod"].resources, definition])
    other = stage("/staging")
    estate = {**GOOD, "prod": prod, "again": replace(other, outputs={}, resources=[*other.resources, definition])}
    assert said(estate) == {one.name: () for one in RULES}


@pytest.mark.parametrize(("rule", "change", "words"), WRONG)
def test_what_does_not_fit_is_told_by_its_rule(rule: str, change: Change, words: str) -> None:
    """With the offender."""
    found = said(change(GOOD))[rule]
    assert any(words in one for one in found), found


@pytest.mark.parametrize("rule", [one.name for one in RULES])
def test_what_is_absent_is_no_error(rule: str) -> None:
    """Stacks that were never brought up, and resources without properties."""
    bare = Stack([Held(one, "bare", {}) for one in (FILE, RULESET, TEAM, ENVIRONMENT, DEPLOYMENT, ADMITTED)])
    for estate in ({}, {"shared": Stack([]), "prod": Stack([])}, {"shared": bare}):
        assert said(estate)[rule] == ()


def test_secrets_of_a_state_are_there_and_say_nothing() -> None:
    """Whatever a rule prints, it has no ciphertext to print; a provider is known by its name."""
    secret = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "v1:abc"}
    urn = "urn:pulumi:prod::p::"
    [one] = stack_of(
        [
            {
                "type": "a:b:C",
                "urn": f"{urn}a:b:C::c",
                "id": "7",
                "inputs": {"list": [secret]},
                "provider": f"{urn}pulumi:providers:a::mine::uuid",
            }
        ]
    ).resources
    assert (one.name, one.identity, one.provider, one.properties) == ("c", "7", "mine", {"list": ["[secret]"]})


def test_rules_within_stacks_are_told_with_their_stack() -> None:
    """The report has both kinds, each with its reason."""
    lonely = {"metadata": {"name": "api"}, "spec": {"template": {"spec": {"serviceAccountName": "nobody"}}}}
    estate = {"prod": Stack([Held(DEPLOYMENT, "api", lonely, "api")])}
    found = {one.name: one for one in findings(estate)}
    assert any(one.startswith("prod: Deployment api names ServiceAccount") for one in found["references-resolve"].wrong)
    assert all(one.why for one in found.values())
    assert found["one-owner"].wrong == ()
