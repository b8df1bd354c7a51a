"""Whether an account can do its work: it is let in, active, and the sender is its own and can send texts."""

from __future__ import annotations

import msgspec

from pawline.connectors.twilio.client import TwilioHttp
from pawline.connectors.twilio.errors import MENDED
from pawline.connectors.twilio.settings import Settings
from pawline.ports import Code, Rejected, Unauthorised


class Account(msgspec.Struct, frozen=True):
    """https://www.twilio.com/docs/iam/api/account ."""

    status: str


class Able(msgspec.Struct, frozen=True):
    """What a number can do."""

    sms: bool = False


class Number(msgspec.Struct, frozen=True):
    """https://www.twilio.com/docs/phone-numbers/api/incomingphonenumber-resource ."""

    sid: str
    capabilities: Able = Able()
    sms_url: str | None = None
    sms_method: str | None = None
    sms_application_sid: str | None = None


class Numbers(msgspec.Struct, frozen=True):
    """Those of the account that were asked for."""

    incoming_phone_numbers: tuple[Number, ...]


class Service(msgspec.Struct, frozen=True):
    """https://www.twilio.com/docs/messaging/api/service-resource ."""

    sid: str
    inbound_request_url: str | None = None
    inbound_method: str | None = None
    use_inbound_webhook_on_number: bool = False


async def probe(http: TwilioHttp, settings: Settings, _: frozenset[str]) -> None:
    """Raises Unauthorised, naming what is to be mended. Short codes and names are not looked up.

    A test credential may read nothing: it is let in, and that is all that can be said.
    """
    try:
        account = await http.get("Accounts", f"{settings.account}.json", into=Account)
    except Rejected as no:
        if no.code is Code.UNSUPPORTED:
            return
        raise
    if account.status != "active":
        raise Unauthorised("the account is suspended or closed: see Twilio's console", Code.FORBIDDEN)
    if settings.service:
        await service_of(http, settings)
    elif settings.number:
        await number_of(http, settings)


async def service_of(http: TwilioHttp, settings: Settings) -> Service:
    """The Messaging Service that sends. Raises Unauthorised where there is none."""
    try:
        return await http.messaging.get("Services", settings.sender, into=Service)
    except Rejected as no:
        if no.code is not Code.NOT_FOUND:
            raise
        raise Unauthorised(MENDED[21701], Code.FORBIDDEN) from None


async def number_of(http: TwilioHttp, settings: Settings) -> Number:
    """The number that sends. Raises Unauthorised where the account does not have it, or it sends no texts."""
    query = {"PhoneNumber": settings.sender}
    there = (await http.get(*http.of("IncomingPhoneNumbers.json"), query=query, into=Numbers)).incoming_phone_numbers
    if not there:
        raise Unauthorised("`sender` is no number of this account", Code.FORBIDDEN)
    if not there[0].capabilities.sms:
        raise Unauthorised(MENDED[21661], Code.FORBIDDEN)
    return there[0]
