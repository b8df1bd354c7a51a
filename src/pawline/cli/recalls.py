"""`pawline recalls`: begin one that a person knows of, once it is seen who would be touched; and those that began."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer
from rich.markup import escape

from pawline.cli import showing
from pawline.cli.asking import By, Config, Json, Shop, asked, paged, shop_of
from pawline.hub import HubRefused, load_settings, person

app = typer.Typer(no_args_is_help=True, help="Recalls: begin one, once it is seen who is touched; those that began.")
Id = Annotated[str, typer.Argument(help="Its name, such as 2026-11-salmonella.", show_default=False)]
Skus = Annotated[list[str] | None, typer.Option("--sku", help="What is recalled; may be given again.")]
Lots = Annotated[list[str] | None, typer.Option("--lot", help="Of which lot, as printed; may be given again.")]
EveryLot = Annotated[bool, typer.Option("--every-lot", help="Every lot is recalled.")]
Severity = Annotated[str, typer.Option("--class", help="I (serious harm), II or III, as the notice says.")]
Because = Annotated[str, typer.Option("--because", help="What is wrong with the goods.")]
Source = Annotated[str, typer.Option("--source", help="The address of the notice.")]
Yes = Annotated[bool, typer.Option("--yes", help="Begin it: who would be touched has been seen.")]


@app.command("list")
def list_(shop: Shop = "", config: Config = None, json: Json = False) -> None:
    """Recalls that began, and what was decided about the orders that they held."""
    rows = paged(config, "recalls", shop)
    if json:
        showing.json(rows)
        return
    told = [row | {"skus": ", ".join(row["skus"]), "decided": row["decided"] or "not yet"} for row in rows]
    showing.table(told, ("recall", "skus", "lots", "decided"), empty="Nothing was recalled.")


@app.command()
def begin(
    id: Id, sku: Skus = None, lot: Lots = None, every_lot: EveryLot = False, severity: Severity = "",
    because: Because = "", source: Source = "", yes: Yes = False, shop: Shop = "", by: By = "", config: Config = None,
    json: Json = False,
) -> None:  # fmt: skip
    """Say who a recall would touch, and begin it once that is confirmed. It cannot be taken back: households are told.

    Without --yes a person at the keyboard is asked; nobody there, nothing begins. Audited.
    """
    where = shop_of(load_settings(config), shop)
    said = {
        "id": id, "skus": sku or [], "lots": lot or [], "every_lot": every_lot, "severity": severity,
        "because": because, "source": source,
    }  # fmt: skip
    given = {"shop": where, "recall": said, "by": by or person()}
    seen = asked(config, "recall_begin", **given, dry=True)
    if not json:
        _show(seen)
    if not yes and not _confirmed(seen, as_json=json):
        if json:
            showing.json(seen)
        else:
            showing.console().print("Nothing was begun: with --yes it is.", style="yellow")
        return
    done = asked(config, "recall_begin", **given, dry=False)
    if json:
        showing.json(done)
        return
    showing.console().print(f"[green]begun[/green]: recall {escape(done['recall'])}, event {done['no']}")
    if not done["acts"]:
        showing.console().print("No hub runs: nobody is told and nothing is held until `pawline up`.", style="yellow")


def _confirmed(seen: dict[str, Any], *, as_json: bool) -> bool:
    """Asked only where somebody can answer; the name is typed, so that a wrong line of a history begins nothing."""
    if as_json or not sys.stdin.isatty():
        return False
    typed: str = typer.prompt("It cannot be taken back. Type its name to begin it", default="", show_default=False)
    if typed.strip() not in ("", seen["recall"]):
        raise HubRefused(f"that is not {seen['recall']}: nothing was begun")
    return bool(typed.strip())


def _show(seen: dict[str, Any]) -> None:
    lots = ", ".join(seen["lots"]) or "every lot"
    told = {
        "recall": f"{seen['recall']}, class {seen['severity']}", "skus": ", ".join(seen["skus"]), "lots": lots,
        "held": f"{seen['held']} order(s) that have not left, until a person decides",
        "told": f"{seen['households']} household(s), of {seen['left']} order(s) that left",
    }  # fmt: skip
    if seen["unknown_lots"]:
        told["of them"] = f"{seen['unknown_lots']} parcel(s) whose lot nobody wrote down: they count as affected"
    if seen["nobody"]:
        told["asked"] = f"{seen['nobody']} order(s) are nobody's that we know: a person is asked"
    showing.facts(told, tuple(told))
    for one in seen["warnings"]:
        showing.console().print(f"[yellow]look[/yellow]: {escape(one)}")
