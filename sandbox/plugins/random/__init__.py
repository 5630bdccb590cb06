"""Stand-in for the Random plugin (pulumi-random 4.21): passwords, strings, identifiers and bytes."""
