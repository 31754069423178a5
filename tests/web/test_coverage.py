"""The pages of coverage: what is covered, what runs out, signing by a test or a certificate, revoking it as told."""

import re
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inspections.gates.choices import CoverageKind
from inspections.gates.models import Coverage, CoverageRevocation
from inspections.gates.services import decide_batch, enter_coverage, revoke_coverage
from inspections.people.choices import Role
from inspections.results.services import void_inspection
from tests.factories import AT, SYSTEM, become, make_batch, make_engineer, make_vehicle
from tests.gates.covering import GOOD_FRONT, PASSWORD, TESTED, YEAR, enter, sign

DATES = {"valid_from": "2026-11-23T08:00", "valid_until": "2027-11-23T08:00"}


@pytest.fixture
def here(standing_type_plant, clock, settings, tmp_path):
    settings.SUBMISSIONS_DIR = tmp_path
    return standing_type_plant


@pytest.fixture
def plant(here):
    return here.plant


def words(response):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def page_of(here, *more):
    return "/".join(["", "coverage", here.plant.configuration.code, *more, ""])


def certificate(**changed):
    return {
        "laboratory": "Proving ground North",
        "certificate": "N-118",
        "document": SimpleUploadedFile("report 1.pdf", b"%PDF-1.7 whole", "application/pdf"),
        "software-0": "1.4, 1.5",
        "password": PASSWORD,
        **DATES,
        **changed,
    }


def asked(client, address):
    with CaptureQueriesContext(connection) as found:
        assert client.get(address).status_code == 200
    return len(found)


class TestList:
    def test_what_is_not_covered_stands_first_then_what_runs_out_soonest(self, here, inspector):
        response = inspector.get(page_of(here))
        assert response.context["heading"] == "SU7-MAX-CN: 1 of 1 type tests is not covered"
        assert [row["one"].words for row in response.context["coverings"]] == ["nothing covers it"]
        enter(here, valid_until=AT + timedelta(days=12))
        response = inspector.get(page_of(here))
        assert response.context["heading"] == "SU7-MAX-CN: all is covered, 1 coverage runs out soon"
        assert "covered until 2026-12-05 08:00, 12 d left" in words(response)
        enter(here, certificate="N-119", valid_until=AT + YEAR)
        assert inspector.get(page_of(here)).context["heading"] == "SU7-MAX-CN: every type test is covered"

    def test_a_demonstration_says_so_wherever_it_shows(self, here, inspector, settings):
        settings.DEMO = True
        made = enter_coverage(
            number="DEMO-1", procedure=here.front, configuration=here.plant.configuration,
            kind=CoverageKind.DEMONSTRATION, software=[{"system": "SRS", "version": "1.4"}], valid_from=AT,
            valid_until=AT + YEAR, actor=SYSTEM, at=AT,
        )  # fmt: skip
        for address in ("/coverage/", page_of(here), page_of(here, made.number), page_of(here, made.number, "revoke")):
            assert "emonstration, not evidence" in words(inspector.get(address)), address

    def test_what_ended_is_shown_with_why(self, here, inspector):
        revoke_coverage(coverage=enter(here), reason="dates were wrong", actor=make_engineer(), at=AT)
        enter(here, certificate="OLD", valid_until=AT - timedelta(days=1))
        inspection = here.test()
        sign(inspection)
        void_inspection(inspection=inspection, reason="another car", actor=make_engineer(), at=AT)
        rows = inspector.get(page_of(here)).context["rows"]
        assert [(row["status"].value, row["words"], row["why"]) for row in rows] == [
            ("fail", "revoked 2026-11-23 08:00", "its inspection was declared void: another car"),
            ("stale", "ended 2026-11-22 08:00", ""),
            ("fail", "revoked 2026-11-23 08:00", "dates were wrong"),
        ]

    @pytest.mark.parametrize("tested", [False, True])
    def test_it_asks_as_much_for_one_coverage_as_for_three(self, here, inspector, tested):
        if tested:
            sign(here.test())
        enter(here)
        asked(inspector, page_of(here))
        one = [asked(inspector, address) for address in ("/coverage/", page_of(here))]
        enter(here, certificate="N-119")
        enter(here, certificate="N-120")
        assert [asked(inspector, address) for address in ("/coverage/", page_of(here))] == one

    def test_every_page_of_a_long_list_is_reached(self, here, inspector, monkeypatch):
        monkeypatch.setattr("inspections.web.views.coverage.PAGE", 2)
        numbers = [enter(here, certificate=f"N-{turn}").number for turn in range(5)]
        seen, address = [], page_of(here)
        while address:
            response = inspector.get(address)
            seen += [row["row"].number for row in response.context["rows"]]
            address = response.context["pager"].next_url.partition("#")[0]
        assert seen == numbers[::-1]

    def test_the_batch_and_the_car_lead_there(self, here, plant, inspector):
        decide_batch(batch_id=plant.batch.pk, at=AT)
        for address in (f"/batches/{plant.batch.number}/", f"/vehicles/{plant.vehicle.vin}/"):
            assert f'href="{page_of(here)}"' in inspector.get(address).content.decode()
        coverage = enter(here)
        revoke_coverage(coverage=coverage, reason="x", actor=make_engineer(), at=AT)
        decide_batch(batch_id=plant.batch.pk, at=AT)
        assert (
            f'href="{page_of(here, coverage.number)}"'
            in inspector.get(f"/batches/{plant.batch.number}/").content.decode()
        )


