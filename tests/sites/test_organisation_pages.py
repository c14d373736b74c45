"""The pages of the organisation, as a quality manager and an administrator use them."""

import datetime
import re

import pytest
from django.utils.html import strip_tags

from sheets.reading import read_table
from sites.models import Closure, Membership, Prefecture, Service, Site, TraceEntry, Unit
from tests.factories import (
    AdoptionFactory,
    AgentFactory,
    ClosureFactory,
    MembershipFactory,
    ServiceFactory,
    SiteFactory,
    UnitFactory,
)

HERE = "/agents/bouches-du-rhone/organisation/"
PREFECTURES = "/agents/installation/prefectures/"


def words(response):
    """What one reads in the page, spaces made plain."""
    page = response.content.decode()
    main = page[page.index("<main") : page.index("</main>")]
    return re.sub(r"\s+", " ", strip_tags(main).replace("&nbsp;", " ")).strip()


def cells(response):
    body = re.search(r"<tbody[^>]*>(.*?)</tbody>", response.content.decode(), re.DOTALL)[1]
    rows = re.findall(r"<tr[^>]*>(.*?)</tr>", body, re.DOTALL)
    return [
        [strip_tags(cell).strip() for cell in re.findall(r"<td[^>]*>(.*?)</td>", row, re.DOTALL)]
        for row in rows
    ]


def seen(response):
    return re.search(r'name="seen"[^>]*?value="([^"]*)"', response.content.decode())[1]


def fill_in(browser, url, **typed):
    """Open a form, fill it in, send it, and follow where it leads."""
    page = browser.get(url)
    assert page.status_code == 200
    version = re.search(r'name="seen"[^>]*?value="([^"]*)"', page.content.decode())
    return browser.post(url, {"seen": version[1] if version else "", **typed}, follow=True)


# --- the installation --------------------------------------------------------------------------------------


def test_an_administrator_creates_a_prefecture_from_its_code_and_its_names(paul, client_of):
    typed = {
        "code": "67",
        "name": "Préfecture du Bas-Rhin",
        "territory": "Bas-Rhin",
        "state_title": "Préfet du Bas-Rhin",
        "good_friday_is_off": "on",
    }

    page = fill_in(client_of(paul), PREFECTURES + "ajouter/", **typed)

    row = Prefecture.objects.get()
    assert (row.zone, row.time_zone, row.slug, row.good_friday_is_off) == (
        "alsace-moselle",
        "Europe/Paris",
        "bas-rhin",
        True,
    )
    assert page.redirect_chain == [("/agents/bas-rhin/organisation/", 302)]
    assert "Préfecture du Bas-Rhin est créée. Invitez sa personne responsable de la qualité." in words(page)
    assert "Aucun responsable qualité. Inviter un agent" in words(page)
    last = TraceEntry.objects.get(event="wrote")
    assert (last.agent, last.prefecture) == (paul, row)


@pytest.mark.parametrize(("typed", "kept"), [("1", "01"), ("2a", "2A"), (" 974 ", "974")])
def test_a_code_is_kept_as_it_is_officially_written(typed, kept, paul, client_of):
    fill_in(
        client_of(paul), PREFECTURES + "ajouter/", code=typed, name="N", territory="Ici", state_title="Préfet"
    )

    assert Prefecture.objects.get().code == kept


@pytest.mark.parametrize("code", ["99", "xx", "0", "20x", ""])
def test_a_code_of_nowhere_is_refused_and_the_rest_is_kept(code, paul, client_of):
    page = fill_in(
        client_of(paul),
        PREFECTURES + "ajouter/",
        code=code,
        name="Préfecture d’ailleurs",
        territory="Ailleurs",
    )

    assert "<title>Erreur&nbsp;: Ajouter une préfecture" in page.content.decode()
    assert 'value="Préfecture d’ailleurs"' in page.content.decode()
    assert not Prefecture.objects.exists()


