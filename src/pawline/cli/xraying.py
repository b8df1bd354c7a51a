"""`pawline xray`: what a shop's systems say about the same sixty days, side by side; nothing is written to any."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
import typer
from rich.console import Console
from rich.status import Status

from pawline.cli import showing
from pawline.cli.asking import Config, Json, Shop, run, shop_of
from pawline.hub import HubRefused, load_settings
from pawline.hub.moves import moves
from pawline.measure.xray import Report, Settings, Sheet, WrongSource, baseline, drawn, judge, sheet_of
from pawline.measure.xray.sheet import stamp

HOUR: Final = 3_600
DAY: Final = 24 * HOUR
FOLDER: Final = "xray"
"""Of the tables, beside the page."""
Files = list[Path] | None


def _given(about: str) -> Any:
    return typer.Option(help=f"{about}; a CSV, or a description of one (.toml).", show_default=False)


Orders = Annotated[
    Files,
    typer.Option(
        help="The shop's orders: a Shopify order export, or what `pawline history` wrote.", show_default=False
    ),
]
Erp = Annotated[Files, _given("The ERP's entries of orders")]
Payments = Annotated[Files, _given("The processor's transactions: Stripe's and Shopify's exports are known")]
Payouts = Annotated[Files, _given("Its payouts, where the transactions do not have them")]
Parcels = Annotated[Files, _given("Labels")]
Mails = Annotated[Files, _given("Confirmations that were sent")]
Stock = Annotated[Files, _given("Counts of stock")]
Webhooks = Annotated[Files, _given("Deliveries of webhooks")]
Prices = Annotated[Files, _given("Prices on the page, each from when on")]
Touches = Annotated[Files, _given("Times that a person had a hand in an order")]
PaymentsFrom = Annotated[
    list[str] | None,
    typer.Option(
        help="An account whose transactions are asked for, such as stripe/eu; a key that may only read is enough.",
        show_default=False,
    ),
]
AHEAD: Final = 15
"""Days before those that are looked at: what a payout settles may be two weeks older."""
To = Annotated[Path, typer.Option(help="The folder for xray.html, baseline.json and the tables.")]
Zone = Annotated[str, typer.Option(help="The zone of the page's times.")]
TimesIn = Annotated[
    str, typer.Option(help="The zone of times that have none, where a description names none.", show_default=False)
]
AsOf = Annotated[
    str,
    typer.Option(
        help="When the files were made, with its zone: each tells of everything until then.", show_default=False
    ),
]
Days = Annotated[int, typer.Option(min=1, max=400, help="How many days are looked at.")]
Name = Annotated[str, typer.Option(help="What the page calls the shop.")]
LateErp = Annotated[int, typer.Option(min=1, help="Hours within which an order is to be in the ERP.")]
LateLabel = Annotated[int, typer.Option(min=1, help="Hours within which it is to have a label.")]


def xray(
    orders: Orders = None,
    erp: Erp = None,
    payments: Payments = None,
    payouts: Payouts = None,
    parcels: Parcels = None,
    mails: Mails = None,
    stock: Stock = None,
    webhooks: Webhooks = None,
    prices: Prices = None,
    touches: Touches = None,
    payments_from: PaymentsFrom = None,
    shop: Shop = "",
    config: Config = None,
    to: To = Path(FOLDER),
    zone: Zone = "UTC",
    times_in: TimesIn = "",
    as_of: AsOf = "",
    days: Days = 60,
    name: Name = "the shop",
    late_erp: LateErp = 24,
    late_label: LateLabel = 72,
    json: Json = False,
) -> None:  # fmt: skip
    """Look where a shop's systems disagree about its last 60 days, from exports and read-only keys alone.

    It writes one page with a figure for each kind of disagreement, and a table with every row of it. No hub is needed,
    nothing is sent, and what was not given is said as not looked at. Exit code 1: something could not be read.
    """
    given = {
        "orders": orders, "erp": erp, "payments": payments, "payouts": payouts, "parcels": parcels, "mails": mails,
        "stock": stock, "webhooks": webhooks, "prices": prices, "touches": touches,
    }  # fmt: skip
    settings = Settings(
        days=days, until=_moment(as_of, int(time.time())), zone=_zone(zone), times_in=times_in,
        late_erp=late_erp * HOUR, late_label=late_label * HOUR, scratch=to,
    )  # fmt: skip
    asked = [_asked(one, to, days, shop, config, quiet=json) for one in payments_from or ()]
    report = _looked(given, asked, settings, to, name, quiet=json)
    _tell(report, to, json=json)


def _asked(account: str, to: Path, days: int, shop: str, config: Path | None, *, quiet: bool) -> Sheet:
    """The account's transactions, in a table that is kept beside the page: its rows are named by it."""
    hub, now = load_settings(config), datetime.now(UTC).replace(microsecond=0)
    since = now - timedelta(days=days + AHEAD)
    to.mkdir(parents=True, exist_ok=True)
    file, console = to / f"payments-{account.replace('/', '-')}.csv", Console(stderr=True, quiet=quiet)
    found = run(moves(hub, account, shop_of(hub, shop), since, file, lambda text: console.print(text, style="dim")))
    console.print(f"{account}: {found.rows} transactions, {found.named} of them say of which order", style="dim")
    return Sheet(kind="payments", file=str(file), since=since.isoformat(), until=now.isoformat())


