"""Whether a paper holds is asked of the record each time: nothing that happens to the car leaves it valid unseen."""

import json
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inspections.batches.models import Vehicle
from inspections.certificates import queries
from inspections.certificates.choices import Answer
from inspections.certificates.models import Certificate
from inspections.certificates.queries import check_number, check_text, standing_of
from inspections.certificates.rules import CertificateRefused, shown_number
from inspections.certificates.services import issue_certificate, revoke_certificate
from inspections.dispositions.services import lift_hold, place_hold
from inspections.gates.choices import CoverageKind
from inspections.gates.services import decide_batch, enter_coverage, mark_expired, revoke_coverage
from inspections.people.choices import Role
from inspections.people.rules import Actor, NotAllowed
from inspections.records.models import LedgerEntry
from inspections.results.services import change_software, record_inspections, report_out_of_tolerance, void_inspection
from tests import concessions, factories
from tests.factories import AT, LINES, changed_value, make_engineer, make_person, make_vehicle
from tests.papers import deliver, release

HOUR = timedelta(hours=1)
BAD = changed_value("BAT-EOL", "BOND", "0.2")


@pytest.fixture(autouse=True)
def _drawn_by_nobody(monkeypatch):
    """Whether a paper holds is no matter of how it looks: test_issuing prints them."""
    monkeypatch.setattr(
        "inspections.certificates.services.print_paper", lambda *, digest, **_: b"%PDF-1.7 " + digest.encode()
    )


@pytest.fixture
def paper(released, issue):
    return issue(released)


def answer(paper, at=AT + HOUR):
    """As somebody who scans it is told, and as somebody who types its number; both are told the same."""
    subject = json.loads(paper.content)["issue"]["subject"]
    found = {
        standing_of(Certificate.objects.get(pk=paper.pk), at=at).answer,
        check_text(text=f"HTTPS://ANYWHERE/C/{paper.code}", at=at).answer,
        check_number(number=shown_number(paper.number).lower(), subject=subject, at=at).answer,
    }
    (only,) = found
    return only


def revoke(paper, officer, at=AT, reason="a slip of the pen"):
    return revoke_certificate(certificate=paper, reason=reason, actor=officer, at=at)


def test_it_is_valid_while_nothing_happens(paper):
    assert answer(paper) is Answer.VALID


class TestRevoking:
    def test_a_revoked_paper_is_no_longer_valid_for_ever(self, paper, released, officer, issue):
        revoke(paper, officer)
        assert answer(paper) is Answer.NO_LONGER
        again = issue(released, at=AT + HOUR)
        assert (again.pk == paper.pk, again.ordinal) == (False, 2)
        assert (answer(paper), answer(again)) == (Answer.NO_LONGER, Answer.VALID)
        entry = LedgerEntry.objects.get(act="certificate.revoked")
        assert (entry.reason, entry.subject) == ("a slip of the pen", released.vin)

    def test_it_is_revoked_once_with_a_reason_and_not_before_it_was_issued(self, paper, officer):
        for wrong in ("", "  "):
            with pytest.raises(CertificateRefused):
                revoke(paper, officer, reason=wrong)
        with pytest.raises(CertificateRefused):
            revoke(paper, officer, at=AT - HOUR)
        revoke(paper, officer)
        with pytest.raises(CertificateRefused) as refusal:
            revoke(paper, officer)
        assert refusal.value.code == "revoked"

    @pytest.mark.law(8)
    @pytest.mark.parametrize("role", sorted(set(Role) - {Role.RELEASE_OFFICER}))
    def test_law_8_by_a_release_officer_alone(self, paper, role):
        with pytest.raises(NotAllowed):
            revoke(paper, Actor.person(make_person(role)))
        assert answer(paper) is Answer.VALID

    def test_the_newest_being_revoked_brings_back_none_before_it(self, plant, paper, released, record, officer, issue):
        record(*plant.passing(finished_at=AT + HOUR), at=AT + HOUR)
        second = issue(released, at=AT + HOUR)
        revoke(second, officer, at=AT + HOUR)
        assert (answer(paper), answer(second)) == (Answer.NO_LONGER, Answer.NO_LONGER)