def test_two_prefectures_have_neither_the_same_code_nor_the_same_address(prefecture, paul, client_of):
    page = fill_in(
        client_of(paul),
        PREFECTURES + "ajouter/",
        code="13",
        slug="bouches-du-rhone",
        name="N",
        territory="T",
        state_title="Préfet",
    )

    assert "Une préfecture de l’installation porte déjà ce code." in words(page)
    assert "Une préfecture de l’installation a déjà cette adresse." in words(page)


@pytest.mark.parametrize("territory", ["Agents", "Static", "Installation"])
def test_a_proposed_address_is_none_of_ours(territory, paul, client_of):
    page = fill_in(
        client_of(paul),
        PREFECTURES + "ajouter/",
        code="13",
        name="N",
        territory=territory,
        state_title="Préfet",
    )

    assert "Cette adresse est réservée à l&#x27;application." in page.content.decode()
    assert not Prefecture.objects.exists()


def test_a_territory_of_signs_alone_asks_for_an_address(paul, client_of):
    page = fill_in(
        client_of(paul), PREFECTURES + "ajouter/", code="13", name="N", territory="???", state_title="Préfet"
    )

    assert page.status_code == 200
    assert not Prefecture.objects.exists()


def test_the_prefectures_are_a_list(paul, client_of, prefecture, elsewhere):
    page = client_of(paul).get(PREFECTURES, {"q": "rhin"})

    assert cells(page) == [
        ["67", "Préfecture du Bas-Rhin", "Bas-Rhin", "bas-rhin", "Métropole", "Europe/Paris", "Ouvrir"]
    ]


def test_the_administrator_corrects_the_address_of_a_prefecture(paul, client_of, prefecture):
    url = PREFECTURES + "bouches-du-rhone/"
    typed = {"code": "13", "slug": "bdr", "name": "N", "territory": "T", "state_title": "Préfet"}

    page = fill_in(client_of(paul), url, zone="metropole", time_zone="Europe/Paris", **typed)

    prefecture.refresh_from_db()
    assert (prefecture.slug, page.status_code) == ("bdr", 200)


# --- the préfecture ----------------------------------------------------------------------------------------


def test_the_quality_manager_keeps_the_sheet_but_neither_the_code_nor_the_address(browser, prefecture):
    fill_in(
        browser,
        HERE + "fiche/",
        name="Préfecture de région",
        territory="Bouches-du-Rhône",
        state_title="Préfet de région",
        zone="metropole",
        time_zone="Europe/Paris",
        code="67",
        slug="ailleurs",
    )

    prefecture.refresh_from_db()
    assert (prefecture.name, prefecture.code, prefecture.slug) == (
        "Préfecture de région",
        "13",
        "bouches-du-rhone",
    )


def test_an_empty_prefecture_says_what_is_missing(browser):
    page = words(browser.get(HERE))

    assert "Aucun siège. Ajouter une unité" in page
    assert "Aucune sous-préfecture, si le territoire en a. Ajouter une unité" in page
    assert "Aucun référentiel suivi." in page


def test_the_overview_shows_units_services_sites_and_referents(browser, siege, arles, accueil, rachid):
    desk = ServiceFactory(unit=siege, parent=accueil, short_name="GUICHET", name="Guichet unique")
    desk.sites.add(SiteFactory(unit=siege, name="Saint-Sébastien"))
    gone = AgentFactory(full_name="Alix Ancien", is_active=False)
    MembershipFactory(agent=gone, prefecture=siege.prefecture, role=Membership.Role.REFERENT, unit=siege)
    past = AgentFactory(full_name="Dominique Passé")
    MembershipFactory(
        agent=past,
        prefecture=siege.prefecture,
        role=Membership.Role.REFERENT,
        service=accueil,
        ends_on=datetime.date(2020, 1, 1),
    )
    deputy = AgentFactory(full_name="Anna Adjointe")
    MembershipFactory(
        agent=deputy,
        prefecture=siege.prefecture,
        role=Membership.Role.REFERENT,
        unit=rachid.memberships.get().unit,
        is_deputy=True,
    )
    AdoptionFactory(prefecture=siege.prefecture)

    page = words(browser.get(HERE))

    assert "Responsable qualité : Claire Martin." in page
    assert "Siège Aucun référent pour l’ensemble de l’unité. Site : Saint-Sébastien." in page
    assert "BA, Bureau de l’accueil GUICHET, Guichet unique Saint-Sébastien" in page
    assert "Sous-préfecture d’Arles Référents : Rachid Benali, Anna Adjointe (suppléant)." in page
    assert "Siège : aucun référent qualité." in page
    assert "Sous-préfecture d’Arles : aucun service." in page
    assert "Alix Ancien" not in page
    assert "Dominique Passé" not in page
    assert "Aucun référentiel suivi" not in page


