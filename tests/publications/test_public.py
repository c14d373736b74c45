"""What everybody reads: frozen content of what is published, and gone as soon as it is withdrawn."""

import csv
import io
from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_django.fixtures import Settings

from indicators.models import Measurement
from publications import publish, table
from publications.models import Bilan, Part
from referentiel.models import Adoption, Indicator
from sites.models import Agent, Prefecture, Unit
from tests import factories
from tests.publications.conftest import PDF

SLUG = "bouches-du-rhone"
OF_A_BILAN = ["public_bilan", "public_bilan_pdf", "public_bilan_csv"]
HOSTILE = "<script>alert('x')</script>"


def url(name: str, *where: object) -> str:
    return reverse(name, args=where)


def statuses(client: Client, slug: str = SLUG, year: int = 2018) -> list[int]:
    return [client.get(url(name, slug, year)).status_code for name in OF_A_BILAN]


def rows(text: bytes) -> list[dict[str, str]]:
    assert text.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(text.decode("utf-8-sig"), newline=""), delimiter=";"))


# --- the home ----------------------------------------------------------------------------------------------


def test_without_a_prefecture_the_home_says_so(client: Client, db: None) -> None:
    page = client.get(url("public_home"))

    assert page.status_code == 200
    assert "Aucune préfecture n’est encore présente ici." in page.text


def test_with_one_prefecture_the_home_is_its_own(client: Client, prefecture: Prefecture) -> None:
    page = client.get(url("public_home"))

    assert "La qualité de notre accueil et de nos services" in page.text
    assert "Aucun bilan n’est publié pour l’instant." in page.text


def test_with_several_prefectures_the_home_is_a_list(
    client: Client, published: Bilan, elsewhere: Prefecture
) -> None:
    page = client.get(url("public_home"))

    assert [(each.slug, each.latest) for each in page.context["prefectures"]] == [
        (SLUG, 2018),
        ("bas-rhin", None),
    ]
    assert url("public_prefecture", "bas-rhin") in page.text


def test_the_home_costs_the_same_with_two_and_with_four_prefectures(
    client: Client, published: Bilan, elsewhere: Prefecture
) -> None:
    counts = []
    for _ in range(3):
        with CaptureQueriesContext(connection) as queries:
            client.get(url("public_home"))
        counts.append(len(queries))
        factories.PrefectureFactory()

    assert counts == [1, 1, 1]


def test_a_prefecture_says_its_label_and_its_headline_results(client: Client, published: Bilan) -> None:
    Adoption.objects.update(labelled_on="2019-11-20")

    page = client.get(url("public_prefecture", SLUG))

    (headline,) = page.context["headlines"]
    assert "Labellisée depuis le 20 novembre 2019, selon le référentiel" in page.text
    assert headline.line.indicator["title"] == "Taux de réponse aux courriels"
    assert [
        (unit["name"], cell["shown_label"], cell["base_label"]) for unit, cell in headline.line.cells
    ] == [
        ("Siège", "95,00\xa0%", "19 sur 20"),
        ("Sous-préfecture d’Arles", "92,31\xa0%", "12 sur 13"),
    ]
    assert "Sur 2 résultats qui ont un objectif, 1 l’atteignent." not in page.text
    assert "Sur 2 résultats qui ont un objectif, un seul l’atteint." in page.text


def test_the_home_of_a_prefecture_leads_to_each_published_year(
    client: Client,
    prefecture: Prefecture,
    published: Bilan,
    siege: Unit,
    figures: Indicator,
    claire: Agent,
    attach: Callable[[Bilan], Bilan],
) -> None:
    factories.MeasurementFactory(unit=siege, indicator=figures, year=2019)
    publish.publish(attach(publish.freeze(prefecture, 2019, by=claire)), by=claire)

    page = client.get(url("public_prefecture", SLUG))

    assert [bilan.year for bilan in page.context["bilans"]] == [2019, 2018]
    assert page.context["reading"].content["year"] == 2019


def test_an_unknown_prefecture_is_not_found(client: Client, prefecture: Prefecture) -> None:
    assert client.get(url("public_prefecture", "atlantide")).status_code == 404


# --- before, during, after ---------------------------------------------------------------------------------