class TestCertificate:
    def test_it_is_signed_and_its_document_comes_back_as_it_was(self, here, engineer):
        response = engineer.post(page_of(here, "enter", "CRS-FRONT"), certificate())
        made = Coverage.objects.get()
        assert (response.status_code, response.headers["Location"]) == (302, page_of(here, made.number))
        assert made.software == [{"system": "SRS", "version": "1.4"}, {"system": "SRS", "version": "1.5"}]
        assert made.person_id == engineer.person.pk
        page = engineer.get(page_of(here, made.number))
        assert "Proving ground North" in words(page)
        answer = engineer.get(page_of(here, made.number, "document"))
        assert (answer.content, answer.headers["Content-Type"], answer.headers["Content-Disposition"]) == (
            b"%PDF-1.7 whole",
            "application/octet-stream",
            'attachment; filename="report 1.pdf"',
        )
        assert "sandbox" in answer.headers["Content-Security-Policy"]

    def test_a_document_that_was_altered_or_lost_is_not_handed_out(self, here, engineer, tmp_path):
        made = enter(here)
        place = next(path for path in tmp_path.rglob(made.document_sha256))
        place.chmod(0o600)
        place.write_bytes(b"another")
        engineer.raise_request_exception = False
        answer = engineer.get(page_of(here, made.number, "document"))
        assert (answer.status_code, b"another" in answer.content) == (500, False)
        assert "What lies on disk is not what was handed in." in words(answer)
        place.unlink()
        assert engineer.get(page_of(here, made.number, "document")).status_code == 404

    @pytest.mark.parametrize(
        ("changed", "status", "said"),
        [
            ({"password": "a guess"}, 403, "The password is wrong."),
            ({"password": ""}, 422, "Enter your password"),
            ({"software-0": " , "}, 409, "depends on SRS"),
            ({"document": ""}, 422, "Attach the document itself."),
            ({"document": SimpleUploadedFile("r.pdf", b"")}, 422, "The document is empty"),
            ({"laboratory": ""}, 422, "Nothing is entered here."),
            ({"valid_until": "2026-11-23T08:00"}, 422, "The coverage ends before it begins"),
        ],
    )
    def test_what_is_wrong_is_said_and_nothing_is_signed(self, here, engineer, changed, status, said):
        response = engineer.post(page_of(here, "enter", "CRS-FRONT"), certificate(**changed))
        assert (response.status_code, Coverage.objects.count()) == (status, 0)
        assert said in words(response)
        assert PASSWORD not in response.content.decode()

    def test_a_document_beyond_the_bound_is_refused(self, here, engineer, settings):
        settings.DOCUMENT_MAX_BYTES = 5
        response = engineer.post(page_of(here, "enter", "CRS-FRONT"), certificate())
        assert (response.status_code, Coverage.objects.count()) == (422, 0)

    def test_a_name_from_elsewhere_makes_no_header_and_no_path(self, here, engineer):
        made = enter(here, name='../../etc/"x"\r\nSet-Cookie: a=b.pdf')
        headers = engineer.get(page_of(here, made.number, "document")).headers
        assert headers["Content-Disposition"] == 'attachment; filename="....etcxSet-Cookie a=b.pdf"'
        assert "Set-Cookie" not in headers