def test_the_overview_costs_the_same_whatever_the_size(browser, siege, django_assert_num_queries):
    ServiceFactory(unit=siege)
    # session, agent, memberships; units and their sites, services and theirs, référents, référentiel
    with django_assert_num_queries(9):
        browser.get(HERE)
    for _ in range(3):
        unit = UnitFactory(prefecture=siege.prefecture)
        parent = ServiceFactory(unit=unit)
        for _ in range(3):
            ServiceFactory(unit=unit, parent=parent).sites.add(SiteFactory(unit=unit))
    with django_assert_num_queries(9):
        browser.get(HERE)


# --- units and sites ---------------------------------------------------------------------------------------


def test_the_first_unit_is_proposed_as_the_siege(browser, prefecture):
    assert '<option value="headquarters" selected>' in browser.get(HERE + "unites/ajouter/").content.decode()


def test_a_unit_is_added_with_its_old_names_one_a_line(browser, siege):
    page = fill_in(
        browser,
        HERE + "unites/ajouter/",
        kind="subprefecture",
        name="Sous-préfecture d’Istres",
        short_name="Istres",
        position="3",
        aliases="SP Istres\r\n\r\n  Istres   (13) \r\nSP Istres",
    )

    assert Unit.objects.get(short_name="Istres").aliases == ["SP Istres", "Istres (13)"]
    assert "L’unité « Sous-préfecture d’Istres » est ajoutée." in words(page)


@pytest.mark.parametrize(
    "odd",
    [
        {"position": "99999999999"},
        {"position": "-1"},
        {"name": " "},
        {"name": "n" * 121},
        {"kind": "prison"},
        {"aliases": "a\n" * 10 + "\n".join(str(n) for n in range(60))},
        {"aliases": "a" * 121},
    ],
)
def test_what_a_unit_cannot_hold_is_explained(odd, browser, prefecture):
    typed = {"kind": "headquarters", "name": "Siège", "short_name": "Siège", "position": "0"}

    page = fill_in(browser, HERE + "unites/ajouter/", **typed | odd)

    assert page.status_code == 200
    assert "<title>Erreur" in page.content.decode()
    assert not Unit.objects.exists()


def test_a_second_siege_is_refused_and_what_was_typed_stays(browser, siege):
    page = fill_in(
        browser, HERE + "unites/ajouter/", kind="headquarters", name="Annexe", short_name="An", position="1"
    )

    assert "La préfecture a déjà un siège." in words(page)
    assert 'value="Annexe"' in page.content.decode()
    assert "<title>Erreur" in page.content.decode()


def test_a_unit_that_holds_something_is_not_deleted_and_an_empty_one_is(browser, siege, arles):
    ServiceFactory(unit=siege)

    refused = browser.post(f"{HERE}unites/{siege.pk}/supprimer/")
    browser.post(f"{HERE}unites/{arles.pk}/supprimer/")

    assert "En dépendent : 1 service." in words(refused)
    assert list(Unit.objects.all()) == [siege]


