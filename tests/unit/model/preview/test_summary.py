"""What is told of the engine's own previews, and how grave it is."""

import pytest

from model.preview import Grade, ImageChange, plain
from tests.unit.model.preview.conftest import facts, step

DEPLOYMENT = "kubernetes:apps/v1:Deployment"
RULESET = "github:index/repositoryRuleset:RepositoryRuleset"


def workload(image: str = "r/openim/api@sha256:" + "a" * 64, replicas: int = 2, **spec: object) -> dict[str, object]:
    pod = {"containers": [{"name": "main", "image": image}], **spec}
    return {"spec": {"replicas": replicas, "template": {"spec": pod}}}


def test_an_image_by_its_digests(summary):
    """The digest before and after, short enough to read."""
    assert summary("images").images == (ImageChange("openim-api", "sha256:c8d685458a73", "sha256:c486c21754e3"),)


def test_the_engines_own_counts(summary):
    """As the engine counts them, the gravest first; what stays as it is stands apart."""
    found = summary("namespace")
    assert found.counts == (("delete", 15), ("replace", 118), ("create", 15))
    assert (found.unchanged, found.changes) == (32, 148)


def test_another_namespace_is_critical(summary):
    """Stores and generated secrets would be made anew: everything in them is lost."""
    found = summary("namespace")
    assert found.grade is Grade.critical
    reasons = {risk.reason for risk in found.risks if risk.grade is Grade.critical}
    assert reasons == {
        "Namespace openim is deleted",
        "Secret openim-openim-mongo-secret is replaced",
        "StatefulSet openim-mongo is replaced",
    }
    assert [step.name for step in found.deleted] == ["openim"]
    assert all(step.reasons == ("metadata.namespace",) for step in found.replaced)


def test_a_preview_that_failed_is_never_harmless(summary):
    """What it would have found is not known."""
    found = summary("failed")
    assert found.grade is Grade.high
    assert "20 images cannot be found" in found.errors[0]
    assert "20 images cannot be found" in plain(found)


def test_drift_is_what_an_update_would_put_right(summary):
    """Reading what exists is no change; making again what somebody deleted is one."""
    found = summary("drifted")
    assert {step.operation for step in found.steps} == {"create"}
    assert "+ create ConfigMap openim-mongo" in plain(found)


@pytest.mark.parametrize(
    ("found", "grade", "reason"),
    [
        (step(DEPLOYMENT, old=workload(), new=workload("r/openim/api@sha256:" + "b" * 64)), Grade.low, "images change"),
        (step(DEPLOYMENT, old=workload(), new=workload(replicas=0)), Grade.high, "switched off"),
        (step(DEPLOYMENT, old=workload(), new=workload(replicas=1)), Grade.medium, "shrinks from 2 to 1"),
        (step(DEPLOYMENT, old=workload(), new=workload(hostNetwork=True)), Grade.medium, "more than its image"),
        (step(DEPLOYMENT, "delete", old=workload()), Grade.high, "is deleted"),
        (step("kubernetes:core/v1:PersistentVolumeClaim", "delete", old={}), Grade.critical, "is deleted"),
        (step("github:index/repository:Repository", "replace", old={}, new={}), Grade.critical, "is replaced"),
        (step("random:index/randomPassword:RandomPassword", "replace", old={}, new={}), Grade.critical, "replaced"),
        (step("kubernetes:core/v1:ConfigMap", "replace", old={"a": 1}, new={"a": 2}), Grade.medium, "replaced"),
        (step("kubernetes:networking.k8s.io/v1:NetworkPolicy", old={"a": 1}, new={"a": 2}), Grade.high, "reach"),
        (step("kubernetes:rbac.authorization.k8s.io/v1:Role", "create", new={"a": 2}), Grade.medium, "access"),
        (step(RULESET, "delete", old={"a": 1}), Grade.high, "is deleted"),
        (step(RULESET, old={"enforcement": "active"}, new={"enforcement": "disabled"}), Grade.high, "enforcement"),
        (
            step(
                RULESET,
                old={"rules": {"pullRequest": {"requiredApprovingReviewCount": 2}}},
                new={"rules": {"pullRequest": {"requiredApprovingReviewCount": 1}}},
            ),
            Grade.high,
            "requiredApprovingReviewCount",
        ),
        (step(RULESET, old={"bypassActors": []}, new={"bypassActors": [{"actorId": 1}]}), Grade.high, "bypassActors"),
        (
            step(RULESET, old={"requiredChecks": [{"c": "a"}, {"c": "b"}]}, new={"requiredChecks": [{"c": "a"}]}),
            Grade.high,
            "requiredChecks",
        ),
        (step(RULESET, old={"name": "a"}, new={"name": "b"}), Grade.medium, "changes"),
        (
            {**step("x:y:Z", old={"a": 1}, new={"a": 1}), "oldState": {"inputs": {}, "protect": True}},
            Grade.high,
            "no longer protected",
        ),
        (step("openim-cicd:index:OpenIM", "create", new={}), Grade.low, ""),
    ],
)
def test_grades(found, grade, reason):
    """What is lost is critical, what opens or stops something is high, and new images are the everyday."""
    summary = facts(found)
    assert summary.grade is grade
    assert reason in " ".join(risk.reason for risk in summary.risks)


