"""When a claim, a volume, a quota, a token Secret or a CustomResourceDefinition is ready."""

from sandbox.plugins.kubernetes.objects import condition, name_of, pluck
from sandbox.plugins.kubernetes.readiness.decision import STORAGE_CLASS, Decision, Done, Observation, Waiting


def decide_claim(seen: Observation) -> Decision:
    """Bound; pending is enough where binding waits for the first pod."""
    phase = pluck(seen.live, "status", "phase")
    wanted = pluck(seen.live, "spec", "storageClassName")
    classes = (found for found in seen.of(STORAGE_CLASS) if name_of(found) == wanted)
    late = any(pluck(found, "volumeBindingMode") == "WaitForFirstConsumer" for found in classes)
    if phase == "Bound" or (late and phase == "Pending"):
        return Done()
    return Waiting(f'Waiting for PersistentVolumeClaim "{name_of(seen.live)}" to be bound (it is {phase})')


def decide_volume(seen: Observation) -> Decision:
    """Available or bound."""
    phase = pluck(seen.live, "status", "phase")
    if phase in ("Available", "Bound"):
        return Done("PV marked available" if phase == "Available" else "PV has been bound")
    return Waiting(f'Waiting for PersistentVolume "{name_of(seen.live)}" (it is {phase})')


def decide_quota(seen: Observation) -> Decision:
    """In force as asked for."""
    if pluck(seen.live, "spec", "hard") == pluck(seen.live, "status", "hard"):
        return Done()
    return Waiting(f'Waiting for ResourceQuota "{name_of(seen.live)}" to be in force')


def decide_secret(seen: Observation) -> Decision:
    """Only a service account's token has to be filled in by a controller."""
    if pluck(seen.live, "type") != "kubernetes.io/service-account-token" or pluck(seen.live, "data"):
        return Done()
    return Waiting(f'Waiting for Secret "{name_of(seen.live)}" to receive its token')


def decide_definition(seen: Observation) -> Decision:
    """Established: its objects can be created from now on."""
    if condition(seen.live, "Established").get("status") == "True":
        return Done()
    return Waiting(f'Waiting for CustomResourceDefinition "{name_of(seen.live)}" to be established')
