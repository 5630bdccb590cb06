"""The program: settings -> providers -> components -> exports."""

import os
from pathlib import Path

import pulumi

from components import sdk_messages
from delivery.program_outputs import hold_undeclared
from model.declaration import declare
from model.problems import SettingsError

ROOT = Path(__file__).parent
CREDENTIALS = ("DOCKER_HOST", "GITHUB_TOKEN", "KUBECONFIG")
"""Taken out of this process: the SDKs would copy them into provider inputs. The plugins read their own environment."""

sdk_messages.leave_out(os.environ)
try:
    declared = declare(
        pulumi.get_stack(), pulumi.runtime.get_config_env(), lambda file: (ROOT / file).read_text(), os.environ
    )
except SettingsError as error:
    raise pulumi.RunError(str(error)) from None

for name in CREDENTIALS:
    os.environ.pop(name, None)

# Each half loads only what it needs: SDKs, and the gate in front of environments, also of one that was there before.
if not declared.environment:
    hold_undeclared(pulumi.get_stack())
if declared.organization:
    from components.github_provider import github_provider
    from components.organization import Organization
    from components.organization_arguments import organization_args

    name = declared.organization.settings.name
    options = pulumi.ResourceOptions(providers=[github_provider(name, os.environ.get("GITHUB_BASE_URL"))])
    organization = Organization(name, organization_args(declared.organization), options)
    pulumi.export("repositories", organization.repositories)
    pulumi.export("webhookSecrets", organization.webhook_secrets)
    pulumi.export("handledEvents", declared.organization.settings.webhook.handles)

if declared.environment:
    from components.environment import Environment
    from components.environment_arguments import environment_args, registry_login
    from components.kubernetes_provider import kubernetes_provider
    from components.registry_images import registry_provider
    from delivery import program_gate

    change = program_gate.hold(pulumi.get_stack(), ROOT)
    namespace = declared.environment.cluster.namespace
    registry = registry_provider("registry", registry_login(declared.environment.registry))
    kubeconfig = change.settings["cluster"]["kubeconfig"]
    options = pulumi.ResourceOptions(providers=[kubernetes_provider(kubeconfig, pulumi.get_stack()), registry])
    environment = Environment(namespace, environment_args(declared.environment, change.way_back), options)
    pulumi.export("images", environment.images)
    pulumi.export("release", change.parts.release.model_dump())
    pulumi.export("fingerprint", change.fingerprint)
    # Ids become known while people approve: outputs that held them would not be those of the plan any more.
    pulumi.export("policy", change.declared.numbered({}).data)
    pulumi.export("wayBack", change.way_back.data)
