"""Stands in for what vouches for a workflow's work: GitHub's OIDC issuer, Sigstore's Fulcio and Rekor.

What it gives out is in Sigstore's own formats and is verified by Sigstore's own client. Its log keeps one entry each:
it proves that an entry is the log's, and nothing about any other one.
"""
