"""An application as data: its file, its configuration, what an environment overrides, and what follows.

``read_application`` reads and checks the file with everything that it names; ``assemble`` adds
one environment's overrides and a release and gives the workloads to declare.
"""

from model.application.assembly import assemble, image_place
from model.application.estate import ApplicationEstate, Autoscaling, Override, Resources
from model.application.reading import Application, read_application
from model.application.smoke import SmokeCheck, smoke_checks
from model.application.workload import ApplicationContent, SecretContent, Workload

__all__ = [
    "Application",
    "ApplicationContent",
    "ApplicationEstate",
    "Autoscaling",
    "Override",
    "Resources",
    "SecretContent",
    "SmokeCheck",
    "Workload",
    "assemble",
    "image_place",
    "read_application",
    "smoke_checks",
]
