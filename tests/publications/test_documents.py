"""Documents of the Espace Qualité: drafted, read again, published, replaced, withdrawn."""

import dataclasses
import datetime
from collections.abc import Callable
from functools import partial

import pikepdf
import pytest
from django.db import IntegrityError

from publications import documents, pdf
from publications.documents import Description
from publications.models import Document, Entry, Introduction
from sites import files
from sites.conflicts import ConflictError, RefusedError
from sites.models import Agent, Prefecture
from tests import factories
from tests.races import at_once, refusals
from tests.sites.test_inspection import blank, written

Audience = Document.Audience

POLICY = Description(
    entry=Entry.POLICY,
    audience=Audience.PUBLIC,
    title="Politique de qualité 2021",
    dated_on=datetime.date(2021, 1, 15),
    starts_on=datetime.date(2021, 1, 1),
)


@pytest.fixture(scope="module")
def body() -> bytes:
    return pdf.write_pdf("<h1>Politique</h1><p>Nous accueillons.</p>", title="Politique de qualité")


@pytest.fixture
def drafted(prefecture: Prefecture, claire: Agent, body: bytes) -> Document:
    return documents.draft(prefecture, POLICY, body, by=claire)


@pytest.fixture
def online(drafted: Document, claire: Agent) -> Document:
    return documents.publish(drafted, by=claire, seen_version=1)


@pytest.fixture
def redraft(prefecture: Prefecture, claire: Agent) -> Callable[[Document], Document]:
    """`redraft(document)`: a draft that is to replace it."""

    def redraft(document: Document) -> Document:
        said = dataclasses.replace(POLICY, title="Politique de qualité 2024")
        return documents.draft(prefecture, said, written(blank()), by=claire, replaces=document)

    return redraft


def state_of(document: Document) -> str:
    document.refresh_from_db()
    return document.state


# --- a draft -----------------------------------------------------------------------------------------------


def test_a_deposited_file_is_a_draft_that_keeps_its_bytes(drafted: Document, body: bytes) -> None:
    assert (state_of(drafted), drafted.number, drafted.pages, drafted.lacks) == ("draft", 1, 1, [])
    assert files.read(drafted.file_name, drafted.sha256) == body


def test_the_name_of_the_file_is_ours(drafted: Document) -> None:
    folder, slug, name = drafted.file_name.split("/")

    assert (folder, slug, len(name)) == ("documents", "bouches-du-rhone", 36)


def test_what_a_file_lacks_is_kept_with_it(prefecture: Prefecture, claire: Agent) -> None:
    assert documents.draft(prefecture, POLICY, written(blank()), by=claire).lacks == [
        "tags",
        "language",
        "title",
    ]


def test_a_file_sent_twice_is_one_draft(
    drafted: Document, prefecture: Prefecture, claire: Agent, body: bytes
) -> None:
    assert documents.draft(prefecture, POLICY, body, by=claire) == drafted
    assert [file.name for file in files.path_of(drafted.file_name).parent.iterdir()] == [
        drafted.file_name.rpartition("/")[2]
    ]


def test_a_refused_file_leaves_nothing_behind(prefecture: Prefecture, claire: Agent) -> None:
    document = blank()
    document.Root.OpenAction = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS=pikepdf.String("1"))

    with pytest.raises(RefusedError, match="Ce PDF contient un programme"):
        documents.draft(prefecture, POLICY, written(document), by=claire)
    assert not Document.objects.exists()
    assert not files.path_of("documents").exists()


