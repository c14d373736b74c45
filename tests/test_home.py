"""The home: what each role has to do now, and what there is to read."""

import datetime
import re

import pytest
from django.urls import reverse
from django.utils.html import strip_tags

from indicators import entry, returns
from sites.models import Membership
from tests.factories import (
    AgentFactory,
    BilanFactory,
    CaseFactory,
    DocumentFactory,
    FigureImportFactory,
    FlashFactory,
    IndicatorFactory,
    MeasurementFactory,
    MembershipFactory,
    MonthFactory,
    ServiceFactory,
    UnitFactory,
)
from tests.indicators.monthly import MARCH, Monthly

Role = Membership.Role

HOME = "/agents/"


@pytest.fixture
def read(client_of):
    """What an agent reads at home: the words, spaces made plain, and where the links of the page lead, but
    for the one that is always there."""

    def read_as(agent):
        page = client_of(agent).get(HOME).content.decode()
        main = page[page.index("<main") : page.index("</main>")]
        text = re.sub(r"\s+", " ", strip_tags(main).replace("&nbsp;", " "))
        links = dict(re.findall(r'<a [^>]*?href="([^"]*)">([^<]*)</a>', main))
        links = {url: label for url, label in links.items() if label != "Signaler un dysfonctionnement"}
        return text, {re.sub(r"\s+", " ", label): url for url, label in links.items()}

    return read_as


def figures_of(unit, *years, **fields):
    for year in years:
        MeasurementFactory(unit=unit, indicator=IndicatorFactory(), year=year, **fields)


def test_figures_without_a_bilan_wait_for_the_quality_manager(claire, siege, read):
    figures_of(siege, 2018, 2019)

    text, links = read(claire)

    assert "Les chiffres de 2019 sont enregistrés : le bilan reste à préparer et à arrêter." in text
    assert links == {
        "Préparer le bilan 2019": "/agents/bouches-du-rhone/bilans/2019/",
        "Préparer le bilan 2018": "/agents/bouches-du-rhone/bilans/2018/",
        "Tableau de bord 2019": "/agents/bouches-du-rhone/indicateurs/2019/",
    }


def test_the_bilan_of_a_year_that_is_not_over_waits_for_nobody(claire, siege, read):
    figures_of(siege, siege.prefecture.today().year)

    text, links = read(claire)

    assert "bilan reste à préparer" not in text
    assert not [label for label in links if label.startswith("Préparer le bilan")]


def test_a_signed_bilan_waits_to_be_published(claire, siege, read):
    figures_of(siege, 2018)
    BilanFactory(prefecture=siege.prefecture)

    text, links = read(claire)

    assert "Le bilan 2018 est arrêté depuis le 5 mars 2019 : il reste à le publier." in text
    assert links == {
        "Relire et publier le bilan 2018": "/agents/bouches-du-rhone/bilans/2018/editions/1/",
        "Tableau de bord 2018": "/agents/bouches-du-rhone/indicateurs/2018/",
    }


def test_a_correction_waits_while_the_public_reads_the_edition_before(claire, siege, read):
    BilanFactory(prefecture=siege.prefecture, edition=1, is_published=True)
    BilanFactory(prefecture=siege.prefecture, edition=2)

    text, links = read(claire)

    assert "il reste à le publier. D’ici là, le public lit l’édition 1." in text
    assert links["Relire et publier le bilan 2018"].endswith("/editions/2/")
    assert links["Bilan 2018"] == "/bouches-du-rhone/bilans/2018/"


def test_a_withdrawn_bilan_waits_for_a_new_edition(claire, siege, read):
    BilanFactory(prefecture=siege.prefecture, is_withdrawn=True)

    text, links = read(claire)

    assert "Le bilan 2018 a été retiré le 8 mars 2019 : une nouvelle édition reste à préparer" in text
    assert links == {"Préparer le bilan 2018": "/agents/bouches-du-rhone/bilans/2018/"}


def test_nothing_waits_once_all_is_published(claire, siege, read):
    figures_of(siege, 2018)
    BilanFactory(prefecture=siege.prefecture, is_published=True)

    text, links = read(claire)

    assert "Rien ne vous attend : tous les bilans sont publiés." in text
    assert links == {
        "Tableau de bord 2018": "/agents/bouches-du-rhone/indicateurs/2018/",
        "Bilan 2018": "/bouches-du-rhone/bilans/2018/",
    }


def test_before_the_first_figures_the_quality_manager_is_led_to_the_next_step(claire, read):
    text, links = read(claire)

    assert "se met en place (0 sur 7). Prochaine étape : les unités et les sites." in text
    assert links == {
        "Décrire les unités": "/agents/bouches-du-rhone/organisation/unites/",
        "Voir les premiers pas": "/agents/bouches-du-rhone/organisation/premiers-pas/",
    }


