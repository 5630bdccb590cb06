"""Each rule: silent on what is right, on what does not concern it and on what is absent; clear on what is wrong."""

from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from policies.estate.rules import RULES as INVARIANTS
from policies.rule import Resource, Rule, StackRule
from policies.rules import RULES

DEPLOYMENT = "kubernetes:apps/v1:Deployment"
DIGEST = f"registry.example/openim/api@sha256:{'a' * 64}"
FILE = "github:index/repositoryFile:RepositoryFile"
CAREFUL = f"""
on: {{pull_request: {{}}}}
permissions: {{}}
jobs:
  test:
    permissions: {{contents: read}}
    steps:
      - uses: actions/checkout@{"1" * 40}
      - uses: ./local
      - run: make test
"""
Change = Callable[[Any], Any]


def deployment(**changes: Any) -> dict[str, Any]:
    container = {
        "name": "api",
        "image": DIGEST,
        "ports": [{"containerPort": 80}],
        "env": [{"name": "PASSWORD", "valueFrom": {"secretKeyRef": {"name": "a", "key": "b"}}}],
        "resources": {"requests": {"cpu": "10m", "memory": "1Mi"}, "limits": {"memory": "2Mi"}},
        "readinessProbe": {"tcpSocket": {"port": 80}},
        "livenessProbe": {"tcpSocket": {"port": 80}},
        "securityContext": {
            "runAsNonRoot": True,
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
        },
    }
    pod = {"containers": [container], "securityContext": {"seccompProfile": {"type": "RuntimeDefault"}}}
    template = {"metadata": {"labels": {"app": "api"}}, "spec": pod}
    made = {"metadata": {"name": "api", "namespace": "openim"}, "spec": {"replicas": 2, "template": template}}
    return {**made, **changes}


