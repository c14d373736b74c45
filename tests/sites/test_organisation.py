"""The writes of the organisation: what they keep, what they refuse, and with which sentence."""

import datetime
from functools import partial
from io import StringIO

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command

from publications import publish
from sites import organisation
from sites.conflicts import ConflictError
from sites.models import Closure, Designation, Prefecture, Service, Unit
from sites.organisation import State
from tests.factories import (
    BilanFactory,
    ClosureFactory,
    DocumentFactory,
    MembershipFactory,
    PerimeterFactory,
    PrefectureFactory,
    ServiceFactory,
    SiteFactory,
)
from tests.races import at_once, refusals

TODAY = datetime.date(2026, 11, 26)
NEW_YEAR = datetime.date(2027, 1, 1)


@pytest.fixture
def didsic(siege: Unit) -> Service:
    return ServiceFactory(unit=siege, name="Direction des systèmes d’information", short_name="DIDSIC")


def state(short_name="SINSIC", name="Service du numérique", parent=None, sites=()) -> State:
    return State(name, short_name, parent, frozenset(sites))


def rename(service, to=None, on=datetime.date(2021, 1, 1), today=TODAY):
    seen = organisation.version_of(service)
    return organisation.rename(service, to or state(), on=on, seen=seen, today=today)


def refused(function, *arguments, **options):
    """The sentences of a refusal, by field."""
    with pytest.raises(ValidationError) as refusal:
        function(*arguments, **options)
    error = refusal.value
    return error.message_dict if hasattr(error, "error_dict") else {"": error.messages}


# --- renaming ----------------------------------------------------------------------------------------------


def test_a_renamed_service_keeps_its_former_name_for_the_years_before(didsic):
    rename(didsic, on=datetime.date(2021, 1, 1))

    service = Service.objects.get()
    assert (service.short_name, service.on(datetime.date(2020, 12, 31)).short_name) == ("SINSIC", "DIDSIC")
    assert service.on(datetime.date(2021, 1, 1)).short_name == "SINSIC"
    assert [(held.starts_on, held.short_name) for held in service.designations.all()] == [
        (None, "DIDSIC"),
        (datetime.date(2021, 1, 1), "SINSIC"),
    ]


def test_a_list_of_a_day_says_the_names_of_that_day(didsic, siege):
    ServiceFactory(unit=siege, short_name="BCR", name="Bureau de la circulation")
    rename(didsic)

    def names(year):
        services = Service.objects.called_on(datetime.date(year, 6, 1)).order_by("short_name_then")
        return [service.short_name_then for service in services]

    assert names(2019) == ["BCR", "DIDSIC"]
    assert names(2022) == ["BCR", "SINSIC"]


def test_a_service_that_never_changed_is_called_the_same_on_every_day(didsic):
    assert didsic.on(datetime.date(1990, 1, 1)) == didsic


def test_a_service_moves_with_its_parent_and_its_sites(didsic, siege):
    home, away = SiteFactory(unit=siege), SiteFactory(unit=siege)
    head = ServiceFactory(unit=siege)
    didsic.sites.set([home])

    rename(didsic, state(parent=head, sites=[away]))

    service = Service.objects.get(pk=didsic.pk)
    before = service.on(datetime.date(2020, 6, 1))
    assert (service.parent, list(service.sites.all())) == (head, [away])
    assert (before.parent, list(before.sites.all())) == (None, [home])


def test_a_change_to_come_waits_for_its_day(didsic, prefecture):
    rename(didsic, on=NEW_YEAR)

    assert Service.objects.get().short_name == "DIDSIC"
    assert organisation.take_effect(prefecture, datetime.date(2026, 12, 31)).changed == []
    assert organisation.take_effect(prefecture, NEW_YEAR).changed == [didsic]
    assert Service.objects.get().short_name == "SINSIC"
    assert organisation.take_effect(prefecture, NEW_YEAR).changed == []