def test_each_step_that_is_done_leads_to_the_next(claire, accueil, read):
    text, links = read(claire)

    assert "(2 sur 7). Prochaine étape : les référents." in text
    assert list(links) == ["Inviter les référents", "Voir les premiers pas"]


def test_the_previous_year_printed_beside_makes_no_bilan(claire, siege, read):
    source = FigureImportFactory(prefecture=siege.prefecture, year=2018)
    figures_of(siege, 2017, 2018, source=source, source_row=2)

    _, links = read(claire)

    assert sorted(links) == ["Préparer le bilan 2018", "Tableau de bord 2018"]


@pytest.mark.parametrize("name", ["rachid", "basile", "odile"])
def test_those_who_read_find_the_board_and_what_is_published(name, siege, read, request):
    figures_of(siege, 2018, 2019)
    BilanFactory(prefecture=siege.prefecture, year=2018, is_published=True)
    BilanFactory(prefecture=siege.prefecture, year=2019)

    text, links = read(request.getfixturevalue(name))

    assert "Rien n’attend d’action de votre part aujourd’hui." in text
    assert links == {
        "Tableau de bord 2019": "/agents/bouches-du-rhone/indicateurs/2019/",
        "Bilan 2018": "/bouches-du-rhone/bilans/2018/",
    }


@pytest.mark.parametrize("name", ["helene", "ines", "rachid", "basile", "claire"])
def test_what_directions_read_and_the_last_flash_info_are_one_click_away(name, siege, read, request):
    indicator = IndicatorFactory()
    for month in (3, 4):
        MonthFactory(service=ServiceFactory(unit=siege), indicator=indicator, year=2020, month=month)
        FlashFactory(prefecture=siege.prefecture, month=datetime.date(2020, month - 1, 1))

    _, links = read(request.getfixturevalue(name))

    assert links["Direction, avril 2020"] == "/agents/bouches-du-rhone/indicateurs/direction/2020-04/"
    assert links["Flash info, mars 2020"] == "/agents/bouches-du-rhone/espace-qualite/flash/2020-03/"


def test_a_month_that_is_not_over_is_not_yet_what_directions_read(siege, helene, read):
    today = siege.prefecture.today()
    MonthFactory(
        service=ServiceFactory(unit=siege), indicator=IndicatorFactory(), year=today.year, month=today.month
    )

    _, links = read(helene)

    last = today.replace(day=1) - datetime.timedelta(days=1)
    assert f"/agents/bouches-du-rhone/indicateurs/direction/{last:%Y-%m}/" in links.values()


@pytest.mark.parametrize("name", ["helene", "ines"])
def test_direction_and_auditor_find_the_signed_bilan_before_its_publication(name, siege, read, request):
    BilanFactory(prefecture=siege.prefecture, year=2019)

    text, links = read(request.getfixturevalue(name))

    assert "Pas encore publié, arrêté le 5 mars 2019" in text
    assert links == {"Bilan 2019": "/agents/bouches-du-rhone/bilans/2019/editions/1/"}


def test_those_who_read_learn_that_there_is_nothing_yet(helene, read):
    text, links = read(helene)

    assert "Aucun chiffre n’est encore enregistré pour cette préfecture." in text
    assert links == {}


def test_the_administrator_finds_the_prefectures_and_the_norm(paul, read, prefecture, elsewhere):
    text, links = read(paul)

    assert "2 préfectures dans l’installation." in text
    assert links == {
        "Voir les préfectures": "/agents/installation/prefectures/",
        "Relire les référentiels": reverse("referentiels"),
    }


def test_the_administrator_of_an_empty_installation_adds_the_first_prefecture(paul, read):
    text, links = read(paul)

    assert "Aucune préfecture n’est encore créée : c’est la première chose à faire." in text
    assert links["Ajouter une préfecture"] == "/agents/installation/prefectures/ajouter/"


def test_who_holds_nothing_learns_whom_to_ask(db, read):
    text, links = read(AgentFactory())

    assert "Demandez à la personne responsable de la qualité dans votre préfecture" in text
    assert links == {}


def test_an_auditor_whose_time_is_over_learns_whom_to_ask(ines, read):
    ines.memberships.update(ends_on="2018-12-31")

    text, _ = read(ines)

    assert "de prolonger votre accès s’il était daté" in text


