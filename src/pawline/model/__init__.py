"""The shop's words and its events: frozen, pure, without I/O."""

from pawline.model.basket import Basket, BasketLine, DeliveryChoice, Destination
from pawline.model.billing import as_taken, bare, bare_edit, bare_refund, made_by_hand
from pawline.model.cart import Cart, CartLine
from pawline.model.charge import Discount, Duty, Tax
from pawline.model.cloudevents import BadCloudEvent, CloudEvent, from_cloudevent, to_cloudevent
from pawline.model.consent import NEED_NO_CONSENT, Consent, Medium, Purpose, allowed
from pawline.model.contact import Address, Contact, Country
from pawline.model.currency import EXPONENTS, UnknownCurrency, exponent
from pawline.model.event import (
    Envelope,
    Event,
    UnknownEvent,
    UnreadableEvent,
    acting,
    decode_event,
    encode_event,
    event_type,
    public_name,
)
from pawline.model.events.carts import CartAbandoned, CartBought, CartChanged
from pawline.model.events.cases import CaseAsked, CaseClicked, CaseEnded
from pawline.model.events.erp import BookingRefused, OrderBooked
from pawline.model.events.goods import LotListed, ProductDescribed
from pawline.model.events.orders import (
    OrderCancelled,
    OrderConfirmed,
    OrderEdited,
    OrderPaid,
    OrderPlaced,
    OrderRefused,
)
from pawline.model.events.payments import PaymentDeclined, PaymentDisputed, PaymentQuestioned, RefundIssued
from pawline.model.events.people import (
    ConsentChanged,
    CustomerErased,
    DisclosureAsked,
    ErasureAsked,
    MessageBounced,
    PersonErased,
    ShopperDisappointed,
    SurveyAnswered,
    TicketClosed,
    TicketDecided,
    TicketOpened,
)
from pawline.model.events.pets import (
    PetAdded,
    PetChanged,
    PetDied,
    PetWeighed,
    PrescriptionApproved,
    PrescriptionDeclined,
)
from pawline.model.events.pickups import LateOrders, Missed, PickupDecided, PickupMissed
from pawline.model.events.recalls import RecallDecided, RecallListed, RecallReached, RecallSearched, Search
from pawline.model.events.settled import DisputeClosed, PaidOut, PayoutFailed, PayoutPaid, RefundFailed
from pawline.model.events.shipments import (
    ReturnLine,
    ReturnReceived,
    ReturnRequested,
    ReturnWithdrawn,
    ShipmentBooked,
    ShipmentDelayed,
    ShipmentDelivered,
    ShipmentDispatched,
    ShipmentTracked,
)
from pawline.model.events.stock import LotRecalled, StockCounted
from pawline.model.events.subscriptions import (
    RenewalAtRisk,
    RenewalDeclined,
    Renewals,
    RenewalsDecided,
    SubscriptionChanged,
    SubscriptionEnded,
    SubscriptionRenewalDue,
    SubscriptionStarted,
)
from pawline.model.household import Activity, Household, Person, Pet, Sex, Species
from pawline.model.ids import (
    CardId,
    CartId,
    CauseId,
    EditId,
    HouseholdId,
    LineId,
    LocationId,
    LotId,
    MessageId,
    OrderId,
    PayoutId,
    PersonId,
    PetId,
    PrescriptionId,
    RecallId,
    RefundId,
    ResponseId,
    ReturnId,
    ShipmentId,
    SkuId,
    SubmissionId,
    SubscriptionId,
    SurveyId,
    TenderId,
    TicketId,
    household_by_email,
)
from pawline.model.line import Item, Line, ShippingCharge, demand, spread
from pawline.model.listing import ListedRecall
from pawline.model.message import Confirmed, Letter, Message, Refused, Sent, Skipped
from pawline.model.moment import Aware
from pawline.model.money import LARGEST, MixedCurrencies, Money, total
from pawline.model.order import Channel, Checkout, Edit, Order, edited, outstanding, total_owed
from pawline.model.product import (
    Allergen,
    Analysis,
    Description,
    Food,
    LifeStage,
    ListedLot,
    Prescription,
    Product,
    ProductKind,
    gtin,
)
from pawline.model.refunding import Bill, all_credits, bill_of, credits_of, left_to_send, levelled, refund_of
from pawline.model.stock import Packed, Recall, RecallClass, StockLevel, not_contained
from pawline.model.subscription import Subscription, SubscriptionState
from pawline.model.survey import Answer, Scale, SurveyResponse
from pawline.model.tender import Credit, Payout, Refund, Repaid, Tender, TenderKind, TenderState
from pawline.model.visit import BIT, Act, acts_of, bits_of

