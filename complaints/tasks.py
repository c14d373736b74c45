from complaints import recomputing
from jobs import queue


@queue.handler(recomputing.JOB)
def reckon(report: queue.Report, *, place_id: int | None) -> None:
    for prefecture in recomputing.concerned(place_id):
        recomputing.reckon(prefecture, prefecture.today())
