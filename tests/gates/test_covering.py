"""Coverage: what a destroyed car showed or a laboratory certified, signed by an engineer; what brings it down."""

from __future__ import annotations

from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from inspections.batches.models import Batch
from inspections.gates.choices import CoverageKind
from inspections.gates.models import BatchGate, Coverage
from inspections.gates.queries import clearance, ending_coverages
from inspections.gates.rules import CoverageRefused
from inspections.gates.services import decide_batch, enter_coverage, mark_whole_batch, revoke_coverage
from inspections.intake.storage import FileAltered, FileTooLarge, path_of, read_whole
from inspections.marks.models import Mark
from inspections.people.choices import Role
from inspections.people.rules import NotAllowed
from inspections.records.models import LedgerEntry
from inspections.records.signing import MOST_WRONG, NotAuthenticated
from inspections.results.models import Inspection
from inspections.results.services import (
    enter_calibration,
    report_out_of_tolerance,
    void_inspection,
    withdraw_authorisation,
)
from tests.factories import (
    AT,
    LINES,
    Plant,
    make_batch,
    make_configuration,
    make_engineer,
    make_person,
    make_revision,
    make_rig,
    make_vehicle,
    posted,
    put_into,
)
from tests.gates.covering import (
    GOOD_FRONT,
    TESTED,
    TYPE_LINES,
    YEAR,
    TypePlant,
    an_engineer,
    enter,
    sign,
)

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def here(standing_type_plant: TypePlant, settings: Any, tmp_path: Path) -> TypePlant:
    settings.SUBMISSIONS_DIR = tmp_path
    return standing_type_plant


def crash_gate(plant: Plant, batch: Batch | None = None) -> tuple[int, list[str]]:
    """Decide the batch and tell its own crash gate: state and codes."""
    batch = batch or plant.batch
    decide_batch(batch_id=batch.pk, at=AT)
    gate = BatchGate.objects.get(batch=batch, domain="crash")
    return gate.state, [reason["code"] for reason in gate.reasons]


PASSED: tuple[int, list[str]] = (0, [])


def own_marks() -> set[tuple[int, str]]:
    return set(Mark.objects.filter(vehicle_id=None).values_list("batch_id", "domain"))


def changed(characteristic: str, value: object) -> list[dict[str, Any]]:
    return [{**item, "value": value} if item["characteristic"] == characteristic else dict(item) for item in GOOD_FRONT]


