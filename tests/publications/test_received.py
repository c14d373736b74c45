"""What the register gives to a bilan: frozen with it, public, and only of the years in which it was kept."""

import json
from datetime import date
from itertools import count

import pytest
from django.urls import reverse

from complaints import register
from complaints.models import Case, Example, Theme
from complaints.register import Description, Identity
from indicators.models import EntrySchedule
from publications import bilan as contents
from publications import comparing, formats, pdf, publish, reading, received
from tests.factories import (
    ActionFactory,
    CaseFactory,
    DelayRuleFactory,
    MeasurementFactory,
    ServiceFactory,
    SuspensionFactory,
)

ON = date(2021, 2, 15)
NUMBERS = count(1)


@pytest.fixture
def kept(prefecture, figures):
    """The register is kept since 2019; there are figures of 2020 to sign. An answer is due in five days."""
    MeasurementFactory(unit=prefecture.units.first(), indicator=figures, year=2020)
    DelayRuleFactory(referentiel=figures.engagement.module.referentiel, kind="complaint", days=5)
    since = date(2019, 1, 1)
    return EntrySchedule.objects.create(prefecture=prefecture, first_month=since, register_since=since)


@pytest.fixture
def themes(prefecture):
    return [
        Theme.objects.create(prefecture=prefecture, title=title, position=place)
        for place, title in enumerate(("Attente", "Accueil", "Site internet"))
    ]


def complain(unit, **columns):
    """A complaint of June 2020, answered in three days of ten."""
    answered = {
        "kind": "complaint",
        "received_on": date(2020, 6, 2),
        "allowed_days": 10,
        "due_on": date(2020, 6, 16),
        "state": "answered",
        "answered_on": date(2020, 6, 5),
        "first_reply_on": date(2020, 6, 5),
        "closed_on": date(2020, 6, 5),
        "delay_days": 3,
        "is_within": True,
    }
    return CaseFactory(unit=unit, number=next(NUMBERS), **answered | columns)


def late(unit, **columns):
    day = date(2020, 6, 17)
    past = {"answered_on": day, "first_reply_on": day, "closed_on": day, "delay_days": 11, "is_within": False}
    return complain(unit, **past | columns)


def read(prefecture, year=2020):
    return received.of_year(prefecture, year, ON)


def table(block, head):
    (found,) = (one for one in block["tables"] if one["head"] == head)
    return [(line["label"], line["received"], line["before_label"]) for line in found["lines"]]


def test_nothing_is_said_of_a_year_without_a_register(prefecture, kept, siege):
    complain(
        siege, received_on=date(2018, 6, 1), due_on=None, allowed_days=None, delay_days=None, is_within=None
    )

    assert read(prefecture, 2018) == received.Received(None, [])
    shown = reading.read(contents.assemble(prefecture, 2018).as_data())
    assert "n’était pas suivi en 2018" in shown.no_register
    assert shown.register is None


def test_a_year_wholly_suspended_says_so_and_has_no_zeros(prefecture, kept, siege, themes, claire, client_of):
    complain(siege, received_on=date(2019, 6, 3), due_on=date(2019, 6, 17), answered_on=date(2019, 6, 5))
    SuspensionFactory(
        prefecture=prefecture, first_month=date(2020, 1, 1), last_month=date(2020, 12, 1), reason="Travaux."
    )

    block = read(prefecture).block

    assert (block["months"], block["tables"], block["caution"]) == ([], [], "")
    assert block["sentences"] == [
        "Le registre ne dit rien de cette période (2020)\xa0: son suivi est suspendu."
    ]
    assert "Travaux." in block["suspensions"][0]
    page = client_of(claire).get(reverse("bilan_prepare", args=[prefecture.slug, 2020])).text
    assert "son suivi est suspendu" in page
    assert "Aucune demande reçue." in page


