"""What the demo shows: the printed figures of 2018, the organisation they belong to, and invented people."""

import datetime
import tomllib
from pathlib import Path

from django.template.loader import render_to_string

from improvement import duties, plan
from improvement.models import Action, Duty
from improvement.proofs import Proof
from indicators import imports, results
from publications import documents, pdf, publish
from publications.models import Bilan, Document, Entry, Part
from referentiel import loading
from sites.models import Agent, Membership, Prefecture, Unit

HERE = Path(__file__).parent
YEAR = 2018
# printed file → the answers to its problems
FILES = {
    "annual_results_2018.csv": "answers-2018.toml",
    "slide_values_2018.csv": "answers-slides-2018.toml",
    "notes_2018.csv": None,
}
PASSWORD = "demonstration-qualite"  # noqa: S105 - of invented people, refused in production


def load() -> Prefecture:
    """Everything but the bilan; safe to run twice."""
    prefecture = load_year()
    _load_agents(prefecture)
    for section, text in tomllib.loads((HERE / "parts-2018.toml").read_text()).items():
        Part.objects.get_or_create(
            prefecture=prefecture, year=YEAR, section=section, defaults={"text": text.strip()}
        )
    return prefecture


def load_year() -> Prefecture:
    """The référentiels, the préfecture, and its printed figures with the answers to their problems."""
    for file in loading.shipped_files():
        loading.load_shipped(file)
    loading.load_prefecture(HERE / "prefecture-13.toml")
    prefecture = Prefecture.objects.get(code="13")
    for name, answers in FILES.items():
        imports.import_file(
            HERE / name, prefecture=prefecture, year=YEAR, answers=HERE / answers if answers else None
        )
    return prefecture


def shelve(prefecture: Prefecture) -> None:
    """The Espace Qualité: texts, notices, and documents that are published as a quality manager would do.

    Where there is a document already, what people did with the demo since stays as it is.
    """
    if Document.objects.filter(prefecture=prefecture).exists():
        return
    manager = Membership.objects.get(prefecture=prefecture, role=Membership.Role.QUALITY_MANAGER).agent
    shelves = tomllib.loads((HERE / "espace.toml").read_text())
    for entry, text in shelves["introductions"].items():
        introduction = documents.introduction_of(prefecture, Entry(entry))
        documents.introduce(introduction, text=text.strip(), seen_version=introduction.version)
    notices = documents.notices_of(prefecture)
    documents.notify(notices, shelves["notices"], seen_version=notices.version)
    online: dict[str, Document] = {}
    for row in shelves["document"]:
        told = {"prefecture": prefecture, "title": row["title"], "paragraphs": row.pop("paragraphs")}
        body = pdf.write_pdf(render_to_string("pdf/plain.html", told), title=row["title"])
        replaces = online.get(row.pop("replaces", ""))
        said = row | {"entry": Entry(row["entry"]), "audience": Document.Audience(row["audience"])}
        draft = documents.draft(
            prefecture, documents.Description(**said), body, by=manager, replaces=replaces
        )
        online[row["title"]] = documents.publish(draft, by=manager, seen_version=draft.version)


def improve(prefecture: Prefecture) -> None:
    """The usual calendar with some of it done, and three actions, one of them from a target missed in 2018.

    Where there is an action or a duty already, what people did with the demo since stays as it is.
    """
    own = {"prefecture": prefecture}
    if Action.objects.filter(**own).exists() or Duty.objects.filter(**own).exists():
        return
    today = prefecture.today()
    told = tomllib.loads((HERE / "amelioration.toml").read_text())
    manager = Membership.objects.get(**own, role=Membership.Role.QUALITY_MANAGER).agent
    calendar = {duty.key: duty for duty in duties.create_usual(prefecture, by=manager, on=today)}
    for row in told["done"]:
        day = today - datetime.timedelta(days=row["days_ago"])
        duties.do(calendar[row["duty"]], Proof(row["proof"]), done_on=day, by=manager, on=today)
    for row in told["action"]:
        missed = _first_missed(prefecture, row["unit"]) if row.get("is_of_figure") else None
        unit = None if missed else Unit.objects.filter(**own, name=row.get("unit")).first()
        action = plan.open_action(
            prefecture,
            plan.Description(
                title=row["title"],
                due_on=today + datetime.timedelta(days=row["days_ahead"]),
                description=row["description"],
                origin=row.get("origin", ""),
                unit=unit,
            ),
            owner=Agent.objects.get(email=row["owner"]),
            by=manager,
            on=today,
            source=missed,
        )
        if "proof" in row:
            plan.finish(action, Proof(row["proof"]), done_on=today, by=action.owner, on=today)


def _first_missed(prefecture: Prefecture, unit: str) -> plan.Missed:
    board = results.of_year(prefecture, YEAR, units=Unit.objects.filter(prefecture=prefecture, name=unit))
    return next(found for result in board.results if (found := plan.missed(result, board.period)))


def sign(prefecture: Prefecture) -> Bilan:
    """The 2018 bilan that people see: the shown edition, else the latest, else a new one, its PDF ordered."""
    editions = Bilan.objects.filter(prefecture=prefecture, year=YEAR)
    if existing := editions.shown().first() or editions.first():
        return existing
    manager = Membership.objects.get(prefecture=prefecture, role=Membership.Role.QUALITY_MANAGER).agent
    return publish.freeze(prefecture, YEAR, by=manager)


def show(bilan: Bilan) -> None:
    """Publish the bilan, unless an edition has been: what people did with the demo since stays as it is."""
    editions = Bilan.objects.filter(prefecture=bilan.prefecture, year=bilan.year)
    if not editions.filter(published_at__isnull=False).exists():
        publish.publish(bilan, by=bilan.frozen_by)


def _load_agents(prefecture: Prefecture) -> None:
    today = prefecture.today()
    for row in tomllib.loads((HERE / "agents.toml").read_text())["agent"]:
        agent = Agent.objects.filter(email=row["email"]).first() or Agent.objects.create_user(
            row["email"], row["full_name"], PASSWORD
        )
        role = Membership.Role(row["role"])
        unit = Unit.objects.get(prefecture=prefecture, name=row["unit"]) if "unit" in row else None
        dates: dict[str, datetime.date] = {}
        if role == Membership.Role.AUDITOR:
            dates = {"starts_on": today, "ends_on": today + datetime.timedelta(days=90)}
        Membership.objects.get_or_create(
            agent=agent,
            role=role,
            prefecture=None if role == Membership.Role.ADMINISTRATOR else prefecture,
            unit=unit,
            defaults=dates,
        )
