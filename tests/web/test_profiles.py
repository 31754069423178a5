"""The pages of rig profiles: from a CSV nobody has seen before to recorded results, with no code and no JavaScript."""

import re
from html import unescape

import pytest
import yaml

from inspections.people.choices import Role
from tests.signing import PASSWORD, carried

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    settings.SUBMISSIONS_DIR = tmp_path / "submissions"


@pytest.fixture
def rig(plant):
    from tests.pack_csv import make_pack

    return make_pack(plant)[0]


@pytest.fixture
def submission(rig, plant):
    """What the rig sent before anybody knew its format."""
    from inspections.intake.services import land_submission, read_submission
    from tests.factories import AT, rig_actor
    from tests.pack_csv import csv, row

    content = csv(row(1, plant.vehicle.vin), row(2, plant.vehicle.vin, bond="0,2", result="NOK"))
    landed, _ = land_submission(rig=rig, stream=[content], name="day.csv", actor=rig_actor(rig), at=AT)
    return read_submission(submission_id=landed.pk, at=AT)


def page(response, status=200):
    assert response.status_code == status, response.content.decode()[:2000]
    return re.sub(r"\s+", " ", unescape(response.content.decode()))


def words(html):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def document(**changed):
    from tests.pack_csv import profile_of

    return yaml.safe_dump(profile_of(**changed), sort_keys=False, allow_unicode=True)


def test_a_csv_nobody_has_seen_before_is_recorded_by_a_profile(sign_in, rig, submission, plant, clock):
    from inspections.evaluation.reasons import Outcome
    from inspections.intake.models import FileFinding, Kept, Rereading
    from inspections.intake.services import read_files_again
    from inspections.results.models import Inspection

    assert submission.state == "quarantined"
    owner = sign_in(Role.CATALOGUE_OWNER)
    kept = Kept.objects.get()

    # The inbox says why; the kept file leads to a profile beside it.
    shown = page(owner.get(f"/intake/{kept.pk}/"))
    assert "no reader claims" in shown
    assert f'href="/profile/new/?file=file-{submission.pk}"' in shown

    begun = owner.post(
        f"/profile/new/?file=file-{submission.pk}", {"code": "PACK-CSV", "name": "Pack rigs", "adapter": "table"}
    )
    assert (begun.status_code, begun.url) == (302, f"/profiles/PACK-CSV/draft/?file=file-{submission.pk}")
    assert "day.csv" in page(owner.get(begun.url))

    # A fault is named with its line, and nothing is saved.
    faulty = owner.post(
        "/profiles/PACK-CSV/draft/", {"document": document(procedure={"code": "NONE"}), "note": "", "do": "save"}
    )
    assert "found the procedure NONE, which the catalogue does not know" in page(faulty, 422)

    # Without items everything is shown unmapped, with the procedure's characteristics to choose from.
    beside = {"file": f"file-{submission.pk}", "note": "first"}
    tried = page(owner.post("/profiles/PACK-CSV/draft/", {**beside, "document": document(items=[]), "do": "try"}))
    assert "3 items have no place yet" in words(tried)
    assert '<option value="PK-BOND|">PK-BOND (PK-BOND)</option>' in tried

    chosen = {
        "item-0": "Iso", "occurrence-0": "1", "place-0": "PK-ISO|", "mandatory-0": "1",
        "item-1": "Bond", "occurrence-1": "1", "place-1": "PK-BOND|", "unit-1": "ohm",
    }  # fmt: skip
    tried = page(
        owner.post("/profiles/PACK-CSV/draft/", {**beside, **chosen, "document": document(items=[]), "do": "try"})
    )
    assert "Would be recorded: T-1" in tried
    assert "Would be recorded: T-2" in tried
    assert "The file has other limits: ≤ 0.2; the plan asks < 0.1 ohm." in tried
    assert f"<mark>{plant.vehicle.vin}</mark>" not in tried  # it stands twice
    assert "<mark>T-1</mark>" in tried
    assert not Inspection.objects.exists()

    saved = owner.post("/profiles/PACK-CSV/draft/", {**beside, **chosen, "document": document(items=[]), "do": "save"})
    assert (saved.status_code, saved.url) == (302, f"/profiles/PACK-CSV/1/?file=file-{submission.pk}")
    drafted = page(owner.get(saved.url))
    assert "{item: Bond, characteristic: PK-BOND, unit: ohm}" in drafted
    assert "You drafted it; two others approve it." in drafted
    assert owner.post("/profiles/PACK-CSV/1/ask/").status_code == 302

    # Its author cannot approve it; two others do, what they were shown.
    from inspections.rigs.models import ProfileRevision

    draft = ProfileRevision.objects.get()
    seen = lambda client: {"shown": carried(draft, client.person), "password": PASSWORD}  # noqa: E731
    assert "two others approve it" in page(owner.post("/profiles/PACK-CSV/1/approve/", seen(owner)), 403)
    for number in (1, 2):
        other = sign_in(Role.CATALOGUE_OWNER)
        assert "Would be recorded: T-1" in page(
            other.get(f"/profiles/PACK-CSV/{number and 1}/?file=file-{submission.pk}")
        )
        assert other.post("/profiles/PACK-CSV/1/approve/", seen(other)).status_code == 302
    assert "Revision 1 is in force" in page(owner.get("/profiles/PACK-CSV/"))

    clock.go(minutes=1)
    assigned = owner.post(
        "/profiles/PACK-CSV/assign/",
        {"do": "assign", "rig": str(rig.pk), "effective_at": "2026-11-22 08:00"},
    )
    assert assigned.status_code == 302, page(assigned, assigned.status_code)
    assert "PACK-CSV" in page(owner.get(f"/rigs/{rig.code}/"))

    again = owner.post(f"/intake/{kept.pk}/read-again/", {"every": "yes"})
    asked = Rereading.objects.get()
    assert again.url == f"/intake/rereadings/{asked.pk}/"
    assert "0 of 1 read again" in page(owner.get(again.url))
    assert read_files_again(rereading_id=asked.pk, at=clock.now) == 1
    assert "1 of 1 read again" in page(owner.get(again.url))

    rows = Inspection.objects.order_by("external_id")
    assert [(row.external_id, row.verdict) for row in rows][1] == ("T-2", Outcome.FAIL)
    recorded = page(owner.get(f"/entry/recorded/{rows[0].pk}/"))
    assert "The file has other limits: ≤ 0.2; the plan asks < 0.1 ohm." in recorded
    assert "PACK-CSV, 1" in recorded
    assert FileFinding.objects.count() == 2
    assert not Kept.objects.filter(state="open").exists()


