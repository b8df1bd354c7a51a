"""An account's client, and what Zigpoll means by its statuses."""

from __future__ import annotations

from typing import Final

from pawline.connectors.zigpoll.settings import Settings
from pawline.kit import Answer, Guard, Http, Secret
from pawline.ports import Code, PortError, Unauthorised

MOST: Final = 8 << 20
"""Bytes of an answer: a page of 500 answers, each with what is known of whoever gave it."""


def explain(answer: Answer) -> PortError | None:
    """422 is Zigpoll's word for a key that it does not know, said before it looks at anything else.

    Its pages do not say so; somebody saw it at the live API on 2026-08-24, also at addresses that do not exist.
    """
    if answer.status == 422:
        return Unauthorised("Zigpoll does not know the key", Code.CREDENTIALS)
    return None


def client(settings: Settings, guard: Guard) -> Http:
    """https://apidocs.zigpoll.com . The key is sent as it is; keys of repeated calls are not known there."""
    key = settings.key.reveal()
    given = Secret(f"{settings.prefix} {key}" if settings.prefix else key)
    return Http(
        settings.url, guard=guard, most=MOST, key_header=None, explain=explain,
        headers={"authorization": given, "accept": "application/json"},
    )  # fmt: skip
