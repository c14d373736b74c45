"""Rows for tests: each factory gives what its model needs, and no more. Names are invented."""

import datetime
import string

import factory
from factory.django import DjangoModelFactory

from complaints.models import Case, Malfunction, Requester
from improvement.models import Action, Duty, DutyDone
from indicators.models import FigureImport, Measurement, Note, PhoneLine, Suspension
from jobs.models import Job
from publications.models import Bilan, Document, Entry, Flash, Part, Presentation
from referentiel.models import (
    Adoption,
    Certainty,
    DelayRule,
    Engagement,
    Indicator,
    Module,
    Perimeter,
    Question,
    Referentiel,
    Target,
)
from sites.models import (
    Absence,
    Agent,
    Closure,
    Designation,
    Membership,
    Prefecture,
    Reminder,
    Service,
    Site,
    Unit,
)

PASSWORD = "un mot de passe de test"
CODE = string.digits + string.ascii_uppercase


# --- sites -------------------------------------------------------------------------------------------------


class PrefectureFactory(DjangoModelFactory):
    class Meta:
        model = Prefecture

    # Three characters, as the column: a process of the suite makes more than a thousand.
    code = factory.Sequence(lambda n: "".join(CODE[n // 36**place % 36] for place in (2, 1, 0)))
    slug = factory.Sequence(lambda n: f"prefecture-{n}")
    name = factory.Sequence(lambda n: f"Préfecture n° {n}")
    territory = factory.Sequence(lambda n: f"Territoire n° {n}")
    state_title = factory.Sequence(lambda n: f"Préfet du territoire n° {n}")


class UnitFactory(DjangoModelFactory):
    class Meta:
        model = Unit

    prefecture = factory.SubFactory(PrefectureFactory)
    kind = Unit.Kind.SUBPREFECTURE
    name = factory.Sequence(lambda n: f"Sous-préfecture n° {n}")
    short_name = factory.Sequence(lambda n: f"SP {n}")


class SiteFactory(DjangoModelFactory):
    class Meta:
        model = Site

    unit = factory.SubFactory(UnitFactory)
    name = factory.Sequence(lambda n: f"Site n° {n}")


class ServiceFactory(DjangoModelFactory):
    class Meta:
        model = Service

    unit = factory.SubFactory(UnitFactory)
    name = factory.Sequence(lambda n: f"Bureau n° {n}")
    short_name = factory.Sequence(lambda n: f"B{n}")


class DesignationFactory(DjangoModelFactory):
    class Meta:
        model = Designation

    service = factory.SubFactory(ServiceFactory)
    name = factory.Sequence(lambda n: f"Ancien bureau n° {n}")
    short_name = factory.Sequence(lambda n: f"AB{n}")


class ClosureFactory(DjangoModelFactory):
    """The bridge of Ascension Day 2018, for the whole préfecture."""

    class Meta:
        model = Closure

    prefecture = factory.SubFactory(PrefectureFactory)
    starts_on = datetime.date(2018, 5, 11)
    ends_on = datetime.date(2018, 5, 11)
    reason = "pont de l’Ascension"


class AgentFactory(DjangoModelFactory):
    class Meta:
        model = Agent
        skip_postgeneration_save = True

    email = factory.Sequence(lambda n: f"agent-{n}@prefecture.test")
    full_name = "Camille Durand"
    password = factory.django.Password(PASSWORD)


class AbsenceFactory(DjangoModelFactory):
    """Two weeks of March 2049."""

    class Meta:
        model = Absence

    prefecture = factory.SubFactory(PrefectureFactory)
    agent = factory.SubFactory(AgentFactory)
    deputy = factory.SubFactory(AgentFactory)
    starts_on = datetime.date(2049, 3, 2)
    ends_on = datetime.date(2049, 3, 13)


class MembershipFactory(DjangoModelFactory):
    class Meta:
        model = Membership

    agent = factory.SubFactory(AgentFactory)
    role = Membership.Role.QUALITY_MANAGER
    prefecture = factory.SubFactory(PrefectureFactory)


# --- referentiel -------------------------------------------------------------------------------------------


class NormFactory(DjangoModelFactory):
    class Meta:
        abstract = True

    source = "texte inventé pour les tests"
    certainty = Certainty.CERTAIN


class ReferentielFactory(NormFactory):
    class Meta:
        model = Referentiel

    slug = factory.Sequence(lambda n: f"referentiel-{n}")
    title = factory.Sequence(lambda n: f"Référentiel n° {n}")
    short_title = factory.Sequence(lambda n: f"R{n}")
    published_on = datetime.date(2015, 1, 1)


class AdoptionFactory(NormFactory):
    class Meta:
        model = Adoption

    prefecture = factory.SubFactory(PrefectureFactory)
    referentiel = factory.SubFactory(ReferentielFactory)


class ModuleFactory(NormFactory):
    class Meta:
        model = Module

    referentiel = factory.SubFactory(ReferentielFactory)
    number = factory.Sequence(lambda n: n + 1)
    title = factory.Sequence(lambda n: f"Module n° {n}")


class EngagementFactory(NormFactory):
    class Meta:
        model = Engagement

    module = factory.SubFactory(ModuleFactory)
    referentiel = factory.SelfAttribute("module.referentiel")
    key = factory.Sequence(lambda n: f"e{n}")
    code = factory.Sequence(lambda n: f"E{n}")
    title = factory.Sequence(lambda n: f"Nous tenons l’engagement n° {n}")
    theme = "Accueil"


class IndicatorFactory(NormFactory):
    class Meta:
        model = Indicator

    engagement = factory.SubFactory(EngagementFactory)
    key = factory.Sequence(lambda n: f"indicateur-{n}")
    title = factory.Sequence(lambda n: f"Taux n° {n}")
    short_title = factory.Sequence(lambda n: f"T{n}")
    unit = Indicator.Unit.PERCENT
    direction = Indicator.Direction.UP
    numerator_name = "réponses dans les délais"
    denominator_name = "demandes reçues"


class DelayRuleFactory(NormFactory):
    """Ten working days to answer the letter of a citizen."""

    class Meta:
        model = DelayRule

    referentiel = factory.SubFactory(ReferentielFactory)
    kind = DelayRule.Kind.ENQUIRY
    channel = DelayRule.Channel.LETTER
    requester = DelayRule.Requester.CITIZEN
    days = 10


class TargetFactory(NormFactory):
    class Meta:
        model = Target

    indicator = factory.SubFactory(IndicatorFactory)
    comparator = Target.Comparator.GE
    value = 95


class PerimeterFactory(NormFactory):
    class Meta:
        model = Perimeter

    service = factory.SubFactory(ServiceFactory)
    module = factory.SubFactory(ModuleFactory)


class QuestionFactory(DjangoModelFactory):
    class Meta:
        model = Question

    key = factory.Sequence(lambda n: f"question-{n}")
    title = "Quels sont tous les engagements ?"


# --- indicators --------------------------------------------------------------------------------------------


class FigureImportFactory(DjangoModelFactory):
    class Meta:
        model = FigureImport

    prefecture = factory.SubFactory(PrefectureFactory)
    number = factory.Sequence(lambda n: n + 501)
    year = 2018
    contents = FigureImport.Contents.RESULTS
    state = FigureImport.State.IMPORTED
    file_name = "resultats.csv"
    sha256 = "0" * 64
    imported_at = datetime.datetime(2019, 2, 4, 9, tzinfo=datetime.UTC)


class MeasurementFactory(DjangoModelFactory):
    """The rate of a year, 92 cases out of 100."""

    class Meta:
        model = Measurement

    class Params:
        year = 2018

    unit = factory.SubFactory(UnitFactory)
    prefecture = factory.SelfAttribute("unit.prefecture")
    indicator = factory.SubFactory(IndicatorFactory)
    period = Measurement.Period.YEAR
    period_start = factory.LazyAttribute(lambda made: datetime.date(made.year, 1, 1))
    first_month, last_month = 1, 12
    shape = Measurement.Shape.RATE
    numerator, denominator = 92, 100
    origin = Measurement.Origin.ENTERED


class MonthFactory(MeasurementFactory):
    """The rate of a service for a month, 92 cases out of 100: `MonthFactory(service=…, month=3)`."""

    class Params:
        year = 2018
        month = 1

    service = factory.SubFactory(ServiceFactory)
    unit = factory.SelfAttribute("service.unit")
    period = Measurement.Period.MONTH
    period_start = factory.LazyAttribute(lambda made: datetime.date(made.year, made.month, 1))
    first_month = factory.SelfAttribute("month")
    last_month = factory.SelfAttribute("month")


class SuspensionFactory(DjangoModelFactory):
    """March 2018, in the whole préfecture."""

    class Meta:
        model = Suspension

    prefecture = factory.SubFactory(PrefectureFactory)
    first_month = datetime.date(2018, 3, 1)
    last_month = datetime.date(2018, 3, 1)
    reason = "Crise sanitaire."


class PhoneLineFactory(DjangoModelFactory):
    class Meta:
        model = PhoneLine

    service = factory.SubFactory(ServiceFactory)
    prefecture = factory.SelfAttribute("service.unit.prefecture")
    number = factory.Sequence(lambda n: f"04 91 00 {n:02} 00")
    indicator = factory.SubFactory(IndicatorFactory)


class NoteFactory(DjangoModelFactory):
    class Meta:
        model = Note

    prefecture = factory.SubFactory(PrefectureFactory)
    year = 2018
    text = "Le guichet a fermé en août pour travaux."


# --- improvement -------------------------------------------------------------------------------------------


class ActionFactory(DjangoModelFactory):
    """Something to do by the end of January 2019, which nobody has begun."""

    class Meta:
        model = Action

    class Params:
        is_done = factory.Trait(
            state=Action.State.DONE, done_on=datetime.date(2019, 1, 21), proof="Feuille d’émargement."
        )
        is_abandoned = factory.Trait(state=Action.State.ABANDONED, abandon_reason="Le guichet ferme.")

    prefecture = factory.SubFactory(PrefectureFactory)
    number = factory.Sequence(lambda n: n + 101)
    title = factory.Sequence(lambda n: f"Former les agents, session n° {n}")
    origin = "audit interne"
    owner = factory.SubFactory(AgentFactory)
    due_on = datetime.date(2019, 1, 31)
    opened_by = factory.SelfAttribute("owner")


class DutyFactory(DjangoModelFactory):
    """Every three months, first due at the end of March 2019."""

    class Meta:
        model = Duty

    prefecture = factory.SubFactory(PrefectureFactory)
    title = factory.Sequence(lambda n: f"Vérifier la grille n° {n}")
    months = 3
    first_due_on = datetime.date(2019, 3, 31)
    due_on = factory.SelfAttribute("first_due_on")


class DutyDoneFactory(DjangoModelFactory):
    class Meta:
        model = DutyDone

    duty = factory.SubFactory(DutyFactory)
    done_on = datetime.date(2018, 12, 31)
    done_by = factory.SubFactory(AgentFactory)
    proof = "Grille remplie."


# --- publications, jobs ------------------------------------------------------------------------------------


class PartFactory(DjangoModelFactory):
    class Meta:
        model = Part

    prefecture = factory.SubFactory(PrefectureFactory)
    year = 2018
    section = Part.Section.SUMMARY
    text = "L’année a été calme."


class PresentationFactory(DjangoModelFactory):
    class Meta:
        model = Presentation

    prefecture = factory.SubFactory(PrefectureFactory)
    year = 2018
    body = Presentation.Body.STEERING
    held_on = datetime.date(2019, 3, 12)
    remark = "avis favorable"


class BilanFactory(DjangoModelFactory):
    """A signed bilan without figures; `is_published` shows it, `is_withdrawn` takes it back."""

    class Meta:
        model = Bilan

    class Params:
        is_published = factory.Trait(
            pdf_name="bilans/bilan.pdf",
            pdf_sha256="0" * 64,
            published_at=datetime.datetime(2019, 3, 7, 9, tzinfo=datetime.UTC),
            published_by=factory.SelfAttribute("frozen_by"),
        )
        is_withdrawn = factory.Trait(
            is_published=True,
            withdrawn_at=datetime.datetime(2019, 3, 8, 9, tzinfo=datetime.UTC),
            withdrawn_by=factory.SelfAttribute("frozen_by"),
            withdrawal_reason="Une ligne manquait.",
        )

    prefecture = factory.SubFactory(PrefectureFactory)
    year = 2018
    edition = 1
    content = "{}"
    sha256 = "0" * 64
    frozen_at = datetime.datetime(2019, 3, 5, 9, tzinfo=datetime.UTC)
    frozen_by = factory.SubFactory(AgentFactory)


class FlashFactory(DjangoModelFactory):
    class Meta:
        model = Flash

    prefecture = factory.SubFactory(PrefectureFactory)
    month = datetime.date(2020, 3, 1)
    content = "{}"
    sha256 = "0" * 64
    published_by = factory.SubFactory(AgentFactory)


class DocumentFactory(DjangoModelFactory):
    """A draft for the public, whose file nobody has kept; `is_published` shows it."""

    class Meta:
        model = Document

    class Params:
        is_published = factory.Trait(
            published_at=datetime.datetime(2021, 1, 20, 9, tzinfo=datetime.UTC),
            published_by=factory.SelfAttribute("created_by"),
        )

    prefecture = factory.SubFactory(PrefectureFactory)
    number = factory.Sequence(lambda n: n + 1)
    entry = Entry.POLICY
    audience = Document.Audience.PUBLIC
    title = factory.LazyAttribute(lambda made: f"Politique de qualité, version {made.number}")
    dated_on = datetime.date(2021, 1, 15)
    file_name = factory.LazyAttribute(lambda made: f"documents/{made.number}.pdf")
    sha256 = factory.LazyAttribute(lambda made: f"{made.number:064}")
    pages = 2
    size = 12_345
    created_at = datetime.datetime(2021, 1, 18, 9, tzinfo=datetime.UTC)
    created_by = factory.SubFactory(AgentFactory)


class JobFactory(DjangoModelFactory):
    class Meta:
        model = Job

    kind = "tests.effect"
    key = factory.Sequence(lambda n: f"tests.effect:{n}")


class ReminderFactory(DjangoModelFactory):
    """Of a visit that is due on the 3rd of March 2049, on its eve."""

    class Meta:
        model = Reminder

    prefecture = factory.SubFactory(PrefectureFactory)
    agent = factory.SubFactory(AgentFactory)
    recipient = factory.SelfAttribute("agent")
    key = "visite"
    subject = "Visite mystère"
    due_on = datetime.date(2049, 3, 3)
    stage = -1
    on = datetime.date(2049, 3, 2)
    job = factory.SubFactory(JobFactory)


# --- complaints --------------------------------------------------------------------------------------------


class CaseFactory(DjangoModelFactory):
    """A letter of a citizen who gave a name and an address, received on Monday 2 March 2020; no clock has
    judged it: `complaints.register` alone does that."""

    class Meta:
        model = Case
        skip_postgeneration_save = True

    unit = factory.SubFactory(UnitFactory)
    prefecture = factory.SelfAttribute("unit.prefecture")
    number = factory.Sequence(lambda n: n + 1)
    year = factory.SelfAttribute("received_on.year")
    kind = Case.Kind.ENQUIRY
    channel = Case.Channel.LETTER
    requester_kind = Case.RequesterKind.CITIZEN
    received_on = datetime.date(2020, 3, 2)
    month = factory.LazyAttribute(lambda case: case.received_on.replace(day=1))
    subject = factory.Sequence(lambda n: f"Demande n° {n}")
    is_answerable = True
    requester = factory.RelatedFactory("tests.factories.RequesterFactory", factory_related_name="case")


class MalfunctionFactory(DjangoModelFactory):
    """Reported in 2020, and taken up by nobody."""

    class Meta:
        model = Malfunction

    class Params:
        is_solved = factory.Trait(
            state=Malfunction.State.SOLVED,
            answer="La borne est réparée.",
            closed_on=datetime.date(2020, 3, 9),
        )

    unit = factory.SubFactory(UnitFactory)
    prefecture = factory.SelfAttribute("unit.prefecture")
    year = 2020
    number = factory.Sequence(lambda n: n + 1)
    noticed_on = datetime.date(2020, 3, 2)
    reported_by = factory.SubFactory(AgentFactory)
    subject = factory.Sequence(lambda n: f"La borne {n} n’imprime plus")


class RequesterFactory(DjangoModelFactory):
    class Meta:
        model = Requester

    case = factory.SubFactory(CaseFactory, requester=None)
    name = "Dominique Petit"
    address = "1 rue des Essais, 13000 Essaiville"
