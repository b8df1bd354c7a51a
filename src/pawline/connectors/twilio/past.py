"""History in bulk: the words among all texts that came in, page by page; of each number its last STOP is told.

https://www.twilio.com/docs/messaging/tutorials/how-to-retrieve-and-modify-message-history . Twilio lists messages of
the last 400 days, or of fewer where the account says so: "Twilio SMS message and traffic storage", support.twilio.com .
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Final
from urllib.parse import parse_qsl, urlencode

import msgspec

from pawline.connectors.twilio.client import TwilioHttp
from pawline.connectors.twilio.happened import withdrawn, word_of
from pawline.connectors.twilio.looking import MANY_BAD, is_of
from pawline.connectors.twilio.settings import Settings
from pawline.connectors.twilio.told import NUMBER, Messages, ToldMessage, moment
from pawline.kit import Guard, Past, Quarantined, Recalled, Rows, fetched, name_of, patient, rows_of
from pawline.ports import Malformed

MANY: Final = "500"
"""Messages on a page, as the look has it: what `client.MOST` holds in whatever letters."""
NUMBERS: Final = 100_000
"""Numbers of which it is remembered which STOP is their last. Of more, each STOP is told: the newest decides anyway."""
LIFTED: Final = "a START: it lifts Twilio's own block, and is no consent"
WORDLESS: Final = "a text without words: where Twilio does not keep them, it may have been a STOP"
NOBODYS: Final = "a STOP of nobody: what it came from is no number"
TIMELESS: Final = "a STOP of which Twilio does not say when it came"
OLDER: Final = "a STOP of a number that said it again later"


async def fetch(
    http: TwilioHttp, settings: Settings, _: Guard, since: datetime, to: Path, say: Callable[[str], None]
) -> None:  # fmt: skip
    """Each text since then that is a word, or may have been one, is a line. Stopped, it goes on behind a page.

    A number's are asked for by it. A service has many, so all that the account sent and heard is gone through. Where
    pages move because something comes meanwhile, a text is there twice, and told once.
    """
    asked = set[str]()

    async def page(after: str | None) -> Rows:
        if after is None:
            asked.clear()
        query = _first(settings, since) if after is None else tuple(parse_qsl(after, keep_blank_values=True))
        asked.add(urlencode(query))
        found = await patient(partial(http.get, *http.of("Messages.json"), query=query, into=Messages))
        following = None if (onward := found.goes_on()) is None else urlencode(onward)
        if following is not None and (following in asked or not found.messages):
            raise Malformed("a page goes on where one began: the list would never end")
        return Rows(_rows(found, settings, since), following)

    await fetched(to, page, say, "texts that are a word")


def _first(settings: Settings, since: datetime) -> tuple[tuple[str, str], ...]:
    """By days: an inbound text was `sent` when its webhook was called, so never before it came."""
    whose = () if settings.service else (("To", settings.sender),)
    return (*whose, ("DateSent>", f"{since:%Y-%m-%d}"), ("PageSize", MANY))


def _rows(page: Messages, settings: Settings, since: datetime) -> list[msgspec.Raw]:
    """What is written down of a page: nothing that anybody wrote but words. What cannot be read is, as it came."""
    rows, unread = list[msgspec.Raw](), 0
    for raw in page.messages:
        try:
            told = msgspec.json.decode(raw, type=ToldMessage)
        except (ValueError, RecursionError):  # msgspec's own errors too
            unread += 1
            rows.append(raw)
            continue
        if told.direction == "inbound" and is_of(settings, told) and _says(told) and _lately(told, since):
            rows.append(msgspec.Raw(msgspec.json.encode(_kept(told))))
    if len(page.messages) >= MANY_BAD and unread == len(page.messages):
        raise Malformed("none of the messages can be read")
    return rows


def _says(told: ToldMessage) -> str | None:
    """`stop` or `start`; `nothing` where there are no words; None for what is none of history's business."""
    if not told.body:
        return "nothing" if told.num_media == "0" else None
    word = word_of(told.body)
    return word if word in ("stop", "start") else None


def _lately(told: ToldMessage, since: datetime) -> bool:
    """Since then, or nobody can say when."""
    try:
        return moment(told.date_created) >= since
    except ValueError:
        return True


def _kept(told: ToldMessage) -> ToldMessage:
    return ToldMessage(
        told.sid, direction=told.direction, body=told.body, sender=told.sender, date_created=told.date_created,
        num_media=told.num_media,
    )  # fmt: skip


async def history(_: TwilioHttp, __: Settings, file: Path, offset: int) -> AsyncIterator[Recalled]:
    """Each text of the file. One that cannot be read is set aside."""
    last = await asyncio.to_thread(_last, file)
    for end, raw in rows_of(file, offset):
        try:
            found = _recalled(end, msgspec.json.decode(raw, type=ToldMessage), last)
        except (ValueError, RecursionError) as problem:
            found = Recalled(end, bad=Quarantined(f"message {name_of(raw, 'sid')}", str(problem)[:200]))
        yield found


def _last(file: Path) -> dict[str, tuple[datetime, int]]:
    """Of each number when it said STOP last, and where that ends in the file: lists promise no order."""
    last = dict[str, tuple[datetime, int]]()
    for end, raw in rows_of(file, 0):
        try:
            told = msgspec.json.decode(raw, type=ToldMessage)
            at = moment(told.date_created)
        except (ValueError, RecursionError):
            continue
        number = told.sender or ""
        if _says(told) != "stop" or not NUMBER.fullmatch(number):
            continue
        if at > last[number][0] if number in last else len(last) < NUMBERS:
            last[number] = at, end
    return last


def _recalled(end: int, told: ToldMessage, last: dict[str, tuple[datetime, int]]) -> Recalled:
    """What it comes to: the same noes as its webhook and a look have. Raises ValueError for a time that is none.

    A later START takes no STOP back: see docs/why/0043.
    """
    if (said := _says(told)) != "stop":
        return Recalled(end, left=(LIFTED if said == "start" else WORDLESS,))
    number = told.sender or ""
    if not NUMBER.fullmatch(number):
        return Recalled(end, left=(NOBODYS,))
    if told.date_created is None:
        return Recalled(end, left=(TIMELESS,))
    noes = withdrawn(told)
    return Recalled(end, noes) if number not in last or last[number][1] == end else Recalled(end, left=(OLDER,))


PAST: Final[Past[Settings]] = Past(fetch, history)