class TestTheRecordMovesOn:
    @pytest.mark.law(7)
    def test_law_7_what_is_not_decided_yet_cannot_be_confirmed(self, plant, paper, record):
        record(plant.posted(measurements=BAD, finished_at=AT + HOUR), at=AT + HOUR, decide=False)
        assert answer(paper) is Answer.UNKNOWN
        decide_batch(batch_id=plant.batch.pk, at=AT + HOUR)
        assert answer(paper) is Answer.NO_LONGER

    def test_a_new_fail_ends_it_and_a_new_release_needs_a_new_paper(self, plant, paper, record, released, issue):
        record(plant.posted(measurements=BAD, finished_at=AT + HOUR), at=AT + HOUR)
        assert answer(paper, AT + 2 * HOUR) is Answer.NO_LONGER
        from inspections.dispositions.services import record_rework

        later = AT + 2 * HOUR
        record_rework(
            nonconformance=released.nonconformances.get(),
            what="cleaned",
            done_at=later,
            actor=make_engineer(),
            at=later,
        )
        record(*plant.passing(finished_at=AT + 3 * HOUR), at=AT + 3 * HOUR)
        assert answer(paper, AT + 3 * HOUR) is Answer.NO_LONGER
        release(plant.batch, at=AT + 4 * HOUR)
        assert answer(paper, AT + 4 * HOUR) is Answer.NO_LONGER
        new = issue(released, at=AT + 4 * HOUR)
        assert (answer(paper, AT + 5 * HOUR), answer(new, AT + 5 * HOUR)) == (Answer.NO_LONGER, Answer.VALID)

    def test_a_later_pass_is_what_counts_then_and_the_paper_says_something_else(
        self, plant, paper, record, released, issue
    ):
        record(*plant.passing(finished_at=AT + HOUR), at=AT + HOUR)
        assert answer(paper, AT + 2 * HOUR) is Answer.NO_LONGER
        new = issue(released, at=AT + 2 * HOUR)
        assert (answer(paper, AT + 3 * HOUR), answer(new, AT + 3 * HOUR)) == (Answer.NO_LONGER, Answer.VALID)

    def test_a_rig_found_out_of_tolerance_ends_it(self, plant, paper):
        report_out_of_tolerance(
            rig=plant.rig, back_to=AT - timedelta(days=1), found_at=AT, reason="drifted", actor=make_engineer(), at=AT
        )
        assert answer(paper) is Answer.UNKNOWN
        decide_batch(batch_id=plant.batch.pk, at=AT)
        assert answer(paper) is Answer.NO_LONGER

    def test_a_voided_inspection_ends_it(self, plant, paper, released):
        void_inspection(inspection=released.inspections.first(), reason="wrong car", actor=make_engineer(), at=AT)
        decide_batch(batch_id=plant.batch.pk, at=AT)
        assert answer(paper) is Answer.NO_LONGER

    def test_new_software_ends_it(self, plant, paper, released):
        change_software(vehicle=released, changes=[("BMS", "2.1")], changed_at=AT, actor=plant.rig_actor, at=AT)
        decide_batch(batch_id=plant.batch.pk, at=AT)
        assert answer(paper) is Answer.NO_LONGER

    @pytest.mark.parametrize("whole", [True, False])
    def test_a_hold_ends_it_and_it_holds_again_once_the_hold_is_lifted(self, paper, released, whole):
        hold = place_hold(
            batch=released.batch, vehicle=None if whole else released, reason="a rattle", actor=make_engineer(), at=AT
        )
        assert answer(paper) is Answer.NO_LONGER
        lift_hold(hold=hold, reason="heard none", actor=make_engineer(), at=AT)
        assert answer(paper) is Answer.VALID

    def test_whatever_cannot_be_asked_is_no_yes(self, paper, keys_folder):
        for file in keys_folder.iterdir():
            file.unlink()
        assert answer(paper) is Answer.UNKNOWN
        keys_folder.rmdir()
        assert answer(paper) is Answer.UNKNOWN


class TestAfterItLeft:
    @pytest.fixture
    def left(self, paper, released):
        deliver(released)
        released.refresh_from_db()
        return released

    def test_leaving_does_not_end_it_and_a_paper_can_still_be_issued(self, paper, left, issue):
        assert left.status == "delivered"
        assert answer(paper) is Answer.VALID
        assert issue(left, at=AT + HOUR) == paper

    def test_new_evidence_ends_it_though_the_car_is_gone(self, plant, paper, left, record):
        record(plant.posted(measurements=BAD, finished_at=AT + HOUR), at=AT + HOUR)
        assert answer(paper, AT + 2 * HOUR) is Answer.NO_LONGER

    def test_a_rig_found_bad_ends_it_though_the_car_is_gone(self, plant, paper, left):
        report_out_of_tolerance(
            rig=plant.rig, back_to=AT - timedelta(days=1), found_at=AT, reason="drifted", actor=make_engineer(), at=AT
        )
        decide_batch(batch_id=plant.batch.pk, at=AT)
        assert answer(paper) is Answer.NO_LONGER


