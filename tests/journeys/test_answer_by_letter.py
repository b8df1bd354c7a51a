"""A team that reads mail: a case is a letter to each of them, and is answered by a link in it.

A real hub, a real mail server, and real requests for its pages. What the pages say is asserted as people read it.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pawline.cli.connecting import _connected
from pawline.hub import Hub, HubRefused, load_settings
from pawline.model import Envelope, HouseholdId
from pawline.sandbox.post import Post, posted
from tests.journeys.around import until
from tests.journeys.hurrying import Hurried
from tests.journeys.letters import ANN, BO, at_work, lettered, links, words, write


async def test_a_case_is_a_letter_to_each_and_is_answered_by_a_link_in_one(tmp_path: Path) -> None:
    async with asyncio.timeout(60), lettered(tmp_path) as here:
        await here.wonder("bowl", of=HouseholdId("household of Ann"))
        await here.wonder("leash", team="operations")
        await until(lambda: len(here.post.messages) == 2)
        (ann,), (bo,) = here.to(ANN), here.to(BO)
        no = (await here.case("bowl"))["no"]
        assert ann["Subject"] == bo["Subject"] == f"Case {no}: what about bowl?"
        assert ann["Message-ID"] != bo["Message-ID"]
        for letter in (ann, bo):
            html = letter.get_body(("html",)).get_content()
            assert ("a@b.c" in words(letter) + html, "household of Ann" in words(letter) + html) == (False, False)
            assert [one.rpartition("?")[2] for one in links(letter)] == ["choice=1", "choice=2"]
            assert "src=" not in html  # nothing is loaded, so nobody learns who reads it
        assert not set(links(ann)) & set(links(bo))
        page = await here.read(links(bo)[1])
        assert page.status == 200
        assert page.text == (
            f"Case {no} Case {no} (care) what about bowl? Answer: end it Answer: leave it"
            " You answer as bo. It cannot be taken back."
        )
        assert list(page.choices) == [2, 1]  # the one that was chosen comes first
        assert await here.clicks() == 0  # reading it answered nothing
        page = await here.send(links(bo)[1], 2, page.nonce)
        assert (page.status, page.choices) == (200, {})
        assert page.text.endswith("It is answered by smtp/care bo: nothing is left to be done here.")
        assert await until(lambda: here.ended("decide")) == ["end it"]
        await until(lambda: here.ended("ask_on_board"))
        found = await here.hub.desk.answer("case", {"no": no})
        assert (found["state"], found["answered_by"]) == ("answered", "smtp/care bo")
        assert (await here.read(links(ann)[0])).text.endswith("by smtp/care bo: nothing is left to be done here.")
        assert await here.cases() == ["what about leash?"]
        assert (len(here.post.messages), await here.clicks()) == (2, 1)


async def test_what_a_scanner_does_to_a_letter_answers_nothing(tmp_path: Path) -> None:
    """It opens every link, with HEAD first, follows what is on the page, and sends forms that it made up."""
    async with asyncio.timeout(60), lettered(tmp_path) as here:
        await here.wonder("bowl")
        (letter,) = await until(lambda: here.to(ANN))
        for address in links(letter):
            async with here.http.head(address) as said:
                assert said.status in (200, 405)
            page = await here.read(address)
            assert page.status == 200
        for made_up, nonce in ((1, None), (1, ""), (1, "short"), (1, "not-alnum-at-all"), (None, "a" * 32)):
            assert (await here.send(links(letter)[0], made_up, nonce)).status == 404
        for choice in (0, 3, "-1", "1e0", "²", "9" * 40):
            assert (await here.send(links(letter)[0], choice, "a" * 32)).status == 404
        assert (await here.clicks(), await here.cases()) == (0, ["what about bowl?"])


async def test_a_page_keeps_its_address_to_itself(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        async with asyncio.timeout(60), lettered(tmp_path) as here:
            await here.wonder("bowl")
            (letter,) = await until(lambda: here.to(ANN))
            address = links(letter)[0]
            token = address.rpartition("/")[2].partition("?")[0]
            page = await here.read(address)
            sent = await here.send(address, 1, page.nonce, follow=False)
            no = await here.read(address.replace(token, token[:-1]))
    for one in (page, no, sent):
        assert one.headers["Referrer-Policy"] == "no-referrer"
        assert one.headers["Cache-Control"] == "no-store"
        assert "frame-ancestors 'none'" in one.headers["Content-Security-Policy"]
        assert "script" not in one.headers["Content-Security-Policy"]
    assert (page.status, sent.status, no.status) == (200, 303, 404)
    assert not any(token in one.getMessage() for one in caplog.records)
    assert not any(one.name.startswith("pawline") and ANN in one.getMessage() for one in caplog.records)


async def test_what_is_no_link_of_this_hub_for_this_account_shows_nothing(tmp_path: Path) -> None:
    post = Post(lambda _, __: None)
    async with asyncio.timeout(60), posted(post) as mail:
        more = """
