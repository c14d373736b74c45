"""The norm read as a reference work: searched, filtered, compared, taken away, questioned."""

import datetime
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from referentiel import comparison
from referentiel.models import DelayRule, Question, Referentiel
from referentiel.questions import concerns_of
from sheets import reading
from tests import factories
from tests.pages import words

LIST = reverse("referentiels")


def page_of(slug) -> str:
    return reverse("referentiel", args=[slug])


# --- Search and filter ---


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"mots": "e17"}, ["courriers-courriels"]),
        ({"mots": "RECLAMATIONS repondre"}, ["reclamations-suggestions"]),
        ({"mots": "équiper"}, ["point-numerique-equipement"]),
        ({"module": "7"}, ["communication-urgence"]),
        ({"module": "4", "certitude": "inferred"}, ["rct-courriers-courriels", "rct-rendez-vous"]),
        ({"mots": "introuvable"}, []),
    ],
)
def test_engagements_are_found_by_words_module_and_certainty(client_of, claire, norm, asked, found):
    response = client_of(claire).get(page_of("qual-e-pref-2019"), asked)

    assert [one.key for theme in response.context["themes"].values() for one in theme] == found
    assert f"{len(found)} engagement" in words(response)


def test_a_filter_that_makes_no_sense_is_ignored_and_said(client_of, claire, norm):
    asked = {"module": "99", "certitude": "peut-être", "mots": "!!"}
    response = client_of(claire).get(page_of("qual-e-pref-2019"), asked)

    assert response.context["wanted"] == response.context["engagement_count"]
    assert words(response).count("Sélectionnez un choix valide") == 2
    assert "Écrire un numéro, un nom ou des mots." in words(response)
    assert "Écrire un numéro" in words(client_of(claire).get(reverse("norm_delays"), {"mots": "!!"}))


def test_the_list_says_what_is_left_to_check_and_leads_to_it(client_of, claire, norm):
    browser = client_of(claire)

    page = browser.get(LIST)
    assert "85 lignes « déduit », 10 « inconnu »" in words(page)
    assert "sans modules" in words(page)
    assert f"{page_of('qual-e-pref-2019')}?certitude=a-verifier" in page.content.decode()
    rest = browser.get(page_of("qual-e-pref-2019"), {"certitude": "a-verifier"})
    assert 0 < rest.context["wanted"] < rest.context["engagement_count"]


# --- Lists to take away ---


@pytest.mark.parametrize("kind", ["csv", "ods", "xlsx"])
def test_the_indicators_are_taken_away_with_their_targets(client_of, claire, norm, kind):
    asked = {"mots": "e10 appels", "export": kind}

    response = client_of(claire).get(reverse("norm_indicators"), asked)

    rows = reading.rows_of(response.content)
    assert [(row["code"], row["unite"], row["objectifs"]) for row in rows] == [
        ("E10", "%", "au plus 10\xa0%, à partir du 01/01/2018")
    ] * 2


def test_the_delays_are_listed_one_by_one_with_ones_own(client_of, claire, prefecture, elsewhere, norm):
    referentiel = Referentiel.objects.get(slug="qual-e-pref-2019")
    for owner, days in ((prefecture, 7), (elsewhere, 67)):
        DelayRule.objects.create(
            referentiel=referentiel,
            prefecture=owner,
            kind="complaint",
            channel="letter",
            requester="citizen",
            days=days,
            starts_on=datetime.date(2019, 1, 1),
            source="Note",
            certainty="certain",
        )

    page = client_of(claire).get(reverse("norm_delays"), {"mots": "reclamation courrier usager"})

    assert "7 jours ouvrés 01/01/2019" in words(page)
    assert "67 jours" not in words(page)
    own = DelayRule.objects.get(days=7)
    assert reverse("own_row", args=["bouches-du-rhone", "delai", own.pk]) in page.content.decode()
    assert "/agents/referentiels/lignes/delai/" in page.content.decode()  # the history of a national one


@pytest.mark.parametrize("route", ["norm_indicators", "norm_delays", "questions"])
def test_lists_cost_the_same_whatever_they_hold(client_of, claire, norm, route):
    browser = client_of(claire)

    def queries():
        with CaptureQueriesContext(connection) as captured:
            browser.get(reverse(route))
        return len(captured)

    few = queries()
    for _ in range(3):
        factories.TargetFactory()
        referentiel = factories.ReferentielFactory()
        DelayRule.objects.create(
            referentiel=referentiel, kind="complaint", channel="letter", requester="citizen", source="Note"
        )
    assert queries() == few


# --- Compare ---


def test_the_same_code_that_means_two_things_is_pointed_out(db):
    old, new = factories.ReferentielFactory.create_batch(2)
    for referentiel, key, title in ((old, "orientation", "Orienter"), (new, "reclamations", "Répondre")):
        factories.EngagementFactory(
            module__referentiel=referentiel,
            referentiel=referentiel,
            key=key,
            code="E3",
            title=title,
            theme="",
        )

    compared = comparison.compare(old, new)

    assert [(one.code, one.left.title, one.right.title) for one in compared.homonyms] == [
        ("E3", "Orienter", "Répondre")
    ]
    assert compared.facing == []
    assert [one.key for one in (*compared.only_left, *compared.only_right)] == ["orientation", "reclamations"]


