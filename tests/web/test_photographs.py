"""Photographs through the form: refused in words, lost by none, shown with the inspection, no verdict changed."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from inspections.evaluation.reasons import Outcome
from inspections.intake.models import Photograph
from inspections.intake.storage import path_of
from inspections.people.choices import Role
from inspections.results.models import Inspection
from tests.intake.test_photographs import picture
from tests.web.entry_pages import address, draw, fields_of, good_values, name_of


def words(response):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def file(colour="red", name="joint.jpg"):
    return SimpleUploadedFile(name, picture(colour=colour), content_type="image/jpeg")


def test_a_photograph_sent_with_the_form_is_shown_with_the_inspection(inspector, plant):
    sent = {**draw(inspector, plant), **good_values(), name_of("BOND", "pack"): "0.100", "picture": file()}
    saved = inspector.post(address(plant), sent)
    row = Photograph.objects.get()
    assert (row.inspection_id, row.name) == (Inspection.objects.get().pk, "joint.jpg")
    assert Outcome(Inspection.objects.get().verdict) is Outcome.FAIL
    page = inspector.get(saved["Location"])
    assert f'src="/photographs/{row.pk}/"' in page.content.decode()
    shown = inspector.get(f"/photographs/{row.pk}/")
    assert (shown["Content-Type"], shown["X-Content-Type-Options"]) == ("image/jpeg", "nosniff")
    assert shown.content.startswith(b"\xff\xd8")


def test_the_life_of_the_car_shows_the_photographs_where_their_inspection_stands(inspector, plant, engineer):
    other = {**draw(inspector, plant), **good_values()}
    inspector.post(address(plant), other)
    sent = {**draw(inspector, plant), **good_values(), "picture": [file(), file("blue", "pack.jpg")]}
    inspector.post(address(plant), sent)
    numbers = tuple(Photograph.objects.order_by("pk").values_list("pk", flat=True))
    life = engineer.get(f"/vehicles/{plant.vehicle.vin}/")
    shown = [entry for day in life.context["days"] for entry in day.entries if entry.values]
    assert [entry.photographs for entry in shown] == [numbers, ()]
    html = life.content.decode()
    for place, number in enumerate(numbers, start=1):
        link = f'<a href="/photographs/{number}/"><img src="/photographs/{number}/"'
        assert f'{link} alt="Photograph {place} of this inspection"' in html


def test_a_bad_picture_is_refused_with_its_name_and_nothing_typed_is_lost(inspector, plant):
    bad = SimpleUploadedFile("x.jpg", b"\xff\xd8 no picture")
    refused = inspector.post(address(plant), {**draw(inspector, plant), **good_values(), "picture": [bad, file()]})
    assert (refused.status_code, Inspection.objects.count()) == (422, 0)
    assert "x.jpg: " in words(refused)
    sent = fields_of(refused)
    assert {name: sent[name] for name in good_values()} == good_values()
    again = inspector.post(address(plant), {**sent, "software_seen": "on"})
    assert (again.status_code, Photograph.objects.get().name) == (302, "joint.jpg")


def test_a_refused_form_keeps_the_picture_and_records_it_once(inspector, plant):
    sent = {**draw(inspector, plant), **good_values(), name_of("ISO"): "abc", "picture": file()}
    kept = fields_of(inspector.post(address(plant), sent))
    assert kept["photo"]
    right = {**kept, "software_seen": "on", name_of("ISO"): "812"}
    for _ in range(2):
        assert inspector.post(address(plant), right).status_code == 302
    assert (Inspection.objects.count(), Photograph.objects.count()) == (1, 1)


def test_pictures_taken_beforehand_are_kept_for_the_person_who_took_them(inspector, plant, sign_in):
    page = inspector.post("/entry/photographs/", {"picture": file()})
    token = re.search(r'name="photo" value="([^"]+)"', page.content.decode())[1]
    other = sign_in(Role.INSPECTOR)
    for client, found in ((other, 0), (inspector, 1)):
        client.post(address(plant), {**draw(client, plant), **good_values(), "photo": [token, token, "forged"]})
        assert Photograph.objects.count() == found


@pytest.mark.parametrize("path", ["/photographs/0/", "/photographs/99999999/", "/photographs/0/original/"])
def test_a_photograph_that_is_none_is_not_found(inspector, db, path):
    assert inspector.get(path).status_code == 404


def test_more_than_it_takes_are_refused_before_anything_is_recorded(inspector, plant):
    tokens = []
    for number in range(9):
        page = inspector.post("/entry/photographs/", {"picture": file(f"#{number * 25:02x}0000")})
        tokens.append(re.search(r'name="photo" value="([^"]+)"', page.content.decode())[1])
    refused = inspector.post(address(plant), {**draw(inspector, plant), **good_values(), "photo": tokens})
    assert (refused.status_code, Inspection.objects.count()) == (422, 0)
    assert "An inspection takes 8 photographs; leave some out." in words(refused)


def recorded_with(inspector, plant, name):
    """A photograph that was sent under a name, and its bytes."""
    sent = file(name=name)
    whole = sent.read()
    sent.seek(0)
    inspector.post(address(plant), {**draw(inspector, plant), **good_values(), "picture": sent})
    return Photograph.objects.get(), whole


def test_the_original_is_saved_byte_by_byte_and_never_shown(inspector, plant, sign_in):
    row, whole = recorded_with(inspector, plant, "joint 3.jpg")
    page = f"/photographs/{row.pk}/original/"
    answer = inspector.get(page)
    assert (answer.status_code, answer.content) == (200, whole)
    assert answer["Content-Disposition"] == 'attachment; filename="joint 3.jpg"'
    assert (answer["Content-Type"], answer["X-Content-Type-Options"]) == ("application/octet-stream", "nosniff")
    assert answer["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert (
        f'href="{page}">Save the original</a>'
        in inspector.get(f"/entry/recorded/{row.inspection_id}/").content.decode()
    )
    assert [sign_in(Role.AUDITOR).get(page).status_code, sign_in().get(page).status_code] == [200, 403]
    assert (Client().get(page).status_code, inspector.post(page).status_code) == (302, 405)


@pytest.mark.parametrize(
    ("name", "saved"),
    [
        ('a<b>"c".jpg', 'filename="abc.jpg"'),
        ("page.html", 'filename="page.html.jpeg"'),
        (".jpg", 'filename="jpg.jpeg"'),
        ("接头.jpg", "filename*=utf-8''%E6%8E%A5%E5%A4%B4.jpg"),
    ],
)
def test_the_original_is_saved_under_a_name_that_is_harmless(inspector, plant, name, saved):
    row, _whole = recorded_with(inspector, plant, name)
    assert inspector.get(f"/photographs/{row.pk}/original/")["Content-Disposition"] == f"attachment; {saved}"


def test_an_original_that_was_altered_or_lost_is_not_handed_out(inspector, plant):
    row, _whole = recorded_with(inspector, plant, "joint.jpg")
    place = path_of(row.sha256)
    place.chmod(0o600)
    place.write_bytes(picture(colour="green"))
    altered = inspector.get(f"/photographs/{row.pk}/original/")
    place.unlink()
    lost = inspector.get(f"/photographs/{row.pk}/original/")
    assert (altered.status_code, lost.status_code) == (404, 404)
    assert "The photograph is not on disk as it was kept: restore it from a backup." in words(altered)
    assert inspector.get(f"/photographs/{row.pk}/").status_code == 200
