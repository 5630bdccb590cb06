"""`openim-cicd invariants`: whether the stacks fit together."""

from cli.console import out
from cli.place import project_root
from delivery.engine import Engine
from delivery.estate import findings, held


def invariants() -> bool:
    """Print what each invariant says; whether all hold."""
    root = project_root()
    estate = held(root, Engine(root))
    found = list(findings(estate))
    for one in found:
        out.print(f"{'broken' if one.wrong else 'holds '}  {one.name}: {one.why}", markup=False)
        for text in one.wrong:
            out.print(f"          {text}", markup=False)
    broken = sum(1 for one in found if one.wrong)
    size = sum(len(stack.resources) for stack in estate.values())
    verdict = f"{broken} broken" if broken else "all hold"
    out.print(f"{len(found)} invariants over {size} resources of {', '.join(estate)}: {verdict}")
    return not broken
