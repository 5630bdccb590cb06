"""`openim-cicd key`: keys that sign records."""

from pathlib import Path

import typer

app = typer.Typer(help="Keys that sign approvals and the ledger.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Keeps `new` a command of its own while it is the only one."""


@app.command()
def new(file: str = typer.Argument(help="Where the private key goes, e.g. machine-key; it must not be there.")) -> None:
    """Make a key without a passphrase, for the machine; prints the public half, which goes into `signing`."""
    from delivery.signing import make

    typer.echo(make(Path(file)))
