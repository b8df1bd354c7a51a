"""`pawline sandbox`: the vendors, pretended well, for flows that are tried by hand or by tests."""

from __future__ import annotations

import asyncio
import os
import secrets
import signal
import time
from pathlib import Path
from typing import Annotated, Final

import msgspec
import typer
from rich.markup import escape

from pawline.cli import showing
from pawline.cli.asking import Json, run
from pawline.hub import HubRefused
from pawline.sandbox import VENDORS, Desk, FileLedger, MemoryLedger, Vendors, served
from pawline.sandbox.diary import Clock, Diary, recall
from pawline.sandbox.erp import Erp

RUN: Final = 2.0
"""Seconds between two runs of the old ERP."""
VARIABLE: Final = "PAWLINE_SANDBOX_TOKEN"


def sandbox(
    port: Annotated[int, typer.Option("--port", min=0, max=65_535, help="On loopback; 0 takes a free one.")] = 8_700,
    stock: Annotated[
        list[str] | None, typer.Option("--stock", metavar="SKU=UNITS", help="What the warehouse begins with.")
    ] = None,
    ledger: Annotated[
        Path | None, typer.Option("--ledger", help="A file that keeps each effect, a JSON line each.")
    ] = None,
    erp: Annotated[
        Path | None, typer.Option("--erp", help="A folder in which an old ERP takes order files and exports its own.")
    ] = None,
    keep: Annotated[
        Path | None, typer.Option("--keep", help="A folder: killed and started again there, it is where it was.")
    ] = None,
    json: Json = False,
) -> None:
    """Pretend to be the vendors until Ctrl-C: a shop, payments, stock, shipping, CRM, marketing and more.

    Each effect is kept in the ledger.

    The token comes from PAWLINE_SANDBOX_TOKEN, or is made and printed.
    """
    if keep and (ledger or erp):
        raise HubRefused("--keep has a ledger of its own, and no ERP: leave --ledger and --erp out")
    run(_pretend(port, _counted(stock or []), ledger, erp, keep, as_json=json))


def _counted(stock: list[str]) -> dict[str, int]:
    counted: dict[str, int] = {}
    for one in stock:
        sku, _, units = one.rpartition("=")
        if not sku or not units.isdecimal():
            raise HubRefused(f"--stock {one}: write it as SKU=UNITS, such as kibble-10=500")
        counted[sku] = int(units)
    return counted


async def _pretend(
    port: int, stock: dict[str, int], ledger: Path | None, erp: Path | None, keep: Path | None, *, as_json: bool
) -> None:  # fmt: skip
    token = os.environ.get(VARIABLE) or secrets.token_urlsafe(24)
    books = MemoryLedger() if ledger is None else FileLedger(ledger)
    clock = Clock()
    vendors = Vendors(now=clock, ledger=books, stock=stock)
    desk = Desk(vendors, token)
    if keep is not None:
        diary = Diary(keep / "diary.jsonl", clock)
        books = recall(desk, diary, keep / "ledger.jsonl")
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    try:
        async with served(desk, port=port) as address:
            _tell(address, token, as_json=as_json)
            ledgers = asyncio.create_task(_keep_books(Erp(erp, stock, time.time, vendors.did))) if erp else None
            await stop.wait()
            if ledgers is not None:
                ledgers.cancel()
    except OSError as problem:
        raise HubRefused(f"port {port} cannot be had ({problem.strerror}): name another with --port") from problem
    finally:
        if isinstance(books, FileLedger):
            books.close()
        if desk.diary is not None:
            desk.diary.close()


async def _keep_books(erp: Erp) -> None:
    """Its scheduler."""
    while True:
        erp.run()
        await asyncio.sleep(RUN)


def _tell(address: str, token: str, *, as_json: bool) -> None:
    if as_json:
        told = {"url": address, "token": token, "vendors": sorted(VENDORS)}
        typer.echo(msgspec.json.encode(told).decode())  # at once: whoever started us waits for it
        return
    settings = (
        f'allow_networks = ["127.0.0.0/8"]\n\n[[accounts]]\nname = "sandbox/try"\n\n[accounts.settings]\n'
        f'url = "{address}"\ntoken = {{ env = "{VARIABLE}" }}'
    )
    console = showing.console()
    console.print(f"[green]The sandbox is up[/green]: {', '.join(sorted(VENDORS))} at {address}; Ctrl-C ends it")
    console.print("In pawline.toml:\n")
    console.print(escape(settings), style="cyan")
    console.print(f"\nand for the hub: [bold]export {VARIABLE}={token}[/bold]")
    console.print(f"What happened: [bold]curl -H 'Authorization: Bearer {token}' {address}/desk/effects[/bold]")
