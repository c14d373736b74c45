from complaints.models.cases import Appointment, Case, CaseQuerySet, Requester, Theme
from complaints.models.kept import KeptList
from complaints.models.trail import Attachment, Event, Pause, Remark

__all__ = [
    "Appointment",
    "Attachment",
    "Case",
    "CaseQuerySet",
    "Event",
    "KeptList",
    "Pause",
    "Remark",
    "Requester",
    "Theme",
]
