"""The provider of everything in a cluster."""

import pulumi_kubernetes as kubernetes


def kubernetes_provider(kubeconfig: str) -> kubernetes.Provider:
    """The cluster of the kubeconfig at this path; its content is read by the plugin and not kept in state.

    An update that was killed leaves objects which the state does not know: the next one takes them
    over instead of refusing them. Fields that another manager owns are still a conflict.
    """
    return kubernetes.Provider("cluster", kubeconfig=kubeconfig, upsert_existing_objects=True)
