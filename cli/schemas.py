"""`python -m cli.schemas`: write the JSON Schemas, the page of settings and the page of components."""

import json
from pathlib import Path

from cli.component_page import components_page
from cli.place import project_root
from model.schema import schemas, settings_page


def files() -> dict[Path, str]:
    """Every generated file with its content."""
    root = project_root()
    made = {root / "schemas" / name: json.dumps(schema, indent=2) + "\n" for name, schema in schemas().items()}
    return {**made, root / "docs" / "settings.md": settings_page(), root / "docs" / "components.md": components_page()}


def main() -> None:
    """Write them."""
    for path, text in files().items():
        path.write_text(text)


if __name__ == "__main__":
    main()
