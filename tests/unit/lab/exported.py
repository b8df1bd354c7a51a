"""A shop's export of two days, in bursts, with people's names, addresses and numbers in it."""

from __future__ import annotations

import csv
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from pawline.kit.exports.shopify import HEADER

DAY: Final = datetime(2026, 11, 27, tzinfo=UTC)
PERSONAL: Final = ("Wilhelmina", "Ostrander", "wilhelmina.ostrander", "Kastanienallee", "+49 170 5550123")
"""What stands in it and may stand nowhere else."""
MORE: Final = (
    "Source", "Billing Name", "Billing Street", "Billing City", "Billing Country", "Shipping Name", "Shipping Street",
    "Shipping City", "Shipping Zip", "Shipping Country", "Shipping Phone", "Phone", "Payment Method",
)  # fmt: skip
AUTOSHIPS, CANCELLED, RETURNED = 6, 3, 4


def moments(count: int, seed: int = 5) -> list[datetime]:
    """Of one day: half of them come within ten minutes of the evening."""
    chance = random.Random(seed)
    half = count // 2
    quiet = [chance.uniform(0, 86_000) for _ in range(count - half)]
    burst = [72_000 + chance.uniform(0, 600) for _ in range(half)]
    return [DAY + timedelta(seconds=round(one)) for one in sorted([*quiet, *burst])]


def write(file: Path, count: int = 60, days: int = 1) -> list[datetime]:
    """The full day, and fewer orders on the others; whoever reads it is told when they came."""
    came = moments(count)
    rows = [_row(n, at, n) for n, at in enumerate(came)]
    rows += [_row(10_000 + n, DAY - timedelta(days=n), 99) for n in range(1, days)]
    with file.open("w", newline="", encoding="utf-8") as text:
        writer = csv.DictWriter(text, [*HEADER, *MORE])
        writer.writeheader()
        writer.writerows(rows)
    return came


def _row(number: int, at: datetime, nth: int) -> dict[str, str]:
    units = 1 + nth % 3
    off = AUTOSHIPS <= nth < AUTOSHIPS + CANCELLED
    back = AUTOSHIPS + CANCELLED <= nth < AUTOSHIPS + CANCELLED + RETURNED
    name, street = "Wilhelmina Ostrander", "Kastanienallee 7"
    return {
        "Name": f"#{1000 + number}", "Email": f"wilhelmina.ostrander{number}@example.org", "Currency": "EUR",
        "Financial Status": "partially_refunded" if back else "paid", "Fulfillment Status": "fulfilled",
        "Subtotal": f"{10 * units}.00", "Shipping": "0.00", "Taxes": "0.00", "Total": f"{10 * units}.00",
        "Created at": at.strftime("%Y-%m-%d %H:%M:%S +0000"), "Lineitem quantity": str(units),
        "Lineitem name": "Kibble for Wilhelmina", "Lineitem price": "10.00", "Lineitem sku": f"K-{nth % 5}",
        "Cancelled at": (at + timedelta(hours=1)).strftime("%Y-%m-%d %H:%M:%S +0000") if off else "",
        "Refunded Amount": "10.00" if back else "0.00", "Payment Method": "card", "Phone": "+49 170 5550123",
        "Source": "subscription_contract" if nth < AUTOSHIPS else "web", "Shipping Phone": "+49 170 5550123",
        "Billing Name": name, "Billing Street": street, "Billing City": "Berlin", "Billing Country": "DE",
        "Shipping Name": name, "Shipping Street": street, "Shipping City": "Berlin", "Shipping Zip": "10435",
        "Shipping Country": "DE",
    }  # fmt: skip
