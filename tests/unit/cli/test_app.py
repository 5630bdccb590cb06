"""The command line: help, exit codes, and what it loads."""

import subprocess
import sys

import pytest
from typer.testing import CliRunner

from cli.app import app, main

RUNNER = CliRunner()


def commands() -> list[str]:
    return sorted({str(command.name or command.callback.__name__) for command in app.registered_commands})  # type: ignore[union-attr]


@pytest.mark.parametrize("command", [*commands(), "sandbox"])
def test_every_command_has_help(command: str) -> None:
    """`--help` works everywhere and says more than the name."""
    shown = RUNNER.invoke(app, [command, "--help"])
    assert shown.exit_code == 0
    assert "Usage" in shown.output


def test_wrong_usage_exits_with_2() -> None:
    """Scripts can tell wrong usage from a refusal."""
    assert RUNNER.invoke(app, ["no-such-command"]).exit_code == 2


def test_the_doctor_needs_no_sandbox() -> None:
    """On one's own organisation nothing of the sandbox is imported."""
    program = (
        "import sys, cli.app, cli.doctor; "
        "sys.exit(any(name == 'sandbox' or name.startswith('sandbox.') for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_an_interrupted_command_says_how_to_go_on(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Ctrl-C leaves with 130, as shells expect, and with a word: whoever hears nothing may think that all is lost."""

    def interrupted() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("cli.world.take_down", interrupted)
    monkeypatch.setattr(sys, "argv", ["openim-cicd", "sandbox", "stop"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 130
    assert "interrupted; run the same command again to go on" in capsys.readouterr().err