def test_each_prefecture_has_its_own_desk(claire, siege, elsewhere, read):
    MembershipFactory(agent=claire, prefecture=elsewhere, role=Role.DIRECTOR)
    figures_of(siege, 2018)
    figures_of(UnitFactory(prefecture=elsewhere), 2020)

    text, links = read(claire)

    assert "responsable qualité" in text
    assert "direction" in text
    assert links == {
        "Préparer le bilan 2018": "/agents/bouches-du-rhone/bilans/2018/",
        "Tableau de bord 2018": "/agents/bouches-du-rhone/indicateurs/2018/",
        "Tableau de bord 2020": "/agents/bas-rhin/indicateurs/2020/",
    }


def test_nothing_of_another_prefecture_is_read(claire, elsewhere, siege, read):
    figures_of(UnitFactory(prefecture=elsewhere), 2020)
    BilanFactory(prefecture=elsewhere, year=2020, is_published=True)

    text, links = read(claire)

    assert "2020" not in text
    assert not any("bas-rhin" in url for url in links.values())


@pytest.mark.parametrize("count", [1, 3])
def test_the_home_costs_the_same_for_one_prefecture_and_for_three(
    count, db, client_of, django_assert_num_queries
):
    agent = AgentFactory()
    for _ in range(count):
        prefecture = MembershipFactory(agent=agent).prefecture
        figures_of(UnitFactory(prefecture=prefecture), *range(2018, 2018 + count))
        BilanFactory(prefecture=prefecture, is_published=True)
    browser = client_of(agent)

    # session, agent, memberships, years with figures, bilans, documents, imports, flash infos, what failed,
    # actions, duties, cases, malfunctions, who follows months
    with django_assert_num_queries(14):
        browser.get(HOME)


def test_a_deposited_document_waits_for_who_publishes(claire, basile, prefecture, elsewhere, read):
    BilanFactory(prefecture=prefecture, is_published=True)
    DocumentFactory(prefecture=prefecture, number=1)
    DocumentFactory(prefecture=prefecture, number=2, is_published=True)
    DocumentFactory(prefecture=elsewhere)

    text, links = read(claire)

    assert "Un document est déposé : il reste à le relire et à le publier." in text
    assert links["Ouvrir l’Espace Qualité"] == "/agents/bouches-du-rhone/espace-qualite/"
    assert "Rien ne vous attend" not in text
    assert "document est déposé" not in read(basile)[0]


def test_a_table_that_was_brought_waits_for_who_imports(claire, basile, prefecture, elsewhere, read):
    waiting = {"state": "reading", "stored_as": "imports/essai", "imported_at": None}
    FigureImportFactory(prefecture=prefecture, **waiting)
    FigureImportFactory(prefecture=prefecture)
    FigureImportFactory(prefecture=elsewhere, **waiting)

    text, links = read(claire)

    assert "Un tableau est déposé : il reste à le vérifier et à l’importer." in text
    assert links["Ouvrir les imports"] == "/agents/bouches-du-rhone/indicateurs/imports/"
    assert "tableau est déposé" not in read(basile)[0]


def test_the_quality_manager_finds_the_months_that_are_late_and_those_to_validate(db, read):
    world = Monthly()
    world.schedule.first_month = MARCH
    world.schedule.save()
    world.suspend(datetime.date(2020, 4, 1), None)
    entry.save(world.services[0], MARCH, world.whole, by=world.referent)
    returns.send(world.services[0], MARCH, by=world.referent)

    (own, links), (others, _) = read(world.manager), read(world.referent)

    assert "Un mois d’un service est en retard" in own
    assert "Mars 2020 : un service a transmis ses chiffres, à relire et à valider." in own
    assert links["Valider mars 2020"].endswith("/indicateurs/suivi/2020-03/")
    assert "est en retard" not in others


def test_the_register_says_what_is_due_and_leads_there(claire, rachid, helene, accueil, arles, read):
    today, here = accueil.unit.prefecture.today(), "/agents/bouches-du-rhone/affaires/liste/"
    bureau = ServiceFactory(unit=arles)
    clock = {"allowed_days": 10, "service": accueil, "unit": accueil.unit}
    CaseFactory(due_on=today - datetime.timedelta(1), **clock)
    CaseFactory.create_batch(2, due_on=today, asked_service=bureau, **clock)
    CaseFactory(unit=arles)
    CaseFactory(due_on=today, allowed_days=10)

    (own, links), (others, asked) = read(claire), read(rachid)

    assert "1 en retard 2 à répondre aujourd’hui 2 à répondre cette semaine 1 sans service" in own
    assert "Rien ne vous attend" not in own
    assert links["2 à répondre aujourd’hui"] == f"{here}aujourd-hui/"
    assert "en retard" not in others
    assert asked["2 où votre contribution est demandée"] == f"{here}en-attente/?asked=own"
    assert "Courriers, courriels et réclamations" not in read(helene)[0]