def test_two_revisions_stand_side_by_side(sign_in, rig):
    from tests.pack_csv import approved, profile_of

    approved()
    approved(profile_of(items=[{"item": "Iso", "characteristic": "PK-ISO"}], tests=None))
    shown = words(page(sign_in(Role.AUDITOR).get("/profiles/PACK-CSV/compare/")))
    assert "places differ between revisions 1 and 2" in shown
    assert "PK-ISO, mandatory" in shown
    assert sign_in(Role.AUDITOR).get("/profiles/PACK-CSV/compare/?from=1&to=9").status_code == 404


def test_a_sample_is_put_beside_and_tried(sign_in, rig, plant):
    from django.core.files.uploadedfile import SimpleUploadedFile

    from inspections.intake.models import Submission
    from inspections.rigs.services import create_profile
    from tests.factories import AT
    from tests.pack_csv import csv, owner, row

    create_profile(code="PACK-CSV", adapter="table", name="x", actor=owner(), at=AT)
    client = sign_in(Role.CATALOGUE_OWNER)
    file = SimpleUploadedFile("try.csv", csv(row(1, plant.vehicle.vin)))
    put = client.post("/profiles/PACK-CSV/file/", {"file": file})
    key = put.url.partition("file=")[2]
    tried = page(client.post("/profiles/PACK-CSV/draft/", {"document": document(), "file": key, "do": "try"}))
    assert "Would be recorded: T-1" in tried
    assert f"<mark>{plant.vehicle.vin}</mark>" in tried
    assert not Submission.objects.exists()


