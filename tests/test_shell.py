"""What surrounds every page: the State's block, the menu, who is signed in."""

import re

import pytest
from django.contrib.staticfiles import finders
from django.core.paginator import Paginator
from django.template.loader import render_to_string
from django.urls import reverse

from qualepref.templatetags.marianne import on_lines
from sites.models import Membership
from tests.factories import AgentFactory, MembershipFactory, PrefectureFactory

Role = Membership.Role


def menu_of(response):
    nav = re.search(r'<nav class="fr-nav".*?</nav>', response.content.decode(), re.DOTALL)
    entries = re.findall(r'href="([^"]*)"(?: aria-current="(\w+)")?>([^<]*)</a>', nav[0])
    return {label: (url, current) for url, current, label in entries}


@pytest.mark.parametrize(
    ("title", "lines"),
    [
        ("Préfet des Bouches-du-Rhône", "Préfet<br>des Bouches-<br>du-Rhône"),
        ("République Française", "République<br>Française"),
        ("Préfète de la Loire-Atlantique", "Préfète<br>de la Loire-<br>Atlantique"),
        ("Préfet du Nord", "Préfet<br>du Nord"),
        ("Préfet de l’Ain", "Préfet<br>de l’Ain"),
        ("Préfet", "Préfet"),
        ("Préfet <script>", "Préfet<br>&lt;script&gt;"),
    ],
)
def test_the_block_of_the_state_breaks_as_its_charter_does(title, lines):
    assert on_lines(title) == lines


def test_the_menu_of_an_agent_points_to_the_only_prefecture_even_outside_it(claire, client_of):
    menu = menu_of(client_of(claire).get("/agents/"))

    assert menu == {
        "À faire": ("/agents/", "page"),
        "Indicateurs": ("/agents/bouches-du-rhone/indicateurs/", ""),
        "Courriers, courriels et réclamations": ("/agents/bouches-du-rhone/affaires/", ""),
        "Amélioration": ("/agents/bouches-du-rhone/amelioration/actions/", ""),
        "Espace Qualité": ("/agents/bouches-du-rhone/espace-qualite/", ""),
        "Référentiels": ("/agents/referentiels/", ""),
        "Organisation": ("/agents/bouches-du-rhone/organisation/", ""),
    }


def test_the_menu_says_where_one_is_and_which_subject_one_is_in(claire, client_of):
    browser = client_of(claire)

    on_it = menu_of(browser.get("/agents/bouches-du-rhone/espace-qualite/"))
    below = menu_of(browser.get("/agents/bouches-du-rhone/bilans/2018/"))

    assert [entry for entry, (_, current) in on_it.items() if current == "page"] == ["Espace Qualité"]
    assert {entry: current for entry, (_, current) in below.items() if current} == {"Espace Qualité": "true"}


def test_an_agent_of_two_prefectures_gets_the_menu_of_the_one_that_was_entered(claire, elsewhere, client_of):
    MembershipFactory(agent=claire, prefecture=elsewhere, role=Role.DIRECTOR)
    browser = client_of(claire)

    outside = menu_of(browser.get("/agents/"))
    inside = browser.get("/agents/bas-rhin/bilans/")

    assert list(outside) == ["À faire", "Référentiels"]
    assert menu_of(inside)["Indicateurs"] == ("/agents/bas-rhin/indicateurs/", "")
    assert "Préfet<br>du Bas-Rhin" in inside.content.decode()
    assert "Préfet<br>des Bouches-" not in inside.content.decode()


def test_the_header_says_who_is_signed_in_and_in_which_role(ines, paul, client_of):
    nobody = AgentFactory(full_name="Noé Sans")
    headers = [client_of(agent).get("/agents/").content.decode() for agent in (ines, paul, nobody)]

    assert "<strong>Ines Lambert</strong>, auditeur" in headers[0]
    assert "<strong>Paul Nguyen</strong>, administrateur de l&#x27;installation" in headers[1]
    assert "<strong>Noé Sans</strong>, sans affectation" in headers[2]


def test_a_name_is_text(client_of, db):
    page = client_of(AgentFactory(full_name="<script>alert(1)</script>")).get("/agents/").content.decode()

    assert "<strong>&lt;script&gt;alert(1)&lt;/script&gt;</strong>" in page


def test_the_public_pages_carry_the_block_of_their_prefecture_and_lead_to_its_home(client, db):
    PrefectureFactory(slug="ain", name="Préfecture de l'Ain", state_title="Préfet de l'Ain")

    page = client.get("/ain/").content.decode()

    assert page.count("Préfet<br>de l&#x27;Ain") == 2
    assert page.count('href="/ain/"') == 2
    assert 'class="fr-header__service-tagline">Préfecture de l&#x27;Ain<' in page


def test_an_agent_finds_the_way_back_from_the_public_pages(claire, client_of, client):
    assert "Espace des agents" in client_of(claire).get("/accessibilite/").content.decode()
    assert "Espace des agents" not in client.get("/accessibilite/").content.decode()


def test_nobody_signed_in_has_no_menu(client, db):
    page = client.get("/connexion/").content.decode()

    assert 'class="fr-nav"' not in page
    assert "Menu" not in page


@pytest.mark.parametrize("url", ["/connexion/", "/accessibilite/"])
def test_the_shell_costs_an_anonymous_visitor_no_query(url, client, db, django_assert_num_queries):
    with django_assert_num_queries(0):
        client.get(url)


@pytest.mark.parametrize("url", ["/accessibilite/", "/a/b/c", "/agents/referentiels/nulle-part/"])
def test_the_shell_costs_an_agent_one_query(url, claire, client_of, django_assert_num_queries):
    browser = client_of(claire)
    of_the_page = {"/agents/referentiels/nulle-part/": 1}.get(url, 0)

    # session, agent, memberships
    with django_assert_num_queries(3 + of_the_page):
        browser.get(url)


def test_pages_of_a_list_keep_the_other_parameters(rf):
    page = Paginator(range(100), 10).page(3)
    request = rf.get("/", {"q": "Arles", "page": "3"})

    html = render_to_string("components/pagination.html", {"page": page}, request)

    assert re.findall(r'href="([^"]*)">([^<]*)<', html) == [
        ("?q=Arles&amp;page=1", "Première page"),
        ("?q=Arles&amp;page=2", "Page précédente"),
        ("?q=Arles&amp;page=4", "Page suivante"),
        ("?q=Arles&amp;page=10", "Dernière page"),
    ]
    assert "Page 3 sur 10" in html


def test_a_list_of_one_page_has_no_pages(rf):
    page = Paginator(range(5), 10).page(1)

    assert render_to_string("components/pagination.html", {"page": page}, rf.get("/")).strip() == ""


def test_links_of_the_footer_lead_somewhere(client, db):
    page = client.get("/accessibilite/").content.decode()
    footer = page[page.index("<footer") :]
    own = [url for url in re.findall(r'href="(/[^"]*)"', footer) if url != reverse("public_home")]

    assert {url: client.get(url).status_code for url in own} == {
        "/accessibilite/": 200,
        "/connexion/": 200,
        "/mentions-legales/": 200,
    }


def test_style_sheets_scripts_and_icons_are_there(client, db):
    page = client.get("/accessibilite/").content.decode()
    files = re.findall(r'(?:href|src)="/static/([^"]*)"', page)

    assert "css/site.css" in files
    assert "dsfr/dist/favicon/favicon.svg" in files
    assert [name for name in files if finders.find(name) is None] == []
