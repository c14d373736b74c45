import datetime
from decimal import Decimal
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from referentiel import loading
from referentiel.loading import LoadingError, LoadReport, load, load_prefecture
from referentiel.models import (
    Adoption,
    Certainty,
    DelayRule,
    Engagement,
    Indicator,
    Module,
    Perimeter,
    Referentiel,
    Target,
)
from sites import organisation
from sites.models import Prefecture, Service, Site, Unit

pytestmark = pytest.mark.django_db

NORM = """
[referentiel]
slug = "essai-2030"
title = "Référentiel d'essai"
short_title = "Essai"
published_on = 2030-01-15
sources = ["note"]
certainty = "certain"

[sources]
note = "Note du 15 janvier 2030"
bilan = "Bilan d'essai 2029"

[[module]]
number = 1
title = "Accueil"
is_mandatory = true
sources = ["note"]
certainty = "certain"

[[module]]
number = 2
sources = ["note"]
certainty = "unknown"

[[engagement]]
key = "courriers"
code = "E1"
module = 1
theme = "Courriers"
title = "Répondre aux courriers"
sources = ["note", "bilan"]
certainty = "certain"

[[engagement.indicator]]
key = "courriers-a-temps"
title = "Courriers répondus à temps"
short_title = "À temps"
unit = "percent"
direction = "up"
aliases = ["Taux de réponse"]
sources = ["note"]
certainty = "certain"

[[engagement.indicator.target]]
comparator = "≥"
value = 95
starts_on = 2030-01-01
sources = ["bilan"]
certainty = "inferred"

[[engagement.indicator]]
key = "courriers-delai"
title = "Délai moyen"
short_title = "Délai"
unit = "days"
direction = "down"
aliases = ["Délai moyen de réponse"]
companion_of = "courriers-a-temps"
sources = ["note"]
certainty = "certain"

[[engagement]]
key = "comite"
kind = "steering"
code = "IV.5"
title = "Réunir le comité"
sources = ["note"]
certainty = "certain"

[[delay_rule]]
kinds = ["complaint", "suggestion"]
channels = ["letter", "box"]
requesters = ["citizen"]
days = 10
starts_on = 2030-01-01
sources = ["note"]
certainty = "certain"

[[delay_rule]]
kinds = ["complaint"]
channels = ["social"]
requesters = ["citizen"]
sources = ["note"]
certainty = "unknown"
"""

PREFECTURE = """
[prefecture]
code = "99"
slug = "hautes-rives"
name = "Préfecture des Hautes-Rives"
territory = "Hautes-Rives"
state_title = "Préfète des Hautes-Rives"
zone = "metropole"

[sources]
politique = "Politique de qualité 2030"

[[unit]]
kind = "headquarters"
name = "Préfecture"
short_name = "Siège"

[[unit]]
kind = "subprefecture"
name = "Sous-préfecture de Valbourg"
short_name = "Valbourg"
aliases = ["SP Valbourg"]

[[site]]
unit = "Siège"
name = "Hôtel de préfecture"

[[service]]
unit = "Siège"
short_name = "BAG"
name = "Bureau de l'accueil général"

[[service]]
unit = "Valbourg"
short_name = "BAG"
name = "Bureau de l'accueil général"

[[adoption]]
referentiel = "essai-2030"
starts_on = 2030-02-01
sources = ["politique"]
certainty = "certain"

[[perimeter]]
referentiel = "essai-2030"
module = 1
unit = "Siège"
services = ["BAG"]
starts_on = 2030-02-01
sources = ["politique"]
certainty = "certain"

[[delay_rule]]
referentiel = "essai-2030"
kinds = ["complaint"]
channels = ["letter"]
requesters = ["citizen"]
days = 5
sources = ["politique"]
certainty = "inferred"
"""

