"""An account's client, and what Formbricks means by its statuses."""

from __future__ import annotations

import re
from typing import Final

import msgspec

from pawline.connectors.formbricks.settings import Settings
from pawline.kit import Answer, Guard, Http
from pawline.ports import Code, PortError, Rejected

MOST: Final = 8 << 20
"""Bytes of an answer: a page of responses, each with all that was written in it, or a long survey in ten languages."""
_FIELD: Final = re.compile(r"[A-Za-z][A-Za-z0-9_.]{0,39}")


class _Detail(msgspec.Struct, frozen=True):
    field: str


class _Error(msgspec.Struct, frozen=True):
    details: tuple[_Detail, ...] = ()


class _Refusal(msgspec.Struct, frozen=True):
    error: _Error


def explain(answer: Answer) -> PortError | None:
    """400 and 422 name the fields that are wrong: `apps/web/modules/api/v2/lib/response.ts` of Formbricks."""
    if answer.status not in (400, 422):
        return None
    try:
        details = msgspec.json.decode(answer.body, type=_Refusal).error.details
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        details = ()
    fields = sorted({one.field for one in details if _FIELD.fullmatch(one.field)})
    return Rejected(f"Formbricks does not take it{': ' if fields else ''}{', '.join(fields[:10])}", Code.INVALID)


def client(settings: Settings, guard: Guard) -> Http:
    """https://formbricks.com/docs/api-v2-reference . Keys of repeated calls are not known there."""
    return Http(
        f"{settings.url}/api", guard=guard, most=MOST, key_header=None, explain=explain,
        headers={"x-api-key": settings.key, "accept": "application/json"},
    )  # fmt: skip