def test_a_site_stands_in_a_unit_of_the_prefecture(browser, siege):
    stranger = UnitFactory()

    refused = fill_in(browser, HERE + "sites/ajouter/", unit=stranger.pk, name="Ailleurs")
    fill_in(browser, HERE + "sites/ajouter/", unit=siege.pk, name="Peytral", address="2 rue\nMarseille")

    assert "Sélectionnez un choix valide." in words(refused)
    assert Site.objects.get().unit == siege


def test_a_form_opened_from_a_unit_proposes_it(browser, siege, arles):
    page = browser.get(HERE + "sites/ajouter/", {"unite": arles.pk}).content.decode()
    odd = browser.get(HERE + "sites/ajouter/", {"unite": "x"})

    assert f'<option value="{arles.pk}" selected>' in page
    assert odd.status_code == 200


def test_two_who_edit_a_unit_both_see_what_the_other_wrote(browser, client_of, siege):
    url = f"{HERE}unites/{siege.pk}/"
    other = AgentFactory(full_name="Nora Petit")
    MembershipFactory(agent=other, prefecture=siege.prefecture)
    typed = {"kind": "headquarters", "short_name": "Siège", "position": "0"}
    version = seen(browser.get(url))
    fill_in(client_of(other), url, name="Préfecture", **typed)

    page = browser.post(url, {"seen": version, "name": "Siège central", **typed})
    shown, raw = words(page), page.content.decode()

    assert page.status_code == 409
    assert "Votre saisie n’est pas encore enregistrée Nora Petit a enregistré cette page" in shown
    assert "Nom : « Préfecture » est enregistré, vous avez écrit « Siège central »." in shown
    assert 'value="Siège central"' in raw

    browser.post(url, {"seen": seen(page), "name": "Siège central", **typed})
    assert Unit.objects.get().name == "Siège central"


def test_who_renames_a_service_sees_the_change_that_a_colleague_has_just_planned(browser, client_of, accueil):
    url = f"{HERE}services/{accueil.pk}/renommer/"
    other = AgentFactory(full_name="Nora Petit")
    MembershipFactory(agent=other, prefecture=accueil.unit.prefecture)
    version = seen(browser.get(url))
    fill_in(client_of(other), url, starts_on="2045-01-01", name="Usagers", short_name="BU")

    page = browser.post(
        url, {"seen": version, "starts_on": "2046-01-01", "name": "Guichets", "short_name": "BG"}
    )

    assert page.status_code == 409
    assert "Nora Petit a enregistré cette page" in words(page)
    assert 'value="2046-01-01"' in page.content.decode()


# --- services ----------------------------------------------------------------------------------------------


def test_a_service_is_added_and_opens_its_page(browser, siege, accueil):
    site = SiteFactory(unit=siege)

    page = fill_in(
        browser,
        HERE + "services/ajouter/",
        unit=siege.pk,
        name="Guichet unique",
        short_name="GU",
        parent=accueil.pk,
        sites=[site.pk],
    )

    row = Service.objects.get(short_name="GU")
    assert (row.parent, list(row.sites.all())) == (accueil, [site])
    assert page.redirect_chain == [(f"{HERE}services/{row.pk}/", 302)]


def test_a_service_is_renamed_on_a_past_day(browser, accueil):
    page = fill_in(
        browser,
        f"{HERE}services/{accueil.pk}/renommer/",
        starts_on="2021-01-01",
        name="Bureau des usagers",
        short_name="BU",
    )

    text = words(page)
    assert "Le changement prend effet le 01/01/2021 : « BU »." in text
    assert "Depuis le 1er janvier 2021 Aujourd’hui BU, Bureau des usagers" in text
    assert "Jusqu’au 31 décembre 2020 BA, Bureau de l’accueil" in text


def test_a_change_to_come_is_shown_and_may_be_cancelled(browser, accueil):
    url = f"{HERE}services/{accueil.pk}/"
    fill_in(browser, url + "renommer/", starts_on="2045-01-01", name="Bureau des usagers", short_name="BU")
    change = accueil.designations.get(starts_on__isnull=False)

    before = words(browser.get(url))
    after = words(fill_in(browser, f"{url}changements/{change.pk}/annuler/"))

    assert "Depuis le 1er janvier 2045 À venir BU" in before
    assert "Le changement du 01/01/2045 est annulé." in after
    assert "BU" not in after