def test_nights_that_were_missed_are_caught_up(didsic, prefecture):
    rename(didsic, state("A"), on=datetime.date(2026, 12, 1))
    rename(Service.objects.get(), state("B"), on=NEW_YEAR)

    organisation.take_effect(prefecture, datetime.date(2027, 3, 1))

    assert Service.objects.get().short_name == "B"


def test_the_command_gives_each_prefecture_the_names_of_its_own_day(didsic, siege):
    rename(didsic, on=datetime.date(2020, 1, 1), today=datetime.date(2019, 1, 1))
    printed = StringIO()

    call_command("take_effect", stdout=printed)
    call_command("take_effect", stdout=printed)

    assert printed.getvalue() == "Préfecture des Bouches-du-Rhône : SINSIC a pris effet.\n"


def test_a_change_written_for_a_past_day_leaves_the_later_one_in_force(didsic):
    rename(didsic, state("C"), on=datetime.date(2024, 1, 1))
    rename(Service.objects.get(), state("B"), on=datetime.date(2022, 1, 1))

    service = Service.objects.get()
    assert service.short_name == "C"
    assert [held.short_name for held in service.designations.all()] == ["DIDSIC", "B", "C"]


def test_two_services_may_pass_a_sigle_on_the_same_day(didsic, siege, prefecture):
    other = ServiceFactory(unit=siege, short_name="SGC")
    rename(other, state("SGCD"), on=NEW_YEAR)
    rename(didsic, state("SGC"), on=NEW_YEAR)

    effects = organisation.take_effect(prefecture, NEW_YEAR)

    assert effects.refused == []
    assert set(Service.objects.values_list("short_name", flat=True)) == {"SGC", "SGCD"}


def test_the_same_name_at_the_same_place_is_no_change(didsic):
    same = state(didsic.short_name, didsic.name)

    assert refused(rename, didsic, same) == {
        "": ["Rien ne change\xa0: le service porte déjà ce nom, à cette place."]
    }
    assert not Designation.objects.exists()


def test_two_changes_do_not_begin_on_the_same_day(didsic):
    rename(didsic)

    said = refused(rename, Service.objects.get(), state("AUTRE"))

    assert said == {"__all__": ["Un changement de ce service commence déjà ce jour-là."]}


@pytest.mark.parametrize("on", [datetime.date(2021, 1, 1), NEW_YEAR])
def test_a_sigle_that_another_service_of_the_unit_has_or_will_have_is_refused(on, didsic, siege):
    other = ServiceFactory(unit=siege, short_name="BCR", name="Bureau")
    rename(other, state("SINSIC", "Bureau"), on=on)

    assert refused(rename, didsic) == {
        "short_name": ["Un autre service de l’unité porte ce sigle, ou le portera (Bureau)."]
    }


def test_the_same_sigle_in_another_unit_is_free(didsic, arles):
    ServiceFactory(unit=arles, short_name="SINSIC")

    assert rename(didsic).short_name == "SINSIC"


def test_a_change_is_cancelled_as_if_it_had_not_been(didsic):
    rename(didsic)
    service = Service.objects.get()
    change = service.designations.get(starts_on__isnull=False)

    organisation.cancel(change, seen=organisation.version_of(service), today=TODAY)

    assert Service.objects.get().short_name == "DIDSIC"


def test_a_change_is_not_cancelled_into_a_sigle_that_was_given_away(didsic, siege):
    rename(didsic)
    ServiceFactory(unit=siege, short_name="DIDSIC", name="Une autre")
    service = Service.objects.get(pk=didsic.pk)
    change = service.designations.get(starts_on__isnull=False)

    said = refused(organisation.cancel, change, seen=organisation.version_of(service), today=TODAY)

    assert said == {"short_name": ["Un autre service de l’unité porte ce sigle, ou le portera (Une autre)."]}
    assert Service.objects.get(pk=didsic.pk).short_name == "SINSIC"


# --- a slip ------------------------------------------------------------------------------------------------


