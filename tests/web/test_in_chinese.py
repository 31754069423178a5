"""A reader of Chinese reads Chinese: refusals of services, names of positions; codes and values stay as written."""

import html
import re

import pytest
from django.urls import reverse
from django.utils.translation import override

from inspections.catalogue.models import Procedure
from inspections.dispositions.models import Hold
from inspections.dispositions.services import place_hold
from inspections.gates.models import Decision
from inspections.intake.models import Kept
from inspections.intake.services import post_inspection
from inspections.people.choices import Role
from inspections.people.rules import Actor
from inspections.records.models import LedgerEntry
from tests.factories import AT, changed_value, make_batch, make_person

PASSWORD = "a long password"


def words(response):
    """What stands on the page itself, without the frame around it."""
    main = re.search(r"<main.*?</main>", response.content.decode(), re.DOTALL).group()
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", main)))


@pytest.fixture
def reader(engineer):
    """An engineer who reads Chinese."""
    engineer.post(reverse("web:language"), {"language": "zh-hans", "next": "/"})
    return engineer


@pytest.fixture
def named(plant):
    Procedure.objects.filter(code="BAT-EOL").update(position_names={"pack": ["battery pack", "电池包"]})


def failed(plant, record):
    record(plant.posted("BAT-EOL", measurements=changed_value("BAT-EOL", "BOND", "0.4", position="pack")))


def refused(plant, body):
    post_inspection(rig=plant.rig, body=body, media_type="application/json", actor=plant.rig_actor, at=AT)


class TestRefusals:
    def test_a_wrong_password(self, plant, good_car, reader):
        there = make_batch("SU7-2026W47-04", configuration=plant.configuration, at=AT)
        address = f"/vehicles/{plant.vehicle.vin}/move/?to={there.number}"
        seen = re.search(r'name="seen" value="([^"]*)"', reader.get(address).content.decode()).group(1)
        response = reader.post(address, {"seen": seen, "reason": "返工", "password": "wrong"})
        assert response.status_code == 409
        assert "密码错误。" in words(response)
        assert LedgerEntry.objects.get(act="signature.refused").reason == "wrong password"

    def test_what_keeps_a_car_from_being_moved(self, plant, good_car, reader):
        other = make_batch("SU7-2026W47-04", configuration=plant.configuration, line="L2", at=AT)
        said = words(reader.get(f"/vehicles/{plant.vehicle.vin}/move/?to={other.number}"))
        assert "SU7-2026W47-04在L2制造，该车在L1制造：" in said

    def test_a_hold_that_somebody_else_lifted(self, plant, reader):
        actor = Actor.person(make_person(Role.ENGINEER))
        hold = place_hold(batch=plant.batch, vehicle=plant.vehicle, reason="异响", actor=actor, at=AT)
        Hold.objects.filter(pk=hold.pk).update(lifted_at=AT, lifted_by=actor.label, lifted_reason="已检查")
        response = reader.post(reverse("web:hold-lift", args=[hold.pk]), {"reason": "已检查"})
        assert f"此扣留已由{actor.label}解除。" in words(response)

    def test_rework_ahead_of_now_is_told_in_the_plants_time(self, plant, record, reader, clock):
        failed(plant, record)
        number = LedgerEntry.objects.get(act="nonconformance.opened").after["nonconformance"]
        address = reverse("web:nonconformance-act", args=[number, "rework"])
        response = reader.post(address, {"what": "更换", "done_at": "2026-11-23T18:00"})
        assert "返工时间填为2026-11-23 18:00，晚于现在。" in words(response)

    def test_what_was_sent_and_cannot_be_recorded(self, plant, reader):
        refused(plant, b'{"id": "x", "procedure": }')
        kept = Kept.objects.get()
        said = words(reader.get(reverse("web:intake-kept", args=[kept.pk])))
        assert "不是有效的JSON" in said
        assert kept.problem["detail"] in said
        assert "不是有效的JSON" in words(reader.get(reverse("web:intake")))


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_what_is_kept_does_not_depend_on_the_language_of_whoever_acts(plant, record, language):
    with override(language):
        failed(plant, record)
        refused(plant, b"{")
    assert Hold.objects.get().reason == "measurement failed of BOND at pack: found 0.4 Ω, required < 0.1 Ω"
    assert Kept.objects.get().problem["detail"].startswith("The body is no JSON: ")
    texts = [str(row) for row in LedgerEntry.objects.values_list("act", "reason", "before", "after")]
    texts += [str(row) for row in Decision.objects.values_list("reasons", flat=True)]
    assert [text for text in texts if re.search("[一-鿿]", text)] == []


class TestPositions:
    def test_the_vehicle_names_them(self, plant, record, named, reader):
        failed(plant, record)
        page = words(reader.get(f"/vehicles/{plant.vehicle.vin}/"))
        assert "BOND（电池包）" in page
        assert "BOND（charge-port）" in page, "without a name it is shown by its code"

    def test_in_english_too(self, plant, record, named, engineer):
        failed(plant, record)
        assert "BOND, battery pack" in words(engineer.get(f"/vehicles/{plant.vehicle.vin}/"))

    def test_the_batch_and_the_nonconformance_name_them(self, plant, record, named, reader):
        failed(plant, record)
        number = LedgerEntry.objects.get(act="nonconformance.opened").after["nonconformance"]
        for address in (f"/batches/{plant.batch.number}/", reverse("web:nonconformance", args=[number])):
            page = words(reader.get(address))
            assert "BOND（电池包）" in page, address
            assert "（pack）" not in page, address

    def test_the_form_of_an_inspection_names_them(self, plant, named, reader):
        page = words(reader.get(reverse("web:entry-form", args=[plant.vehicle.vin, "BAT-EOL"])))
        assert "BOND 电池包" in page
        assert "（pack）" not in page

    def test_a_plan_names_them(self, plant, named, reader):
        address = reverse("web:plan", args=[plant.revision.plan.code, plant.revision.number])
        assert "charge-port、电池包" in words(reader.get(address))
