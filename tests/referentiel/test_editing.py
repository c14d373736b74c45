"""The norm corrected by hand: nothing is lost in silence, and what figures need stays."""

import datetime

import pytest

from referentiel import editing
from referentiel.changes import history_of
from referentiel.loading import load, version_files
from referentiel.models import Adoption, DelayRule, Engagement, Indicator, Perimeter, Target
from sites.conflicts import ConflictError, RefusedError
from tests import factories

pytestmark = pytest.mark.django_db

NEXT_YEAR = datetime.date(2019, 1, 1)


def opened(row):
    """The row as somebody else's page holds it."""
    return type(row).objects.get(pk=row.pk)


# --- Correct ---


def test_a_corrected_row_is_marked_and_the_loader_leaves_it_alone():
    path = next(path for path in version_files() if path.name == "qual-e-pref-2019.toml")
    load(path)
    engagement = Engagement.objects.get(key="telephone")

    engagement.title = "Décrocher avant la cinquième sonnerie"
    editing.save(engagement, seen=editing.version_of(engagement))
    report = load(path)

    engagement.refresh_from_db()
    assert engagement.edited_by_hand
    assert engagement.title == "Décrocher avant la cinquième sonnerie"
    assert report.kept == [
        "qual-e-pref-2019.toml, engagement telephone : intitulé : le fichier dit "
        "« Prendre les appels téléphoniques », la ligne corrigée à la main dit "
        "« Décrocher avant la cinquième sonnerie »."
    ]


def test_who_comes_second_learns_what_the_first_one_changed():
    engagement = factories.EngagementFactory(title="Avant", code="E1")
    first, second = opened(engagement), opened(engagement)
    seen = editing.version_of(engagement)
    first.title = "Après"
    editing.save(first, seen=seen)

    second.code = "E2"
    with pytest.raises(ConflictError) as conflict:
        editing.save(second, seen=seen)

    (since,) = history_of(conflict.value.saved, since=seen)
    assert [(one.label, one.before, one.after) for one in since.differences] == [
        ("Intitulé", "Avant", "Après")
    ]
    assert (opened(engagement).title, opened(engagement).code) == ("Après", "E1")


def test_the_same_content_again_changes_nothing_and_is_no_conflict():
    engagement = factories.EngagementFactory(title="Avant")
    held = opened(engagement)

    editing.save(held, seen=0)

    assert not opened(engagement).edited_by_hand
    assert engagement.history.count() == 1


def test_a_row_that_is_gone_is_not_made_again():
    engagement = factories.EngagementFactory()
    held = opened(engagement)
    Engagement.objects.all().delete()

    held.title = "Après"
    with pytest.raises(RefusedError, match="a été supprimée"):
        editing.save(held, seen=1)

    assert not Engagement.objects.exists()


@pytest.mark.parametrize(
    ("before", "after"), [("percent", "minutes"), ("count", "percent"), ("minutes", "count")]
)
def test_an_indicator_with_figures_does_not_become_something_else(before, after):
    indicator = factories.IndicatorFactory(unit=before)
    factories.MeasurementFactory(indicator=indicator)

    indicator.unit = after
    with pytest.raises(RefusedError, match="ne peut pas devenir"):
        editing.save(indicator, seen=editing.version_of(indicator))

    assert opened(indicator).unit == before


def test_days_may_turn_out_to_be_working_days():
    indicator = factories.IndicatorFactory(unit="days")
    factories.MeasurementFactory(indicator=indicator, shape="mean")

    indicator.unit = "working_days"
    editing.save(indicator, seen=editing.version_of(indicator))

    assert opened(indicator).unit == "working_days"


# --- Add ---


def test_an_indicator_of_a_prefecture_stands_after_those_of_its_engagement(prefecture):
    referentiel = factories.ReferentielFactory()
    first, second = (
        factories.EngagementFactory(module__referentiel=referentiel, position=position) for position in (1, 2)
    )
    factories.IndicatorFactory(engagement=first, position=1, title="Premier")
    factories.IndicatorFactory(engagement=second, position=2, title="Dernier")

    own = editing.new_indicator(first, prefecture)
    own.key, own.title, own.short_title, own.unit, own.direction = (
        "attente",
        "Attente",
        "Attente",
        "minutes",
        "down",
    )
    own.source, own.certainty = "Décision du comité de pilotage", "certain"
    editing.add(own)

    assert [one.title for one in Indicator.objects.all()] == ["Premier", "Attente", "Dernier"]
    assert opened(own).prefecture == prefecture
    assert opened(own).edited_by_hand


def test_keys_are_made_of_words_and_never_twice():
    engagement = factories.EngagementFactory(key="temps-d-attente")
    taken = engagement.referentiel.engagements.all()

    assert editing.free_key("Réclamations reçues", taken) == "reclamations-recues"
    assert editing.free_key("Temps d'attente", taken) == "temps-dattente"
    assert editing.free_key("temps d attente", taken) == "temps-d-attente-2"
    assert editing.free_key("???", taken) == "ligne"


def test_one_delay_is_set_for_several_requests_at_once(prefecture):
    example = DelayRule(
        referentiel=factories.ReferentielFactory(),
        prefecture=prefecture,
        days=8,
        source="Note",
        certainty="certain",
    )

    editing.add_delay_rules(
        example, kinds=["complaint", "suggestion"], channels=["letter", "box"], requesters=["citizen"]
    )

    rules = DelayRule.objects.order_by("kind", "channel")
    assert list(
        rules.values_list("kind", "channel", "requester", "days", "prefecture", "edited_by_hand")
    ) == [
        (kind, channel, "citizen", 8, prefecture.pk, True)
        for kind in ("complaint", "suggestion")
        for channel in ("box", "letter")
    ]


