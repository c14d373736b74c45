"""Response rates on a page, and what differs from the register: who sees what, and what is settled how."""

from datetime import date
from urllib.parse import unquote

import pytest
from django.urls import reverse

from complaints import examples, register
from complaints.models import Case, Theme
from complaints.register import Description, Identity
from indicators import entry, from_register, returns
from indicators.models import Measurement
from sites.models import Membership
from tests.factories import (
    ActionFactory,
    AgentFactory,
    DelayRuleFactory,
    MembershipFactory,
    SiteFactory,
    UnitFactory,
)
from tests.indicators.monthly import MARCH, Monthly

APRIL_30 = date(2020, 4, 30)


@pytest.fixture
def world(db):
    """Its rate counts letters, to be answered in five days. Of two received in March 2020, one was late."""
    made = Monthly()
    DelayRuleFactory(referentiel=made.referentiel, days=5)
    made.rate.counted_from = {"kinds": ["enquiry"], "requesters": ["citizen"], "channels": ["letter"]}
    made.rate.save()
    made.schedule.register_since = MARCH
    made.schedule.save()
    for answered in (date(2020, 3, 4), date(2020, 3, 12)):
        said = Description(
            kind="enquiry",
            channel="letter",
            received_on=date(2020, 3, 2),
            subject="Horaires",
            unit=made.unit,
            service=made.services[0],
            requester=Identity(name="Dominique Petit", address="1 rue des Essais, 13000 Essaiville"),
        )
        case = register.receive(made.prefecture, said, by=made.referent, on=APRIL_30)
        register.answer(case, answered_on=answered, seen=case.version, by=made.referent, on=APRIL_30)
    return made


def page(world, agent, client_of, name="response_rates", **asked):
    return client_of(agent).get(reverse(name, args=[world.prefecture.slug]), {"annee": 2020, **asked})


def test_rates_have_their_base_and_the_late_case_is_named(world, client_of):
    text = page(world, world.manager, client_of, detail="mois").content.decode()
    assert "50,00\xa0% (1 sur 2)" in text
    assert "mars\xa02020" in text
    assert "2020-0002" in text
    assert "2020-0001" not in text
    assert (
        "Rien n’est enregistré" in page(world, world.manager, client_of, nature="complaint").content.decode()
    )
    sheet = page(world, world.manager, client_of, export="csv").content.decode("utf-8-sig")
    assert "50,00\xa0% (1 sur 2)" in sheet


def test_referent_of_another_service_sees_none_of_it(world, client_of):
    other = AgentFactory()
    where = {"prefecture": world.prefecture, "service": world.services[1]}
    MembershipFactory(agent=other, role=Membership.Role.REFERENT, **where)
    text = page(world, other, client_of).content.decode()
    assert "1 sur 2" not in text
    assert "2020-0002" not in text
    assert "1 sur 2" in page(world, world.referent, client_of).content.decode()


def test_as_many_queries_for_any_number_of_cases(world, client_of, django_assert_num_queries):
    client = client_of(world.manager)
    url = reverse("response_rates", args=[world.prefecture.slug]) + "?annee=2020"
    client.get(url)
    for number in range(2):
        with django_assert_num_queries(16):
            client.get(url)
        Case.objects.update(service=world.services[number], channel="letter")
        Case.objects.filter(number=1).update(channel="email", kind="complaint")


def test_note_of_a_late_reply_is_proposed_and_names_nobody(world, client_of):
    client, case = client_of(world.manager), Case.objects.get(number=2)
    url = reverse("note_new", args=[world.prefecture.slug, 2020])
    Case.objects.filter(number=2).update(year=2021)  # entered as of 2021, its day of receipt then corrected
    assert f'href="{url}?affaire=2021-0002"' in page(world, world.manager, client_of).text
    form = client.get(url, {"affaire": "2021-0002"}).context["form"]
    assert form["text"].value() == "Un courrier reçu en mars a eu sa réponse en 8\xa0jours ouvrés, pour 5."
    assert form["unit"].value() == case.unit_id
    client.post(url, {"unit": case.unit_id, "text": form["text"].value()})
    assert form["text"].value() in client.get(reverse("notes", args=[world.prefecture.slug, 2020])).text
    assert client.get(url, {"affaire": "2020-0099"}).status_code == 404


