"""Formbricks keeps what every connector keeps, by its signature and by the secret of an address."""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import Any

import msgspec

from pawline.connectors import formbricks
from pawline.connectors.formbricks.hook import FINISHED
from pawline.kit import PATH, Headers, Hmac, Secret, SecretPath, of_standard_webhooks, standard_key
from pawline.model import HouseholdId, Medium, SurveyId
from pawline.ports import Invitation
from pawline.testing.conformance import SECRETS, TOKEN, ConnectorPromises
from tests.unit.connectors.formbricks_scene import LINKS, NEW, OLD

HOOK: Any = formbricks.connector.hook
SETTINGS = {"url": "{url}", "key": TOKEN, "workspace": "w1", "links": LINKS}


def page(hour: int, many: int) -> bytes:
    """Responses that nobody can read but for their times: nothing else is asked about them."""
    rows = [{"id": f"r{hour}{n}", "createdAt": f"2026-11-30T{hour}:{n:02}:00.000Z"} for n in range(many)]
    return msgspec.json.encode({"data": rows})


class TestFormbricks(ConnectorPromises):
    connector = formbricks.connector
    settings = {**SETTINGS, "webhook_secrets": list(SECRETS[:2])}  # noqa: RUF012 - a card's
    vendor_pages = {"Surveys.responses": (page(13, 50), page(14, 50), page(15, 49))}  # noqa: RUF012 - the same
    examples = {  # noqa: RUF012 - the same
        Invitation: Invitation(survey=SurveyId("s1"), household=HouseholdId("h1"), medium=Medium.WEB),
        str | None: "2026-11-30T12:00:00.000Z&skip=0",
    }

    def signed(self, body: bytes, secret: Secret, at: float) -> Headers:
        made = Hmac(of_standard_webhooks, key=standard_key).made(secret, f"msg_1.{at:.0f}.".encode() + body)
        assert made is not None
        signature = f"v1,{base64.b64encode(made).decode()}"
        return [("webhook-id", "msg_1"), ("webhook-timestamp", f"{at:.0f}"), ("webhook-signature", signature)]


class TestFormbricksThatSignsNothing(ConnectorPromises):
    """An older version: a body is a hint, whatever it is."""

    connector = replace(
        formbricks.connector, hook=replace(HOOK, signature=SecretPath(), hears={FINISHED: HOOK.hears[FINISHED]})
    )
    settings = {**SETTINGS, "path_secrets": [NEW, OLD]}  # noqa: RUF012 - the same
    stranger = "a-secret-of-nobody-at-all-77"
    vendor_pages = TestFormbricks.vendor_pages
    examples = TestFormbricks.examples

    def signed(self, body: bytes, secret: Secret, at: float) -> Headers:
        return [(PATH, secret.reveal())]
