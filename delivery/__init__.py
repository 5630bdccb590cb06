"""Operations on a release: assemble, promote, approve, test, record, deploy, verify, go back.

The command line uses all of it, the program only ``gate_input``. The rest of the world is reached by small adapters:
github, registry, git, ledger, stack_file, engine, cluster. What is decided is decided in `model`.
"""
