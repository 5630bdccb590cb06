"""The front door: `openim-cicd`."""
