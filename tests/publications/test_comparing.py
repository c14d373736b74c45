"""What changed between two contents: figures, notes, texts word by word, lists."""

import copy
import time
from pathlib import Path

import pytest

from publications import comparing, formats
from publications.comparing import Field, Listed, Words
from publications.formats import Data

KEPT = (Path(__file__).parents[1] / "data" / "bilan-2018-format-1.json").read_text("utf-8")


@pytest.fixture
def before() -> Data:
    """The bilan of 2018 as it was signed in format 1."""
    return formats.read(KEPT)


@pytest.fixture
def after(before: Data) -> Data:
    return copy.deepcopy(before)


def test_the_same_content_has_no_difference(before: Data, after: Data) -> None:
    assert comparing.compare(before, after).is_empty


def test_what_an_edition_says_of_itself_is_not_what_it_says_of_the_year(before: Data, after: Data) -> None:
    after["erratum"] = {"edition": 1, "text": "Un chiffre était faux."}
    after["presentations"] = [
        {"body": "users", "body_label": "CLU", "held_on": "2019-03-05", "remark": ""},
    ]

    assert comparing.statement(before) == comparing.statement(after)


def test_a_changed_figure_says_what_changed_of_it(before: Data, after: Data) -> None:
    cell = after["bands"][0]["lines"][0]["cells"][1]
    cell |= {"shown_label": "12\xa0%", "verdict_label": "objectif non atteint", "reason": "Relevé repris."}
    cell["previous"] |= {"caution": "autres mois"}

    (figure,) = comparing.compare(before, after).figures

    assert (figure.indicator, figure.unit) == (
        "E10 Taux d'appels perdus",
        "Sous-préfecture d'Aix-en-Provence",
    )
    assert figure.fields == [
        Field("résultat", "6,49\xa0%", "12\xa0%"),
        Field("atteinte de l’objectif", "objectif atteint", "objectif non atteint"),
        Field("motif", "", "Relevé repris."),
        Field("réserve", "", "autres mois"),
    ]


def test_a_note_is_compared_by_its_text_and_not_by_its_number(before: Data, after: Data) -> None:
    for note in after["notes"]:
        note["number"] += 10
    for cell in (cell for band in after["bands"] for line in band["lines"] for cell in line["cells"]):
        cell["notes"] = [number + 10 for number in cell["notes"]]
    assert comparing.compare(before, after).is_empty

    after["notes"][2]["text"] = "travaux achevés"

    (figure,) = comparing.compare(before, after).figures
    assert figure.fields == [
        Field("note", "travaux engagés en 2018 pour améliorer le fonctionnement", "travaux achevés")
    ]


def test_an_indicator_that_came_or_went_is_a_change_of_each_of_its_figures(before: Data, after: Data) -> None:
    del after["bands"][0]["lines"][0]

    gone = comparing.compare(before, after).figures
    came = comparing.compare(after, before).figures

    assert [figure.unit for figure in gone] == [unit["name"] for unit in before["units"]]
    assert [figure.unit for figure in came] == [unit["name"] for unit in before["units"]]
    assert gone[1].fields[0] == Field("résultat", "6,49\xa0%", "")
    assert came[1].fields[0] == Field("résultat", "", "6,49\xa0%")


def test_a_text_is_compared_word_by_word() -> None:
    assert comparing.words("Le guichet a fermé en août.", "Le guichet a fermé en août et en mai.") == [
        [
            Words("same", "Le guichet a fermé en "),
            Words("removed", "août."),
            Words("added", "août et en mai."),
        ]
    ]


def test_a_paragraph_that_shares_too_little_is_shown_whole_twice() -> None:
    assert comparing.words("Rien de commun.", "Tout-autre-chose-ici") == [
        [Words("removed", "Rien de commun.")],
        [Words("added", "Tout-autre-chose-ici")],
    ]


def test_paragraphs_that_came_went_or_stayed() -> None:
    assert comparing.words("Un.\n\nDeux.\n\nTrois.", "Un.\n\nTrois.\n\nQuatre.") == [
        [Words("same", "Un.")],
        [Words("removed", "Deux.")],
        [Words("same", "Trois.")],
        [Words("added", "Quatre.")],
    ]


def test_parts_and_lists_that_changed_are_named(before: Data, after: Data) -> None:
    after["parts"][4]["text"] = ""
    after["missing"] = after["missing"][1:]
    after["notes"][0]["text"] = "En juin, réponse en 9 jours"

    comparison = comparing.compare(before, after)

    assert [text.title for text in comparison.texts] == ["Perspectives"]
    assert {words.kind for paragraph in comparison.texts[0].paragraphs for words in paragraph} == {"removed"}
    assert comparison.lists == [
        Listed(
            "Notes sur l’ensemble",
            ["En juin, réponse à un courriel en 7 jours"],
            ["En juin, réponse en 9 jours"],
        ),
        Listed("Ce qui manque", before["missing"][:1], []),
    ]


def test_the_longest_texts_are_compared_in_time(before: Data, after: Data) -> None:
    before["parts"][0]["text"] = "a b " * 5_000
    after["parts"][0]["text"] = "b a c " * 3_333
    for number, part in enumerate(after["parts"][1:]):
        part["text"] = "\n".join(f"{number} mot {n} " + "x y " * 10 for n in range(300))
    begun = time.process_time()

    comparing.compare(before, after)

    assert time.process_time() - begun < 10
