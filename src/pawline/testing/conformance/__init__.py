"""What every connector keeps, as tests: a connector's whole test is a class of three lines.

    class TestAcme(ConnectorPromises):
        connector = acme.connector
        settings = {"url": "{url}", "token": TOKEN, "webhook_secrets": list(SECRETS[:2])}

`{url}` in a setting becomes the address of a server on loopback that answers whatever a promise needs.
"""

from __future__ import annotations

from pawline.testing.conformance.calls import ANSWERS, SLACK, CallPromises
from pawline.testing.conformance.card import LINES, RULES, CardPromises
from pawline.testing.conformance.keys import KeyPromises
from pawline.testing.conformance.paging import PagingPromises
from pawline.testing.conformance.places import PLACE, FilePromises
from pawline.testing.conformance.quotes import CHOICES, QuotePromises
from pawline.testing.conformance.secrecy import SecrecyPromises
from pawline.testing.conformance.trying import KEY, OTHER_KEY, SECRETS, TOKEN, Called, OnTrial
from pawline.testing.conformance.webhooks import AT, SHAPES, Sample, WebhookPromises, mac

__all__ = [
    "ANSWERS", "AT", "CHOICES", "KEY", "LINES", "OTHER_KEY", "PLACE", "RULES", "SECRETS", "SHAPES", "SLACK", "TOKEN",
    "CallPromises", "Called", "CardPromises", "ConnectorPromises", "FilePromises", "KeyPromises", "OnTrial",
    "PagingPromises", "QuotePromises", "Sample", "SecrecyPromises", "WebhookPromises", "mac",
]  # fmt: skip


class ConnectorPromises(
    CardPromises, SecrecyPromises, CallPromises, KeyPromises, QuotePromises, PagingPromises
):  # fmt: skip
    """Every test here holds for every connector."""
