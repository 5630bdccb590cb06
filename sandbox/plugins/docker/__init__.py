"""Stand-in for the Docker plugin (pulumi-docker 5.2): registry look-ups, and what a pull-through cache is made of.

Works on a real Docker engine where one answers; looking images up in a registry needs none.
"""