def test_cases_without_a_service_are_counted_where_their_figures_miss(world, client_of):
    assert "n’ont pas de service" not in page(world, world.manager, client_of, name="register_gaps").text
    Case.objects.update(service=None)
    said = page(world, world.manager, client_of, name="register_gaps")
    assert "2 affaires reçues en 2020 n’ont pas de service" in said.text.replace("&nbsp;", " ")
    listed = client_of(world.manager).get(said.context["homeless_url"])
    assert listed.context["listing"]["count"] == 2
    assert "affaires reçues" not in page(world, world.referent, client_of, name="register_gaps").text


@pytest.fixture
def typed(world):
    """Three letters out of three, says the référent."""
    entry.save(world.services[0], MARCH, [world.typed(world.rate, 3, 3)], by=world.referent)
    return reverse(
        "register_gap", args=[world.prefecture.slug, world.services[0].pk, "2020-03", world.rate.pk]
    )


def settle(client, url, answer, reason="Une lettre a été comptée deux fois.", **said):
    version = client.get(url).context["form"].initial["version"]
    return client.post(url, {"answer": answer, "reason": reason, "version": version, **said})


def test_gap_is_listed_and_the_figure_of_the_register_adopted(world, typed, client_of):
    client = client_of(world.referent)
    assert "1 sur 2" in page(world, world.referent, client_of, "register_gaps").content.decode()
    assert settle(client, typed, "adopt", reason="").status_code == 200
    assert settle(client, typed, "adopt").status_code == 302
    row = Measurement.objects.get(service=world.services[0], period_start=MARCH)
    assert (row.origin, row.numerator, row.denominator) == ("computed", 1, 2)
    assert Measurement.history.first().history_change_reason == "Une lettre a été comptée deux fois."
    assert client.get(typed).status_code == 404
    listed = page(world, world.referent, client_of, "register_gaps").content.decode()
    assert "sont les mêmes" in listed


@pytest.mark.parametrize("instead", [{}, {"instead_numerator": 2, "instead_denominator": 3}])
def test_adopted_figure_is_under_reserve_no_more(world, typed, client_of, instead):
    doubted = world.typed(world.rate, 3, 3, reserve="Registre papier perdu.", **instead)
    entry.save(world.services[0], MARCH, [doubted], by=world.referent)

    assert settle(client_of(world.referent), typed, "adopt").status_code == 302

    row = Measurement.objects.get(service=world.services[0], period_start=MARCH)
    assert (row.numerator, row.denominator, row.reserve, row.doubt) == (1, 2, "", "")
    assert row.doubted_measure is None


def test_gap_is_explained_in_a_closed_month_too_and_no_figure_changes(world, typed, client_of):
    returns.close(world.prefecture, MARCH, world.services, by=None)
    client = client_of(world.referent)
    assert "ce mois est clos" in settle(client, typed, "adopt").content.decode()
    assert settle(client, typed, "explain").status_code == 302
    row = Measurement.objects.get(service=world.services[0], period_start=MARCH)
    assert (row.origin, row.numerator, row.denominator) == ("corrected", 3, 3)
    assert (row.former_origin, row.former_numerator, row.former_denominator) == ("computed", 1, 2)
    assert (
        "expliqué\xa0: Une lettre" in page(world, world.referent, client_of, "register_gaps").content.decode()
    )


def test_who_comes_second_is_told(world, typed, client_of):
    client = client_of(world.referent)
    assert settle(client, typed, "adopt", version=99_999).status_code == 409
    assert Measurement.objects.get(service=world.services[0], period_start=MARCH).numerator == 3


def test_quality_manager_has_the_months_counted_at_once(world, client_of):
    url = reverse("register_collect", args=[world.prefecture.slug])
    assert client_of(world.manager).post(url).status_code == 302
    assert Measurement.objects.filter(origin="computed", period_start=MARCH).count() == 2
    assert Measurement.history.first().history_user == world.manager
    assert client_of(world.referent).post(url).status_code == 403
    assert from_register.since(world.prefecture) == MARCH


# --- The synthesis of complaints ---------------------------------------------------------------------------


@pytest.fixture
def complained(world):
    """The two letters are complaints; the second one is told."""
    theme = Theme.objects.create(prefecture=world.prefecture, title="Attente")
    Case.objects.update(kind="complaint", theme=theme)
    case = Case.objects.get(number=2)
    examples.keep(case, "Deux heures d’attente au guichet.", seen=0, by=world.manager)
    return case


