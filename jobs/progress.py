"""What is said of a job while somebody waits for it."""

import datetime
from dataclasses import asdict, dataclass

from jobs.models import Job
from jobs.queue import MAX_ATTEMPTS

# A worker that runs takes a new job within seconds, an interrupted one at the sweeper's next turn but one.
USUAL_WAIT = datetime.timedelta(minutes=1)
USUAL_PAUSE = datetime.timedelta(minutes=3)

STOPPED = (
    "Rien n'avance depuis plus longtemps que d'habitude\xa0: le programme qui travaille en arrière-plan est "
    "peut-être arrêté. Prévenir la personne qui administre l'application. Rien n'est perdu\xa0: le travail "
    "se fera dès qu'il marchera de nouveau."
)


@dataclass(frozen=True)
class Words:
    """How one kind of work is spoken of; `failed` is followed by the number of attempts."""

    absent: str
    waiting: str
    done: str
    failed: str


@dataclass(frozen=True)
class Progress:
    """`percent` is None where nothing has begun; `detail` is for whoever repairs."""

    percent: int | None
    sentence: str
    is_over: bool
    has_failed: bool = False
    detail: str = ""

    def as_data(self) -> dict[str, object]:
        return asdict(self)


def of(job: Job | None, now: datetime.datetime, words: Words) -> Progress:
    if job is None:
        return Progress(None, words.absent, is_over=True, has_failed=True)
    match job.state:
        case Job.State.DONE:
            return Progress(100, words.done, is_over=True)
        case Job.State.FAILED:
            return Progress(
                None,
                f"{words.failed}, après {_times(job.attempts)}.",
                is_over=True,
                has_failed=True,
                detail=job.last_error,
            )
        case Job.State.RUNNING if job.lease_until and job.lease_until >= now:
            return Progress(job.progress, job.step or "Démarrage", is_over=False)
        case Job.State.RUNNING if job.lease_until and job.lease_until >= now - USUAL_PAUSE:
            return Progress(None, "Le travail a été interrompu. Il va reprendre.", is_over=False)
        case Job.State.RUNNING:
            return Progress(None, STOPPED, is_over=False)
    waited = now - job.queued_at
    if job.attempts and waited <= USUAL_PAUSE:
        sentence = f"Essai {job.attempts} sur {MAX_ATTEMPTS} manqué. Le suivant commence d'ici deux minutes."
        return Progress(None, sentence, is_over=False, detail=job.last_error)
    return Progress(
        None, STOPPED if waited > USUAL_WAIT else words.waiting, is_over=False, detail=job.last_error
    )


def _times(number: int) -> str:
    return "un essai" if number == 1 else f"{number} essais"
