"""The pages where one corrects the norm: the administrator's for everybody, a préfecture's for itself."""

import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from indicators.norm import Norm
from referentiel import editing
from referentiel.models import Adoption, DelayRule, Engagement, Indicator, Module, Perimeter, Target
from sites.models import TraceEntry
from tests import factories
from tests.pages import words

SLUG = "bouches-du-rhone"
PROOF = {"source": "Comité de pilotage du 12 mars 2018", "certainty": "certain", "remark": "", "seen": "0"}
WAITING = {
    "title": "Temps d’attente au guichet",
    "short_title": "Attente",
    "unit": "minutes",
    "direction": "down",
    "numerator_name": "minutes d’attente, additionnées",
    "denominator_name": "usagers chronométrés",
    "periodicity": "monthly",
    "aliases": "Attente moyenne\nattente  guichet\n\nAttente moyenne",
    **PROOF,
}


def new(kind, parent):
    return reverse("own_row_new", args=[SLUG, kind, parent.pk])


def own(kind, row, page=""):
    return reverse(f"own_row{page}", args=[SLUG, kind, row.pk])


def national(kind, row, page=""):
    return reverse(f"norm_row{page}", args=[kind, row.pk])


def typed(row, form_page, **changes):
    """What the form of a row holds, as a browser would send it back, with changes."""
    form = form_page.context["form"]
    values = {name: form[name].value() for name in form.fields}
    values["aliases"] = "\n".join(values["aliases"]) if isinstance(values.get("aliases"), list) else ""
    return {name: "" if value is None else value for name, value in {**values, **changes}.items()}


# --- A préfecture's own rows ---


def test_a_prefecture_adds_its_own_indicator_in_minutes(client_of, claire, prefecture):
    engagement = factories.EngagementFactory()

    response = client_of(claire).post(new("indicateur", engagement), WAITING)

    assert response.status_code == 302
    indicator = Indicator.objects.get()
    assert (indicator.prefecture, indicator.key, indicator.unit) == (
        prefecture,
        "temps-dattente-au-guichet",
        "minutes",
    )
    assert indicator.aliases == ["Attente moyenne", "attente guichet"]
    assert indicator.edited_by_hand
    assert (
        TraceEntry.objects.get(event="wrote").about == "L’indicateur ajouté (Préfecture des Bouches-du-Rhône)"
    )


def test_each_line_of_a_telephone_number_is_an_indicator(client_of, claire, prefecture):
    engagement = factories.EngagementFactory()
    browser, url = client_of(claire), new("indicateur", engagement)
    line = {**WAITING, "unit": "percent", "again": "1", "aliases": ""}

    for number in (1, 2, 3):
        named = {"title": f"Appels perdus, ligne {number}", "short_title": f"Ligne {number}"}
        answer = browser.post(url, {**line, **named})
        assert answer["Location"] == url  # the next one is typed at once

    factories.AdoptionFactory(prefecture=prefecture, referentiel=engagement.referentiel)
    titles = [one.title for one in Norm(prefecture, 2018).indicators]
    assert titles == [f"Appels perdus, ligne {number}" for number in (1, 2, 3)]


def test_the_import_knows_an_indicator_by_the_labels_typed_on_its_page(client_of, claire, prefecture):
    engagement = factories.EngagementFactory()
    factories.AdoptionFactory(prefecture=prefecture, referentiel=engagement.referentiel)
    client_of(claire).post(new("indicateur", engagement), WAITING)

    norm = Norm(prefecture, 2018)

    assert "attente moyenne" in norm._indicators


def test_a_double_click_makes_one_indicator(client_of, claire):
    engagement = factories.EngagementFactory()
    client_of(claire).post(new("indicateur", engagement), WAITING)

    again = client_of(claire).post(new("indicateur", engagement), WAITING)

    assert "L’engagement a déjà un indicateur de cet intitulé." in words(again)
    assert Indicator.objects.count() == 1


def test_a_number_has_no_denominator(client_of, claire):
    engagement = factories.EngagementFactory()

    page = client_of(claire).post(new("indicateur", engagement), {**WAITING, "unit": "count"})

    assert "Un nombre n’a pas de dénominateur : laisser vide." in words(page)
    assert "Erreur : Ajouter un indicateur" in words(page)
    assert 'value="usagers chronométrés"' in page.content.decode()
    assert not Indicator.objects.exists()


