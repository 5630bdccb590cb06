"""The provider of everything in a cluster."""

import pulumi_kubernetes as kubernetes


def kubernetes_provider(kubeconfig: str, identifier: str) -> kubernetes.Provider:
    """The cluster of the kubeconfig at this path; its content is read by the plugin and not kept in state.

    ``identifier`` stands for the cluster: a job and a laptop have the file at different places, which without it
    would read as another cluster, in which everything is to be made anew. A stack keeps its cluster for life.

    An update that was killed leaves objects which the state does not know: the next one takes them
    over instead of refusing them. Fields that another manager owns are still a conflict.
    """
    return kubernetes.Provider(
        "cluster", kubeconfig=kubeconfig, cluster_identifier=identifier, upsert_existing_objects=True
    )
