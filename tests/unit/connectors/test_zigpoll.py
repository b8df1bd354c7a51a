"""Zigpoll keeps what every connector keeps."""

from __future__ import annotations

from pawline.connectors import zigpoll
from pawline.kit import PATH, Headers, Secret
from pawline.model import HouseholdId, Medium, SurveyId
from pawline.ports import Invitation
from pawline.testing.conformance import TOKEN, ConnectorPromises
from tests.unit.connectors.zigpoll_scene import NEW, OLD

PAGES = tuple(
    b'{"data": [], "hasNextPage": %s, "endCursor": "c%d"}' % (b"true" if n < 3 else b"false", n) for n in (1, 2, 3)
)


class TestZigpoll(ConnectorPromises):
    connector = zigpoll.connector
    settings = {"url": "{url}", "key": TOKEN, "webhook_secrets": [NEW, OLD]}  # noqa: RUF012 - a card's
    stranger = "a-secret-of-nobody-at-all-77"
    vendor_pages = {"Surveys.responses": PAGES}  # noqa: RUF012 - the same
    examples = {  # noqa: RUF012 - the same
        Invitation: Invitation(survey=SurveyId("s1"), household=HouseholdId("h1"), medium=Medium.WEB)
    }

    def signed(self, body: bytes, secret: Secret, at: float) -> Headers:
        return [(PATH, secret.reveal())]
