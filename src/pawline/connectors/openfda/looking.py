"""Looks for recalls that were reported lately: page by page, oldest report first, each number once.

https://open.fda.gov/apis/food/enforcement/ : `search=report_date:[from TO to]`, `sort`, `limit` and `skip`. A window of
some weeks has some hundreds, far below the 25,000 that `skip` reaches, so nothing else is needed.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Final

import msgspec

from pawline.connectors.openfda.client import NOTHING
from pawline.connectors.openfda.settings import Settings
from pawline.kit import Http, Quarantined, Seen, Sighting, Watch
from pawline.model import ListedRecall, RecallId, RecallListed
from pawline.ports import Malformed, Rejected

PAGE: Final = 100
REACH: Final = 25_000
"""What `skip` may be."""
FIRST: Final = timedelta(days=30)
"""How far back the first look goes; nor does any go further back than is remembered."""
LATE: Final = timedelta(days=14)
"""Reports so much older than the newest that was seen are looked at again: the file is written weekly, and late."""
LONGEST: Final = 4_000
"""Characters of a text; the rest is in the notice."""
SOURCE: Final = "openFDA"


class Report(msgspec.Struct, frozen=True):
    """An enforcement report, as far as it is asked about: every text is free, and may be missing."""

    recall_number: str
    report_date: str
    recalling_firm: str = ""
    product_description: str = ""
    code_info: str = ""
    more_code_info: str | None = None
    reason_for_recall: str = ""
    classification: str = ""
    status: str = ""
    distribution_pattern: str = ""
    recall_initiation_date: str = ""


class Results(msgspec.Struct, frozen=True):
    """How many there are."""

    total: int


class Meta(msgspec.Struct, frozen=True):
    """Of a page."""

    results: Results


class Reply(msgspec.Struct, frozen=True):
    """A page; a report that cannot be read keeps no other back."""

    meta: Meta
    results: tuple[msgspec.Raw, ...]


class Cursor(msgspec.Struct, frozen=True):
    """The walk looks at reports `since`, has passed `skip` of them, and saw one of `newest`; `bad` were named."""

    since: date
    newest: date
    skip: int = 0
    bad: frozenset[str] = frozenset()


async def reports(http: Http, _: Settings, cursor: str) -> Seen:
    """A page of them."""
    today = datetime.now(UTC).date()
    at = msgspec.json.decode(cursor, type=Cursor) if cursor else Cursor(today - FIRST, today - FIRST)
    since = max(at.since, today - FIRST)
    passed = at.skip if since == at.since else 0  # of another window: what was passed is elsewhere in it
    query = {
        "search": f"report_date:[{since:%Y%m%d} TO {today:%Y%m%d}]", "sort": "report_date:asc", "limit": str(PAGE),
        "skip": str(passed),
    }  # fmt: skip
    try:
        page = await http.get("food", "enforcement.json", query=query, into=Reply)
    except Rejected as no:
        if no.text != NOTHING:
            raise
        page = Reply(Meta(Results(0)), ())
    if page.meta.results.total > REACH:
        raise Malformed(f"openFDA lists {page.meta.results.total} recalls in {FIRST.days} days: that cannot be")
    seen, newest, bad = list[Sighting](), at.newest, dict[str, str]()
    for number, raw in enumerate(page.results, passed):
        try:
            one, reported = _read(raw, today)
        except (ValueError, RecursionError) as problem:
            bad[f"report {since:%Y%m%d}+{number}"] = str(problem)[:200]
            continue
        newest = max(newest, reported)
        moment = datetime.combine(reported, time(), UTC)
        seen.append(Sighting(f"enforcement/{one.id}", moment, RecallListed(listed=one)))
    if len(page.results) > 2 and not seen:
        raise Malformed("none of openFDA's reports can be read")
    told = tuple(Quarantined(where, why) for where, why in bad.items() if where not in at.bad)
    skip = passed + len(page.results)
    if page.results and skip < page.meta.results.total:
        return Seen(tuple(seen), _said(Cursor(since, newest, skip, at.bad | bad.keys())), told, more=True)
    return Seen(tuple(seen), _said(Cursor(newest - LATE, newest, 0, frozenset(bad))), told)


async def probe(http: Http, settings: Settings, _: frozenset[str]) -> None:
    """Whether it answers, and knows the key."""
    await reports(http, settings, "")


def _read(raw: msgspec.Raw, today: date) -> tuple[ListedRecall, date]:
    """Raises ValueError, without what stands there."""
    try:
        one = msgspec.json.decode(raw, type=Report)
    except msgspec.ValidationError as problem:
        raise ValueError(str(problem)) from None
    reported = _day(one.report_date)
    if not one.recall_number.strip() or reported is None or reported > today + timedelta(days=1):
        raise ValueError("it has no number, or no day of its report")
    codes = " ".join(filter(None, (one.code_info, one.more_code_info)))
    return ListedRecall(
        id=RecallId(_text(one.recall_number)[:64]), source=SOURCE, firm=_text(one.recalling_firm),
        product=_text(one.product_description), codes=_text(codes), reason=_text(one.reason_for_recall),
        severity=_text(one.classification), status=_text(one.status), where=_text(one.distribution_pattern),
        since=_day(one.recall_initiation_date),
    ), reported  # fmt: skip


def _day(said: str) -> date | None:
    try:
        return datetime.strptime(said, "%Y%m%d").date()  # noqa: DTZ007 - a day of no zone
    except ValueError:
        return None


def _text(said: str) -> str:
    return " ".join(said.split())[:LONGEST]


def _said(at: Cursor) -> str:
    return msgspec.json.encode(at, order="deterministic").decode()


def every(settings: Settings) -> timedelta:
    """How often it is looked."""
    return timedelta(seconds=settings.poll)


WATCH: Final[Watch[Settings]] = Watch("enforcement", every, reports)
