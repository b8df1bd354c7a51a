"""The composition root: settings in, a running hub out. The only place that names implementations."""

from pawline.hub.answering import Answering, NoAnswer, Shown, Stand
from pawline.hub.connecting import Enrols, card_of, guard_of
from pawline.hub.desk import Desk, person
from pawline.hub.enrolling import access_check, asked_at, enrolment_check, heard_at, probed, rates_check
from pawline.hub.health import Check, span
from pawline.hub.hearing import Ear, Heard, Hearing, NoEar
from pawline.hub.line import REFUSALS, Caller, line_of
from pawline.hub.offered import offers
from pawline.hub.preparing import check_free, prepared, room
from pawline.hub.quoting import Asker, NoAsker, Quoting
from pawline.hub.register import compared
from pawline.hub.rehearsing import Rehearsal, delivered, rehearsed
from pawline.hub.running import Hub, Reach, tune
from pawline.hub.sealing import seal, sealed_at
from pawline.hub.settings import AccountSettings, HubRefused, Settings, load_settings
from pawline.hub.tray import Tray
from pawline.hub.visits import BadVisit, NoSite, Site, StrangeOrigin, TooMuch, Visits, told_at
from pawline.hub.wiring import Connections, connections_of, flows_of, keyring_of

__all__ = [
    "REFUSALS", "AccountSettings", "Answering", "Asker", "BadVisit", "Caller", "Check", "Connections", "Desk", "Ear",
    "Enrols", "Heard", "Hearing", "Hub", "HubRefused", "NoAnswer", "NoAsker", "NoEar", "NoSite", "Quoting", "Reach",
    "Rehearsal", "Settings", "Shown", "Site", "Stand", "StrangeOrigin", "TooMuch", "Tray", "Visits", "access_check",
    "asked_at", "card_of", "check_free", "compared", "connections_of", "delivered", "enrolment_check", "flows_of",
    "guard_of", "heard_at", "keyring_of", "line_of", "load_settings", "offers", "person", "prepared", "probed",
    "rates_check", "rehearsed", "room", "seal", "sealed_at", "span", "told_at", "tune",
]  # fmt: skip
