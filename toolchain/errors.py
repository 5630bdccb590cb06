"""The one error of this package."""


class ToolchainError(Exception):
    """A tool could not be had. The text names the tool, the cause and the remedy."""
