"""What every stand-in shares: the server that the engine talks to, its values, and the strict tables of properties.

``server.serve`` runs any ``pulumi.provider.experimental.Provider``. Random and Docker build theirs from
``provider.TableProvider``, whose resources say in a table what they take; Kubernetes brings its own.
"""
