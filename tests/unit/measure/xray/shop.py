"""A shop's files in a folder, and what an X-ray says about them."""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pawline.measure.xray import Figure, Report, Settings, judge, sheet_of

NOW = int(datetime(2026, 11, 30, 6, 0, tzinfo=UTC).timestamp())
HOUR, DAY = 3_600, 86_400


def looked(place: Path, files: dict[str, str], **more: Any) -> Report:
    """By kind of source, the name of its file in the folder."""
    (place / "rows").mkdir(exist_ok=True)
    sheets = [sheet_of(kind, place / name) for kind, name in files.items()]
    settings = Settings(until=NOW, scratch=place, **more)
    return judge(sheets, settings, place / "rows", lambda _: None)


def found(report: Report) -> dict[str, int]:
    """What it found, by kind; what it found nothing of is left out."""
    return {one.key: one.found for one in report.figures if one.found}


def rows(place: Path, kind: str) -> list[dict[str, str]]:
    """All of a kind's own table."""
    with (place / "rows" / f"{kind}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def iso(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat()


HEADER = (
    "Name,Email,Financial Status,Fulfillment Status,Currency,Subtotal,Shipping,Taxes,Total,Created at,"
    "Lineitem quantity,Lineitem name,Lineitem price,Lineitem sku,Cancelled at,Refunded Amount,Id\n"
)


def order(
    number: int, at: int, *, total: str = "20.00", back: str = "0", state: str = "paid", sku: str = "bowl"
) -> str:
    """A row of a Shopify export: one line of one bowl."""
    created = f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M:%S +0000}"
    return (
        f"#{number},shopper@example.org,{state},,EUR,{total},0,0,{total},{created},1,Bowl,{total},bowl,,{back},"
        f"{number}000\n"
    )


def placed(place: Path, *orders: str) -> None:
    (place / "orders.csv").write_text(HEADER + "".join(orders), "utf-8")


def figure(place: Path, key: str, files: dict[str, str]) -> Figure:
    report = looked(place, {"orders": "orders.csv"} | files)
    assert set(found(report)) <= {key}
    return next(one for one in report.figures if one.key == key)


def table(place: Path, name: str, header: str, *lines: str) -> None:
    (place / name).write_text("\n".join((header, *lines)) + "\n", "utf-8")


def judged(one: Figure) -> tuple[int | None, int, int, int]:
    return one.found, one.judged, one.young, one.unsure
