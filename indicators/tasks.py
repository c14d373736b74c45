import datetime

from indicators import from_register, reminding, uploads
from indicators.models import FigureImport
from jobs import mail, queue
from sites.models import Prefecture

mail.writer(reminding.MAIL)(reminding.write)


@queue.handler(uploads.READ_JOB)
def read_upload(report: queue.Report, *, source_id: int) -> None:
    uploads.read(FigureImport.objects.get(pk=source_id), report)


@queue.handler(from_register.JOB)
def collect(report: queue.Report, *, prefecture: int, on: str) -> None:
    report(0, "Calcul des chiffres")
    from_register.collect(Prefecture.objects.get(pk=prefecture), datetime.date.fromisoformat(on))
