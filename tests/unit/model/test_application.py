"""What is refused in an application's file and in an environment's overrides, and what follows from them."""

import copy
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from model.application import Override, assemble, read_application, smoke_checks
from model.application.configuration import render
from model.application.version import Version
from model.problems import SettingsError
from model.release import Release

ROOT = Path(__file__).parents[3]

SMALL = {
    "name": "chatty",
    "imagePath": "chatty",
    "requires": {"version": "v1.2.0-alpha.1", "reason": "older images cannot"},
    "ingress": {"className": "nginx", "namespace": "ingress-nginx"},
    "secrets": {"redis-secret": {"password": {"generate": 32}, "user": {"value": "root"}}},
    "families": {
        "server": {
            "folder": "estate/config",
            "environmentPrefix": "APP",
            "configPathVariable": "CONFIG_PATH",
            "configPath": "/config",
            "discovery": "discovery.yml",
            "credentials": {"redis.yml": {"password": {"secret": "redis-secret", "key": "password"}}},
            "resources": {"requests": {"cpu": "100m", "memory": "128Mi"}, "limits": {"memory": "256Mi"}},
        }
    },
    "stores": {
        "redis": {
            "service": "redis-service",
            "ports": [{"name": "redis", "number": 6379, "service": 16379}],
            "singleton": "no replication is configured",
            "user": 999,
            "resources": {"requests": {"cpu": "100m", "memory": "128Mi"}, "limits": {"memory": "256Mi"}},
            "volume": {"path": "/data", "size": "1Gi"},
        }
    },
    "services": {
        "chat-api": {
            "family": "server",
            "own": "chat-api.yml",
            "service": "chat-api-service",
            "ports": [{"name": "grpc", "listens": "rpc.ports"}],
            "probe": {"port": "grpc"},
            "public": "grpc",
            "files": ["chat-api.yml", "redis.yml", "discovery.yml"],
        }
    },
}
FILES = {
    "estate/config/chat-api.yml": {"rpc": {"ports": [10320]}, "link": "${address.chat-api}"},
    "estate/config/redis.yml": {"address": ["redis-service:16379"], "password": ""},
    "estate/config/discovery.yml": {"rpcService": {"chat": "chat-api-service"}, "namespace": "${namespace}"},
}


@pytest.fixture
def data():
    """A whole, sound application; tests break one thing each."""
    return copy.deepcopy({"estate/app.yaml": SMALL, **FILES})


@pytest.fixture
def refused(data, tmp_path):
    """``refused()``: what is said about the application as it stands in ``data``."""

    def run():
        with pytest.raises(SettingsError) as error:
            read(data, tmp_path)
        return str(error.value)

    return run


def read(data, folder):
    for name, content in data.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w") as stream:
            YAML(typ="safe").dump(content, stream)
    return read_application("estate/app.yaml", lambda name: (folder / name).read_text())


def assembled(application, overrides=None, **changes):
    images = {name: f"sha256:{index:064x}" for index, name in enumerate(application.estate.workloads())}
    release = {"id": "v1.2.0+a1b2c3d", "images": images, **changes}
    return assemble(
        application,
        overrides={name: Override.model_validate(one) for name, one in (overrides or {}).items()},
        release=Release.model_validate(release),
        registry_host="registry.example",
        namespace="chatty",
        stack_file="Pulumi.staging.yaml",
    )


def test_a_sound_application_becomes_workloads(data, tmp_path):
    """Ports, variables, callers and text follow from the configuration."""
    content = assembled(read(data, tmp_path))
    (store,), (service,) = content["stores"], content["services"]
    assert service["ports"] == [{"name": "grpc", "container": 10320, "service": 10320}]
    assert service["image"] == f"registry.example/chatty/chat-api@sha256:{1:064x}"
    assert service["secret_environment"] == [
        {"name": "APP_REDIS_PASSWORD", "secret": "redis-secret", "key": "password"}
    ]
    assert service["environment"] == {"CONFIG_PATH": "/config"}
    assert 'namespace: "chatty"' in service["files"]["discovery.yml"]
    assert store["callers"] == [{"name": "chat-api", "port": 6379}]
    assert content["secrets"] == [{"name": "redis-secret", "values": {"user": "root"}, "generated": {"password": 32}}]


