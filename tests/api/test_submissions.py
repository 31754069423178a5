"""Files of rigs: landed once by their hash, answered for by address, read by nobody else."""

from hashlib import sha256
from unittest.mock import Mock

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from inspections.intake.models import Submission
from inspections.intake.services import StoreUnavailable

ADDRESS = "/api/v1/submissions/"
REPORT = b'{"not": "a report that anybody reads"}'


@pytest.fixture(autouse=True)
def _folder(settings, tmp_path):
    settings.SUBMISSIONS_DIR = tmp_path


def send(machine, content=REPORT, name="report.json", **fields):
    file = SimpleUploadedFile(name, content)
    headers = {"authorization": f"Bearer {machine.secret}"}
    return machine.client.post(ADDRESS, {"file": file, **fields}, headers=headers)


def pointers(response):
    return [(error["pointer"], error["code"]) for error in response.json()["errors"]]


def test_file_lands_by_its_hash(rig, tmp_path):
    response = send(rig, format="wats", vin="LSGPC52U6AF102554", procedure="BAT-EOL")
    submission = Submission.objects.get()
    digest = sha256(REPORT).hexdigest()
    assert (response.status_code, response.json()) == (
        202,
        {"id": submission.pk, "sha256": digest, "state": "landed", "url": f"{ADDRESS}{submission.pk}/"},
    )
    assert (submission.rig, submission.format, submission.vin) == (rig.holder, "wats", "LSGPC52U6AF102554")
    assert [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()] == [REPORT]


def test_same_bytes_of_the_same_rig_are_the_same_submission(rig):
    first = send(rig)
    again = send(rig, name="copy.json")
    assert (again.status_code, again.json()) == (200, first.json())
    assert Submission.objects.count() == 1


def test_same_bytes_of_another_rig_are_another_submission(rig, machine):
    assert send(rig).json()["id"] != send(machine(rig="OTHER")).json()["id"]


def test_component_is_sent_as_an_object_in_json(rig):
    assert send(rig, component='{"kind": "pack", "serial": "P-1"}').status_code == 202
    submission = Submission.objects.get()
    assert (submission.component_kind, submission.component_serial) == ("pack", "P-1")


def test_submission_tells_what_became_of_it_to_its_rig_and_to_the_mes(rig, mes):
    url = send(rig).json()["url"]
    Submission.objects.update(
        state="quarantined",
        recorded=3,
        waiting=1,
        refused=1,
        reasons=[{"code": "unreadable", "detail": "No.", "id": None}],
    )
    expected = {
        "id": Submission.objects.get().pk,
        "sha256": sha256(REPORT).hexdigest(),
        "state": "quarantined",
        "url": url,
        "recorded": 3,
        "waiting": 1,
        "refused": 1,
        "reasons": [{"code": "unreadable", "detail": "No.", "id": None}],
    }
    assert (rig.get(url).status_code, rig.get(url).json()) == (200, expected)
    assert mes.get(url).json() == expected


def test_submission_of_another_rig_does_not_exist_for_a_rig(rig, machine):
    response = machine(rig="OTHER").get(send(rig).json()["url"])
    assert (response.status_code, response.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize("number", ["0", "1", "9" * 18, "9" * 30, "x"])
def test_submission_that_does_not_exist_is_404(rig, number):
    assert rig.get(f"{ADDRESS}{number}/").status_code == 404


@pytest.mark.parametrize(
    "fields, expected",
    [
        ({"vin": "short"}, ("/vin", "pattern")),
        ({"vin": "LSGPC52U6AF102554", "component": '{"kind": "pack", "serial": "P-1"}'}, ("", "subject")),
        ({"component": "pack P-1"}, ("/component", "type")),
        ({"component": "[" * 100_000}, ("/component", "type")),
        ({"component": '{"kind": "pack"}'}, ("/component/serial", "required")),
        ({"format": "x" * 33}, ("/format", "too_long")),
        ({"procedure": "a\x07b"}, ("/procedure", "pattern")),
        ({"colour": "red"}, ("/colour", "unknown")),
        ({"procedure": ["A", "B"]}, ("/procedure", "repeated")),
    ],
)
def test_form_that_cannot_be_used_is_400_with_a_pointer_and_nothing_lands(rig, fields, expected):
    response = send(rig, **fields)
    assert (response.status_code, pointers(response)) == (400, [expected])
    assert Submission.objects.count() == 0


def test_form_without_a_file_or_with_an_empty_one_is_400(rig):
    headers = {"authorization": f"Bearer {rig.secret}"}
    assert pointers(rig.client.post(ADDRESS, {"procedure": "A"}, headers=headers)) == [("/file", "required")]
    assert pointers(rig.client.post(ADDRESS, {"file": "text"}, headers=headers)) == [("/file", "type")]
    assert pointers(send(rig, b"")) == [("/file", "empty")]


@pytest.mark.parametrize(
    "body, media_type, status",
    [
        (b"{}", "application/json", 415),
        (b"--x\r\n", "multipart/form-data", 400),
        (b"", "multipart/form-data; boundary=", 400),
        (b"nonsense", "multipart/form-data; boundary=x", 400),
        (b"--x\r\nContent-Disposition: form-data; name=file\r\n\r\n", "multipart/form-data; boundary=x", 400),
    ],
)
def test_body_that_is_no_form_is_refused(rig, body, media_type, status):
    response = rig.client.generic(
        "POST", ADDRESS, body, headers={"authorization": f"Bearer {rig.secret}"}, CONTENT_TYPE=media_type
    )
    assert (response.status_code, response.headers["Content-Type"]) == (status, "application/problem+json")


def test_file_that_is_too_large_is_413_and_nothing_lands(rig, settings, tmp_path):
    settings.SUBMISSION_MAX_BYTES = 1024
    assert send(rig, b"x" * 1024).status_code == 202
    response = send(rig, b"x" * 1025)
    assert (response.status_code, response.json()["code"]) == (413, "body_too_large")
    assert send(rig, b"x" * 100_000).status_code == 413
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 1


def test_mes_hands_in_nothing(mes):
    assert send(mes).status_code == 403


def test_name_of_a_file_is_no_path(rig, tmp_path):
    assert send(rig, name="../../../etc/passwd").status_code == 202
    assert Submission.objects.get().name == "passwd"


def test_a_store_that_cannot_be_reached_is_answered_503_and_nothing_is_entered(rig, monkeypatch):
    monkeypatch.setattr("inspections.intake.landing.land_file", Mock(side_effect=StoreUnavailable()))
    answer = send(rig)
    assert (answer.status_code, answer.json()["code"]) == (503, "store_unavailable")
    assert answer.headers["Retry-After"] == "5"
    assert Submission.objects.count() == 0
