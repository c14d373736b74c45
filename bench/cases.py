"""The register of an invented country: 120 préfectures of all thirteen zones, six services each, five years.

The préfecture that is looked at has its 8 000 cases from the start, and so has every préfecture those that
are open: what is added later is others', and closed. The columns of the clock are written case by case by the
product's own (`complaints.judging`). Nobody has asked, no clock is paused.
"""

import datetime
import io
from collections.abc import Iterable
from random import Random

from django.db import connection, models, transaction

from bench import world
from bench.derived import Delay, Place
from bench.world import NORM
from complaints.judging import Judge
from complaints.models import Appointment, Case
from referentiel.delays import Asked
from referentiel.models import (
    DelayRule,
    Engagement,
    Indicator,
)
from sites.models import Prefecture, Service
from sites.workdays import ZONE_LABELS

SERVICES = 6
OPEN, OWN = 300, 8_000
"""How many are open in each préfecture, and how many the one that is looked at has in all."""
FIRST, LAST = datetime.date(2019, 1, 1), datetime.date(2023, 12, 31)
CHANGE = datetime.date(2020, 1, 1)
FOLLOWED_SINCE = datetime.date(2023, 1, 1)
ONE_DAY = datetime.timedelta(days=1)

# How many working days, of what was received before the change of the norm and since.
RULES: dict[Asked, tuple[int, int]] = {
    Asked("enquiry", "letter", "citizen"): (15, 10),
    Asked("enquiry", "email", "citizen"): (5, 5),
    Asked("complaint", "letter", "citizen"): (15, 10),
    Asked("complaint", "form", "citizen"): (15, 5),
    Asked("suggestion", "box", "citizen"): (15, 15),
    Asked("appointment", "email", "authority"): (4, 4),
    Asked("appointment", "email", "authority", "dated"): (10, 10),
}
# The second one has no rule.
ASKED = [one for one in RULES if one.milestone == "reply"] + [Asked("enquiry", "phone", "citizen")]
COUNTED = {"kinds": ["enquiry", "complaint"], "requesters": ["citizen"]}

# The official file writes some zones in its own way.
OFFICIAL = {"polynesie-francaise": "Polynésie Française", "saint-barthelemy": "Saint-Barthélémy"}
CLOSED_STATES = [Case.State.ANSWERED] * 23 + [Case.State.TRANSFERRED, Case.State.DROPPED]


@transaction.atomic
def build() -> Prefecture:
    """The organisation and the norm, without a case; returns the préfecture that is looked at."""
    module = world.module_of_all()
    for asked, (before, since) in RULES.items():
        for days, dates in ((before, {"ends_on": CHANGE - ONE_DAY}), (since, {"starts_on": CHANGE})):
            DelayRule.objects.create(
                referentiel=module.referentiel, **asked._asdict(), days=days, **dates, **NORM
            )
    for number, channel in enumerate(("letter", "email", "form")):
        names = {"key": f"e{number}", "title": f"Engagement {number}", "position": number}
        engagement = Engagement.objects.create(referentiel=module.referentiel, module=module, **names, **NORM)
        Indicator.objects.create(
            engagement=engagement,
            key=f"i{number}",
            title=f"Indicateur {number}",
            unit=Indicator.Unit.PERCENT,
            direction=Indicator.Direction.UP,
            position=number,
            counted_from=COUNTED | {"channels": [channel]},
            **NORM,
        )
    followed = {"first_month": FOLLOWED_SINCE, "register_since": FOLLOWED_SINCE}
    return world.organise(module, SERVICES, followed, list(ZONE_LABELS))


def places() -> list[Place]:
    """For the other derivation."""
    found = Prefecture.objects.values_list("pk", "zone")
    return [Place(pk, OFFICIAL.get(zone, ZONE_LABELS[zone])) for pk, zone in found]


