"""`openim-cicd sandbox`: the outside world on this machine."""

import typer
from rich.table import Table

from cli.console import out, say, say_aside
from cli.place import sandbox_root
from delivery.errors import Refused

app = typer.Typer(no_args_is_help=True, help="The outside world on this machine: GitHub, registry, two clusters.")


@app.command()
def start() -> None:
    """Start the sandbox and make the stacks; harmless where it runs already."""
    from cli import world
    from toolchain.everything import provide_all

    world.make_stacks(world.bring_up(provide_all(say)))
    out.print(f"The sandbox runs. Its state and logs: {sandbox_root()}")


@app.command()
def stop() -> None:
    """Stop the sandbox; its state stays."""
    from cli import world

    world.take_down()
    out.print("The sandbox is down. `make sandbox` starts it again as it was.")


@app.command()
def reset() -> None:
    """Stop the sandbox and forget its state."""
    from cli import world

    world.forget()
    out.print("The sandbox is gone. `make sandbox` makes a new one.")


@app.command()
def status() -> None:
    """Show what runs; exit code 1 where something should run and does not, or nothing does."""
    from cli import world

    processes, layout = world.services()
    if not processes:
        out.print("The sandbox is down. `make sandbox` starts it.")
        raise typer.Exit(1)
    table = Table("service", "process")
    for name, process in processes.items():
        table.add_row(name, str(process.pid) if process.alive else "[red]dead[/red]")
    out.print(table)
    out.print(f"Logs: {layout.folder('logs')}")
    dead = world.dead()
    for name in dead:
        out.print(f"[red]dead:[/red] {name}; `make sandbox` starts it again")
    raise typer.Exit(1 if dead else 0)


@app.command()
def env() -> None:
    """Print the shell variables of the sandbox: eval "$(make -s env)"."""
    from cli import world
    from cli.shell import exports
    from toolchain.engine import engine

    if not world.services()[0]:
        raise Refused("the sandbox has not been started here: `make sandbox` or `make demo` first")
    print(exports(world.variables_for(engine(say_aside))))
