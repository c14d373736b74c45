"""The examples that are told of cases: what they may not say, who writes them."""

import pytest
from django.urls import reverse

from complaints import examples
from complaints.models import Example, Requester
from complaints.register import Identity
from sites.conflicts import ConflictError, RefusedError

WHO = Identity(
    name="Mme Aurélie Pérez-Dubois",
    organisation="Association des riverains",
    address="12 bis rue des Essais\n13100 Essaiville",
    email="aurelie.pd@exemple.fr",
    phone="06 12 34 56 78",
)


@pytest.fixture
def case(receive):
    return receive(kind="complaint", requester=WHO)


@pytest.mark.parametrize(
    "text",
    [
        "Madame PEREZ a attendu.",
        "Le fils de dubois a attendu.",
        "Aurelie a attendu.",
        "Madame D U B O I S a attendu.",
        "Madame d.u.b.o.i.s a attendu.",
        "L’association des Riverains a écrit.",
        "Elle écrit de aurelie.pd@EXEMPLE.fr sans réponse.",
        "Elle a laissé le 06.12.34.56.78 au guichet.",
        "Elle a laissé le 06/12/34/56/78 au guichet.",
        "Elle a laissé le +33 6 12 34 56 78 au guichet.",
        "Une personne du 12 bis, rue des Essais a attendu.",
        "Une personne de la rue des essais a attendu.",
        "Une personne du 13100 a attendu.",
    ],
)
def test_what_the_requester_is_found_by_is_refused_in_a_sentence(case, claire, text):
    with pytest.raises(RefusedError, match="Un exemple ne nomme personne"):
        examples.keep(case, text, seen=0, by=claire)
    assert not Example.objects.exists()


@pytest.mark.parametrize("text", ["Voir {0}.", "Voir n° {1} / {2}.", "{3} a bien répondu.", "MARTIN Claire"])
def test_neither_the_number_of_the_case_nor_an_agent_is_told(case, claire, text):
    text = text.format(case.reference, case.year, case.number, claire.full_name)
    with pytest.raises(RefusedError, match="l’affaire ou un agent"):
        examples.keep(case, text, seen=0, by=claire)


@pytest.mark.parametrize(
    "address",
    ["12, rue des Essais, 13100 Essaiville", "12 rue des Essais 13100 Essaiville", "12,\nrue des Essais"],
)
def test_a_street_is_found_however_its_address_is_written(address):
    requester = Requester(address=address)

    assert examples.betrayals("Une personne de la rue des Essais a attendu.", requester)
    assert not examples.betrayals("Elle a appelé 12 fois.", requester)


@pytest.mark.parametrize(
    "text",
    [
        "Mme X a attendu deux heures, les 12 et 13 mai, au guichet d’Essaiville.",
        "Des riverains se plaignent de la rue.",
        "Un usager a appelé 6 fois.",
        "Une réponse claire, en 2020-2021, à un usager du bois.",
    ],
)
def test_what_names_nobody_is_kept(case, claire, text):
    examples.keep(case, text, seen=0, by=claire)

    assert (case.example.text, case.example.by, case.example.version) == (text, claire, 1)


def test_it_is_corrected_then_no_longer_told(case, claire):
    examples.keep(case, "Deux heures d’attente.", seen=0, by=claire)
    with pytest.raises(ConflictError):
        examples.keep(case, "Une heure d’attente.", seen=0, by=claire)
    assert examples.keep(case, "Une heure d’attente.", seen=1, by=claire).version == 2
    assert examples.keep(case, "", seen=2, by=claire) is None
    assert not Example.objects.exists()


def test_it_is_gone_with_its_case(case, claire):
    examples.keep(case, "Deux heures d’attente.", seen=0, by=claire)
    case.delete()
    assert not Example.objects.exists()


def test_the_quality_manager_writes_it_and_others_read_it(case, claire, basile, client_of):
    address = reverse("case_example", args=[case.prefecture.slug, case.year, case.number])
    page = reverse("case", args=[case.prefecture.slug, case.year, case.number])
    refused = client_of(claire).post(address, {"text": "Mme Pérez a attendu.", "version": 0})
    assert "qui fait reconnaître le demandeur" in refused.content.decode()
    assert "Mme Pérez a attendu." in refused.content.decode()
    said = {"text": "Deux heures d’attente.", "version": 0}
    assert client_of(claire).post(address, said).status_code == 302
    assert client_of(claire).post(address, said | {"text": "Une heure."}).status_code == 409
    assert client_of(basile).post(address, said).status_code == 403
    text = client_of(basile).get(page).content.decode()
    assert "Deux heures d’attente." in text
    assert address not in text
