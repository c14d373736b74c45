"""Another préfecture from nothing, by the pages alone: what it follows, its own indicators in minutes, in
numbers and for several telephone lines, its targets. Then its figures are imported, and its board judged."""

from django.urls import reverse

from indicators import imports, results
from referentiel import loading
from referentiel.models import Engagement, Indicator, Referentiel
from tests import factories

SLUG = "bas-rhin"
PROOF = {"source": "Comité de pilotage du 4 mars 2019", "certainty": "certain", "remark": "", "seen": "0"}
LINES = (1, 2, 3)

TABLE = """unité;indicateur;résultat 2019;objectif
Siège;Appels perdus, ligne 1;8,5 %;10 %
Siège;Appels perdus, ligne 2;12 %;10 %
Siège;Appels perdus, ligne 3;10 %;10 %
Siège;ATTENTE moyenne;14;15
Siège;Visiteurs;1234;
"""


def test_it_is_set_up_by_pages_alone_and_its_figures_are_imported(client_of, zoe, elsewhere, tmp_path):
    for path in loading.shipped_files():
        loading.load_shipped(path)
    siege = factories.UnitFactory(prefecture=elsewhere, kind="headquarters", name="Siège", short_name="Siège")
    accueil = factories.ServiceFactory(unit=siege, name="Bureau de l’accueil")
    followed = Referentiel.objects.get(slug="marianne-2008")
    telephone = Engagement.objects.get(referentiel=followed, key="telephone")
    browser = client_of(zoe)

    def add(kind, parent, **typed):
        url = reverse("own_row_new", args=[SLUG, kind, parent.pk])
        assert browser.post(url, {**PROOF, **typed}).status_code == 302

    add("suivi", followed, starts_on="2019-01-01")
    add("perimetre", followed.modules.get(), services=[accueil.pk], starts_on="2019-01-01")
    rate = {"unit": "percent", "direction": "down", "periodicity": "monthly"}
    for line in LINES:
        names = {"title": f"Appels perdus, ligne {line}", "short_title": f"Ligne {line}"}
        add("indicateur", telephone, **names, **rate, numerator_name="perdus", denominator_name="reçus")
    add(
        "indicateur",
        telephone,
        title="Temps d’attente au guichet",
        short_title="Attente",
        unit="minutes",
        direction="down",
        periodicity="monthly",
        aliases="Attente moyenne",
    )
    add(
        "indicateur",
        telephone,
        title="Usagers reçus",
        short_title="Reçus",
        unit="count",
        direction="none",
        periodicity="monthly",
        aliases="Visiteurs\nPassages",
    )
    own = {one.short_title: one for one in Indicator.objects.filter(prefecture=elsewhere)}
    for name, value in (*((f"Ligne {line}", "10") for line in LINES), ("Attente", "15")):
        add("objectif", own[name], comparator="≤", value=value, starts_on="2019-01-01", ends_on="2019-12-31")

    path = tmp_path / "2019.csv"
    path.write_text(TABLE, "utf-8")
    examined = imports.import_file(path, prefecture=elsewhere, year=2019, dry_run=True)
    assert [problem.message for problem in examined.unanswered] == []
    imports.import_file(path, prefecture=elsewhere, year=2019)

    board = results.of_year(elsewhere, 2019)
    assert [
        (line.indicator.title, line.results[0].shown_label, line.results[0].verdict) for line in board.lines
    ] == [
        ("Appels perdus, ligne 1", "8,5\xa0%", "met"),
        ("Appels perdus, ligne 2", "12\xa0%", "missed"),
        ("Appels perdus, ligne 3", "10\xa0%", "met"),
        ("Temps d’attente au guichet", "14\xa0min", "met"),
        ("Usagers reçus", "1\u202f234", "no_target"),
    ]
