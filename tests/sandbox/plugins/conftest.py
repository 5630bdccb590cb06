"""Stacks of inline programs, run by the real engine with the stand-in plugins."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from pulumi import automation as auto

from sandbox.plugins.install import install
from toolchain.plugins import versions

PASSPHRASE = "only for tests"


@dataclass
class Bench:
    """One stack and everything that the engine has said about it."""

    stack: auto.Stack
    state: Path
    said: list[str] = field(default_factory=list)

    def run(self, program: Callable[[], None] | None = None) -> dict[str, int]:
        """``pulumi up``; how many resources had which operation."""
        if program:
            self.stack.workspace.program = program
        return dict(self.stack.up(on_output=self.said.append, color="never").summary.resource_changes or {})

    def preview(self, **options: str) -> dict[str, int]:
        shown = self.stack.preview(on_output=self.said.append, color="never", diff=True, **options)
        return dict(shown.change_summary)

    def refresh(self) -> dict[str, int]:
        return dict(self.stack.refresh(on_output=self.said.append, color="never").summary.resource_changes or {})

    def destroy(self) -> dict[str, int]:
        return dict(self.stack.destroy(on_output=self.said.append, color="never").summary.resource_changes or {})

    @property
    def everything_said(self) -> str:
        return "\n".join(self.said)


Benches = Callable[[Callable[[], None]], Bench]


@pytest.fixture
def bench(tmp_path: Path, tool: Callable[[str], Path]) -> Benches:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "pulumi").symlink_to(tool("pulumi"))
    (tmp_path / "state").mkdir()
    home = tmp_path / "home"
    for name in ("random", "docker"):
        install(home, name, versions()[name])
    environment = {
        "PULUMI_BACKEND_URL": f"file://{tmp_path / 'state'}",
        "PULUMI_CONFIG_PASSPHRASE": PASSPHRASE,
        "PULUMI_SKIP_UPDATE_CHECK": "1",
    }
    options = auto.LocalWorkspaceOptions(
        env_vars=environment, pulumi_home=str(home), pulumi_command=auto.PulumiCommand(root=str(tmp_path))
    )

    def create(program: Callable[[], None]) -> Bench:
        stack = auto.create_stack("test", "plugins", program, opts=options)
        return Bench(stack, tmp_path / "state" / ".pulumi" / "stacks" / "plugins" / "test.json")

    return create