def test_every_mistake_is_named_at_once(data, refused):
    """All offenders come in one refusal, each with file, key and remedy."""
    data["estate/config/redis.yml"] = {"address": ["redis-servce:16379"], "password": "openIM123"}
    data["estate/config/discovery.yml"]["rpcService"]["user"] = "user-rpc-service"
    data["estate/app.yaml"]["services"]["chat-api"]["probe"] = {"port": "http"}
    message = refused()
    assert message.startswith("5 problems")
    assert "estate/config/redis.yml: address = redis-servce:16379: unknown Service" in message
    assert "estate/config/redis.yml: password: must be blank: configuration files become ConfigMaps" in message
    assert "families.server.credentials.redis.yml.password: must be blank in the file" in message
    assert "estate/config/discovery.yml: rpcService.user = user-rpc-service: unknown Service" in message
    assert "services.chat-api.probe.port = http: unknown port; known: ['grpc']" in message
    assert "openIM123" not in message


def test_an_address_needs_a_port_of_that_service(data, refused):
    """The container's port is not the Service's; dialling it would find nobody."""
    data["estate/config/redis.yml"]["address"] = ["redis-service:6379"]
    assert "redis-service has no such port; known: [16379]" in refused()


def test_an_undeclared_listener_is_refused(data, refused):
    """A port that the configuration opens and nobody declares would be unreachable and unprobed."""
    data["estate/config/chat-api.yml"]["prometheus"] = {"ports": [12320]}
    assert "chat-api.yml makes it listen on prometheus.ports, which is not declared" in refused()


def test_a_declared_port_that_nothing_listens_on_is_refused(data, refused):
    """The configuration decides where a program listens."""
    data["estate/app.yaml"]["services"]["chat-api"]["ports"].append({"name": "metrics", "listens": "prometheus.ports"})
    assert "not a list of ports in chat-api.yml; known: ['rpc.ports']" in refused()


def test_several_processes_in_one_container_are_refused(data, refused):
    """Replicas are pods here."""
    data["estate/config/chat-api.yml"]["rpc"]["ports"] = [10320, 10321]
    assert "must be one number" in refused()


def test_a_discovered_service_leads_with_grpc(data, refused):
    """The resolver of the programs takes the first port, and all connections go to ports of that name."""
    data["estate/app.yaml"]["services"]["chat-api"]["ports"][0]["name"] = "http"
    data["estate/app.yaml"]["services"]["chat-api"]["probe"] = {"port": "http"}
    data["estate/app.yaml"]["services"]["chat-api"]["public"] = "http"
    assert "the first port of its Service must be named grpc" in refused()


@pytest.mark.parametrize(
    ("reference", "said"),
    [
        ({"secret": "redis", "key": "password"}, "unknown Secret; known: ['redis-secret']"),
        ({"secret": "redis-secret", "key": "pass"}, "unknown key of redis-secret; known: ['password', 'user']"),
    ],
)
def test_a_credential_must_exist(data, refused, reference, said):
    """A pod that refers to a missing Secret or key never starts."""
    data["estate/app.yaml"]["families"]["server"]["credentials"]["redis.yml"]["password"] = reference
    assert said in refused()


def test_a_variable_without_its_key_is_refused(data, refused):
    """The programs override only keys that their file has."""
    del data["estate/config/redis.yml"]["password"]
    assert "the file has no such key, so the variable would have no effect" in refused()


def test_a_missing_configuration_file_is_refused(data, refused):
    """A program stops at start when one of its files is not there."""
    data["estate/app.yaml"]["services"]["chat-api"]["files"].append("kafka.yml")
    assert "estate/config/kafka.yml: cannot be read" in refused()


def test_an_unknown_placeholder_is_refused(data, refused):
    """Nothing is left unfilled in a file that a program reads."""
    data["estate/config/redis.yml"]["prefix"] = "${stage}"
    assert "unknown placeholder; known: ['namespace', 'address.chat-api']" in refused()


def test_a_wave_of_nobody_is_refused(data, refused):
    """A service that was renamed would else come in another wave, and nothing would say so."""
    data["estate/app.yaml"]["waves"] = [["chat-*", "rpc-*"]]
    assert "waves[0] = rpc-*: names no service; known: ['chat-api']" in refused()


def test_an_unknown_family_is_named_with_the_choices(data, refused):
    """So is every other name of something else."""
    data["estate/app.yaml"]["services"]["chat-api"]["family"] = "chat"
    assert "services.chat-api.family = chat: unknown family; known: ['server']" in refused()


