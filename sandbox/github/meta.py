"""What the server says about itself, about the App, and about rate limits."""

from sandbox.github import views
from sandbox.github.apps import APPS
from sandbox.github.calls import Answer, Call, Routes
from sandbox.github.errors import not_found

routes = Routes()

STAND_IN = "openim-cicd sandbox (not GitHub)"
"""The value of the X-Sandbox header of every answer."""


RESOURCES = (
    "core", "search", "graphql", "integration_manifest", "source_import", "code_scanning_upload", "code_search",
    "code_scanning_autofix", "actions_runner_registration", "scim", "dependency_snapshots", "audit_log",
    "audit_log_streaming",
)  # fmt: skip
"""What GitHub counts apart; here they are one."""


@routes.add("GET", "/meta")
def get_meta(call: Call) -> Answer:
    """GitHub Enterprise Server's answer, and the admission that this is none."""
    return Answer(
        {
            "verifiable_password_authentication": False,
            "installed_version": "3.18.0",
            "sandbox": {"stand_in": STAND_IN, "documentation": "docs/github-standin.md"},
        }
    )


@routes.add("GET", "/rate_limit")
def get_rate_limit(call: Call) -> Answer:
    """What the caller has left; asking is free."""
    core = call.world.limits.state(call.actor.login)
    return Answer({"resources": dict.fromkeys(RESOURCES, core), "rate": core})


@routes.add("GET", "/apps/{app_slug}")
def get_app(call: Call) -> Answer:
    """One of the Apps that there are."""
    for app in APPS.values():
        if app.slug == call.parameters["app_slug"]:
            return Answer(views.app(call.world, call.db, app))
    raise not_found()
