"""All tools of the sandbox at once, two builds at a time: while one downloads the other compiles."""

from concurrent.futures import ThreadPoolExecutor

from toolchain import tools
from toolchain.engine import Engine, engine
from toolchain.golang import Report

AT_ONCE = 2
SERVERS = ("kubernetes", "kwok", "registry", "etcd", "act", "crane", "actionlint")


def provide_all(report: Report) -> Engine:
    """Find or build the engine and every server; returns the engine.

    Raises:
        ToolchainError: the first tool that could not be had.
    """
    with ThreadPoolExecutor(AT_ONCE) as pool:
        found = pool.submit(_engine_and_plugin, report)
        for future in [pool.submit(tools.tool, name, report) for name in SERVERS]:
            future.result()
        return found.result()


def _engine_and_plugin(report: Report) -> Engine:
    """An engine that had to be built cannot fetch its GitHub plugin either."""
    found = engine(report)
    if found.origin == "built":
        tools.tool("pulumi-resource-github", report)
    return found
