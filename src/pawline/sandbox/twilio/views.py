"""How Twilio's JSON says it: https://www.twilio.com/docs/messaging/api/message-resource ."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pawline.sandbox.twilio.books import Books, Message, Number, Service

VERSION = "2010-04-01"


def message(books: Books, one: Message) -> dict[str, Any]:
    """A message, of either direction; of what was given when it was made not its callback."""
    at = f"/{VERSION}/Accounts/{books.account}/Messages/{one.sid}"
    return {
        "account_sid": books.account, "api_version": VERSION, "body": "" if books.hidden else one.body,
        "date_created": books.moment(one.made), "date_sent": books.moment(one.sent),
        "date_updated": books.moment(one.changed), "direction": one.direction, "error_code": one.error,
        "error_message": None, "from": None if one.status == "accepted" else one.sender,
        "messaging_service_sid": one.service, "num_media": "0",
        "num_segments": "0" if one.status == "accepted" else "1", "price": None, "price_unit": "USD", "sid": one.sid,
        "status": one.status, "subresource_uris": {"media": f"{at}/Media.json"}, "to": one.to, "uri": f"{at}.json",
    }  # fmt: skip


def account(books: Books) -> dict[str, Any]:
    """https://www.twilio.com/docs/iam/api/account ."""
    return {
        "sid": books.account, "friendly_name": "Paws", "status": "active", "type": "Full", "owner_account_sid": None,
        "auth_token": "redacted", "date_created": books.moment(0), "date_updated": books.moment(0),
        "subresource_uris": {}, "uri": f"/{VERSION}/Accounts/{books.account}.json",
    }  # fmt: skip


def number(books: Books, one: Number) -> dict[str, Any]:
    """https://www.twilio.com/docs/phone-numbers/api/incomingphonenumber-resource ."""
    return {
        "sid": one.sid, "account_sid": books.account, "phone_number": one.number, "friendly_name": one.number,
        "capabilities": {"sms": True, "mms": True, "voice": True, "fax": False}, "sms_url": one.sms_url,
        "sms_method": one.sms_method, "sms_application_sid": "", "status": "in-use",
        "uri": f"/{VERSION}/Accounts/{books.account}/IncomingPhoneNumbers/{one.sid}.json",
    }  # fmt: skip


def service(books: Books, one: Service) -> dict[str, Any]:
    """https://www.twilio.com/docs/messaging/api/service-resource ."""
    return {
        "sid": one.sid, "account_sid": books.account, "friendly_name": "Paws", "inbound_method": one.inbound_method,
        "inbound_request_url": one.inbound_request_url, "smart_encoding": True, "validity_period": 36_000,
        "use_inbound_webhook_on_number": one.use_inbound_webhook_on_number, "status_callback": None,
    }  # fmt: skip
