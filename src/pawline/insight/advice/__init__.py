"""Advice before anything is installed: whether this fits a shop, how large, what first. Each part names its answers."""

from pawline.insight.advice.advising import advise
from pawline.insight.advice.answers import ROLES, Access, Answers, Goal, System
from pawline.insight.advice.connecting import plain
from pawline.insight.advice.observing import Mistakes, Observed
from pawline.insight.advice.saving import Touchless, wilson
from pawline.insight.advice.words import (
    Advice,
    Connect,
    Misfit,
    ProfileAdvice,
    Reason,
    Saving,
    Sizing,
    Verdict,
)

__all__ = [
    "ROLES", "Access", "Advice", "Answers", "Connect", "Goal", "Misfit", "Mistakes", "Observed", "ProfileAdvice",
    "Reason", "Saving", "Sizing",
    "System", "Touchless", "Verdict", "advise", "plain", "wilson",
]  # fmt: skip