def test_a_file_that_is_too_big_is_refused_before_it_is_looked_at(
    prefecture: Prefecture, claire: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(documents, "LARGEST", 10)

    with pytest.raises(RefusedError, match="dépasse 20\xa0Mo"):
        documents.draft(prefecture, POLICY, b"%PDF-1.7 and more", by=claire)


def test_documents_are_numbered_in_each_prefecture(
    drafted: Document, elsewhere: Prefecture, zoe: Agent, claire: Agent, body: bytes
) -> None:
    minutes = dataclasses.replace(POLICY, entry=Entry.CLU)

    assert documents.draft(drafted.prefecture, minutes, body, by=claire).number == 2
    assert documents.draft(elsewhere, POLICY, body, by=zoe).number == 1


def test_an_internal_document_is_for_agents_alone(prefecture: Prefecture, claire: Agent, body: bytes) -> None:
    for_all = dataclasses.replace(POLICY, entry=Entry.INTERNAL)

    with pytest.raises(RefusedError, match="destiné aux agents"):
        documents.draft(prefecture, for_all, body, by=claire)
    with pytest.raises(IntegrityError, match="internal_entry_is_for_agents"):
        factories.DocumentFactory(entry=Entry.INTERNAL)


def test_a_validity_that_ends_before_it_begins_is_refused(
    prefecture: Prefecture, claire: Agent, body: bytes
) -> None:
    backwards = dataclasses.replace(POLICY, ends_on=datetime.date(2020, 12, 31))

    with pytest.raises(RefusedError, match="La date de fin"):
        documents.draft(prefecture, backwards, body, by=claire)


def test_a_draft_is_corrected_by_who_has_read_it(drafted: Document) -> None:
    first = dataclasses.replace(POLICY, title="Politique de qualité, janvier 2021")
    second = dataclasses.replace(POLICY, title="Politique")

    documents.amend(drafted, first, seen_version=1)
    with pytest.raises(ConflictError) as conflict:
        documents.amend(drafted, second, seen_version=1)

    assert conflict.value.saved.title == "Politique de qualité, janvier 2021"
    assert documents.amend(drafted, first, seen_version=1).version == 2  # the same words lose nothing


def test_a_discarded_draft_is_gone_with_its_file(
    drafted: Document, django_capture_on_commit_callbacks: Callable[..., object]
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        documents.discard(drafted)

    assert not Document.objects.exists()
    assert not files.path_of(drafted.file_name).exists()
    with pytest.raises(RefusedError, match="a été supprimé"):
        documents.discard(drafted)


# --- publication -------------------------------------------------------------------------------------------


def test_a_publication_says_who_and_when(online: Document, claire: Agent) -> None:
    assert (state_of(online), online.published_by) == ("published", claire)
    assert online.published_at is not None


def test_a_published_document_does_not_change(online: Document) -> None:
    for write in (
        lambda: documents.amend(online, POLICY, seen_version=1),
        lambda: documents.discard(online),
    ):
        with pytest.raises(RefusedError, match="il ne se corrige plus, il se remplace"):
            write()


def test_a_click_too_many_publishes_once(online: Document, claire: Agent) -> None:
    before = online.published_at

    with pytest.raises(RefusedError, match="Ce document est déjà publié"):
        documents.publish(online, by=claire, seen_version=1)
    online.refresh_from_db()
    assert online.published_at == before


def test_nobody_publishes_what_they_did_not_read(drafted: Document, claire: Agent) -> None:
    documents.amend(drafted, dataclasses.replace(POLICY, title="Autre chose"), seen_version=1)

    with pytest.raises(RefusedError, match="a changé depuis votre relecture"):
        documents.publish(drafted, by=claire, seen_version=1)


def test_a_file_that_was_lost_or_changed_is_not_published(drafted: Document, claire: Agent) -> None:
    files.path_of(drafted.file_name).write_bytes(b"%PDF-1.7 something else")

    with pytest.raises(RefusedError, match="ne peut plus être lu"):
        documents.publish(drafted, by=claire, seen_version=1)
    assert state_of(drafted) == "draft"


def test_a_new_version_puts_the_former_in_the_history(
    online: Document, redraft: Callable[[Document], Document], claire: Agent
) -> None:
    new = redraft(online)
    assert (state_of(online), state_of(new)) == ("published", "draft")

    documents.publish(new, by=claire, seen_version=1)

    assert (state_of(online), state_of(new)) == ("replaced", "published")
    assert files.path_of(online.file_name).exists()


def test_a_document_is_replaced_once(
    online: Document, redraft: Callable[[Document], Document], claire: Agent, prefecture: Prefecture
) -> None:
    mine = redraft(online)
    document = blank()
    document.add_blank_page()
    theirs = documents.draft(prefecture, POLICY, written(document), by=claire, replaces=online)
    documents.publish(theirs, by=claire, seen_version=1)

    with pytest.raises(RefusedError, match="est déjà remplacé"):
        documents.publish(mine, by=claire, seen_version=1)


def test_a_document_is_replaced_for_its_own_readers(
    online: Document, prefecture: Prefecture, claire: Agent, body: bytes
) -> None:
    for said in (
        dataclasses.replace(POLICY, audience=Audience.INTERNAL),
        dataclasses.replace(POLICY, entry=Entry.CLU),
    ):
        with pytest.raises(RefusedError, match="il garde sa rubrique et ses destinataires"):
            documents.draft(prefecture, said, body, by=claire, replaces=online)


# --- withdrawal --------------------------------------------------------------------------------------------


def test_a_withdrawal_says_who_when_and_why(online: Document, claire: Agent) -> None:
    documents.withdraw(online, by=claire, reason=" Un nom y figure. ")

    assert (state_of(online), online.withdrawn_by, online.withdrawal_reason) == (
        "withdrawn",
        claire,
        "Un nom y figure.",
    )


@pytest.mark.parametrize("reason", ["", "  \n"])
def test_a_withdrawal_needs_its_reason(online: Document, claire: Agent, reason: str) -> None:
    with pytest.raises(RefusedError, match="Indiquer le motif"):
        documents.withdraw(online, by=claire, reason=reason)


def test_only_what_is_published_is_withdrawn_and_once(drafted: Document, claire: Agent) -> None:
    with pytest.raises(RefusedError, match="n’est pas publié"):
        documents.withdraw(drafted, by=claire, reason="Pour rien.")
    documents.publish(drafted, by=claire, seen_version=1)
    documents.withdraw(drafted, by=claire, reason="Un nom y figure.")
    with pytest.raises(RefusedError, match="est déjà retiré"):
        documents.withdraw(drafted, by=claire, reason="Encore.")


def test_what_the_history_holds_may_be_withdrawn_too(
    online: Document, redraft: Callable[[Document], Document], claire: Agent
) -> None:
    documents.publish(redraft(online), by=claire, seen_version=1)

    documents.withdraw(online, by=claire, reason="Un nom y figure.")

    assert state_of(online) == "withdrawn"


# --- two at once -------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_two_who_publish_at_the_same_time_publish_once(drafted: Document, claire: Agent) -> None:
    outcomes = at_once(*[partial(documents.publish, drafted, by=claire, seen_version=1)] * 2)

    (refused,) = refusals(outcomes, RefusedError)
    assert str(refused) == "Ce document est déjà publié."


def test_two_who_write_the_same_introduction_lose_nothing(prefecture: Prefecture) -> None:
    mine = documents.introduction_of(prefecture, Entry.CLU)
    theirs = documents.introduction_of(prefecture, Entry.CLU)
    documents.introduce(theirs, text="Le comité se réunit deux fois par an.", seen_version=0)

    with pytest.raises(ConflictError) as conflict:
        documents.introduce(mine, text="Le comité se réunit.", seen_version=0)

    assert isinstance(conflict.value.saved, Introduction)
    assert conflict.value.saved.text == "Le comité se réunit deux fois par an."
    documents.introduce(mine, text="Le comité se réunit.", seen_version=1)
    held = documents.introduction_of(prefecture, Entry.CLU)
    assert (held.text, held.version, held.history.count()) == ("Le comité se réunit.", 2, 2)