def test_nothing_is_public_before_the_publication(client: Client, ready: Bilan) -> None:
    assert statuses(client) == [404, 404, 404]
    assert client.get(url("public_prefecture", SLUG)).context["bilans"] == []


def test_everybody_reads_what_is_published(client: Client, published: Bilan) -> None:
    assert statuses(client) == [200, 200, 200]
    assert client.get(url("public_bilan", SLUG, 2018)).wsgi_request.user.is_anonymous


def test_what_is_withdrawn_is_gone_at_once(client: Client, published: Bilan, claire: Agent) -> None:
    seen = {name: client.get(url(name, SLUG, 2018))["ETag"] for name in OF_A_BILAN}
    home = client.get(url("public_prefecture", SLUG))["ETag"]

    publish.withdraw(published, by=claire, reason="Un chiffre est faux.")

    assert [
        client.get(url(name, SLUG, 2018), headers={"if-none-match": etag}).status_code
        for name, etag in seen.items()
    ] == [404, 404, 404]
    after = client.get(url("public_prefecture", SLUG), headers={"if-none-match": home})
    assert after.status_code == 200
    assert after.context["bilans"] == []


def test_the_corrected_edition_says_what_it_replaces(
    client: Client, published: Bilan, siege: Unit, claire: Agent, attach: Callable[[Bilan], Bilan]
) -> None:
    publish.withdraw(published, by=claire, reason="Le siège a compté un courriel de trop.")
    Measurement.objects.filter(unit=siege).update(numerator=18)
    erratum = "Siège\xa0: 18 réponses, et non 19."
    publish.publish(attach(publish.freeze(published.prefecture, 2018, by=claire, erratum=erratum)), by=claire)

    page = client.get(url("public_bilan", SLUG, 2018))

    assert f"<p>{erratum}</p>" in page.text
    assert "Motif&nbsp;: Le siège a compté un courriel de trop." in page.text
    assert "90,00\xa0%" in page.text
    assert "95,00\xa0%" not in page.text


def test_public_pages_show_the_frozen_figures_and_not_those_of_today(
    client: Client, published: Bilan
) -> None:
    Measurement.objects.update(numerator=1, denominator=2)
    Indicator.objects.update(title="Un autre titre")

    pages = [
        client.get(url("public_bilan", SLUG, 2018)).text,
        client.get(url("public_bilan_csv", SLUG, 2018)).text,
        client.get(url("public_prefecture", SLUG)).text,
    ]

    for text in pages:
        assert "Taux de réponse aux courriels" in text
        assert "Un autre titre" not in text
        assert "50,00" not in text


def test_the_bilan_of_another_prefecture_answers_not_found_under_ones_own_address(
    client: Client, published: Bilan, elsewhere: Prefecture
) -> None:
    assert statuses(client, slug="bas-rhin") == [404, 404, 404]


@pytest.mark.parametrize("year", [2017, 0, 99999, 10**30])
def test_a_year_without_a_bilan_is_not_found(client: Client, published: Bilan, year: int) -> None:
    assert client.get(f"/{SLUG}/bilans/{year}/").status_code == 404
    assert client.get(f"/{SLUG}/bilans/{year}/bilan-{year}.pdf").status_code == 404


def test_a_file_named_after_another_year_is_not_found(client: Client, published: Bilan) -> None:
    assert client.get(f"/{SLUG}/bilans/2018/bilan-2017.pdf").status_code == 404


def test_the_page_costs_the_same_with_one_and_with_three_indicators(
    client: Client, figures: Indicator, siege: Unit, claire: Agent, attach: Callable[[Bilan], Bilan]
) -> None:
    counts = []
    for year in (2018, 2019, 2020):
        more = factories.IndicatorFactory(engagement=figures.engagement)
        for since in range(year, 2021):
            factories.MeasurementFactory(unit=siege, indicator=more, year=since)
        publish.publish(attach(publish.freeze(siege.prefecture, year, by=claire)), by=claire)
        with CaptureQueriesContext(connection) as queries:
            page = client.get(url("public_bilan", SLUG, year))
        counts.append((len(page.context["reading"].themes[-1].lines), len(queries)))

    assert [cost for _, cost in counts] == [3, 3, 3]
    assert counts[0][0] < counts[2][0]