def test_the_target_of_a_year_leaves_the_one_of_the_year_before(client_of, claire, prefecture):
    indicator = factories.IndicatorFactory()
    factories.AdoptionFactory(prefecture=prefecture, referentiel=indicator.engagement.referentiel)
    factories.TargetFactory(indicator=indicator, value=95)
    browser = client_of(claire)

    for year, value in ((2018, "90"), (2019, "92,5")):
        page = browser.get(new("objectif", indicator), {"annee": year})
        data = typed(indicator, page, value=value, **PROOF)
        assert (data["starts_on"], data["ends_on"], data["comparator"]) == (
            f"{year}-01-01",
            f"{year}-12-31",
            "≥",
        )
        data["seen"] = "0"
        assert browser.post(new("objectif", indicator), data)["Location"] == (
            f"{reverse('own_targets', args=[SLUG])}?annee={year}"
        )

    in_force = {
        year: Norm(prefecture, year).target_in_force(indicator).value for year in (2017, 2018, 2019, 2020)
    }
    assert in_force == {2017: 95, 2018: 90, 2019: pytest.approx(92.5), 2020: 95}
    assert set(Target.objects.filter(prefecture=prefecture).values_list("origin", flat=True)) == {"local"}
    page = words(browser.get(reverse("own_targets", args=[SLUG]), {"annee": "2019"}))
    assert "au moins 92,5 % du 01/01/2019 au 31/12/2019 la préfecture référentiel : au moins 95 %" in page


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"comparator": "≤"}, "Cela va contre le sens de l’indicateur : plus haut est meilleur."),
        ({"value": "101"}, "Un taux ne dépasse pas 100 %."),
        ({"value": "-1"}, "Un objectif ne peut pas être négatif."),
        ({"value": "beaucoup"}, "Saisissez un nombre."),
        (
            {"starts_on": "2019-01-02", "ends_on": "2019-01-01"},
            "La date de fin doit être égale",
        ),
        ({"source": ""}, "Ce champ est obligatoire."),
    ],
)
def test_a_target_that_makes_no_sense_is_refused_and_stays_typed(client_of, claire, changes, said):
    indicator = factories.IndicatorFactory()
    data = {"comparator": "≥", "value": "90", "starts_on": "", "ends_on": "", **PROOF, "remark": "à garder"}

    page = client_of(claire).post(new("objectif", indicator), {**data, **changes})

    assert said in words(page)
    assert "à garder" in page.content.decode()
    assert not Target.objects.exists()


def test_two_targets_of_a_prefecture_do_not_begin_on_the_same_day(client_of, claire, prefecture):
    target = factories.TargetFactory(prefecture=prefecture)
    data = {"comparator": "≥", "value": "90", "starts_on": "", "ends_on": "", **PROOF}

    page = client_of(claire).post(new("objectif", target.indicator), data)

    assert "Un objectif commence déjà ce jour-là pour cet indicateur." in words(page)


def test_a_delay_of_ones_own_is_set_for_several_channels(client_of, claire, prefecture):
    referentiel = factories.ReferentielFactory()
    data = {
        "kinds": ["complaint"],
        "requesters": ["citizen", "authority"],
        "channels": ["letter", "box"],
        "milestone": "reply",
        "days": "8",
        "day_kind": "working",
        "starts_on": "2019-01-01",
        "ends_on": "",
        **PROOF,
    }

    response = client_of(claire).post(new("delai", referentiel), data)

    assert response["Location"] == f"{reverse('referentiel', args=[referentiel.slug])}#delais"
    assert set(DelayRule.objects.values_list("prefecture", "days", "starts_on")) == {
        (prefecture.pk, 8, datetime.date(2019, 1, 1))
    }
    assert DelayRule.objects.count() == 4


