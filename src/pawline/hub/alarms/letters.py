"""A message over one channel: one alarm or many, in the channel's form."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import msgspec

from pawline.hub.alarms.settings import Severity
from pawline.hub.alarms.words import headline, paragraph, said

if TYPE_CHECKING:
    from pawline.hub.alarms.found import Alarm

SHOWN: Final = 10
"""Alarms that a message tells in full; of the rest it says how many there are."""
SMS_SHOWN: Final = 2
SMS_MOST: Final = 300
"""Characters of a text message: two of a phone's parts."""


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be said, in every form: a `subject`, a `text`, a `short` one for phones, and for programs `data`."""

    subject: str
    text: str
    short: str
    data: dict[str, object]


def letter(name: str, zone: str, alarms: Sequence[Alarm], notes: Sequence[str] = ()) -> Letter:
    """One message about these: what is new or goes on, the worst first, then what is over."""
    alarms = sorted(alarms, key=lambda one: (one.closed is not None, one.severity != Severity.CRITICAL, one.no))
    subject = headline(alarms[0], zone) if len(alarms) == 1 else _many(alarms)
    parts = [paragraph(one, zone) for one in alarms[:SHOWN]]
    left = len(alarms) - SHOWN
    rest = [f"… and {left} more: `pawline alarms list`"] if left > 0 else []
    if len(ours := [str(one.no) for one in alarms if one.closed is None]) > 1:
        rest.append(f"Seen them all: `pawline alarms ack {' '.join(ours)} --by NAME`")
    head = [f"{name}: {subject}"] if len(alarms) > 1 else []
    if not head:
        parts[0] = f"{name}: {parts[0]}"
    return Letter(
        subject=f"{name}: {subject}", text="\n\n".join([*head, *parts, *rest, *notes]),
        short=_short(name, zone, alarms), data=_data(name, zone, alarms),
    )  # fmt: skip


def trial(name: str, channel: str) -> Letter:
    """A marked test."""
    text = (
        f"{name}: [test] this is a test of the channel {channel}; nothing is wrong. Somebody ran `pawline alarms test`."
    )
    return Letter(subject=f"{name}: [test] nothing is wrong", text=text, short=text, data={"hub": name, "test": True})


def _many(alarms: Sequence[Alarm]) -> str:
    over = sum(one.closed is not None for one in alarms)
    told = [(len(alarms) - over, "alarm" if len(alarms) - over == 1 else "alarms"), (over, "over")]
    return ", ".join(f"{count} {word}" for count, word in told if count)


def _short(name: str, zone: str, alarms: Sequence[Alarm]) -> str:
    lines = [
        headline(one, zone) + ("" if one.closed is not None else f"; pawline alarms ack {one.no} --by NAME")
        for one in alarms[:SMS_SHOWN]
    ]
    if len(alarms) > SMS_SHOWN:
        lines.append(f"and {len(alarms) - SMS_SHOWN} more: pawline alarms list")
    text = f"{name}: " + "\n".join(lines)
    return text if len(text) <= SMS_MOST else text[: SMS_MOST - 1] + "…"


def _data(name: str, zone: str, alarms: Sequence[Alarm]) -> dict[str, object]:
    return {"hub": name, "test": False, "alarms": [_told(one, zone) for one in alarms]}


def _told(alarm: Alarm, zone: str) -> dict[str, object]:
    words = said(alarm, zone)
    return {
        "no": alarm.no, "rule": alarm.rule, "subject": alarm.subject, "shop": alarm.shop, "team": alarm.team,
        "severity": alarm.severity, "state": alarm.state, "since": alarm.since, "closed": alarm.closed,
        "times": alarm.times + (alarm.closed is None), "what": words.what, "more": words.more, "means": words.means,
        "do": words.do,
    }  # fmt: skip
