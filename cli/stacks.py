"""The project's stacks, as the commands go through them."""

NAMES = ("shared", "staging", "prod")
"""In the order in which they are brought up."""
