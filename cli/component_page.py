"""The page that lists every component and its arguments, from the schema that Pulumi makes of them."""

from collections.abc import Iterator, Mapping

from pulumi.provider.experimental.analyzer import Analyzer, PropertyDefinition

from components.__main__ import COMPONENTS

HEAD = """# Components

Written by `make schemas` from the components themselves. In Python: `from components.repository import Repository`; in
any other language: `pulumi package add` on the folder `components/`. Names are camelCase outside Python.
"""


def components_page() -> str:
    """Every component, then every type that their arguments are made of, as one Markdown page."""
    found = Analyzer("openim-cicd").analyze(list(COMPONENTS))
    parts = [HEAD]
    for name, component in sorted(found["component_definitions"].items()):
        parts += [f"\n## {name}\n", f"{_sentence(component.description)}\n", *_table(component.inputs)]
    parts.append("\n# Types\n")
    for name, described in sorted(found["type_definitions"].items()):
        parts += [f"\n## {name}\n", f"{_sentence(described.description)}\n", *_table(described.properties)]
    return "\n".join(parts) + "\n"


def _table(properties: Mapping[str, PropertyDefinition]) -> Iterator[str]:
    yield "| argument | needed | meaning |\n|---|---|---|"
    for name, one in sorted(properties.items()):
        yield f"| `{name}` | {'no' if one.optional else 'yes'} | {_sentence(one.description)} |"


def _sentence(text: str | None) -> str:
    return " ".join((text or "").split()).replace("``", "`").replace("|", "\\|")
