"""Invariants of the whole estate: what must hold between stacks, each a pure function over all of them."""
