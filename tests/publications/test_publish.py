"""The life of an edition: signed, rendered, published, withdrawn; and all that is refused on the way."""

import hashlib
from collections.abc import Callable
from functools import partial

import pytest
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from indicators.models import Measurement
from jobs.models import Job
from publications import bilan as contents
from publications import comparing, pdf, publish
from publications.models import Bilan
from referentiel.models import Indicator
from sites.conflicts import RefusedError
from sites.models import Agent, Prefecture, Unit
from tests import factories
from tests.races import at_once, refusals


def report(progress: int, step: str) -> None:
    """Nobody waits."""


# --- signing -----------------------------------------------------------------------------------------------


def test_signing_makes_the_first_edition_and_orders_its_pdf(
    prefecture: Prefecture, figures: Indicator, claire: Agent
) -> None:
    bilan = publish.freeze(prefecture, 2018, by=claire)

    job = Job.objects.get()
    assert (bilan.year, bilan.edition, bilan.frozen_by, bilan.state_label) == (2018, 1, claire, "arrêté")
    assert bilan.content == contents.assemble(prefecture, 2018).as_text()
    assert bilan.sha256 == hashlib.sha256(bilan.content.encode()).hexdigest()
    assert (job.key, job.queue, job.payload) == (publish.pdf_key(bilan), "pdf", {"bilan_id": bilan.pk})
    assert job.asked_by == claire


def test_a_year_without_figures_is_not_signed(prefecture: Prefecture, siege: Unit, claire: Agent) -> None:
    with pytest.raises(RefusedError, match="Aucun chiffre de 2018"):
        publish.freeze(prefecture, 2018, by=claire)

    assert not Bilan.objects.exists()
    assert not Job.objects.exists()


def test_the_same_content_is_not_signed_twice(prefecture: Prefecture, signed: Bilan, claire: Agent) -> None:
    with pytest.raises(RefusedError, match="L'édition 1 du bilan 2018 dit déjà exactement cela"):
        publish.freeze(prefecture, 2018, by=claire)

    assert Bilan.objects.get() == signed


def test_a_changed_content_is_a_second_edition_and_the_first_stays_as_it_was(
    prefecture: Prefecture, signed: Bilan, siege: Unit, claire: Agent
) -> None:
    text = signed.content
    Measurement.objects.filter(unit=siege).update(numerator=18)

    second = publish.freeze(prefecture, 2018, by=claire)

    signed.refresh_from_db()
    assert second.edition == 2
    assert signed.content == text
    assert signed.data["bands"][0]["lines"][0]["cells"][0]["numerator"] == 19
    assert second.data["bands"][0]["lines"][0]["cells"][0]["numerator"] == 18


def test_what_was_withdrawn_may_be_signed_again_unchanged(
    prefecture: Prefecture, published: Bilan, claire: Agent
) -> None:
    publish.withdraw(published, by=claire, reason="Publié trop tôt.")

    second = publish.freeze(prefecture, 2018, by=claire, erratum="Rien n'a changé.")

    assert second.edition == 2
    assert comparing.statement(second.data) == comparing.statement(published.data)


def test_nobody_signs_what_they_did_not_read(
    prefecture: Prefecture, figures: Indicator, claire: Agent
) -> None:
    read = contents.hash_of(contents.assemble(prefecture, 2018).as_text())
    factories.PartFactory(prefecture=prefecture, text="Ajouté par quelqu'un d'autre.")

    with pytest.raises(RefusedError, match="Le contenu a changé depuis votre relecture"):
        publish.freeze(prefecture, 2018, by=claire, read=read)

    assert not Bilan.objects.exists()


