"""Where texts that people send are told: the address of the sender's number, or of its Messaging Service.

https://www.twilio.com/docs/phone-numbers/api/incomingphonenumber-resource , …/messaging/api/service-resource - what
became of a text is told where the text itself says, so for that there is nothing to set up.
"""

from __future__ import annotations

from typing import Final, NamedTuple
from urllib.parse import urlsplit

from pawline.connectors.twilio.client import TwilioHttp
from pawline.connectors.twilio.health import Number, Service, number_of, service_of
from pawline.connectors.twilio.settings import Settings
from pawline.kit import Enrolment

NEWS: Final = "texts that people send (STOP)"
DEMO: Final = "demo.twilio.com"
"""What a number that was just bought calls."""
OWN: Final = "each number's own address, as its Messaging Service has it"


class Set(NamedTuple):
    """Where they go now, how, and what of Twilio's says so."""

    url: str
    method: str
    path: tuple[str, ...]
    fields: tuple[str, str]


async def lacking(http: TwilioHttp, settings: Settings, address: str) -> tuple[str, ...]:
    """Nothing where `inbound` is false, and for a sender that nobody can answer or whose address no API shows."""
    there = await _there(http, settings)
    if there is None or (there.url, there.method) == (address, "POST"):
        return ()
    if foreign := _foreign(there.url, address):
        return (f"{NEWS}: they go to {foreign}, which is left as it is; `inbound = false` if that is meant",)
    return (NEWS,)


async def enrol(http: TwilioHttp, settings: Settings, address: str) -> tuple[str, ...]:
    """Sets the address where there is none, Twilio's example, or an older one of ours. Nobody else's is taken over."""
    there = await _there(http, settings)
    if there is None or (there.url, there.method) == (address, "POST"):
        return ()
    if foreign := _foreign(there.url, address):
        return (f"{NEWS} go to {foreign}, and are left there: set {address} at Twilio, or `inbound = false`",)
    form, what = dict(zip(there.fields, (address, "POST"), strict=True)), object
    client = http.messaging if settings.service else http
    await client.send("POST", *there.path, form=form, into=what)
    return (f"{NEWS} are told to {address}",)


async def _there(http: TwilioHttp, settings: Settings) -> Set | None:
    if not settings.inbound:
        return None
    if settings.service:
        return _of_service(await service_of(http, settings))
    return _of_number(http, await number_of(http, settings)) if settings.number else None


def _of_service(one: Service) -> Set:
    url = OWN if one.use_inbound_webhook_on_number else one.inbound_request_url or ""
    return Set(url, one.inbound_method or "POST", ("Services", one.sid), ("InboundRequestUrl", "InboundMethod"))


def _of_number(http: TwilioHttp, one: Number) -> Set:
    """An application of Twilio's goes before the number's own address."""
    url = f"the application {one.sms_application_sid}" if one.sms_application_sid else one.sms_url or ""
    path = http.of("IncomingPhoneNumbers", f"{one.sid}.json")
    return Set(url, one.sms_method or "POST", path, ("SmsUrl", "SmsMethod"))


def _foreign(url: str, address: str) -> str:
    """Where it leads, if that is neither nowhere nor ours: ours ends with the account, wherever the hub was called."""
    if not url:
        return ""
    parts = urlsplit(url)
    if not parts.hostname:
        return url[:80]
    return "" if parts.hostname == DEMO or parts.path == urlsplit(address).path else parts.hostname


ENROLMENT: Final[Enrolment[Settings]] = Enrolment(lacking, enrol)