def test_delays_are_all_set_or_none(prefecture):
    referentiel = factories.ReferentielFactory()
    said = {"referentiel": referentiel, "prefecture": prefecture, "source": "Note", "certainty": "certain"}
    DelayRule.objects.create(kind="complaint", channel="letter", requester="citizen", days=8, **said)

    with pytest.raises(RefusedError, match="réclamation, courrier\xa0: Une règle commence déjà ce jour-là"):
        editing.add_delay_rules(
            DelayRule(days=9, **said), kinds=["complaint"], channels=["box", "letter"], requesters=["citizen"]
        )

    assert DelayRule.objects.count() == 1


def test_several_services_enter_a_perimeter_at_once(siege):
    module = factories.ModuleFactory()
    services = factories.ServiceFactory.create_batch(2, unit=siege)
    example = Perimeter(
        module=module, restriction="Points numériques uniquement", source="Politique", certainty="certain"
    )

    editing.enter_perimeter(example, services)

    assert set(Perimeter.objects.values_list("service", "module", "restriction")) == {
        (service.pk, module.pk, "Points numériques uniquement") for service in services
    }


# --- Remove ---


def test_an_indicator_with_figures_ends_instead_of_disappearing():
    indicator = factories.IndicatorFactory()
    factories.MeasurementFactory(indicator=indicator)

    with pytest.raises(RefusedError) as refused:
        editing.remove(indicator, seen=editing.version_of(indicator))

    assert str(refused.value) == (
        "Un chiffre en dépend. Au lieu de supprimer la ligne, indiquez sa date de fin."
    )
    assert Indicator.objects.exists()


def test_an_indicator_that_ended_is_followed_in_the_years_it_was_measured(prefecture):
    indicator = factories.IndicatorFactory(prefecture=prefecture, ends_on=datetime.date(2018, 12, 31))
    factories.AdoptionFactory(prefecture=prefecture, referentiel=indicator.engagement.referentiel)

    assert list(Indicator.objects.followed_by(prefecture, 2018)) == [indicator]
    assert list(Indicator.objects.followed_by(prefecture, 2019)) == []


@pytest.mark.parametrize(
    ("starts_on", "ends_on", "stays"),
    [
        (None, None, True),
        (datetime.date(2018, 1, 1), datetime.date(2018, 12, 31), True),
        (datetime.date(2018, 1, 1), datetime.date(2018, 12, 30), False),
        (NEXT_YEAR, None, False),
    ],
)
def test_a_target_that_judged_figures_stays(prefecture, siege, starts_on, ends_on, stays):
    target = factories.TargetFactory(prefecture=prefecture, starts_on=starts_on, ends_on=ends_on)
    factories.MeasurementFactory(indicator=target.indicator, unit=siege, year=2018)

    assert bool(editing.why_it_stays(target)) is stays


def test_a_target_does_not_judge_the_figures_of_others(prefecture, elsewhere):
    target = factories.TargetFactory(prefecture=prefecture)
    factories.MeasurementFactory(indicator=target.indicator, unit__prefecture=elsewhere)

    editing.remove(target, seen=editing.version_of(target))

    assert not Target.objects.exists()


def test_an_adoption_under_which_figures_were_counted_stays(figures, prefecture):
    adoption = Adoption.objects.get()

    assert editing.why_it_stays(adoption) == (
        "8 chiffres en dépendent. Au lieu de supprimer la ligne, indiquez sa date de fin."
    )


def test_what_a_prefecture_has_set_holds_the_national_indicator(prefecture):
    target = factories.TargetFactory(prefecture=prefecture)

    assert editing.why_it_stays(target.indicator) == (
        "Une préfecture a fixé son propre objectif pour cet indicateur."
    )


def test_what_others_stand_on_stays():
    indicator = factories.IndicatorFactory()

    assert "indicateurs" in editing.why_it_stays(indicator.engagement)
    assert "engagements" in editing.why_it_stays(indicator.engagement.module)
    assert editing.why_it_stays(indicator.engagement.referentiel) == "Un référentiel ne se supprime pas."


def test_a_row_corrected_meanwhile_is_not_removed():
    target = factories.TargetFactory()
    seen = editing.version_of(target)
    held = opened(target)
    held.value = 90
    editing.save(held, seen=seen)

    with pytest.raises(ConflictError):
        editing.remove(target, seen=seen)

    assert Target.objects.exists()


# --- What happened ---


def test_the_history_says_who_changed_what_in_french(claire):
    rule = DelayRule.objects.create(
        referentiel=factories.ReferentielFactory(),
        kind="complaint",
        channel="letter",
        requester="citizen",
        days=15,
        source="Note",
        certainty="inferred",
    )
    rule.days, rule.certainty, rule.starts_on = None, "certain", NEXT_YEAR
    rule._history_user = claire
    rule.save()

    latest, first = history_of(rule)

    assert (latest.author, latest.kind, first.author, first.kind) == (
        "Claire Martin",
        "Modification",
        "",
        "Création",
    )
    assert [(one.label, one.before, one.after) for one in latest.differences] == [
        ("Certitude", "déduit", "certain"),
        ("Délai", "15", "rien"),
        ("Reçus du", "rien", "01/01/2019"),
    ]
    assert first.differences == ()
