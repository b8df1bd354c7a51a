"""The sandbox's connector keeps what every connector keeps."""

from __future__ import annotations

from pawline.connectors import sandbox
from pawline.testing.conformance import ConnectorPromises


class TestSandbox(ConnectorPromises):
    connector = sandbox.connector
    settings = {"url": "{url}", "token": "tok-canary-77"}  # noqa: RUF012 - a card's settings
