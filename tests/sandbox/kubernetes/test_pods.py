"""Pods live and fail as under a kubelet."""

import base64


def ready(kube, name, replicas=1):
    return lambda: kube.deployment(name)["status"].get("readyReplicas", 0) == replicas


def test_a_deployment_by_digest_rolls_out_and_tells_the_image_it_runs(kube, registry, eventually):
    image = registry.push("openim/web", ports="10002/http")
    kube.deploy("web", image, replicas=3)
    eventually(ready(kube, "web", 3))
    statuses = [each["status"] for each in kube.pods("web")]
    assert {each["containerStatuses"][0]["imageID"] for each in statuses} == {image}
    assert len({each["podIP"] for each in statuses}) == 3
    assert all(each["phase"] == "Running" for each in statuses)


def test_a_missing_image_backs_off_and_never_becomes_available(kube, registry, eventually):
    image = f"{registry.host}/openim/nope@sha256:{'0' * 64}"
    kube.deploy("missing", image)
    eventually(lambda: kube.waiting("missing").get("reason") == "ImagePullBackOff")
    assert "not found" in kube.waiting("missing")["message"]
    assert kube.deployment("missing")["status"].get("availableReplicas", 0) == 0
    eventually(lambda: "Error: ErrImagePull" in kube.messages("missing"))


def test_an_image_is_refused_when_its_content_is_not_what_the_digest_says(kube, registry, eventually):
    image = registry.push("openim/forged", ports="1/tcp")
    registry.blobs[image.rpartition("@")[2]] += b" "
    kube.deploy("forged", image)
    eventually(lambda: "unexpected digest" in kube.waiting("forged").get("message", ""))


def test_a_private_image_needs_the_pull_secret(kube, registry, eventually):
    image = registry.push("private/web")
    kube.deploy("anonymous", image)
    eventually(lambda: "no basic auth credentials" in kube.waiting("anonymous").get("message", ""))
    content = {".dockerconfigjson": base64.b64encode(registry.pull_secret.encode()).decode()}
    secret = {"metadata": {"name": "pull"}, "type": "kubernetes.io/dockerconfigjson", "data": content}
    kube.create("/api/v1/namespaces/default/secrets", secret)
    kube.deploy("authorised", image, pod={"imagePullSecrets": [{"name": "pull"}]})
    eventually(ready(kube, "authorised"))
    # What one pod has pulled with credentials is not another pod's to use.
    assert kube.deployment("anonymous")["status"].get("readyReplicas", 0) == 0


def test_an_image_that_may_not_be_pulled_is_not(kube, registry, eventually):
    kube.deploy("never", registry.push("openim/never"), imagePullPolicy="Never")
    eventually(lambda: kube.waiting("never").get("reason") == "ErrImageNeverPull")


def test_a_text_that_is_no_image_name_is_told(kube, eventually):
    kube.deploy("misnamed", "Not An Image")
    eventually(lambda: kube.waiting("misnamed").get("reason") == "InvalidImageName")


def test_a_registry_that_answers_nonsense_fails_the_pull_and_nothing_else(kube, registry, eventually):
    nonsense = registry.push("openim/nonsense")
    registry.blobs["latest"] = b"<html>"
    kube.deploy("nonsense", f"{registry.host}/openim/nonsense:latest")
    eventually(lambda: "manifest cannot be read" in kube.waiting("nonsense").get("message", ""))
    kube.deploy("sense", nonsense)
    eventually(ready(kube, "sense"))


def test_a_crashing_program_is_restarted_and_backed_off(kube, registry, eventually):
    kube.deploy("crash", registry.push("openim/crash", behaviour="crash"))
    eventually(lambda: kube.main("crash").get("restartCount", 0) >= 2)
    eventually(lambda: kube.waiting("crash").get("reason") == "CrashLoopBackOff")
    assert kube.main("crash")["lastState"]["terminated"]["exitCode"] == 1
    assert kube.deployment("crash")["status"].get("availableReplicas", 0) == 0


