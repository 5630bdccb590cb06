"""OpenIM's secrets stay secret, are made once, and are the same at both ends."""

import base64

from tests.program.openim.objects import by_name, container, objects, workloads


def test_credentials_never_leave_secrets(declared):
    """Generated passwords and the registry's stand in Secrets only, and travel as secrets."""
    recorded = declared()
    for one in recorded:
        clear = str({key: value for key, value in one.inputs.items() if not secret_path(one, key)})
        assert "generated-" not in clear, one.urn
        assert "hunter2" not in clear, one.urn
    for one in objects(recorded, "ConfigMap"):
        assert "openIM123" not in str(one)
        assert "666666" not in str(one)


def secret_path(one, key):
    inside = [path for path in one.secrets if path == key or path.startswith(f"{key}.")]
    return bool(inside) and (key in inside or {f"{key}.{name}" for name in one.inputs[key]} == set(inside))


def test_both_ends_share_each_password(declared):
    """A store and its clients read the same key of the same Secret."""
    recorded = declared()
    secrets = {name: one["data"] for name, one in by_name(recorded, "Secret").items()}
    password = base64.b64decode(secrets["openim-redis-secret"]["redis-password"]).decode()
    assert password == "generated-openim-openim-redis-secret-redis-password"
    running = workloads(recorded)
    assert reference(running["redis"], "REDIS_PASSWORD") == ("openim-redis-secret", "redis-password")
    assert reference(running["openim-api"], "IMENV_REDIS_PASSWORD") == ("openim-redis-secret", "redis-password")
    assert reference(running["openim-chat-rpc"], "CHATENV_REDIS_PASSWORD") == ("openim-redis-secret", "redis-password")
    assert reference(running["mongo"], "MONGO_OPENIM_PASSWORD") == reference(
        running["openim-rpc-user"], "IMENV_MONGODB_PASSWORD"
    )
    assert reference(running["openim-api"], "IMENV_SHARE_SECRET") == reference(
        running["openim-chat-api"], "CHATENV_SHARE_OPENIM_SECRET"
    )


def reference(workload, name):
    (found,) = [one for one in container(workload)["env"] if one["name"] == name]
    return found["valueFrom"]["secretKeyRef"]["name"], found["valueFrom"]["secretKeyRef"]["key"]


def test_passwords_are_generated_once(declared):
    """Nothing that changes from run to run can make a password anew."""
    passwords = [one for one in declared() if one.type == "random:index/randomPassword:RandomPassword"]
    assert len(passwords) == 8
    assert all(set(one.inputs) == {"length", "special"} for one in passwords)


def test_a_changed_secret_rolls_its_readers_without_telling(declared):
    """Pods carry a keyed fingerprint of each Secret that they read, never a plain hash of it."""
    recorded = declared()
    (redis,) = [one for one in recorded if one.type.endswith(":StatefulSet") and one.name == "openim-redis"]
    annotations = redis.inputs["spec"]["template"]["metadata"]["annotations"]
    assert list(annotations) == ["openim-cicd/openim-redis-secret"]
    assert len(annotations["openim-cicd/openim-redis-secret"]) == 16
    assert not redis.secrets
