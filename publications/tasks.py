from jobs import mail, queue
from publications import flash, publish
from publications.models import Bilan


@queue.handler(publish.PDF_JOB)
def attach_pdf(report: queue.Report, *, bilan_id: int) -> None:
    publish.attach_pdf(Bilan.objects.select_related("prefecture").get(pk=bilan_id), report)


mail.writer(flash.MAIL)(flash.write)
