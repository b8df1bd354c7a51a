"""Commands: what a person asks the owner of a run for, as a row."""

from __future__ import annotations

from typing import Any

import msgspec

from pawline.runtime.flow import digest63
from pawline.store import LANES, CommandRow


class Refused(Exception):
    """The command cannot be done; the text says why and what to do instead."""


class Said(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a command carries besides its target: a step's path, a typed value, a code, arguments, a mode."""

    path: str = ""
    value: msgspec.Raw = msgspec.Raw()  # empty is none: msgspec reads no `Raw | None`
    code: str = ""
    args: msgspec.Raw = msgspec.Raw()
    scope: str = ""
    name: str = ""
    mode: str = ""
    account: str = "*"
    watermark: float | None = None
    before: float | None = None


def command(
    engine_store: Any, shop: str, action: str, target: str, *, by: str, reason: str, said: Said | None = None,
    lane: int | None = None,
) -> CommandRow:  # fmt: skip
    """The row of a command. `target`: `run:NO`, `case:NO`, `key:HASH`, or `shop`. Every command needs a reason."""
    if not by or not reason:
        raise Refused("say who you are and why: both are audited")
    where = digest63(shop, target) % LANES if lane is None else lane
    body = msgspec.json.encode(said or Said())
    return CommandRow(
        engine_store.next_no(), shop, where, action, target, by, reason, engine_store.now(), body, "pending", None
    )


def plainly(said: str) -> str:
    """A text that every database takes, whatever an exception says."""
    return said[:1000].encode("utf-8", "replace").decode().replace("\0", "?")
