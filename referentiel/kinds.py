"""The kinds of rows that people correct: which form, which rows a préfecture or the administrator may write,
and how pages speak of them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse

from referentiel import editing, forms, wording
from referentiel.models import (
    Adoption,
    DelayRule,
    Engagement,
    Indicator,
    Module,
    Perimeter,
    Referentiel,
    Target,
    national_or_own,
)
from sites.models import Prefecture

Owner = Prefecture | None


def name_of(row: Any) -> str:
    """What a page calls a row; what is not known of it is said so."""
    match row:
        case Engagement():
            return f"{row.code or 'Code inconnu'} — {row.title or 'intitulé inconnu'}"
        case Module() if not row.is_whole:
            return f"{row} — {row.title or 'intitulé inconnu'}"
        case Target():
            return f"{row.indicator.title}\xa0: {wording.target(row, row.indicator.unit)}"
        case DelayRule():
            asked = row.get_kind_display(), row.get_channel_display(), row.get_requester_display()
            return f"{', '.join(asked)}\xa0: {wording.delay(row)}, {wording.period(row)}"
        case Adoption():
            return row.referentiel.short_title
        case Perimeter():
            return f"{row.service.name}, {row.module}"
    return str(row)


def address_of(row: Any) -> str:
    """Where one reads a row of the norm: at its place in its version."""
    match row:
        case Target():
            return address_of(row.indicator)
        case Indicator():
            return address_of(row.engagement)
        case Referentiel():
            return reverse("referentiel", args=[row.slug])
        case Engagement():
            return f"{address_of(row.referentiel)}#engagement-{row.key}"
        case Module():
            return f"{address_of(row.referentiel)}#modules"
    return f"{address_of(row.referentiel)}#delais"


def _add_one(form: forms.NormForm) -> None:
    editing.add(form.instance)


def _add_delay_rules(form: forms.NormForm) -> None:
    chosen = {name: form.cleaned_data[name] for name in ("kinds", "channels", "requesters")}
    editing.add_delay_rules(form.instance, **chosen)


def _enter_perimeter(form: forms.NormForm) -> None:
    editing.enter_perimeter(form.instance, form.cleaned_data["services"])


@dataclass(frozen=True)
class Kind:
    """`the` and `add` name it in a title. `rows` are those that an owner may write, `above` those that may
    hold a new one, `new` makes it; without an owner they are national."""

    the: str
    add: str
    form: type[forms.NormForm]
    rows: Callable[[Owner], QuerySet[Any]]
    above: Callable[[Owner], QuerySet[Any]]
    new: Callable[[Any, Owner], Any]
    add_form: type[forms.NormForm] | None = None
    write: Callable[[forms.NormForm], None] = _add_one


def _indicators(owner: Owner) -> QuerySet[Indicator]:
    return Indicator.objects.filter(prefecture=owner).select_related("engagement__referentiel")


def _referentiels(owner: Owner) -> QuerySet[Referentiel]:
    return Referentiel.objects.all()


REFERENTIEL = Kind(
    "le référentiel",
    "",
    forms.ReferentielForm,
    _referentiels,
    lambda owner: Referentiel.objects.none(),
    lambda above, owner: None,
)
MODULE = Kind(
    "le module",
    "Ajouter un module",
    forms.ModuleForm,
    lambda owner: Module.objects.select_related("referentiel"),
    _referentiels,
    lambda referentiel, owner: editing.new_module(referentiel),
)
ENGAGEMENT = Kind(
    "l’engagement",
    "Ajouter un engagement",
    forms.EngagementForm,
    lambda owner: Engagement.objects.select_related("referentiel"),
    _referentiels,
    lambda referentiel, owner: editing.new_engagement(referentiel),
)
INDICATOR = Kind(
    "l’indicateur",
    "Ajouter un indicateur",
    forms.IndicatorForm,
    _indicators,
    lambda owner: Engagement.objects.select_related("referentiel"),
    editing.new_indicator,
)
TARGET = Kind(
    "l’objectif",
    "Fixer un objectif",
    forms.TargetForm,
    lambda owner: Target.objects.filter(prefecture=owner).select_related(
        "indicator__engagement__referentiel"
    ),
    lambda owner: Indicator.objects.filter(national_or_own([owner] if owner else [])).select_related(
        "engagement__referentiel"
    ),
    editing.new_target,
)
DELAY_RULE = Kind(
    "le délai",
    "Ajouter un délai",
    forms.DelayRuleForm,
    lambda owner: DelayRule.objects.filter(prefecture=owner).select_related("referentiel"),
    _referentiels,
    lambda referentiel, owner: DelayRule(referentiel=referentiel, prefecture=owner),
    forms.DelayRulesForm,
    _add_delay_rules,
)
ADOPTION = Kind(
    "le suivi",
    "Suivre le référentiel",
    forms.AdoptionForm,
    lambda owner: Adoption.objects.filter(prefecture=owner).select_related("prefecture", "referentiel"),
    _referentiels,
    lambda referentiel, owner: Adoption(referentiel=referentiel, prefecture=owner),
)
PERIMETER = Kind(
    "le périmètre",
    "Ajouter des services",
    forms.PerimeterForm,
    lambda owner: Perimeter.objects.filter(service__unit__prefecture=owner).select_related(
        "service__unit", "module__referentiel"
    ),
    lambda owner: Module.objects.select_related("referentiel"),
    lambda module, owner: Perimeter(module=module),
    forms.PerimetersForm,
    _enter_perimeter,
)

# By the word of the address.
NATIONAL = {
    "referentiel": REFERENTIEL,
    "module": MODULE,
    "engagement": ENGAGEMENT,
    "indicateur": INDICATOR,
    "objectif": TARGET,
    "delai": DELAY_RULE,
}
OWN = {
    "suivi": ADOPTION,
    "perimetre": PERIMETER,
    "indicateur": INDICATOR,
    "objectif": TARGET,
    "delai": DELAY_RULE,
}
