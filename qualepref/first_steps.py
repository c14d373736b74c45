"""From nothing to a signed year: what a préfecture has already, and what comes next."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from indicators.models import Measurement
from publications.models import Bilan
from referentiel.models import Adoption, Perimeter
from sites.access import Access, Action, AgentRequest, enter
from sites.models import Membership, Prefecture, Service, Unit

HERE = OuterRef("pk")


@dataclass(frozen=True)
class Step:
    """`url` is empty where the agent's role does not lead there."""

    title: str
    explanation: str
    is_done: bool
    action: str
    url: str


@dataclass(frozen=True)
class FirstSteps:
    steps: tuple[Step, ...]

    @property
    def done(self) -> int:
        return sum(step.is_done for step in self.steps)

    @property
    def next(self) -> Step | None:
        return next((step for step in self.steps if not step.is_done), None)


@require_safe
def page(request: AgentRequest, slug: str) -> HttpResponse:
    access = enter(request, slug, Action.ORGANISE)
    steps = of([access])[access.prefecture.pk]
    return render(request, "first_steps.html", {"slug": slug, "first_steps": steps})


def of(accesses: Iterable[Access]) -> dict[int, FirstSteps]:
    """The first steps of each préfecture, by one query however many there are."""
    by_pk = {access.prefecture.pk: access for access in accesses}
    if not by_pk:
        return {}
    referents = Membership.objects.filter(role=Membership.Role.REFERENT, agent__is_active=True)
    rows = Prefecture.objects.filter(pk__in=by_pk).annotate(
        has_siege=Exists(Unit.objects.filter(prefecture=HERE, kind=Unit.Kind.HEADQUARTERS)),
        has_services=Exists(Service.objects.filter(unit__prefecture=HERE)),
        has_referents=Exists(referents.filter(prefecture=HERE)),
        has_referentiel=Exists(Adoption.objects.filter(prefecture=HERE)),
        has_perimeter=Exists(Perimeter.objects.filter(service__unit__prefecture=HERE)),
        has_figures=Exists(Measurement.objects.filter(prefecture=HERE)),
        has_bilan=Exists(Bilan.objects.filter(prefecture=HERE)),
    )
    return {row.pk: FirstSteps(tuple(_steps(row, by_pk[row.pk]))) for row in rows}


# title, what to do, the mark of a préfecture where it is done, button, route, what one must be allowed to do
STEPS = (
    (
        "Les unités et les sites",
        "Le siège et chaque sous-préfecture, qui sont les colonnes du tableau de bord, puis les lieux où les "
        "usagers sont reçus.",
        "has_siege",
        "Décrire les unités",
        "units",
        Action.ORGANISE,
    ),
    (
        "Les services",
        "Les bureaux et services qui tiennent les engagements, dans leur unité.",
        "has_services",
        "Décrire les services",
        "services",
        Action.ORGANISE,
    ),
    (
        "Les référents",
        "Au moins un référent qualité par unité, et son suppléant.",
        "has_referents",
        "Inviter les référents",
        "agents",
        Action.ORGANISE,
    ),
    (
        "Le référentiel",
        "Celui que la préfecture suit, et depuis quand.",
        "has_referentiel",
        "Choisir un référentiel",
        "followed",
        Action.ADAPT_NORM,
    ),
    (
        "Le périmètre",
        "Quels services tiennent les engagements de quels modules, et depuis quand.",
        "has_perimeter",
        "Décrire le périmètre",
        "followed",
        Action.ADAPT_NORM,
    ),
    (
        "Les chiffres d’une année",
        "Importés d’un tableau, puis relus sur le tableau de bord.",
        "has_figures",
        "Importer un tableau",
        "import_new",
        Action.WRITE_FIGURES,
    ),
    (
        "Le bilan",
        "Préparé, relu, arrêté, puis publié.",
        "has_bilan",
        "Ouvrir les bilans",
        "bilans",
        Action.SIGN,
    ),
)


def _steps(row: Any, access: Access) -> Iterator[Step]:
    for title, explanation, mark, label, route, action in STEPS:
        url = reverse(route, args=[row.slug]) if access.may(action) else ""
        yield Step(title, explanation, getattr(row, mark), label, url)