class TestCoverage:
    """Type tests: what was covered at the release stays so by time alone, and never once it is revoked."""

    @pytest.fixture
    def plant(self, db):
        procedure = factories.make_procedure("CRS-TYPE", "crash", {"HIC": {"unit": "-"}})
        plant = factories.make_plant(lines=[*LINES, {"characteristic": "HIC", "upper": 650, "level": "type"}])
        plant.procedures["CRS-TYPE"] = procedure
        self.coverage = enter_coverage(
            number="CoP-1", procedure=plant.procedures["CRS-TYPE"], configuration=plant.configuration,
            kind=CoverageKind.CERTIFICATE, document="report.pdf", document_sha256="0" * 64,
            valid_from=AT - timedelta(days=30), valid_until=AT + timedelta(days=1), actor=make_engineer(),
            at=AT - timedelta(days=30),
        )  # fmt: skip
        return plant

    def test_it_is_named_and_one_entered_later_changes_no_paper(self, plant, released, issue):
        paper = issue(released)
        (told,) = json.loads(paper.content)["facts"]["coverage"]
        assert (told["coverage"], told["procedure"], told["demonstration"]) == ("CoP-1", "CRS-TYPE", False)
        enter_coverage(
            number="CoP-2", procedure=plant.procedures["CRS-TYPE"], configuration=plant.configuration,
            kind=CoverageKind.CERTIFICATE, document="report.pdf", document_sha256="1" * 64, valid_from=AT,
            valid_until=AT + timedelta(days=700), actor=make_engineer(), at=AT,
        )  # fmt: skip
        decide_batch(batch_id=plant.batch.pk, at=AT)
        assert answer(paper) is Answer.VALID

    def test_that_it_ended_stops_a_car_inside_and_no_car_that_left(self, plant, released, issue, record):
        other = make_vehicle(plant.batch, software=[("ADAS", "4.10"), ("BMS", "2.0")])
        record(*plant.passing(vin=other.vin))
        release(plant.batch)
        inside, gone = issue(other), issue(released)
        deliver(released)
        after = AT + timedelta(days=2)
        assert (answer(inside, after), answer(gone, after)) == (Answer.UNKNOWN, Answer.VALID)
        mark_expired(at=after)
        decide_batch(batch_id=plant.batch.pk, at=after)
        assert (answer(inside, after), answer(gone, after)) == (Answer.NO_LONGER, Answer.VALID)

    def test_that_it_was_revoked_ends_the_papers_of_all(self, plant, released, issue):
        paper = issue(released)
        deliver(released)
        revoke_coverage(coverage=self.coverage, reason="the laboratory erred", actor=make_engineer(), at=AT)
        decide_batch(batch_id=plant.batch.pk, at=AT)
        assert answer(paper) is Answer.NO_LONGER


