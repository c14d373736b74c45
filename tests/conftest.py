"""The cast: invented people that every test knows, and the préfecture where they work."""

import datetime
import hashlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import hypothesis
import pytest
from django.conf import settings
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone
from pytest_django.plugin import DjangoDbBlocker

from complaints.models import Attachment, Case, KeptList, Theme
from indicators import uploads
from indicators.models import EntrySchedule, FigureImport, Measurement
from jobs import signs
from jobs.models import Job
from publications import publish
from publications.models import Bilan, Document
from qualepref.demo.content import HERE
from referentiel.loading import load_prefecture, load_shipped, shipped_files
from sheets.child import rows_as_json
from sheets.reading import rows_of
from sites import files
from sites.models import Agent, Membership, Prefecture, Service, Unit
from tests import factories, matrix, strict_templates

Role = Membership.Role

# The same code gives the same answer in CI; elsewhere Hypothesis looks at new cases each time. No test is
# timed: a busy machine is no fault of the code.
hypothesis.settings.register_profile(
    "anywhere", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.register_profile("ci", hypothesis.settings.get_profile("anywhere"), derandomize=True)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") else "anywhere")


@pytest.fixture(scope="session", autouse=True)
def _strict_templates() -> None:
    strict_templates.forbid_undefined_variables()


@pytest.fixture(autouse=True)
def _own_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A private folder for each test: those that run beside it write the same names."""
    monkeypatch.setattr(settings, "FILES_DIR", tmp_path / "files")


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """A worker that a test has killed may leave its session open: PostgreSQL drops no database under one."""
    if connection.vendor == "postgresql":
        connection.ops.sql_flush = deletions
    yield
    if connection.vendor == "postgresql":
        with django_db_blocker.unblock(), connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )


def deletions(_style: object, tables: list[str], **_: bool) -> list[str]:
    """What empties the database after a test that had no transaction: Django's TRUNCATE would make new files
    for a hundred tables, whatever they hold, and the rows of `migrate` would then be written anew.
    """
    written = sorted({*tables} - {"django_content_type", "auth_permission"})
    rows = (f"(SELECT '{table}' FROM \"{table}\" LIMIT 1)" for table in written)  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(rows))
        return [f'DELETE FROM "{table}"' for (table,) in cursor]  # noqa: S608 - foreign keys are deferred


# --- where -------------------------------------------------------------------------------------------------


@pytest.fixture
def prefecture(db: None) -> Prefecture:
    return factories.PrefectureFactory(
        code="13",
        slug="bouches-du-rhone",
        name="Préfecture des Bouches-du-Rhône",
        territory="Bouches-du-Rhône",
        state_title="Préfet des Bouches-du-Rhône",
    )


@pytest.fixture
def elsewhere(db: None) -> Prefecture:
    """Another préfecture of the installation, of which nobody in 13 may see anything."""
    return factories.PrefectureFactory(
        code="67",
        slug="bas-rhin",
        name="Préfecture du Bas-Rhin",
        territory="Bas-Rhin",
        state_title="Préfet du Bas-Rhin",
    )


@pytest.fixture
def siege(prefecture: Prefecture) -> Unit:
    return factories.UnitFactory(
        prefecture=prefecture, kind=Unit.Kind.HEADQUARTERS, name="Siège", short_name="Siège", position=0
    )


@pytest.fixture
def arles(prefecture: Prefecture) -> Unit:
    return factories.UnitFactory(
        prefecture=prefecture, name="Sous-préfecture d’Arles", short_name="Arles", position=1
    )


@pytest.fixture
def accueil(siege: Unit) -> Service:
    return factories.ServiceFactory(unit=siege, name="Bureau de l’accueil", short_name="BA")


# --- who ---------------------------------------------------------------------------------------------------


def _agent(name: str, role: Role, prefecture: Prefecture | None, **where_and_when: object) -> Agent:
    agent = factories.AgentFactory(full_name=name, email=f"{name.partition(' ')[0].lower()}@prefecture.test")
    factories.MembershipFactory(agent=agent, role=role, prefecture=prefecture, **where_and_when)
    return agent


@pytest.fixture
def claire(prefecture: Prefecture) -> Agent:
    """Quality manager of the préfecture 13."""
    return _agent("Claire Martin", Role.QUALITY_MANAGER, prefecture)


@pytest.fixture
def rachid(prefecture: Prefecture, arles: Unit) -> Agent:
    """Référent of the sous-préfecture of Arles."""
    return _agent("Rachid Benali", Role.REFERENT, prefecture, unit=arles)


@pytest.fixture
def basile(prefecture: Prefecture, accueil: Service) -> Agent:
    """Agent of a service of the siège."""
    return _agent("Basile Roux", Role.AGENT, prefecture, service=accueil)


@pytest.fixture
def helene(prefecture: Prefecture) -> Agent:
    """Director: reads everything of the préfecture."""
    return _agent("Helene Garcia", Role.DIRECTOR, prefecture)


@pytest.fixture
def ines(prefecture: Prefecture) -> Agent:
    """Auditor, for a time."""
    return _agent(
        "Ines Lambert",
        Role.AUDITOR,
        prefecture,
        starts_on=datetime.date(2018, 1, 1),
        ends_on=datetime.date(2099, 12, 31),
    )


@pytest.fixture
def odile(prefecture: Prefecture) -> Agent:
    """In charge of communication."""
    return _agent("Odile Petit", Role.COMMUNICATION, prefecture)


@pytest.fixture
def paul(db: None) -> Agent:
    """Administrator of the installation: holds no préfecture."""
    return _agent("Paul Nguyen", Role.ADMINISTRATOR, None)


@pytest.fixture
def zoe(elsewhere: Prefecture) -> Agent:
    """The stranger: quality manager of another préfecture. She may do everything there, and nothing here."""
    return _agent("Zoe Keller", Role.QUALITY_MANAGER, elsewhere)


@pytest.fixture
def client_of() -> Callable[[Agent | None], Client]:
    """`client_of(claire)` is a browser in which Claire is signed in; `client_of(None)`, nobody."""

    def sign_in(agent: Agent | None) -> Client:
        client = Client()
        if agent:
            client.force_login(agent, backend="django.contrib.auth.backends.ModelBackend")
        return client

    return sign_in


@pytest.fixture
def browser(claire: Agent, client_of: Callable[[Agent | None], Client]) -> Client:
    """Claire's."""
    return client_of(claire)


# --- what happened -----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def norm(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """The shipped référentiels and their questions, loaded once for all the tests of a file."""
    with django_db_blocker.unblock(), transaction.atomic():
        for path in shipped_files():
            load_shipped(path)
        yield
        transaction.set_rollback(True)


@pytest.fixture(scope="module")
def shipped(norm: None) -> None:
    """The norm, and the préfecture of the demo that follows it."""
    load_prefecture(HERE / "prefecture-13.toml")


@pytest.fixture
def figures(siege: Unit, arles: Unit) -> list[Measurement]:
    """Figures of 2018 and 2019 in two units, for two indicators of an adopted référentiel."""
    referentiel = factories.ReferentielFactory(slug="qualipref-2-0-2015", title="Qualipref 2.0")
    factories.AdoptionFactory(prefecture=siege.prefecture, referentiel=referentiel)
    module = factories.ModuleFactory(referentiel=referentiel)
    for unit in (siege, arles):
        factories.PerimeterFactory(service=factories.ServiceFactory(unit=unit), module=module)
    rates = factories.IndicatorFactory.create_batch(2, engagement__module=module)
    for rate in rates:
        factories.TargetFactory(indicator=rate)
    return [
        factories.MeasurementFactory(unit=unit, indicator=rate, year=year)
        for unit in (siege, arles)
        for rate in rates
        for year in (2018, 2019)
    ]


@pytest.fixture
def published(figures: list[Measurement], claire: Agent) -> Bilan:
    """The bilan 2018 of the préfecture, signed and published by Claire; its PDF is a sheet without text."""
    bilan = publish.freeze(claire.memberships.get().prefecture, 2018, by=claire)
    pdf = b"%PDF-1.7\n%%EOF\n"
    bilan.pdf_name, bilan.pdf_sha256 = "bilans/test.pdf", hashlib.sha256(pdf).hexdigest()
    bilan.save(update_fields=["pdf_name", "pdf_sha256"])
    path = publish.pdf_path(bilan)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(pdf)
    publish.publish(bilan, by=claire)
    bilan.refresh_from_db()
    factories.PresentationFactory(pk=9006, prefecture=bilan.prefecture)
    return bilan


NORM_PK = 900_001  # the rows of the norm that the access matrix names: numbers that no sequence reaches
JOB_PK = 900_001


@pytest.fixture
def organised(prefecture: Prefecture) -> None:
    """A unit, a site, a renamed service, a closure, an invited agent and another administrator, under the
    numbers of the access matrix.
    """
    unit = factories.UnitFactory(pk=9001, prefecture=prefecture, position=9)
    factories.SiteFactory(pk=9002, unit=unit)
    service = factories.ServiceFactory(pk=9003, unit=unit)
    factories.DesignationFactory(service=service, starts_on=None)
    factories.DesignationFactory(pk=9004, service=service, starts_on=datetime.date(2018, 7, 1))
    factories.ClosureFactory(pk=9005, prefecture=prefecture)
    invited = {"invited_at": timezone.now(), "invited_as": "Sami Colin"}
    sami = factories.AgentFactory(pk=9101, full_name="Sami Colin", email="sami@prefecture.test")
    factories.MembershipFactory(
        pk=9102, agent=sami, role=Role.REFERENT, prefecture=prefecture, unit=unit, **invited
    )
    factories.AbsenceFactory(pk=9104, prefecture=prefecture, agent=sami)
    lea = factories.AgentFactory(pk=9103, full_name="Lea Noir", email="lea@prefecture.test")
    factories.MembershipFactory(agent=lea, role=Role.ADMINISTRATOR, prefecture=None)


@pytest.fixture
def shelved(prefecture: Prefecture, claire: Agent) -> list[Document]:
    """Two documents under the first entry: number 1 is public, number 2 a draft. Both have their file."""
    name = "documents/test.pdf"
    sha256 = files.keep(name, b"%PDF-1.7\n%%EOF\n")
    own = {"prefecture": prefecture, "created_by": claire, "file_name": name, "sha256": sha256}
    return [
        factories.DocumentFactory(number=1, is_published=True, **own),
        factories.DocumentFactory(number=2, **own),
    ]


@pytest.fixture
def norm_rows(prefecture: Prefecture) -> None:
    """A national indicator, one that the préfecture keeps for itself, and an open question."""
    module = factories.ModuleFactory(pk=NORM_PK, title="")
    engagement = factories.EngagementFactory(pk=NORM_PK, module=module, code="")
    national = factories.IndicatorFactory(pk=NORM_PK, engagement=engagement)
    factories.IndicatorFactory(pk=NORM_PK + 1, engagement=engagement, prefecture=prefecture)
    factories.TargetFactory(indicator=national, prefecture=prefecture)
    concern = {"title": "Engagements sans code", "rows": "engagement", "code": ""}
    factories.QuestionFactory(key=f"question-{NORM_PK}", concerns=[concern])


@pytest.fixture
def running(db: None) -> None:
    """The clock and both workers have just given a sign of life."""
    for name in (signs.CLOCK, *map(signs.of_worker, Job.Queue.values)):
        signs.give(name)


@pytest.fixture
def explained(prefecture: Prefecture, organised: None) -> None:
    """A figure of an old document, with its printed target, and its note, under the numbers of the matrix."""
    unit = Unit.objects.get(pk=9001)
    indicator = factories.IndicatorFactory(pk=9011)
    source = factories.FigureImportFactory(prefecture=prefecture)
    factories.MeasurementFactory(
        unit=unit,
        indicator=indicator,
        origin=Measurement.Origin.PRINTED,
        printed_text="92%",
        target_comparator="≥",
        target_value=95,
        source=source,
        source_row=4,
    )
    factories.NoteFactory(pk=9012, prefecture=prefecture, unit=unit, indicator=indicator)
    answering = factories.ServiceFactory(unit=Service.objects.get(pk=9003).unit)
    factories.PhoneLineFactory(pk=9021, service=answering, indicator=indicator)


@pytest.fixture
def imports(published: Bilan) -> None:
    """An import that is done, a draft with a problem, one that waits to be confirmed; one of months, done."""
    prefecture = published.prefecture
    done = factories.FigureImportFactory(prefecture=prefecture, number=9001, imported_by=published.frozen_by)
    factories.NoteFactory(prefecture=prefecture, source=done, source_row=2)
    months = FigureImport.Contents.MONTHS
    for unit in ("Nulle part", ""):  # numbers 9002 and 9003
        data = f"Unité;Note\n{unit};Le guichet a fermé en août.\n".encode()
        notes = FigureImport.Contents.NOTES
        draft = uploads.bring(
            prefecture, data, year=2018, contents=notes, file_name="notes.csv", by=published.frozen_by
        )
        draft.state, draft.rows = FigureImport.State.TO_CHECK, rows_as_json(rows_of(data))
        draft.save()
    own = {"uploaded_by": published.frozen_by, "imported_by": published.frozen_by}
    factories.FigureImportFactory(prefecture=prefecture, number=9004, contents=months, **own)
    phone = FigureImport.Contents.PHONE
    factories.FigureImportFactory(prefecture=prefecture, number=9005, contents=phone, **own)


@pytest.fixture
def planned(organised: None, prefecture: Prefecture, claire: Agent) -> None:
    """Claire's actions, 9201 open and 9202 done with a file; a duty that was done once, with a file."""
    name = "preuves/test.png"
    kept = {"proof_file": name, "proof_sha256": files.keep(name, b"png")}
    own = {"prefecture": prefecture, "owner": claire, "unit": Unit.objects.get(pk=9001)}
    factories.ActionFactory(number=9201, **own)
    factories.ActionFactory(number=9202, is_done=True, **own, **kept)
    duty = factories.DutyFactory(pk=9203, prefecture=prefecture)
    factories.DutyDoneFactory(pk=9204, duty=duty, done_by=claire, **kept)


@pytest.fixture
def registered(organised: None, prefecture: Prefecture, claire: Agent) -> Case:
    """A letter to the service 9003, number 42 of 2021, with a file and under a theme; a view of Claire's; a
    malfunction that Claire reported there, number 7 of 2021, with a file."""
    service = Service.objects.get(pk=9003)
    case = factories.CaseFactory(
        unit=service.unit,
        service=service,
        theme=Theme.objects.create(pk=9302, prefecture=prefecture, title="Accueil"),
        number=42,
        received_on=datetime.date(2021, 3, 1),
    )
    name = "affaires/test.png"
    sha256 = files.keep(name, b"png")
    KeptList.objects.create(
        pk=9303, agent=claire, prefecture=prefecture, title="Retards", worklist="en-retard"
    )
    Attachment.objects.create(pk=9301, case=case, title="Lettre", stored_as=name, sha256=sha256)
    factories.MalfunctionFactory(
        unit=service.unit,
        service=service,
        reported_by=claire,
        year=2021,
        number=7,
        file_name=name,
        file_sha256=sha256,
    )
    return case


@pytest.fixture
def monthly(prefecture: Prefecture) -> None:
    """Figures are followed month by month since 2018; March is suspended, with its decision."""
    EntrySchedule.objects.create(prefecture=prefecture, first_month=datetime.date(2018, 1, 1))
    name = "suspensions/test.pdf"
    factories.SuspensionFactory(
        pk=9021,
        prefecture=prefecture,
        document_name="decision.pdf",
        stored_as=name,
        sha256=files.keep(name, b"%PDF-1.7\n%%EOF\n"),
    )


@pytest.fixture
def failed(prefecture: Prefecture) -> Job:
    """A PDF of the préfecture 13 that could not be made."""
    return factories.JobFactory(
        pk=JOB_PK,
        kind=publish.PDF_JOB,
        queue=Job.Queue.PDF,
        prefecture=prefecture,
        state=Job.State.FAILED,
        attempts=3,
        last_error="OSError : [Errno 28] No space left on device",
        finished_at=timezone.now(),
    )


@pytest.fixture
def world(
    published: Bilan,
    organised: None,
    shelved: list[Document],
    norm_rows: None,
    running: None,
    explained: None,
    imports: None,
    planned: None,
    registered: Case,
    monthly: None,
    failed: Job,
    request: pytest.FixtureRequest,
) -> dict[str, Agent | None]:
    """Who plays each role of the access matrix, where there is something to see."""
    return {role: request.getfixturevalue(name) if name else None for role, name in matrix.CAST.items()}
