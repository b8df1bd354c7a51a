"""What connectors are made of: HTTP, signatures, paging, limits, the connector's card."""

from pawline.kit.answer import Answer, error_of, retry_after
from pawline.kit.bearer import Bearer, BearerHttp, refused
from pawline.kit.connector import BadSettings, Connected, Connector, Delivery, Enrolment, Hook, Offer
from pawline.kit.folder import Folder, safe_name
from pawline.kit.guard import Blocked, Guard
from pawline.kit.http import Http
from pawline.kit.paging import Page, every_item, pages
from pawline.kit.secret import Secret
from pawline.kit.signature import (
    Headers,
    Hmac,
    Signed,
    Unsigned,
    decoded,
    digest_of,
    of_body,
    of_standard_webhooks,
    of_stripe,
    only,
    standard_key,
    text,
)  # fmt: skip
from pawline.kit.smtp import Smtp, is_address
from pawline.kit.watch import REMEMBERED, Quarantined, Seen, Sighting, Watch

__all__ = [
    "REMEMBERED",
    "Answer",
    "BadSettings",
    "Bearer",
    "BearerHttp",
    "Blocked",
    "Connected",
    "Connector",
    "Delivery",
    "Enrolment",
    "Folder",
    "Guard",
    "Headers",
    "Hmac",
    "Hook",
    "Http",
    "Offer",
    "Page",
    "Quarantined",
    "Secret",
    "Seen",
    "Sighting",
    "Signed",
    "Smtp",
    "Unsigned",
    "Watch",
    "decoded",
    "digest_of",
    "error_of",
    "every_item",
    "is_address",
    "of_body",
    "of_standard_webhooks",
    "of_stripe",
    "only",
    "pages",
    "refused",
    "retry_after",
    "safe_name",
    "standard_key",
    "text",
]
