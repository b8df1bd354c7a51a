"""The roles that outside systems can play, and the four ways in which they can fail."""

from pawline.ports.analytics import Analytics, OrderOccurrence
from pawline.ports.attempt import ATTEMPT, Attempt, attempting, current_attempt
from pawline.ports.behaviour import Behaviour, Browsed
from pawline.ports.bills import Bills, OwnBill
from pawline.ports.board import Board, CaseCard
from pawline.ports.calls import Call, Calls, Get, Reply, saying
from pawline.ports.cases import Cases
from pawline.ports.catalog import Catalog, ProductPage
from pawline.ports.crm import Crm
from pawline.ports.erp import Booking, Erp
from pawline.ports.errors import (
    Code,
    ErrorRecord,
    Malformed,
    PortError,
    Rejected,
    Transient,
    Unauthorised,
    from_record,
    to_record,
)
from pawline.ports.fulfilment import (
    Fulfilment,
    FulfilmentHold,
    FulfilmentOrder,
    FulfilmentRequest,
    FulfilmentStatus,
    Progress,
)
from pawline.ports.goods import Goods, Named
from pawline.ports.helpdesk import ANSWER, Decision, Helpdesk, Ticket, TicketDraft, Urgency, choice_of
from pawline.ports.households import Held, Households
from pawline.ports.inventory import Adjustment, Inventory, Reservation
from pawline.ports.invitations import Claim, Invitations
from pawline.ports.listener import Listener, Notice
from pawline.ports.listeners import Listeners, Standing
from pawline.ports.mail import Mail
from pawline.ports.marketing import Marketing, Occurrence, Suppression
from pawline.ports.operation import KEY_LIFE, Breaker, EffectKind, Limits, Operation, Settle
from pawline.ports.orders import Bought, BoughtPage, LateOnes, Orders, Shipped, ShippedPage
from pawline.ports.payments import Authorisation, AuthorisationState, Capture, Ledger, Payments, Refunded
from pawline.ports.pickups import Origin, Pickup, Pickups
from pawline.ports.read import is_read, read
from pawline.ports.receipt import Receipt
from pawline.ports.returns import ReturnRules, Returns
from pawline.ports.senders import How, Sender, Senders
from pawline.ports.shipping import (
    Consignment,
    Declared,
    Label,
    Parcel,
    Rate,
    Shipment,
    Shipping,
    Tracking,
    TrackingState,
)
from pawline.ports.shop import Edited, OrderPage, Shop
from pawline.ports.signature import Signature, port_methods
from pawline.ports.stock import Ahead, Recalls, Sellable, Stock
from pawline.ports.subscriptions import SubscriptionPage, Subscriptions
from pawline.ports.surveys import Invitation, Invited, ResponsePage, Surveys
from pawline.ports.tax import LineTaxes, Tax, TaxedLine, TaxRequest

__all__ = [
    "ANSWER",
    "ATTEMPT",
    "KEY_LIFE",
    "Adjustment",
    "Ahead",
    "Analytics",
    "Attempt",
    "Authorisation",
    "AuthorisationState",
    "Behaviour",
    "Bills",
    "Board",
    "Booking",
    "Bought",
    "BoughtPage",
    "Breaker",
    "Browsed",
    "Call",
    "Calls",
    "Capture",
    "CaseCard",
    "Cases",
    "Catalog",
    "Claim",
    "Code",
    "Consignment",
    "Crm",
    "Decision",
    "Declared",
    "Edited",
    "EffectKind",
    "Erp",
    "ErrorRecord",
    "Fulfilment",
    "FulfilmentHold",
    "FulfilmentOrder",
    "FulfilmentRequest",
    "FulfilmentStatus",
    "Get",
    "Goods",
    "Held",
    "Helpdesk",
    "Households",
    "How",
    "Inventory",
    "Invitation",
    "Invitations",
    "Invited",
    "Label",
    "LateOnes",
    "Ledger",
    "Limits",
    "LineTaxes",
    "Listener",
    "Listeners",
    "Mail",
    "Malformed",
    "Marketing",
    "Named",
    "Notice",
    "Occurrence",
    "Operation",
    "OrderOccurrence",
    "OrderPage",
    "Orders",
    "Origin",
    "OwnBill",
    "Parcel",
    "Payments",
    "Pickup",
    "Pickups",
    "PortError",
    "ProductPage",
    "Progress",
    "Rate",
    "Recalls",
    "Receipt",
    "Refunded",
    "Rejected",
    "Reply",
    "Reservation",
    "ResponsePage",
    "ReturnRules",
    "Returns",
    "Sellable",
    "Sender",
    "Senders",
    "Settle",
    "Shipment",
    "Shipped",
    "ShippedPage",
    "Shipping",
    "Shop",
    "Signature",
    "Standing",
    "Stock",
    "SubscriptionPage",
    "Subscriptions",
    "Suppression",
    "Surveys",
    "Tax",
    "TaxRequest",
    "TaxedLine",
    "Ticket",
    "TicketDraft",
    "Tracking",
    "TrackingState",
    "Transient",
    "Unauthorised",
    "Urgency",
    "attempting",
    "choice_of",
    "current_attempt",
    "from_record",
    "is_read",
    "port_methods",
    "read",
    "saying",
    "to_record",
]
