"""The provider of everything in a cluster."""

import pulumi
import pulumi_kubernetes as kubernetes

VARIABLE = "env:"
"""Before the name of an environment variable, where a setting names one."""


def kubernetes_provider(kubeconfig: str, identifier: str) -> kubernetes.Provider:
    """The cluster of a kubeconfig; its content is read by the plugin and not kept in state.

    ``kubeconfig`` is a path, or ``env:NAME`` for the variable that holds one. A variable's value stays out of the
    provider's inputs: a job and a laptop have the file at different places, and a plan of the one is applied by the
    other. ``identifier`` stands for the cluster, which another path would else be taken for another of; a stack keeps
    its cluster for life.

    An update that was killed leaves objects which the state does not know: the next one takes them
    over instead of refusing them. Fields that another manager owns are still a conflict.
    """
    named = kubeconfig.startswith(VARIABLE)
    variables = {kubeconfig.removeprefix(VARIABLE): "KUBECONFIG"} if named else None
    return kubernetes.Provider(
        "cluster",
        kubeconfig=None if named else kubeconfig,
        cluster_identifier=identifier,
        upsert_existing_objects=True,
        opts=pulumi.ResourceOptions(env_var_mappings=variables),
    )