def test_what_a_file_holds_is_never_markup(sign_in, rig, plant):
    from django.core.files.uploadedfile import SimpleUploadedFile

    from inspections.rigs.services import create_profile
    from tests.factories import AT
    from tests.pack_csv import csv, owner, row

    create_profile(code="PACK-CSV", adapter="table", name="x", actor=owner(), at=AT)
    client = sign_in(Role.CATALOGUE_OWNER)
    evil = csv(row(1, "<script>alert(1)</script>")) + b"T-2;<b>half\n"
    put = client.post("/profiles/PACK-CSV/file/", {"file": SimpleUploadedFile("<i>.csv", evil)})
    posted = {"document": document(), "file": put.url.partition("file=")[2], "do": "try"}
    html = client.post("/profiles/PACK-CSV/draft/", posted).content.decode()
    assert "<script>alert(1)" not in html
    assert "<b>half" not in html
    assert "<i>.csv" not in html


def test_the_number_of_statements_does_not_grow_with_profiles(sign_in, rig, django_assert_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from inspections.rigs.services import create_profile
    from tests.factories import AT
    from tests.pack_csv import approved, owner

    approved()
    client = sign_in(Role.AUDITOR)
    client.get("/profiles/")
    with CaptureQueriesContext(connection) as one:
        client.get("/profiles/")
    for number in range(2):
        create_profile(code=f"MORE-{number}", adapter="table", name="x", actor=owner(), at=AT)
    with django_assert_num_queries(len(one)):
        client.get("/profiles/")


def test_what_names_nobody_is_listed_for_its_rig(sign_in, rig, submission):
    shown = words(page(sign_in(Role.INSPECTOR).get(f"/rigs/{rig.code}/")))
    assert "Kept of it, naming nobody" in shown
    assert "It holds up no car: nobody knows whose it is." in shown


def test_a_file_is_named_and_read_again_from_its_page(sign_in, rig, plant):
    from inspections.intake.models import Kept
    from inspections.intake.services import land_submission, read_submission
    from inspections.results.models import Inspection
    from tests.factories import AT, rig_actor
    from tests.pack_csv import assigned, csv, row

    assigned(rig)
    landed, _ = land_submission(rig=rig, stream=[csv(row(1, "PK-5"))], name="a.csv", actor=rig_actor(rig), at=AT)
    read_submission(submission_id=landed.pk, at=AT)
    kept = Kept.objects.get()
    client = sign_in(Role.ENGINEER)
    shown = page(client.get(f"/intake/{kept.pk}/"))
    assert "Name the car or component" in shown
    assert "Place in the file: <span" in shown
    refused = client.post(f"/intake/{kept.pk}/name/", {"vin": "X", "reason": "seen"}, follow=True)
    assert "This is no VIN: it has 1 characters" in page(refused)
    done = client.post(f"/intake/{kept.pk}/name/", {"vin": plant.vehicle.vin, "reason": "seen"})
    assert done.url == f"/intake/files/{landed.pk}/"
    read_submission(submission_id=landed.pk, at=AT)
    assert Inspection.objects.get().vehicle == plant.vehicle


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_every_page_draws_in_both_languages(sign_in, rig, submission, language, request):
    from django.utils import translation

    from tests.pack_csv import approved

    request.addfinalizer(translation.deactivate)  # the language of the last request stays in force
    approved()
    client = sign_in(Role.CATALOGUE_OWNER)
    client.cookies["django_language"] = language
    for address in (
        "/profiles/", "/profile/new/", "/profiles/PACK-CSV/", f"/profiles/PACK-CSV/draft/?file=file-{submission.pk}",
        "/profiles/PACK-CSV/compare/", "/profiles/PACK-CSV/draft/?file=sample-99", "/profiles/PACK-CSV/?file=x",
    ):  # fmt: skip
        html = page(client.get(address))
        assert " style=" not in html
        assert ("台架配置文件" in html) is (language == "zh-hans")
