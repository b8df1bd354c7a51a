"""The vendors, pretended well, in processes outside the hub."""

from pawline.sandbox.faults import ANY_TIME, Fault, Faults
from pawline.sandbox.hooks import Hooks, Message, Subscription, signed
from pawline.sandbox.ledger import Effect, FileLedger, Ledger, MemoryLedger, messages, read_ledger
from pawline.sandbox.manner import Manner, Says
from pawline.sandbox.marketing import Planned
from pawline.sandbox.plain import VENDORS
from pawline.sandbox.posting import Mishaps
from pawline.sandbox.renewing import Renewing
from pawline.sandbox.serving import served
from pawline.sandbox.shop import Shop
from pawline.sandbox.vendors import KEYED, LOOK_UPS, Line, Reply, Request, Vendors
from pawline.sandbox.web import Desk

__all__ = [
    "ANY_TIME", "KEYED", "LOOK_UPS", "VENDORS", "Desk", "Effect", "Fault", "Faults", "FileLedger", "Hooks", "Ledger",
    "Line", "Manner", "MemoryLedger", "Message", "Mishaps", "Planned", "Renewing", "Reply", "Request", "Says", "Shop",
    "Subscription", "Vendors", "messages", "read_ledger", "served", "signed",
]  # fmt: skip
