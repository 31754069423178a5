"""Who gets a paper, and that nothing on it is better than the record."""

import io
import re
from datetime import timedelta

import pypdf
import pytest
from django.db import IntegrityError, transaction

from inspections.batches.models import Vehicle
from inspections.certificates import papers, services
from inspections.certificates.check_certificate import read_record
from inspections.certificates.choices import Answer
from inspections.certificates.codes import public_keys, record_of, scanned_text
from inspections.certificates.models import Certificate
from inspections.certificates.papers import PaperRefused
from inspections.certificates.queries import standing_of
from inspections.certificates.rules import CertificateRefused
from inspections.certificates.services import issue_certificate, issue_dossier
from inspections.dispositions.services import place_hold, record_rework
from inspections.intake.services import post_inspection
from inspections.people.choices import Role
from inspections.people.rules import Actor, NotAllowed
from inspections.records.models import LedgerEntry
from inspections.releases.services import propose_release, sign_release
from inspections.results.services import record_inspections, void_inspection
from inspections.sealing.keys import KeyRefusal
from tests import concessions
from tests.factories import AT, become, changed_value, make_engineer, make_person
from tests.papers import PASSWORD, pdf_of, release, scanned, text_of
from tests.signing import shown
from tests.threads import Beside

HOUR = timedelta(hours=1)


def facts(paper):
    import json

    return json.loads(paper.content)["facts"]


def lines(paper):
    return {
        (row["code"], (row["position"] or {}).get("en", "")): row
        for gate in facts(paper)["gates"]
        for row in gate["lines"]
    }


def refused(run, kind=CertificateRefused):
    before = Certificate.objects.count()
    with pytest.raises(kind) as refusal:
        run()
    assert Certificate.objects.count() == before
    return getattr(refusal.value, "code", "")


class TestAPaper:
    @pytest.fixture
    def paper(self, released, issue):
        return issue(released)

    def test_it_is_valid_kept_signed_and_on_the_ledger(self, paper, released, officer):
        assert standing_of(paper, at=AT).answer is Answer.VALID
        assert read_record(record_of(paper), public_keys(), pdf_of(paper)).subject == released.vin
        entry = LedgerEntry.objects.get(act="certificate.issued")
        assert (entry.subject, entry.actor, entry.after["digest"], entry.after["pdf_sha256"]) == (
            released.vin, officer.label, paper.digest, paper.pdf_sha256,
        )  # fmt: skip

    def test_asked_again_of_the_same_facts_it_is_the_same_paper(self, paper, released, officer):
        again = issue_certificate(vehicle=released, actor=Actor.person(make_person(Role.RELEASE_OFFICER)), at=AT + HOUR)
        assert again == (paper, False)
        assert LedgerEntry.objects.filter(act="certificate.issued").count() == 1

    def test_it_states_every_requirement_with_value_limit_rig_and_inspection(self, paper, plant):
        found = lines(paper)
        assert set(found) == {
            ("BOND", "charge-port"), ("BOND", "pack"), ("ISO", ""), ("HVIL", ""), ("BRAKE", "FL"), ("BRAKE", "FR"),
            ("ADAS-SW", ""), ("SQUIB", ""), ("DTC", ""),
        }  # fmt: skip
        row = found["BOND", "charge-port"]
        assert (row["value"], row["required"], row["verdict"], row["rig"], row["inspection"]) == (
            {"en": "0.043 Ω", "zh": "0.043 Ω"},
            {"en": "less than 0.1 Ω", "zh": "小于0.1 Ω"},
            "passed",
            plant.rig.code,
            "T-1",
        )
        assert found["HVIL", ""]["value"] == {"en": "conforms", "zh": "符合"}

    def test_its_qr_code_can_be_read_and_leads_to_its_code(self, paper):
        assert scanned(pdf_of(paper)) == scanned_text(paper.code)
        assert scanned_text(paper.code) == f"HTTPS://INTERLOCK.PLANT.EXAMPLE/C/{paper.code}"

    def test_it_says_on_its_face_what_it_is_not_in_both_languages(self, paper):
        first = text_of(pdf_of(paper)).partition("page 1 of")[0]
        plain = re.sub(r"\s", "", first)
        assert "Thisisnocertificateofconformity" in plain
        assert "本证书不是车辆一致性证书，亦不是法律法规要求的任何其他证书" in plain

    def test_names_numbers_meanings_and_times_of_who_released_it_stand_on_it(self, paper):
        plain = re.sub(r"\s", "", text_of(pdf_of(paper)))
        for signature in facts(paper)["releases"][0]["signatures"]:
            for part in (signature["name"], signature["personnel_number"], *signature["meaning"].split("\n\n")):
                assert re.sub(r"\s", "", part) in plain
            assert "2026-11-2308:00:00" in plain
        assert re.sub(r"\s", "", facts(paper)["releases"][0]["statement"].partition("\n\n")[2].splitlines()[0]) in plain

    def test_every_page_has_number_subject_and_page_of_pages(self, paper, released):
        from inspections.certificates.rules import shown_number

        pages = [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf_of(paper))).pages]
        assert len(pages) > 1
        for place, text in enumerate(pages, 1):
            assert shown_number(paper.number) in text
            assert released.vin in text
            assert f"page {place} of {len(pages)}" in text

    def test_it_is_pdf_a_with_everything_embedded(self, paper):
        reader = pypdf.PdfReader(io.BytesIO(pdf_of(paper)))
        root = reader.trailer["/Root"]
        metadata = root["/Metadata"].get_data().decode()
        assert re.search(r"pdfaid:part(>|=\")2", metadata)
        assert re.search(r"pdfaid:conformance(>|=\")A", metadata)
        assert [intent["/S"] for intent in root["/OutputIntents"]] == ["/GTS_PDFA1"]
        assert root["/MarkInfo"]["/Marked"] is not None
        assert (reader.is_encrypted, "/JavaScript" in str(root)) == (False, False)
        for page in reader.pages:
            for font in page["/Resources"]["/Font"].values():
                described = font.get_object()["/DescendantFonts"][0].get_object()["/FontDescriptor"]
                assert {"/FontFile2", "/FontFile3"} & set(described)
                assert "/ToUnicode" in font.get_object()

    def test_the_same_facts_print_the_same_bytes(self, paper, released, sealing_key):
        import json

        content = json.loads(paper.content)
        again = papers.print_paper(
            kind=papers.PaperKind.VEHICLE, facts=content["facts"], issue=content["issue"], digest=paper.digest,
            code=paper.code, at=AT,
        )  # fmt: skip
        assert again == pdf_of(paper)


