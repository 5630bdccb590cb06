"""`openim-cicd sandbox`: the outside world on this machine."""

import shutil

import typer
from rich.table import Table
from sandbox.plugins.install import install

from cli.console import Refused, out, say
from cli.place import sandbox_root
from cli.shell import environment, exports, pulumi_home
from cli.stacks import NAMES, Stacks
from sandbox import parts
from sandbox.layout import Layout
from sandbox.supervisor import SandboxError, Supervisor
from toolchain import plugins
from toolchain.engine import Engine, engine
from toolchain.everything import provide_all
from toolchain.tools import tool

app = typer.Typer(no_args_is_help=True, help="The outside world on this machine: GitHub, registry, two clusters.")


@app.command()
def start() -> None:
    """Start the sandbox and make the stacks; harmless where it runs already."""
    bring_up(provide_all(say))
    out.print(f"The sandbox runs. Its state and logs: {sandbox_root()}")


@app.command()
def stop() -> None:
    """Stop the sandbox; its state stays."""
    parts.stop(sandbox_root(), say)
    out.print("The sandbox is down. `make sandbox` starts it again as it was.")


@app.command()
def reset() -> None:
    """Stop the sandbox and forget its state."""
    parts.stop(sandbox_root(), say)
    shutil.rmtree(sandbox_root(), ignore_errors=True)
    out.print("The sandbox is gone. `make sandbox` makes a new one.")


@app.command()
def status() -> None:
    """Show what runs; exit code 1 where something should run and does not."""
    supervisor = Supervisor(Layout(sandbox_root()))
    table = Table("service", "process", "log")
    for name, process in supervisor.states().items():
        table.add_row(name, str(process.pid) if process.alive else "[red]dead[/red]", str(supervisor.layout.log(name)))
    out.print(table if table.rows else "The sandbox is down. `make sandbox` starts it.")
    raise typer.Exit(1 if supervisor.dead() or not table.rows else 0)


@app.command("env")
def print_environment() -> None:
    """Print the shell variables of the sandbox: eval "$(make -s env)"."""
    print(exports(environment(engine())))


def bring_up(found: Engine) -> dict[str, str]:
    """Everything that `pulumi` needs here: services, plugins, stacks; returns the environment.

    Raises:
        Refused: a service could not be started.
    """
    try:
        parts.start(sandbox_root(), tool, say)
    except SandboxError as error:
        raise Refused(str(error)) from None
    for name in plugins.provide(pulumi_home(), found, say):
        install(pulumi_home(), name, plugins.versions()[name])
    variables = environment(found)
    for name in NAMES:
        Stacks(found, variables).ensure(name)
    return variables
