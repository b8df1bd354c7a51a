"""`pawline sandbox`: the vendors, pretended well, for flows that are tried by hand or by tests."""

from __future__ import annotations

import asyncio
import os
import secrets
import signal
import time
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Annotated, Final, NamedTuple

import msgspec
import typer
from rich.markup import escape

from pawline.cli import showing
from pawline.cli.asking import Json, run
from pawline.hub import HubRefused
from pawline.sandbox import VENDORS, Desk, FileLedger, MemoryLedger, Vendors, served
from pawline.sandbox.diary import Clock, Diary, recall
from pawline.sandbox.erp import Erp
from pawline.sandbox.post import Post, posted

RUN: Final = 2.0
"""Seconds between two runs of the old ERP."""
VARIABLE: Final = "PAWLINE_SANDBOX_TOKEN"
AT: Final = {
    "shopify": ("Shopify", "admin/api/2026-07"), "recharge": ("Recharge", "recharge"), "klaviyo": ("Klaviyo", "api"),
    "hubspot": ("HubSpot", "hubspot"), "zendesk": ("Zendesk", "zendesk"), "easypost": ("EasyPost", "easypost"),
    "slack": ("Slack", "slack/api"),
    "stripe": ("Stripe", "stripe"), "twilio": ("Twilio", "twilio"),
    "zigpoll": ("Zigpoll", "zigpoll"),
    "formbricks": ("Formbricks", "formbricks"),
    "segment": ("Segment", "segment"), "ga4": ("Google Analytics 4", "ga4"),
    "woocommerce": ("WooCommerce", "woocommerce"), "openfda": ("openFDA", "openfda"),
}  # fmt: skip
"""Vendors with an API of their own, and where it is."""


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
    smtp: Annotated[
        int | None,
        typer.Option("--smtp", min=0, max=65_535, help="Take mail there, too, and deliver none; 0: a free port."),
    ] = None,
    keep: Annotated[
        Path | None, typer.Option("--keep", help="A folder: killed and started again there, it is where it was.")
    ] = None,
    json: Json = False,
) -> None:
    """Pretend to be the vendors until Ctrl-C: a shop, payments, stock, shipping, CRM, marketing, helpdesk.

    Shopify, Recharge, Klaviyo, HubSpot, Zendesk, EasyPost, Slack, Stripe, Twilio, Zigpoll, Formbricks, Segment,
    Google Analytics, WooCommerce and openFDA have their own APIs.

    Each effect is kept in the ledger.

    The token comes from PAWLINE_SANDBOX_TOKEN, or is made and printed.
    """
    if keep and (ledger or erp or smtp is not None):
        raise HubRefused("--keep has a ledger of its own, no ERP and no mail: leave --ledger, --erp and --smtp out")
    run(_pretend(port, _counted(stock or []), Places(ledger, erp, keep, smtp), as_json=json))


def _counted(stock: list[str]) -> dict[str, int]:
    counted: dict[str, int] = {}
    for one in stock:
        sku, _, units = one.rpartition("=")
        if not sku or not units.isdecimal():
            raise HubRefused(f"--stock {one}: write it as SKU=UNITS, such as kibble-10=500")
        counted[sku] = int(units)
    return counted


class Places(NamedTuple):
    """What may be pretended beside the vendors, and where."""

    ledger: Path | None
    erp: Path | None
    keep: Path | None
    smtp: int | None


async def _pretend(port: int, stock: dict[str, int], places: Places, *, as_json: bool) -> None:
    token = os.environ.get(VARIABLE) or secrets.token_urlsafe(24)
    books = MemoryLedger() if places.ledger is None else FileLedger(places.ledger)
    clock = Clock()
    vendors = Vendors(now=clock, ledger=books, stock=stock)
    desk = Desk(vendors, token)
    if places.keep is not None:
        books = recall(desk, Diary(places.keep / "diary.jsonl", clock), places.keep / "ledger.jsonl")
    try:
        async with AsyncExitStack() as stack:
            address = await stack.enter_async_context(served(desk, port=port))
            mail = await _take_mail(stack, vendors, places.smtp)
            _tell(address, desk, mail, as_json=as_json)
            await _until_stopped(None if places.erp is None else Erp(places.erp, stock, time.time, vendors.did))
    except OSError as problem:
        raise HubRefused(f"a port cannot be had ({problem.strerror}): name others with --port, --smtp") from problem
    finally:
        if isinstance(books, FileLedger):
            books.close()
        if desk.diary is not None:
            desk.diary.close()


