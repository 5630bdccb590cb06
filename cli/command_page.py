"""The page that lists every command with its arguments and options, from the command line itself."""

from collections.abc import Iterator
from typing import Any

import typer

HEAD = """# Commands

Written by `make schemas` from the command line itself. `openim-cicd COMMAND --help` says the same in a terminal. Exit
codes: 0 done, 1 refused or failed with a reason, 2 wrong usage, 130 interrupted.

`openim-cicd --install-completion` teaches bash, zsh, fish or PowerShell to complete commands and options with the tab
key; open a new shell afterwards. `openim-cicd --show-completion` prints the script instead of installing it.
"""


def commands_page(app: typer.Typer) -> str:
    """Every command of ``app`` as one Markdown page."""
    parts = [HEAD]
    for name, command in leaves(typer.main.get_command(app), "openim-cicd"):
        parts += [f"\n## {name}\n", f"{_text(command.help)}\n", f"```bash\n{_usage(name, command)}\n```\n"]
        parts += _table(command)
    return "\n".join(parts).rstrip() + "\n"


def leaves(command: Any, name: str) -> Iterator[tuple[str, Any]]:
    """Every command that can be run, with its full name, in alphabetical order; hidden ones are left out."""
    if not hasattr(command, "commands"):
        yield name, command
        return
    for word, below in sorted(command.commands.items()):
        if not below.hidden:
            yield from leaves(below, f"{name} {word}")


def _usage(name: str, command: Any) -> str:
    named = [_argument(p) for p in command.params if p.param_type_name == "argument"]
    return " ".join([name, *(["[OPTIONS]"] if any(_options(command)) else []), *named])


def _argument(parameter: Any) -> str:
    word = parameter.metavar or parameter.name.upper()
    word = f"{word}..." if parameter.nargs == -1 else word
    return word if parameter.required else f"[{word}]"


def _options(command: Any) -> Iterator[Any]:
    return (p for p in command.params if p.param_type_name == "option" and not p.hidden)


def _table(command: Any) -> Iterator[str]:
    rows = [(_argument(p), p) for p in command.params if p.param_type_name == "argument"]
    rows += [(_option(p), p) for p in _options(command)]
    if rows:
        yield "| argument or option | meaning |\n|---|---|"
        yield from (f"| `{shown}` | {_meaning(p)} |" for shown, p in rows)
        yield ""


def _option(parameter: Any) -> str:
    names = ", ".join([*parameter.opts, *parameter.secondary_opts])
    return names if parameter.is_flag else f"{names} {(parameter.metavar or parameter.name.upper())}"


def _meaning(parameter: Any) -> str:
    needed = " Needed." if parameter.param_type_name == "option" and parameter.required else ""
    return f"{_text(parameter.help)}{needed}"


def _text(text: str | None) -> str:
    return " ".join((text or "").split()).replace("``", "`").replace("|", "\\|").replace("<", "&lt;")
