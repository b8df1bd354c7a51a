"""What connectors are made of: HTTP, signatures, paging, limits, the connector's card."""

from pawline.kit.address import Query
from pawline.kit.answer import Answer, error_of, retry_after
from pawline.kit.api import Api
from pawline.kit.asked import Score, asked_household, asked_order, asked_pet, marked, plain, storable
from pawline.kit.bearer import Bearer, BearerHttp, refused
from pawline.kit.connector import BadSettings, Connected, Connector, Enrolment, Offer, Quotes
from pawline.kit.download import Download
from pawline.kit.files import Entry, Files, Part, safe_name
from pawline.kit.folder import Folder
from pawline.kit.guard import Blocked, Guard
from pawline.kit.hook import WHENEVER, Delivery, Hook
from pawline.kit.http import Http
from pawline.kit.imap import Imap, Place, Unread
from pawline.kit.imap_line import Received
from pawline.kit.links import CaseLink, Links, card_of, read_at
from pawline.kit.listening import Listening
from pawline.kit.moves import Move, Moves
from pawline.kit.naming import contact_of, household_of, households_of, sku_of
from pawline.kit.own import OwnScheme, keyed
from pawline.kit.paging import Page, every_item, pages
from pawline.kit.past import Called, Past, Recalled
from pawline.kit.people import NoPeople, People
from pawline.kit.pixel import Pixel
from pawline.kit.pseudonyms import check_guessable, pseudonym
from pawline.kit.rows import Rows, aware, fetched, name_of, patient, recalled, rows_of
from pawline.kit.schemes import (
    METHOD,
    PATH,
    QUERY,
    URL,
    SecretPath,
    SignedOrSecretPath,
    composed,
    of_address,
    of_adyen,
    of_hubspot,
    of_hubspot_v1,
    of_hubspot_v2,
    of_path,
    of_slack,
    of_twilio,
)  # fmt: skip
from pawline.kit.secret import Secret
from pawline.kit.signature import (
    Hashed,
    Headers,
    Hmac,
    Signed,
    Unsigned,
    as_text,
    decoded,
    digest_of,
    of_body,
    of_standard_webhooks,
    of_stripe,
    of_timed,
    only,
    standard_headers,
    standard_key,
    text,
)  # fmt: skip
from pawline.kit.smtp import Smtp, is_address
from pawline.kit.turns import Turns
from pawline.kit.unreserved import Unreserved
from pawline.kit.watch import REMEMBERED, Due, Quarantined, Seen, Sighting, Tried, Watch

__all__ = [
    "METHOD",
    "PATH",
    "QUERY",
    "REMEMBERED",
    "URL",
    "WHENEVER",
    "Answer",
    "Api",
    "BadSettings",
    "Bearer",
    "BearerHttp",
    "Blocked",
    "Called",
    "CaseLink",
    "Connected",
    "Connector",
    "Delivery",
    "Download",
    "Due",
    "Enrolment",
    "Entry",
    "Files",
    "Folder",
    "Guard",
    "Hashed",
    "Headers",
    "Hmac",
    "Hook",
    "Http",
    "Imap",
    "Links",
    "Listening",
    "Move",
    "Moves",
    "NoPeople",
    "Offer",
    "OwnScheme",
    "Page",
    "Part",
    "Past",
    "People",
    "Pixel",
    "Place",
    "Quarantined",
    "Query",
    "Quotes",
    "Recalled",
    "Received",
    "Rows",
    "Score",
    "Secret",
    "SecretPath",
    "Seen",
    "Sighting",
    "Signed",
    "SignedOrSecretPath",
    "Smtp",
    "Tried",
    "Turns",
    "Unread",
    "Unreserved",
    "Unsigned",
    "Watch",
    "as_text",
    "asked_household",
    "asked_order",
    "asked_pet",
    "aware",
    "card_of",
    "check_guessable",
    "composed",
    "contact_of",
    "decoded",
    "digest_of",
    "error_of",
    "every_item",
    "fetched",
    "household_of",
    "households_of",
    "is_address",
    "keyed",
    "marked",
    "name_of",
    "of_address",
    "of_adyen",
    "of_body",
    "of_hubspot",
    "of_hubspot_v1",
    "of_hubspot_v2",
    "of_path",
    "of_slack",
    "of_standard_webhooks",
    "of_stripe",
    "of_timed",
    "of_twilio",
    "only",
    "pages",
    "patient",
    "plain",
    "pseudonym",
    "read_at",
    "recalled",
    "refused",
    "retry_after",
    "rows_of",
    "safe_name",
    "sku_of",
    "standard_headers",
    "standard_key",
    "storable",
    "text",
]
