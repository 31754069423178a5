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


NASTY = (
    "Stand: PACK 7 (Süd)\r\n\r\n"
    "Prüf-Nr.;FIN;Beginn;PK_ISO (MOhm);PK-BOND [mOhm];Temp [C];Ergebnis\r\n"
    "L-71;{vin};27.11.2026 06:12:09;812,0;38,5;23,4;i.O.\r\n"
    "L-72;{vin};27.11.2026 06:17:40;;;23,6;Abbruch\r\n"
)


@pytest.fixture
def beside(sign_in, rig, plant):
    """An owner of the catalogue with a new profile, beside a file that nobody described."""
    from inspections.intake.models import ProfileSample
    from inspections.rigs.models import RigProfile
    from inspections.rigs.services import create_profile
    from tests.factories import AT
    from tests.pack_csv import owner as an_owner

    create_profile(code="PACK-CSV", adapter="table", name="Pack rigs", actor=an_owner(), at=AT)
    client = sign_in(Role.CATALOGUE_OWNER)

    def put(content, code="PACK-CSV"):
        from django.core.files.uploadedfile import SimpleUploadedFile

        file = SimpleUploadedFile("day.csv", content)
        assert client.post(f"/profiles/{code}/file/", {"file": file}).status_code == 302
        found = ProfileSample.objects.get(profile=RigProfile.objects.get(code=code))
        return client, f"sample-{found.pk}"

    return put


def suggested(client, key, status=200, **more):
    fields = {"file": key, "document": "", "note": "", "do": "suggest", **more}
    html = client.post("/profiles/PACK-CSV/draft/", fields)
    assert html.status_code == status, html.content.decode()[:2000]
    text = unescape(re.search(r"<textarea[^>]*>(.*?)</textarea>", html.content.decode(), re.DOTALL)[1])
    return page(html, status), text.removeprefix("\n")


