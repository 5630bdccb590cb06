"""The node agent: a kubelet for every node of one cluster, with everything but the containers.

It pulls images from their registry, resolves what pods refer to, drives their status through time, provisions
volumes, and answers for Services on loopback. What a program would do is read from labels of its image.
"""
