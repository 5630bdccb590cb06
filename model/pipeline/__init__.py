"""CI pipelines as typed data: which jobs run on what, and the Actions workflow that they become."""
