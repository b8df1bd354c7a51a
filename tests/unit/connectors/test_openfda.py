"""openFDA keeps what every connector keeps, and tells each recall that it lists once, whatever else stands there."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from pawline.connectors import openfda
from pawline.connectors.openfda.looking import FIRST, PAGE, Cursor, reports
from pawline.kit import BadSettings, Guard, Http, Seen
from pawline.model import ListedRecall, RecallId, RecallListed
from pawline.ports import Code, Malformed, PortError, Rejected, Unauthorised
from pawline.testing.conformance import TOKEN, ConnectorPromises
from pawline.testing.counter import Counter, Request, counter, json
from tests.house.tree import ROOT

SPEC = ROOT.parent / "shared/specs/openfda/res_mapping.json"
SAMPLE = Path(openfda.__file__).parent / "samples/enforcement.json"
TODAY = datetime.now(UTC).date()
NONE = b'{"error": {"code": "NOT_FOUND", "message": "No matches found!"}}'


class TestOpenFda(ConnectorPromises):
    connector = openfda.connector
    settings = {"url": "{url}", "key": TOKEN}  # noqa: RUF012 - a card's


def report(number: str, day: date = TODAY, **more: object) -> dict[str, object]:
    return {"recall_number": number, "report_date": f"{day:%Y%m%d}", "product_description": "Kibble"} | more


def page(*rows: object, total: int | None = None) -> bytes:
    return msgspec.json.encode({"meta": {"results": {"total": len(rows) if total is None else total}}, "results": rows})


class Scene:
    """An account, and a list that says what a test gives it: a body, or a status and one."""

    def __init__(self, http: Http, settings: Any, served: Counter) -> None:
        self.http, self.settings, self.cursor = http, settings, ""
        self.says: list[bytes | tuple[int, bytes]] = []
        self.heard: list[Request] = []
        served.answer = self.answer

    async def answer(self, request: Request) -> bytes:
        self.heard.append(request)
        said = self.says.pop(0)
        return json(*said) if isinstance(said, tuple) else json(200, said)

    async def look(self, *says: bytes | tuple[int, bytes]) -> Seen:
        self.says += says
        seen = await reports(self.http, self.settings, self.cursor)
        self.cursor = seen.cursor
        return seen

    @property
    def at(self) -> Cursor:
        return msgspec.json.decode(self.cursor, type=Cursor)


def tried(work: Callable[[Scene], Awaitable[None]], **settings: object) -> None:
    async def run() -> None:
        async with counter(Counter()) as served:
            given = openfda.connector.configure({"url": f"http://127.0.0.1:{served.port}"} | settings)
            http = openfda.connector.connect(given, Guard(["127.0.0.0/8"])).http
            assert isinstance(http, Http)
            try:
                await work(Scene(http, given, served))
            finally:
                await http.close()

    asyncio.run(run())


def numbers(seen: Seen) -> list[str]:
    found = list[str]()
    for one in seen.sightings:
        assert isinstance(one.event, RecallListed)
        found.append(one.event.listed.id)
    return found


def test_a_report_is_told_in_its_own_words_and_the_query_is_of_its_page() -> None:
    async def work(one: Scene) -> None:
        rows = msgspec.json.decode(SAMPLE.read_bytes())["results"]
        rows = [row | {"report_date": f"{TODAY:%Y%m%d}"} for row in rows]
        seen = await one.look(page(*rows))
        assert (seen.more, seen.quarantined) == (False, ())
        first, second = seen.sightings
        assert first.event == RecallListed(
            listed=ListedRecall(
                id=RecallId("F-0101-2027"), source="openFDA", firm="Example Pet Foods LLC",
                product="Paws Chicken & Rice dry dog food, 10 lb bag, UPC 77890 27864",
                codes="Lot: 10313-8J, 10314-8J Use By Date: 01/08/2027", reason="Possible Salmonella contamination",
                severity="Class I", status="Ongoing", where="WI, FL, NY", since=date(2026, 11, 9),
            )
        )  # fmt: skip
        assert (first.event.fact, first.id, first.at.date()) == (
            "recall.listed/openFDA/F-0101-2027", "enforcement/F-0101-2027", TODAY
        )  # fmt: skip
        assert second.event.subject == "F-0102-2027"
        (asked,) = one.heard
        since = f"{TODAY - FIRST:%Y%m%d}"
        assert asked.target == (
            f"/food/enforcement.json?search=report_date%3A%5B{since}+TO+{TODAY:%Y%m%d}%5D"
            f"&sort=report_date%3Aasc&limit={PAGE}&skip=0"
        )
        assert "authorization" not in dict(asked.headers)

    tried(work)


def test_what_is_asked_and_answered_is_of_the_mapping_that_the_fda_publishes() -> None:
    if not SPEC.exists():
        pytest.skip(f"{SPEC} is not here: it lies beside the checkout")
    known = msgspec.json.decode(SPEC.read_bytes())["_doc"]["properties"]
    assert msgspec.json.decode(SPEC.read_bytes())["_doc"]["dynamic"] == "strict"
    for row in msgspec.json.decode(SAMPLE.read_bytes())["results"]:
        assert set(row) <= set(known)
    assert set(openfda.looking.Report.__struct_fields__) <= set(known)
    assert known["report_date"]["type"] == "date"
    assert "basic_date" in known["report_date"]["format"]  # 20261125


def test_a_walk_goes_on_behind_the_last_page_and_the_next_one_a_fortnight_before_the_newest() -> None:
    async def work(one: Scene) -> None:
        day = TODAY - timedelta(days=3)
        first = await one.look(page(report("F-1", day), report("F-2", day), total=3))
        assert (numbers(first), first.more, one.at.skip) == (["F-1", "F-2"], True, 2)
        second = await one.look(page(report("F-3", day), total=3))
        assert (numbers(second), second.more) == (["F-3"], False)
        assert one.at == Cursor(day - timedelta(days=14), day)
        assert numbers(await one.look(page(report("F-3", day)))) == ["F-3"]
        assert [f"skip={n}" in asked.target for asked, n in zip(one.heard, (0, 2, 0), strict=True)] == [True] * 3
        assert f"{day - timedelta(days=14):%Y%m%d}+TO" in one.heard[2].target

    tried(work)


def test_a_walk_that_rested_while_its_window_moved_begins_anew() -> None:
    async def work(one: Scene) -> None:
        began = TODAY - FIRST - timedelta(days=2)
        one.cursor = msgspec.json.encode(Cursor(began, began, 100)).decode()
        assert numbers(await one.look(page(report("F-1")))) == ["F-1"]
        assert "skip=0" in one.heard[0].target

    tried(work)


def test_nothing_found_is_no_error_and_a_wrong_address_is_one() -> None:
    async def work(one: Scene) -> None:
        seen = await one.look((404, NONE))
        assert (seen.sightings, seen.quarantined, seen.more) == ((), (), False)
        with pytest.raises(Rejected) as wrong:
            await one.look((404, b"<html>"))
        assert wrong.value.code is Code.NOT_FOUND
        with pytest.raises(PortError):
            await one.look((410, b"{}"))
        with pytest.raises(Unauthorised, match="openFDA does not know the key"):
            await one.look((403, b'{"error": {"code": "API_KEY_INVALID"}}'))

    tried(work)


def test_a_report_that_cannot_be_read_is_named_once_and_keeps_no_other_back() -> None:
    async def work(one: Scene) -> None:
        rows = [
            report("F-1"), {"recall_number": 7}, report(" "), report("F-2") | {"report_date": "soon"},
            report("F-3", TODAY + timedelta(days=9)), report("F-4") | {"code_info": ["L1"]}, report("F-5"),
        ]  # fmt: skip
        seen = await one.look(page(*rows))
        assert numbers(seen) == ["F-1", "F-5"]
        assert len(seen.quarantined) == 5
        assert not any("L1" in bad.why for bad in seen.quarantined)
        one.cursor = msgspec.json.encode(msgspec.structs.replace(one.at, since=TODAY - FIRST)).decode()
        again = await one.look(page(*rows))
        assert (numbers(again), again.quarantined) == (["F-1", "F-5"], ())

    tried(work)


def test_an_answer_of_another_kind_moves_nothing() -> None:
    async def work(one: Scene) -> None:
        for said in (page({}, {}, {}), page(total=25_001), b'{"results": []}', b"[]"):
            with pytest.raises(Malformed):
                await one.look(said)
            assert one.cursor == ""

    tried(work)


def test_a_key_is_in_no_address_and_long_texts_end() -> None:
    async def work(one: Scene) -> None:
        seen = await one.look(page(report("F-1", product_description="x " * 9_000)))
        event = seen.sightings[0].event
        assert isinstance(event, RecallListed)
        assert len(event.listed.product) <= 4_000
        (asked,) = one.heard
        assert "k3y" not in asked.target
        assert dict(asked.headers)["authorization"] == "Basic azN5Og=="

    tried(work, key="k3y")


def test_it_is_looked_at_a_few_times_a_day() -> None:
    (watch,) = openfda.connector.watched(openfda.connector.configure({}))
    assert watch.every(openfda.connector.configure({})) == timedelta(hours=6)
    for poll in (0, 599, 700_000):
        with pytest.raises(BadSettings, match="the reports are weekly"):
            openfda.connector.configure({"poll": poll})
