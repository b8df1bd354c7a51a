"""`pawline new connector`: a folder to begin with, whose tests pass before anything is written in it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import msgspec
import typer
from rich.markup import escape

from pawline import ports
from pawline.cli import mould, showing
from pawline.cli.asking import Json
from pawline.hub import HubRefused

app = typer.Typer(no_args_is_help=True, help="Begin something of your own.")
ROLES: Final = {
    port.__name__.lower(): port
    for port in (
        ports.Analytics, ports.Board, ports.Catalog, ports.Crm, ports.Erp, ports.Fulfilment, ports.Helpdesk,
        ports.Inventory, ports.Mail, ports.Marketing, ports.Payments, ports.Shipping, ports.Shop, ports.Subscriptions,
        ports.Surveys, ports.Tax,
    )
}  # fmt: skip
"""What an outside system may be, by the word for it: the other ports are the hub's own, or (Listener) everybody's."""


@app.command()
def connector(
    name: Annotated[str, typer.Argument(help="What it is called, such as acme: lower case, digits and _.")],
    role: Annotated[list[str], typer.Option("--role", help="What the system is to the shop; may be given again.")],
    into: Annotated[Path, typer.Option("--into", help="The folder in which its own is made.")] = Path(),
    json: Json = False,
) -> None:
    """Make a connector's folder: a package of its own, with its card, a class for each role, and its tests."""
    if not mould.NAME.fullmatch(name):
        raise HubRefused(f"{name!r} is no connector's name: lower case letters, digits and _, such as acme")
    if unknown := [one for one in role if one not in ROLES]:
        raise HubRefused(f"there is no role {unknown[0]!r}; there are {', '.join(ROLES)}")
    folder = into / f"pawline-{name.replace('_', '-')}"
    if folder.exists():
        raise HubRefused(f"{folder} is there already: give another name, or another place by --into")
    files = mould.files(name, [ROLES[one] for one in dict.fromkeys(role)])
    for path, said in files.items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(said, "utf-8")
    if json:
        typer.echo(msgspec.json.encode({"folder": str(folder), "files": sorted(files)}).decode())
        return
    out = showing.console()
    out.print(f"[green]made[/green] {escape(str(folder))}")
    for path in sorted(files):
        out.print(f"  {escape(path)}")
    out.print(f"\nNext: cd {escape(str(folder))} && python -m pytest -q, then docs/how-to/write-a-connector.md")