def test_what_the_record_holds_in_chinese_is_in_the_pdf_as_it_was_put_in(plant, record, issue):
    from inspections.catalogue.models import Characteristic

    names = {"BOND": "等电位连接电阻", "SQUIB": "点火管电阻", "BRAKE": "制动力（千牛）", "HVIL": "高压互锁回路"}
    for code, name in names.items():
        Characteristic.objects.filter(code=code).update(name_zh=name)
    record(*plant.passing())
    release(plant.batch)
    plain = re.sub(r"\s", "", text_of(pdf_of(issue(plant.vehicle))))
    assert {name for name in names.values() if name not in plain} == set()


def test_text_that_turns_round_hides_or_has_no_letters_is_printed_by_its_number(plant, record, issue):
    """A reason cannot be edited, so whatever it holds has to come out; it must not mislead either."""
    from inspections.gates.services import decide_batch

    bad = plant.posted(
        measurements=changed_value("BAT-EOL", "BOND", "0.2", position="pack"),
        software=[{"system": "BMS", "version": "2.0"}],
    )
    record(bad)
    nonconformance = plant.vehicle.nonconformances.get()
    record_rework(
        nonconformance=nonconformance,
        what="seen \u202ereversed 😀 \u0e01 end #panic(1) *x* $y$ </b>",
        done_at=AT + timedelta(minutes=1),
        actor=make_engineer(),
        at=AT + timedelta(minutes=1),
    )
    for posted in plant.passing(finished_at=AT + timedelta(minutes=5)):
        record(posted, at=AT + timedelta(minutes=6))
    decide_batch(batch_id=plant.batch.pk, at=AT + timedelta(minutes=6))
    release(plant.batch, at=AT + timedelta(minutes=7))
    paper = issue(plant.vehicle, at=AT + timedelta(minutes=8))
    plain = re.sub(r"\s", "", text_of(pdf_of(paper)))
    assert "seen[U+202E]reversed[U+1F600][U+0E01]end#panic(1)*x*$y$</b>" in plain
    assert "1earlierfailed" in plain
    assert facts(paper)["findings"][0]["answers"][0]["found"] == "0.2 ohm"