def test_a_slip_leaves_no_former_name(didsic):
    seen = organisation.version_of(didsic)
    organisation.correct(didsic, state("DIDSI"), seen=seen, today=TODAY)

    assert Service.objects.get().short_name == "DIDSI"
    assert not Designation.objects.exists()


def test_a_slip_in_a_renamed_service_is_mended_since_its_day_and_not_before(didsic):
    rename(didsic, state("SINSCI"))
    service = Service.objects.get()

    organisation.correct(service, state(), seen=organisation.version_of(service), today=TODAY)

    service = Service.objects.get()
    assert (service.short_name, service.on(TODAY).short_name) == ("SINSIC", "SINSIC")
    assert service.on(datetime.date(2020, 1, 1)).short_name == "DIDSIC"


# --- parents -----------------------------------------------------------------------------------------------


def test_services_do_not_depend_on_each_other_in_a_loop(didsic, siege):
    child = ServiceFactory(unit=siege, parent=didsic, short_name="C")
    grandchild = ServiceFactory(unit=siege, parent=child, short_name="G")

    for below in (child, grandchild):
        assert refused(rename, didsic, state(parent=below)) == {
            "parent": ["Un service ne peut pas être rattaché à un service qui en dépend."]
        }
    assert refused(rename, didsic, state(parent=didsic)) == {
        "parent": ["Un service ne peut pas être rattaché à un service qui en dépend."]
    }


def test_a_loop_that_would_close_on_a_later_day_is_refused_too(didsic, siege):
    other = ServiceFactory(unit=siege, short_name="O", name="Autre")
    rename(other, state("O", "Autre", parent=didsic), on=NEW_YEAR)

    assert "parent" in refused(rename, didsic, state(parent=other), on=TODAY)


def test_a_parent_and_a_site_are_of_the_prefecture(didsic):
    stranger = SiteFactory()
    boss = ServiceFactory(unit=stranger.unit)

    assert refused(rename, didsic, state(parent=boss)) == {
        "parent": ["Ce service est d’une autre préfecture."]
    }
    assert refused(rename, didsic, state(sites=[stranger])) == {
        "sites": ["Un de ces sites est d’une autre préfecture."]
    }


# --- the end -----------------------------------------------------------------------------------------------


def test_a_service_that_ends_stays_for_its_years(didsic):
    organisation.end(didsic, on=datetime.date(2020, 12, 31), seen=organisation.version_of(didsic))

    assert list(Service.objects.open_on(datetime.date(2020, 12, 31))) == [didsic]
    assert list(Service.objects.open_on(datetime.date(2021, 1, 1))) == []


def test_an_end_may_be_taken_back(didsic):
    ended = organisation.end(didsic, on=TODAY, seen=organisation.version_of(didsic))

    assert organisation.end(ended, on=None, seen=organisation.version_of(ended)).ends_on is None


def test_a_service_does_not_end_under_those_that_depend_on_it(didsic, siege):
    ServiceFactory(unit=siege, parent=didsic, short_name="SOUS")

    said = refused(organisation.end, didsic, on=TODAY, seen=organisation.version_of(didsic))

    assert said == {"ends_on": ["Rattacher d’abord ailleurs, ou terminer\xa0: SOUS."]}


def test_a_service_does_not_end_before_a_change_that_is_planned(didsic):
    service = rename(didsic, on=NEW_YEAR)

    said = refused(organisation.end, service, on=TODAY, seen=organisation.version_of(service))

    assert said == {"ends_on": ["Un changement est prévu après ce jour\xa0: l’annuler d’abord."]}


def test_a_service_that_has_ended_is_not_renamed_afterwards_and_takes_no_child(didsic, siege):
    ended = organisation.end(didsic, on=datetime.date(2020, 12, 31), seen=organisation.version_of(didsic))

    assert refused(rename, ended) == {"starts_on": ["Le service prend fin le 31/12/2020."]}
    assert refused(rename, ServiceFactory(unit=siege), state(parent=ended)) == {
        "parent": ["Ce service a pris fin le 31/12/2020."]
    }


