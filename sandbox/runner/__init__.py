"""Runs the jobs of workflows for real, with act on this machine: takes them from the stand-in, one folder for each.

What runs when, and with which rights, is decided by the stand-in; this room has no state worth keeping. Jobs run as the
user who started the sandbox, in no container: run only repositories that you would run yourself.
"""
