"""The API, call by call: https://www.twilio.com/docs/messaging/api ."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from pawline.sandbox.twilio import views
from pawline.sandbox.twilio.books import Books, Message
from pawline.sandbox.twilio.calls import Call, No

MAGIC: Final = {
    "+15005550001": 21211, "+15005550002": 21612, "+15005550003": 21408, "+15005550004": 21610, "+15005550009": 21614,
}  # fmt: skip
"""To whom a test credential's texts are refused, and by what: https://www.twilio.com/docs/iam/test-credentials ."""
FORM: Final = frozenset({
    "To", "From", "MessagingServiceSid", "Body", "StatusCallback", "ValidityPeriod", "SmartEncoded", "ProvideFeedback",
})  # fmt: skip
LONGEST: Final = 1_600
_NUMBER: Final = re.compile(r"\+[1-9][0-9]{3,14}")


class Api:
    """Answers calls from the books."""

    def __init__(self, books: Books) -> None:
        self._books = books
        self._answers: dict[str, Callable[[Call], Any]] = {
            "POST Messages": self._send,
            "GET Messages": self._list,
            "GET Messages/*": lambda call: views.message(books, self._one(call)),
            "POST Messages/*": self._redact,
            "DELETE Messages/*": self._delete,
            "GET ": lambda _: views.account(books),
            "GET IncomingPhoneNumbers": self._numbers,
            "POST IncomingPhoneNumbers/*": self._renumber,
            "GET Services/*": lambda call: views.service(books, self._service(call)),
            "POST Services/*": self._reservice,
        }

    def answer(self, call: Call) -> Any:  # noqa: ANN401 - JSON
        """What comes of it. Raises No."""
        if call.route not in self._answers:
            raise No(404, 20404)
        return self._answers[call.route](call)

    def _send(self, call: Call) -> dict[str, Any]:
        """https://www.twilio.com/docs/messaging/api/message-resource#create-a-message-resource ."""
        books, form = self._books, call.form
        to, body = form.get("To", ""), form.get("Body", "")
        for wrong, code in (
            (not to, 21604), (not body, 21602), (len(body) > LONGEST, 21617),
            (not form.get("From") and not form.get("MessagingServiceSid"), 21603),
            (form.get("From", books.number.number) != books.number.number, 21606),
            (form.get("MessagingServiceSid", books.service.sid) != books.service.sid, 21701),
            (not _NUMBER.fullmatch(to), 21211), (to in MAGIC, MAGIC.get(to, 0)), (to in books.stopped, 21610),
            (not _called(form.get("StatusCallback")), 21609), (bool(set(form) - FORM), 20001),
        ):  # fmt: skip
            if wrong:
                raise No(400, code)
        service = "MessagingServiceSid" in form
        one = books.send(to, body, service=service, callback=form.get("StatusCallback"))
        told = views.message(books, one)
        books.flow(one)
        return told

    def _list(self, call: Call) -> dict[str, Any]:
        """Newest first; by the day of sending what waits is not to be had.

        A page's token names the message before it, as in the document's example; what it holds goes by its number all
        the same, so that pages move while texts come.
        """
        query = call.query
        there = [one for one in reversed(self._books.messages.values()) if _fits(one, query)]
        size, page = min(1_000, int(query.get("PageSize", "50"))), int(query.get("Page", "0"))
        here = there[page * size : (page + 1) * size]
        base = f"/{views.VERSION}/Accounts/{self._books.account}/Messages.json"
        onward = len(there) > (page + 1) * size
        token = {"PageToken": f"PA{here[-1].sid}"} if onward else {}
        more = query | {"PageSize": str(size), "Page": str(page + 1)} | token
        return {
            "messages": [views.message(self._books, one) for one in here], "page": page, "page_size": size,
            "start": page * size, "end": page * size + max(0, len(here) - 1), "uri": f"{base}?{urlencode(query)}",
            "first_page_uri": f"{base}?{urlencode(query | {'Page': '0'})}", "previous_page_uri": None,
            "next_page_uri": f"{base}?{urlencode(more)}" if onward else None,
        }  # fmt: skip

    def _redact(self, call: Call) -> dict[str, Any]:
        one = self._one(call)
        if call.form.get("Body") == "":
            one.body = ""
        if call.form.get("Status") == "canceled" and one.status in ("queued", "accepted"):
            self._books.become(one, "canceled")
        return views.message(self._books, one)

    def _delete(self, call: Call) -> None:
        del self._books.messages[self._one(call).sid]

    def _one(self, call: Call) -> Message:
        if call.id not in self._books.messages:
            raise No(404, 20404)
        return self._books.messages[call.id]

    def _numbers(self, call: Call) -> dict[str, Any]:
        one = self._books.number
        asked = call.query.get("PhoneNumber", one.number)
        return {"incoming_phone_numbers": [views.number(self._books, one)] if asked == one.number else []}

    def _renumber(self, call: Call) -> dict[str, Any]:
        books = self._books
        if call.id != books.number.sid:
            raise No(404, 20404)
        books.number.sms_url = call.form.get("SmsUrl", books.number.sms_url)
        books.number.sms_method = call.form.get("SmsMethod", books.number.sms_method)
        books.did("Twilio.number", books.number.sms_url)
        return views.number(books, books.number)

    def _service(self, call: Call) -> Any:  # noqa: ANN401 - the one there is
        if call.id != self._books.service.sid:
            raise No(404, 20404)
        return self._books.service

    def _reservice(self, call: Call) -> dict[str, Any]:
        one = self._service(call)
        one.inbound_request_url = call.form.get("InboundRequestUrl", one.inbound_request_url)
        one.inbound_method = call.form.get("InboundMethod", one.inbound_method)
        self._books.did("Twilio.service", str(one.inbound_request_url))
        return views.service(self._books, one)


def _fits(one: Message, query: dict[str, str]) -> bool:
    day = None if one.sent is None else f"{datetime.fromtimestamp(one.sent, UTC):%Y-%m-%d}"
    return (
        query.get("To", one.to) == one.to
        and query.get("From", one.sender) == one.sender
        and ("DateSent>" not in query or (day is not None and day >= query["DateSent>"][:10]))
        and ("DateSent<" not in query or (day is not None and day <= query["DateSent<"][:10]))
        and ("DateSent" not in query or day == query["DateSent"][:10])
    )


def _called(url: str | None) -> bool:
    """Whether Twilio would call it: a name without underscores."""
    return url is None or (url.startswith(("http://", "https://")) and "_" not in urlsplit(url).netloc)
