"""`pawline events listeners`, `tell-again` and `reopen`: who listens to our events, and what is told once more."""

from __future__ import annotations

import time
from datetime import datetime
from typing import Annotated, Any
from uuid import uuid4

import typer

from pawline.cli import showing
from pawline.cli.asking import By, Config, Json, Reason, asked, run
from pawline.hub import HubRefused, Reach, Settings, load_settings, person

Account = Annotated[str, typer.Argument(help="The account that listens, such as webhooks/agency.", show_default=False)]


def listeners(config: Config = None, json: Json = False) -> None:
    """Who listens to our events: what waits to be told, and when each took something last."""
    rows = asked(config, "listeners")
    if json:
        showing.json(rows)
        return
    shown = [
        {
            "account": one["account"], "shop": one["shop"], "took": showing.moment(one["taken"]) or "nothing yet",
            "waits": str(one["waits"]), "tried": str(one["tries"]), "off since": showing.moment(one["off"]),
            "because": one["because"], "whole": ", ".join(one["whole"]),
        }
        for one in rows
    ]  # fmt: skip
    columns = ("account", "shop", "took", "waits", "tried", "off since", "because", "whole")
    showing.table(shown, columns, empty="Nobody listens to our events.")


def tell_again(
    account: Account,
    since: Annotated[datetime, typer.Option("--since", help="What was recorded from then on, in your zone.")],
    until: Annotated[
        datetime | None, typer.Option("--until", help="And before then; else until now.", show_default=False)
    ] = None,
    kind: Annotated[str, typer.Option("--type", "-t", help="Only of this name, or noun.*.")] = "",
    new_ids: Annotated[
        bool, typer.Option("--new-ids", help="Under new ids: who knows the old ones takes them for new events.")
    ] = False,
    reason: Reason = "",
    by: By = "",
    config: Config = None,
    json: Json = False,
) -> None:  # fmt: skip
    """Tell a listener once more what happened in a span, as far as it is kept and listened to."""
    _why(reason)
    given = {
        "account": account, "since": since.astimezone().timestamp(), "kind": kind, "anew": new_ids,
        "until": time.time() if until is None else until.astimezone().timestamp(), "turn": uuid4().hex[:12],
        "by": by or person(), "reason": reason,
    }  # fmt: skip
    owed = run(_every_page(load_settings(config), given))
    if json:
        showing.json({"account": account, "owed": owed})
        return
    showing.console().print(f"[green]{owed}[/green] are told to {account} once more")


async def _every_page(settings: Settings, given: dict[str, Any]) -> int:
    owed: int = 0
    after = -1
    async with Reach(settings) as desk:
        while True:
            told = await desk.ask("tell_again", **given, after=after)
            owed += told["owed"]
            if told["after"] is None:
                return owed
            after = told["after"]


def reopen(
    account: Account,
    drop: Annotated[bool, typer.Option("--drop", help="What waited until now is not told.")] = False,
    reason: Reason = "",
    by: By = "",
    config: Config = None,
    json: Json = False,
) -> None:  # fmt: skip
    """Tell a listener again that people had left off."""
    _why(reason)
    told = asked(config, "reopen", account=account, drop=drop, by=by or person(), reason=reason)
    if json:
        showing.json(told)
        return
    showing.console().print(f"[green]{told['account']}[/green] {told['state']}")


def _why(reason: str) -> None:
    if not reason:
        raise HubRefused("say why with --reason: every action of an operator is audited")