def test_one_or_two_under_a_theme_are_added_up(prefecture, kept, siege, arles, themes):
    for theme, number in zip(themes, (3, 2, 1), strict=True):
        for _ in range(number):
            complain(siege, theme=theme)
    complain(siege, theme=themes[0], received_on=date(2019, 6, 4))
    silent = Theme.objects.create(prefecture=prefecture, title="Parking")

    for _ in range(4):
        complain(siege, theme=silent, received_on=date(2019, 6, 4))
    complain(arles, received_on=date(2019, 6, 4), theme=silent)

    block = read(prefecture).block

    assert table(block, "thème") == [
        ("Attente", 3, "moins de 3"),
        ("Parking", 0, "5"),
        ("autres, moins de 3 chacun", 3, "0"),
    ]
    assert table(block, "unité") == [("Siège", 6, "5"), ("Sous-préfecture d’Arles", 0, "1")]
    assert "Arles" in read(prefecture).gaps[0]


def test_deadlines_are_those_of_a_loop_over_the_cases(prefecture, kept, siege, arles):
    SuspensionFactory(
        prefecture=prefecture, unit=arles, first_month=date(2020, 6, 1), last_month=date(2020, 6, 1)
    )
    for unit, number in ((siege, 3), (arles, 2)):
        service = ServiceFactory(unit=unit)
        for _ in range(number):
            complain(unit, service=service)
        late(unit, service=service, channel="email")
        complain(unit, service=service, is_answerable=False, due_on=None, delay_days=None, is_within=None)

    lines = read(prefecture).block["deadlines"]

    for line in lines:
        of_line = [
            case
            for case in Case.objects.filter(unit__short_name=line["unit"])
            if case.get_channel_display() == line["channel_label"]
        ]
        followed = [case for case in of_line if case.is_counted and line["unit"] == "Siège"]
        in_time = [case for case in followed if case.is_within]
        assert (line["received"], line["answered"], line["on_time"]) == (
            len(of_line),
            len(followed),
            len(in_time),
        )
        assert (line["numerator"], line["denominator"]) == (len(in_time), len(followed))
        assert line["late"] == len(followed) - len(in_time)
    assert [(line["unit"], line["channel_label"]) for line in lines] == [
        ("Siège", "courrier"),
        ("Siège", "courriel"),
        ("Arles", "courrier"),
        ("Arles", "courriel"),
    ]


def test_a_late_answer_is_told_without_its_number_and_its_words(prefecture, kept, siege):
    late(siege, subject="Un objet que personne ne doit lire")

    content = contents.assemble(prefecture, 2020)

    assert content.complaints["late"] == [
        {
            "unit": "Siège",
            "kind_label": "réclamation",
            "channel_label": "courrier",
            "month_label": "juin\xa02020",
            "delay_label": "11\xa0jours, pour 10",
        }
    ]
    for word in ("Un objet", "Dominique", "rue des Essais", "2020-000"):
        assert word not in content.as_text()


def test_many_late_answers_are_counted_those_to_complaints_are_told(prefecture, kept, siege):
    for _ in range(received.MOST_LATE):
        late(siege, kind="enquiry")
    late(siege)

    block = read(prefecture).block

    assert [one["kind_label"] for one in block["late"]] == ["réclamation"]
    assert block["late_sentence"].startswith("41 réponses hors délai")


def test_what_moves_or_is_not_sorted_is_a_gap(prefecture, kept, siege, arles, claire):
    Example.objects.create(case=complain(siege), text="Dominique a attendu.", by=claire)
    complain(arles)
    for _ in range(2):
        complain(
            siege,
            received_on=date(2020, 12, 30),
            due_on=date(2021, 3, 1),
            **dict.fromkeys(["answered_on", "first_reply_on", "closed_on", "delay_days", "is_within"]),
            state="open",
        )

    assert read(prefecture).gaps == [
        "Délais de réponse\xa0: des échéances sont encore à venir, ces mois peuvent changer (décembre).",
        "Exemples de réclamations à réécrire, où le demandeur se reconnaîtrait\xa0: 1.",
        "Réclamations et suggestions\xa0: 4 n’ont pas de thème.",
    ]


def test_actions_of_themes_are_told_those_of_one_case_are_not(prefecture, kept, siege, themes):
    case = complain(siege, theme=themes[0])
    in_year = {"prefecture": prefecture, "due_on": date(2020, 9, 1)}
    ActionFactory(title="Afficher l’attente", theme=themes[0], **in_year)
    ActionFactory(title="Rappeler cette personne", case=case, **in_year)
    ActionFactory(title="Abandonnée", theme=themes[0], is_abandoned=True, **in_year)
    ActionFactory(title="Plus tard", theme=themes[0], prefecture=prefecture, due_on=date(2023, 9, 1))

    assert read(prefecture).block["actions"] == [
        {"theme": "Attente", "title": "Afficher l’attente", "state_label": "à faire", "on": "2020-09-01"}
    ]


