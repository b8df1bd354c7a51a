"""Formbricks' webhooks: what a signed one names is asked for, and what nobody signed names nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from pawline.connectors import formbricks
from pawline.connectors.formbricks import hook
from pawline.connectors.formbricks.hook import AT_ONCE, FINISHED, HOOK, RECENT, about
from pawline.kit import PATH, Unsigned
from pawline.sandbox.formbricks.books import question
from tests.unit.connectors.formbricks_scene import NEW, Scene, run
from tests.unit.connectors.oddly import heard

SIGNED = [("webhook-id", "m1")]
SAMPLES = Path(formbricks.__file__).parent / "samples"


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hook, "SETTLES", 0.0)


def body(*named: tuple[str, str], listed: bool = True) -> bytes:
    told = [{"event": event, "data": {"id": name, "updatedAt": "2026-11-30T12:00:00Z"}} for event, name in named]
    return msgspec.json.encode(told if listed else told[0])


def rung(raw: bytes, headers: Any = SIGNED) -> str | None:
    delivery = HOOK.read(headers, raw)
    assert HOOK.hears[delivery.type](delivery.payload) == ()
    return HOOK.rings(delivery)


def test_what_is_finished_rings_by_its_name_alone_or_in_a_list() -> None:
    assert rung(body((FINISHED, "r1"), listed=False)) == rung(body((FINISHED, "r1"))) == "r1"
    assert rung(body((FINISHED, "r1"), ("responseUpdated", "r2"), (FINISHED, "r3"), (FINISHED, "r1"))) == "r1 r3"
    assert rung(body(("responseCreated", "r1"), ("responseUpdated", "r1"))) is None
    assert rung(body(*[(FINISHED, f"r{n}") for n in range(AT_ONCE + 1)])) == "answers"
    delivery = HOOK.read(SIGNED, body((FINISHED, "r1")))
    assert (delivery.id, delivery.at) == ("m1", datetime(2026, 11, 30, 12, tzinfo=UTC))


@pytest.mark.parametrize("raw", [b"[]", b"{}", body((FINISHED, "../me")), body((FINISHED, "")), b"[[]]"])
def test_what_names_nothing_that_can_be_asked_for_is_kept_for_people(raw: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        HOOK.read(SIGNED, raw)


def test_a_new_kind_of_event_is_kept_also_in_a_list_with_others() -> None:
    assert HOOK.read(SIGNED, body(("responseArchived", "r1"))).type not in HOOK.hears
    delivery = HOOK.read(SIGNED, body((FINISHED, "r1"), ("responseArchived", "r2")))
    with pytest.raises(ValueError, match="responseArchived"):
        HOOK.hears[delivery.type](delivery.payload)
    with pytest.raises(Unsigned):
        HOOK.read([], body((FINISHED, "r1")))


def test_an_odd_value_anywhere_in_a_webhook_rings_or_is_kept_and_is_no_event() -> None:
    for file in sorted(SAMPLES.glob("response*[a-z].json")):
        if not file.name.endswith(".events.json"):
            heard(
                HOOK, msgspec.json.decode(file.read_bytes()), (ValueError, RecursionError), headers=SIGNED, rings=True
            )


def test_what_came_to_the_secret_of_an_address_names_nothing_whatever_it_says() -> None:
    whoever = [(PATH, NEW), *SIGNED, ("webhook-signature", "v1,x")]
    for raw in (body((FINISHED, "r1")), b'{"event": "responseCreated"}', b"", b"[", b"\xff" * 999):
        assert rung(raw, whoever) == "answers"
        delivery = HOOK.read(whoever, raw)
        assert (delivery.type, delivery.payload) == (FINISHED, hook.HINT)


def test_whoever_knows_the_address_makes_us_read_and_so_much_at_most() -> None:
    async def told(here: Scene) -> None:
        surveys = [here.another(question("nps", "nps", "How likely?")) for _ in range(7)]
        now = datetime.now(UTC)
        for n, one in enumerate(surveys):
            here.say({"nps": n}, survey=one, at=now - timedelta(minutes=n))
        here.say({"nps": 9}, at=now - RECENT - timedelta(minutes=1))
        here.say({"nps": 8}, finished=False)
        here.api.asked.clear()
        found: Any = await about(here.http, here.settings, "answers")
        assert [one.event.response.answers[0].raw for one in found] == ["3", "2", "1", "0"]
        asked = [f"GET v1/management/surveys/{one}" for one in surveys[3::-1]]
        assert here.api.asked == ["GET v2/management/responses", *asked]

    run(told)


def test_a_response_that_is_gone_or_cannot_be_read_keeps_no_other_back() -> None:
    async def told(here: Scene) -> None:
        bad, good = here.say({"nps": 1}), here.say({"nps": 2})
        here.books.responses[bad]["finished"] = None
        found = await about(here.http, here.settings, f"none {bad} {good}")
        assert [one.id for one in found] == [f"{good}/nps"]
        other = here.books.responses[good]["id"] = "cx"
        assert await about(here.http, here.settings, good) == ()
        assert other != good

    run(told)


def test_who_goes_on_after_a_ring_is_asked_for_as_it_is_by_now() -> None:
    async def told(here: Scene) -> None:
        name = here.say({"nps": 1}, finished=False)
        assert await about(here.http, here.settings, name) == ()
        here.say({"nps": 9}, response=name)
        (seen,) = await about(here.http, here.settings, name)
        event: Any = seen.event
        assert event.response.answers[0].score == 9

    run(told)
