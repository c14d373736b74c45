"""What is known of the référentiels is in the shipped files, with how sure it is, and nothing else is."""

import csv
import datetime
from collections import Counter
from pathlib import Path

import pytest
from django.conf import settings

from referentiel.loading import load, version_files
from referentiel.models import (
    Adoption,
    DelayRule,
    Engagement,
    Indicator,
    Module,
    NormRow,
    Perimeter,
    Referentiel,
    Target,
)
from sites.models import Prefecture, Service, Site, Unit

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shipped")]

DEMO = Path(settings.BASE_DIR) / "qualepref" / "demo"
QUAL_E_PREF = "qual-e-pref-2019"
QUALIPREF = "qualipref-2-0-2015"
MARIANNE = "marianne-2008"
SP_PLUS = "services-publics-plus-2023"


def printed(name: str) -> list[dict[str, str]]:
    with (DEMO / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


# --- Where it comes from ---


@pytest.mark.parametrize(
    "model", [Referentiel, Module, Engagement, Indicator, Target, DelayRule, Adoption, Perimeter]
)
def test_every_row_says_where_it_comes_from_and_how_sure_it_is(model: type[NormRow]):
    rows = model.objects.all()

    assert rows
    assert not [row for row in rows if not row.source or not row.certainty]


@pytest.mark.parametrize(
    ("slug", "published_on", "updated_on"),
    [
        (MARIANNE, datetime.date(2008, 5, 10), None),
        (QUALIPREF, datetime.date(2015, 1, 22), None),
        (QUAL_E_PREF, datetime.date(2018, 12, 19), datetime.date(2019, 2, 4)),
        (SP_PLUS, None, None),
    ],
)
def test_the_versions_carry_their_dates(slug, published_on, updated_on):
    version = Referentiel.objects.get(slug=slug)

    assert (version.published_on, version.updated_on) == (published_on, updated_on)


def test_a_second_load_of_any_version_changes_nothing():
    reports = [load(path) for path in version_files()]

    assert len(reports) == Referentiel.objects.count() == 4
    assert {(report.created, report.updated) for report in reports} == {(0, 0)}
    assert not [line for report in reports for line in (*report.kept, *report.orphans)]


# --- Modules ---


def test_qual_e_pref_has_eight_modules_known_to_various_degrees():
    modules = Module.objects.filter(referentiel__slug=QUAL_E_PREF)

    assert list(modules.values_list("number", "certainty")) == [
        (1, "certain"),
        (2, "unknown"),
        (3, "inferred"),
        (4, "certain"),
        (5, "inferred"),
        (6, "inferred"),
        (7, "certain"),
        (8, "unknown"),
    ]


def test_an_unknown_title_is_empty_and_no_other_is():
    untitled = Module.objects.filter(title="")

    assert list(untitled.values_list("referentiel__slug", "number", "certainty")) == [
        (QUAL_E_PREF, 2, "unknown"),
        (QUAL_E_PREF, 8, "unknown"),
    ]


def test_qualipref_has_eight_certain_modules_of_which_the_first_is_mandatory():
    modules = Module.objects.filter(referentiel__slug=QUALIPREF)

    assert [module.number for module in modules] == [1, 2, 3, 4, 5, 6, 7, 8]
    assert {module.certainty for module in modules} == {"certain"}
    assert [module.number for module in modules if module.is_mandatory] == [1]
    assert modules[0].contents == (
        "Dispositions générales, accueil physique, téléphonie, sites internet, courriers et courriels, "
        "réseaux sociaux."
    )


@pytest.mark.parametrize("slug", [MARIANNE, SP_PLUS])
def test_marianne_and_services_publics_plus_have_one_module_that_is_the_whole(slug):
    version = Referentiel.objects.get(slug=slug)

    assert [(str(module), module.is_whole) for module in version.modules.all()] == [
        ("Tous les engagements", True)
    ]
    assert version.remark.startswith("Sans modules : les ")
    assert set(version.engagements.values_list("module__number", "kind")) == {(0, "service")}


def test_nothing_is_invented_for_qualipref():
    assert not Engagement.objects.filter(referentiel__slug=QUALIPREF).exists()


# --- Engagements and indicators ---


def test_the_known_codes_are_there_and_the_others_are_empty():
    engagements = Engagement.objects.filter(referentiel__slug=QUAL_E_PREF)

    assert [row.code for row in engagements if row.code] == [
        "E10",
        "E17",
        "E18",
        "E3",
        "E36",
        "E37",
        "E15",
        "IV.5",
    ]
    assert all("ode" in row.remark and "inconnu" in row.remark for row in engagements if not row.code)


def test_only_steering_stands_outside_the_modules_of_qual_e_pref():
    outside = Engagement.objects.filter(referentiel__slug=QUAL_E_PREF, module=None)

    assert {(row.code, row.kind) for row in outside} == {("IV.5", "steering"), ("", "steering")}


def test_the_bands_follow_the_printed_board():
    indicators = Indicator.objects.filter(engagement__referentiel__slug=QUAL_E_PREF)
    themes = indicators.values_list("engagement__theme", flat=True)

    assert list(dict.fromkeys(themes)) == [
        "Accueil téléphonique",
        "Accueil dématérialisé",
        "Réclamations",
        "Relations avec les collectivités territoriales",
        "Points numériques",
    ]


@pytest.mark.parametrize(
    ("code", "key", "unit", "direction", "target", "certainty"),
    [
        ("E10", "appels-perdus", "percent", "down", "≤ 10", "certain"),
        ("E10", "appels-perdus-svi", "percent", "down", "≤ 10", "certain"),
        ("E17", "courriers-dans-les-delais", "percent", "up", "≥ 95", "certain"),
        ("E17", "courriels-dans-les-delais", "percent", "up", "≥ 95", "certain"),
        ("E18", "courriers-delai-moyen", "days", "down", "< 15", "certain"),
        ("E18", "courriels-delai-moyen", "working_days", "down", "< 5", "certain"),
        ("E3", "reclamations-dans-les-delais", "percent", "up", "≥ 95", "certain"),
        ("E3", "reclamations-delai-moyen", "days", "down", "< 15", "certain"),
        ("E36", "rct-courriers-dans-les-delais", "percent", "up", "≥ 95", "certain"),
        ("E36", "rct-courriels-dans-les-delais", "percent", "up", "≥ 95", "certain"),
        ("E36", "rct-courriers-delai-moyen", "days", "down", "< 15", "inferred"),
        ("E36", "rct-courriels-delai-moyen", "working_days", "down", "< 5", "inferred"),
        ("E37", "rct-rendez-vous-reponse-dans-les-delais", "percent", "up", "≥ 95", "inferred"),
        ("E37", "rct-rendez-vous-reponse-delai-moyen", "days", "down", "< 4", "inferred"),
        ("E37", "rct-rendez-vous-date-dans-les-delais", "percent", "up", "≥ 95", "inferred"),
        ("E37", "rct-rendez-vous-date-delai-moyen", "days", "down", "< 10", "inferred"),
        ("E15", "point-numerique-usagers-recus", "count", "none", None, "certain"),
        ("E15", "point-numerique-information-seule", "count", "none", None, "inferred"),
        ("E15", "point-numerique-teleprocedures-abouties", "percent", "up", None, "certain"),
        ("E15", "point-numerique-satisfaction", "percent", "up", "≥ 75", "certain"),
    ],
)
def test_each_indicator_has_the_unit_direction_and_target_of_the_board(
    code, key, unit, direction, target, certainty
):
    indicator = Indicator.objects.get(engagement__code=code, key=key)

    assert (indicator.unit, indicator.direction, indicator.certainty) == (unit, direction, certainty)
    assert indicator.periodicity == Indicator.Periodicity.MONTHLY
    targets = [f"{row.comparator} {row.value.normalize():f}" for row in indicator.targets.all()]
    assert targets == ([target] if target else [])


def test_there_is_no_other_indicator():
    slugs = Indicator.objects.values_list("engagement__referentiel__slug", flat=True)

    assert Counter(slugs) == {QUAL_E_PREF: 20, SP_PLUS: 4}


def test_targets_hold_from_the_year_of_the_board_that_prints_them():
    assert set(Target.objects.values_list("starts_on", "ends_on", "origin")) == {
        (datetime.date(2018, 1, 1), None, "referentiel")
    }


def test_it_is_said_that_95_percent_may_not_hold_after_2020():
    targets = Target.objects.filter(value=95)

    assert len(targets) == 7
    assert {target.remark for target in targets} == {"On ignore si 95 % est maintenu après 2020."}


def test_a_rate_names_what_it_counts():
    for indicator in Indicator.objects.exclude(unit="count").exclude(certainty="unknown"):
        assert indicator.numerator_name, indicator
        assert indicator.denominator_name, indicator


# --- Marianne 2008 ---

MARIANNE_ENGAGEMENTS = [
    ("Accès facilité", "1", "certain"),
    ("Accès facilité", "2", "certain"),
    ("Accès facilité", "3", "certain"),
    ("Accès facilité", "4", "certain"),
    ("Accueil attentif et courtois", "5", "certain"),
    ("Accueil attentif et courtois", "6", "certain"),
    ("Accueil attentif et courtois", "7", "certain"),
    ("Accueil attentif et courtois", "8", "inferred"),
    ("Réponses claires dans des délais annoncés", "", "unknown"),
    ("Réponses claires dans des délais annoncés", "", "certain"),
    ("Réponses claires dans des délais annoncés", "", "certain"),
    ("Réponses claires dans des délais annoncés", "", "certain"),
    ("Suggestions et réclamations", "13", "inferred"),
    ("On vous sollicite pour progresser", "14", "certain"),
    ("Organisation interne", "", "certain"),
    ("Organisation interne", "", "certain"),
    ("Organisation interne", "17", "certain"),
    ("Organisation interne", "18", "certain"),
    ("Organisation interne", "19", "certain"),
]


def test_marianne_has_nineteen_engagements_in_six_rubriques():
    engagements = Engagement.objects.filter(referentiel__slug=MARIANNE)

    assert list(engagements.values_list("theme", "code", "certainty")) == MARIANNE_ENGAGEMENTS


def test_a_number_of_marianne_known_by_usage_only_is_left_out():
    uncoded = Engagement.objects.filter(referentiel__slug=MARIANNE, code="")

    assert [(row.key, row.remark.partition("Code inconnu, ")[2][:10]) for row in uncoded] == [
        ("clarte", "entre 9 et"),
        ("courriers", "entre 9 et"),
        ("courriels", "entre 9 et"),
        ("telephone", "entre 9 et"),
        ("formation", "15 ou 16 :"),
        ("base-documentaire", "15 ou 16 :"),
    ]


def test_what_marianne_owes_to_general_knowledge_says_that_it_has_no_source():
    said = Engagement.objects.filter(
        referentiel__slug=MARIANNE, remark__contains="usage courant, sans source"
    )

    assert [row.key for row in said] == ["confort", "clarte", "formation", "base-documentaire", "mesure"]
    assert said.get(certainty="unknown").key == "clarte"


def test_a_call_is_taken_in_under_five_rings():
    telephone = Engagement.objects.get(referentiel__slug=MARIANNE, key="telephone")

    assert telephone.title == "Prendre les appels en moins de 5 sonneries"


def test_the_four_mandatory_indicators_of_marianne_are_not_guessed():
    measure = Engagement.objects.get(referentiel__slug=MARIANNE, code="17")

    assert "quatre indicateurs obligatoires chaque mois" in measure.title
    assert measure.remark.startswith("La liste des quatre indicateurs obligatoires est inconnue")
    assert not Indicator.objects.filter(engagement__referentiel__slug=MARIANNE).exists()


# --- Services Publics + ---


def test_services_publics_plus_has_eight_engagements_of_which_the_last_has_no_known_title():
    engagements = Engagement.objects.filter(referentiel__slug=SP_PLUS)

    assert [(row.code, row.certainty, bool(row.title)) for row in engagements] == [
        *((str(number), "certain", True) for number in range(1, 8)),
        ("8", "unknown", False),
    ]


@pytest.mark.parametrize(
    ("key", "unit", "numerator", "denominator", "certainty"),
    [
        (
            "decroche-par-un-agent",
            "percent",
            "appels traités par un agent",
            "appels qui demandent un agent",
            "certain",
        ),
        (
            "delai-annonce-respecte",
            "percent",
            "démarches traitées dans le délai annoncé",
            "démarches traitées",
            "certain",
        ),
        (
            "qualite-des-demarches-en-ligne",
            "percent",
            "démarches notées 8 sur 10 ou plus",
            "démarches notées",
            "certain",
        ),
        ("satisfaction-globale", "score", "", "", "unknown"),
    ],
)
def test_the_indicators_of_the_state_are_those_of_engagement_6(key, unit, numerator, denominator, certainty):
    indicator = Indicator.objects.get(engagement__referentiel__slug=SP_PLUS, engagement__code="6", key=key)

    assert (indicator.unit, indicator.direction, indicator.certainty) == (unit, "up", certainty)
    assert (indicator.numerator_name, indicator.denominator_name) == (numerator, denominator)
    assert not indicator.targets.exists()


def test_the_link_of_a_state_indicator_to_another_engagement_is_said_to_be_inferred():
    linked = Indicator.objects.filter(remark__startswith="Lien avec l'engagement")

    assert {row.key: row.remark.partition(".")[0] for row in linked} == {
        "decroche-par-un-agent": "Lien avec l'engagement 2 déduit",
        "delai-annonce-respecte": "Lien avec l'engagement 4 déduit",
    }


def test_an_acknowledgement_is_not_kept_as_a_deadline_to_answer():
    announced = Engagement.objects.get(referentiel__slug=SP_PLUS, code="4")

    assert "Accusé de réception : une semaine par voie électronique, deux sur papier" in announced.remark
    assert not DelayRule.objects.filter(referentiel__slug=SP_PLUS).exists()


# --- Labels as printed ---


def meant(row: dict[str, str], above: Indicator | None) -> list[Indicator]:
    """The indicators that a printed row can mean, read as a person would: band, code, label, row above."""
    candidates = [
        indicator
        for indicator in Indicator.objects.filter(engagement__theme=row["theme"]).select_related("engagement")
        if row["indicator"] in indicator.aliases and row["engagement"] in ("", indicator.engagement.code)
    ]
    if len(candidates) > 1:
        return [indicator for indicator in candidates if indicator.companion_of == above]
    return candidates


@pytest.mark.parametrize("name", ["annual_results_2018.csv", "slide_values_2018.csv"])
def test_every_printed_label_means_exactly_one_indicator(name):
    above = None
    for row in printed(name):
        found = meant(row, above)

        assert len(found) == 1, row
        [above] = found


def test_a_mean_delay_belongs_to_the_rate_printed_just_above_it():
    companions = Indicator.objects.filter(aliases=["Délai moyen de réponse"])

    assert {(mean.key, mean.companion_of.key) for mean in companions} == {
        ("rct-rendez-vous-reponse-delai-moyen", "rct-rendez-vous-reponse-dans-les-delais"),
        ("rct-rendez-vous-date-delai-moyen", "rct-rendez-vous-date-dans-les-delais"),
    }


# --- Deadlines ---

ELECTRONIC = ["email", "form", "qr"]
OTHER = ["letter", "box", "phone", "counter"]
ALL_BUT_SOCIAL = [*ELECTRONIC, *OTHER]
COMPLAINTS = [(kind, who) for kind in ("complaint", "suggestion") for who in ("citizen", "authority")]


def days(slug: str, on: datetime.date, kind: str, channel: str, requester: str, milestone: str = "reply"):
    """The national delay that holds that day: days, or None where it is said that there is no rule."""
    rules = [
        rule
        for rule in DelayRule.objects.filter(
            referentiel__slug=slug,
            prefecture=None,
            kind=kind,
            channel=channel,
            requester=requester,
            milestone=milestone,
        )
        if (rule.starts_on is None or rule.starts_on <= on) and (rule.ends_on is None or on <= rule.ends_on)
    ]
    assert len(rules) == 1, (kind, channel, requester, on, rules)
    assert rules[0].day_kind == "working"
    return rules[0].days


@pytest.mark.parametrize(
    ("kinds", "requester", "channels", "milestone", "until_2019", "from_2020"),
    [
        (["enquiry"], "citizen", ["letter"], "reply", 15, 10),
        (["enquiry"], "citizen", ELECTRONIC, "reply", 5, 5),
        (["complaint", "suggestion"], "citizen", OTHER, "reply", 15, 10),
        (["complaint", "suggestion"], "authority", OTHER, "reply", 15, 10),
        (["complaint", "suggestion"], "citizen", ELECTRONIC, "reply", 15, 5),
        (["complaint", "suggestion"], "authority", ELECTRONIC, "reply", 15, 5),
        (["enquiry"], "authority", ["letter"], "reply", 15, 15),
        (["enquiry"], "authority", ["email", "form"], "reply", 5, 5),
        (["appointment"], "authority", ALL_BUT_SOCIAL, "reply", 4, 4),
        (["appointment"], "authority", ALL_BUT_SOCIAL, "dated", 10, 10),
        (["enquiry"], "citizen", ["phone", "counter", "box"], "reply", None, None),
        (["enquiry"], "authority", ["phone", "counter", "box"], "reply", None, None),
        (["enquiry", "complaint", "suggestion"], "citizen", ["social"], "reply", None, None),
        (["enquiry", "complaint", "suggestion", "appointment"], "authority", ["social"], "reply", None, None),
    ],
)
def test_the_delays_of_qual_e_pref(kinds, requester, channels, milestone, until_2019, from_2020):
    for kind in kinds:
        for channel in channels:
            asked = (kind, channel, requester, milestone)
            assert days(QUAL_E_PREF, datetime.date(2018, 6, 1), *asked) == until_2019
            assert days(QUAL_E_PREF, datetime.date(2019, 12, 31), *asked) == until_2019
            assert days(QUAL_E_PREF, datetime.date(2020, 1, 1), *asked) == from_2020


@pytest.mark.parametrize(("channel", "expected"), [("letter", 15), ("email", 5), ("form", 5)])
def test_the_delays_of_qualipref(channel, expected):
    assert days(QUALIPREF, datetime.date(2016, 6, 1), "enquiry", channel, "citizen") == expected


@pytest.mark.parametrize(
    ("kind", "channel", "expected"),
    [
        ("enquiry", "letter", (15, "certain")),
        ("enquiry", "email", (5, "certain")),
        ("enquiry", "form", (5, "inferred")),
        *(
            (kind, channel, (15, "inferred"))
            for kind in ("complaint", "suggestion")
            for channel in ("letter", "box", "phone", "email", "form")
        ),
    ],
)
def test_the_delays_of_marianne(kind, channel, expected):
    rule = DelayRule.objects.get(
        referentiel__slug=MARIANNE, kind=kind, channel=channel, requester="citizen", day_kind="working"
    )

    assert (rule.days, rule.certainty) == expected


def test_marianne_has_no_other_delay():
    assert DelayRule.objects.filter(referentiel__slug=MARIANNE).count() == 13


def test_a_delay_kept_for_want_of_better_is_said_to_be_unknown():
    rule = DelayRule.objects.get(
        kind="enquiry", channel="letter", requester="authority", starts_on=datetime.date(2020, 1, 1)
    )

    assert rule.certainty == "unknown"


# --- The préfecture of the demo ---


def test_the_bouches_du_rhone_has_a_siege_and_three_sous_prefectures():
    units = Unit.objects.filter(prefecture__code="13")

    assert list(units.values_list("kind", "short_name")) == [
        ("headquarters", "Siège"),
        ("subprefecture", "Aix"),
        ("subprefecture", "Arles"),
        ("subprefecture", "Istres"),
    ]
    assert Site.objects.filter(unit__prefecture__code="13").count() == 5


@pytest.mark.parametrize("name", ["annual_results_2018.csv", "slide_values_2018.csv", "notes_2018.csv"])
def test_every_printed_unit_is_a_unit_of_the_prefecture(name):
    known = set(Unit.objects.values_list("name", flat=True))

    assert {row["unit"] for row in printed(name)} - {""} <= known


def test_it_followed_qualipref_and_then_qual_e_pref():
    adoptions = Adoption.objects.filter(prefecture__code="13")

    assert list(adoptions.values_list("referentiel__slug", "starts_on", "ends_on", "labelled_words")) == [
        (QUALIPREF, datetime.date(2015, 11, 1), datetime.date(2017, 12, 31), ""),
        (QUAL_E_PREF, datetime.date(2018, 1, 1), None, "début 2020, pour trois ans"),
    ]
    assert {adoption.labelled_on for adoption in adoptions} == {None}
    assert all("jour inconnu" in adoption.remark for adoption in adoptions)


@pytest.mark.parametrize(
    ("year", "modules_of_the_siege"), [(2017, []), (2018, [1, 4]), (2019, [1, 4, 7]), (2020, [1, 4])]
)
def test_every_unit_keeps_modules_1_and_4_since_2018(year, modules_of_the_siege):
    prefecture = Prefecture.objects.get(code="13")
    units = {unit.pk: unit.short_name for unit in prefecture.units.all()}
    modules = {module.pk: module.number for module in Module.objects.filter(referentiel__slug=QUAL_E_PREF)}

    expected = Perimeter.objects.expected(prefecture, year)

    kept = sorted((units[unit], modules[module]) for unit, module in expected)
    elsewhere = [1, 4] if year >= 2018 else []
    assert kept == sorted(
        [("Siège", number) for number in modules_of_the_siege]
        + [(unit, number) for unit in ("Aix", "Arles", "Istres") for number in elsewhere]
    )


def test_a_service_may_be_in_for_one_task_only():
    perimeter = Perimeter.objects.get(service__short_name="BCR")

    assert perimeter.restriction == "Points numériques uniquement"


def test_the_delays_of_2020_were_applied_a_year_early():
    own = DelayRule.objects.filter(prefecture__code="13")

    assert set(own.values_list("starts_on", "ends_on", "certainty")) == {
        (datetime.date(2019, 1, 1), datetime.date(2019, 12, 31), "inferred")
    }
    assert {(rule.kind, rule.channel, rule.requester, rule.days) for rule in own} == {
        ("enquiry", "letter", "citizen", 10),
        *((kind, channel, requester, 10) for kind, requester in COMPLAINTS for channel in OTHER),
        *((kind, channel, requester, 5) for kind, requester in COMPLAINTS for channel in ELECTRONIC),
    }


def test_services_have_the_names_of_the_documents():
    siege = Service.objects.filter(unit__short_name="Siège")

    assert {service.short_name for service in siege} == {
        "BAAS",
        "BCR",
        "DIDSIC",
        "Formation",
        "B3CL",
        "BFLI",
        "SIRACEDPC",
        "SRCI",
    }