def test_engagements_face_each_other_by_key_then_by_theme_and_never_by_resemblance(db):
    left, right = factories.ReferentielFactory.create_batch(2)

    def engagement(referentiel, key, theme, title="Répondre"):
        module = factories.ModuleFactory(referentiel=referentiel)
        factories.EngagementFactory(module=module, key=key, theme=theme, title=title, code="")

    engagement(left, "telephone", "Téléphone")
    engagement(right, "telephone", "Appels")
    engagement(left, "courriers", "Réponses écrites")
    engagement(right, "courriels", "REPONSES ECRITES")
    engagement(left, "seul", "À part")
    engagement(right, "autre", "Ailleurs")

    compared = comparison.compare(left, right)

    def keys(engagements):
        return [one.key for one in engagements]

    assert [(one.why, keys(one.left), keys(one.right)) for one in compared.facing] == [
        ("même engagement", ["telephone"], ["telephone"]),
        ("même thème\xa0: Réponses écrites", ["courriers"], ["courriels"]),
    ]
    assert (keys(compared.only_left), keys(compared.only_right)) == (["seul"], ["autre"])


def test_targets_and_delays_that_differ_are_said_side_by_side(db):
    left, right = factories.ReferentielFactory.create_batch(2)
    for referentiel, value, days in ((left, 90, 15), (right, 95, 10)):
        indicator = factories.IndicatorFactory(
            engagement__module__referentiel=referentiel, key="courriers", title="Courriers à temps"
        )
        factories.TargetFactory(indicator=indicator, value=value)
        for channel in ("letter", "box"):
            DelayRule.objects.create(
                referentiel=referentiel, kind="complaint", channel=channel, requester="citizen", days=days
            )
        DelayRule.objects.create(
            referentiel=referentiel, kind="complaint", channel="email", requester="citizen", days=5
        )
    DelayRule.objects.create(referentiel=left, kind="enquiry", channel="email", requester="citizen", days=5)

    compared = comparison.compare(left, right)

    assert [(gap.about, gap.left, gap.right) for gap in compared.indicators] == [
        (
            "Courriers à temps",
            "%, plus haut est meilleur\xa0; au moins 90\xa0%, sans limite de date",
            "%, plus haut est meilleur\xa0; au moins 95\xa0%, sans limite de date",
        )
    ]
    assert [(gap.about, gap.left, gap.right) for gap in compared.delays] == [
        (
            "urne, courrier – réclamation – usager",
            "15 jours ouvrés, sans limite de date",
            "10 jours ouvrés, sans limite de date",
        )
    ]
    assert [(gap.about, gap.right) for gap in compared.delays_alone] == [
        ("courriel – demande d'information – usager", "aucun délai connu")
    ]


def test_the_shipped_versions_are_compared_in_constant_queries(client_of, claire, norm):
    browser = client_of(claire)

    def page(left, right):
        with CaptureQueriesContext(connection) as captured:
            answer = browser.get(reverse("referentiels_compare"), {"gauche": left, "droite": right})
        return words(answer), len(captured)

    said, cost = page("marianne-2008", "services-publics-plus-2023")
    _, other_cost = page("qual-e-pref-2019", "services-publics-plus-2023")

    assert (
        "1 : S'informer des besoins des usagers et adapter les horaires" in said
    )  # and something else in SP+
    assert other_cost <= cost + 1  # the targets of the one that has some


def test_a_version_is_not_compared_with_itself(client_of, claire, norm):
    page = client_of(claire).get(
        reverse("referentiels_compare"), {"gauche": "marianne-2008", "droite": "marianne-2008"}
    )

    assert "Choisir deux versions différentes." in words(page)


# --- Questions ---


def test_the_nine_questions_name_rows_that_exist(db, norm):
    questions = list(Question.objects.all())

    assert len(questions) == 9
    assert not [
        (question.key, concern.title)
        for question in questions
        for concern in concerns_of(question, [])
        if not concern.rows
    ]


def test_the_administrator_answers_with_a_source_and_a_date(client_of, paul, claire, norm):
    url = reverse("question", args=["suite"])
    browser = client_of(paul)
    seen = browser.get(url).context["form"]["seen"].value()
    said = {"answer": "Une version de 2024 le remplace.", "answer_source": "Note du 3 mai 2024", "seen": seen}

    refused = browser.post(url, said)
    browser.post(url, {**said, "answered_on": "2026-02-01"})

    assert "Ce champ est obligatoire." in words(refused)
    page = words(client_of(claire).get(url))
    assert "le remplace. Source : Note du 3 mai 2024. Répondue le 1er février 2026." in page
    assert "Ouvertes : 8. Répondues : 1." in words(client_of(claire).get(reverse("questions")))
    assert "répondue le 01/02/2026" in words(client_of(claire).get(reverse("questions")))


def test_two_answers_at_once_are_both_seen(client_of, paul, norm):
    url = reverse("question", args=["suite"])
    browser = client_of(paul)
    seen = browser.get(url).context["form"]["seen"].value()
    first = {"answer": "Oui.", "answer_source": "A", "answered_on": "2026-02-01", "seen": seen}
    browser.post(url, first)

    second = browser.post(url, {**first, "answer": "Non."})

    assert second.status_code == 409
    page = unescape(second.content.decode())
    assert "Réponse\xa0: rien → <strong>Oui.</strong>" in page
    assert "Non.</textarea>" in page