HISTORIES = [
    model.history
    for model in (
        Referentiel,
        Module,
        Engagement,
        Indicator,
        Target,
        DelayRule,
        Prefecture,
        Unit,
        Site,
        Service,
        Adoption,
        Perimeter,
    )
]


@pytest.fixture
def write(tmp_path):
    """Write a file, a few words replaced, and give its path."""

    def write(text: str, *replacements: tuple[str, str], name: str = "essai.toml") -> Path:
        for old, new in replacements:
            assert old in text, old
            text = text.replace(old, new)
        path = tmp_path / name
        path.write_text(text, "utf-8")
        return path

    return write


def history_rows() -> int:
    return sum(history.count() for history in HISTORIES)


# --- A version of a référentiel ---


def test_a_file_becomes_rows_in_the_order_of_the_file(write):
    report = load(write(NORM))

    assert report == LoadReport("essai.toml", created=13)
    version = Referentiel.objects.get()
    assert (version.slug, version.published_on) == ("essai-2030", datetime.date(2030, 1, 15))
    assert list(version.modules.values_list("number", "title")) == [(1, "Accueil"), (2, "")]
    assert [str(engagement) for engagement in version.engagements.all()] == ["E1", "IV.5"]
    rate, mean = Indicator.objects.all()
    assert (rate.key, mean.key, mean.companion_of) == ("courriers-a-temps", "courriers-delai", rate)
    assert rate.aliases == ["Taux de réponse"]
    target = rate.targets.get()
    assert (target.comparator, target.value, target.starts_on) == ("≥", 95, datetime.date(2030, 1, 1))


def test_every_row_carries_its_sources_in_full_and_its_certainty(write):
    load(write(NORM))

    engagement = Engagement.objects.get(code="E1")
    assert engagement.source == "Note du 15 janvier 2030\xa0; Bilan d'essai 2029"
    assert Module.objects.get(number=2).certainty == Certainty.UNKNOWN
    assert Target.objects.get().certainty == Certainty.INFERRED


def test_a_deadline_table_becomes_one_row_for_each_kind_and_channel_that_it_names(write):
    load(write(NORM))

    rules = DelayRule.objects.values_list("kind", "channel", "requester", "days", "prefecture")
    assert set(rules) == {
        ("complaint", "letter", "citizen", 10, None),
        ("complaint", "box", "citizen", 10, None),
        ("suggestion", "letter", "citizen", 10, None),
        ("suggestion", "box", "citizen", 10, None),
        ("complaint", "social", "citizen", None, None),
    }


def test_a_second_run_changes_nothing_and_leaves_no_history(write):
    path = write(NORM)
    load(path)
    before = history_rows()

    report = load(path)

    assert report == LoadReport("essai.toml", unchanged=13)
    assert history_rows() == before


def test_a_corrected_file_corrects_its_rows_and_only_them(write):
    load(write(NORM))
    before = history_rows()

    report = load(write(NORM, ("value = 95", "value = 90"), ('title = "Accueil"', 'title = "Accueillir"')))

    assert report == LoadReport("essai.toml", updated=2, unchanged=11)
    assert Target.objects.get().value == 90
    assert Module.objects.get(number=1).title == "Accueillir"
    assert history_rows() == before + 2


def test_what_a_file_no_longer_says_of_a_row_is_taken_back(write):
    load(write(NORM))

    report = load(write(NORM, ('title = "Accueil"\n', "")))

    assert report.updated == 1
    assert Module.objects.get(number=1).title == ""


def test_a_row_corrected_by_hand_is_never_changed_and_the_difference_is_told(write):
    path = write(NORM)
    load(path)
    Target.objects.update(value=Decimal("92.5"), comparator=">", edited_by_hand=True)
    before = history_rows()

    report = load(path)

    assert (report.created, report.updated, report.unchanged) == (0, 0, 12)
    assert report.kept == [
        "essai.toml, engagement courriers, indicator courriers-a-temps, target n° 1 : comparaison : "
        "le fichier dit « au moins », la ligne corrigée à la main dit « plus de ».",
        "essai.toml, engagement courriers, indicator courriers-a-temps, target n° 1 : valeur : "
        "le fichier dit 95, la ligne corrigée à la main dit 92,5.",
    ]
    assert Target.objects.get().value == Decimal("92.5")
    assert history_rows() == before


