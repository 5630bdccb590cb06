"""The provider of everything on GitHub."""

import pulumi_github as github

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
