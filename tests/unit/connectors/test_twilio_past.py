"""History in bulk: the last STOP of each number, when it was said; what is nobody's or no consent is counted."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from pawline.connectors.twilio import past
from pawline.connectors.twilio.happened import START, STOP
from pawline.connectors.twilio.looking import texts
from pawline.connectors.twilio.past import LIFTED, NOBODYS, OLDER, PAST, TIMELESS, WORDLESS
from pawline.kit import Quarantined, Recalled
from pawline.model import Consent, ConsentChanged, Contact, Medium, Purpose
from pawline.model.ids import household_by_phone
from pawline.ports import Code, Malformed, Rejected
from pawline.sandbox import Fault, Faults
from pawline.sandbox.twilio.books import Message, sid
from pawline.testing.counter import LOOPBACK
from tests.unit.connectors.fetching import SINCE, broken_off, fetched, history, killed_while_it_wrote, told_of
from tests.unit.connectors.twilio_scene import ANN, SENDER, Scene, letter, run

LATELY = datetime.now(UTC).replace(microsecond=0) - timedelta(days=100)
BO = "+15550123457"
SERVICE = sid("MG", "service")
PURPOSES = (Purpose.MARKETING, Purpose.REMINDERS, Purpose.SURVEYS)


@pytest.fixture(autouse=True)
def _small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(past, "MANY", "2")


def writes(here: Scene, body: str = "STOP", sender: str = ANN, at: datetime = LATELY) -> Message:
    one = here.books.messages[here.act("write", {"sender": sender, "body": body})]
    one.made = one.sent = one.changed = at.timestamp()
    return one


def noes(number: str = ANN, at: datetime = LATELY) -> list[ConsentChanged]:
    return [
        ConsentChanged(
            consent=Consent(
                household=household_by_phone(number), purpose=purpose, granted=False, at=at, source="twilio",
                medium=Medium.SMS, contact=Contact(phone=number),
            )
        )
        for purpose in PURPOSES
    ]  # fmt: skip


def events(found: list[Recalled]) -> list[Any]:
    assert [one.bad for one in found if one.bad is not None] == []
    return [seen.event for one in found for seen in one.sightings]


def left(found: list[Recalled]) -> list[str]:
    return [why for one in found for why in one.left]


def wires(here: Scene, change: Any) -> None:
    """Each page goes through this before it is answered."""
    answers = here.desk.twilio.api._answers
    lists = answers["GET Messages"]
    answers["GET Messages"] = lambda call: change(lists(call))


def test_each_word_that_webhooks_take_for_a_stop_is_the_numbers_noes_with_its_time(tmp_path: Path) -> None:
    async def told(here: Scene) -> None:
        for n, word in enumerate(sorted(STOP)):
            writes(here, f" {word.lower()}\n", f"+1555000{n:04d}", LATELY + timedelta(days=n))
        await here.step(letter("stop"), shop="*")
        for other in ("Stop please", "HELP", "where is my parcel?", "STOPP"):
            writes(here, other, BO)
        done, found = here.did(), await history(PAST, here, tmp_path)
        wanted = [noes(f"+1555000{n:04d}", LATELY + timedelta(days=n)) for n in reversed(range(len(STOP)))]
        assert events(found) == [no for each in wanted for no in each]
        assert (left(found), [one.links for one in found]) == ([], [()] * len(STOP))
        assert here.did() == done  # nothing is written there

    run(told)


def test_the_last_stop_of_a_number_is_told_and_a_later_start_takes_it_not_back(tmp_path: Path) -> None:
    async def told(here: Scene) -> None:
        writes(here, at=LATELY - timedelta(days=2))
        writes(here, "Quit")
        writes(here, "end", at=LATELY - timedelta(days=1))  # lists promise no order
        writes(here, "STOP", BO, LATELY - timedelta(days=3))
        same = writes(here, "END", BO, LATELY - timedelta(days=3)).sid  # in the same second
        for n, word in enumerate(sorted(START)):
            writes(here, word, (ANN, BO)[n % 2], LATELY + timedelta(days=1 + n))
        found = await history(PAST, here, tmp_path)
        assert events(found) == [*noes(BO, LATELY - timedelta(days=3)), *noes(ANN)]
        assert left(found) == [*[LIFTED] * 3, OLDER, OLDER, OLDER]
        assert found[3].sightings[0].id == f"{same}/marketing"  # the first of the list, whatever it is asked again

    run(told)


def test_of_more_numbers_than_are_remembered_each_stop_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def told(here: Scene) -> None:
        for days in (3, 2):
            for number in (ANN, BO):
                writes(here, "STOP", number, LATELY - timedelta(days=days))
        monkeypatch.setattr(past, "NUMBERS", 1)
        found = await history(PAST, here, tmp_path)
        at = [LATELY - timedelta(days=days) for days in (2, 3)]
        assert events(found) == [*noes(BO, at[0]), *noes(ANN, at[0]), *noes(ANN, at[1])]
        assert left(found) == [OLDER]

    run(told)


def test_what_is_nobodys_or_says_no_time_or_no_words_is_counted(tmp_path: Path) -> None:
    async def told(here: Scene) -> None:
        for sender in ("72975", f"whatsapp:{ANN}", "PAWS"):
            writes(here, sender=sender)
        timeless = writes(here).sid
        writes(here, "", BO)
        picture = writes(here, "", BO).sid

        def odd(page: Any) -> Any:
            for one in page["messages"]:
                one["date_created"] = None if one["sid"] == timeless else one["date_created"]
                one["num_media"] = "1" if one["sid"] == picture else one["num_media"]
            return page

        wires(here, odd)
        found = await history(PAST, here, tmp_path)
        assert (events(found), left(found)) == ([], [WORDLESS, TIMELESS, NOBODYS, NOBODYS, NOBODYS])

    run(told)


def test_what_webhook_and_look_told_of_the_same_is_one_fact(tmp_path: Path) -> None:
    async def told(here: Scene) -> None:
        here.act("write", {"sender": ANN, "body": "STOP"})
        seen = (await texts(here.http, here.settings, "")).sightings
        ((before,),) = [[one.sightings] for one in await history(PAST, here, tmp_path)]
        assert len(before) == 3
        assert before == seen

    run(told)


@pytest.mark.parametrize("sender", [SENDER, SERVICE])
def test_what_another_sender_of_the_account_was_told_is_left(tmp_path: Path, sender: str) -> None:
    """A number's are asked for by it; a service's cannot be, and are picked out."""
    asked = list[dict[str, str]]()

    async def told(here: Scene) -> None:
        mine, theirs = writes(here), writes(here, sender=BO)
        theirs.to, theirs.service = "+15550100002", sid("MG", "another")
        mine.service = SERVICE
        lists = here.desk.twilio.api._answers["GET Messages"]

        def listed(call: Any) -> Any:
            asked.append(call.query)
            return lists(call)

        here.desk.twilio.api._answers["GET Messages"] = listed
        here.books.flow(here.books.send(BO, "STOP", service=True, callback=None))
        (found,) = await history(PAST, here, tmp_path)
        assert events([found]) == noes()
        day = f"{SINCE:%Y-%m-%d}"
        whose = {"To": SENDER} if sender == SENDER else {}
        assert asked[0] == {**whose, "DateSent>": day, "PageSize": "2"}
        assert len(asked) == (1 if whose else 2)

    run(told, sender=sender)


def test_what_is_older_is_not_told_and_nothing_else_that_anybody_wrote_is_written_down(tmp_path: Path) -> None:
    async def told(here: Scene) -> None:
        late = SINCE.replace(microsecond=0) + timedelta(seconds=1)
        writes(here, at=late)
        day = writes(here, sender=BO, at=SINCE - timedelta(seconds=1))
        day.sent = late.timestamp()  # its webhook was called on that day
        writes(here, sender="+15550123458", at=SINCE - timedelta(days=2))
        writes(here, "my address is Main Street 1")
        found = await history(PAST, here, tmp_path)
        assert events(found) == noes(ANN, late)
        (line,) = (tmp_path / "x.fetched").read_text("utf-8").splitlines()
        assert {name: said for name, said in json.loads(line).items() if said} == {
            "sid": found[0].sightings[0].id.partition("/")[0], "direction": "inbound", "body": "STOP", "from": ANN,
            "date_created": here.books.moment(late.timestamp()), "num_media": "0",
        }  # fmt: skip
        assert (tmp_path / "x.fetched").stat().st_mode & 0o777 == 0o600

    run(told)


@pytest.mark.parametrize("at", [1, 2, 3])
def test_stopped_at_whichever_request_it_goes_on_and_each_is_there_once(tmp_path: Path, at: int) -> None:
    async def told(here: Scene) -> None:
        for n in range(5):
            writes(here, sender=f"+1555000{n:04d}")
        file = tmp_path / "x.fetched"
        await broken_off(PAST, here, file, at)
        killed_while_it_wrote(file)
        said = await fetched(PAST, here, file)
        assert (len(said), said[-1]) == (4 - at, "5 texts that are a word are here")
        found, bad, offsets = await told_of(PAST, here, file)
        assert (len(found), len(set(found)), bad) == (15, 15, [])
        for n, offset in enumerate(offsets):
            assert (await told_of(PAST, here, file, offset))[0] == found[3 * n + 3 :]

    run(told)
    assert [one.name for one in tmp_path.iterdir()] == ["x.fetched"]


def test_what_comes_meanwhile_moves_pages_and_each_is_told_once(tmp_path: Path) -> None:
    async def told(here: Scene) -> None:
        for n in range(4):
            writes(here, sender=f"+1555000{n:04d}")
        file = tmp_path / "x"

        def said(_: str) -> None:  # between two pages
            writes(here, "hello")

        await PAST.fetch(here.http, here.settings, LOOPBACK, SINCE, file, said)
        rows = [json.loads(line)["from"] for line in file.read_text("utf-8").splitlines()]
        assert rows == ["+15550000003", "+15550000002", "+15550000002", "+15550000001", "+15550000001", "+15550000000"]
        found = [one async for one in PAST.read(here.http, here.settings, file, 0)]
        assert events(found) == [no for n in reversed(range(4)) for no in noes(f"+1555000{n:04d}")]
        assert left(found) == [OLDER, OLDER]

    run(told)


def test_too_many_calls_are_waited_for(tmp_path: Path) -> None:
    async def told(here: Scene) -> None:
        for n in range(3):
            writes(here, sender=f"+1555000{n:04d}")
        here.desk.vendors.faults = Faults(at=dict.fromkeys((1, 3), Fault.LIMITED), retry_after=0.01)
        assert len(events(await history(PAST, here, tmp_path))) == 9

    run(told)


def test_a_page_is_asked_for_at_the_accounts_own_address_whatever_the_list_says(tmp_path: Path) -> None:
    async def told(here: Scene) -> None:
        for n in range(3):
            writes(here, sender=f"+1555000{n:04d}")

        def elsewhere(page: Any) -> Any:
            onward = page["next_page_uri"]
            return {**page, "next_page_uri": onward and f"http://192.0.2.1/elsewhere?{onward.partition('?')[2]}"}

        wires(here, elsewhere)
        assert len(events(await history(PAST, here, tmp_path))) == 9

    run(told)


def test_a_list_that_never_ends_is_none(tmp_path: Path) -> None:
    async def told(here: Scene) -> None:
        for n in range(5):
            writes(here, sender=f"+1555000{n:04d}")
        turn = iter(("PageToken=A", "PageToken=B", "PageToken=A"))
        wires(here, lambda page: {**page, "next_page_uri": f"/x?{next(turn)}"})
        with pytest.raises(Malformed, match="never end"):
            await fetched(PAST, here, tmp_path / "x")
        assert not list(turn)
        pages = iter(range(1, 3))
        here.desk.twilio.api._answers["GET Messages"] = lambda _: {
            "messages": [], "next_page_uri": f"/x?Page={next(pages)}"
        }  # fmt: skip
        with pytest.raises(Malformed, match="never end"):
            await fetched(PAST, here, tmp_path / "y")
        assert next(pages) == 2

    run(told)


def test_a_page_that_is_not_known_any_more_has_it_begun_anew(tmp_path: Path) -> None:
    async def told(here: Scene) -> None:
        from pawline.sandbox.twilio.calls import No

        for n in range(3):
            writes(here, sender=f"+1555000{n:04d}")
        answers = here.desk.twilio.api._answers
        lists, asked = answers["GET Messages"], list[str]()

        def forgets(call: Any) -> Any:
            asked.append(call.query.get("Page", "0"))
            if len(asked) == 2:
                raise No(400, 20006)
            return lists(call)

        answers["GET Messages"] = forgets
        assert len(events(await history(PAST, here, tmp_path))) == 9
        assert asked == ["0", "1", "0", "1"]

        def never(_: Any) -> Any:
            raise No(403, 20008)

        answers["GET Messages"] = never  # a test credential
        with pytest.raises(Rejected) as no:
            await fetched(PAST, here, tmp_path / "y")
        assert no.value.code is Code.UNSUPPORTED

    run(told)


def test_a_text_that_cannot_be_read_keeps_no_other_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(past, "MANY", "50")

    async def told(here: Scene) -> None:
        odd, late = writes(here).sid, writes(here).sid
        writes(here, sender=BO)

        def oddly(page: Any) -> Any:
            for one in page["messages"]:
                one["date_created"] = "soon" if one["sid"] == late else one["date_created"]
                one["sid"] = None if one["sid"] == odd else one["sid"]  # as the document allows
            return page

        wires(here, oddly)
        found = await history(PAST, here, tmp_path)
        bad = [one.bad for one in found]
        assert (bad[:2], len(bad)) == ([None, Quarantined(f"message {late}", 'Invalid date value or format "soon"')], 3)
        assert bad[2] is not None
        assert (len(bad[2].where), "$.sid" in bad[2].why) == (len("message ") + 16, True)
        assert [one.event for each in found for one in each.sightings] == noes(BO)
        wires(here, lambda page: {**page, "messages": [{**one, "sid": None} for one in page["messages"]]})
        with pytest.raises(Malformed, match="none of the messages"):
            await fetched(PAST, here, tmp_path / "y")

    run(told)


def test_a_file_that_was_cut_off_is_said(tmp_path: Path) -> None:
    async def told(here: Scene) -> None:
        file = tmp_path / "x"
        file.write_bytes(msgspec.json.encode({"sid": "x"}))
        with pytest.raises(Malformed, match="cut off"):
            await told_of(PAST, here, file)

    run(told)
