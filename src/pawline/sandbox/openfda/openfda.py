"""openFDA at the sandbox: enforcement reports of food, and a key that nobody needs.

https://open.fda.gov/apis/food/enforcement/
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec

from pawline.sandbox.answers import decoded

if TYPE_CHECKING:
    from collections.abc import Callable

    from pawline.sandbox.vendors import Vendors


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """A report, by openFDA's own names. Without a `report_date` it is of today."""

    recall_number: str
    report_date: str = ""
    recall_initiation_date: str = ""
    recalling_firm: str = "Example Pet Foods LLC"
    product_description: str = ""
    reason_for_recall: str = ""
    code_info: str = ""
    more_code_info: str | None = None
    classification: str = "Class I"
    status: str = "Ongoing"
    distribution_pattern: str = "Nationwide"
    product_type: str = "Food"


class Asked(NamedTuple):
    """Reports of these days (`YYYYMMDD`), and which of them."""

    since: str
    until: str
    limit: int
    skip: int


class OpenFda:
    """The vendor. It shares the sandbox's clock; its key follows from the sandbox's token.

    A number that is told again takes the place of what it said.
    """

    def __init__(self, vendors: Vendors, token: str) -> None:
        self._now = vendors.now
        self.key: Final = hashlib.sha256(f"openfda of {token}".encode()).hexdigest()[:40]
        self.reports: dict[str, Report] = {}
        self.acts: dict[str, Callable[[bytes], Any]] = {"openfda/report": self._report}

    def page(self, asked: Asked) -> tuple[int, list[Report]]:
        """How many there are, and the page: the oldest report first."""
        found = [one for one in self.reports.values() if asked.since <= one.report_date <= asked.until]
        found.sort(key=lambda one: one.report_date)
        return len(found), found[asked.skip : asked.skip + asked.limit]

    def _report(self, raw: bytes) -> str:
        told: Report = decoded(raw, Report)
        today = f"{datetime.fromtimestamp(self._now(), UTC):%Y%m%d}"
        one = msgspec.structs.replace(told, report_date=told.report_date or today)
        self.reports[one.recall_number] = one
        return one.report_date