# --- deleting ----------------------------------------------------------------------------------------------


def test_what_has_served_is_not_deleted(didsic, siege, prefecture):
    PerimeterFactory(service=didsic)
    MembershipFactory(prefecture=prefecture, role="referent", service=didsic)
    ServiceFactory(unit=siege, parent=didsic, short_name="SOUS")

    assert organisation.held_by(didsic) == ["1 périmètre", "1 service", "1 affectation"]
    with pytest.raises(ValidationError, match="Suppression impossible"):
        organisation.remove(didsic)
    assert Service.objects.filter(pk=didsic.pk).exists()


def test_what_never_served_goes_with_its_former_names(didsic):
    renamed = rename(didsic)

    organisation.remove(renamed)

    assert not Service.objects.exists()
    assert not Designation.objects.exists()


def test_a_site_that_a_former_designation_names_stays(didsic, siege):
    site = SiteFactory(unit=siege)
    didsic.sites.set([site])
    rename(didsic)

    assert organisation.held_by(site) == ["1 changement daté d’un service"]


# --- units, préfectures, closures --------------------------------------------------------------------------


def test_the_former_name_of_a_unit_goes_on_being_recognised(siege):
    seen = organisation.version_of(siege)
    siege.name, siege.aliases = "Préfecture", ["Marseille"]

    organisation.save(siege, seen=seen)

    assert Unit.objects.get().aliases == ["Marseille", "Siège"]


def test_a_frozen_bilan_keeps_the_name_that_its_unit_had(figures, claire, arles):
    before = publish.freeze(arles.prefecture, 2018, by=claire)
    text, sha256 = before.content, before.sha256

    arles.name, arles.short_name = "Sous-préfecture du pays d’Arles", "Pays d’Arles"
    organisation.save(arles, seen=organisation.version_of(arles))
    before.refresh_from_db()
    after = publish.freeze(arles.prefecture, 2018, by=claire)

    assert (before.content, before.sha256) == (text, sha256)
    names = [[unit["name"] for unit in bilan.data["units"]] for bilan in (before, after)]
    assert names == [["Siège", "Sous-préfecture d’Arles"], ["Siège", "Sous-préfecture du pays d’Arles"]]


def test_what_a_new_prefecture_leaves_empty_is_proposed():
    row = Prefecture(code="67", territory="Bas-Rhin", zone="", time_zone="")
    far = Prefecture(code="974", territory="La Réunion", zone="", time_zone="")

    organisation.propose(row)
    organisation.propose(far)

    assert (row.zone, row.time_zone, row.slug) == ("alsace-moselle", "Europe/Paris", "bas-rhin")
    assert (far.zone, far.time_zone, far.slug) == ("la-reunion", "Indian/Reunion", "la-reunion")


def test_every_zone_has_its_clock():
    for zone, clock in organisation.TIME_ZONE_OF.items():
        Prefecture(
            code="13", slug="x", name="x", territory="x", state_title="x", zone=zone, time_zone=clock
        ).clean_fields()


def test_the_address_of_a_prefecture_that_has_published_stays(prefecture):
    BilanFactory(prefecture=prefecture, is_withdrawn=True)
    prefecture.slug = "ailleurs"

    said = refused(organisation.save, prefecture, seen=organisation.version_of(prefecture))

    assert said == {"slug": ["La préfecture a déjà publié sous son adresse, qui ne peut donc plus changer."]}


def test_a_document_that_was_published_holds_the_address_too(prefecture):
    DocumentFactory(prefecture=prefecture)
    before = organisation.may_move(prefecture)
    DocumentFactory(prefecture=prefecture, is_published=True)

    assert (before, organisation.may_move(prefecture)) == (True, False)


def test_the_address_of_a_prefecture_that_has_published_nothing_may_change(prefecture):
    BilanFactory(prefecture=prefecture)
    prefecture.slug = "ailleurs"

    organisation.save(prefecture, seen=organisation.version_of(prefecture))

    assert Prefecture.objects.get().slug == "ailleurs"


