from indicators import reminding, uploads
from indicators.models import FigureImport
from jobs import mail, queue

mail.writer(reminding.MAIL)(reminding.write)


@queue.handler(uploads.READ_JOB)
def read_upload(report: queue.Report, *, source_id: int) -> None:
    uploads.read(FigureImport.objects.get(pk=source_id), report)
