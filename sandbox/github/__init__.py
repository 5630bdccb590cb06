"""A stateful stand-in of a GitHub Enterprise Server holding one organisation.

Strict enough that the real GitHub provider and githubkit cannot tell; what it does not do it refuses. Each resource
of the REST API has a module of its own; ``app`` puts them together; ``git`` serves the repositories themselves.
"""
