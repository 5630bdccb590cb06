"""Finds or builds what the project runs with: the engine, its plugins and the sandbox's servers.

The engine and plugins are taken from PATH, else from Pulumi's own installer, else built from
Go modules; the sandbox's servers are always built, at pinned versions. Everything built lies in
a per-user cache outside the checkout, keyed by the content it was built from.
"""
