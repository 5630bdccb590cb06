"""Every image of a release comes out of a declared repository's own workflow, on a branch that nobody can rewrite."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from policies.estate.whole import Estate, EstateRule, Stack
from policies.protected_branches import unprotected
from policies.rule import Resource, at
from policies.workflows import workflows

ADMITTED = "AdmittedImages"


def check(estate: Estate) -> Iterator[str]:
    """Images of each stage's release, less its stores', against the workflows of where it was built from."""
    resources = [one for stack in estate.values() for one in stack.resources]
    open_ones = {repository for repository, _ in unprotected(resources)}
    texts = _texts(resources)
    for name, stack in estate.items():
        release: Mapping[str, Any] = stack.outputs.get("release") or {}
        sources = sorted(release.get("sources") or ())
        if release and not sources:
            told = "does not say what it was built from: deploy one that openim-cicd release create made"
            yield f"{name}'s release {release.get('id')} {told}"
        for repository in sources:
            if repository not in texts:
                yield f"{name}'s release comes from {repository}, which has no declared workflow: declare a pipeline"
            elif repository in open_ones:
                yield f"{name}'s release comes from {repository}, whose default branch is not protected"
        for image in sorted(set(release.get("images") or ()) - _stores(stack)):
            if sources and not any(image in texts.get(one, "") for one in sources):
                yield f"{name} runs {image}, which no workflow of {', '.join(sources)} builds: add it to a pipeline"


def _texts(resources: Sequence[Resource]) -> dict[str, str]:
    """The text of all workflows, by repository."""
    found: dict[str, str] = {}
    for repository, text in workflows(resources):
        found[repository] = found.get(repository, "") + text
    return found


def _stores(stack: Stack) -> set[str]:
    """Names of images that are others' work: databases and queues."""
    admitted = (one.properties for one in stack.resources if one.type.endswith(f":{ADMITTED}"))
    listed = (str(image) for one in admitted for image in at(one, "spec").get("stores") or ())
    return {image.partition("@")[0].rpartition("/")[2] for image in listed}


RULE = EstateRule("built-here", "An image that nobody here has built is somebody else's code in production.", check)
