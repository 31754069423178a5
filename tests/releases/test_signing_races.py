"""Two who sign at once: one comes first, and the other is shown anew what it is then that they would sign."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import transaction

from inspections.batches.models import Vehicle
from inspections.dispositions.concession_rules import ConcessionRefused
from inspections.dispositions.models import ConcessionSignature
from inspections.dispositions.services import sign_concession
from inspections.people.choices import Role
from inspections.people.models import User
from inspections.people.rules import Actor
from inspections.releases.models import Signature
from inspections.releases.rules import ReleaseRefused
from inspections.releases.services import propose_release, sign_release
from tests.concessions import approvers, measure_squib, propose
from tests.factories import AT, Plant, make_person
from tests.signing import PASSWORD, shown
from tests.threads import Beside

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.law(8)]


@pytest.fixture
def plant(transactional_db: None) -> Plant:
    from tests import factories

    return factories.make_plant()


@pytest.fixture
def officers(plant: Plant) -> list[User]:
    return [make_person(Role.RELEASE_OFFICER) for _ in range(2)]


def test_of_two_officers_at_once_the_second_does_not_release_the_cars_unknowingly(
    good_car: Vehicle, officers: list[User]
) -> None:
    release = propose_release(batch=good_car.batch, vehicle_ids=None, actor=Actor.person(officers[0]), at=AT)
    read = {"release": release, "password": PASSWORD, "seen": shown(release, AT), "at": AT}
    with transaction.atomic():
        sign_release(signer=officers[0], **read)
        second = Beside(lambda: sign_release(signer=officers[1], **read))
        assert second.is_waiting()
    with pytest.raises(ReleaseRefused) as refusal:
        second.result()
    assert refusal.value.code == "not_what_was_shown"
    good_car.refresh_from_db()
    assert (list(Signature.objects.values_list("signer_id", flat=True)), good_car.status) == (
        [officers[0].pk],
        "in_process",
    )


def test_one_officer_in_two_windows_signs_once(good_car: Vehicle, officers: list[User]) -> None:
    release = propose_release(batch=good_car.batch, vehicle_ids=None, actor=Actor.person(officers[0]), at=AT)
    read = {"release": release, "password": PASSWORD, "seen": shown(release, AT), "at": AT, "signer": officers[0]}
    with transaction.atomic():
        sign_release(**read)
        again = Beside(lambda: sign_release(**read))
        assert again.is_waiting()
    with pytest.raises(ReleaseRefused) as refusal:
        again.result()
    assert (refusal.value.code, Signature.objects.count()) == ("four_eyes", 1)


def test_of_two_approvers_of_a_concession_at_once_the_second_reads_it_again(plant: Plant) -> None:
    measure_squib(plant)
    concession, (first, other) = propose(plant.vehicle), approvers()
    read: dict[str, Any] = {"concession": concession, "password": PASSWORD, "seen": shown(concession, AT), "at": AT}
    with transaction.atomic():
        sign_concession(signer=first, **read)
        second = Beside(lambda: sign_concession(signer=other, **read))
        assert second.is_waiting()
    with pytest.raises(ConcessionRefused) as refusal:
        second.result()
    assert (refusal.value.code, ConcessionSignature.objects.count()) == ("not_what_was_shown", 1)
