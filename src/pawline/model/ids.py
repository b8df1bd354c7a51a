"""Our ids. Links to the ids of outside systems are kept beside them; flows know only these.

An id says nothing about its bearer: no e-mail address, name or phone number is ever part of one.
"""

from __future__ import annotations

import hashlib
from typing import NewType

CardId = NewType("CardId", str)
CartId = NewType("CartId", str)
CauseId = NewType("CauseId", str)
EditId = NewType("EditId", str)
HouseholdId = NewType("HouseholdId", str)
LineId = NewType("LineId", str)
LocationId = NewType("LocationId", str)
LotId = NewType("LotId", str)
MessageId = NewType("MessageId", str)
OrderId = NewType("OrderId", str)
PayoutId = NewType("PayoutId", str)
PersonId = NewType("PersonId", str)
PetId = NewType("PetId", str)
PrescriptionId = NewType("PrescriptionId", str)
RecallId = NewType("RecallId", str)
RefundId = NewType("RefundId", str)
ResponseId = NewType("ResponseId", str)
ReturnId = NewType("ReturnId", str)
ShipmentId = NewType("ShipmentId", str)
SkuId = NewType("SkuId", str)
SubmissionId = NewType("SubmissionId", str)
SubscriptionId = NewType("SubscriptionId", str)
SurveyId = NewType("SurveyId", str)
TenderId = NewType("TenderId", str)
TicketId = NewType("TicketId", str)


def household_by_email(email: str) -> HouseholdId:
    """The household that orders and answers by this address: the same wherever the address was heard."""
    return HouseholdId("h-" + hashlib.sha256(email.strip().lower().encode()).hexdigest()[:16])


def household_by_phone(phone: str) -> HouseholdId:
    """The household of which nobody said more than this number, in E.164: by an address it has another name."""
    return household_by_email(phone)