@pytest.mark.parametrize("day", ["", "hier", "3202-01-01", "1066-10-14", "2021-02-30"])
def test_a_day_that_makes_no_sense_is_explained_and_what_was_typed_stays(day, browser, accueil):
    page = fill_in(
        browser,
        f"{HERE}services/{accueil.pk}/renommer/",
        starts_on=day,
        name="Bureau des usagers",
        short_name="BU",
    )

    assert page.status_code == 200
    assert 'value="Bureau des usagers"' in page.content.decode()
    assert not accueil.designations.exists()


def test_a_loop_is_refused_beside_its_field(browser, siege, accueil):
    child = ServiceFactory(unit=siege, parent=accueil)

    page = fill_in(
        browser, f"{HERE}services/{accueil.pk}/corriger/", name="N", short_name="BA", parent=child.pk
    )

    assert "Un service ne peut pas être rattaché à un service qui en dépend." in words(page)


def test_a_service_ends_and_the_end_is_taken_back(browser, accueil):
    url = f"{HERE}services/{accueil.pk}/fin/"

    ended = words(fill_in(browser, url, ends_on="2024-12-31"))
    fill_in(browser, url, ends_on="")

    assert "Dernier jour du service : 31/12/2024." in ended
    assert Service.objects.get().ends_on is None


def test_the_services_of_a_day_are_listed_under_the_names_of_that_day(browser, siege, accueil):
    url = f"{HERE}services/{accueil.pk}/renommer/"
    ServiceFactory(unit=siege, short_name="CAB", name="Cabinet", ends_on=datetime.date(2022, 12, 31))
    fill_in(browser, url, starts_on="2021-01-01", name="Usagers", short_name="BU")

    now = cells(browser.get(HERE + "services/"))
    then = cells(browser.get(HERE + "services/", {"on": "2019-06-01"}))
    later = cells(browser.get(HERE + "services/", {"on": "2023-06-01", "q": "accueil"}))

    assert now == [
        ["BU", "Usagers", "Siège", "", "", ""],
        ["CAB", "Cabinet", "Siège", "", "", "31/12/2022"],
    ]
    assert then == [
        ["BA", "Bureau de l’accueil", "Siège", "", "", ""],
        ["CAB", "Cabinet", "Siège", "", "", "31/12/2022"],
    ]
    assert later == [["BU", "Usagers", "Siège", "", "", ""]]


@pytest.mark.parametrize("kind", ["csv", "ods", "xlsx"])
def test_the_services_of_a_day_go_out_as_they_are_shown(kind, browser, accueil, tmp_path):
    url = f"{HERE}services/{accueil.pk}/renommer/"
    fill_in(browser, url, starts_on="2021-01-01", name="Usagers", short_name="BU")

    response = browser.get(HERE + "services/", {"on": "2019-06-01", "export": kind})

    (tmp_path / "services").write_bytes(response.content)
    rows = [dict(row.cells) for row in read_table(tmp_path / "services")]
    assert [(row["sigle"], row["nom"]) for row in rows] == [("BA", "Bureau de l’accueil")]


@pytest.mark.parametrize("page", ["unites/", "sites/", "services/"])
def test_a_list_costs_the_same_whatever_its_length(page, browser, siege, django_assert_max_num_queries):
    def grow(count):
        for _ in range(count):
            unit = UnitFactory(prefecture=siege.prefecture)
            service = ServiceFactory(unit=unit)
            service.sites.add(SiteFactory(unit=unit))

    def queries():
        with django_assert_max_num_queries(50) as captured:
            browser.get(HERE + page)
        return len(captured)

    grow(1)
    few = queries()
    grow(3)
    assert queries() == few


# --- closures ----------------------------------------------------------------------------------------------