@pytest.mark.parametrize("meanwhile", ["corrected", "removed"])
def test_what_somebody_writes_while_a_file_is_loaded_is_seen(write, monkeypatch, meanwhile):
    load(write(NORM))
    path, read = write(NORM, ("value = 95", "value = 90")), loading._stored

    def read_then_written(model):
        found = read(model)
        if model is Target and meanwhile == "corrected":
            Target.objects.update(value=Decimal("92.5"), edited_by_hand=True)
        elif model is Target:
            Target.objects.all().delete()
        return found

    monkeypatch.setattr(loading, "_stored", read_then_written)
    report = load(path)

    assert Target.objects.get().value == (Decimal("92.5") if meanwhile == "corrected" else 90)
    assert (report.created, report.updated) == ((0, 0) if meanwhile == "corrected" else (1, 0))


def test_a_date_corrected_by_hand_does_not_bring_the_old_row_back(write):
    path = write(NORM)
    load(path)
    target = Target.objects.get()
    target.starts_on, target.edited_by_hand = datetime.date(2031, 1, 1), True
    target.save()

    report = load(path)

    assert report.created == 0
    assert report.kept == [
        "essai.toml, engagement courriers, indicator courriers-a-temps, target n° 1 : du : "
        "le fichier dit 01/01/2030, la ligne corrigée à la main dit 01/01/2031."
    ]
    assert Target.objects.get().starts_on == datetime.date(2031, 1, 1)


def test_a_date_corrected_by_hand_may_be_the_one_that_the_file_learns_later(write):
    load(write(NORM))
    target = Target.objects.get()
    target.starts_on, target.edited_by_hand = datetime.date(2031, 1, 1), True
    target.save()
    both = """
[[engagement.indicator.target]]
comparator = "≥"
value = 95
starts_on = 2031-01-01
sources = ["bilan"]
certainty = "inferred"

[[engagement.indicator]]
key = "courriers-delai"
"""

    report = load(write(NORM, ('\n[[engagement.indicator]]\nkey = "courriers-delai"\n', both)))

    assert report.created == 0
    assert len(report.kept) == 1
    assert Target.objects.count() == 1


def test_a_title_found_by_hand_is_not_emptied(write):
    path = write(NORM)
    load(path)
    Module.objects.filter(number=2).update(title="Titres", is_mandatory=True, edited_by_hand=True)

    report = load(path)

    assert report.kept == [
        "essai.toml, module 2 : titre : le fichier dit rien, la ligne corrigée à la main dit « Titres ».",
        "essai.toml, module 2 : obligatoire : le fichier dit non, la ligne corrigée à la main dit oui.",
    ]


def test_moving_a_row_in_the_file_is_no_difference_with_a_row_corrected_by_hand(write):
    load(write(NORM))
    Engagement.objects.filter(code="IV.5").update(position=7, edited_by_hand=True)

    assert load(write(NORM)).kept == []


def test_a_row_that_the_file_no_longer_has_stays_and_is_told(write):
    load(write(NORM))

    report = load(write(NORM, ('starts_on = 2030-01-01\nsources = ["bilan"]', 'sources = ["bilan"]')))

    assert report.created == 1
    assert report.orphans == [
        "essai.toml n'a plus la ligne « Courriers répondus à temps », 01/01/2030 ; elle reste en place."
    ]


def test_a_local_row_is_nothing_that_the_national_file_should_have(write):
    load(write(NORM))
    load_prefecture(write(PREFECTURE, name="prefecture-99.toml"))

    assert load(write(NORM)).orphans == []


