"""The components: one file each, importable by any Pulumi program.

Each takes typed arguments and explicit providers, reads no configuration, and imports nothing
of this project but ``model``. `python -m components` serves them to programs in other languages.
"""
