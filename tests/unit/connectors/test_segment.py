"""Segment keeps what every connector keeps, by either header of its signatures."""

from __future__ import annotations

import hashlib
import hmac

from pawline.connectors import segment
from pawline.kit import Headers, Secret
from pawline.testing.conformance import SECRETS, TOKEN, ConnectorPromises

GIVEN = {
    "url": "{url}", "region": "us", "write_key": TOKEN, "people_secret": f"people of {TOKEN} and more",
    "webhook_secrets": list(SECRETS[:2]),
}  # fmt: skip


def made(body: bytes, secret: Secret) -> str:
    return hmac.new(secret.reveal().encode(), body, hashlib.sha1).hexdigest()


class TestSegment(ConnectorPromises):
    connector = segment.connector
    settings = GIVEN

    def signed(self, body: bytes, secret: Secret, at: float) -> Headers:
        return [("X-Segment-Signature", made(body, secret))]


class TestSegmentByTheOlderHeader(TestSegment):
    def signed(self, body: bytes, secret: Secret, at: float) -> Headers:
        return [("X-Signature", made(body, secret))]