PROBE = {"httpGet": {"port": "http", "path": "/"}, "periodSeconds": 5}


def test_a_probe_passes_only_on_a_port_the_program_listens_on(kube, registry, eventually):
    image = registry.push("openim/web", ports="10002/http")
    for name, port in (("right-port", 10002), ("wrong-port", 8080)):
        kube.deploy(name, image, ports=[{"name": "http", "containerPort": port}], readinessProbe=PROBE)
    eventually(ready(kube, "right-port"))
    refused = "8080: connect: connection refused"
    eventually(lambda: any(refused in each for each in kube.messages("wrong-port")))
    assert kube.main("wrong-port")["ready"] is False


def test_an_unready_program_runs_but_never_becomes_ready(kube, registry, eventually):
    image = registry.push("openim/unready", behaviour="unready", ports="10002/http")
    kube.deploy("unready", image, readinessProbe={**PROBE, "httpGet": {"port": 10002}})
    eventually(lambda: any("Readiness probe failed" in each for each in kube.messages("unready")))
    assert "running" in kube.main("unready")["state"]
    assert kube.main("unready")["ready"] is False


def test_an_unhealthy_program_is_killed_and_restarted(kube, registry, eventually):
    image = registry.push("openim/unhealthy", behaviour="unhealthy", ports="10002/tcp")
    kube.deploy("unhealthy", image, livenessProbe={"tcpSocket": {"port": 10002}, "periodSeconds": 2})
    eventually(lambda: kube.main("unhealthy").get("restartCount", 0) >= 1)
    eventually(lambda: any("failed liveness probe" in each for each in kube.messages("unhealthy")))


def test_a_slow_program_starts_under_a_patient_startup_probe_only(kube, registry, eventually):
    image = registry.push("openim/slow", behaviour="slow-start=20", ports="10002/http")
    for name, failures in (("patient", 30), ("impatient", 1)):
        probe = {"httpGet": {"port": 10002}, "periodSeconds": 2, "failureThreshold": failures}
        kube.deploy(name, image, startupProbe=probe)
    eventually(ready(kube, "patient"))
    eventually(lambda: kube.main("impatient").get("restartCount", 0) >= 1)
    assert kube.main("patient")["restartCount"] == 0


def test_a_missing_secret_key_is_named_and_its_arrival_noticed(kube, registry, eventually):
    variable = {"name": "PASSWORD", "valueFrom": {"secretKeyRef": {"name": "mongo", "key": "password"}}}
    kube.deploy("reference", registry.push("openim/reference"), env=[variable])
    eventually(lambda: kube.waiting("reference").get("message") == 'secret "mongo" not found')
    assert kube.waiting("reference")["reason"] == "CreateContainerConfigError"
    secrets = "/api/v1/namespaces/default/secrets"
    kube.create(secrets, {"metadata": {"name": "mongo"}, "stringData": {"user": "openim"}})
    keyless = "couldn't find key password in Secret default/mongo"
    eventually(lambda: kube.waiting("reference").get("message") == keyless)
    kube.delete(f"{secrets}/mongo")
    kube.create(secrets, {"metadata": {"name": "mongo"}, "stringData": {"password": "generated"}})
    eventually(ready(kube, "reference"))


def test_a_volume_of_a_missing_configmap_is_never_mounted(kube, registry, eventually):
    volume = {"name": "config", "configMap": {"name": "nowhere"}}
    kube.deploy("volume", registry.push("openim/volume"), pod={"volumes": [volume]})
    message = 'MountVolume.SetUp failed for volume "config" : configmap "nowhere" not found'
    eventually(lambda: message in kube.messages("volume"))
    assert kube.waiting("volume") == {"reason": "ContainerCreating"}