class TestInspection:
    def test_it_says_what_is_signed_and_signs_it(self, here, engineer):
        inspection = here.test()
        address = f"/inspections/{inspection.pk}/cover/"
        assert f'href="{address}"' in engineer.get(f"/vehicles/{here.car.vin}/").content.decode()
        page = words(engineer.get(address))
        assert "SRS 1.4" in page
        assert "LIGHT" not in page
        response = engineer.post(address, {**DATES, "password": PASSWORD})
        made = Coverage.objects.get()
        assert (response.status_code, made.inspection_id, made.valid_from) == (302, inspection.pk, AT)
        assert f"{made.number} rests on this inspection" in words(engineer.get(address))

    def test_nothing_that_is_typed_into_it_replaces_what_was_tested(self, here, engineer):
        sent = {**DATES, "password": PASSWORD, "software": "SRS 9", "configuration": "YU7", "procedure": "CRS-EOL"}
        engineer.post(f"/inspections/{here.test().pk}/cover/", sent)
        made = Coverage.objects.get()
        assert (made.software, made.procedure, made.configuration) == (
            [{"system": "SRS", "version": "1.4"}], here.front, here.plant.configuration,
        )  # fmt: skip

    def test_what_keeps_it_from_being_evidence_is_said_and_no_form_is_there(self, here, engineer):
        bad = [{**item, "value": "900"} if item["characteristic"] == "FEMUR" else dict(item) for item in GOOD_FRONT]
        intact = here.test(car=here.plant.vehicle)
        here.test(measurements=bad, finished_at=TESTED - timedelta(hours=1))
        last = here.test()
        for inspection, said in (
            (intact, "was not destroyed for a test: an intact car is no type evidence"),
            (last, "FEMUR"),
        ):
            address = f"/inspections/{inspection.pk}/cover/"
            page = engineer.get(address)
            assert said in words(page)
            assert 'type="password"' not in page.content.decode()
            assert engineer.post(address, {**DATES, "password": PASSWORD}).status_code == 409
        assert not Coverage.objects.exists()

    @pytest.mark.law(8)
    def test_law_8_who_recorded_it_is_told_that_another_has_to_sign(self, here, engineer):
        inspection = here.test(operator=engineer.person.personnel_number)
        address = f"/inspections/{inspection.pk}/cover/"
        page = engineer.get(address)
        assert "another engineer has to sign" in words(page)
        assert 'type="password"' not in page.content.decode()
        assert engineer.post(address, {**DATES, "password": PASSWORD}).status_code == 409
        assert not Coverage.objects.exists()


class TestRevoking:
    @pytest.fixture
    def covered(self, here):
        """Two batches lean on it; of the first one car is delivered, one released, one in process."""
        coverage = enter(here)
        for status in ("released", "delivered"):
            become(make_vehicle(here.plant.batch, software=[("SRS", "1.4")]), status)
        make_vehicle(make_batch("SU7-2026W47-04", configuration=here.plant.configuration), software=[("SRS", "1.4")])
        return coverage

    def test_it_tells_beforehand_who_leans_on_it(self, here, covered, inspector):
        page = inspector.get(page_of(here, covered.number, "revoke"))
        assert page.context["told"] == (
            "2 batches with 4 cars lean on it: 0 clear, 1 released and not yet gone, 1 delivered."
        )
        assert "2 batches are not covered any more" in words(page)

    def test_what_another_coverage_holds_stays(self, here, covered, inspector):
        enter(here, certificate="N-119")
        page = inspector.get(page_of(here, covered.number, "revoke"))
        assert page.context["told"].endswith("2 batches stay covered by another one.")
        assert "No batch loses its coverage by this." in words(page)

    def test_a_batch_with_other_software_does_not_lean_on_it(self, here, inspector):
        coverage = enter(here, software=[{"system": "SRS", "version": "1.3"}])
        assert inspector.get(page_of(here, coverage.number)).context["told"] == "No batch leans on it."

    def test_when_others_lean_on_it_meanwhile_it_is_told_again(self, here, covered, engineer):
        address = page_of(here, covered.number, "revoke")
        seen = engineer.get(address).context["leaning"].token
        make_vehicle(here.plant.batch, software=[("SRS", "1.4")])
        response = engineer.post(address, {"seen": seen, "reason": "withdrawn"})
        assert (response.status_code, CoverageRevocation.objects.count()) == (409, 0)
        assert "Other cars lean on it than the page told." in words(response)
        seen = response.context["leaning"].token
        assert engineer.post(address, {"seen": seen, "reason": "withdrawn"}).status_code == 302
        assert CoverageRevocation.objects.get().reason == "withdrawn"
        assert engineer.post(address, {"seen": seen, "reason": "withdrawn"}).status_code == 409

    def test_it_asks_as_much_for_one_batch_as_for_three(self, here, covered, inspector):
        address = page_of(here, covered.number, "revoke")
        asked(inspector, address)
        two = asked(inspector, address)
        for turn in range(3):
            batch = make_batch(f"SU7-2026W48-0{turn}", configuration=here.plant.configuration)
            make_vehicle(batch, software=[("SRS", "1.4")])
        assert asked(inspector, address) == two


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_every_page_is_said_in_both_languages(here, sign_in, language):
    inspection = here.test()
    coverage = sign(inspection)
    client = sign_in(Role.ENGINEER)
    client.cookies["django_language"] = language
    for address in (
        "/coverage/",
        page_of(here),
        page_of(here, coverage.number),
        page_of(here, coverage.number, "revoke"),
        page_of(here, "enter", "CRS-FRONT"),
        f"/inspections/{inspection.pk}/cover/",
        f"/vehicles/{here.plant.vehicle.vin}/destroy/",
        f"/vehicles/{here.plant.vehicle.vin}/scrap/",
    ):
        page = client.get(address).content.decode()
        assert ("覆盖" in page or "报废" in page or "破坏" in page) is (language == "zh-hans"), address
