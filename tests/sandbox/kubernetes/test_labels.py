"""Labels and references are read strictly: a slip of the pen is told, not run."""

import pytest

from sandbox.kubernetes.agent.behaviour import BEHAVIOUR, EXIT, PORTS, behaviour_of
from sandbox.kubernetes.agent.reference import Reference, parse_reference

DIGEST = f"sha256:{'a' * 64}"


def test_an_image_without_labels_runs_for_ever_and_listens_nowhere():
    behaviour = behaviour_of({})
    assert (dict(behaviour.ports), behaviour.ends_after, behaviour.ready, behaviour.healthy) == ({}, None, True, True)


def test_labels_can_be_combined():
    behaviour = behaviour_of({BEHAVIOUR: "slow-start=20, crash-after=60", PORTS: "10002/http, 10160/grpc"})
    assert behaviour.ports == {10002: "http", 10160: "grpc"}
    assert (behaviour.listens_after, behaviour.ends_after, behaviour.exit_code) == (20, 60, 1)


@pytest.mark.parametrize(
    ("labels", "remedy"),
    [
        ({BEHAVIOUR: "crashed"}, "'crashed'; known: crash, crash-after"),
        ({BEHAVIOUR: "slow-start"}, "'slow-start'; known: "),
        ({PORTS: "10002"}, r"'10002'; it must read <port>/<http\|grpc\|tcp>"),
        ({EXIT: "-1"}, "'-1'; it must be an exit code"),
    ],
)
def test_a_label_that_cannot_be_read_is_named_with_what_would_be_right(labels, remedy):
    with pytest.raises(ValueError, match=remedy):
        behaviour_of(labels)


def test_a_label_for_one_cluster_counts_there_alone():
    labels = {BEHAVIOUR: "slow-start=5", f"{BEHAVIOUR}-prod": "crash"}
    assert behaviour_of(labels, "prod").exit_code == 1
    assert behaviour_of(labels, "staging").listens_after == 5
    assert behaviour_of({f"{BEHAVIOUR}-prod": "crash"}, "staging").ends_after is None
    with pytest.raises(ValueError, match="behaviour-prod has 'crashed'"):
        behaviour_of({f"{BEHAVIOUR}-prod": "crashed"}, "prod")


@pytest.mark.parametrize(
    ("text", "reference"),
    [
        (f"127.0.0.1:5000/openim/api@{DIGEST}", Reference("127.0.0.1:5000", "openim/api", DIGEST)),
        (f"ghcr.io/openimsdk/api:v3.8@{DIGEST}", Reference("ghcr.io", "openimsdk/api", DIGEST)),
        ("localhost/api:v3.8", Reference("localhost", "api", "v3.8")),
        ("openim/api", Reference("docker.io", "openim/api", "latest")),
        ("mongo:7.0", Reference("docker.io", "library/mongo", "7.0")),
    ],
)
def test_a_reference_is_read_as_container_runtimes_do(text, reference):
    assert parse_reference(text) == reference


@pytest.mark.parametrize("text", ["", "Upper/Case", "a b", f"api@{DIGEST[:-1]}"])
def test_a_text_that_names_no_image_is_refused(text):
    with pytest.raises(ValueError, match="invalid reference format"):
        parse_reference(text)


def test_only_loopback_is_spoken_to_without_tls():
    hosts = ("127.0.0.1:5000", "localhost:5000", "registry.example.org", "127.0.0.1.example.org")
    assert [parse_reference(f"{host}/api").base.partition(":")[0] for host in hosts] == [
        "http",
        "http",
        "https",
        "https",
    ]