def test_synthesis_counts_and_tells_what_ones_services_received_and_names_nobody(
    world, complained, client_of
):
    other = AgentFactory()
    where = {"prefecture": world.prefecture, "service": world.services[1]}
    MembershipFactory(agent=other, role=Membership.Role.REFERENT, **where)
    reader = AgentFactory()
    MembershipFactory(agent=reader, role=Membership.Role.COMMUNICATION, prefecture=world.prefecture)

    for agent in (world.manager, world.referent, reader):
        text = page(world, agent, client_of, "complaints_synthesis").content.decode()
        assert "2 réclamations et 0 suggestion (2020)" in text
        assert "50,00\xa0% (1 sur 2)" in text
        assert "Deux heures d’attente au guichet." in text
        assert "Dominique" not in text
        assert "2020-0002" not in text
    text = page(world, other, client_of, "complaints_synthesis").content.decode()
    assert "Aucune réclamation enregistrée" in text
    assert "Deux heures" not in text


def test_synthesis_shows_what_was_done_to_who_may_read_the_plan(world, complained, client_of):
    own = {"prefecture": world.prefecture, "due_on": date(2020, 9, 1)}
    elsewhere = UnitFactory(prefecture=world.prefecture)
    ActionFactory(title="Afficher l’attente", theme=complained.theme, **own)
    ActionFactory(title="Changer la file", case=complained, **own | {"due_on": date(2024, 9, 1)})
    ActionFactory(title="D’une autre unité", theme=complained.theme, unit=elsewhere, **own)
    ActionFactory(title="Une autre année", theme=complained.theme, **own | {"due_on": date(2024, 9, 1)})
    reader = AgentFactory()
    MembershipFactory(agent=reader, role=Membership.Role.COMMUNICATION, prefecture=world.prefecture)

    text = page(world, world.manager, client_of, "complaints_synthesis").content.decode()
    assert "Afficher l’attente</a>, à faire, pour le 1er septembre 2020" in text
    assert "Changer la file" in text
    assert "D’une autre unité" in text
    alone = page(world, world.manager, client_of, "complaints_synthesis", unite=world.unit.pk)
    assert "Afficher l’attente" in alone.content.decode()
    assert "D’une autre unité" not in alone.content.decode()
    assert "Une autre année" not in text
    assert "Afficher l’attente" not in page(world, reader, client_of, "complaints_synthesis").content.decode()


def test_synthesis_of_a_site_counts_its_cases_where_it_was_when_they_came(world, complained, client_of):
    site = SiteFactory(unit=UnitFactory(prefecture=world.prefecture))
    Case.objects.update(site=site)

    text = page(world, world.manager, client_of, "complaints_synthesis", site=site.pk).content.decode()
    assert "2 réclamations et 0 suggestion (2020)" in text
    assert "vos services seuls" not in text
    assert (
        "vos services seuls"
        in page(world, world.referent, client_of, "complaints_synthesis").content.decode()
    )


def test_synthesis_of_a_quarter_and_its_file(world, complained, client_of):
    of_spring = {"name": "complaints_synthesis", "partie": "T2"}
    assert "2e trimestre\xa02020" in page(world, world.manager, client_of, **of_spring).content.decode()
    sheet = page(world, world.manager, client_of, "complaints_synthesis", export="csv")
    lines = sheet.content.decode("utf-8-sig").splitlines()
    assert lines[1].startswith("ensemble;ensemble;2;0;0;2;")
    assert any(line.startswith("thème;Attente;2;0;0;2;") for line in lines)


def test_file_of_a_synthesis_is_called_by_what_it_counts(world, complained, client_of):
    def called(reader, **asked):
        sheet = page(world, reader, client_of, "complaints_synthesis", export="csv", **asked)
        return unquote(sheet.headers["Content-Disposition"])

    assert called(world.manager).endswith("Synthèse des réclamations 2020.csv")
    assert called(world.referent).endswith(" 2020, vos services seuls.csv")
    assert called(world.manager, unite=world.unit.pk).endswith(f" 2020, {world.unit.name}.csv")


def test_synthesis_asks_as_much_for_any_case(world, complained, client_of, django_assert_num_queries):
    client = client_of(world.manager)
    url = reverse("complaints_synthesis", args=[world.prefecture.slug]) + "?annee=2020"
    client.get(url)
    for number in range(2):
        with django_assert_num_queries(14):
            client.get(url)
        Case.objects.filter(number=1).update(channel="email", kind="suggestion", theme=None)
        Case.objects.update(service=world.services[number], is_from_rights_defender=True)