def test_two_workloads_cannot_share_a_service(data, refused):
    """One Service leads to one workload."""
    data["estate/app.yaml"]["services"]["chat-api"]["service"] = "redis-service"
    assert "is the Service of several workloads" in refused()


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        ({"chat-apy": {"replicas": 2}}, "overrides.chat-apy: unknown service; known: ['chat-api', 'redis']"),
        ({"redis": {"replicas": 3}}, "must stay at one replica: no replication is configured"),
        ({"redis": {"autoscaling": {"maxReplicas": 3}}}, "a store is not scaled by load"),
        ({"chat-api": {"storage": "10Gi"}}, "only a store has a volume"),
        ({"redis": {"host": "redis.example.org"}}, "names no public port"),
        ({"chat-api": {"replicas": 5, "autoscaling": {"maxReplicas": 3}}}, "must not be below the 5 replicas"),
    ],
)
def test_overrides_that_cannot_work_are_refused(data, tmp_path, overrides, said):
    """An environment may change what makes sense for that service, and is told what does not."""
    application = read(data, tmp_path)
    with pytest.raises(SettingsError) as error:
        assembled(application, overrides)
    assert said in str(error.value)
    assert "Pulumi.staging.yaml" in str(error.value)


def test_a_release_has_exactly_the_images_that_run(data, tmp_path):
    """A missing image and one that nobody runs are both mistakes."""
    application = read(data, tmp_path)
    with pytest.raises(SettingsError) as error:
        assembled(application, images={"chat-api": f"sha256:{1:064x}", "kafka": f"sha256:{2:064x}"})
    assert "images.redis: missing; the application runs it" in str(error.value)
    assert "images.kafka: unknown image; known: ['chat-api', 'redis']" in str(error.value)


def test_images_too_old_for_the_configuration_are_refused(data, tmp_path):
    """The refusal says since when and why."""
    application = read(data, tmp_path)
    with pytest.raises(SettingsError, match=r"needs v1\.2\.0-alpha\.1 or newer: older images cannot"):
        assembled(application, id="v1.1.9-patch.16+a1b2c3d")
    assembled(application, id="v1.2.0-alpha.1+a1b2c3d")


def test_a_public_host_is_what_clients_are_told(data, tmp_path):
    """Without a host of its own a workload is reachable from inside the cluster only."""
    application = read(data, tmp_path)
    (inside,) = assembled(application)["services"]
    assert 'link: "http://chat-api-service:10320"' in inside["files"]["chat-api.yml"]
    (outside,) = assembled(application, {"chat-api": {"host": "chat.example.org"}})["services"]
    assert 'link: "https://chat.example.org"' in outside["files"]["chat-api.yml"]
    assert outside["ingress"]["host"] == "chat.example.org"


def test_openims_own_file_is_sound():
    """The committed application can be assembled, and refuses the images that cannot read its configuration."""
    application = read_application("estate/openim.yaml", lambda name: (ROOT / name).read_text())
    content = assembled(application, id="v3.8.4-alpha.1+a1b2c3d")
    assert (len(content["stores"]), len(content["services"])) == (4, 16)
    with pytest.raises(SettingsError, match="CONFIG_PATH"):
        assembled(application, id="v3.8.3-patch.16+a1b2c3d")


TRICKY = st.text("aZ0 :#'\"\\\n\t}[]&*!|>%@`-?,~é漢😀", max_size=8)
SCALARS = st.one_of(st.none(), st.booleans(), st.integers(-(2**63), 2**63), TRICKY)
KEYS = st.sampled_from(["uri", "maxRetry", "a0", "listenIP", "x"])
INNER = st.recursive(
    SCALARS,
    lambda one: st.dictionaries(KEYS, one, max_size=3) | st.lists(one, max_size=3),
    max_leaves=6,
)


# A busy machine is no reason to fail.
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(KEYS, INNER, max_size=3))
def test_rendered_text_says_what_the_data_says(data):
    """Whatever a configuration holds, the program reads the same back."""
    text = render(data, {})
    assert (YAML(typ="safe").load(text) or {}) == data


def test_versions_order_like_semver():
    """Pre-releases come before their release, numbers compare as numbers, build metadata does not count."""
    ordered = ["v3.8.3-patch.9", "v3.8.3-patch.16", "v3.8.3", "v3.8.4-alpha", "v3.8.4-alpha.1", "v3.8.4-beta", "v3.8.4"]
    assert sorted(ordered, key=Version) == ordered
    assert Version("v3.8.4+a") == Version("v3.8.4+b")
    with pytest.raises(ValueError, match="must be a version"):
        Version("main")


def test_smoke_checks_ask_the_service_s_own_port():
    """A check names a port of the workload; what is asked is the Service's number for it."""
    checks = smoke_checks(read_application("estate/openim.yaml", lambda file: (ROOT / file).read_text()))
    assert [one.title for one in checks] == [
        "GET minio-service:10005/minio/health/live",
        "POST openim-api-service:10002/auth/get_admin_token",
        "GET openim-msgtransfer-service:12020/metrics",
        "POST admin-api-service:10009/account/login",
        "POST chat-api-service:10008/account/login",
    ]
