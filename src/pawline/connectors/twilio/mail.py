"""Twilio in the role of Mail, for texts. It knows no keys: each text bears a mark, and is looked for before it is sent.

https://www.twilio.com/docs/messaging/api/message-resource
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import quote

import msgspec

from pawline.connectors.twilio.client import TwilioHttp
from pawline.connectors.twilio.marking import bears, mark_of, marked
from pawline.connectors.twilio.segments import segments
from pawline.connectors.twilio.settings import Settings
from pawline.connectors.twilio.told import NUMBER, Listed, Made, Texts, moment
from pawline.model import Letter, Medium, MessageId, Purpose
from pawline.ports import ATTEMPT, Attempt, Code, EffectKind, Malformed, Operation, Rejected, Settle, attempting

LONGEST: Final = 1_600
"""Characters of a text at Twilio."""
PAGE: Final = "200"
"""Messages of a page: Twilio gives a thousand at most."""
PAGES: Final = 20
BACK: Final = timedelta(days=4)
"""A step is not tried for longer, and nothing older is looked at."""
MARGIN: Final = timedelta(seconds=15)
"""A text is in the list this long after it was taken: Twilio does not say how soon, and it is not seen at once."""
_UNFIT: Final = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f\ud800-\udfff]")


class TwilioMail:
    """See `Mail`. WhatsApp is unsupported: outside of 24 hours it takes approved templates, and no letters."""

    OPERATIONS: Final = {
        "send": Operation(
            settle=Settle.REPEAT, timeout=timedelta(seconds=25), margin=MARGIN, kind=EffectKind.MESSAGE
        )
    }  # fmt: skip

    def __init__(self, http: TwilioHttp, settings: Settings) -> None:
        self._http, self._settings = http, settings

    async def send(self, letter: Letter) -> MessageId:
        """Sends it again only where none of its mark is there. What is no step (an alarm) has no mark, and no look."""
        if letter.medium is not Medium.SMS:
            raise Rejected(f"Twilio is not asked to reach people by {letter.medium.value}", Code.UNSUPPORTED)
        if not NUMBER.fullmatch(letter.to):
            raise Rejected("the recipient is no number in E.164, such as +15551234567", Code.UNDELIVERABLE)
        made = ATTEMPT.get(None)
        attempt = None if made is None else made()
        if attempt is None or attempt.shop == "*":
            return await self._sent(letter.to, self._checked(letter.text), None)
        mark = mark_of(attempt.key)
        body = self._checked(marked(letter.text, mark) if letter.text.strip() else "")
        if (there := await self._found(letter.to, mark, attempt)) is not None:
            return there
        # Whoever wakes up in the margin writes nothing any more: the next look would come before the list knows of it.
        sends = msgspec.structs.replace(attempt, settle_by=attempt.settle_by - MARGIN)
        with attempting(sends):
            return await self._sent(letter.to, body, self._told_at(letter))

    def _checked(self, body: str) -> str:
        if _UNFIT.search(body):
            raise Rejected("the text holds a control character, or what is no text", Code.INVALID)
        if not body.strip():
            raise Rejected("the text is empty", Code.INVALID)
        parts, most = segments(body), self._settings.segments
        if len(body.encode("utf-16-le")) // 2 > LONGEST or parts > most:
            text = f"the text is {len(body)} characters in {parts} segments: {LONGEST} and {most} are the most"
            raise Rejected(text, Code.TOO_LARGE)
        return body

    def _told_at(self, letter: Letter) -> str | None:
        """Where Twilio says what became of it. It signs this address, so whose it was is as good as we wrote it."""
        at = self._http.heard_at
        about = "&safety=1" if letter.purpose is Purpose.SAFETY else ""
        return f"{at}?household={quote(letter.household, safe='')}{about}" if at else None

    async def _sent(self, to: str, body: str, told_at: str | None) -> MessageId:
        settings = self._settings
        form = {
            "To": to, "Body": body, "ValidityPeriod": str(settings.valid), "SmartEncoded": "true",
            "MessagingServiceSid" if settings.service else "From": settings.sender,
        }  # fmt: skip
        if told_at is not None:
            form["StatusCallback"] = told_at
        made = await self._http.send("POST", *self._http.of("Messages.json"), form=form, into=Made)
        return MessageId(made.sid)

    # -- what is there already -----------------------------------------------------------------------------------

    async def _found(self, to: str, mark: str, attempt: Attempt) -> MessageId | None:
        """The text of this step, if it went out. By recipient alone: what waits in a queue has no day of sending yet.

        Raises Malformed where it was tried before and nobody can tell: a case, and no second text.
        """
        query: tuple[tuple[str, str], ...] = (("To", to), ("PageSize", PAGE))
        since = datetime.now(UTC) - BACK
        for _ in range(PAGES):
            page = await self._page(query, attempt)
            sent = [one for one in page.messages if one.outbound]
            for one in sent:
                if bears(one.body or "", mark):
                    return MessageId(one.sid)
            if attempt.number > 1 and any(one.hidden and _since(one, since) for one in sent):
                raise Malformed("Twilio keeps no texts of this account, so nobody can tell whether it went out")
            onward = page.goes_on()
            if onward is None or not any(_since(one, since) for one in page.messages):
                return None
            query = onward
        raise Malformed(f"more than {PAGES * int(PAGE)} messages went to one number in {BACK.days} days")

    async def _page(self, query: tuple[tuple[str, str], ...], attempt: Attempt) -> Texts:
        try:
            return await self._http.get(*self._http.of("Messages.json"), query=query, into=Texts)
        except Rejected as no:
            if attempt.number > 1:  # it is no word about the text: that may have gone out
                raise Malformed(f"nobody can tell whether it went out: {no.text}", no.code) from None
            if no.code is Code.UNSUPPORTED:
                return Texts(messages=())
            raise


def _since(one: Listed, since: datetime) -> bool:
    """Whether it was made since then; what says no time may have been."""
    try:
        return moment(one.date_created) >= since
    except ValueError:
        return True
