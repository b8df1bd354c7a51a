"""A recall that an authority lists, in its own words. It is nobody's recall here until a person begins one."""

from __future__ import annotations

from datetime import date

import msgspec

from pawline.model.ids import RecallId


class ListedRecall(msgspec.Struct, frozen=True, kw_only=True):
    """As the list has it: free texts, nothing of them judged. `severity` is its word, such as `Class II`.

    `codes` is what it says of lots, dates and barcodes; `since` when it began, None where it does not say.
    """

    id: RecallId
    source: str
    firm: str
    product: str
    codes: str = ""
    reason: str = ""
    severity: str = ""
    status: str = ""
    where: str = ""
    since: date | None = None
