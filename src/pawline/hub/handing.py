"""Cutting over, and back: the moment from which on a flow is ours, or the old way's again."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from pawline.hub.settings import HubRefused

if TYPE_CHECKING:
    from pawline.store import Store

MARGIN: Final = 10.0
"""Seconds ahead: by then every owner knows, also of events from a clock that is a little fast."""
WHOSE: Final = {"live": "ours", "observe": "the old way's"}
Handed = tuple[float, str]
"""From when on, and which mode."""


async def hand(
    store: Store, whose: tuple[str, str], mode: str, at: float | None, who: tuple[str, str], *, alive: bool
) -> dict[str, Any]:
    """Writes it down. Raises HubRefused where it is so already, or the moment is not ahead.

    A flow that never ran is observed from the beginning; where a hub is alive, which may be about to begin it, it is so
    from the moment on, and begins nothing until then. Else the moment is `at`, or as soon as may be. What was planned
    from then on is called off, and so is a plan that this one puts off: the same mode, at a later moment.
    """
    if mode not in WHOSE:
        raise HubRefused(f"{mode!r} is no mode that a flow is handed over to: {' or '.join(WHOSE)}")
    shop, flow = whose
    known = [(moment, was) for owner, name, moment, was in await store.fetch("handovers") if (owner, name) == whose]
    ran = bool(await store.fetch("runs_page", (shop, flow, -1, 2**62, 1)))
    now = store.now()
    untouched = mode == "observe" and not (known or ran) and at is None
    if untouched and not alive:
        moment = 0.0
    elif (moment := now + MARGIN if at is None else at) < now + MARGIN:
        raise HubRefused(f"{_iso(moment)} is too near, or over: give a moment at least {MARGIN:g} s ahead")
    stays, off, rows = _planned(known, moment, mode, now, theirs=(untouched and alive) or (mode == "live" and not ran))
    if not off and not rows:
        since = f" (from {_iso(stays[-1][0])} on)" if stays else ""
        raise HubRefused(f"{flow} is {WHOSE[mode]} already{since}")
    writes: list[tuple[str, tuple[Any, ...]]] = [("drop_handovers", (shop, flow, off[0][0]))] if off else []
    writes += [("insert_handover", (shop, flow, *row)) for row in rows]
    done = {
        "shop": shop, "flow": flow, "mode": mode, "at": rows[-1][0] if rows else stays[-1][0] if stays else 0.0,
        "called_off": [{"mode": was, "at": then} for then, was in off],
    }  # fmt: skip
    await _write(store, writes, done, who)
    return done


def _planned(
    known: list[Handed], moment: float, mode: str, now: float, *, theirs: bool
) -> tuple[list[Handed], list[Handed], list[Handed]]:  # fmt: skip
    """What stays of what is known, what is called off, and what is to be written.

    `theirs`: where nothing is known, what happened until then is the old way's, and nobody looked.
    """
    stays = [one for one in known if one[0] < moment]
    if stays and stays[-1][1] == mode and stays[-1][0] >= now + MARGIN:
        stays.pop()  # put off
    off = known[len(stays) :]
    if stays:
        return stays, off, [] if stays[-1][1] == mode else [(moment, mode)]
    if off:
        theirs = off[0][1] == "live"
    if mode == "live":
        return stays, off, [(moment, mode)] if theirs else []
    return stays, off, [(0.0, "old"), (moment, mode)] if theirs else [(moment, mode)]


async def _write(
    store: Store, writes: list[tuple[str, tuple[Any, ...]]], done: dict[str, Any], who: tuple[str, str]
) -> None:  # fmt: skip
    action = "cutover" if done["mode"] == "live" else "back"
    off = "".join(f"; not {one['mode']} from {_iso(one['at'])} on" for one in done["called_off"])
    says = f"{who[1]} -> from {_iso(done['at'])} on{off}"
    audit = (done["shop"], store.now(), who[0], action, done["flow"], says)
    if (error := (await store.written([*writes, ("insert_audit", audit)])).error) is not None:
        raise error


def _iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")
