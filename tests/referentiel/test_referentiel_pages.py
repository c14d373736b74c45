import datetime
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.html import strip_tags

from referentiel.loading import load, version_files
from referentiel.models import Certainty, DelayRule, Referentiel
from tests import factories

LIST = reverse("referentiels")


def page_of(referentiel: Referentiel) -> str:
    return reverse("referentiel", args=[referentiel.slug])


def words(response) -> str:
    """What a person reads, on one line."""
    assert response.status_code == 200
    return " ".join(unescape(strip_tags(response.content.decode())).split())


def rule(referentiel: Referentiel, **said) -> DelayRule:
    values = {
        "kind": "enquiry",
        "channel": "letter",
        "requester": "citizen",
        "days": 10,
        "source": "Note d’essai",
        "certainty": Certainty.CERTAIN,
    }
    return DelayRule.objects.create(referentiel=referentiel, **{**values, **said})


def fill(referentiel: Referentiel, prefecture, *, rows: int) -> None:
    """As many modules, engagements, indicators, targets, rules and adoptions as asked."""
    for number in range(1, rows + 1):
        module = factories.ModuleFactory(referentiel=referentiel, number=number)
        engagement = factories.EngagementFactory(module=module, theme=f"Thème {number}")
        for _ in range(rows):
            factories.TargetFactory(indicator=factories.IndicatorFactory(engagement=engagement))
        rule(referentiel, days=number, starts_on=datetime.date(2020 + number, 1, 1))
        factories.AdoptionFactory(
            referentiel=referentiel, prefecture=prefecture, starts_on=datetime.date(2020 + number, 1, 1)
        )


def queries(client, url: str) -> int:
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert client.get(url).status_code == 200
    return len(captured)


# --- Who reads it ---


@pytest.mark.parametrize("name", ["claire", "rachid", "basile", "helene", "ines", "odile", "paul", "zoe"])
def test_every_agent_reads_the_national_norm(request, client_of, name):
    client = client_of(request.getfixturevalue(name))
    referentiel = factories.ReferentielFactory(title="Référentiel d’essai")

    assert "Référentiel d’essai" in words(client.get(LIST))
    assert "Référentiel d’essai" in words(client.get(page_of(referentiel)))


def test_nobody_reads_it_without_signing_in(db, client):
    referentiel = factories.ReferentielFactory()

    for url in (LIST, page_of(referentiel)):
        response = client.get(url)
        assert response.status_code == 302
        assert response["Location"] == f"{reverse('login')}?next={url}"


def test_an_unknown_referentiel_is_not_found(client_of, claire):
    assert client_of(claire).get(reverse("referentiel", args=["inconnu"])).status_code == 404


def test_nothing_is_written_through_these_pages(client_of, claire):
    referentiel = factories.ReferentielFactory()
    client = client_of(claire)

    assert client.post(LIST).status_code == 405
    assert client.post(page_of(referentiel)).status_code == 405


def test_what_another_prefecture_keeps_for_itself_is_not_shown(client_of, claire, prefecture, elsewhere):
    referentiel = factories.ReferentielFactory()
    engagement = factories.EngagementFactory(referentiel=referentiel, module__referentiel=referentiel)
    indicator = factories.IndicatorFactory(engagement=engagement, title="Taux national")
    for owner, number in ((prefecture, 13), (elsewhere, 67)):
        factories.IndicatorFactory(engagement=engagement, prefecture=owner, title=f"Taux propre {number}")
        factories.TargetFactory(indicator=indicator, prefecture=owner, value=number)
        rule(referentiel, prefecture=owner, days=number)
        factories.AdoptionFactory(referentiel=referentiel, prefecture=owner)

    page = words(client_of(claire).get(page_of(referentiel)))

    assert "Taux propre 13 (propre à : Préfecture des Bouches-du-Rhône)" in page
    assert "au moins 13 %" in page
    assert "13 jours ouvrés" in page
    assert "Préfecture des Bouches-du-Rhône : suivi sans limite de date" in page
    assert "67" not in page
    assert "Bas-Rhin" not in page
    assert "Bas-Rhin" not in words(client_of(claire).get(LIST))


# --- What is read ---


def test_the_list_says_which_prefecture_of_mine_follows_what(client_of, claire, prefecture):
    referentiel = factories.ReferentielFactory(
        title="Référentiel d’essai", published_on=datetime.date(2030, 1, 15)
    )
    factories.AdoptionFactory(
        referentiel=referentiel, prefecture=prefecture, starts_on=datetime.date(2030, 2, 1)
    )
    factories.ReferentielFactory(title="Un autre", published_on=None)

    page = words(client_of(claire).get(LIST))

    assert "Référentiel d’essai 15/01/2030" in page
    assert "Préfecture des Bouches-du-Rhône, à partir du 01/02/2030" in page
    assert "Un autre date inconnue" in page
    assert "aucune de vos préfectures" in page


def test_an_installation_without_referentiel_says_what_to_do(client_of, claire):
    assert "Aucun référentiel n’est chargé." in words(client_of(claire).get(LIST))