class TestByInspection:
    def test_what_was_tested_is_taken_from_the_inspection_and_covers_the_configuration(self, here: TypePlant) -> None:
        assert crash_gate(here.plant) == (2, ["coverage_missing"])
        inspection, engineer = here.test(), an_engineer()
        coverage = sign(inspection, signer=engineer)
        assert (coverage.kind, coverage.procedure, coverage.configuration, coverage.inspection_id) == (
            "inspection", here.front, here.plant.configuration, inspection.pk,
        )  # fmt: skip
        # LIGHT 9 was on board too; the procedure does not depend on it.
        assert coverage.software == [{"system": "SRS", "version": "1.4"}]
        assert (coverage.person_id, coverage.number[:4]) == (engineer.pk, "COV-")
        assert crash_gate(here.plant) == PASSED
        entry = LedgerEntry.objects.get(act="coverage.signed")
        assert (entry.subject, entry.actor_id, (entry.after or {})["inspection_id"]) == (
            coverage.number, engineer.pk, inspection.pk,
        )  # fmt: skip

    def test_it_covers_no_other_software(self, here: TypePlant) -> None:
        sign(here.test())
        make_vehicle(here.plant.batch, software=[("SRS", "1.5")])
        assert crash_gate(here.plant) == (2, ["coverage_missing"])

    @pytest.mark.law(8)
    @pytest.mark.parametrize("role", [role for role in Role if role is not Role.ENGINEER])
    def test_law_8_only_an_engineer_signs(self, here: TypePlant, role: Role) -> None:
        with pytest.raises(NotAllowed):
            sign(here.test(), signer=make_person(role))
        assert not Coverage.objects.exists()

    @pytest.mark.law(8)
    def test_law_8_who_recorded_it_does_not_sign_for_it(self, here: TypePlant) -> None:
        engineer = an_engineer()
        as_operator = here.test(operator=engineer.personnel_number)
        with pytest.raises(CoverageRefused, match="another engineer has to sign"):
            sign(as_operator, signer=engineer)
        sign(as_operator)

    def test_an_operator_whom_nobody_knows_keeps_it_from_being_signed(self, here: TypePlant) -> None:
        with pytest.raises(CoverageRefused, match="Operator nobody-7 is nobody we know"):
            sign(here.test(operator="nobody-7"))

    @pytest.mark.law(8)
    def test_law_8_the_signer_authenticates_again(self, here: TypePlant) -> None:
        inspection, engineer = here.test(), an_engineer()
        with pytest.raises(NotAuthenticated, match="The password is wrong"):
            sign(inspection, signer=engineer, password="a guess")
        entry = LedgerEntry.objects.get(act="signature.refused")
        assert (entry.actor_id, entry.subject_kind, Coverage.objects.count()) == (engineer.pk, "coverage", 0)

    def test_nobody_guesses_a_password_from_an_open_session(self, here: TypePlant) -> None:
        inspection, engineer = here.test(), an_engineer()
        for _ in range(MOST_WRONG):
            with pytest.raises(NotAuthenticated, match="The password is wrong"):
                sign(inspection, signer=engineer, password="a guess")
        with pytest.raises(NotAuthenticated, match="signs nothing for 15 minutes"):
            sign(inspection, signer=engineer)
        sign(inspection, signer=engineer, at=AT + timedelta(minutes=16))

    def test_an_intact_car_is_no_type_evidence(self, here: TypePlant) -> None:
        with pytest.raises(CoverageRefused, match="was not destroyed for a test: an intact car is no type evidence"):
            sign(here.test(car=here.plant.vehicle))

    def test_a_part_is_no_car(self, here: TypePlant) -> None:
        with pytest.raises(CoverageRefused, match="It tested no car"):
            sign(here.test(vin=None, component={"kind": "pack", "serial": "P-9"}))

    @pytest.mark.parametrize(
        ("measurements", "words"),
        [
            (changed("FEMUR", "10.01"), "is fail: only a complete pass"),
            (changed("FEMUR", "NaN"), "is unclear"),
            (changed("DOORS", False), "is fail"),
            ([dict(GOOD_FRONT[0]), dict(GOOD_FRONT[2])], "is unclear"),
            ([], "is unclear"),
        ],
    )
    def test_a_fail_and_what_is_incomplete_cover_nothing(
        self, here: TypePlant, measurements: list[dict[str, Any]], words: str
    ) -> None:
        with pytest.raises(CoverageRefused, match=words):
            sign(here.test(measurements=measurements))

    def test_a_voided_inspection_covers_nothing(self, here: TypePlant) -> None:
        inspection = here.test()
        void_inspection(inspection=inspection, reason="a master part", actor=make_engineer(), at=AT)
        with pytest.raises(CoverageRefused, match="was declared void"):
            sign(inspection)

    def test_a_pass_beside_a_fail_of_the_same_car_covers_nothing(self, here: TypePlant) -> None:
        """Picking the inspection that passed: before the fail, after it, and with the fail voided."""
        first = here.test(finished_at=TESTED - HOUR)
        fail = here.test(measurements=changed("FEMUR", 900))
        with pytest.raises(CoverageRefused, match="finished later: the latest one counts"):
            sign(first)
        last = here.test(finished_at=TESTED + HOUR)
        with pytest.raises(CoverageRefused, match="FEMUR, driver is 900"):
            sign(last)
        void_inspection(inspection=fail, reason="inconvenient", actor=make_engineer(), at=AT)
        for inspection in (first, last):
            with pytest.raises(CoverageRefused):
                sign(inspection)

    def test_a_rig_out_of_calibration_covers_nothing(self, here: TypePlant) -> None:
        rig = make_rig("CRASH-2", procedures=[here.front], calibrated=False)
        with pytest.raises(CoverageRefused, match="CRASH-2, not in calibration"):
            sign(here.test(rig=rig))

    def test_a_rig_no_longer_authorised_then_covers_nothing(self, here: TypePlant) -> None:
        inspection = here.test()
        withdraw_authorisation(
            rig=here.bench, procedure=here.front, effective_at=TESTED - HOUR, reason="rebuilt", actor=make_engineer(),
            at=AT,
        )  # fmt: skip
        with pytest.raises(CoverageRefused, match="was not authorised"):
            sign(inspection)

    @pytest.mark.parametrize("software", [[], [{"system": "SRS", "version": "1.3"}]])
    def test_software_other_than_the_cars_own_or_unsaid_covers_nothing(
        self, here: TypePlant, software: list[dict[str, str]]
    ) -> None:
        with pytest.raises(CoverageRefused, match="tested with SRS"):
            sign(here.test(software=software))

    def test_a_procedure_that_the_plan_does_not_ask_as_type_evidence_covers_nothing(self, here: TypePlant) -> None:
        record = posted("CRS-EOL", vin=here.car.vin, finished_at=TESTED)
        from inspections.results.services import record_inspection
        from tests.factories import rig_actor

        rig = here.plant.rig
        fate = record_inspection(posted=record, rig=rig, actor=rig_actor(rig), at=AT)
        with pytest.raises(CoverageRefused, match="asks nothing of"):
            sign(Inspection.objects.get(pk=fate.inspection_id))

    def test_what_the_plan_in_force_asks_otherwise_is_not_covered_by_an_older_judgement(self, here: TypePlant) -> None:
        inspection = here.test()
        stricter = [{**line, "uncertainty": 0, "upper": 5} if "upper" in line else line for line in TYPE_LINES]
        make_revision(here.plant.configuration, [*LINES, *stricter])
        with pytest.raises(CoverageRefused, match="Revision 2 in force asks otherwise of CRS-FRONT"):
            sign(inspection)

    def test_it_covers_no_other_configuration(self, here: TypePlant) -> None:
        """Moved on paper after the test: the database lets no car into a batch of another configuration."""
        other = make_batch("YU7-1", configuration=make_configuration("YU7-MAX-CN"))
        here.test(car=here.plant.vehicle)
        with pytest.raises(DatabaseError, match="is moved by an act on record"), transaction.atomic():
            put_into(other, here.plant.vehicle, 9)

    def test_it_reaches_back_no_further_than_its_own_batch(self, here: TypePlant) -> None:
        inspection = here.test()
        with pytest.raises(CoverageRefused, match="It cannot cover what was built before its own batch"):
            sign(inspection, valid_from=here.plant.batch.opened_at - timedelta(seconds=1))
        with pytest.raises(CoverageRefused, match="ends before it begins"):
            sign(inspection, valid_until=AT - timedelta(days=1))
        sign(inspection, valid_from=here.plant.batch.opened_at)
        with pytest.raises(CoverageRefused, match=r"COV-[0-9]+ rests on this inspection already"):
            sign(inspection)

    def test_nobody_types_what_was_tested(self, here: TypePlant) -> None:
        with pytest.raises(CoverageRefused, match="signed from the inspection itself"):
            enter_coverage(
                number="C-1", procedure=here.front, configuration=here.plant.configuration,
                kind=CoverageKind.INSPECTION, valid_from=AT, valid_until=AT + YEAR, actor=make_engineer(), at=AT,
            )  # fmt: skip

    @pytest.mark.law(8)
    @pytest.mark.parametrize("what", ["intact", "own eyes", "fail", "void", "other procedure"])
    def test_law_8_the_database_refuses_it_too(self, here: TypePlant, what: str) -> None:
        engineer = an_engineer()
        inspection = here.test(
            car=here.plant.vehicle if what == "intact" else here.car,
            measurements=changed("FEMUR", 900) if what == "fail" else changed("FEMUR", 4),
            operator=engineer.personnel_number if what == "own eyes" else None,
        )
        if what == "void":
            void_inspection(inspection=inspection, reason="x", actor=make_engineer(), at=AT)
        procedure = here.plant.procedures["CRS-EOL"] if what == "other procedure" else here.front
        values = [procedure.pk, here.plant.configuration.pk, inspection.pk, AT, AT + YEAR, engineer.pk, AT]
        statement = (
            "insert into inspections_coverage (number, procedure_id, configuration_id, kind, software, inspection_id,"
            " laboratory, certificate, document, document_sha256, valid_from, valid_until, signed_by, person_id, at)"
            " values ('C-1', %s, %s, 'inspection', '[]', %s, '', '', '', '', %s, %s, 'x', %s, %s)"
        )
        refusal = pytest.raises(DatabaseError, match=r"interlock: (coverage rests on|nobody signs coverage)")
        with refusal, transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement, values)


