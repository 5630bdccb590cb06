"""One change's whole way through the sandbox, acted by the organisation's people: what `make demo` goes on with."""
