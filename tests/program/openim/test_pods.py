"""How OpenIM's pods run: images, security, probes, volumes, replicas, and when they are replaced."""

from tests.program.openim.objects import assembled, by_name, container, objects, pod, stack, templates, workloads


def test_images_are_digests_from_the_declared_registry(declared):
    """No pod runs a tag, and each runs the image of its own name."""
    for name, workload in workloads(declared()).items():
        image, _, digest = container(workload)["image"].partition("@sha256:")
        assert image == f"registry.example:5000/openim/{name}"
        assert len(digest) == 64
        assert container(workload)["imagePullPolicy"] == "IfNotPresent"


def test_pods_meet_the_restricted_standard(declared):
    """Not root, no privileges, a read-only root and the runtime's seccomp profile, for every pod."""
    recorded = declared()
    for workload in workloads(recorded).values():
        security = pod(workload)["securityContext"]
        assert security["runAsNonRoot"]
        assert security["runAsUser"] > 0
        assert security["seccompProfile"] == {"type": "RuntimeDefault"}
        assert container(workload)["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert container(workload)["resources"]["requests"].keys() == {"cpu", "memory"}
        assert "memory" in container(workload)["resources"]["limits"]
    (namespace,) = objects(recorded, "Namespace")
    assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"


def test_whatever_listens_is_probed(declared):
    """Start-up, readiness and liveness of every program with a port; the cron program has none."""
    for name, workload in workloads(declared()).items():
        probes = {"startupProbe", "readinessProbe", "livenessProbe"} & container(workload).keys()
        assert len(probes) == (0 if name == "openim-crontask" else 3)
        ports = {port["name"] for port in container(workload)["ports"]}
        for probe in probes:
            how = container(workload)[probe]
            assert how.get("httpGet", how.get("tcpSocket"))["port"] in ports


def test_each_replica_of_a_store_has_its_own_volume(declared):
    """Stores claim their volumes by template, and no claim is shared or deleted with the store."""
    recorded = declared()
    assert not objects(recorded, "PersistentVolumeClaim")
    for workload in by_name(recorded, "StatefulSet").values():
        (claim,) = workload["spec"]["volumeClaimTemplates"]
        assert claim["spec"]["accessModes"] == ["ReadWriteOnce"]
        assert claim["metadata"]["name"] in {one["name"] for one in container(workload)["volumeMounts"]}
        assert workload["spec"]["replicas"] == 1
        assert workload["spec"]["persistentVolumeClaimRetentionPolicy"]["whenDeleted"] == "Retain"


def test_replicas_are_kept_through_drains_and_zones(declared):
    """Several replicas spread and give way one at a time; a single one holds no drain up."""
    recorded = declared({"openim-push": {"replicas": 1}, "openim-api": {"replicas": 4}})
    deployments, budgets = by_name(recorded, "Deployment"), by_name(recorded, "PodDisruptionBudget")
    assert deployments["openim-api"]["spec"]["replicas"] == 4
    assert "openim-api" in budgets
    assert "openim-push" not in budgets
    assert {one["topologyKey"] for one in pod(deployments["openim-api"])["topologySpreadConstraints"]} == {
        "topology.kubernetes.io/zone",
        "kubernetes.io/hostname",
    }
    assert deployments["openim-crontask"]["spec"]["strategy"] == {"type": "Recreate"}


def test_the_autoscaler_alone_counts_its_pods(declared):
    """With autoscaling the Deployment names no number that would undo the autoscaler's on every deployment."""
    recorded = declared({"openim-api": {"replicas": 3, "autoscaling": {"maxReplicas": 9}}})
    assert "replicas" not in by_name(recorded, "Deployment")["openim-api"]["spec"]
    scaler = by_name(recorded, "HorizontalPodAutoscaler")["openim-api"]["spec"]
    assert (scaler["minReplicas"], scaler["maxReplicas"]) == (3, 9)


def test_a_changed_configuration_rolls_its_readers_only(record, declared, application, monkeypatch):
    """Pods whose files change are replaced; the others stay."""
    before = templates(declared())
    changed = {**application.configuration["server"]["openim-push.yml"], "maxConcurrentWorkers": 7}
    monkeypatch.setitem(application.configuration["server"], "openim-push.yml", changed)
    after = templates(record(lambda: stack(assembled(application, {}), False)))
    assert {name for name in before if before[name] != after[name]} == {"openim-api", "openim-push"}


def test_stores_are_there_before_the_services(declared):
    """A service is declared to wait for every store."""
    recorded = declared()
    stores = {one.urn for one in recorded if one.type.endswith(":StatefulSet")}
    services = {one.parent for one in recorded if one.type.endswith(":Deployment")}
    assert len(services) == 16
    for one in recorded:
        assert one.urn not in services or stores <= set(one.depends_on)


def test_production_protects_what_cannot_be_made_again(declared):
    """The namespace, the stores and their passwords refuse to be deleted; nothing else does."""
    kinds = {one.type.rsplit(":", 1)[-1] for one in declared(protect=True) if one.protect}
    assert kinds == {"Namespace", "StatefulSet", "RandomPassword"}
    assert not [one for one in declared() if one.protect]