class TestABadCarGetsNone:
    def test_a_clear_car_that_nobody_released(self, good_car, issue):
        assert refused(lambda: issue(good_car)) == "not_released"

    def test_a_proposal_and_one_signature_are_no_release(self, good_car, issue):
        officers = [make_person(Role.RELEASE_OFFICER) for _ in range(2)]
        proposal = propose_release(batch=good_car.batch, vehicle_ids=None, actor=Actor.person(officers[0]), at=AT)
        assert refused(lambda: issue(good_car)) == "not_released"
        sign_release(release=proposal, signer=officers[0], password=PASSWORD, seen=shown(proposal, AT), at=AT)
        assert refused(lambda: issue(good_car)) == "not_released"

    def test_a_held_car(self, released, issue):
        place_hold(batch=released.batch, vehicle=released, reason="a rattle", actor=make_engineer(), at=AT)
        assert refused(lambda: issue(released)) == "may_not_leave"

    def test_a_held_batch(self, released, issue):
        place_hold(batch=released.batch, vehicle=None, reason="a rattle", actor=make_engineer(), at=AT)
        assert refused(lambda: issue(released)) == "may_not_leave"

    @pytest.mark.law(7)
    def test_law_7_a_fail_that_no_worker_has_decided_yet_is_decided_first(self, plant, released, record, issue):
        bad = plant.posted(measurements=changed_value("BAT-EOL", "BOND", "0.2"), finished_at=AT + timedelta(minutes=1))
        record(bad, at=AT + timedelta(minutes=2), decide=False)
        assert refused(lambda: issue(released, at=AT + timedelta(minutes=3))) in {"may_not_leave", "gate_not_passed"}

    def test_a_new_fail_after_the_release(self, plant, released, record, issue):
        record(plant.posted(measurements=changed_value("BAT-EOL", "BOND", "0.2"), finished_at=AT + HOUR), at=AT + HOUR)
        assert refused(lambda: issue(released, at=AT + 2 * HOUR)) in {"may_not_leave", "gate_not_passed"}

    def test_what_counted_was_voided_after_the_release(self, plant, released, issue):
        void_inspection(
            inspection=released.inspections.get(external_id="T-1"), reason="wrong car", actor=make_engineer(), at=AT
        )
        assert refused(lambda: issue(released)) in {"may_not_leave", "gate_not_passed"}

    def test_a_file_that_names_it_and_that_nobody_can_read(self, plant, released, issue):
        body = f'{{"id": "x", "vin": "{released.vin}"}}'.encode()
        post_inspection(rig=plant.rig, body=body, media_type="application/json", actor=plant.rig_actor, at=AT)
        assert refused(lambda: issue(released)) in {"may_not_leave", "gate_not_passed"}

    @pytest.mark.parametrize("status", ["destroyed_for_test", "scrapped", "transferred"])
    def test_a_car_that_is_not_for_a_customer(self, good_car, issue, status):
        become(good_car, status)
        assert refused(lambda: issue(good_car)) == "not_released"

    def test_a_status_written_by_hand_is_no_release(self, good_car, issue):
        Vehicle.objects.filter(pk=good_car.pk).update(status="released")
        assert refused(lambda: issue(good_car)) == "not_released"

    @pytest.mark.law(4)
    @pytest.mark.parametrize("status", ["in_process", "released"])
    def test_law_4_the_database_takes_no_row_for_a_car_without_a_release(self, plant, released, issue, status):
        paper = issue(released)
        (other,) = concessions.more_cars(plant, 1)
        Vehicle.objects.filter(pk=other.pk).update(status=status)
        paper.pk, paper.number, paper.vehicle = None, "ANOTHERNUMBERAAA", other
        with pytest.raises(IntegrityError, match="two people signed"), transaction.atomic():
            paper.save(force_insert=True)

    @pytest.mark.law(4)
    def test_law_4_the_database_takes_no_row_that_leaves_a_gap(self, released, issue):
        paper = issue(released)
        paper.pk, paper.number, paper.ordinal = None, "ANOTHERNUMBERAAA", 3
        with pytest.raises(IntegrityError, match="without a gap"), transaction.atomic():
            paper.save(force_insert=True)

    @pytest.mark.law(8)
    @pytest.mark.parametrize("role", sorted(set(Role) - {Role.RELEASE_OFFICER}))
    def test_law_8_nobody_but_a_release_officer(self, released, sealing_key, role):
        actor = Actor.person(make_person(role))
        refused(lambda: issue_certificate(vehicle=released, actor=actor, at=AT), NotAllowed)
        refused(lambda: issue_dossier(batch=released.batch, actor=actor, at=AT), NotAllowed)


def test_a_conceded_result_says_conceded_and_the_concession_stands_in_full(plant, issue):
    concessions.measure_squib(plant)
    concession = concessions.approve(concessions.propose(plant.vehicle))
    release(plant.batch)
    paper = issue(plant.vehicle)
    row = lines(paper)["SQUIB", ""]
    assert (row["verdict"], row["concession"], row["value"]["en"]) == ("conceded", concession.number, "3.1 Ω")
    assert {gate["domain"]: gate["verdict"] for gate in facts(paper)["gates"]} == {
        "battery": "passed", "driving": "passed", "crash": "conceded",
    }  # fmt: skip
    (told,) = facts(paper)["concessions"]
    assert (told["statement"], told["reason"], len(told["signatures"])) == (concession.statement, concession.reason, 2)
    plain = re.sub(r"\s", "", text_of(pdf_of(paper)))
    assert "CONCEDED" in plain
    assert "让步放行" in plain
    assert standing_of(paper, at=AT).answer is Answer.VALID