def _looked(
    given: dict[str, Files], asked: list[Sheet], settings: Settings, to: Path, name: str, *, quiet: bool
) -> Report:  # fmt: skip
    """The page, the baseline and the tables. What an earlier look left in the folder is replaced."""
    tables = to / "rows"
    try:
        sheets = [sheet_of(kind, path) for kind, paths in given.items() for path in paths or ()] + asked
        to.mkdir(parents=True, exist_ok=True)
        with Status("reading", console=Console(stderr=True, quiet=quiet)) as status:
            report = judge(sheets, settings, tables, status.update)
    except WrongSource as problem:
        raise HubRefused(str(problem)) from None
    for one in report.figures:
        if one.found is None:
            (tables / f"{one.key}.csv").unlink(missing_ok=True)
    (to / "xray.html").write_text(drawn(report, name, tables.name), "utf-8")
    (to / "baseline.json").write_bytes(msgspec.json.format(msgspec.json.encode(baseline(report, settings))) + b"\n")
    return report


def _tell(report: Report, to: Path, *, json: bool) -> None:
    """Raises typer.Exit where something could not be read."""
    if json:
        showing.json(report)
    else:
        _show(report, to)
    if report.bad:
        raise typer.Exit(1)


def _show(report: Report, to: Path) -> None:
    rows = [
        {
            "what": one.title,
            "found": "not looked at" if one.found is None else one.found if one.judged else "nothing to judge",
            "of": f"needs {', '.join(one.lacking)}" if one.found is None else f"{one.judged} {one.counted}",
            "note": "the files do not fit" if one.misfits else "",
        }
        for one in report.figures
    ]
    showing.table(rows, ("what", "found", "of", "note"), empty="")
    console = showing.console()
    for one in report.sources:
        for line, why in one.lines[:5]:
            console.print(f"{one.file}, line {line}: {why}", markup=False)
        if one.bad > 5:
            console.print(f"{one.file}: {one.bad} rows could not be read; the page has more of them", markup=False)
    console.print(f"{report.orders} orders; the page is {to / 'xray.html'}", markup=False)


def _moment(text: str, now: int) -> int | None:
    try:
        found = stamp(text)
    except WrongSource as problem:
        raise HubRefused(f"--as-of: {problem}") from None
    if found is not None and found > now + DAY:
        raise HubRefused(f"--as-of: {text} is yet to come, and no file tells of it: when were these made?")
    return found


def _zone(name: str) -> str:
    try:
        return ZoneInfo(name).key
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise HubRefused(f"there is no time zone {name!r}: such as Europe/Berlin") from None