GOOD: dict[str, tuple[str, dict[str, Any]]] = {
    "digests-only": (DEPLOYMENT, deployment()),
    "no-plain-secrets": (DEPLOYMENT, deployment()),
    "requests-and-probes": (DEPLOYMENT, deployment()),
    "security-context": (DEPLOYMENT, deployment()),
    "not-privileged": (DEPLOYMENT, deployment()),
    "no-wildcard-rights": (
        "kubernetes:rbac.authorization.k8s.io/v1:Role",
        {"rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}]},
    ),
    "webhook-secured": (
        "github:index/repositoryWebhook:RepositoryWebhook",
        {"configuration": {"url": "https://ci.example/webhook", "secret": "s", "insecureSsl": False}},
    ),
    "reviewed-production": (
        "github:index/repositoryEnvironment:RepositoryEnvironment",
        {"environment": "prod", "reviewers": [{"teams": [1]}], "deploymentBranchPolicy": {"protectedBranches": True}},
    ),
    "careful-workflows": (FILE, {"file": ".github/workflows/ci.yml", "content": CAREFUL}),
}
"""By rule: a type and properties that it has nothing to say about."""


def put(*path: Any, value: Any) -> Change:
    """A copy with one place changed."""

    def change(properties: Any) -> Any:
        made = deepcopy(properties)
        found = made
        for step in path[:-1]:
            found = found[step]
        found[path[-1]] = value
        return made

    return change


CONTAINER = ("spec", "template", "spec", "containers", 0)
POD = ("spec", "template", "spec")
WRONG: list[tuple[str, Change, str]] = [
    ("digests-only", put(*CONTAINER, "image", value="openim/api:v1"), "openim/api:v1 is no digest"),
    ("digests-only", put(*CONTAINER, "image", value=f"{DIGEST[:-1]}"), "is no digest"),
    (
        "digests-only",
        put(*POD, "initContainers", value=[{"name": "i", "image": "busybox"}]),
        "initContainers[i]: busybox",
    ),
    ("no-plain-secrets", put(*CONTAINER, "env", value=[{"name": "DB_PASSWORD", "value": "x"}]), "DB_PASSWORD"),
    ("no-plain-secrets", put(*CONTAINER, "env", value=[{"name": "URI", "value": "mongodb://a:b@c"}]), "URI"),
    ("requests-and-probes", put(*CONTAINER, "resources", value={}), "requests no memory"),
    ("requests-and-probes", put(*CONTAINER, "readinessProbe", value=None), "has no readinessProbe"),
    ("security-context", put(*CONTAINER, "securityContext", "runAsNonRoot", value=False), "may run as root"),
    ("security-context", put(*CONTAINER, "securityContext", value=None), "keeps capabilities"),
    ("security-context", put(*POD, "securityContext", value={}), "may make every system call"),
    ("not-privileged", put(*CONTAINER, "securityContext", "privileged", value=True), "is privileged"),
    ("not-privileged", put(*POD, "hostNetwork", value=True), "hostNetwork opens the node"),
    ("not-privileged", put(*POD, "volumes", value=[{"name": "v", "hostPath": {"path": "/"}}]), "volumes[v] is a path"),
    ("not-privileged", put(*CONTAINER, "ports", 0, "hostPort", value=80), "takes a port of the node"),
    (
        "not-privileged",
        put(*CONTAINER, "securityContext", "capabilities", value={"add": ["SYS_ADMIN"]}),
        "adds the capabilities ['SYS_ADMIN']",
    ),
    ("no-wildcard-rights", put("rules", 0, "verbs", value=["*"]), "rules[0].verbs is everything"),
    ("no-wildcard-rights", put("rules", 0, "resources", value=["*"]), "rules[0].resources is everything"),
    ("no-wildcard-rights", put("rules", 0, "verbs", value=["escalate"]), "['escalate'], which give more rights"),
    ("webhook-secured", put("configuration", "secret", value=""), "has no secret"),
    ("webhook-secured", put("configuration", "url", value="http://ci.example"), "http://ci.example is not encrypted"),
    ("webhook-secured", put("configuration", "insecureSsl", value=True), "takes every certificate"),
    ("reviewed-production", put("reviewers", value=[]), "has no reviewers"),
    ("reviewed-production", put("deploymentBranchPolicy", value=None), "is open to every branch"),
    ("careful-workflows", put("content", value=CAREFUL.replace("1" * 40, "v4")), "uses actions/checkout@v4"),
    ("careful-workflows", put("content", value=CAREFUL.replace("permissions: {}\n", "")), "says no permissions"),
    (
        "careful-workflows",
        put("content", value=CAREFUL.replace("permissions: {}", "permissions: write-all")),
        "permissions: write-all is everything",
    ),
    (
        "careful-workflows",
        put(
            "content",
            value=CAREFUL.replace("pull_request:", "pull_request_target:").replace(
                "make test", "git checkout ${{ github.event.pull_request.head.sha }}"
            ),
        ),
        "runs the head of a pull request",
    ),
    ("careful-workflows", put("content", value="a: [b"), "cannot be read as YAML"),
]


def rule(name: str) -> Any:
    return next(one for one in RULES if one.name == name)


def test_every_rule_of_a_resource_has_a_good_and_a_bad_case() -> None:
    """A rule that nobody has seen refuse is none."""
    names = {one.name for one in RULES if isinstance(one, Rule)}
    assert set(GOOD) == {name for name, _, _ in WRONG} == names


@pytest.mark.parametrize("name", GOOD)
def test_what_is_right_passes(name: str) -> None:
    """And so does what is of another type, or has nothing in it where nothing is needed."""
    token, properties = GOOD[name]
    assert list(rule(name).check(token, properties)) == []
    assert list(rule(name).check("random:index/randomPassword:RandomPassword", {})) == []


@pytest.mark.parametrize(("name", "change", "told"), WRONG, ids=[f"{name}-{told[:20]}" for name, _, told in WRONG])
def test_what_is_wrong_is_told(name: str, change: Change, told: str) -> None:
    """With the place and the remedy."""
    token, properties = GOOD[name]
    found = list(rule(name).check(token, change(properties)))
    assert any(told in one for one in found), found
    assert all(": " in one for one in found)


@pytest.mark.parametrize("name", GOOD)
def test_absent_properties_are_no_crash(name: str) -> None:
    """Each level may be missing or empty; what must be there is then told as missing."""
    token, properties = GOOD[name]
    for key in properties:
        for nothing in (None, {}):
            list(rule(name).check(token, {**properties, key: nothing}))
    list(rule(name).check(token, {}))


def test_a_configmap_holds_no_secret() -> None:
    """By its keys, by lines of its text, by addresses with a password; references and empty values are fine."""
    check = rule("no-plain-secrets").check
    token = "kubernetes:core/v1:ConfigMap"
    fine = {"data": {"config.yml": "password: \n secret: ''\nsecret: \"\"\n password: ${PASSWORD}\ntokenPolicy: 1\n"}}
    assert list(check(token, fine)) == []
    for text in (
        "secret: openIM123",
        "password=openIM123",
        "uri: mongodb://root:openIM123@mongo",
        "-----BEGIN PRIVATE KEY-----",
    ):
        assert len(list(check(token, {"data": {"config.yml": text}}))) == 1, text
    assert list(check(token, {"data": {"password": "openIM123"}}))


def stack_rule(name: str, *resources: Resource) -> list[str]:
    found = rule(name)
    assert isinstance(found, StackRule)
    return list(found.check(resources))


def test_a_namespace_with_pods_denies_by_default() -> None:
    """Selecting every pod, for both directions, opening nothing."""
    pods = Resource(DEPLOYMENT, "api", deployment())
    token = "kubernetes:networking.k8s.io/v1:NetworkPolicy"
    spec: dict[str, Any] = {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    closed = Resource(token, "deny", {"metadata": {"namespace": "openim"}, "spec": spec})
    assert stack_rule("default-deny", pods, closed) == []
    assert stack_rule("default-deny") == []
    for wrong in ({"policyTypes": ["Ingress"]}, {"podSelector": {"matchLabels": {"a": "b"}}}, {"ingress": [{}]}):
        half = Resource(token, "half", {"metadata": {"namespace": "openim"}, "spec": {**spec, **wrong}})
        assert stack_rule("default-deny", pods, half)[0].startswith("namespace openim denies nothing by default")
    elsewhere = Resource(token, "deny", {"metadata": {"namespace": "other"}, "spec": spec})
    assert stack_rule("default-deny", pods, elsewhere)


def test_replicas_have_a_budget() -> None:
    """One that selects them, in their namespace; a single replica needs none."""
    pods = Resource(DEPLOYMENT, "api", deployment())
    token = "kubernetes:policy/v1:PodDisruptionBudget"
    spec = {"selector": {"matchLabels": {"app": "api"}}}
    budget = Resource(token, "api", {"metadata": {"namespace": "openim"}, "spec": spec})
    assert stack_rule("disruption-budget", pods, budget) == []
    assert stack_rule("disruption-budget", pods) == [
        "Deployment api has 2 replicas and no PodDisruptionBudget: declare one"
    ]
    other = Resource(
        token, "api", {"metadata": {"namespace": "openim"}, "spec": {"selector": {"matchLabels": {"app": "b"}}}}
    )
    assert stack_rule("disruption-budget", pods, other)
    single = deployment(spec={**deployment()["spec"], "replicas": 1})
    assert stack_rule("disruption-budget", Resource(DEPLOYMENT, "api", single)) == []


def test_what_is_built_is_protected() -> None:
    """A repository with a declared workflow has an active ruleset that asks for reviews and lets nobody rewrite."""
    built = Resource(FILE, "ci", {"repository": "chat", "file": ".github/workflows/ci.yml"})
    token = "github:index/repositoryRuleset:RepositoryRuleset"
    rules = {"deletion": True, "nonFastForward": True, "pullRequest": {"requiredApprovingReviewCount": 1}}
    ruleset = {"repository": "chat", "target": "branch", "enforcement": "active", "rules": rules}
    assert stack_rule("protected-branches", built, Resource(token, "chat", ruleset)) == []
    assert "chat has no active ruleset" in stack_rule("protected-branches", built)[0]
    for wrong in ({"enforcement": "evaluate"}, {"target": "tag"}, {"repository": "other"}):
        assert (
            "no active ruleset"
            in stack_rule("protected-branches", built, Resource(token, "x", {**ruleset, **wrong}))[0]
        )
    weak = Resource(token, "chat", {**ruleset, "rules": {**rules, "pullRequest": {}, "nonFastForward": False}})
    assert stack_rule("protected-branches", built, weak) == [
        "chat: its rules let somebody through who rewrites it or pushes without a review"
    ]


NAMED: list[tuple[Change, str]] = [
    (put(*POD, "serviceAccountName", value="api"), "ServiceAccount api"),
    (put(*POD, "imagePullSecrets", value=[{"name": "pull"}]), "Secret pull"),
    (put(*CONTAINER, "env", value=[{"valueFrom": {"configMapKeyRef": {"name": "c"}}}]), "ConfigMap c"),
    (put(*CONTAINER, "envFrom", value=[{"secretRef": {"name": "e"}}]), "Secret e"),
    (put(*POD, "volumes", value=[{"secret": {"secretName": "v"}}]), "Secret v"),
    (put(*POD, "volumes", value=[{"configMap": {"name": "v"}}]), "ConfigMap v"),
    (put(*POD, "volumes", value=[{"persistentVolumeClaim": {"claimName": "d"}}]), "PersistentVolumeClaim d"),
    (put(*POD, "volumes", value=[{"projected": {"sources": [{"secret": {"name": "p"}}]}}]), "Secret p"),
]


@pytest.mark.parametrize(("change", "name"), NAMED, ids=[name for _, name in NAMED])
def test_what_a_pod_names_is_there(change: Change, name: str) -> None:
    """In its namespace; what it may do without need not be."""
    kind, _, called = name.partition(" ")
    pods = Resource(DEPLOYMENT, "api", change(put(*CONTAINER, "env", value=[])(deployment())))
    there = Resource(f"kubernetes:core/v1:{kind}", "x", {"metadata": {"name": called, "namespace": "openim"}})
    elsewhere = Resource(there.type, "x", {"metadata": {"name": called, "namespace": "other"}})
    assert stack_rule("references-resolve", pods, there) == []
    for absent in ((), (elsewhere,)):
        [told] = stack_rule("references-resolve", pods, *absent)
        assert told == f"Deployment api names {name}, which namespace openim has not: declare it"


def test_what_a_pod_may_do_without_need_not_be_there() -> None:
    """References that are optional, and what every namespace has."""
    free = put(*CONTAINER, "env", value=[])(deployment())
    optional = [{"secret": {"secretName": "v", "optional": True}}, {"configMap": {"name": "kube-root-ca.crt"}}]
    pods = put(*POD, "volumes", value=optional)(put(*POD, "serviceAccountName", value="default")(free))
    assert stack_rule("references-resolve", Resource(DEPLOYMENT, "api", pods)) == []


def test_services_ingresses_and_autoscalers_lead_somewhere() -> None:
    """To a declared pod, an open port, a declared Service, a declared workload."""
    pods = Resource(DEPLOYMENT, "api", put(*CONTAINER, "env", value=[])(deployment()))
    here = {"name": "api", "namespace": "openim"}
    service = {"metadata": here, "spec": {"selector": {"app": "api"}, "ports": [{"name": "http", "port": 80}]}}
    backend = {"service": {"name": "api", "port": {"name": "http"}}}
    ingress = {"metadata": here, "spec": {"rules": [{"http": {"paths": [{"backend": backend}]}}]}}
    scaler = {"metadata": here, "spec": {"scaleTargetRef": {"kind": "Deployment", "name": "api"}}}
    role = {"metadata": here, "roleRef": {"kind": "Role", "name": "reader"}}
    tokens = {"Service": "core/v1", "Ingress": "networking.k8s.io/v1", "HorizontalPodAutoscaler": "autoscaling/v2"}

    def told(**objects: Any) -> list[str]:
        made = [Resource(f"kubernetes:{tokens.get(kind, 'x/v1')}:{kind}", "x", one) for kind, one in objects.items()]
        return stack_rule("references-resolve", pods, *made)

    assert told(Service=service, Ingress=ingress, HorizontalPodAutoscaler=scaler) == []
    assert told(Service={"metadata": here, "spec": {"ports": [{"port": 1}]}}) == []
    other = put("spec", "ports", 0, "targetPort", value=81)(service)
    assert told(Service=other) == ["Service api: no container of its pods opens port 81; open are ['80']"]
    nobody = put("spec", "selector", "app", value="b")(service)
    assert told(Service=nobody) == ["Service api selects no pod that is declared: {'app': 'b'}"]
    assert told(Ingress=ingress) == ["Ingress api: there is no Service api with port http"]
    gone = put("spec", "scaleTargetRef", "name", value="b")(scaler)
    assert told(HorizontalPodAutoscaler=gone)[0].startswith("HorizontalPodAutoscaler api names Deployment b, which")
    assert told(RoleBinding=role)[0].startswith("RoleBinding api names Role reader, which")


def test_required_checks_are_reported_by_somebody() -> None:
    """By the names of jobs on pull requests, those of a matrix too, of the same repository."""
    text = """
on: {pull_request: {}}
jobs:
  lint: {}
  test: {name: "Test ${{ matrix.os }}", strategy: {matrix: {include: [{os: linux}, {os: macos}]}}}
"""
    built = {"repository": "chat", "file": ".github/workflows/ci.yml", "content": text}
    wanted = [{"context": one} for one in ("lint", "Test linux", "Test macos")]
    rules = {"requiredStatusChecks": {"requiredChecks": wanted}}
    ruleset = {"repository": "chat", "enforcement": "active", "rules": rules}
    token = "github:index/repositoryRuleset:RepositoryRuleset"

    def told(file: dict[str, Any]) -> list[str]:
        return stack_rule("checks-produced", Resource(FILE, "ci", file), Resource(token, "rules", ruleset))

    assert told(built) == []
    for change in ({"repository": "other"}, {"content": "on: push"}, {"content": "a: [b"}, {"file": "ci.yml"}):
        assert len(told({**built, **change})) == 3
    assert told({**built, "content": text.replace("lint", "check")}) == [
        "chat requires the check 'lint', which no declared workflow reports: ['Test linux', 'Test macos', 'check']"
    ]


def test_each_rule_has_a_file_of_its_name_and_a_line_in_the_docs(root: Path) -> None:
    """So that who reads a refusal finds both."""
    page = (root / "docs" / "policies.md").read_text()
    for one in RULES:
        assert (root / "policies" / f"{one.name.replace('-', '_')}.py").exists()
        assert f"| `{one.name}` | {one.why} |" in page
    for invariant in INVARIANTS:
        assert (root / "policies" / "estate" / f"{invariant.name.replace('-', '_')}.py").exists()
        assert f"| `{invariant.name}` | {invariant.why} |" in page