def test_a_concession_that_ended_before_the_car_left_ends_the_paper(plant, issue):
    concessions.measure_squib(plant)
    concessions.approve(concessions.propose(plant.vehicle))
    release(plant.batch)
    paper = issue(plant.vehicle)
    after = concessions.TERMS.expires_at + HOUR
    assert standing_of(paper, at=after).answer is not Answer.VALID
    assert refused(lambda: issue(plant.vehicle, at=after)) in {"undecided", "may_not_leave", "gate_not_passed"}


class TestKeysAndExtra:
    def test_without_a_key_nothing_is_issued_and_the_release_stands(self, released, officer, keys_folder):
        refused(lambda: issue_certificate(vehicle=released, actor=officer, at=AT), KeyRefusal)
        keys_folder.mkdir()
        refused(lambda: issue_certificate(vehicle=released, actor=officer, at=AT), KeyRefusal)

    def test_without_the_extra_it_says_what_is_missing_and_how_to_install_it(self, released, issue, monkeypatch):
        monkeypatch.setattr(papers, "find_spec", lambda name: None)
        with pytest.raises(PaperRefused) as refusal:
            issue(released)
        assert str(refusal.value) == (
            "Papers cannot be printed here: typst, segno, manimgx-fonts-cjk is not installed. Run: python -m pip"
            " install --require-hashes -r requirements-papers.txt"
        )

    def test_after_a_rotation_the_next_paper_carries_the_new_key_and_the_old_one_still_checks(
        self, plant, released, record, issue
    ):
        from inspections.sealing.keys import write_new_key

        old = issue(released)
        newer, _ = write_new_key(at=AT)
        assert standing_of(old, at=AT).answer is Answer.VALID
        for posted in plant.passing(finished_at=AT + HOUR):
            record(posted, at=AT + HOUR)
        new = issue(released, at=AT + 2 * HOUR)
        assert (new.key_id, new.ordinal) == (newer.key_id, 2)
        assert standing_of(new, at=AT + 2 * HOUR).answer is Answer.VALID


def test_the_record_that_moves_while_the_paper_is_printed_is_printed_anew(plant, released, issue, monkeypatch):
    printed = []

    def print_and_record(**arguments):
        if not printed:
            items = plant.passing(finished_at=AT + timedelta(minutes=2))
            record_inspections(items=items, rig=plant.rig, actor=plant.rig_actor, at=AT + timedelta(minutes=3))
        printed.append(arguments["digest"])
        return papers.print_paper(**arguments)

    monkeypatch.setattr(services, "print_paper", print_and_record)
    paper = issue(released, at=AT + HOUR)
    assert (len(printed), printed[-1]) == (2, paper.digest)
    assert standing_of(paper, at=AT + HOUR).answer is Answer.VALID


def test_a_fail_that_arrives_while_the_paper_is_printed_ends_it(plant, released, issue, monkeypatch):
    def print_and_record(**arguments):
        bad = plant.posted(measurements=changed_value("BAT-EOL", "BOND", "0.2"), finished_at=AT + timedelta(minutes=2))
        record_inspections(items=[bad], rig=plant.rig, actor=plant.rig_actor, at=AT + timedelta(minutes=3))
        return papers.print_paper(**arguments)

    monkeypatch.setattr(services, "print_paper", print_and_record)
    assert refused(lambda: issue(released, at=AT + HOUR)) in {"may_not_leave", "gate_not_passed"}


@pytest.mark.django_db(transaction=True)
def test_two_people_who_issue_at_once_issue_one_paper(transactional_db, sealing_key, store):
    from tests.factories import make_plant

    plant = make_plant()
    record_inspections(items=plant.passing(), rig=plant.rig, actor=plant.rig_actor, at=AT)
    release(plant.batch)
    officers = [Actor.person(make_person(Role.RELEASE_OFFICER)) for _ in range(2)]
    beside = [
        Beside(lambda actor=actor: issue_certificate(vehicle=plant.vehicle, actor=actor, at=AT)) for actor in officers
    ]
    found = [each.result(120) for each in beside]
    assert sorted(new for _, new in found) == [False, True]
    assert {paper.pk for paper, _ in found} == {Certificate.objects.get().pk}
    assert LedgerEntry.objects.filter(act="certificate.issued").count() == 1
