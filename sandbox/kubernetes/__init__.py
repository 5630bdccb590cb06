"""Two real Kubernetes control planes, staging and prod, on loopback.

Real: etcd, kube-apiserver, kube-controller-manager, kube-scheduler. Simulated: the nodes (kwok keeps them alive)
and what runs on them (``agent/``, which does everything a kubelet does except to start a container).
"""