def test_a_label_of_which_the_day_is_unknown_is_said_in_words(client_of, claire, prefecture):
    referentiel = factories.ReferentielFactory(short_title="Qual-e-Pref")
    browser = client_of(claire)
    data = {"starts_on": "2018-01-01", "ends_on": "", "labelled_on": "", "labelled_until": "", **PROOF}

    refused = browser.post(
        new("suivi", referentiel), {**data, "labelled_on": "2020-01-15", "labelled_words": "début 2020"}
    )
    browser.post(new("suivi", referentiel), {**data, "labelled_words": "début 2020"})

    assert "Donner le jour du label, ou le dire en clair, pas les deux." in words(refused)
    assert Adoption.objects.get().labelled_on is None
    page = words(browser.get(reverse("followed", args=[SLUG])))
    assert "Qual-e-Pref à partir du 01/01/2018 obtenu : début 2020 (jour inconnu)" in page


def test_services_enter_a_module_and_leave_it(client_of, claire, siege, arles):
    module = factories.ModuleFactory()
    factories.AdoptionFactory(prefecture=siege.prefecture, referentiel=module.referentiel)
    bcr = factories.ServiceFactory(unit=siege, short_name="BCR")
    point = factories.ServiceFactory(unit=arles, short_name="PN")
    browser = client_of(claire)
    data = {
        "services": [bcr.pk, point.pk],
        "restriction": "Points numériques uniquement",
        "starts_on": "2018-01-01",
        "ends_on": "",
        **PROOF,
    }

    browser.post(new("perimetre", module), data)
    row = Perimeter.objects.get(service=bcr)
    page = browser.get(own("perimetre", row))
    browser.post(own("perimetre", row), typed(row, page, ends_on="2018-12-31"))

    assert Perimeter.objects.expected(siege.prefecture, 2018) == {
        (siege.pk, module.pk),
        (arles.pk, module.pk),
    }
    assert Perimeter.objects.expected(siege.prefecture, 2019) == {(arles.pk, module.pk)}
    shown = {
        day: words(browser.get(reverse("followed", args=[SLUG]), {"jour": day})).count("● oui")
        for day in ("2017-12-31", "2018-06-01", "2019-01-01")
    }
    assert shown == {"2017-12-31": 0, "2018-06-01": 2, "2019-01-01": 1}


@pytest.fixture
def two_indicators(siege):
    """A module with two indicators of one engagement, and one of another module."""
    module = factories.ModuleFactory()
    factories.AdoptionFactory(prefecture=siege.prefecture, referentiel=module.referentiel)
    engagement = factories.EngagementFactory(module=module, key="accueil")
    for key, title in (("attente", "Attente"), ("appels", "Appels perdus")):
        factories.IndicatorFactory(engagement=engagement, key=key, short_title=title)
    factories.IndicatorFactory(key="ailleurs", engagement__module__referentiel=module.referentiel)
    return module


def test_a_service_measures_some_indicators_of_a_module(client_of, claire, siege, two_indicators):
    service = factories.ServiceFactory(unit=siege)
    browser = client_of(claire)
    data = {"services": [service.pk], "measured": ["appels"], "starts_on": "", "ends_on": "", **PROOF}

    browser.post(new("perimetre", two_indicators), data)
    row = Perimeter.objects.get()
    assert row.measured == ["appels"]
    assert "Appels perdus" in words(browser.get(reverse("module_perimeter", args=[SLUG, two_indicators.pk])))

    page = browser.get(own("perimetre", row))
    browser.post(own("perimetre", row), typed(row, page, measured=[]))
    row.refresh_from_db()
    assert row.measured == []
    history = words(browser.get(own("perimetre", row, "_history")))
    assert "Indicateurs mesurés" in history
    assert "Appels perdus" in history
    assert "tous" in history


def test_an_indicator_of_another_module_is_no_choice(client_of, claire, siege, two_indicators):
    service = factories.ServiceFactory(unit=siege)

    page = client_of(claire).post(
        new("perimetre", two_indicators), {"services": [service.pk], "measured": ["ailleurs"], **PROOF}
    )

    assert "Cet indicateur n’est pas de ce module" in words(page)
    assert not Perimeter.objects.exists()


def test_a_whole_engagement_stays_named_as_one_where_nothing_changes(
    client_of, claire, siege, two_indicators
):
    service = factories.ServiceFactory(unit=siege)
    row = factories.PerimeterFactory(service=service, module=two_indicators, measured=["accueil"])
    browser = client_of(claire)
    page = browser.get(own("perimetre", row))
    assert page.context["form"]["measured"].value() == ["appels", "attente"]

    browser.post(own("perimetre", row), typed(row, page, restriction="Guichet"))

    row.refresh_from_db()
    assert (row.measured, row.restriction) == (["accueil"], "Guichet")