class TestFalling:
    """The test falls after it was signed: nobody has to notice, every batch of the configuration is decided again."""

    @pytest.fixture
    def other(self, here: TypePlant) -> Batch:
        return make_batch("SU7-2026W47-04", configuration=here.plant.configuration)

    @pytest.fixture
    def covered(self, here: TypePlant, other: Batch) -> Inspection:
        inspection = here.test()
        sign(inspection)
        assert [crash_gate(here.plant, batch) for batch in (here.plant.batch, other)] == [PASSED, PASSED]
        return inspection

    def fallen(self, here: TypePlant, other: Batch) -> set[tuple[int, tuple[str, ...]]]:
        assert own_marks() >= {(here.plant.batch.pk, "crash"), (other.pk, "crash")}
        return {
            (state, tuple(codes))
            for state, codes in (crash_gate(here.plant, batch) for batch in (here.plant.batch, other))
        }

    def test_when_it_is_voided(self, here: TypePlant, other: Batch, covered: Inspection) -> None:
        void_inspection(inspection=covered, reason="another car", actor=make_engineer(), at=AT)
        assert self.fallen(here, other) == {(2, ("coverage_revoked",))}
        reason = BatchGate.objects.get(batch=other, domain="crash").reasons[0]
        assert reason["detail"]["detail"] == "its inspection was declared void: another car"

    def test_and_nobody_is_told_that_it_ends_soon(self, here: TypePlant, covered: Inspection) -> None:
        ends = Coverage.objects.get(inspection_id=covered.pk).valid_until
        asked = {"at": ends - HOUR, "before": ends + HOUR, "most": 9}
        assert [row.procedure for row in ending_coverages(**asked)] == ["CRS-FRONT"]
        void_inspection(inspection=covered, reason="another car", actor=make_engineer(), at=AT)
        assert ending_coverages(**asked) == []

    def test_when_its_rig_was_out_of_tolerance_and_it_stands_again_by_nothing_but_evidence(
        self, here: TypePlant, other: Batch, covered: Inspection
    ) -> None:
        report_out_of_tolerance(
            rig=here.bench, back_to=TESTED - HOUR, found_at=AT, reason="sled", actor=make_engineer(), at=AT
        )
        assert self.fallen(here, other) == {(2, ("coverage_revoked",))}
        enter_calibration(
            rig=here.bench, certificate="LATE", valid_from=TESTED - HOUR, valid_until=AT + YEAR, actor=make_engineer(),
            at=AT,
        )  # fmt: skip
        assert self.fallen(here, other) == {(2, ("coverage_revoked",))}

    def test_when_its_rig_was_not_authorised(self, here: TypePlant, other: Batch, covered: Inspection) -> None:
        withdraw_authorisation(
            rig=here.bench, procedure=here.front, effective_at=TESTED, reason="rebuilt", actor=make_engineer(), at=AT
        )
        assert self.fallen(here, other) == {(2, ("coverage_revoked",))}

    @pytest.mark.parametrize("hours", [-1, 1])
    def test_when_a_fail_of_the_same_car_arrives_late(
        self, here: TypePlant, other: Batch, covered: Inspection, hours: int
    ) -> None:
        here.test(measurements=changed("FEMUR", 900), finished_at=TESTED + hours * HOUR)
        assert self.fallen(here, other) == {(2, ("coverage_revoked",))}

    def test_when_a_later_test_cannot_be_judged(self, here: TypePlant, other: Batch, covered: Inspection) -> None:
        here.test(measurements=changed("FEMUR", "NaN"), finished_at=TESTED + HOUR)
        assert self.fallen(here, other) == {(2, ("coverage_revoked",))}

    def test_an_earlier_pass_or_another_car_changes_nothing(
        self, here: TypePlant, other: Batch, covered: Inspection
    ) -> None:
        here.test(finished_at=TESTED - HOUR)
        here.test(car=here.plant.vehicle, measurements=changed("FEMUR", 900))
        mark_whole_batch(batch=other, at=AT)
        assert crash_gate(here.plant, other) == PASSED


