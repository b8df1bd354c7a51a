"""`pawline events`: what happened, and how to say that something did."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from pawline.cli import showing, telling
from pawline.cli.asking import By, Config, Json, Limit, Reason, Reveal, Shop, asked, ordered, paged
from pawline.hub import HubRefused, person

app = typer.Typer(no_args_is_help=True, help="Events: what happened, sending one, replaying one on purpose.")
Number = Annotated[int, typer.Argument(help="The event's number.", show_default=False)]
Webhook = Annotated[int, typer.Argument(help="The webhook's number, as `waiting` lists it.", show_default=False)]


@app.command("list")
def list_(
    kind: Annotated[str, typer.Option("--type", "-t", help="Only of this name, e.g. order.placed@1.")] = "",
    shop: Shop = "",
    limit: Limit = 50,
    config: Config = None,
    json: Json = False,
) -> None:
    """The newest events of a shop."""
    rows = paged(config, "events", shop, kind=kind, limit=limit)
    if json:
        showing.json(rows)
        return
    showing.table(rows, ("no", "type", "subject", "source", "id", "at", "recorded"), empty="There is no such event.")


@app.command()
def show(no: Number, reveal: Reveal = False, by: By = "", config: Config = None, json: Json = False) -> None:
    """One event and the runs it began."""
    found = asked(config, "event", no=no, reveal=reveal, by=by or person())
    if json:
        showing.json(found)
        return
    showing.facts(found, ("no", "shop", "type", "subject", "source", "id", "at", "recorded", "body"))
    showing.table(found["runs"], ("no", "flow", "generation", "status"), empty="It began no run.")


@app.command()
def send(
    file: Annotated[Path, typer.Argument(help="A CloudEvent in JSON (or several, a JSON list); - reads the input.")],
    shop: Shop = "",
    config: Config = None,
    json: Json = False,
) -> None:
    """Record an event, as its sender would. The same (source, id) again changes nothing."""
    told = [paged(config, "send", shop, event=event) for event in read(file)]
    if json:
        showing.json(told)
        return
    for one in told:
        word = "recorded" if one["new"] else "known before, nothing was stored:"
        showing.console().print(f"[green]{word}[/green] event {one['no']}")


@app.command()
def replay(
    no: Number,
    flow: Annotated[
        str,
        typer.Option("--flow", "-f", help="Only this flow. Needed where the event began several and not all failed."),
    ] = "",
    reason: Reason = "",
    by: By = "",
    config: Config = None,
    json: Json = False,
) -> None:
    """Run a flow of an event once more, on purpose: a new generation, whose effects happen again."""
    showing.said(ordered(config, "replay", f"event:{no}", by=by, reason=reason, name=flow), json)


@app.command("hear-again")
def hear_again(shop: Shop = "", reason: Reason = "", by: By = "", config: Config = None, json: Json = False) -> None:
    """Read every unclaimed webhook once more, by connectors that were mended or know more types by now."""
    if not reason:
        raise HubRefused("say why with --reason: every action of an operator is audited")
    told = paged(config, "hear_again", shop, by=by or person(), reason=reason)
    if json:
        showing.json(told)
        return
    showing.console().print(
        f"[green]{told['claimed']}[/green] claimed now, {told['known']} had been, {told['unclaimed']} still unclaimed, "
        f"{told['erased']} about who was erased"
    )


app.command()(telling.listeners)
app.command("tell-again")(telling.tell_again)
app.command()(telling.reopen)


@app.command()
def waiting(shop: Shop = "", limit: Limit = 50, config: Config = None, json: Json = False) -> None:
    """Webhooks that were answered and not taken apart yet, the oldest first, and why one does not open."""
    rows = paged(config, "waiting", shop, limit=limit)
    if json:
        showing.json(rows)
        return
    showing.table(rows, ("no", "account", "at", "bytes", "says"), empty="No webhook waits.")


@app.command()
def drop(no: Webhook, reason: Reason = "", by: By = "", config: Config = None, json: Json = False) -> None:
    """Give up a webhook that waits and does not open. It is gone for good: first see whether its key can be given."""
    if not reason:
        raise HubRefused("say why with --reason: every action of an operator is audited")
    told = asked(config, "drop", no=no, by=by or person(), reason=reason)
    if json:
        showing.json(told)
        return
    showing.console().print(
        f"[green]dropped[/green] webhook {no} of {told['account']}, which came {showing.moment(told['at'])}: have its"
        " sender send it again, or look there for what it said"
    )


def read(file: Path) -> list[dict[str, Any]]:
    """The events of a file, or of the input. Raises HubRefused for what is no JSON object or list of objects."""
    try:
        data = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
        found = msgspec.json.decode(data)
        return msgspec.convert(found if isinstance(found, list) else [found], list[dict[str, Any]])
    except OSError as problem:
        raise HubRefused(f"{file} cannot be read: {problem.strerror}") from None
    except msgspec.MsgspecError as problem:
        raise HubRefused(f"{file} holds no event in JSON: {problem}") from None