def test_images_of_any_workload_and_container_are_found():
    """Whatever kind it is, wherever its containers stand; one line for each change, however often it is used."""
    old, new = "r/p/tool@sha256:" + "a" * 64, "r/p/tool@sha256:" + "b" * 64
    job = {"spec": {"jobTemplate": {"spec": {"template": {"spec": {"initContainers": [{"name": "i", "image": old}]}}}}}}
    after = {
        "spec": {"jobTemplate": {"spec": {"template": {"spec": {"initContainers": [{"name": "i", "image": new}]}}}}}
    }
    made = facts(step("kubernetes:batch/v1:CronJob", old=job, new=after), step(DEPLOYMENT, "create", new=workload(new)))
    assert made.images == (
        ImageChange("tool", "", f"sha256:{'b' * 12}"),
        ImageChange("tool", f"sha256:{'a' * 12}", f"sha256:{'b' * 12}"),
    )


def test_what_is_admitted_follows_the_images():
    """A new release is as everyday as before; only that nothing holds others back any more is grave."""
    admitted, probe = "kubernetes:cicd.openim.io/v1:AdmittedImages", "kubernetes:core/v1:PodTemplate"
    image = "revision.invalid/openim@sha256:" + "c" * 64
    made = facts(
        step(admitted, old={"spec": {"incoming": ["a"]}}, new={"spec": {"incoming": ["b"]}}),
        step(probe, "replace", old={}, new={"template": {"spec": {"containers": [{"name": "main", "image": image}]}}}),
        step(DEPLOYMENT, old=workload(), new=workload("r/openim/api@sha256:" + "b" * 64)),
    )
    assert [(risk.grade, risk.reason) for risk in made.risks] == [(Grade.low, "images change")]
    assert [change.name for change in made.images] == ["api"]
    assert facts(step(admitted, "delete", old={"spec": {}})).grade is Grade.high


def test_a_changed_text_is_shown_by_its_lines():
    """Of a configuration file only what differs."""
    before, after = "a: 1\nb: 2\nc: 3\nd: 4\n", "a: 1\nb: 2\nc: 9\nd: 4\n"
    shown = plain(facts(step("x:y:Z", old={"data": {"f.yml": before}}, new={"data": {"f.yml": after}})))
    assert '#     data["f.yml"]:' in shown
    assert "-       c: 3" in shown
    assert "+       c: 9" in shown
    assert "a: 1" not in shown


def test_a_change_that_only_the_provider_sees_is_named():
    """A secret's new value, or what is computed: that it changes, not to what."""
    hidden = {"password": "[secret]"}
    detail = {"password": {"kind": "update"}, "etag": {"kind": "update"}}
    shown = plain(facts(step("x:y:Z", old=hidden, new=hidden, detailedDiff=detail)))
    assert "password: [secret]" in shown
    assert "etag: changed; not known before the update" in shown
