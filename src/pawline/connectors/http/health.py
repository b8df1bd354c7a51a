"""Whether an account can do its work, as far as that can be asked, and what its settings declare."""

from __future__ import annotations

import secrets
from typing import Final

from pawline.connectors.http.calling import REFERENCE, Calling
from pawline.connectors.http.client import host_of
from pawline.connectors.http.hearing import Hears, may_come
from pawline.connectors.http.settings import Settings
from pawline.kit import Http, error_of
from pawline.ports import Code, Malformed

NOBODYS: Final = "pawline-never-sent-"
"""How the name of a call begins that was never made."""
_HOW: Final = {
    "ask": "a person is asked", "key": "the same call again under its key", "look_up": "it is looked up",
    "repeat": "it is sent again",
}  # fmt: skip


def askable(settings: Settings) -> bool:
    """Whether anything is named that may be asked."""
    calls = settings.calls
    return calls is not None and (calls.well is not None or bool(calls.look_up))


async def probe(http: Http, settings: Settings, _: frozenset[str]) -> None:
    """Asks what the settings name as `well`, and looks up what never happened. Raises PortError."""
    calls = settings.calls or Calling()
    if calls.well is not None:
        path = tuple(calls.well.split("/")) if calls.well else ()
        if (error := error_of(await http.ask("GET", *path), "GET of `calls.well`")) is not None:
            raise error
    if calls.look_up:
        await _looks_up(http, calls)


async def _looks_up(http: Http, calls: Calling) -> None:
    """What finds everything would take every lost call for done, and what finds it elsewhere would say nothing."""
    name = NOBODYS + secrets.token_hex(8)
    answer = await http.ask("GET", *(name if one == REFERENCE else one for one in calls.look_up.split("/")))
    if 200 <= answer.status < 300:
        raise Malformed(
            f"`calls.look_up` finds what was never sent (answered {answer.status}): a call that was lost would be taken"
            " for done. Settle by something else",
            Code.BAD_REPLY,
        )
    if answer.status != 404 and (error := error_of(answer, "`calls.look_up` of what was never sent")) is not None:
        raise error


async def tries(http: Http, settings: Settings) -> str:
    """For `connect`: what was asked, and what was not."""
    await probe(http, settings, frozenset())
    calls = settings.calls
    if calls is None:
        return "it is not called, it only tells: `pawline look ACCOUNT --body FILE` tries a delivery"
    asked = [
        *(["it is well, by `calls.well`"] if calls.well is not None else []),
        *(["it does not find what was never sent, by `calls.look_up`"] if calls.look_up else []),
    ]
    return (
        "; ".join(asked) or "nothing was sent: name a path in `calls.well` that may be read to see whether it is there"
    )


def states(settings: Settings) -> tuple[str, ...]:
    """What nobody but its owner can know."""
    return (*_calls(settings), *(_hears(settings.hears) if settings.hears is not None else ()))


def _calls(settings: Settings) -> tuple[str, ...]:
    calls = settings.calls
    if calls is None:
        return ()
    how = _HOW[calls.settle]
    if calls.settle == "key":
        after = "looked up" if calls.look_up else "asked about"
        how += f" ({calls.key_header}, known for {calls.key_hours:g} h; later it is {after})"
    if calls.settle == "look_up":
        seen = f"{calls.seen_after_seconds:g} s after its time-out"
        how += f" at {calls.look_up} {seen}, where 404 means that it did not happen"
    because = f", because: {calls.because}" if calls.because else ""
    signed = "" if calls.signs is not None else "; it is not signed"
    if not askable(settings):
        signed += "; whether it is there is not asked, for `calls.well` names no path"
    return (f"{calls.method} to {host_of(settings)}: where nobody knows whether it happened, {how}{because}{signed}",)


def _hears(hears: Hears) -> tuple[str, ...]:
    told = [f"hears {', '.join(may_come(hears))}, signed by {len(hears.secrets)} secret(s)"]
    if hears.own is not None and not hears.own.time:
        told.append(
            "its signature has no time: what somebody caught may be told again, and is known by its id for 60 days"
        )
    if hears.type.startswith("header:"):
        told.append("its type stands in a header, which is not signed")
    return tuple(told)