[[accounts]]
name = "smtp/other"

[accounts.settings]
host = "127.0.0.1"
port = PORT
tls = "none"
sender = "desk@paws.example"
people = [{ name = "ann", to = "ann@paws.example" }]

[[helpdesks]]
account = "smtp/other"
teams = ["operations"]

[runtime]""".replace("PORT", str(mail))
        file = write(tmp_path / "real", mail, **{"\n[runtime]": more})
        async with (
            at_work(file, post) as here,
            at_work(write(tmp_path / "trial", mail), Post(lambda _, __: None)) as trial,
        ):
            await here.wonder("bowl")
            (letter,) = await until(lambda: here.to(ANN))
            address = links(letter)[0]
            base, _, token = address.partition("?")[0].rpartition("/")
            theirs = f"{trial.hub.settings.public}/answer/smtp/care/{token}"
            wrong = [
                theirs, f"{base.replace('/care', '/other')}/{token}", f"{base.replace('/care', '/none')}/{token}",
                f"{base}/{token[:-1]}", f"{base}/{token}A", f"{base}/{token.swapcase()}", f"{base}/{'A' * 3000}",
                f"{base}/x", f"{base}/{token.partition('.')[2]}", f"{base}/.{token.partition('.')[2]}", f"{base}/%00",
            ]  # fmt: skip
            for one in wrong:
                for page in (await trial.read(one), await here.send(one, 1, "a" * 32)):
                    assert page.status == 404, one
                    assert "bowl" not in page.text
            assert (await here.clicks(), await trial.clicks()) == (0, 0)
            assert await here.cases() == ["what about bowl?"]


async def test_a_click_that_is_sent_twice_is_one_and_of_two_people_one_answers(tmp_path: Path) -> None:
    async with asyncio.timeout(60), lettered(tmp_path) as here:
        await here.wonder("bowl")
        await until(lambda: len(here.post.messages) == 2)
        (ann,), (bo,) = here.to(ANN), here.to(BO)
        pages = [await here.read(links(one)[n]) for one, n in ((ann, 0), (bo, 1))]
        said = await asyncio.gather(
            *(here.send(links(ann)[0], 1, pages[0].nonce) for _ in range(3)),
            *(here.send(links(bo)[1], 2, pages[1].nonce) for _ in range(3)),
        )  # fmt: skip
        assert {one.status for one in said} == {200}
        (answer,) = await until(lambda: here.ended("decide"))
        await until(lambda: here.ended("ask_on_board"))
        first, other = ("ann", BO) if answer == "leave it" else ("bo", ANN)
        assert {one.text.rpartition("It is ")[2] for one in said} == {
            f"answered by smtp/care {first}: nothing is left to be done here."
        }
        late = await here.clicks() - 1  # of the other one's clicks, if it was taken before it was over
        await until(lambda: len(here.post.messages) == 2 + late)
        no = str(here.to(other)[0]["Subject"]).split(":")[0].lower()
        assert [words(one).strip() for one in here.to(other)[1:]] == [f"Not taken: {no} is answered already."] * late
        assert late <= 1


async def test_who_may_not_answer_any_more_is_told_so_and_nothing_happens(tmp_path: Path) -> None:
    post = Post(lambda _, __: None)
    async with asyncio.timeout(60), posted(post) as mail:
        file = write(tmp_path, mail)
        async with at_work(file, post) as here:
            await here.wonder("bowl")
            (letter,) = await until(lambda: here.to(ANN))
            nonce = (await here.read(links(letter)[0])).nonce
        text = file.read_text("utf-8").replace('{ name = "ann"', '{ name = "di"')
        file.write_text(text, "utf-8")
        async with at_work(file, post) as here:
            for page in (await here.read(links(letter)[0]), await here.send(links(letter)[0], 1, nonce)):
                assert (page.status, page.text) == (
                    410, "Pawline Nothing was done You may not answer cases here any more."
                )  # fmt: skip
            assert (await here.clicks(), await here.cases()) == (0, ["what about bowl?"])


async def test_a_case_that_its_deadline_ended_takes_no_answer_and_says_when_in_each_ones_zone(tmp_path: Path) -> None:
    async with asyncio.timeout(60), lettered(tmp_path) as here:
        event = Envelope(shop="paws", source="test", id="x", at=datetime.now(UTC), event=Hurried(about="bowl"))
        await here.hub.engine.record(event)
        await until(lambda: len(here.post.messages) == 2)
        (ann,), (bo,) = here.to(ANN), here.to(BO)
        assert ("(Asia/Tokyo)" in words(ann), "(UTC)" in words(bo)) == (True, True)
        nonce = (await here.read(links(ann)[0])).nonce
        assert await until(lambda: here.ended("decide_in_time")) == ["leave it"]
        page = await here.send(links(ann)[0], 2, nonce)
        assert page.text.endswith("It is expired: nothing is left to be done here.")
        assert await here.clicks() == 0


async def test_who_cannot_be_reached_does_not_keep_the_others_from_being_told(tmp_path: Path) -> None:
    post = Post(lambda _, __: None)
    post.unknown = {ANN}
    async with asyncio.timeout(60), posted(post) as mail, at_work(write(tmp_path, mail), post) as here:
        await here.wonder("bowl")
        (letter,) = await until(lambda: here.to(BO))
        page = await here.read(links(letter)[0])
        await here.send(links(letter)[0], 1, page.nonce)
        assert await until(lambda: here.ended("decide")) == ["leave it"]
        await until(lambda: here.ended("ask_on_board"))
        assert [str(one["To"]) for one in post.messages] == [BO]


async def test_cases_by_mail_without_an_address_for_answers_keep_the_hub_from_starting(tmp_path: Path) -> None:
    file = write(tmp_path, 2525)
    text = file.read_text("utf-8")
    for gone in ("listen", "public"):
        file.write_text("\n".join(one for one in text.splitlines() if not one.startswith(gone)), "utf-8")
        with pytest.raises(HubRefused) as refused:
            await Hub.open(load_settings(file, {}))
        assert str(refused.value) == (
            "`helpdesks[0]`: cases at smtp/care are answered by links that lead to this hub: name `listen` and `public`"
        )


async def test_an_account_is_tried_before_it_is_believed(tmp_path: Path) -> None:
    post = Post(lambda _, __: None)
    async with posted(post) as mail:
        settings = load_settings(write(tmp_path, mail), {})
        assert await _connected(settings, "smtp/care") == ["it lets us in, and lacks nothing"]
    with pytest.raises(HubRefused, match="the mail server cannot be reached"):
        await _connected(settings, "smtp/care")
    assert post.messages == []
