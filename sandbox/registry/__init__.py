"""The OCI registry of the sandbox: CNCF distribution, filled with small images that are the same on every machine."""
