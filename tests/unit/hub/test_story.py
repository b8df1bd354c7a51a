"""A run's story shows what it was asked to show, and no more of an address than says where it leads."""

from __future__ import annotations

import msgspec

from pawline.hub.story import HIDDEN, Entry, entries
from pawline.runtime.records import Done, Reached, Record

AT = "https://hooks.stripe.example/3d_secure_2/hosted?payment_intent=pi_1&payment_intent_client_secret=pi_1_secret_x"
SHOWN = "https://hooks.stripe.example/3d_secure_2/hosted?…"


def test_an_address_is_shown_without_its_query_by_which_a_payment_could_be_confirmed() -> None:
    told = {"confirm_at": AT, "because": "why? a=b"}
    history: list[Record] = [
        Done("1", 1.0, msgspec.Raw(msgspec.json.encode(told))),
        Reached("2", "needs_shopper", msgspec.Raw(msgspec.json.encode([AT, AT]))),
    ]
    assert [one.value for one in entries(history, 0.0, reveal=True)] == [
        f'{{"confirm_at":"{SHOWN}","because":"why? a=b"}}', f'["{SHOWN}","{SHOWN}"]'
    ]  # fmt: skip
    assert entries(history, 0.0, reveal=False)[1] == Entry(
        at=1.0, step="2", what="reached needs_shopper", tone="good", value=HIDDEN
    )  # fmt: skip
