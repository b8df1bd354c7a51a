"""Any system over HTTP keeps what every connector keeps, however its owner declares that it is settled and signed."""

from __future__ import annotations

import base64
from typing import ClassVar

from pawline.connectors.http import connector
from pawline.kit import Headers, Secret
from pawline.ports import Call, Get
from pawline.testing.conformance import SECRETS, ConnectorPromises, Sample, mac
from pawline.testing.conformance.webhooks import _sample
from tests.unit.connectors.http_scene import CALL, GIVEN, HEARS, KEYED, LOOKED_UP, REPEATED, calls

OWN_SECRETS = ("a secret of the till 77", "an older one of the till 77", "of nobody at all at 77")


class Promises(ConnectorPromises):
    connector = connector
    settings = GIVEN
    examples: ClassVar = {Call: CALL, Get: Get(path=("notes", "7"))}


class TestAsked(Promises):
    """Nobody verified anything: a person is asked."""


class TestByKey(Promises):
    settings = calls(**KEYED, signs={"secrets": list(SECRETS[:2])})


class TestLookedUp(Promises):
    """Of a look-up 404 says that it did not happen: see test_http_calls."""

    settings = calls(**LOOKED_UP)
    silent = frozenset({"Calls.find"})


class TestRepeated(Promises):
    settings = calls(**REPEATED, reply="none")
    unread = frozenset({"Calls.send"})


class TestSignedInItsOwnWay(Promises):
    """A time and the body, in hex, behind a prefix."""

    stranger = OWN_SECRETS[2]
    settings = GIVEN | {
        "hears": HEARS | {
            "secrets": list(OWN_SECRETS[:2]), "signed": "own",
            "own": {"header": "X-Till-Signature", "prefix": "sha256=", "time": "X-Till-Time"},
        }
    }  # fmt: skip

    def signed(self, body: bytes, secret: Secret, at: float) -> Headers:
        made = mac(self._scheme(), secret, f"{at:.0f}.".encode() + body).hex()
        return [("x-till-signature", f"sha256={made}"), ("x-till-time", f"{at:.0f}")]


class TestSignedByTheBodyAlone(Promises):
    stranger = OWN_SECRETS[2]
    settings = GIVEN | {
        "hears": HEARS | {
            "secrets": list(OWN_SECRETS[:2]), "signed": "own", "own": {"header": "x-hash", "encoding": "base64"},
        }
    }  # fmt: skip

    def signed(self, body: bytes, secret: Secret, at: float) -> Headers:
        return [("x-hash", base64.b64encode(mac(self._scheme(), secret, body)).decode())]


class TestCloudEvents(Promises):
    settings = GIVEN | {"hears": {"secrets": list(SECRETS[:2]), "cloudevents": ["shipment.delivered@1"]}}

    def _samples(self) -> list[Sample]:
        return [_sample(self._folder() / "samples" / "cloudevents" / "structured.json")]