def test_closures_of_the_same_place_do_not_overlap(prefecture, siege):
    ClosureFactory(prefecture=prefecture, starts_on="2026-12-24", ends_on="2026-12-31", reason="fêtes")
    site = SiteFactory(unit=siege)
    day = datetime.date(2026, 12, 31)
    again = Closure(prefecture=prefecture, starts_on=day, ends_on=day, reason="inventaire")
    of_a_site = Closure(prefecture=prefecture, site=site, starts_on=day, ends_on=day, reason="travaux")

    assert refused(organisation.save, again) == {
        "": [
            "La fermeture «\xa0fêtes\xa0», du 24/12/2026 au 31/12/2026, couvre déjà une partie de ces jours."
        ]
    }
    assert organisation.save(of_a_site).pk


def test_a_closure_of_one_site_stops_no_clock(prefecture, siege):
    closure = ClosureFactory.build(prefecture=prefecture, site=SiteFactory(unit=siege), stops_the_clock=True)

    assert refused(organisation.save, closure) == {
        "__all__": ["Seule une fermeture de toute la préfecture suspend les délais."]
    }


# --- two people --------------------------------------------------------------------------------------------


def test_who_comes_second_does_not_overwrite(siege):
    seen = organisation.version_of(siege)
    first, second = Unit.objects.get(), Unit.objects.get()
    first.name, second.name = "Préfecture", "Siège central"
    organisation.save(first, seen=seen)

    with pytest.raises(ConflictError) as conflict:
        organisation.save(second, seen=seen)

    assert conflict.value.saved.name == "Préfecture"
    assert Unit.objects.get().name == "Préfecture"


def test_a_change_planned_by_somebody_else_is_seen_first(didsic):
    seen = organisation.version_of(didsic)
    rename(didsic, on=NEW_YEAR)

    with pytest.raises(ConflictError):
        organisation.rename(didsic, state("AUTRE"), on=datetime.date(2028, 1, 1), seen=seen, today=TODAY)


def test_a_site_moved_by_somebody_else_is_seen_first(didsic, siege):
    seen = organisation.version_of(didsic)
    moved = state(didsic.short_name, didsic.name, sites=[SiteFactory(unit=siege)])
    organisation.correct(didsic, moved, seen=seen, today=TODAY)

    with pytest.raises(ConflictError):
        organisation.correct(didsic, state("AUTRE"), seen=seen, today=TODAY)


def test_what_was_deleted_meanwhile_is_not_written_again(siege):
    seen = organisation.version_of(siege)
    row = Unit.objects.get()
    Unit.objects.all().delete()

    assert refused(organisation.save, row, seen=seen) == {
        "": ["Ceci a été supprimé depuis que vous l’avez ouvert."]
    }


@pytest.mark.django_db(transaction=True)
def test_a_prefecture_created_twice_by_a_double_click_is_one_and_a_sentence():
    twice = [PrefectureFactory.build(code="67", slug="bas-rhin") for _ in range(2)]

    outcomes = at_once(*(partial(organisation.save, one) for one in twice))

    assert Prefecture.objects.count() == 1
    (refused,) = refusals(outcomes, ValidationError)
    # The first may be written between the two questions of the second: it then reads of the slug alone.
    assert sorted(refused.message_dict) in (["code", "slug"], ["slug"])


@pytest.mark.django_db(transaction=True)
def test_two_who_take_the_same_sigle_at_once_make_one_service_and_one_sentence(siege):
    twice = [Service(unit=Unit.objects.get(pk=siege.pk), name="Bureau", short_name="BCR") for _ in range(2)]

    outcomes = at_once(*(partial(organisation.add_service, one, sites=[], today=TODAY) for one in twice))

    assert Service.objects.count() == 1
    (refused,) = refusals(outcomes, ValidationError)
    assert refused.messages == ["Un autre service de l’unité porte ce sigle, ou le portera (Bureau)."]