# --- A bad file ---


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        (
            'unit = "percent"',
            'unit = "pourcent"',
            "essai.toml, engagement courriers, indicator courriers-a-temps : "
            "« unit » : La valeur «\xa0'pourcent'\xa0» n’est pas un choix valide.",
        ),
        (
            'sources = ["note", "bilan"]',
            "",
            "essai.toml, engagement courriers : il manque « sources ».",
        ),
        (
            'sources = ["note", "bilan"]',
            "sources = []",
            "essai.toml, engagement courriers : « sources » est une liste de textes "
            "qui en contient au moins un.",
        ),
        (
            'sources = ["note", "bilan"]',
            'sources = ["circulaire"]',
            "essai.toml, engagement courriers : « circulaire » est inconnu : "
            "ni écrit plus haut, ni déjà chargé.",
        ),
        (
            'key = "comite"',
            'key = "courriers"',
            "essai.toml, engagement courriers : cette ligne est écrite deux fois.",
        ),
        (
            'channels = ["letter", "box"]',
            'channels = ["letter", "letter"]',
            "essai.toml, delay_rule n° 1 (complaint, letter, citizen) : cette ligne est écrite deux fois.",
        ),
        (
            'channels = ["letter", "box"]',
            'channels = ["letter", "pigeon"]',
            "essai.toml, delay_rule n° 1 (complaint, pigeon, citizen) : "
            "« channel » : La valeur «\xa0'pigeon'\xa0» n’est pas un choix valide.",
        ),
        (
            'theme = "Courriers"',
            'thème = "Courriers"',
            "essai.toml, ligne 30 : ce n'est pas du TOML valide.",
        ),
        (
            'theme = "Courriers"',
            'them = "Courriers"',
            "essai.toml, engagement courriers : « them » n'est pas une clé connue.",
        ),
        (
            "[[delay_rule]]",
            "[[delay_rules]]",
            "essai.toml : « delay_rules » n'est pas une table connue.",
        ),
        (
            "[[engagement.indicator.target]]",
            "[engagement.indicator.target]",
            "essai.toml, engagement courriers, indicator courriers-a-temps : "
            "écrire [[target]], avec deux crochets.",
        ),
        (
            "module = 1",
            "module = 9",
            "essai.toml, engagement courriers : « 9 » est inconnu : ni écrit plus haut, ni déjà chargé.",
        ),
        (
            'companion_of = "courriers-a-temps"',
            'companion_of = "courriels"',
            "essai.toml, engagement courriers, indicator courriers-delai : "
            "« courriels » est inconnu : ni écrit plus haut, ni déjà chargé.",
        ),
        (
            'aliases = ["Taux de réponse"]',
            'aliases = "Taux de réponse"',
            "essai.toml, engagement courriers, indicator courriers-a-temps : "
            "« aliases » est une liste de textes qui en contient au moins un.",
        ),
        (
            "value = 95",
            "value = -1",
            "essai.toml, engagement courriers, indicator courriers-a-temps, target n° 1 : "
            "Un objectif ne peut pas être négatif.",
        ),
        (
            'kind = "steering"',
            'kind = "steering"\nmodule = 1',
            "essai.toml, engagement comite : Une exigence de pilotage n'appartient à aucun module.",
        ),
        (
            "published_on = 2030-01-15",
            "published_on = 2030",
            "essai.toml, referentiel : « published_on » est une date, écrite 2020-01-31, sans guillemets.",
        ),
        (
            "[referentiel]",
            "[referentiels]",
            "essai.toml : il manque « referentiel ».",
        ),
    ],
)
def test_a_bad_file_is_refused_with_a_sentence_that_says_where(write, old, new, sentence):
    path = write(NORM, (old, new))

    with pytest.raises(LoadingError) as refusal:
        load(path)

    assert str(refusal.value) == sentence
    assert history_rows() == 0


