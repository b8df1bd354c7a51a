"""The X-ray: what a shop's systems say about the same sixty days, laid side by side, before anything is connected."""

from pawline.measure.xray.judging import Settings, judge
from pawline.measure.xray.kept import Baseline, WrongBaseline, baseline, read_baseline
from pawline.measure.xray.kinds import KINDS, Kind
from pawline.measure.xray.making import SOURCES
from pawline.measure.xray.page import drawn
from pawline.measure.xray.report import Figure, Report
from pawline.measure.xray.sheet import Sheet, WrongSource, sheet_of

__all__ = [
    "KINDS",
    "SOURCES",
    "Baseline",
    "Figure",
    "Kind",
    "Report",
    "Settings",
    "Sheet",
    "WrongBaseline",
    "WrongSource",
    "baseline",
    "drawn",
    "judge",
    "read_baseline",
    "sheet_of",
]