def test_the_year_shows_what_counts_and_what_does_not(browser, prefecture, siege):
    ClosureFactory(
        prefecture=prefecture,
        starts_on="2026-05-15",
        ends_on="2026-05-17",
        stops_the_clock=True,
        reason="pont",
    )
    ClosureFactory(
        prefecture=prefecture,
        site=SiteFactory(unit=siege, name="Peytral"),
        starts_on="2026-07-01",
        ends_on="2026-07-02",
        reason="travaux",
    )

    page = browser.get(HERE + "fermetures/", {"annee": "2026"})

    rows = {row[2]: row for row in cells(page)}
    assert rows["Ascension"][3:] == ["jour férié", "toute la préfecture", "ne compte pas dans les délais"]
    assert rows["Assomption"][5] == "sans effet\xa0: un samedi"
    assert rows["pont"] == [
        "15/05/2026",
        "17/05/2026",
        "pont",
        "fermeture",
        "toute la préfecture",
        "ne compte pas dans les délais (1 jour ouvré)",
    ]
    assert rows["travaux"][3:] == ["fermeture", "Peytral", "compte dans les délais"]
    assert "2026 compte 251 jours ouvrés" in words(page)


@pytest.mark.parametrize("year", ["1999", "2051", "x", "9" * 30, "02018" + "0" * 5000, "-1", "²"])
def test_a_year_outside_the_calendar_shows_this_year(year, browser, prefecture):
    page = browser.get(HERE + "fermetures/", {"annee": year})

    assert f"Jours fériés et fermetures {prefecture.today().year}" in words(page)


def test_a_closure_is_added_changed_and_deleted(browser, prefecture):
    typed = {"starts_on": "2026-12-24", "ends_on": "2026-12-24", "reason": "veille de Noël"}
    added = fill_in(browser, HERE + "fermetures/ajouter/", stops_the_clock="on", **typed)
    row = Closure.objects.get()
    overlap = fill_in(browser, HERE + "fermetures/ajouter/", **typed)
    backwards = fill_in(browser, f"{HERE}fermetures/{row.pk}/", **typed | {"ends_on": "2026-12-01"})
    fill_in(browser, f"{HERE}fermetures/{row.pk}/", **typed)
    row.refresh_from_db()
    changed = row.stops_the_clock
    browser.post(f"{HERE}fermetures/{row.pk}/supprimer/")

    assert "La fermeture « veille de Noël » est ajoutée." in words(added)
    assert "couvre déjà une partie de ces jours." in words(overlap)
    assert "La date de fin doit être égale ou postérieure à la date de début." in words(backwards)
    assert not changed
    assert not Closure.objects.exists()


# --- strangers ---------------------------------------------------------------------------------------------


def addresses(slug, unit, site, service, closure):
    here = f"/agents/{slug}/organisation/"
    return [
        here,
        here + "fiche/",
        f"{here}unites/{unit.pk}/",
        f"{here}unites/{unit.pk}/supprimer/",
        f"{here}sites/{site.pk}/",
        f"{here}sites/{site.pk}/supprimer/",
        *(
            f"{here}services/{service.pk}/{page}"
            for page in ("", "corriger/", "renommer/", "fin/", "supprimer/")
        ),
        f"{here}fermetures/{closure.pk}/",
        f"{here}fermetures/{closure.pk}/supprimer/",
    ]


@pytest.mark.parametrize("method", ["get", "post"])
def test_what_is_another_prefectures_does_not_exist_even_under_ones_own_address(
    method, prefecture, elsewhere, siege, zoe, client_of
):
    service = ServiceFactory(unit=siege)
    theirs = (siege, SiteFactory(unit=siege), service, ClosureFactory(prefecture=prefecture))
    browser = client_of(zoe)

    under_theirs = addresses("bouches-du-rhone", *theirs)
    under_hers = addresses("bas-rhin", *theirs)[2:]

    answers = {url: getattr(browser, method)(url).status_code for url in under_theirs + under_hers}
    read_only = [under_theirs[0], *(url for url in answers if url.endswith(f"services/{service.pk}/"))]
    expected = dict.fromkeys(answers, 404) | (dict.fromkeys(read_only, 405) if method == "post" else {})
    assert answers == expected
    assert (Unit.objects.count(), Service.objects.count(), Closure.objects.count()) == (1, 1, 1)


