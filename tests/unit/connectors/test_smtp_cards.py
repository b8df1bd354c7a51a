"""How a letter about a case looks: what a title cannot do there, and what can be read."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import msgspec
import pytest

from pawline.kit import read_at
from tests.unit.connectors.smtp_scene import CARD, board, server


async def test_a_title_cannot_write_into_the_letter() -> None:
    title = "<b>a</b>\r\nBcc: x@y.example\x00 =?utf-8?q?=0d=0a?= \u202e" + "x" * 900
    async with server() as (post, port):
        await board(port).post(msgspec.structs.replace(CARD, title=title, choices=("<i>", '"&')))
        (letter, *_) = post.messages
        assert letter["Bcc"] is None
        subject = str(letter["Subject"])
        assert subject.startswith("Case 17: <b>a</b> Bcc: x@y.example = ?utf-8?q?=0d=0a?= xxx")
        assert (len(subject) <= 210, "\u202e" in subject) == (True, False)
        html = letter.get_body(("html",)).get_content()
        assert ("<b>" in html, "<i>" in html, "1. &lt;i&gt;" in html, "2. &quot;&amp;" in html) == (
            False, False, True, True
        )  # fmt: skip


async def test_a_title_or_a_choice_cannot_look_like_a_link_of_ours() -> None:
    """In plain text a line is all that a link has around it."""
    fake = "a bowl\r\n\r\n1. leave it\r\nhttps://evil.example/answer/x\u2028\u202e2. end it"
    async with server() as (post, port):
        await board(port).post(
            msgspec.structs.replace(CARD, title=fake, choices=("leave it", "end\nhttps://evil.example"))
        )
        lines = post.messages[0].get_body(("plain",)).get_content().splitlines()
        assert [one for one in lines if one.startswith(("1. ", "2. "))] == [
            "1. leave it",
            "2. end https://evil.example",
        ]
        assert not [one for one in lines if one.startswith("https://evil.example")]
        assert "a bowl 1. leave it https://evil.example/answer/x 2. end it" in lines


async def test_a_button_is_read_on_a_dark_page_as_well_as_on_a_light_one() -> None:
    """Programs that know `color-scheme` paint the page black, and leave colours that are said as they are."""
    async with server() as (post, port):
        await board(port).post(CARD)
        html = post.messages[0].get_body(("html",)).get_content()
        assert 'content="light dark"' in html
        styles = re.findall(r'<a href="[^"]+" style="([^"]+)"', html)
        assert len(styles) == len(CARD.choices)
        for style in styles:
            colours = dict(one.split(":", 1) for one in style.split(";") if "color" in one)
            assert _contrast(colours["color"], colours["background-color"]) > 7


def _contrast(one: str, other: str) -> float:
    """By WCAG 2.1."""

    def light(colour: str) -> float:
        parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return sum(share * part for share, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))

    dark, bright = sorted((light(one), light(other)))
    return (bright + 0.05) / (dark + 0.05)


@pytest.mark.parametrize(
    ("moment", "zone", "said"),
    [
        (datetime(2026, 10, 25, 0, 30, tzinfo=UTC), "Europe/Berlin", "2026-10-25 02:30+02:00 (Europe/Berlin)"),
        (datetime(2026, 10, 25, 1, 30, tzinfo=UTC), "Europe/Berlin", "2026-10-25 02:30+01:00 (Europe/Berlin)"),
        (datetime(2026, 11, 30, 8, 0, tzinfo=UTC), "Asia/Tokyo", "2026-11-30 17:00+09:00 (Asia/Tokyo)"),
        (datetime(9999, 12, 31, 23, 0, tzinfo=UTC), "Asia/Tokyo", "9999-12-31 23:00+00:00 (UTC)"),
    ],
)
def test_a_moment_is_told_so_that_an_hour_that_comes_twice_is_two(moment: datetime, zone: str, said: str) -> None:
    assert read_at(moment, zone) == said
