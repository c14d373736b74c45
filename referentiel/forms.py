"""What one types to correct the norm. Forms translate; `referentiel.editing` writes."""

from decimal import Decimal
from typing import Any

from django import forms
from dsfr.forms import DsfrBaseForm

from referentiel import editing, measured
from referentiel.measures import Comparator
from referentiel.models import (
    COUNTING,
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
from referentiel.search import CERTAINTIES, certainties, speaks_of
from sites.fields import LinesField, RowsField, VersionField, a_word_to_look_for, day_input
from sites.lists import FilterForm
from sites.models import Prefecture, Service

FIRST_YEAR, LAST_YEAR = 2000, 2100
PROOF = ["source", "certainty", "remark"]


class DayField(forms.DateField):
    widget = day_input()


class NormForm(DsfrBaseForm, forms.ModelForm):
    """A line of the norm, with its source and its certainty; `seen` is the state that its author has read."""

    # The page has set what the form does not ask: constraints that name it are checked too.
    checks_the_whole_row = True

    seen = VersionField()

    def __init__(self, *args: Any, prefecture: Prefecture | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.prefecture = prefecture
        self.fields["seen"].initial = editing.version_of(self.instance)
        self.fields["source"].help_text = "Le document qui le dit, sa date, sa page."
        self.fields["certainty"].help_text = (
            "Certain\xa0: lu dans un document. Déduit\xa0: tiré de ce qui a été lu. "
            "Inconnu\xa0: introuvable, ou provisoire."
        )
        self.fields["remark"].widget.attrs["rows"] = 3
        for field in self.fields.values():
            if isinstance(field, forms.TypedChoiceField) and not field.initial:
                choices: Any = field.choices
                field.choices = [("", "Choisir"), *(choice for choice in choices if choice[0])]

    def _get_validation_exclusions(self) -> set[str]:
        excluded: set[str] = super()._get_validation_exclusions()
        return {name for name in excluded if name in self.fields or not self.checks_the_whole_row}


class ReferentielForm(NormForm):
    published_on = DayField(label="Publié le", required=False)
    updated_on = DayField(label="Mis à jour le", required=False)

    class Meta:
        model = Referentiel
        fields = ["title", "short_title", "published_on", "updated_on", *PROOF]


class ModuleForm(NormForm):
    class Meta:
        model = Module
        fields = ["number", "title", "contents", "is_mandatory", *PROOF]
        help_texts = {
            "number": "0 pour un référentiel sans modules\xa0: tous ses engagements à la fois.",
            "title": "Laisser vide s’il est inconnu.",
        }


class EngagementForm(NormForm):
    class Meta:
        model = Engagement
        fields = ["kind", "module", "code", "title", "theme", "evidence", *PROOF]
        help_texts = {
            "module": "Vide s’il est inconnu, ou pour une exigence de pilotage.",
            "code": "Tel que le référentiel l’imprime\xa0: «\xa0E17\xa0». Vide s’il est inconnu.",
            "title": "Laisser vide s’il est inconnu.",
            "theme": "Le bandeau du tableau de bord sous lequel il se range.",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        module: Any = self.fields["module"]
        module.queryset = self.instance.referentiel.modules.all()
        module.empty_label = "aucun, ou inconnu"

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.instance.key:
            words = cleaned.get("title") or cleaned.get("code") or "engagement"
            self.instance.key = editing.free_key(words, self.instance.referentiel.engagements.all())
        return cleaned


class IndicatorForm(NormForm):
    aliases = LinesField(
        most=30,
        longest=200,
        label="Libellés imprimés",
        required=False,
        help_text="Un par ligne\xa0: les noms que cet indicateur porte dans vos tableaux. "
        "Un import le reconnaît à eux, sans tenir compte des accents ni des majuscules.",
    )
    starts_on = DayField(label="Mesuré du", required=False, help_text="Vide\xa0: depuis toujours.")
    ends_on = DayField(
        label="Mesuré jusqu’au", required=False, help_text="Vide\xa0: encore mesuré. Ses chiffres restent."
    )

    counted_kinds = forms.MultipleChoiceField(
        label="Demandes du registre qu’il compte",
        choices=DelayRule.Kind,
        required=False,
        initial=list,
        widget=forms.CheckboxSelectMultiple,
        help_text="Rien de coché\xa0: le registre ne dit rien de cet indicateur, qui se saisit.",
    )
    counted_requesters = forms.MultipleChoiceField(
        label="De ces demandeurs",
        choices=DelayRule.Requester,
        required=False,
        initial=list,
        widget=forms.CheckboxSelectMultiple,
    )
    counted_channels = forms.MultipleChoiceField(
        label="Reçues par ces canaux",
        choices=DelayRule.Channel,
        required=False,
        initial=list,
        widget=forms.CheckboxSelectMultiple,
    )
    counted_milestone = forms.ChoiceField(
        label="Ce qui est jugé", choices=DelayRule.Milestone, required=False, initial="reply"
    )

    class Meta:
        model = Indicator
        fields = [
            *("title", "short_title", "unit", "direction", "numerator_name", "denominator_name"),
            *("periodicity", "aliases", "companion_of", "starts_on", "ends_on"),
            *PROOF,
        ]
        labels = {"companion_of": "Suit le taux"}
        help_texts = {
            "short_title": "Pour les tableaux étroits\xa0: «\xa0Appels perdus\xa0».",
            "unit": "%\xa0: une part de cas. Jours, minutes, points\xa0: un total divisé par un nombre de "
            "cas. Nombre\xa0: il s’additionne.",
            "numerator_name": "«\xa0appels perdus\xa0», «\xa0minutes d’attente, additionnées\xa0».",
            "denominator_name": "«\xa0appels reçus\xa0», «\xa0usagers interrogés\xa0». Vide pour un nombre.",
            "companion_of": "Quand deux délais moyens portent le même nom imprimé\xa0: "
            "celui-ci est imprimé juste sous ce taux.",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        own = [self.prefecture] if self.prefecture else []
        others = self.instance.engagement.indicators.filter(national_or_own(own)).exclude(pk=self.instance.pk)
        rate: Any = self.fields["companion_of"]
        rate.queryset = others.filter(unit=Indicator.Unit.PERCENT)
        rate.empty_label = "aucun"
        for name, value in self.instance.counted_from.items():
            self.initial[f"counted_{name}"] = value

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        chosen = {name: cleaned.get(f"counted_{name}", []) for name in COUNTING}
        left = [name for name, values in chosen.items() if not values]
        if 0 < len(left) < len(chosen):
            self.add_error(
                f"counted_{left[0]}", "Cocher des demandes, des demandeurs et des canaux, ou rien."
            )
        milestone = cleaned.get("counted_milestone") or DelayRule.Milestone.REPLY
        if milestone != DelayRule.Milestone.REPLY:
            chosen["milestone"] = milestone
        self.instance.counted_from = {} if left else chosen
        if cleaned.get("unit") == Indicator.Unit.COUNT and cleaned.get("denominator_name"):
            self.add_error("denominator_name", "Un nombre n’a pas de dénominateur\xa0: laisser vide.")
        beside = self.instance.engagement.indicators.filter(prefecture=self.instance.prefecture)
        if beside.exclude(pk=self.instance.pk).filter(title__iexact=cleaned.get("title", "")).exists():
            self.add_error("title", "L’engagement a déjà un indicateur de cet intitulé.")
        if not self.instance.key:
            self.instance.key = editing.free_key(cleaned.get("title", ""), beside)
        return cleaned


class TargetForm(NormForm):
    starts_on = DayField(label="Du", required=False, help_text="Vide\xa0: depuis toujours.")
    ends_on = DayField(
        label="Au",
        required=False,
        help_text="Vide\xa0: jusqu’à nouvel ordre, et donc aussi pour les années suivantes.",
    )

    class Meta:
        model = Target
        fields = ["comparator", "value", "starts_on", "ends_on", *PROOF]
        localized_fields = ["value"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        indicator = self.instance.indicator
        self.fields["value"].help_text = f"En {indicator.get_unit_display()}."
        if self.instance.value is not None:
            self.initial["value"] = short(self.instance.value)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        _refuse_nonsense(self, cleaned)
        return cleaned


def _refuse_nonsense(form: Any, cleaned: dict[str, Any]) -> None:
    """A target goes with the sense of its indicator, and a rate ends at 100 %."""
    indicator, comparator = form.instance.indicator, cleaned.get("comparator")
    wanted = {Indicator.Direction.UP: False, Indicator.Direction.DOWN: True}.get(indicator.direction)
    if comparator and wanted is not None and Comparator(comparator).wants_less != wanted:
        form.add_error(
            "comparator", f"Cela va contre le sens de l’indicateur\xa0: {indicator.get_direction_display()}."
        )
    if indicator.unit == Indicator.Unit.PERCENT and (cleaned.get("value") or 0) > 100:
        form.add_error("value", "Un taux ne dépasse pas 100\xa0%.")


class YearTargetForm(DsfrBaseForm, forms.ModelForm):
    """A target among all those of a year: what it must reach. `seen` is the version that its author read."""

    seen = VersionField()

    class Meta:
        model = Target
        fields = ["comparator", "value"]
        localized_fields = ["value"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        indicator = self.instance.indicator
        self.initial["value"] = short(self.instance.value)
        self.fields["comparator"].label = f"Comparaison, {indicator.title}"
        self.fields["value"].label = f"Objectif en {indicator.get_unit_display()}, {indicator.title}"

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        _refuse_nonsense(self, cleaned)
        return cleaned


class YearSourceForm(DsfrBaseForm):
    source = forms.CharField(
        label="Document qui fixe ces objectifs",
        max_length=300,
        required=False,
        help_text="Sa date, sa page. Nécessaire dès qu’un objectif change\xa0: «\xa0Comité de pilotage du "
        "12 mars 2020\xa0», par exemple.",
    )


class DelayRuleForm(NormForm):
    starts_on = DayField(label="Reçus du", required=False, help_text="Vide\xa0: depuis toujours.")
    ends_on = DayField(label="Reçus jusqu’au", required=False, help_text="Vide\xa0: jusqu’à nouvel ordre.")

    class Meta:
        model = DelayRule
        when = ["milestone", "days", "day_kind", "starts_on", "ends_on", *PROOF]
        fields = ["kind", "requester", "channel", *when]
        help_texts = {
            "milestone": "Un rendez-vous demandé par une collectivité a deux délais\xa0: "
            "la réponse, puis la date du rendez-vous.",
            "days": "Vide\xa0: il n’y a pas de délai.",
        }


class DelayRulesForm(DelayRuleForm):
    """The same delay for several requests and channels at once; each rule is checked when it is made."""

    checks_the_whole_row = False

    kinds = forms.MultipleChoiceField(
        label="Demandes", choices=DelayRule.Kind, widget=forms.CheckboxSelectMultiple
    )
    requesters = forms.MultipleChoiceField(
        label="Demandeurs", choices=DelayRule.Requester, widget=forms.CheckboxSelectMultiple
    )
    channels = forms.MultipleChoiceField(
        label="Canaux", choices=DelayRule.Channel, widget=forms.CheckboxSelectMultiple
    )
    field_order = ["kinds", "requesters", "channels"]

    class Meta(DelayRuleForm.Meta):
        fields = DelayRuleForm.Meta.when


class AdoptionForm(NormForm):
    starts_on = DayField(label="Suivi du", required=False, help_text="Vide\xa0: début inconnu.")
    ends_on = DayField(label="Suivi jusqu’au", required=False, help_text="Vide\xa0: encore suivi.")
    labelled_on = DayField(
        label="Label obtenu le", required=False, help_text="Vide\xa0: pas de label, ou jour inconnu."
    )
    labelled_until = DayField(label="Label valable jusqu’au", required=False)

    class Meta:
        model = Adoption
        fields = ["starts_on", "ends_on", "labelled_on", "labelled_words", "labelled_until", *PROOF]
        labels = {"labelled_words": "Date du label, en clair"}
        help_texts = {"labelled_words": "Quand le jour n’est pas connu\xa0: «\xa0début 2020\xa0»."}


class PerimeterForm(NormForm):
    measured = forms.MultipleChoiceField(
        label="Indicateurs mesurés",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Ceux que le service saisit chaque mois. Aucun coché\xa0: tous ceux du module.",
        error_messages={"invalid_choice": "Cet indicateur n’est pas de ce module\xa0: relire la liste."},
    )
    starts_on = DayField(label="Du", required=False, help_text="Vide\xa0: début inconnu.")
    ends_on = DayField(label="Au", required=False, help_text="Vide\xa0: encore dans le périmètre.")

    class Meta:
        model = Perimeter
        fields = ["restriction", "measured", "starts_on", "ends_on", *PROOF]
        labels = {"restriction": "Limité à"}
        help_texts = {
            "restriction": "«\xa0Points numériques uniquement\xa0», par exemple. Vide\xa0: tout le service."
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        indicators = list(measured.possible(self.instance.module_id, self.prefecture))
        self.named = {one.key for one in measured.among(indicators, self.instance.measured)}
        self.initial["measured"] = sorted(self.named)
        choices: Any = self.fields["measured"]
        choices.choices = [
            (one.key, f"{one.engagement.code} {one.short_title or one.title}".strip()) for one in indicators
        ]

    def clean_measured(self) -> list[str]:
        """Nothing changes where the same are ticked: a whole engagement stays named as one."""
        chosen: list[str] = self.cleaned_data["measured"]
        return self.instance.measured if set(chosen) == self.named else chosen


class PerimetersForm(PerimeterForm):
    """Several services enter the perimeter of a module at once; each row is checked when it is made."""

    checks_the_whole_row = False

    services = RowsField(
        label="Services", queryset=Service.objects.none(), widget=forms.CheckboxSelectMultiple
    )
    field_order = ["services"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        services = Service.objects.filter(unit__prefecture=self.prefecture).select_related("unit")
        choices: Any = self.fields["services"]
        choices.queryset = services.order_by("unit__position", "unit", "short_name")
        choices.label_from_instance = lambda service: f"{service.unit.short_name}\xa0: {service.name}"


class AnswerForm(DsfrBaseForm):
    """What the official text says to an open question."""

    answer = forms.CharField(label="Réponse", max_length=4_000, widget=forms.Textarea(attrs={"rows": 5}))
    answer_source = forms.CharField(
        label="Source", max_length=300, help_text="Le texte, sa date, sa page ou son article."
    )
    answered_on = DayField(label="Date de la réponse")
    seen = VersionField()


# --- What one looks at ---


class ReadingForm(FilterForm):
    """What of a version one wants to read. A choice that makes no sense is ignored."""

    mots = forms.CharField(
        label="Code ou mots", required=False, max_length=100, validators=[a_word_to_look_for]
    )
    module = forms.ModelChoiceField(
        label="Module",
        queryset=Module.objects.none(),
        required=False,
        to_field_name="number",
        empty_label="tous",
    )
    certitude = forms.ChoiceField(label="Certitude", choices=[("", "toutes"), *CERTAINTIES], required=False)

    def __init__(self, *args: Any, referentiel: Referentiel, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        module: Any = self.fields["module"]
        module.queryset = referentiel.modules.all()

    def wants(self, engagement: Engagement) -> bool:
        indicators = list(engagement.indicators.all())
        module, chosen, words = (self._asked(name) for name in ("module", "certitude", "mots"))
        rows = [engagement, *indicators, *(target for one in indicators for target in one.targets.all())]
        texts = [engagement.code, engagement.title, engagement.theme, engagement.evidence, engagement.remark]
        texts += [text for one in indicators for text in (one.title, one.remark, *one.aliases)]
        return (
            (not module or engagement.module_id == module.pk)
            and (not chosen or any(row.certainty in certainties(chosen) for row in rows))
            and (not words or speaks_of(words, *texts))
        )

    def wants_rule(self, rule: DelayRule) -> bool:
        chosen, words = self._asked("certitude"), self._asked("mots")
        texts = rule.get_kind_display(), rule.get_channel_display(), rule.get_requester_display(), rule.remark
        return (not chosen or rule.certainty in certainties(chosen)) and (
            not words or speaks_of(words, *texts)
        )

    @property
    def is_used(self) -> bool:
        return any(self._asked(name) for name in self.fields)

    def _asked(self, name: str) -> Any:
        """What was chosen; nothing where it makes no sense."""
        return None if name in self.errors else self.cleaned_data.get(name)


class CompareForm(DsfrBaseForm):
    gauche = forms.ModelChoiceField(
        label="Première version", queryset=Referentiel.objects.all(), to_field_name="slug", empty_label=None
    )
    droite = forms.ModelChoiceField(
        label="Seconde version", queryset=Referentiel.objects.all(), to_field_name="slug", empty_label=None
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("gauche") and cleaned.get("gauche") == cleaned.get("droite"):
            raise forms.ValidationError("Choisir deux versions différentes.")
        return cleaned


class DayForm(DsfrBaseForm):
    jour = DayField(label="Au jour du")


class YearForm(DsfrBaseForm):
    annee = forms.IntegerField(label="Année", min_value=FIRST_YEAR, max_value=LAST_YEAR)


def short(number: Decimal) -> Decimal:
    """95.0000 is typed « 95 »."""
    whole = number.to_integral_value()
    return whole if whole == number else number.normalize()
