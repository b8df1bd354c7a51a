"""Slack keeps what every connector keeps."""

from __future__ import annotations

from pawline.connectors import slack
from pawline.kit import Headers, Secret
from pawline.model import CardId
from pawline.testing.conformance import SECRETS, TOKEN, ConnectorPromises, mac


class TestSlack(ConnectorPromises):
    connector = slack.connector
    settings = {  # noqa: RUF012 - a card's
        "url": "{url}", "token": TOKEN, "channel": "C024BE91L", "signing_secrets": list(SECRETS[:2]),
        "groups": {"S0614TZR7": "care"},
    }  # fmt: skip
    examples = {CardId: CardId("C024BE91L/1764324607.000200"), str: "T061EG9R6/U024BE7LH"}  # noqa: RUF012 - the same

    def signed(self, body: bytes, secret: Secret, at: float) -> Headers:
        stamp = str(int(at))
        made = mac(self._scheme(), secret, f"v0:{stamp}:".encode() + body).hex()
        return [("X-Slack-Signature", f"v0={made}"), ("X-Slack-Request-Timestamp", stamp)]