def test_a_fault_at_the_end_of_a_file_takes_back_its_whole_load(write):
    load(write(NORM))

    with pytest.raises(LoadingError):
        load(write(NORM, ("value = 95", "value = 80"), ('channels = ["social"]', 'channels = ["?"]')))

    assert Target.objects.get().value == 95


def test_the_mark_that_some_editors_put_at_the_head_of_a_file_does_no_harm(write):
    assert load(write("\N{BYTE ORDER MARK}" + NORM)).created == 13


def test_a_file_that_is_not_utf8_is_refused(tmp_path):
    path = tmp_path / "essai.toml"
    path.write_bytes("# référentiel".encode("latin-1"))

    with pytest.raises(LoadingError) as refusal:
        load(path)

    assert str(refusal.value) == "essai.toml : le fichier n'est pas en UTF-8."


# --- A préfecture ---


def test_a_prefecture_is_set_up_from_nothing_and_once(write):
    load(write(NORM))
    path = write(PREFECTURE, name="prefecture-99.toml")

    report = load_prefecture(path)

    assert report == LoadReport("prefecture-99.toml", created=9)
    prefecture = Prefecture.objects.get()
    headquarters, valbourg = prefecture.units.all()
    assert (headquarters.short_name, valbourg.aliases) == ("Siège", ["SP Valbourg"])
    assert [service.short_name for service in headquarters.services.all()] == ["BAG"]
    module = Module.objects.get(number=1)
    assert Perimeter.objects.expected(prefecture, 2030) == {(headquarters.pk, module.pk)}
    assert Adoption.objects.get().source == "Politique de qualité 2030"
    own = DelayRule.objects.get(prefecture=prefecture)
    assert (own.kind, own.channel, own.days) == ("complaint", "letter", 5)

    before = history_rows()
    assert load_prefecture(path) == LoadReport("prefecture-99.toml", unchanged=9)
    assert history_rows() == before


@pytest.mark.parametrize("measured", [["courriers-delai"], ["courriers"]])
def test_a_service_measures_some_indicators_of_its_module_or_those_of_an_engagement(write, measured):
    load(write(NORM))
    words = str(measured).replace("'", '"')
    path = write(PREFECTURE, ('["BAG"]', f'["BAG"]\nmeasured = {words}'), name="prefecture-99.toml")

    load_prefecture(path)

    assert Perimeter.objects.get().measured == measured
    assert load_prefecture(path).unchanged == 9


def test_an_existing_organisation_is_left_as_the_prefecture_keeps_it(write):
    load(write(NORM))
    path = write(PREFECTURE, name="prefecture-99.toml")
    load_prefecture(path)
    service = Service.objects.get(unit__short_name="Siège")
    service.name = "Bureau de l'accueil et du courrier"
    service.save()

    report = load_prefecture(path)

    assert report.kept == [
        "prefecture-99.toml, service BAG (Siège) : nom : le fichier dit « Bureau de l'accueil général », "
        "l'application dit « Bureau de l'accueil et du courrier »."
    ]
    service.refresh_from_db()
    assert service.name == "Bureau de l'accueil et du courrier"


def test_a_renamed_unit_is_not_created_a_second_time(write):
    load(write(NORM))
    path = write(PREFECTURE, name="prefecture-99.toml")
    load_prefecture(path)
    unit = Unit.objects.get(short_name="Valbourg")
    unit.name = "Sous-préfecture de Valbourg-les-Bains"
    unit.save()

    report = load_prefecture(path)

    assert report.created == 0
    assert Unit.objects.count() == 2


