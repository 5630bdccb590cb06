"""The outside world on one machine: a GitHub stand-in, two Kubernetes control planes, a registry.

The program does not know this package; it is what `make demo` and the tests run the program against.
"""