class TestByCertificate:
    def test_the_document_is_kept_by_its_hash_and_covers(self, here: TypePlant) -> None:
        coverage = enter(here, content=b"%PDF-1.7 whole")
        assert (coverage.kind, coverage.laboratory, coverage.certificate, coverage.document) == (
            "certificate", "Proving ground North", "N-2026-118", "report.pdf",
        )  # fmt: skip
        assert coverage.document_sha256 == sha256(b"%PDF-1.7 whole").hexdigest()
        assert read_whole(coverage.document_sha256) == b"%PDF-1.7 whole"
        assert crash_gate(here.plant) == PASSED

    def test_a_document_altered_on_disk_is_not_handed_out(self, here: TypePlant) -> None:
        place = path_of(enter(here).document_sha256)
        place.chmod(0o600)
        place.write_bytes(b"another")
        with pytest.raises(FileAltered):
            read_whole(place.name)

    def test_a_document_has_its_bounds(self, here: TypePlant, settings: Any) -> None:
        settings.DOCUMENT_MAX_BYTES = 10
        with pytest.raises(FileTooLarge):
            enter(here, content=b"12345678901")
        with pytest.raises(CoverageRefused, match="The document is empty"):
            enter(here, content=b"")
        assert not Coverage.objects.exists()

    @pytest.mark.parametrize(
        ("given", "words"),
        [
            ({"laboratory": " "}, "Name the laboratory"),
            ({"certificate": ""}, "Name the laboratory"),
            ({"software": []}, "CRS-FRONT depends on SRS"),
            ({"software": [{"system": "SRS", "version": " "}]}, "CRS-FRONT depends on SRS"),
            ({"valid_until": AT - timedelta(days=31)}, "ends before it begins"),
        ],
    )
    def test_what_is_left_out_is_asked_for(self, here: TypePlant, given: dict[str, Any], words: str) -> None:
        with pytest.raises(CoverageRefused, match=words):
            enter(here, **given)
        assert not Coverage.objects.exists()

    def test_a_certificate_is_entered_once_until_it_is_revoked(self, here: TypePlant) -> None:
        first = enter(here)
        with pytest.raises(CoverageRefused, match=f"entered already, as {first.number}"):
            enter(here)
        revoke_coverage(coverage=first, reason="wrong dates", actor=make_engineer(), at=AT)
        assert enter(here).number != first.number

    @pytest.mark.law(8)
    def test_law_8_it_is_signed_by_an_engineer_who_authenticates_again(self, here: TypePlant, tmp_path: Path) -> None:
        for role in (Role.INSPECTOR, Role.RELEASE_OFFICER, Role.CATALOGUE_OWNER, Role.AUDITOR):
            with pytest.raises(NotAllowed):
                enter(here, signer=make_person(role))
        with pytest.raises(NotAuthenticated):
            enter(here, password="a guess")
        # Nothing landed for whoever may not sign.
        assert list(tmp_path.iterdir()) == []

    def test_it_covers_only_the_software_that_it_names(self, here: TypePlant) -> None:
        enter(here, software=[{"system": "SRS", "version": "1.3"}])
        assert crash_gate(here.plant) == (2, ["coverage_missing"])