class TestSuggesting:
    def test_a_draft_is_filled_in_and_nothing_is_written(self, beside, plant):
        from inspections.records.models import LedgerEntry
        from inspections.rigs.models import ProfileRevision

        client, key = beside(NASTY.format(vin=plant.vehicle.vin).encode("cp1252"))
        before = LedgerEntry.objects.count()
        html, text = suggested(client, key, note="first")
        content = yaml.safe_load(text)
        assert content["reading"]["encoding"] == "cp1252"
        assert content["reading"]["decimal_comma"] is True
        assert content["reading"]["options"]["header"] == 3
        assert content["procedure"] == {"code": "PACK"}
        assert content["items"] == [
            {"item": "PK_ISO", "characteristic": "PK-ISO"}, {"item": "PK-BOND", "characteristic": "PK-BOND"},
        ]  # fmt: skip
        assert text.startswith("# unanswered: ")
        told = words(html)
        assert "The file leaves 3 questions to you" in told
        assert "No test in the file failed. Taken for it: NOK, NG, FAIL. Say the rig's own word." in told
        assert "These units can mean two things and were not taken: Temp [C]. Say unit of each." in told
        assert "name and unit are not those of exactly one characteristic: Temp [C]." in told
        assert "Would be recorded: L-71" in told
        assert "Would be recorded: L-72" in told
        assert "1 item has no place yet" in told
        assert (ProfileRevision.objects.count(), LedgerEntry.objects.count()) == (0, before)

        # What was asked stays above the text while it is tried, and is no part of what is saved.
        tried = client.post("/profiles/PACK-CSV/draft/", {"file": key, "document": text, "note": "", "do": "try"})
        assert "# unanswered: No test in the file failed." in page(tried)
        saved = client.post("/profiles/PACK-CSV/draft/", {"file": key, "document": text, "note": "", "do": "save"})
        assert saved.status_code == 302
        assert ProfileRevision.objects.get().document["procedure"] == {"code": "PACK"}

    def test_before_anything_is_said_the_file_is_shown_as_it_reads(self, beside, plant):
        client, key = beside(NASTY.format(vin=plant.vehicle.vin).encode("cp1252"))
        html = page(client.get(f"/profiles/PACK-CSV/draft/?file={key}"))
        assert "Stand: PACK 7 (Süd) Prüf-Nr.;FIN" in html
        assert "Nothing is said yet of how this file is read." in html
        assert "cannot be read to its end" not in html

    def test_what_a_person_wrote_of_subject_procedure_and_items_stays(self, beside, plant):
        client, key = beside(NASTY.format(vin=plant.vehicle.vin).encode("cp1252"))
        own = {
            "format": "interlock-profile/1",
            "reading": {"time_zone": "Europe/Berlin", "options": {"test": {"id": 1, "started": 3}, "rest": {}}},
            "subject": {"vin": {"from": "header", "name": "FIN"}},
            "procedure": {"code": "PACK"},
            "items": [{"item": "PK_ISO", "characteristic": "PK-ISO", "mandatory": True}],
        }
        _, text = suggested(client, key, document=yaml.safe_dump(own))
        content = yaml.safe_load(text)
        assert content["subject"] == own["subject"]
        assert content["reading"]["time_zone"] == "Europe/Berlin"
        assert content["items"] == [*own["items"], {"item": "PK-BOND", "characteristic": "PK-BOND"}]

    def test_an_ambiguous_day_is_refused_until_a_person_says(self, beside, plant):
        text = NASTY.format(vin=plant.vehicle.vin).replace("27.11.2026", "03/04/2026")
        client, key = beside(text.encode("cp1252"))
        html, text = suggested(client, key)
        assert "started:\n        text: unanswered" in text
        assert "Day or month first: Beginn, %d/%m/%Y %H:%M:%S, %m/%d/%Y %H:%M:%S?" in words(html)
        assert "The file cannot be read to its end." in words(html)
        assert "Would be recorded" not in words(html)

    def test_a_procedure_chosen_on_the_page(self, beside, plant):
        from tests.factories import make_procedure

        make_procedure("OTHER", "battery", {"OT-1": {"unit": "V"}})
        client, key = beside(NASTY.format(vin=plant.vehicle.vin).encode("cp1252"))
        _, text = suggested(client, key, procedure="OTHER")
        assert yaml.safe_load(text)["procedure"] == {"code": "OTHER"}
        assert yaml.safe_load(text)["items"] == []
        _, text = suggested(client, key, procedure="NONE")
        assert yaml.safe_load(text)["procedure"] == {"code": "PACK"}

    def test_what_is_no_table_leaves_the_document(self, beside):
        client, key = beside(b"\x00\x01\x02")
        html, text = suggested(client, key, status=422)
        assert "its bytes do not tell" in words(html)
        assert "rest" not in text

    def test_without_a_file_nothing_is_suggested(self, beside):
        client, _ = beside(b"a;b\n1;2\n")
        from inspections.intake.models import ProfileSample

        html, _ = suggested(client, "sample-999999999", status=422)
        assert "No file stands beside it yet." in words(html)
        assert ProfileSample.objects.count() == 1

    def test_a_reader_that_asks_nothing_offers_no_suggestion(self, sign_in, rig):
        from inspections.rigs.services import create_profile
        from tests.factories import AT
        from tests.pack_csv import owner as an_owner

        create_profile(code="PACK-CSV", adapter="atml", name="Pack rigs", actor=an_owner(), at=AT)
        client = sign_in(Role.CATALOGUE_OWNER)
        assert "Suggest from this file" not in page(client.get("/profiles/PACK-CSV/draft/"))
        html, _ = suggested(client, "", status=422)
        assert "For this reader nothing can be suggested" in words(html)

    def test_others_are_told_whose_act_it_is(self, beside, sign_in):
        _, key = beside(b"a;b\n1;2\n")
        client = sign_in(Role.ENGINEER)
        answer = client.post("/profiles/PACK-CSV/draft/", {"file": key, "document": "", "do": "suggest"})
        assert answer.status_code == 403