@pytest.mark.parametrize("on", [datetime.date(2029, 1, 1), datetime.date(2040, 1, 1)])
def test_a_service_renamed_on_a_page_is_neither_undone_nor_created_again(on, write):
    load(write(NORM))
    path = write(PREFECTURE, name="prefecture-99.toml")
    load_prefecture(path)
    service = Service.objects.get(unit__short_name="Siège")
    new, today = organisation.State("Accueil", "ACC", None, frozenset()), datetime.date(2030, 6, 1)
    seen = organisation.version_of(service)
    organisation.rename(service, new, on=on, seen=seen, today=today)

    report = load_prefecture(path)
    organisation.take_effect(service.unit.prefecture, datetime.date(2041, 1, 1))
    again = load_prefecture(path)

    assert (report.created, report.updated, again.created, again.updated) == (0, 0, 0, 0)
    assert Service.objects.get(unit__short_name="Siège").short_name == "ACC"
    assert Perimeter.objects.get().service == service


def test_a_prefecture_names_referentiels_that_are_loaded(write):
    path = write(PREFECTURE, name="prefecture-99.toml")

    with pytest.raises(LoadingError) as refusal:
        load_prefecture(path)

    assert str(refusal.value) == (
        "prefecture-99.toml, adoption n° 1 : « essai-2030 » est inconnu : ni écrit plus haut, ni déjà chargé."
    )
    assert Prefecture.objects.count() == 0


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        (
            'services = ["BAG"]',
            'services = ["BCR"]',
            "prefecture-99.toml, perimeter n° 1 : « Préfecture, BCR » est inconnu : "
            "ni écrit plus haut, ni déjà chargé.",
        ),
        (
            "module = 1",
            "module = 7",
            "prefecture-99.toml, perimeter n° 1 : « Essai, 7 » est inconnu : "
            "ni écrit plus haut, ni déjà chargé.",
        ),
        (
            'services = ["BAG"]',
            'services = ["BAG"]\nmeasured = ["courriers-delai", "comite"]',
            "prefecture-99.toml, perimeter n° 1 : « comite » est inconnu : "
            "ni écrit plus haut, ni déjà chargé.",
        ),
        (
            'services = ["BAG"]',
            'services = ["BAG"]\nmeasured = []',
            "prefecture-99.toml, perimeter n° 1 : « measured » est une liste de textes qui en "
            "contient au moins un.",
        ),
        (
            'kind = "subprefecture"',
            'kind = "headquarters"',
            "prefecture-99.toml, unit Valbourg : La préfecture a déjà un siège.",
        ),
        (
            'slug = "hautes-rives"',
            'slug = "agents"',
            "prefecture-99.toml, prefecture : Cette adresse est réservée à l'application.",
        ),
    ],
)
def test_a_bad_prefecture_is_refused_with_a_sentence_that_says_where(write, old, new, sentence):
    load(write(NORM))
    path = write(PREFECTURE, (old, new), name="prefecture-99.toml")

    with pytest.raises(LoadingError) as refusal:
        load_prefecture(path)

    assert str(refusal.value) == sentence


# --- The commands ---


def test_the_commands_say_what_they_did(write):
    out = StringIO()

    call_command("load_referentiels", write(NORM), stdout=out)
    Module.objects.filter(number=2).update(title="Titres", edited_by_hand=True)
    call_command("load_referentiels", write(NORM), stdout=out)
    call_command("load_prefecture", write(PREFECTURE, name="prefecture-99.toml"), stdout=out)

    assert out.getvalue().splitlines() == [
        "essai.toml, lignes : 13 créées, 0 modifiées, 0 inchangées.",
        "essai.toml, lignes : 0 créées, 0 modifiées, 12 inchangées.",
        "  essai.toml, module 2 : titre : le fichier dit rien, la ligne corrigée à la main dit « Titres ».",
        "prefecture-99.toml, lignes : 9 créées, 0 modifiées, 0 inchangées.",
    ]


@pytest.mark.parametrize("command", ["load_referentiels", "load_prefecture"])
def test_the_commands_refuse_a_missing_file_in_a_sentence(command, tmp_path):
    with pytest.raises(CommandError, match=r"absent\.toml : fichier introuvable ou illisible\."):
        call_command(command, tmp_path / "absent.toml")
