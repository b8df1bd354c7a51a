"""`pawline cutover`, `back`, `diff`: a flow taken over from the old way, and handed back, with proof."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Annotated, Any

import typer

from pawline.cli import showing
from pawline.cli.asking import By, Config, Json, Reason, Shop, paged
from pawline.hub import HubRefused, person

FlowName = Annotated[str, typer.Argument(help="The flow's name, as `pawline flows list` has it.", show_default=False)]
At = Annotated[
    datetime | None,
    typer.Option("--at", help="From when on, in your time zone; else as soon as may be.", show_default=False),
]


def cutover(
    flow: FlowName, at: At = None, reason: Reason = "", shop: Shop = "", by: By = "", config: Config = None,
    json: Json = False,
) -> None:  # fmt: skip
    """From a moment on the flow is ours: what happened before it stays with the old way, to its end."""
    done = _hand(config, flow, "live", at, reason=reason, shop=shop, by=by)
    _say(done, json, "What happens from then on is ours. Switch the old way off for it, at that moment.")


def back(
    flow: FlowName, at: At = None, reason: Reason = "", shop: Shop = "", by: By = "", config: Config = None,
    json: Json = False,
) -> None:  # fmt: skip
    """From a moment on the flow is the old way's: it runs along and does nothing. What is ours by then ends here."""
    done = _hand(config, flow, "observe", at, reason=reason, shop=shop, by=by)
    _say(done, json, "What happens from then on is observed. Runs that began before go on to their ends.")


def diff(
    flow: FlowName,
    day: Annotated[
        datetime | None,
        typer.Option("--day", formats=["%Y-%m-%d"], help="Which day, in your zone; else today.", show_default=False),
    ] = None,
    late: Annotated[float, typer.Option("--late", min=0, help="Minutes after which the old way is late.")] = 60.0,
    shop: Shop = "",
    config: Config = None,
    json: Json = False,
) -> None:
    """What an observed flow would have done, against what the old way did, order by order."""
    which = day.date() if day else date.today()  # noqa: DTZ011 - the reader's day
    begin = datetime.combine(which, time()).astimezone()
    until = datetime.combine(which + timedelta(days=1), time()).timestamp()  # also on days of 23 or 25 hours
    found = paged(config, "diff", shop, flow=flow, since=begin.timestamp(), until=until, late=late * 60)
    if json:
        showing.json(found)
        return
    counts = found["counts"]
    console = showing.console()
    console.print(f"[bold]{flow}[/bold] on {begin:%Y-%m-%d} {showing.zone()}: " + ", ".join(
        f"{count} {name}" for name, count in counts.items() if count or name in ("same", "missing", "extra")
    ))  # fmt: skip
    rows = [one | {"says": "; ".join(one["says"])} for one in found["orders"]]
    showing.table(rows, ("order", "verdict", "says", "run"), empty="No order differs.")
    for name, count in found["unknown"].items():
        console.print(f"{name}: {count} of which nobody can be asked", style="dim")


def _hand(
    config: Any, flow: str, mode: str, at: datetime | None, *, reason: str, shop: str, by: str
) -> dict[str, Any]:  # fmt: skip
    if not reason:
        raise HubRefused("say why with --reason: every action of an operator is audited")
    moment = None if at is None else at.astimezone().timestamp()
    done: dict[str, Any] = paged(
        config, "handover", shop, flow=flow, mode=mode, at=moment, by=by or person(), reason=reason
    )
    return done


def _say(done: dict[str, Any], as_json: bool, then: str) -> None:
    if as_json:
        showing.json(done)
        return
    moment = showing.moment(done["at"]) + f" {showing.zone()}" if done["at"] else "the beginning"
    showing.console().print(f"[green]done[/green]: {done['flow']} is on `{done['mode']}` from {moment} on")
    for one in done["called_off"]:
        showing.console().print(f"called off: `{one['mode']}` from {showing.moment(one['at'])} {showing.zone()} on")
    showing.console().print(then)
