"""Figures, where they come from, and the months in which they are awaited."""

from indicators.models.bounds import Bounds
from indicators.models.figures import Measurement, Note, measure, target
from indicators.models.imports import FigureImport, ImportAnswer
from indicators.models.phones import PhoneLine, PhoneMapping
from indicators.models.remarks import Remark
from indicators.models.returns import EntrySchedule, MonthlyReturn, Suspension
from indicators.models.silences import Acknowledgement

__all__ = [
    "Acknowledgement",
    "Bounds",
    "EntrySchedule",
    "FigureImport",
    "ImportAnswer",
    "Measurement",
    "MonthlyReturn",
    "Note",
    "PhoneLine",
    "PhoneMapping",
    "Remark",
    "Suspension",
    "measure",
    "target",
]