class TestForgeries:
    @pytest.mark.parametrize(
        ("name", "altered"),
        [
            ("content", lambda text: text.replace("0.043", "0.042", 1)),
            ("content", lambda text: text.replace("passed", "PASSED", 1)),
            ("content", lambda text: "{"),
            ("digest", lambda text: "0" + text[1:]),
            ("code", lambda text: text[:-1]),
            ("signature", lambda text: ("0" if text[0] != "0" else "1") + text[1:]),
            ("number", lambda text: "A" + text[1:]),
            ("pdf_sha256", lambda text: "0" * 64),
            ("kind", lambda text: "batch"),
        ],
    )
    def test_a_row_altered_by_hand_is_not_genuine(self, paper, name, altered):
        """As whoever may switch the triggers off could leave it; read here as it would be found."""
        setattr(paper, name, altered(getattr(paper, name)))
        assert standing_of(paper, at=AT).answer is Answer.NOT_GENUINE

    def test_the_digest_of_the_facts_altered_says_no_more_than_that_they_differ(self, paper):
        paper.facts_digest = "0" * 64
        assert standing_of(paper, at=AT).answer is Answer.NO_LONGER

    def test_a_paper_put_to_another_car_is_not_genuine(self, plant, paper, record):
        (other,) = concessions.more_cars(plant, 1)
        record(*plant.passing(vin=other.vin))
        release(plant.batch)
        paper.vehicle = Vehicle.objects.get(pk=other.pk)
        assert standing_of(paper, at=AT).answer is Answer.NOT_GENUINE

    def test_a_row_whose_key_does_not_lie_here_is_not_confirmed(self, paper):
        paper.key_id = "0" * 16
        assert standing_of(paper, at=AT).answer is Answer.UNKNOWN

    def test_the_right_number_with_another_vin_is_not_genuine(self, paper, released):
        for subject in ("", released.vin[:-1] + "9", released.batch.number, "%"):
            assert check_number(number=paper.number, subject=subject, at=AT).answer is Answer.NOT_GENUINE
        for number in ("", "A" * 16, paper.number[:-1], paper.number + "A", "é" * 16):
            assert check_number(number=number, subject=released.vin, at=AT).answer is Answer.NOT_GENUINE

    def test_a_code_that_we_signed_and_never_issued_is_not_genuine(self, paper, sealing_key):
        """A paper that was printed and thrown away, since the record had moved."""
        from inspections.certificates.codes import code_of

        code = code_of(
            kind="vehicle", number="NEVERISSUEDAAAAA", subject="LXM1A2B31TA001001", issued_at=AT, digest=paper.digest,
            key=sealing_key,
        )  # fmt: skip
        assert check_text(text=code, at=AT).answer is Answer.NOT_GENUINE

    def test_a_later_code_for_the_same_number_is_not_genuine(self, paper, sealing_key):
        from inspections.certificates.codes import code_of

        code = code_of(
            kind="vehicle", number=paper.number, subject="LXM1A2B31TA009999", issued_at=AT, digest=paper.digest,
            key=sealing_key,
        )  # fmt: skip
        assert check_text(text=code, at=AT).answer is Answer.NOT_GENUINE


def test_a_paper_of_a_key_that_was_taken_away_is_checked_by_its_public_half(paper, keys_folder):
    (private,) = [file for file in keys_folder.iterdir() if not file.name.endswith(".pub.pem")]
    private.unlink()
    assert answer(paper) is Answer.VALID


def test_no_state_of_the_record_leaves_a_paper_valid_that_could_not_be_issued_now(
    plant, released, issue, record, officer
):
    """Valid exactly while the same paper would be answered to whoever asks for one."""
    paper = issue(released)
    steps = [
        lambda at: place_hold(batch=plant.batch, vehicle=released, reason="x", actor=make_engineer(), at=at),
        lambda at: lift_hold(hold=released.holds.get(), reason="x", actor=make_engineer(), at=at),
        lambda at: record_inspections(
            items=[plant.posted(measurements=BAD, finished_at=at)], rig=plant.rig, actor=plant.rig_actor, at=at
        ),
        lambda at: decide_batch(batch_id=plant.batch.pk, at=at),
        lambda at: record_inspections(items=plant.passing(finished_at=at), rig=plant.rig, actor=plant.rig_actor, at=at),
        lambda at: decide_batch(batch_id=plant.batch.pk, at=at),
    ]
    told = []
    for place, step in enumerate(steps, 1):
        at = AT + place * timedelta(minutes=1)
        step(at)
        told.append(answer(paper, at))
        try:
            same = issue_certificate(vehicle=released, actor=officer, at=at) == (paper, False)
        except CertificateRefused:
            same = False
        assert (told[-1] is Answer.VALID) == same
    assert told == [
        Answer.NO_LONGER, Answer.VALID, Answer.UNKNOWN, Answer.NO_LONGER, Answer.NO_LONGER, Answer.NO_LONGER,
    ]  # fmt: skip


def test_asking_takes_as_many_statements_after_three_rounds_of_tests_as_after_one(plant, record, issue):
    (other,) = concessions.more_cars(plant, 1)
    record(*plant.passing())
    for minutes in (-30, -20, -10):
        record(*plant.passing(vin=other.vin, finished_at=AT + timedelta(minutes=minutes)))
    release(plant.batch)
    asked = []
    for paper in (issue(plant.vehicle), issue(other)):
        with CaptureQueriesContext(connection) as statements:
            assert queries.check_text(text=paper.code, at=AT).answer is Answer.VALID
        asked.append(len(statements))
    # The first car has a part with a serial number, which is looked for too.
    assert asked[1] <= asked[0]
    assert asked[0] < 60