def test_a_signature_that_fails_leaves_neither_edition_nor_job(
    prefecture: Prefecture, figures: Indicator, claire: Agent
) -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        publish.freeze(prefecture, 2018, by=claire)
        raise ZeroDivisionError

    assert not Bilan.objects.exists()
    assert not Job.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_the_same_bilan_signed_twice_at_once_is_one_edition_and_one_pdf(
    prefecture: Prefecture, figures: Indicator, claire: Agent
) -> None:
    outcomes = at_once(*[partial(publish.freeze, prefecture, 2018, by=claire)] * 2)

    bilan = Bilan.objects.get()
    (refused,) = refusals(outcomes, RefusedError)
    assert str(refused) == "L'édition 1 du bilan 2018 dit déjà exactement cela\xa0: rien n'a changé depuis."
    assert [job.key for job in Job.objects.all()] == [publish.pdf_key(bilan)]


# --- the PDF -----------------------------------------------------------------------------------------------


def test_the_pdf_is_kept_with_its_hash(signed: Bilan) -> None:
    publish.attach_pdf(signed, report)

    signed.refresh_from_db()
    body = publish.pdf_path(signed).read_bytes()
    assert body.startswith(b"%PDF-")
    assert signed.pdf_sha256 == hashlib.sha256(body).hexdigest()
    assert [file.name for file in publish.pdf_path(signed).parent.iterdir()] == [
        publish.pdf_path(signed).name
    ]


def test_rendering_again_keeps_the_first_bytes(ready: Bilan) -> None:
    publish.attach_pdf(ready, report)

    before = ready.pdf_sha256
    ready.refresh_from_db()
    assert ready.pdf_sha256 == before
    assert hashlib.sha256(publish.pdf_path(ready).read_bytes()).hexdigest() == before


def test_a_late_worker_does_not_replace_the_pdf_of_another(
    signed: Bilan, attach: Callable[[Bilan], Bilan]
) -> None:
    late = Bilan.objects.select_related("prefecture").get(pk=signed.pk)
    attach(signed)

    publish.attach_pdf(late, report)

    signed.refresh_from_db()
    assert signed.pdf_sha256 == hashlib.sha256(publish.pdf_path(signed).read_bytes()).hexdigest()


def test_a_worker_that_dies_while_it_renders_leaves_no_file(
    signed: Bilan, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object) -> bytes:
        raise MemoryError

    monkeypatch.setattr(pdf, "render", die)

    with pytest.raises(MemoryError):
        publish.attach_pdf(signed, report)

    signed.refresh_from_db()
    assert (signed.pdf_name, signed.pdf_sha256) == ("", "")


def test_asking_for_the_pdf_twice_is_one_job(signed: Bilan, claire: Agent) -> None:
    assert publish.order_pdf(signed, by=claire) == publish.order_pdf(signed)
    assert Job.objects.count() == 1


def test_the_pdf_stays_in_the_private_folder(ready: Bilan) -> None:
    assert publish.pdf_path(ready).is_relative_to(settings.FILES_DIR)


# --- publishing and withdrawing ----------------------------------------------------------------------------


def test_publishing_shows_the_edition_and_says_who_and_when(ready: Bilan, claire: Agent) -> None:
    publish.publish(ready, by=claire)

    ready.refresh_from_db()
    assert ready.is_shown
    assert (ready.published_by, ready.state_label) == (claire, "publié")
    assert list(Bilan.objects.shown()) == [ready]


def test_nothing_is_published_before_its_pdf_is_ready(signed: Bilan, claire: Agent) -> None:
    with pytest.raises(RefusedError, match="Le PDF n'est pas encore prêt"):
        publish.publish(signed, by=claire)

    assert not Bilan.objects.shown().exists()


def test_an_edition_is_published_once(published: Bilan, claire: Agent) -> None:
    first = published.published_at

    with pytest.raises(RefusedError, match="Cette édition est déjà publiée"):
        publish.publish(published, by=claire)

    published.refresh_from_db()
    assert published.published_at == first