# --- caches ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", OF_A_BILAN)
def test_a_page_is_asked_for_again_and_answers_in_short_when_nothing_changed(
    client: Client, published: Bilan, name: str
) -> None:
    first = client.get(url(name, SLUG, 2018))

    again = client.get(url(name, SLUG, 2018), headers={"if-none-match": first["ETag"]})

    assert first["Cache-Control"] == "no-cache"
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])


def test_the_etag_of_the_pdf_is_the_hash_of_its_bytes(client: Client, published: Bilan) -> None:
    assert client.get(url("public_bilan_pdf", SLUG, 2018))["ETag"] == f'"{published.pdf_sha256}"'


def test_what_somebody_signed_in_reads_stays_in_no_cache(
    client_of: Callable[[Agent], Client], claire: Agent, published: Bilan
) -> None:
    assert client_of(claire).get(url("public_bilan", SLUG, 2018))["Cache-Control"] == "no-store, private"


# --- the PDF -----------------------------------------------------------------------------------------------


def test_the_pdf_opens_in_the_browser_under_its_name(client: Client, published: Bilan) -> None:
    response = client.get(url("public_bilan_pdf", SLUG, 2018))

    assert response.content == PDF
    assert response["Content-Type"] == "application/pdf"
    assert response["Content-Disposition"] == 'inline; filename="bilan-2018-bouches-du-rhone.pdf"'
    assert response["X-Content-Type-Options"] == "nosniff"


