"""Whatever is refused is kept, once, bounded, and blocks the car that it names until somebody settles it."""

from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest

from inspections.gates.queries import clearance
from inspections.gates.services import decide_batch
from inspections.intake.choices import KeptState
from inspections.intake.models import Kept
from inspections.intake.queries import kept_of_vehicle, open_inbox
from inspections.intake.services import ReasonMissing, SettledAlready, set_aside
from inspections.marks.models import Mark
from inspections.people.rules import NotAllowed
from inspections.records.models import LedgerEntry
from inspections.results.models import Inspection
from inspections.results.services import FittedPart, fit_components
from tests.factories import AT, Plant, make_engineer, make_vehicle, vin
from tests.intake.posting import body, send, send_bulk


def marked() -> set[tuple[int | None, str]]:
    return set(Mark.objects.values_list("vehicle_id", "domain"))


class TestKept:
    @pytest.mark.parametrize(
        ("changed", "status", "code", "domain"),
        [
            ({"verdict": "maybe"}, 400, "invalid", "battery"),
            ({"procedure": "NO-SUCH"}, 422, "unknown_procedure", ""),
            ({"finished_at": "2026-11-23T09:00:00+08:00"}, 422, "finished_in_future", "battery"),
        ],
    )
    def test_what_is_refused_is_kept_as_it_was_sent(
        self, plant: Plant, changed: dict[str, Any], status: int, code: str, domain: str
    ) -> None:
        sent = body(plant, **changed)
        answer = send(plant, sent)
        kept = Kept.objects.get()
        assert (kept.state, kept.rig, kept.external_id, kept.vin) == ("open", plant.rig, "EOL3-1", plant.vehicle.vin)
        assert (kept.status, kept.code, kept.domain, kept.problem) == (status, code, domain, answer.content)
        assert kept.body is not None
        assert (bytes(kept.body), kept.size, kept.sha256) == (sent, len(sent), sha256(sent).hexdigest())

    def test_a_conflict_is_kept_too(self, plant: Plant) -> None:
        send(plant, body(plant))
        send(plant, body(plant, operator="9"))
        assert (Kept.objects.get().status, Kept.objects.get().vin) == (409, plant.vehicle.vin)

    @pytest.mark.law(1)
    def test_the_car_that_it_names_is_undecided_in_that_domain(self, plant: Plant) -> None:
        send(plant, body(plant, verdict="maybe"))
        assert marked() == {(plant.vehicle.pk, "battery")}

    @pytest.mark.law(1)
    def test_a_body_that_is_no_json_still_names_its_car_in_all_domains(self, plant: Plant) -> None:
        send(plant, body(plant)[:-20])
        kept = Kept.objects.get()
        assert (kept.vin, kept.external_id, kept.domain) == (plant.vehicle.vin, "EOL3-1", "")
        assert marked() == {(plant.vehicle.pk, "")}

    @pytest.mark.parametrize(
        "spoil",
        [
            str.lower,
            lambda vin: f" {vin} ",
            lambda vin: vin.replace("0", "O").replace("1", "I"),
            lambda vin: f"{vin[:3]} {vin[3:]}",
            lambda vin: f"{vin[:3]}\u200b{vin[3:]}",
            lambda vin: "".join(chr(ord(character) + 0xFEE0) for character in vin),
        ],
    )
    def test_a_misspelt_vin_may_be_that_car(self, plant: Plant, spoil: Any) -> None:
        assert send(plant, body(plant, vin=spoil(plant.vehicle.vin))).status == 400
        assert Kept.objects.get().vin == plant.vehicle.vin
        assert marked() == {(plant.vehicle.pk, "battery")}

    def test_the_car_in_which_a_named_part_is_fitted_is_undecided(self, plant: Plant) -> None:
        send(plant, body(plant, vin=None, component={"kind": "pack", "serial": "P-1"}, verdict="maybe"))
        kept = Kept.objects.get()
        assert (kept.component_kind, kept.component_serial) == ("pack", "P-1")
        assert marked() == {(plant.vehicle.pk, "battery")}

    @pytest.mark.law(6)
    @pytest.mark.parametrize("serial", ["P-1 ", "\u00a0P-1", "P\u200b-1"])
    def test_law_6_a_part_spelled_with_what_nobody_sees_is_that_part(self, plant: Plant, serial: str) -> None:
        """Taken for another part, its fail would be lost, and a later pass under the right number would stand alone."""
        named = {"kind": "pack", "serial": serial}
        assert send(plant, body(plant, vin=None, component=named)).status == 400
        kept = Kept.objects.get()
        assert (kept.component_kind, kept.component_serial) == ("pack", "P-1")
        assert marked() == {(plant.vehicle.pk, "battery")}

    @pytest.mark.law(1)
    def test_law_1_what_names_a_part_of_a_kind_of_two_words_keeps_its_car(self, plant: Plant) -> None:
        """In words `drive unit F-1` could be a `drive` numbered `unit F-1`."""
        part = FittedPart("drive unit", "F-1")
        fit_components(vehicle=plant.vehicle, fitted=[part], changed_at=AT, actor=plant.rig_actor, at=AT)
        named = {"kind": "drive unit", "serial": "F-1"}
        assert send(plant, body(plant, vin=None, component=named, verdict="maybe")).status == 400
        decide_batch(batch_id=plant.batch.pk, at=AT)
        codes = {(cause.gate, cause.code) for cause in clearance(vin=plant.vehicle.vin, at=AT).reasons}
        assert ("battery", "submission_quarantined") in codes

    def test_what_names_nobody_blocks_nobody(self, plant: Plant) -> None:
        send(plant, b"<html>")
        kept = Kept.objects.get()
        assert (kept.vin, kept.component_serial, marked()) == ("", "", set())

    def test_the_same_body_again_is_counted_not_kept_again(self, plant: Plant) -> None:
        for _ in range(3):
            send(plant, body(plant, verdict="maybe"))
        assert [(kept.repeats, kept.state) for kept in Kept.objects.all()] == [(2, "open")]

    def test_a_large_body_is_cut_and_says_so(self, plant: Plant) -> None:
        sent = body(plant, verdict="maybe", operator="x" * 300_000)
        send(plant, sent)
        kept = Kept.objects.get()
        assert kept.body is not None
        assert (len(bytes(kept.body)), kept.size) == (256 * 1024, len(sent))
        assert kept.problem["truncated"] == f"kept are the first 262144 of {len(sent)} bytes"

    def test_unstorable_characters_in_what_names_it_do_no_harm(self, plant: Plant) -> None:
        assert send(plant, body(plant, id="a\x00b", procedure="\ud800")).status == 400
        assert (Kept.objects.get().external_id, Kept.objects.get().procedure) == ("", "")


