"""How days are written, and tables drawn."""

import datetime

import pytest
from django.template import engines

from qualepref import display


@pytest.mark.parametrize(
    ("on", "written"),
    [
        (datetime.date(2026, 3, 1), "1er mars 2026"),
        (datetime.date(2026, 11, 22), "22 novembre 2026"),
        (datetime.datetime(2026, 8, 1, 23, 30, tzinfo=datetime.UTC), "1er août 2026"),
        (None, ""),
    ],
)
def test_the_first_of_a_month_is_written_as_it_is_said(on, written):
    assert display.day(on) == written


def test_a_table_is_named_by_its_caption_without_its_markup():
    template = engines["django"].from_string(
        '{% table "results" %}<caption>{{ what }} <sup>1</sup></caption><tbody></tbody>{% endtable %}'
    )

    drawn = template.render({"what": 'Appels "perdus" & <b>'})

    label = "Appels &quot;perdus&quot; &amp; &lt;b&gt; 1"
    assert drawn.startswith('<div class="fr-table fr-table--bordered results">')
    assert f'role="region" aria-label="{label}" tabindex="0"' in drawn
    assert "<table><caption>Appels &quot;perdus&quot; &amp; &lt;b&gt; <sup>1</sup></caption>" in drawn