def test_a_lost_file_is_a_clean_503_and_the_page_stays_readable(
    client: Client, published: Bilan, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    publish.pdf_path(published).unlink()

    response = client.get(url("public_bilan_pdf", SLUG, 2018))

    assert response.status_code == 503
    assert "Ce document est momentanément indisponible" in response.text
    assert [record.file for record in caplog.records if record.name == "publications.public"] == [
        published.pdf_name
    ]
    assert client.get(url("public_bilan", SLUG, 2018)).status_code == 200


# --- the CSV -----------------------------------------------------------------------------------------------


def test_the_csv_has_one_row_for_each_unit_and_indicator(client: Client, published: Bilan) -> None:
    response = client.get(url("public_bilan_csv", SLUG, 2018))

    first, second = rows(response.content)
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Content-Disposition"] == 'attachment; filename="bilan-2018-bouches-du-rhone.csv"'
    assert first == {
        "unité": "Siège",
        "thème": "Accueil dématérialisé",
        "engagement": "E17",
        "indicateur": "Taux de réponse aux courriels",
        "résultat": "95,00",
        "unité de mesure": "%",
        "numérateur": "19",
        "dénominateur": "20",
        "mois comptés": "année entière",
        "objectif": "≥\xa095\xa0%",
        "verdict": "objectif atteint",
        "absence de résultat": "",
        "N-1": "",
        "N-1 atteint": "",
        "note": "",
        "édition": "1",
        "empreinte": published.sha256,
    }
    assert (second["unité"], second["résultat"], second["verdict"]) == (
        "Sous-préfecture d’Arles",
        "92,31",
        "objectif non atteint",
    )


def test_the_csv_says_the_year_before_the_months_the_notes_and_why_a_figure_is_missing(
    client: Client,
    figures: Indicator,
    siege: Unit,
    arles: Unit,
    claire: Agent,
    attach: Callable[[Bilan], Bilan],
) -> None:
    factories.MeasurementFactory(unit=siege, indicator=figures, year=2017, numerator=9, denominator=10)
    Measurement.objects.filter(unit=siege, period_start__year=2018).update(first_month=4)
    Measurement.objects.filter(unit=arles).update(
        numerator=None, denominator=None, reason="Logiciel en panne."
    )
    factories.NoteFactory(
        prefecture=siege.prefecture, unit=siege, indicator=figures, text="En juin, 8 jours."
    )
    publish.publish(attach(publish.freeze(siege.prefecture, 2018, by=claire)), by=claire)

    first, second = rows(client.get(url("public_bilan_csv", SLUG, 2018)).content)

    assert (first["N-1"], first["N-1 atteint"]) == ("90,00", "objectif non atteint")
    assert first["mois comptés"] == "avril à décembre"
    assert first["note"] == "En juin, 8 jours."
    assert (second["résultat"], second["verdict"]) == ("", "pas de résultat")
    assert second["absence de résultat"] == "non mesurable : Logiciel en panne."


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t=", "\r=", "\n@", " =", "＝"])
def test_no_text_of_the_csv_acts_as_a_formula(
    client: Client,
    figures: Indicator,
    prefecture: Prefecture,
    claire: Agent,
    sign: str,
    attach: Callable[[Bilan], Bilan],
) -> None:
    hostile = sign + 'HYPERLINK("http://a";"b")'
    Unit.objects.filter(kind="headquarters").update(name=hostile)
    Indicator.objects.update(title=hostile)
    figures.engagement.theme = figures.engagement.code = hostile[:20]
    figures.engagement.save()
    factories.NoteFactory(
        prefecture=prefecture, unit=prefecture.units.first(), indicator=figures, text=hostile
    )
    publish.publish(attach(publish.freeze(prefecture, 2018, by=claire)), by=claire)

    (first, _) = rows(client.get(url("public_bilan_csv", SLUG, 2018)).content)

    written = "'" + sign.strip() + 'HYPERLINK("http://a";"b")'
    assert [first[name] for name in ("unité", "indicateur", "note")] == [written] * 3
    assert [first[name][:2] for name in ("thème", "engagement")] == ["'" + sign.strip()] * 2
    assert (first["résultat"], first["numérateur"]) == ("95,00", "19")


def test_the_columns_of_the_csv_are_those_of_its_documentation() -> None:
    assert list(table.COLUMNS) == [
        "unité", "thème", "engagement", "indicateur", "résultat", "unité de mesure", "numérateur",
        "dénominateur", "mois comptés", "objectif", "verdict", "absence de résultat", "N-1", "N-1 atteint",
        "note", "édition", "empreinte",
    ]  # fmt: skip


# --- hostile text ------------------------------------------------------------------------------------------


def test_hostile_text_in_every_field_is_shown_as_text(
    client: Client,
    figures: Indicator,
    siege: Unit,
    arles: Unit,
    claire: Agent,
    attach: Callable[[Bilan], Bilan],
) -> None:
    prefecture = siege.prefecture
    Prefecture.objects.filter(pk=prefecture.pk).update(name=HOSTILE, territory=HOSTILE, state_title=HOSTILE)
    Unit.objects.filter(pk=siege.pk).update(name=HOSTILE, short_name=HOSTILE)
    Indicator.objects.update(
        title=HOSTILE, short_title=HOSTILE, numerator_name=HOSTILE, denominator_name=HOSTILE
    )
    figures.engagement.theme = HOSTILE
    figures.engagement.save()
    Adoption.objects.get().referentiel.__class__.objects.update(title=HOSTILE, short_title=HOSTILE)
    Measurement.objects.filter(unit=arles).update(numerator=None, denominator=None, reason=HOSTILE)
    source = factories.FigureImportFactory(prefecture=prefecture, file_name=HOSTILE)
    Measurement.objects.filter(unit=siege).update(source=source)
    factories.NoteFactory(prefecture=prefecture, unit=siege, indicator=figures, text=HOSTILE)
    factories.NoteFactory(prefecture=prefecture, text=HOSTILE)
    for section in Part.Section:
        factories.PartFactory(prefecture=prefecture, section=section, text=f"{HOSTILE}\n\n- {HOSTILE}")
    prefecture.refresh_from_db()
    first = attach(publish.freeze(prefecture, 2018, by=claire))
    publish.publish(first, by=claire)
    publish.withdraw(first, by=claire, reason=HOSTILE)
    publish.publish(attach(publish.freeze(prefecture, 2018, by=claire, erratum=HOSTILE)), by=claire)
    factories.PrefectureFactory(name=HOSTILE)

    for address in (
        url("public_home"),
        url("public_prefecture", SLUG),
        url("public_bilan", SLUG, 2018),
    ):
        page = client.get(address)
        assert page.status_code == 200
        assert "<script>alert" not in page.text
        assert "&lt;script&gt;alert(&#x27;x&#x27;)&lt;/script&gt;" in page.text