def test_what_is_unknown_is_said_to_be_unknown(client_of, claire):
    referentiel = factories.ReferentielFactory(published_on=None)
    module = factories.ModuleFactory(referentiel=referentiel, number=2, title="", certainty=Certainty.UNKNOWN)
    factories.EngagementFactory(module=module, code="", title="Tenir l’accueil")
    factories.EngagementFactory(module=module, code="E12", title="")

    page = words(client_of(claire).get(page_of(referentiel)))

    assert "Date de publication inconnue." in page
    assert "Module 2 intitulé inconnu contenu inconnu inconnu texte inventé" in page
    assert "Code inconnu — Tenir l’accueil" in page
    assert "E12 — intitulé inconnu" in page


def test_a_version_of_which_nothing_is_known_says_so(client_of, claire):
    page = words(client_of(claire).get(page_of(factories.ReferentielFactory())))

    assert "Aucun module n’est connu pour cette version." in page
    assert "Aucun engagement n’est connu pour cette version." in page
    assert "Aucun délai n’est connu pour cette version." in page
    assert "Aucune de vos préfectures ne suit ce référentiel." in page


def test_an_indicator_is_read_in_french(client_of, claire):
    indicator = factories.IndicatorFactory(
        title="Délai moyen de réponse",
        unit="working_days",
        direction="down",
        numerator_name="jours de délai",
        denominator_name="courriels",
    )
    factories.TargetFactory(
        indicator=indicator,
        comparator="<",
        value="2.5",
        starts_on=datetime.date(2030, 1, 1),
        certainty=Certainty.INFERRED,
        source="Bilan d’essai",
        remark="Une colonne imprime 3.",
    )

    page = words(client_of(claire).get(page_of(indicator.engagement.referentiel)))

    assert "Délai moyen de réponse Calcul : jours de délai ÷ courriels" in page
    assert "jours ouvrés, plus bas est meilleur" in page
    assert "moins de 2,5 j ouvrés, à partir du 01/01/2030" in page
    assert "déduit Bilan d’essai — Une colonne imprime 3." in page


def test_what_has_the_same_delay_is_on_one_line(client_of, claire):
    referentiel = factories.ReferentielFactory()
    for kind in ("complaint", "suggestion"):
        for channel in ("letter", "box"):
            rule(referentiel, kind=kind, channel=channel, ends_on=datetime.date(2029, 12, 31))
    rule(referentiel, kind="complaint", channel="social", days=None, certainty=Certainty.UNKNOWN)
    rule(referentiel, kind="appointment", requester="authority", milestone="dated")
    for requester in ("citizen", "authority"):
        rule(referentiel, channel="phone", requester=requester, days=None)

    page = words(client_of(claire).get(page_of(referentiel)))

    assert "Réclamation, suggestion usager courrier, urne jusqu’au 31/12/2029 10 jours ouvrés certain" in page
    assert "Demande d'information usager, collectivité téléphone sans limite de date aucune règle" in page
    assert "Réclamation usager réseau social sans limite de date aucune règle inconnu" in page
    assert (
        "Demande de rendez-vous collectivité courrier sans limite de date "
        "10 jours ouvrés, jusqu’à la date du rendez-vous" in page
    )


def test_a_line_corrected_by_hand_is_marked(client_of, claire):
    module = factories.ModuleFactory(source="Texte officiel", edited_by_hand=True)

    page = words(client_of(claire).get(page_of(module.referentiel)))

    assert "Texte officiel (ligne corrigée à la main)" in page


def test_the_shipped_versions_are_read_without_a_hole(client_of, claire):
    for path in version_files():
        load(path)

    for short_title, said in {
        "Marianne 2008": "Prendre les appels en moins de 5 sonneries",
        "Qualipref 2.0": "Polices administratives de la préfecture de police",
        "Qual-e-Pref": "E17",
        "Services Publics +": "8 — intitulé inconnu",
    }.items():
        page = words(client_of(claire).get(page_of(Referentiel.objects.get(short_title=short_title))))
        assert said in page
        assert "None" not in page
        assert "Module inconnu" not in page


def test_the_versions_are_listed_by_date_and_one_without_a_date_comes_last(client_of, claire):
    for path in version_files():
        load(path)

    rows = client_of(claire).get(LIST).context["referentiels"]

    assert [row.short_title for row in rows] == [
        "Marianne 2008",
        "Qualipref 2.0",
        "Qual-e-Pref",
        "Services Publics +",
    ]


# --- How much it costs ---


@pytest.mark.parametrize("url", ["list", "detail"])
def test_the_pages_cost_the_same_at_one_and_at_three_rows(client_of, claire, prefecture, url):
    small, large = factories.ReferentielFactory(), factories.ReferentielFactory()
    client = client_of(claire)
    fill(small, prefecture, rows=1)
    few = queries(client, LIST if url == "list" else page_of(small))

    fill(large, prefecture, rows=3)
    factories.ReferentielFactory()
    many = queries(client, LIST if url == "list" else page_of(large))

    assert few == many