def test_a_file_that_its_configmap_does_not_have_is_not_mounted(kube, registry, eventually):
    kube.create("/api/v1/namespaces/default/configmaps", {"metadata": {"name": "files"}, "data": {"share.yml": "{}"}})
    volume = {"name": "config", "configMap": {"name": "files"}}
    image = registry.push("openim/files")
    for name, file in (("right-file", "share.yml"), ("wrong-file", "shared.yml")):
        mount = {"name": "config", "mountPath": f"/config/{file}", "subPath": file}
        kube.deploy(name, image, pod={"volumes": [volume]}, volumeMounts=[mount])
    eventually(ready(kube, "right-file"))
    eventually(lambda: "failed to prepare subPath" in kube.waiting("wrong-file").get("message", ""))


def test_an_image_of_root_may_not_run_where_root_is_forbidden(kube, registry, eventually):
    kube.deploy("root", registry.push("openim/root", user=""), securityContext={"runAsNonRoot": True})
    eventually(lambda: "image will run as root" in kube.waiting("root").get("message", ""))
    assert kube.waiting("root")["reason"] == "CreateContainerConfigError"


def test_a_job_ends_as_its_program_does(kube, registry, eventually):
    jobs = "/apis/batch/v1/namespaces/default/jobs"

    def conditions(name):
        found = kube.get(f"{jobs}/{name}")["status"].get("conditions", [])
        return {each["type"] for each in found if each["status"] == "True"}

    for name, exit_code in (("good", "0"), ("bad", "3")):
        container = {"name": "main", "image": registry.push(f"openim/{name}", exit=exit_code)}
        template = {"spec": {"restartPolicy": "Never", "containers": [container]}}
        kube.create(jobs, {"metadata": {"name": name}, "spec": {"backoffLimit": 0, "template": template}})
    eventually(lambda: "Complete" in conditions("good"))
    eventually(lambda: "Failed" in conditions("bad"))


def test_init_containers_run_in_order_before_the_program(kube, registry, eventually):
    done = registry.push("openim/done", exit="0")
    first = [{"name": "one", "image": done}, {"name": "two", "image": done}]
    kube.deploy("init", registry.push("openim/main"), pod={"initContainers": first})
    eventually(ready(kube, "init"))
    [pod] = kube.pods("init")
    assert [each["state"]["terminated"]["exitCode"] for each in pod["status"]["initContainerStatuses"]] == [0, 0]


def test_each_replica_of_a_stateful_set_has_a_volume_of_its_own(kube, registry, eventually):
    claim = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    mounts = [{"name": "data", "mountPath": "/data"}]
    labels = {"app": "store"}
    containers = [{"name": "main", "image": registry.push("openim/store"), "volumeMounts": mounts}]
    spec = {
        "serviceName": "store",
        "replicas": 3,
        "selector": {"matchLabels": labels},
        "template": {"metadata": {"labels": labels}, "spec": {"containers": containers}},
        "volumeClaimTemplates": [{"metadata": {"name": "data"}, "spec": claim}],
    }
    sets = "/apis/apps/v1/namespaces/default/statefulsets"
    kube.create(sets, {"metadata": {"name": "store"}, "spec": spec})
    eventually(lambda: kube.get(f"{sets}/store")["status"].get("readyReplicas", 0) == 3)
    claims = kube.get("/api/v1/namespaces/default/persistentvolumeclaims")["items"]
    assert {each["status"]["phase"] for each in claims} == {"Bound"}
    assert len({each["spec"]["volumeName"] for each in claims}) == 3
    kube.delete(f"{sets}/store")
    for each in claims:
        kube.delete(f"/api/v1/namespaces/default/persistentvolumeclaims/{each['metadata']['name']}")
    eventually(lambda: not kube.get("/api/v1/persistentvolumes")["items"])


def test_deleted_pods_go(kube, registry, eventually):
    kube.deploy("brief", registry.push("openim/brief"))
    eventually(ready(kube, "brief"))
    kube.delete("/apis/apps/v1/namespaces/default/deployments/brief")
    eventually(lambda: not kube.pods("brief"))
