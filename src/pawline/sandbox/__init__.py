"""The vendors, pretended well, in processes outside the hub."""

from pawline.sandbox.faults import ANY_TIME, Fault, Faults
from pawline.sandbox.ledger import Effect, FileLedger, Ledger, MemoryLedger, read_ledger
from pawline.sandbox.manner import Manner, Says
from pawline.sandbox.serving import served
from pawline.sandbox.vendors import KEYED, LOOK_UPS, Line, Reply, Request, Vendors
from pawline.sandbox.web import VENDORS, Desk

__all__ = [
    "ANY_TIME", "KEYED", "LOOK_UPS", "VENDORS", "Desk", "Effect", "Fault", "Faults", "FileLedger", "Ledger", "Line",
    "Manner", "MemoryLedger", "Reply", "Request", "Says", "Vendors", "read_ledger", "served",
]  # fmt: skip
