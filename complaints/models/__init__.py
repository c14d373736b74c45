from complaints.models.cases import Appointment, Case, CaseQuerySet, Requester, Theme
from complaints.models.examples import Example
from complaints.models.kept import KeptList
from complaints.models.malfunctions import Malfunction
from complaints.models.trail import Attachment, Event, Pause, Remark

__all__ = [
    "Appointment",
    "Attachment",
    "Case",
    "CaseQuerySet",
    "Event",
    "Example",
    "KeptList",
    "Malfunction",
    "Pause",
    "Remark",
    "Requester",
    "Theme",
]
