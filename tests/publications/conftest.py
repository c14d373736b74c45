"""A small year: two units, one rate against 95 %, reached by the siège and missed by Arles."""

import hashlib
from collections.abc import Callable

import pytest

from publications import publish
from publications.models import Bilan
from referentiel.models import Indicator
from sites.models import Agent, Prefecture, Unit
from tests import factories

PDF = b"%PDF-1.7\n% rien que pour les pages\n%%EOF\n"


@pytest.fixture
def indicator(prefecture: Prefecture, siege: Unit, arles: Unit) -> Indicator:
    """Expected of both units, and followed by the préfecture since always."""
    module = factories.ModuleFactory()
    factories.AdoptionFactory(prefecture=prefecture, referentiel=module.referentiel)
    for unit in (siege, arles):
        factories.PerimeterFactory(service=factories.ServiceFactory(unit=unit), module=module)
    indicator = factories.IndicatorFactory(
        engagement=factories.EngagementFactory(module=module, code="E17", theme="Accueil dématérialisé"),
        title="Taux de réponse aux courriels",
    )
    factories.TargetFactory(indicator=indicator)
    return indicator


@pytest.fixture
def figures(siege: Unit, arles: Unit, indicator: Indicator) -> Indicator:
    """The results of 2018: 19 out of 20 at the siège, 12 out of 13 at Arles."""
    factories.MeasurementFactory(unit=siege, indicator=indicator, numerator=19, denominator=20)
    factories.MeasurementFactory(unit=arles, indicator=indicator, numerator=12, denominator=13)
    return indicator


@pytest.fixture
def signed(prefecture: Prefecture, figures: Indicator, claire: Agent) -> Bilan:
    """The bilan of 2018, signed by Claire; no worker has rendered its PDF yet."""
    return publish.freeze(prefecture, 2018, by=claire)


@pytest.fixture
def attach() -> Callable[[Bilan], Bilan]:
    """`attach(bilan)` stands for the worker: a file is there, and the row says which."""

    def attach(bilan: Bilan) -> Bilan:
        bilan.pdf_name = f"bilans/{bilan.prefecture.slug}/{bilan.year}-{bilan.edition}.pdf"
        bilan.pdf_sha256 = hashlib.sha256(PDF).hexdigest()
        bilan.save(update_fields=["pdf_name", "pdf_sha256"])
        publish.pdf_path(bilan).parent.mkdir(parents=True, exist_ok=True)
        publish.pdf_path(bilan).write_bytes(PDF)
        return bilan

    return attach


@pytest.fixture
def ready(signed: Bilan, attach: Callable[[Bilan], Bilan]) -> Bilan:
    """Signed, with its PDF, not shown to anybody yet."""
    return attach(signed)


@pytest.fixture
def published(ready: Bilan, claire: Agent) -> Bilan:
    publish.publish(ready, by=claire)
    ready.refresh_from_db()
    return ready