__all__ = [
    "BIT", "EXPONENTS", "LARGEST", "NEED_NO_CONSENT", "Act", "Activity", "Address", "Allergen", "Analysis", "Answer",
    "Aware", "BadCloudEvent", "Basket", "BasketLine", "Bill", "BookingRefused", "CardId", "Cart", "CartAbandoned",
    "CartBought", "CartChanged", "CartId", "CartLine", "CaseAsked", "CaseClicked", "CaseEnded", "CauseId", "Channel",
    "Checkout", "CloudEvent", "Confirmed", "Consent", "ConsentChanged", "Contact", "Country", "Credit",
    "CustomerErased", "DeliveryChoice", "Description", "Destination", "DisclosureAsked", "Discount", "DisputeClosed",
    "Duty", "Edit", "EditId", "Envelope", "ErasureAsked", "Event", "Food", "Household", "HouseholdId", "Item",
    "LateOrders", "Letter", "LifeStage", "Line", "LineId", "ListedLot", "ListedRecall", "LocationId", "LotId",
    "LotListed", "LotRecalled", "Medium", "Message", "MessageBounced", "MessageId", "Missed", "MixedCurrencies",
    "Money", "Order", "OrderBooked", "OrderCancelled", "OrderConfirmed", "OrderEdited", "OrderId", "OrderPaid",
    "OrderPlaced", "OrderRefused", "Packed", "PaidOut", "PaymentDeclined", "PaymentDisputed", "PaymentQuestioned",
    "Payout", "PayoutFailed", "PayoutId", "PayoutPaid", "Person", "PersonErased", "PersonId", "Pet", "PetAdded",
    "PetChanged", "PetDied", "PetId", "PetWeighed", "PickupDecided", "PickupMissed", "Prescription",
    "PrescriptionApproved", "PrescriptionDeclined", "PrescriptionId", "Product", "ProductDescribed", "ProductKind",
    "Purpose", "Recall", "RecallClass", "RecallDecided", "RecallId", "RecallListed", "RecallReached", "RecallSearched",
    "Refund", "RefundFailed", "RefundId", "RefundIssued", "Refused", "RenewalAtRisk", "RenewalDeclined", "Renewals",
    "RenewalsDecided", "Repaid", "ResponseId", "ReturnId", "ReturnLine", "ReturnReceived", "ReturnRequested",
    "ReturnWithdrawn", "Scale", "Search", "Sent", "Sex", "ShipmentBooked", "ShipmentDelayed", "ShipmentDelivered",
    "ShipmentDispatched", "ShipmentId", "ShipmentTracked", "ShippingCharge", "ShopperDisappointed", "Skipped", "SkuId",
    "Species", "StockCounted", "StockLevel", "SubmissionId", "Subscription", "SubscriptionChanged", "SubscriptionEnded",
    "SubscriptionId", "SubscriptionRenewalDue", "SubscriptionStarted", "SubscriptionState", "SurveyAnswered",
    "SurveyId", "SurveyResponse", "Tax", "Tender", "TenderId", "TenderKind", "TenderState", "TicketClosed",
    "TicketDecided", "TicketId", "TicketOpened", "UnknownCurrency", "UnknownEvent", "UnreadableEvent", "acting",
    "acts_of", "all_credits", "allowed", "as_taken", "bare", "bare_edit", "bare_refund", "bill_of", "bits_of",
    "credits_of", "decode_event", "demand", "edited", "encode_event", "event_type", "exponent", "from_cloudevent",
    "gtin", "household_by_email", "left_to_send", "levelled", "made_by_hand", "not_contained", "outstanding",
    "public_name", "refund_of", "spread", "to_cloudevent", "total", "total_owed",
]  # fmt: skip