def delays() -> list[Delay]:
    spans = ((FIRST, CHANGE - ONE_DAY), (CHANGE, LAST))
    return [
        Delay(*asked, first, last, days)
        for asked, both in RULES.items()
        for (first, last), days in zip(spans, both, strict=True)
    ]


def fill(looked_at: Prefecture, until: int) -> None:
    """Add cases to the register up to so many."""
    before = Case.objects.count()
    every = {
        one: (Judge.of(one), list(Service.objects.filter(unit__prefecture=one).select_related("unit")))
        for one in Prefecture.objects.all()
    }
    others = [one for one in every if one != looked_at]
    wanted = []
    if not before:
        wanted = [(one, True) for one in every for _ in range(OPEN)] + [(looked_at, False)] * (OWN - OPEN)
    wanted += [(others[n % len(others)], False) for n in range(until - before - len(wanted))]
    dice = Random(before)  # noqa: S311 - no secret
    dice.shuffle(wanted)
    made: list[tuple[Case, Appointment | None]] = []
    for number, (prefecture, is_open) in enumerate(wanted, before + 1):
        judge, services = every[prefecture]
        made.append(_case(number, judge, dice.choice(services), dice, is_open=is_open))
        if len(made) == 20_000:
            _copy(made)
            made.clear()
    _copy(made)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE complaints_case, complaints_appointment")
        cursor.execute(
            "SELECT setval(pg_get_serial_sequence('complaints_case', 'id'), MAX(id)) FROM complaints_case"
        )


def _case(
    number: int, judge: Judge, service: Service, dice: Random, *, is_open: bool
) -> tuple[Case, Appointment | None]:
    """Received on any day, a day off too, and answered on any; judged as the register does."""
    days = (LAST - FIRST).days
    received_on = FIRST + ONE_DAY * (days - dice.randrange(40) if is_open else dice.randrange(days - 90))
    asked = dice.choice(ASKED)
    case = Case(
        prefecture_id=service.unit.prefecture_id,
        unit_id=service.unit_id,
        service_id=service.pk,
        year=received_on.year,
        number=number,
        kind=asked.kind,
        channel=asked.channel,
        requester_kind=asked.requester,
        received_on=received_on,
        registered_at=received_on,
        subject=f"Demande {number}",
        searchable=f"{received_on.year}-{number} demande {number}",
        is_answerable=dice.random() < 0.97,
        needs_examination=dice.random() < 0.03,
    )
    if not is_open:
        case.state = dice.choice(CLOSED_STATES)
        case.closed_on = received_on + ONE_DAY * min(int(dice.expovariate(0.1)), 80)
        if case.state == Case.State.ANSWERED:
            case.answered_on = case.first_reply_on = case.closed_on
    appointment = None
    if asked.has_two_promises:
        takes_place_on = case.answered_on and case.answered_on + ONE_DAY * dice.randrange(9)
        appointment = Appointment(case_id=number, takes_place_on=takes_place_on)
    judge.choose_rules(case, appointment)
    judge.reckon(case, appointment)
    case.pk = number  # not before: the pauses of a case that is kept are read
    return case, appointment


def _copy(made: Iterable[tuple[Case, Appointment | None]]) -> None:
    _copy_rows([case for case, _ in made])
    _copy_rows([appointment for _, appointment in made if appointment])


def _copy_rows(rows: list[models.Model]) -> None:
    if not rows:
        return
    table = rows[0]._meta
    fields = [one for one in table.concrete_fields if not one.generated]
    names = [one.attname for one in fields]
    columns = ", ".join(f'"{one.column}"' for one in fields)
    lines = ("\t".join(_text(getattr(row, name)) for name in names) for row in rows)
    with connection.cursor() as cursor:
        cursor.copy_expert(f"COPY {table.db_table} ({columns}) FROM STDIN", io.StringIO("\n".join(lines)))


def _text(value: object) -> str:
    return "\\N" if value is None else str(value)
