"""The providers that the components are given, explicit and named."""

import pulumi_github as github
import pulumi_kubernetes as kubernetes

PUBLIC_HOSTS = ("github.com", "ghe.com")


def github_provider(organization: str, base_url: str | None) -> github.Provider:
    """GitHub as ``organization`` sees it; the token stays in the plugin's environment.

    GitHub.com limits bursts of writes ("secondary rate limits": serial requests, a second between
    writes), so there the provider's own pauses stay. A GitHub Enterprise Server has no such
    limits unless its administrator sets them; pauses there would only cost time.
    """
    if base_url is None or base_url.rstrip("/").endswith(PUBLIC_HOSTS):
        return github.Provider("github", owner=organization, base_url=base_url)
    return github.Provider(
        "github", owner=organization, base_url=base_url, write_delay_ms=0, read_delay_ms=0, parallel_requests=True
    )


def kubernetes_provider(kubeconfig: str) -> kubernetes.Provider:
    """The cluster of the kubeconfig at this path; its content is read by the plugin and not kept in state.

    An update that was killed leaves objects which the state does not know: the next one takes them
    over instead of refusing them. Fields that another manager owns are still a conflict.
    """
    return kubernetes.Provider("cluster", kubeconfig=kubeconfig, upsert_existing_objects=True)