class TestRevoking:
    def test_every_batch_of_the_configuration_is_decided_again_and_no_car_stays_clear(self, here: TypePlant) -> None:
        coverage = enter(here)
        other = make_batch("SU7-2026W47-04", configuration=here.plant.configuration)
        assert [crash_gate(here.plant, batch) for batch in (here.plant.batch, other)] == [PASSED, PASSED]
        revoke_coverage(coverage=coverage, reason="the laboratory withdrew it", actor=make_engineer(), at=AT)
        assert own_marks() == {(here.plant.batch.pk, "crash"), (other.pk, "crash")}
        assert clearance(vin=here.plant.vehicle.vin, at=AT).clear is False
        codes = {tuple(crash_gate(here.plant, batch)[1]) for batch in (here.plant.batch, other)}
        assert codes == {("coverage_revoked",)}

    def test_it_needs_words_and_happens_once(self, here: TypePlant) -> None:
        coverage = enter(here)
        with pytest.raises(CoverageRefused, match="needs a reason"):
            revoke_coverage(coverage=coverage, reason=" ", actor=make_engineer(), at=AT)
        revoke_coverage(coverage=coverage, reason="withdrawn", actor=make_engineer(), at=AT)
        with pytest.raises(CoverageRefused, match="was revoked already"):
            revoke_coverage(coverage=coverage, reason="withdrawn", actor=make_engineer(), at=AT)