def test_a_reply_after_the_signature_changes_nothing_that_was_signed(
    prefecture, kept, siege, themes, claire, client_of
):
    said = Description(
        kind="complaint",
        channel="letter",
        received_on=date(2020, 6, 2),
        subject="Attente",
        unit=siege,
        theme=themes[0],
        requester=Identity(name="Dominique Petit", address="1 rue des Essais, 13000 Essaiville"),
    )
    case = register.receive(prefecture, said, by=claire, on=prefecture.today())
    Example.objects.create(case=case, text="Deux heures d’attente.", by=claire)
    signed = publish.freeze(prefecture, 2020, by=claire)
    address = reverse("bilan_edition", args=[prefecture.slug, 2020, 1])
    before = client_of(claire).get(address).context["reading"].register
    was = signed.content

    register.answer(case, answered_on=date(2020, 6, 4), seen=case.version, by=claire, on=prefecture.today())
    Example.objects.all().delete()

    signed.refresh_from_db()
    assert signed.content == was
    assert contents.hash_of(signed.content) == signed.sha256
    page = client_of(claire).get(address)
    assert page.context["reading"].register == before
    assert "Deux heures d’attente." in page.content.decode()
    assert before.deadlines[0][1][0]["rate_label"] == "0,00\xa0% (0 sur 1)"
    now = contents.assemble(prefecture, 2020).as_data()
    lists = {one.title: one for one in comparing.compare(signed.data, now).lists}
    assert lists["Exemples et actions"].removed == ["Attente\xa0: «\xa0Deux heures d’attente.\xa0»"]
    assert "100,00\xa0% (1 sur 1)" in lists["Délais de réponse"].added[0]


@pytest.mark.parametrize(
    "path",
    [
        "months_label",
        "caution",
        "late_sentence",
        "sentences/0",
        "suspensions/0",
        "tables/0/lines/0/received",
        "tables/0/lines/0/before_label",
        "defender/before",
        "defender/mean_label",
        "deadlines/0/so_far_label",
        "deadlines/0/apart_label",
        "examples/0/text",
    ],
)
def test_whatever_the_register_says_otherwise_is_a_difference(prefecture, kept, siege, themes, claire, path):
    case = complain(siege, theme=themes[0])
    example = Example.objects.create(case=case, text="Deux heures d’attente.", by=claire)
    SuspensionFactory(prefecture=prefecture, first_month=date(2020, 3, 1), last_month=date(2020, 3, 1))
    before = contents.assemble(prefecture, 2020).as_data()
    assert example.text in json.dumps(before, ensure_ascii=False)

    after = json.loads(json.dumps(before))
    *way, last = (int(step) if step.isdecimal() else step for step in path.split("/"))
    inside = after["complaints"]
    for step in way:
        inside = inside[step]
    inside[last] = "autre chose"

    assert not comparing.compare(before, after).is_empty


def test_a_content_of_format_2_reads_as_it_was_signed(prefecture, kept):
    data = contents.assemble(prefecture, 2018).as_data() | {"format": 2}
    del data["complaints"]

    read_again = formats.read(json.dumps(data))

    assert read_again["complaints"] is None
    assert not reading.read(read_again).speaks_of_register


def test_paper_has_the_tables_on_its_pages_and_refuses_more_than_it_holds(prefecture, kept, siege, themes):
    for _ in range(3):
        complain(siege, theme=themes[0])
    content = contents.assemble(prefecture, 2020)

    assert pdf.render_provisional(content).startswith(b"%PDF")
    data = content.as_data()
    data["complaints"]["deadlines"] *= pdf.RECEIVED + 1
    assert "lignes de réclamations et de délais" in pdf.too_long(data)[0]


def test_as_many_queries_for_any_number_of_cases(prefecture, kept, siege, themes, django_assert_num_queries):
    for number in range(2):
        complain(siege, theme=themes[number])
        late(siege, service=ServiceFactory(unit=siege), channel="email")
        with django_assert_num_queries(17):
            read(prefecture)