class TestSettled:
    @pytest.mark.parametrize("changed", [{"verdict": "maybe"}, {"finished_at": "2026-11-23T09:00:00+08:00"}])
    def test_corrected_content_is_recorded_and_settles_what_was_kept(
        self, plant: Plant, changed: dict[str, Any]
    ) -> None:
        send(plant, body(plant, **changed))
        Mark.objects.all().delete()
        assert send(plant, body(plant)).status == 201
        kept = Kept.objects.get()
        assert (kept.state, kept.settled_at, kept.settled_by) == (KeptState.RECORDED, AT, "EOL-3")
        assert kept.inspection_id == Inspection.objects.get().pk
        assert marked() == {(plant.vehicle.pk, "battery")}

    def test_a_corrected_vin_frees_the_car_that_was_named_wrongly(self, plant: Plant) -> None:
        other = make_vehicle(plant.batch)
        send(plant, body(plant, vin=other.vin, verdict="maybe"))
        Mark.objects.all().delete()
        send(plant, body(plant))
        assert Kept.objects.get().state == KeptState.RECORDED
        assert marked() == {(plant.vehicle.pk, "battery"), (other.pk, "battery")}

    def test_a_conflict_stays_until_it_is_set_aside(self, plant: Plant) -> None:
        send(plant, body(plant))
        send(plant, body(plant, operator="9"))
        send(plant, body(plant))
        assert Kept.objects.get().state == KeptState.OPEN

    def test_an_engineer_sets_aside_with_a_reason(self, plant: Plant) -> None:
        send(plant, body(plant, verdict="maybe"))
        Mark.objects.all().delete()
        engineer = make_engineer()
        set_aside(kept=Kept.objects.get(), reason=" a master part ", actor=engineer, at=AT)
        kept = Kept.objects.get()
        assert (kept.state, kept.settled_by, kept.settled_reason) == ("set_aside", engineer.label, "a master part")
        assert marked() == {(plant.vehicle.pk, "battery")}
        entry = LedgerEntry.objects.get(act="kept.set_aside")
        assert (entry.subject, entry.reason, entry.actor) == (plant.vehicle.vin, "a master part", engineer.label)

    def test_setting_aside_needs_a_reason_an_engineer_and_happens_once(self, plant: Plant) -> None:
        send(plant, body(plant, verdict="maybe"))
        kept = Kept.objects.get()
        with pytest.raises(ReasonMissing):
            set_aside(kept=kept, reason=" ", actor=make_engineer(), at=AT)
        with pytest.raises(NotAllowed):
            set_aside(kept=kept, reason="x", actor=plant.rig_actor, at=AT)
        set_aside(kept=kept, reason="x", actor=make_engineer(), at=AT)
        with pytest.raises(SettledAlready):
            set_aside(kept=kept, reason="x", actor=make_engineer(), at=AT)

    def test_the_same_fault_after_it_was_settled_is_kept_anew(self, plant: Plant) -> None:
        send(plant, body(plant, verdict="maybe"))
        set_aside(kept=Kept.objects.get(), reason="x", actor=make_engineer(), at=AT)
        send(plant, body(plant, verdict="maybe"))
        assert list(Kept.objects.order_by("pk").values_list("state", flat=True)) == ["set_aside", "open"]


class TestInbox:
    def test_it_shows_what_is_open_and_what_waits_too_long(self, plant: Plant) -> None:
        send(plant, body(plant, id="1", verdict="maybe"))
        send(plant, body(plant, id="2", vin=vin(999)))
        soon, late = AT + timedelta(hours=3), AT + timedelta(hours=5)
        assert [kept.external_id for kept in open_inbox(at=soon)] == ["1"]
        assert [kept.external_id for kept in open_inbox(at=late)] == ["1", "2"]

    def test_a_vehicle_has_its_own(self, plant: Plant) -> None:
        send(plant, body(plant, id="1", verdict="maybe"))
        send_bulk(plant, b"[" + body(plant, id="2", vin=vin(5), verdict="maybe") + b"]")
        assert [kept.external_id for kept in kept_of_vehicle(plant.vehicle.vin)] == ["1"]
