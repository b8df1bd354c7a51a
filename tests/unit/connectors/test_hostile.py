"""A connector that does everything wrong, one thing at a time: each promise notices."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from pawline.kit import Answer, Guard, Http
from pawline.ports import Code, Malformed, PortError, Receipt, Rejected, Transient, current_attempt
from pawline.testing.conformance import SLACK, ConnectorPromises
from tests.unit.connectors.hostile import GoodBell, promises


class Loose(msgspec.Struct, frozen=True, kw_only=True):
    url: str
    token: str


class OtherNames(GoodBell):
    async def ring(self, words: str) -> Receipt:
        return await super().ring(words)


class OtherTypes(GoodBell):
    async def ring(self, text: str) -> str:  # type: ignore[override]
        return str(await super().ring(text))


class OtherLookUp(GoodBell):
    async def rung(self) -> Receipt | None:  # type: ignore[override]
        return None


class SaysNo(GoodBell):
    async def rung(self, text: str) -> Receipt | None:
        try:
            return await super().rung(text)
        except PortError:
            return None


class LooksByKey(GoodBell):
    async def rung(self, text: str) -> Receipt | None:
        return await self.http.get("rings", current_attempt().key, into=Receipt | None)


class Insists(GoodBell):
    async def ring(self, text: str) -> Receipt:
        try:
            return await super().ring(text)
        except Transient:
            return await super().ring(text)


class Dawdles(GoodBell):
    async def ring(self, text: str) -> Receipt:
        try:
            return await super().ring(text)
        finally:
            await asyncio.sleep(SLACK)


class Chatty(GoodBell):
    async def ring(self, text: str) -> Receipt:
        answer = await self.http.ask("POST", "rings", json={"text": text})
        logging.getLogger("hostile").info("the vendor said %s", answer.body)
        return Receipt()


class Swallows(GoodBell):
    async def ring(self, text: str) -> Receipt:
        try:
            return await super().ring(text)
        except PortError:
            return Receipt()


class Patient(GoodBell):
    async def ring(self, text: str) -> Receipt:
        try:
            return await super().ring(text)
        except Transient as problem:
            raise Malformed(problem.text) from None


class Shows(GoodBell):
    def __repr__(self) -> str:
        return f"Shows({self.settings.token.reveal()})"


def confused(_: Answer) -> PortError | None:
    return Rejected("whatever it was", Code.INVALID)


def confused_http(settings: Any, guard: Guard) -> Http:
    return Http(settings.url, guard=guard, explain=confused)


def hasty_http(settings: Any, guard: Guard) -> Http:
    return Http(settings.url, guard=guard, timeout=timedelta(seconds=1e-9))


def keyless_http(settings: Any, guard: Guard) -> Http:
    return Http(settings.url, guard=guard, key_header=None)


def roomy_http(settings: Any, guard: Guard) -> Http:
    return Http(settings.url, guard=guard, most=1 << 30)


Promise = Callable[[ConnectorPromises], None]
P = ConnectorPromises
FINE = [
    P.test_it_is_named_after_its_folder, P.test_it_plays_its_ports_with_their_very_signatures,
    P.test_a_look_up_takes_what_its_effect_takes, P.test_no_secret_is_seen,
    P.test_personal_data_and_secrets_never_reach_a_log,
    P.test_whatever_the_vendor_answers_is_the_right_one_of_four_errors,
    P.test_a_vendor_that_is_silent_is_given_up_before_the_settle_by_time,
    P.test_nothing_is_sent_once_the_time_is_over, P.test_what_is_settled_by_its_key_is_sent_with_it,
]  # fmt: skip


@pytest.mark.parametrize("promise", FINE, ids=lambda one: one.__name__)
def test_a_connector_that_does_it_right_passes(promise: Promise) -> None:
    promise(promises())


@pytest.mark.parametrize(
    ("promise", "wrong"),
    [
        (P.test_it_is_named_after_its_folder, {"name": "elsewhere"}),
        (P.test_it_plays_its_ports_with_their_very_signatures, {"play": OtherNames}),
        (P.test_it_plays_its_ports_with_their_very_signatures, {"play": OtherTypes}),
        (P.test_a_look_up_takes_what_its_effect_takes, {"play": OtherLookUp}),
        (P.test_no_secret_is_seen, {"play": Shows}),
        (P.test_no_secret_is_seen, {"settings": Loose}),
        (P.test_whatever_the_vendor_answers_is_the_right_one_of_four_errors, {"play": SaysNo}),
        (P.test_whatever_the_vendor_answers_is_the_right_one_of_four_errors, {"play": Insists}),
        (P.test_a_vendor_that_is_silent_is_given_up_before_the_settle_by_time, {"play": Dawdles}),
        (P.test_what_is_settled_by_its_key_is_sent_with_it, {"http": keyless_http}),
        (P.test_reads_and_look_ups_need_no_attempt, {"play": LooksByKey}),
        (P.test_personal_data_and_secrets_never_reach_a_log, {"play": Chatty}),
        (P.test_whatever_the_vendor_answers_is_the_right_one_of_four_errors, {"play": Swallows}),
        (P.test_whatever_the_vendor_answers_is_the_right_one_of_four_errors, {"play": Patient}),
        (P.test_whatever_the_vendor_answers_is_the_right_one_of_four_errors, {"http": confused_http}),
        (P.test_whatever_the_vendor_answers_is_the_right_one_of_four_errors, {"http": hasty_http}),
        (P.test_whatever_the_vendor_answers_is_the_right_one_of_four_errors, {"http": roomy_http}),
        (P.test_a_vendor_that_is_silent_is_given_up_before_the_settle_by_time, {"play": Patient}),
        (P.test_nothing_is_sent_once_the_time_is_over, {"play": Swallows}),
    ],
)
def test_each_wrong_is_noticed(promise: Promise, wrong: dict[str, Any]) -> None:
    bad = promises(**wrong)
    with pytest.raises(AssertionError):
        promise(bad)


def test_importing_that_does_something_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    (tmp_path / "busy_connector.py").write_text(
        "import threading\nthreading.Thread(target=input, daemon=True).start()\n"
    )
    bad = promises()
    monkeypatch.setattr(bad.connector.settings, "__module__", "busy_connector")
    with pytest.raises(AssertionError):
        bad.test_importing_it_does_nothing()
    assert "busy_connector" not in sys.modules


@pytest.mark.parametrize(
    ("readme", "quality"),
    [
        ("| `url` |", 'scopes = { status = "done" }'),
        ("| `url` | | `token` |", 'scopes = { status = "done" }'),
    ],
)
def test_a_readme_or_a_confession_that_lacks_something_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, readme: str, quality: str
) -> None:
    (tmp_path / "README.md").write_text(readme, "utf-8")
    (tmp_path / "quality.toml").write_text(quality, "utf-8")
    monkeypatch.setattr(ConnectorPromises, "_folder", lambda _: tmp_path)
    if "token" not in readme:
        with pytest.raises(AssertionError, match="does not explain `token`"):
            promises().test_files_are_short_and_settings_are_explained()
    with pytest.raises(AssertionError):
        promises().test_its_quality_is_confessed()