def test_lists_filters_and_choices_hold_nothing_of_another_prefecture(browser, prefecture, elsewhere):
    unit = UnitFactory(prefecture=elsewhere, name="Sous-préfecture secrète")
    service = ServiceFactory(unit=unit, name="Bureau secret", short_name="SECRET")
    SiteFactory(unit=unit, name="Site secret")
    ClosureFactory(prefecture=elsewhere, reason="fermeture secrète")
    mine = ServiceFactory(unit__prefecture=prefecture)

    pages = ["", "unites/", "sites/", "services/", "fermetures/?annee=2018", "fermetures/ajouter/"]
    pages += ["sites/ajouter/", "services/ajouter/", f"services/{mine.pk}/renommer/"]
    for page in pages:
        text = browser.get(HERE + page).content.decode().lower()
        assert "secr" not in text, page
    posted = fill_in(
        browser, f"{HERE}services/{mine.pk}/corriger/", name="N", short_name="S", parent=service.pk
    )
    assert "Sélectionnez un choix valide." in words(posted)


def test_a_prefecture_is_set_up_from_nothing_by_its_pages_alone(elsewhere, zoe, client_of):
    browser, here = client_of(zoe), "/agents/bas-rhin/organisation/"

    fill_in(
        browser, here + "unites/ajouter/", kind="headquarters", name="Siège", short_name="Siège", position="0"
    )
    siege = Unit.objects.get()
    fill_in(browser, here + "sites/ajouter/", unit=siege.pk, name="Place Broglie")
    fill_in(browser, here + "services/ajouter/", unit=siege.pk, name="Accueil", short_name="ACC")
    MembershipFactory(prefecture=elsewhere, role="referent", unit=siege, agent__full_name="Léo Braun")

    page = words(browser.get(here))
    assert "Référent : Léo Braun. Site : Place Broglie. ACC, Accueil" in page
    steps = words(browser.get(here + "premiers-pas/"))
    assert "Étapes faites : 3 sur 7" in steps
    assert "Le référentiel À faire maintenant" in steps


def test_the_first_steps_lead_an_administrator_to_no_figure(paul, client_of, prefecture):
    page = client_of(paul).get(HERE + "premiers-pas/").content.decode()

    assert "/indicateurs/" not in page[page.index("<main") :]


HOSTILE = ["", "\x00", "a" * 5000, "-1", "9" * 40, "²", "1e9", "0001-01-01", "'\"><b>", "😀"]


@pytest.mark.parametrize("value", HOSTILE)
def test_no_value_breaks_a_form(value, browser, paul, client_of, organised, prefecture):
    forms = [
        "fiche/",
        "unites/ajouter/",
        "unites/9001/",
        "sites/ajouter/",
        "sites/9002/",
        "services/ajouter/",
    ]
    forms += [f"services/9003/{page}/" for page in ("corriger", "renommer", "fin")]
    forms += ["services/9003/changements/9004/annuler/", "fermetures/ajouter/", "fermetures/9005/"]
    urls = [(browser, HERE + form) for form in forms]
    urls += [(client_of(paul), PREFECTURES + page) for page in ("ajouter/", "bouches-du-rhone/")]

    for client, url in urls:
        page = client.get(url)
        names = set(re.findall(r'name="(\w+)"', page.content.decode())) - {"csrfmiddlewaretoken"}
        typed = dict.fromkeys(names, value)
        read = typed | ({"seen": seen(page)} if "9" in url or "fiche" in url else {"seen": ""})
        for data in (typed, read):
            assert client.post(url, data).status_code < 500, (url, data)
