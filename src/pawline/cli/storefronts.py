"""`pawline keys` and `pawline profile`: who may use a shop's own checkout, and how much its shoppers wait for."""

from __future__ import annotations

from typing import Annotated

import typer

from pawline.cli import showing
from pawline.cli.asking import By, Config, Json, Reason, Shop, asked, paged, shop_of
from pawline.hub import load_settings, person
from pawline.hub.storefront import Profile

app = typer.Typer(no_args_is_help=True, help="Keys of the shop's own checkout (`[[storefronts]]`).")
COLUMNS = ("id", "name", "may", "origins", "made", "by", "revoked")


@app.command("make")
def make(
    name: Annotated[str, typer.Argument(help="What it is for, such as web or till.", show_default=False)],
    origin: Annotated[
        list[str] | None, typer.Option("--origin", "-o", help="A page that uses it, such as https://pets.example.")
    ] = None,
    secret: Annotated[bool, typer.Option("--secret", help="For the shop's own servers, not for pages.")] = False,
    scope: Annotated[
        list[str] | None,
        typer.Option(
            "--scope", "-s", help="Of a secret key: catalog, carts, checkout, orders, cancel, returns, households."
        ),
    ] = None,
    shop: Shop = "",
    by: By = "",
    config: Config = None,
    json: Json = False,
) -> None:
    """Make a key and show it, once: what is kept is its digest."""
    where = shop_of(load_settings(config), shop)
    done = asked(
        config, "key_make", shop=where, name=name, by=by or person(), secret=secret, scopes=scope or [],
        origins=origin or [],
    )  # fmt: skip
    if json:
        showing.json(done)
        return
    typer.echo(done["key"])
    typer.echo(f"Keep it: it is shown this once. `pawline keys revoke {done['id']}` ends it.", err=True)


@app.command("list")
def list_(shop: Shop = "", config: Config = None, json: Json = False) -> None:
    """The keys that were made, by their beginnings."""
    rows = paged(config, "keys", shop)
    if json:
        showing.json(rows)
    else:
        showing.table(rows, COLUMNS, empty="No key was made: `pawline keys make NAME --origin https://…`")


@app.command("revoke")
def revoke(
    id: Annotated[str, typer.Argument(help="Its beginning, as `pawline keys list` shows it.", show_default=False)],
    reason: Reason = "",
    shop: Shop = "",
    by: By = "",
    config: Config = None,
    json: Json = False,
) -> None:
    """End a key: within a second it is of no use."""
    where = shop_of(load_settings(config), shop)
    showing.said(asked(config, "key_revoke", shop=where, id=id, by=by or person(), reason=reason), json)


@app.command("release")
def release(
    id: Annotated[str, typer.Argument(help="One of them; without it, all that a restore holds.")] = "",
    reason: Reason = "",
    shop: Shop = "",
    by: By = "",
    config: Config = None,
    json: Json = False,
) -> None:
    """Let keys live again that a restore holds: look first at who was to lose theirs since the backup was made."""
    where = shop_of(load_settings(config), shop)
    showing.said(asked(config, "key_release", shop=where, id=id, by=by or person(), reason=reason), json)


def profile(
    profile: Annotated[
        Profile | None, typer.Argument(help="What a checkout waits for; without it, what is set is shown.")
    ] = None,
    reason: Reason = "",
    shop: Shop = "",
    by: By = "",
    config: Config = None,
    json: Json = False,
) -> None:
    """Choose what a shop's checkout waits for before it answers; from the next one on, over what the settings say."""
    if profile is None:
        rows = asked(config, "profiles")
        if json:
            showing.json(rows)
        else:
            showing.table(rows, ("shop", "profile", "by", "at", "reason"), empty="No shop has `[[storefronts]]`.")
        return
    where = shop_of(load_settings(config), shop)
    showing.said(
        asked(config, "profile", shop=where, profile=profile.value, by=by or person(), reason=reason), json
    )  # fmt: skip
