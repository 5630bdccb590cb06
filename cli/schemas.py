"""`python -m cli.schemas`: write the JSON Schemas, the pages of settings, components and commands."""

import json
from pathlib import Path

from cli.app import app
from cli.command_page import commands_page
from cli.component_page import components_page
from cli.place import project_root
from model.schema import schemas, settings_page


def files() -> dict[Path, str]:
    """Every generated file with its content."""
    root = project_root()
    made = {root / "schemas" / name: json.dumps(schema, indent=2) + "\n" for name, schema in schemas().items()}
    pages = {"settings": settings_page(), "components": components_page(), "commands": commands_page(app)}
    return {**made, **{root / "docs" / f"{name}.md": text for name, text in pages.items()}}


def main() -> None:
    """Write them."""
    for path, text in files().items():
        path.write_text(text)


if __name__ == "__main__":
    main()
