"""Operations on a release: assemble, promote, approve, test, record.

The command line uses all of it, the program only ``gate_input``. The rest of the world is reached by small adapters:
github, registry, git, ledger, stack_file. What is decided is decided in `model`.
"""
