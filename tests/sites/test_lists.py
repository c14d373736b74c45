"""What every list does, seen on the journal: sorts, filters, pages, goes out as it is shown."""

import re

import pytest
from django.utils import timezone

from sheets.reading import read_table
from sites.models import TraceEntry

JOURNAL = "/agents/bouches-du-rhone/organisation/journal/"
Event = TraceEntry.Event


@pytest.fixture
def entries(prefecture, claire):
    day = timezone.make_aware(timezone.datetime(2026, 3, 2, 9, 0))
    rows = [
        (Event.READ, "Bilan 2018", 0),
        (Event.EXPORTED, "=cmd()", 1),
        (Event.SIGNED_IN, "Connexion", 2),
    ]
    return [
        TraceEntry.objects.create(
            event=event, about=about, agent=claire, prefecture=prefecture, at=day + timezone.timedelta(days=n)
        )
        for event, about, n in rows
    ]


def shown(response):
    """The cells of the table, row by row."""
    body = re.search(r"<tbody[^>]*>(.*?)</tbody>", response.content.decode(), re.DOTALL)[1]
    rows = re.findall(r"<tr[^>]*>(.*?)</tr>", body, re.DOTALL)
    return [[cell.strip() for cell in re.findall(r"<td[^>]*>(.*?)</td>", row, re.DOTALL)] for row in rows]


@pytest.fixture
def browser(entries, browser):
    return browser


def test_a_list_is_sorted_by_the_head_of_a_column(browser):
    latest_first = [row[3] for row in shown(browser.get(JOURNAL))]
    by_subject = browser.get(JOURNAL, {"sort": "about"})

    assert latest_first == ["Connexion", "=cmd()", "Bilan 2018"]
    assert [row[3] for row in shown(by_subject)] == ["=cmd()", "Bilan 2018", "Connexion"]
    assert 'aria-sort="ascending"' in by_subject.content.decode()


def test_a_list_is_filtered_and_says_how_to_see_all_again(browser):
    page = browser.get(JOURNAL, {"event": "exported"})
    nothing = browser.get(JOURNAL, {"event": "account"}).content.decode()

    assert [row[1] for row in shown(page)] == ["export"]
    assert "1 ligne pour ces filtres" in page.content.decode()
    assert "Aucune ligne ne répond à ces filtres." in nothing
    assert "Tout afficher" in nothing


def test_the_journal_is_searched_by_who_did_it_or_whom_it_concerns(browser, prefecture, rachid):
    TraceEntry.objects.create(event=Event.ACCOUNT, about="Nom changé", concerns=rachid, prefecture=prefecture)

    assert [row[3] for row in shown(browser.get(JOURNAL, {"agent": "benali"}))] == ["Nom changé"]
    assert len(shown(browser.get(JOURNAL, {"agent": "claire"}))) == 3


def test_an_empty_list_says_so(claire, client_of):
    assert "Rien n’est encore inscrit au journal." in client_of(claire).get(JOURNAL).content.decode()


@pytest.mark.parametrize(
    "asked", [{"sort": "nothing"}, {"page": "x"}, {"page": "99"}, {"event": "?"}, {"after": "hier"}]
)
def test_a_senseless_address_shows_the_list(asked, browser):
    assert browser.get(JOURNAL, asked).status_code == 200


@pytest.mark.parametrize("kind", ["csv", "ods", "xlsx"])
def test_what_is_shown_goes_out(kind, browser, tmp_path):
    response = browser.get(JOURNAL, {"export": kind, "sort": "about", "after": "2026-03-03"})

    (tmp_path / "journal").write_bytes(response.content)
    rows = [dict(row.cells) for row in read_table(tmp_path / "journal")]
    assert [(row["evenement"], row["agent"], row["objet"]) for row in rows] == [
        ("export", "Claire Martin", "=cmd()"),
        ("connexion", "Claire Martin", "Connexion"),
    ]
    assert response.headers["Content-Disposition"] == f'attachment; filename="Journal.{kind}"'


def test_list_too_long_for_a_file_says_that_it_is_cut(browser, monkeypatch):
    sentence = "Un fichier contient les 2 premières lignes"
    assert sentence not in browser.get(JOURNAL).content.decode()
    monkeypatch.setattr("sites.lists.MAX_EXPORTED", 2)
    assert sentence in browser.get(JOURNAL).content.decode()
    assert len(browser.get(JOURNAL, {"export": "csv"}).content.decode().splitlines()) == 1 + 2


def test_an_export_is_kept_in_the_journal(browser, claire, prefecture):
    browser.get(JOURNAL, {"export": "ods"})

    last = TraceEntry.objects.first()
    assert (last.event, last.about, last.agent, last.prefecture, last.route) == (
        Event.EXPORTED,
        "Journal (ods)",
        claire,
        prefecture,
        "journal",
    )


def test_a_long_list_takes_as_many_queries_as_a_short_one(browser, entries, django_assert_num_queries):
    with django_assert_num_queries(5):  # session, agent, memberships, count, rows
        browser.get(JOURNAL)

    for _ in range(60):
        TraceEntry.objects.create(
            event=Event.READ, about="Bilan", agent=entries[0].agent, prefecture=entries[0].prefecture
        )
    with django_assert_num_queries(5):
        page = browser.get(JOURNAL)
    assert len(shown(page)) == 50
    assert "Page 1 sur 2" in page.content.decode()
