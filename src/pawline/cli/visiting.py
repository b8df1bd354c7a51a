"""`pawline visits` and `pawline pixel`: how many came how far in the shop, and the script that tells it."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from pawline.cli import showing
from pawline.cli.asking import Config, Json, Shop, paged, run
from pawline.hub import HubRefused, Settings, connections_of, load_settings, told_at

Account = Annotated[str, typer.Argument(help="The account of the shop, such as shopify/eu.", show_default=False)]
COLUMNS = (
    "day", "visitors", "product", "added", "checkout", "contact", "address", "shipping", "payment", "completed",
    "abandoned",
)  # fmt: skip


def visits(
    days: Annotated[int, typer.Option("--days", "-d", min=1, max=400, help="Of so many days, in UTC.")] = 14,
    shop: Shop = "",
    config: Config = None,
    json: Json = False,
) -> None:
    """How far visits of each day came: of browsers that agreed to be counted, each once a day."""
    rows = paged(config, "visits", shop, days=days)
    if json:
        showing.json(rows)
        return
    shown = [{**row, "abandoned": _share(row["abandoned"])} for row in rows]
    showing.table(shown, COLUMNS, empty="Nobody was counted. `pawline pixel ACCOUNT` prints what counts them.")


def _share(said: float | None) -> str:
    return "" if said is None else f"{said:.0%}"


def pixel(account: Account, config: Config = None, json: Json = False) -> None:
    """Print the script to paste into the shop, which tells what shoppers look at."""
    told = run(_pixel(load_settings(config), account))
    if json:
        showing.json(told)
        return
    typer.echo(told["script"])
    typer.echo(told["where"], err=True)


async def _pixel(settings: Settings, account: str) -> dict[str, Any]:
    connections = connections_of(settings)
    try:
        site = next((one for one in connections.sites if one.account == account), None)
    finally:
        await connections.close()
    if site is None:
        raise HubRefused(
            f"{account} has no pages that tell: give its settings a key of their own, 16 to 64 letters and digits,"
            ' such as pixel = "…" (`openssl rand -hex 16` makes one); it is public, and not a secret'
        )
    if not settings.public or not settings.listen:
        raise HubRefused("`listen` or `public` is empty, so no page can reach the hub: name both addresses")
    address = told_at(settings.public, site)
    return {"address": address, "script": site.pixel.script(address), "where": site.pixel.where}