@pytest.fixture
def corrected(
    prefecture: Prefecture,
    published: Bilan,
    siege: Unit,
    claire: Agent,
    attach: Callable[[Bilan], Bilan],
) -> Bilan:
    """The second edition, with its PDF, not published yet."""
    Measurement.objects.filter(unit=siege).update(numerator=18)
    return attach(publish.freeze(prefecture, 2018, by=claire, erratum=" Un courriel compté en trop.\n"))


def test_the_corrected_edition_takes_the_place_of_the_one_that_is_shown(
    published: Bilan, corrected: Bilan, claire: Agent
) -> None:
    publish.publish(corrected, by=claire)

    published.refresh_from_db()
    corrected.refresh_from_db()
    assert list(Bilan.objects.shown()) == [corrected]
    assert list(Bilan.objects.public()) == [corrected, published]
    assert (published.replaced_by, published.replaced_at) == (corrected, corrected.published_at)
    assert (published.state_label, corrected.state_label) == ("remplacé", "publié")
    assert corrected.data["erratum"] == {"edition": 1, "text": "Un courriel compté en trop."}


def test_there_is_no_moment_without_a_bilan(
    published: Bilan, corrected: Bilan, claire: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What fails between the two gestures undoes both."""

    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(Bilan, "save", fail)
    with pytest.raises(ZeroDivisionError):
        publish.publish(corrected, by=claire)

    assert list(Bilan.objects.shown()) == [published]


@pytest.mark.parametrize("erratum", ["", " \n "])
def test_a_correction_of_what_was_published_says_what_it_corrects(
    prefecture: Prefecture, published: Bilan, siege: Unit, claire: Agent, erratum: str
) -> None:
    Measurement.objects.filter(unit=siege).update(numerator=18)

    with pytest.raises(RefusedError, match="dire ce que la nouvelle corrige, et pourquoi"):
        publish.freeze(prefecture, 2018, by=claire, erratum=erratum)

    assert Bilan.objects.get() == published


def test_an_edition_signed_before_the_other_was_published_must_be_signed_again_with_its_erratum(
    prefecture: Prefecture, ready: Bilan, siege: Unit, claire: Agent, attach: Callable[[Bilan], Bilan]
) -> None:
    Measurement.objects.filter(unit=siege).update(numerator=18)
    second = attach(publish.freeze(prefecture, 2018, by=claire))
    publish.publish(ready, by=claire)

    with pytest.raises(RefusedError, match="Cette édition ne dit pas ce qu'elle corrige"):
        publish.publish(second, by=claire)
    third = attach(publish.freeze(prefecture, 2018, by=claire, erratum="Un courriel compté en trop."))
    publish.publish(third, by=claire)

    assert list(Bilan.objects.shown()) == [third]


def test_an_older_edition_does_not_replace_a_newer_one(
    prefecture: Prefecture, ready: Bilan, siege: Unit, claire: Agent, attach: Callable[[Bilan], Bilan]
) -> None:
    Measurement.objects.filter(unit=siege).update(numerator=18)
    second = attach(publish.freeze(prefecture, 2018, by=claire))
    publish.publish(second, by=claire)

    with pytest.raises(RefusedError, match="L'édition 2, plus récente, a été publiée"):
        publish.publish(ready, by=claire)

    assert list(Bilan.objects.shown()) == [second]


def test_correct_withdraw_rebuild(
    prefecture: Prefecture,
    published: Bilan,
    corrected: Bilan,
    claire: Agent,
    attach: Callable[[Bilan], Bilan],
) -> None:
    """The second edition was wrong too: it goes, the first does not come back, a third takes their place."""
    publish.publish(corrected, by=claire)
    publish.withdraw(corrected, by=claire, reason="Fausse aussi.")

    assert not Bilan.objects.shown().exists()
    assert list(Bilan.objects.public()) == [published]

    third = attach(publish.freeze(prefecture, 2018, by=claire, erratum="Le bon chiffre est 18."))
    publish.publish(third, by=claire)

    published.refresh_from_db()
    corrected.refresh_from_db()
    assert list(Bilan.objects.shown()) == [third]
    assert third.data["erratum"]["edition"] == 2
    assert (published.replaced_by, corrected.replaced_by) == (corrected, None)


def test_what_was_replaced_may_still_be_withdrawn(published: Bilan, corrected: Bilan, claire: Agent) -> None:
    publish.publish(corrected, by=claire)

    publish.withdraw(published, by=claire, reason="Un nom y figurait.")

    assert list(Bilan.objects.public()) == [corrected]


def test_after_the_withdrawal_the_corrected_edition_is_published(
    published: Bilan, corrected: Bilan, claire: Agent
) -> None:
    publish.withdraw(published, by=claire, reason="Le siège a compté un courriel de trop.")

    publish.publish(corrected, by=claire)

    assert list(Bilan.objects.shown()) == [corrected]


@pytest.mark.django_db(transaction=True)
def test_two_editions_published_at_once_leave_one_shown(
    prefecture: Prefecture, ready: Bilan, siege: Unit, claire: Agent, attach: Callable[[Bilan], Bilan]
) -> None:
    Measurement.objects.filter(unit=siege).update(numerator=18)
    second = attach(publish.freeze(prefecture, 2018, by=claire))

    outcomes = at_once(*(partial(publish.publish, bilan, by=claire) for bilan in (ready, second)))

    assert len(refusals(outcomes, RefusedError)) == 1
    assert Bilan.objects.shown().count() == 1


def test_withdrawing_keeps_the_reason(published: Bilan, claire: Agent) -> None:
    publish.withdraw(published, by=claire, reason="  Le siège a compté un courriel de trop.\n")

    published.refresh_from_db()
    assert not published.is_shown
    assert (published.withdrawn_by, published.state_label) == (claire, "retiré")
    assert published.withdrawal_reason == "Le siège a compté un courriel de trop."


def test_withdrawing_needs_a_reason(published: Bilan, claire: Agent) -> None:
    with pytest.raises(RefusedError, match="Indiquer le motif"):
        publish.withdraw(published, by=claire, reason=" \n ")

    assert list(Bilan.objects.shown()) == [published]


def test_what_is_not_shown_cannot_be_withdrawn(ready: Bilan, claire: Agent) -> None:
    with pytest.raises(RefusedError, match="il n'y a rien à retirer"):
        publish.withdraw(ready, by=claire, reason="Trop tôt.")


def test_what_was_withdrawn_is_not_published_again(published: Bilan, claire: Agent) -> None:
    publish.withdraw(published, by=claire, reason="Erreur.")

    with pytest.raises(RefusedError, match="Cette édition a été retirée"):
        publish.publish(published, by=claire)


# --- what the database holds by itself ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"edition": 1}, "Cette édition existe déjà."),
        ({"is_published": True}, "Une édition de ce bilan est déjà publiée."),
        ({"is_published": True, "year": 2017, "pdf_name": ""}, "Le PDF n'est pas encore prêt."),
        ({"replaced_at": "2019-03-09T09:00Z"}, "Une édition remplacée a été publiée, et dit par laquelle."),
        ({"is_withdrawn": True, "withdrawal_reason": ""}, "Un retrait suit une publication et a un motif."),
        ({"is_withdrawn": True, "published_at": None}, "Un retrait suit une publication et a un motif."),
    ],
)
def test_the_database_refuses_what_publish_would_refuse(
    prefecture: Prefecture, changes: dict[str, object], sentence: str
) -> None:
    first = factories.BilanFactory(prefecture=prefecture, is_published=True)
    changed = {"prefecture": prefecture, "frozen_by": first.frozen_by, "edition": 2} | changes

    with pytest.raises(ValidationError, match=sentence):
        factories.BilanFactory.build(**changed).validate_constraints()
    with pytest.raises(IntegrityError), transaction.atomic():
        factories.BilanFactory(**changed)

    assert list(Bilan.objects.all()) == [first]
