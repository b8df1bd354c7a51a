"""`pawline household`: what is known of somebody, for whoever asked."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from pawline.cli import showing
from pawline.cli.asking import By, Config, Json, Reveal, Shop, asked, shop_of
from pawline.hub import load_settings, person

PAGE = 200
Id = Annotated[str, typer.Argument(help="The household, as the case names it.", show_default=False)]


def household(
    id: Id, shop: Shop = "", reveal: Reveal = False, by: By = "", config: Config = None, json: Json = False
) -> None:
    """Every event that belongs to a household's key, newest first; with --reveal also what stands in it.

    It reads all events of the store: that takes a while where there are millions.
    """
    where = shop_of(load_settings(config), shop)
    found: list[dict[str, Any]] = []
    page: list[dict[str, Any]] = []
    visits: list[dict[str, Any]] = []
    while not found or len(page) == PAGE:
        more = {"before": page[-1]["no"]} if page else {}
        given = {"shop": where, "household": id, "limit": PAGE, "reveal": reveal, "by": by or person()} | more
        told = asked(config, "household", **given)
        page = told["events"]
        found += page
        visits += told.get("visits", ())  # an older hub has none
        if not page:
            break
    if json:
        showing.json({"household": id, "events": found, "visits": visits})
        return
    columns = ("no", "type", "subject", "at", "body") if reveal else ("no", "type", "subject", "at")
    showing.table(found, columns, empty="Nothing is known of them, or nobody can read it any more.")
    if visits:
        shown = [
            {"at": one["at"], "did": ", ".join(one["did"]), "seen": ", ".join(one["seen"]) if reveal else one["seen"]}
            for one in visits
        ]
        showing.table(shown, ("at", "did", "seen"), empty="")