def test_a_service_of_another_prefecture_is_no_choice(client_of, claire, siege, elsewhere):
    module = factories.ModuleFactory()
    theirs = factories.ServiceFactory(unit__prefecture=elsewhere)

    page = client_of(claire).post(new("perimetre", module), {**PROOF, "services": [theirs.pk]})

    assert page.status_code == 200
    assert not Perimeter.objects.exists()


@pytest.mark.parametrize("page", ["followed", "own_targets"])
def test_what_is_followed_costs_the_same_whatever_it_holds(client_of, claire, siege, page):
    referentiel = factories.ReferentielFactory()
    factories.AdoptionFactory(prefecture=siege.prefecture, referentiel=referentiel)
    browser, url = client_of(claire), reverse(page, args=[SLUG])

    def fill_and_count():
        module = factories.ModuleFactory(referentiel=referentiel)
        factories.PerimeterFactory(service=factories.ServiceFactory(unit=siege), module=module)
        target = factories.TargetFactory(indicator__engagement__module=module)
        factories.TargetFactory(indicator=target.indicator, prefecture=siege.prefecture)
        with CaptureQueriesContext(connection) as queries:
            browser.get(url)
        return len(queries)

    fill_and_count()  # the first one fills the caches
    assert fill_and_count() == fill_and_count()


# --- Two people at once ---


def test_who_comes_second_sees_what_changed_and_keeps_what_was_typed(client_of, claire, helene, prefecture):
    indicator = factories.IndicatorFactory(prefecture=prefecture, title="Avant")
    browser = client_of(claire)
    mine = typed(indicator, browser.get(own("indicateur", indicator)), remark="Ma remarque")
    theirs = typed(indicator, browser.get(own("indicateur", indicator)), title="Après")
    browser.post(own("indicateur", indicator), theirs)

    conflict = browser.post(own("indicateur", indicator), mine)

    said = words(conflict, 409)
    assert "Cette ligne a été corrigée depuis que vous l’avez ouverte" in said
    assert "Claire Martin Modification Intitulé : Avant → Après" in said
    assert "Ma remarque" in conflict.content.decode()
    again = typed(indicator, conflict)
    assert browser.post(own("indicateur", indicator), again).status_code == 302
    indicator.refresh_from_db()
    assert (indicator.title, indicator.remark) == ("Avant", "Ma remarque")
    history = words(browser.get(own("indicateur", indicator, "_history")))
    assert "Remarque : rien → Ma remarque" in history


# --- Remove ---


def test_an_own_row_is_removed_after_a_question(client_of, claire, prefecture):
    target = factories.TargetFactory(prefecture=prefecture)
    browser, url = client_of(claire), own("objectif", target, "_remove")

    asked = browser.get(url)
    assert "Les bilans déjà arrêtés n’en sont pas changés." in words(asked)
    browser.post(url, {"seen": asked.context["seen"]})

    assert not Target.objects.exists()


def test_an_indicator_with_figures_offers_an_end_and_no_removal(client_of, claire, prefecture, siege):
    indicator = factories.IndicatorFactory(prefecture=prefecture)
    factories.MeasurementFactory(indicator=indicator, unit=siege)
    browser, url = client_of(claire), own("indicateur", indicator, "_remove")

    asked = browser.get(url)
    browser.post(url, {"seen": editing.version_of(indicator)})

    assert "Un chiffre en dépend. Au lieu de supprimer la ligne, indiquez sa date de fin." in words(asked)
    assert "Supprimer l’indicateur</button>" not in asked.content.decode()
    assert Indicator.objects.exists()


# --- National rows ---


def test_the_administrator_corrects_an_unknown_title_for_everybody(client_of, paul, claire):
    engagement = factories.EngagementFactory(title="", code="", certainty="unknown")
    browser = client_of(paul)
    page = browser.get(national("engagement", engagement))

    answer = browser.post(
        national("engagement", engagement),
        typed(engagement, page, title="Accueillir sans rendez-vous", code="E12", certainty="certain"),
    )

    read = words(client_of(claire).get(answer["Location"]))
    assert "E12 — Accueillir sans rendez-vous" in read
    assert "(ligne corrigée à la main)" in read


