"""Who listens to our events: what each is told of, how it fares, and the follower that owes it what happened."""

from pawline.hub.listeners.asking import ASKED, ListenerDesk, listeners_check
from pawline.hub.listeners.following import Following
from pawline.hub.listeners.own import heeded
from pawline.hub.listeners.picking import Listens, check_wired, listens_of
from pawline.hub.listeners.standing import Standings

__all__ = [
    "ASKED", "Following", "ListenerDesk", "Listens", "Standings", "check_wired", "heeded", "listeners_check",
    "listens_of",
]  # fmt: skip
