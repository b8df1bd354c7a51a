"""`pawline stop`, `go-on`, `mode`: the brakes."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

import typer

from pawline.cli import showing
from pawline.cli.asking import By, Config, Json, Reason, Shop, asked, ordered, shop_of
from pawline.hub import HubRefused, load_settings


class Scope(StrEnum):
    """What a brake holds."""

    ALL = "all"
    FLOW = "flow"
    ACCOUNT = "account"
    SKU = "sku"
    CAP = "cap"


class Mode(StrEnum):
    """How a flow acts through an account."""

    OBSERVE = "observe"
    LIVE = "live"
    PAUSED = "paused"


What = Annotated[
    Scope, typer.Argument(help="all, flow, account, sku, or cap (which only goes on).", show_default=False)
]
Name = Annotated[str, typer.Argument(help="Which flow, account or SKU; for a cap FLOW/KIND.")]


def stop(
    what: What, name: Name = "", reason: Reason = "", shop: Shop = "", by: By = "", config: Config = None,
    json: Json = False,
) -> None:  # fmt: skip
    """Hold every effect of what is named, within seconds, whatever is queued. Nothing is lost; `go-on` lets it go."""
    showing.said(_brake(config, "stop", what, name, reason=reason, shop=shop, by=by), json)


def go_on(
    what: What, name: Name = "", reason: Reason = "", shop: Shop = "", by: By = "", config: Config = None,
    json: Json = False,
) -> None:  # fmt: skip
    """Take a brake off: what waits behind it goes on at once."""
    showing.said(_brake(config, "go_on", what, name, reason=reason, shop=shop, by=by), json)


def _brake(config: Config, action: str, what: Scope, name: str, *, reason: str, shop: str, by: str) -> dict[str, Any]:
    if (what is Scope.ALL) == bool(name):
        raise HubRefused(
            "`all` takes no name" if name else f"say which {what.value}: pawline {action} {what.value} NAME"
        )
    where = shop_of(load_settings(config), shop)
    return ordered(config, action, "shop", by=by, reason=reason, shop=where, scope=what.value, name=name)


def mode(
    mode: Annotated[
        Mode | None, typer.Argument(help="observe, live or paused; without it, what is set is shown.")
    ] = None,
    flow: Annotated[str, typer.Option("--flow", "-f", help="Only this flow.")] = "*",
    account: Annotated[str, typer.Option("--account", "-a", help="Only this account.")] = "*",
    since: Annotated[datetime | None, typer.Option("--since", help="Events before this stay with the old way.")] = None,
    reason: Reason = "",
    shop: Annotated[
        str, typer.Option("--shop", help="Only this shop; else, with nothing named, the main switch.")
    ] = "",
    by: By = "",
    config: Config = None,
    json: Json = False,
) -> None:
    """Set how effects leave: `live`, `observe` (nothing but reads and look-ups leaves) or `paused`."""
    if mode is None:
        _show(asked(config, "modes"), as_json=json)
        return
    where = shop_of(load_settings(config), shop) if shop or (flow, account) != ("*", "*") else "*"
    mark = None if since is None else since.astimezone().timestamp()
    done = ordered(config, "mode", "shop", by=by, reason=reason, shop=where, mode=mode.value, name=flow,
                   account=account, watermark=mark)  # fmt: skip
    showing.said(done, json)


def _show(found: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        showing.json(found)
        return
    showing.table(found["modes"], ("shop", "flow", "account", "mode", "watermark"), empty="Everything is live.")
    if found["handovers"]:
        showing.table(found["handovers"], ("shop", "flow", "mode", "at"), empty="")
    showing.table(found["brakes"], ("shop", "scope", "name", "by", "at", "reason"), empty="Nothing is stopped.")
