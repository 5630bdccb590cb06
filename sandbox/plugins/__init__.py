"""Stand-ins for resource plugins that cannot be had offline: Kubernetes, Docker and Random. For the sandbox only."""
