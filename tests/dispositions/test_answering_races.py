"""Two engineers at once: the second waits, then finds nothing open, and says so."""

import pytest
from django.db import transaction

from inspections.dispositions.answering import declare_invalid, record_rework, review_disagreement
from inspections.dispositions.models import Disposition, Nonconformance
from inspections.dispositions.rules import DispositionRefused
from inspections.gates.services import decide_batch
from inspections.results.models import Inspection
from inspections.results.services import FactRefused, record_inspection, void_inspection
from tests.factories import AT, changed_value, make_engineer, make_plant
from tests.threads import Beside

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def failed(transactional_db):
    """A fail, and the rig that called it a pass."""
    plant = make_plant()
    values = changed_value("BAT-EOL", "BOND", "0.100", position="pack")
    posted = plant.posted("BAT-EOL", measurements=values, verdict="pass")
    record_inspection(posted=posted, rig=plant.rig, actor=plant.rig_actor, at=AT)
    decide_batch(batch_id=plant.batch.pk, at=AT)
    return Inspection.objects.get(), Nonconformance.objects.get()


def second_of(run):
    """What the second one is refused with, while the first holds what both want."""
    with transaction.atomic():
        run()
        second = Beside(run)
        assert second.is_waiting()
    with pytest.raises((DispositionRefused, FactRefused)) as refused:
        second.result()
    return str(refused.value)


@pytest.mark.parametrize("answer", ["rework", "invalid"])
def test_a_fail_is_answered_once_by_two_at_once(failed, answer):
    _inspection, nc = failed

    def run():
        given = {"nonconformance": nc, "actor": make_engineer(), "at": AT}
        if answer == "rework":
            return record_rework(what="Cleaned", done_at=AT, **given)
        return declare_invalid(reason="Loose probe", **given)

    assert "a later pass is awaited" in second_of(run)
    assert Disposition.objects.count() == 1


def test_a_verdict_is_reviewed_once_by_two_at_once(failed):
    inspection, _nc = failed

    def run():
        return review_disagreement(
            inspection=inspection, ordinal=-1, treat_as_fail=False, reason="Seen", actor=make_engineer(), at=AT
        )

    assert "it was reviewed" in second_of(run)
    assert Disposition.objects.count() == 1


def test_an_inspection_is_void_once_by_two_at_once(failed):
    inspection, _nc = failed
    said = second_of(lambda: void_inspection(inspection=inspection, reason="Wrong car", actor=make_engineer(), at=AT))
    assert "was declared void already" in said
