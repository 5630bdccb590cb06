"""A strict stand-in for the official pulumi-kubernetes plugin, for machines where it cannot be had."""