async def _take_mail(stack: AsyncExitStack, vendors: Vendors, port: int | None) -> int | None:
    if port is None:
        return None
    post = Post(lambda name, again: vendors.did("Mail.taken", name, again=again))
    return await stack.enter_async_context(posted(post, port=port))


async def _until_stopped(erp: Erp | None) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    books = None if erp is None else asyncio.create_task(_keep_books(erp))
    await stop.wait()
    if books is not None:
        books.cancel()


async def _keep_books(erp: Erp) -> None:
    """Its scheduler."""
    while True:
        erp.run()
        await asyncio.sleep(RUN)


def _tell(address: str, desk: Desk, mail: int | None, *, as_json: bool) -> None:
    doors = _doors(desk)
    if as_json:
        told: dict[str, object] = {"url": address, "token": desk.token, "vendors": sorted(VENDORS), **doors}
        told |= {} if mail is None else {"smtp": mail}
        typer.echo(msgspec.json.encode(told).decode())  # at once: whoever started us waits for it
        return
    settings = (
        f'allow_networks = ["127.0.0.0/8"]\n\n[[accounts]]\nname = "sandbox/try"\n\n[accounts.settings]\n'
        f'url = "{address}"\ntoken = {{ env = "{VARIABLE}" }}'
    )
    console = showing.console()
    console.print(f"[green]The sandbox is up[/green]: {', '.join(sorted(VENDORS))} at {address}; Ctrl-C ends it")
    if mail is not None:
        console.print(f"It takes mail at 127.0.0.1:{mail}, and delivers none")
    for name, (title, path) in AT.items():
        said = ", ".join(f"{what} {value}" for what, value in doors[name].items())
        console.print(f"{title}'s API is at {address}/{path}: {said}")
    console.print("What is called secret signs webhooks. In pawline.toml:\n")
    console.print(escape(settings), style="cyan")
    console.print(f"\nand for the hub: [bold]export {VARIABLE}={desk.token}[/bold]")
    console.print(f"What happened: [bold]curl -H 'Authorization: Bearer {desk.token}' {address}/desk/effects[/bold]")


def _doors(desk: Desk) -> dict[str, dict[str, str]]:
    """What lets in at each vendor that has an API of its own."""
    shopify, recharge, hubspot, zendesk = desk.shopify.door, desk.recharge, desk.hubspot, desk.zendesk
    twilio = desk.twilio
    return {
        "shopify": {"token": shopify.token, "client": shopify.client, "secret": shopify.secret},
        "recharge": {"token": recharge.token, "secret": recharge.secret},
        "klaviyo": {"key": desk.klaviyo.key},
        "hubspot": {"token": hubspot.token, "secret": hubspot.secret},
        "zendesk": {"email": zendesk.email, "token": zendesk.token},
        "easypost": {"key": desk.easypost.key},
        "slack": {"token": desk.slack.token, "secret": desk.slack.teller.secret},
        "stripe": {"key": desk.stripe.key},
        "twilio": {"account": twilio.account, "token": twilio.token, "sender": twilio.books.number.number},
        "zigpoll": {"key": desk.zigpoll.key, "account": desk.zigpoll.books.account},
        "formbricks": {"key": desk.formbricks.key, "workspace": desk.formbricks.books.workspace},
        "segment": {"key": desk.segment.key},
        "ga4": {"stream": desk.ga4.measurement_id, "secret": desk.ga4.api_secret},
        "woocommerce": {"key": desk.woocommerce.door.key, "secret": desk.woocommerce.door.secret},
        "openfda": {"key": desk.openfda.key},
    }
