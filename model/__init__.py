"""What the estate is, as data: settings, estate files, releases, pipelines.

Pure Python: nothing here knows Pulumi, the network, the file system, the clock or the
environment. Whoever needs one of them hands it in.
"""