def test_the_administrator_adds_a_module_an_engagement_and_a_delay(client_of, paul):
    referentiel = factories.ReferentielFactory()
    browser = client_of(paul)

    def add(word, **data):
        url = reverse("norm_row_new", args=[word, referentiel.pk])
        assert browser.post(url, {**PROOF, **data}).status_code == 302

    add("module", number="1", title="Accueil")
    add("engagement", kind="service", module=Module.objects.get().pk, code="E1", title="", theme="Accueil")
    add("engagement", kind="service", module="", code="", title="", theme="")
    asked = {"kinds": ["enquiry"], "channels": ["letter"], "requesters": ["citizen"]}
    add("delai", **asked, milestone="reply", days="", day_kind="working")

    added = Engagement.objects.values_list("key", "code", "position")
    assert list(added) == [("e1", "E1", 1), ("engagement", "", 2)]
    assert str(DelayRule.objects.get()) == "aucune règle"


def test_a_steering_duty_in_a_module_is_refused(client_of, paul):
    engagement = factories.EngagementFactory()
    browser, url = client_of(paul), national("engagement", engagement)

    page = browser.post(url, typed(engagement, browser.get(url), kind="steering"))

    assert "Une exigence de pilotage n'appartient à aucun module." in words(page)


# --- Strangers ---


@pytest.fixture
def theirs(elsewhere):
    """The rows that another préfecture keeps for itself."""
    indicator = factories.IndicatorFactory(prefecture=elsewhere)
    return {
        "indicateur": indicator,
        "objectif": factories.TargetFactory(prefecture=elsewhere),
        "suivi": factories.AdoptionFactory(prefecture=elsewhere),
        "perimetre": factories.PerimeterFactory(service__unit__prefecture=elsewhere),
    }


@pytest.mark.parametrize("page", ["", "_remove", "_history"])
def test_the_rows_of_another_prefecture_do_not_exist_here(client_of, claire, paul, theirs, page):
    for kind, row in theirs.items():
        assert client_of(claire).get(own(kind, row, page)).status_code == 404
        assert (
            client_of(claire).get(reverse(f"own_row{page}", args=["bas-rhin", kind, row.pk])).status_code
            == 404
        )
        if kind in ("indicateur", "objectif"):
            assert client_of(paul).get(national(kind, row, page)).status_code == 404


def test_a_national_row_is_not_a_prefectures_to_correct(client_of, claire):
    target = factories.TargetFactory()

    assert client_of(claire).get(own("objectif", target)).status_code == 404
    assert client_of(claire).post(national("objectif", target), {"value": "1"}).status_code == 403


def test_nobody_sets_a_target_for_the_indicator_of_others(client_of, claire, theirs):
    assert client_of(claire).get(new("objectif", theirs["indicateur"])).status_code == 404


def test_a_kind_that_does_not_exist_is_not_found(client_of, claire, paul):
    engagement = factories.EngagementFactory()

    assert (
        client_of(claire).get(reverse("own_row", args=[SLUG, "engagement", engagement.pk])).status_code == 404
    )
    assert client_of(paul).get(reverse("norm_row", args=["suivi", engagement.pk])).status_code == 404


def test_what_the_form_does_not_ask_is_not_read_from_the_request(client_of, claire, prefecture, elsewhere):
    engagement = factories.EngagementFactory()
    hostile = {"prefecture": elsewhere.pk, "key": "autre", "edited_by_hand": "", "position": "999"}

    client_of(claire).post(new("indicateur", engagement), {**WAITING, **hostile})

    indicator = Indicator.objects.get()
    assert (indicator.prefecture, indicator.key, indicator.position) == (
        prefecture,
        "temps-dattente-au-guichet",
        0,
    )


def test_a_service_number_too_large_for_a_database_is_a_wrong_choice(siege, claire, client_of):
    module = factories.ModuleFactory()

    page = client_of(claire).post(new("perimetre", module), {**PROOF, "services": ["9" * 30]})

    assert page.status_code == 200
    assert Perimeter.objects.count() == 0
