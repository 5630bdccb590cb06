"""What must be answered after a deployment, with every name resolved to what is asked."""

from dataclasses import dataclass

from model.application.endpoints import ports
from model.application.reading import Application


@dataclass(frozen=True, order=True)
class SmokeCheck:
    """One request through a Service."""

    workload: str
    """The workload behind the Service."""
    service: str
    """Name of the Service."""
    port: int
    """Port of the Service."""
    method: str
    path: str
    status: int
    """What the answer must have."""

    @property
    def title(self) -> str:
        """``GET minio-service:10005/minio/health/live``, which tells the checks of an application apart."""
        return f"{self.method} {self.service}:{self.port}{self.path}"


def smoke_checks(application: Application) -> tuple[SmokeCheck, ...]:
    """Every check that the application's file declares, stores first."""
    found = []
    for name, workload in application.estate.workloads().items():
        numbers = {port["name"]: port["service"] for port in ports(workload, application.configuration)}
        for one in workload.smoke:
            port = numbers[one.port]
            found.append(SmokeCheck(name, workload.service or "", port, one.method, one.path, one.status))
    return tuple(found)
