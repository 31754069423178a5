import json
import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inspections.intake.models import Kept
from inspections.intake.services import land_submission, post_inspection, read_submission
from inspections.marks.models import Mark
from inspections.records.models import LedgerEntry
from inspections.web.body_words import MOST_SHOWN, show_body
from tests import factories
from tests.factories import AT

FIELDS = {
    "id": "R-BAD",
    "procedure": "BAT-EOL",
    "started_at": "2026-11-23T07:00:00+08:00",
    "finished_at": "2026-11-23T07:01:00+08:00",
}


def words(response):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


@pytest.fixture
def post(plant, clock):
    """Post a body as the plant's rig would; a dictionary is one inspection of BAT-EOL with some fields changed."""

    def run(body=None, **changed):
        if body is None:
            finished = clock.now - timedelta(minutes=1)
            fields = {
                "id": "R-1",
                "vin": plant.vehicle.vin,
                "procedure": "BAT-EOL",
                "started_at": finished.isoformat(),
                "finished_at": finished.isoformat(),
                "measurements": [{"characteristic": "ISO", "value": 812, "unit": "ohm/V"}],
                **changed,
            }
            body = json.dumps(fields).encode()
        post_inspection(rig=plant.rig, body=body, media_type="application/json", actor=plant.rig_actor, at=clock.now)
        return Kept.objects.order_by("-pk").first()

    return run


def listed(response):
    return [
        (row["kept"].kind, row["kept"].external_id) for row in [*response.context["late"], *response.context["rows"]]
    ]


def test_what_waits_for_more_than_four_hours_comes_first_then_the_oldest(post, engineer, clock):
    post(id="W-OLD", vin=factories.vin(900_001))
    post(id="R-BAD", measurements="none")
    clock.go(hours=4)
    post(id="W-NEW", vin=factories.vin(900_002))
    response = engineer.get("/intake/")
    assert listed(response) == [("waiting", "W-OLD"), ("refused", "R-BAD"), ("waiting", "W-NEW")]
    assert [row["kept"].external_id for row in response.context["late"]] == ["W-OLD"]
    assert "1 result has waited for its car for more than 4 hours" in words(response)


def test_what_is_settled_is_found_under_its_state(post, engineer):
    kept = post(id="R-BAD", measurements="none")
    engineer.post(f"/intake/{kept.pk}/set-aside/", {"reason": "Typed by hand"})
    assert listed(engineer.get("/intake/")) == []
    assert listed(engineer.get("/intake/?state=recorded")) == []
    assert listed(engineer.get("/intake/?state=set_aside")) == [("refused", "R-BAD")]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("kind=waiting", ["W-1"]),
        ("kind=refused", ["R-BAD"]),
        ("kind=nonsense", ["R-BAD", "W-1"]),
        ("q=EOL-3", ["R-BAD", "W-1"]),
        ("q=900001", ["W-1"]),
        ("q=R-BAD", ["R-BAD"]),
        ("q=nobody", []),
        ("q=%00", ["R-BAD", "W-1"]),
        ("state=%00", ["R-BAD", "W-1"]),
    ],
)
def test_the_inbox_is_narrowed(post, engineer, query, found):
    post(id="R-BAD", measurements="none")
    post(id="W-1", vin=factories.vin(900_001))
    assert [name for _, name in listed(engineer.get(f"/intake/?{query}"))] == found


def test_a_refused_body_is_shown_with_each_fault_its_place_and_what_stands_there(post, plant, engineer):
    values = [{"characteristic": "ISO", "value": "VALUE", "unit": "ohm/V"}]
    sent = json.dumps({**FIELDS, "vin": plant.vehicle.vin, "measurements": values})
    kept = post(sent.replace('"VALUE"', '[1, 2.50, {"a": null}]').encode())
    response = engineer.get(f"/intake/{kept.pk}/")
    assert [(fault.place, fault.found) for fault in response.context["faults"]] == [
        ("/measurements/0/value", '[1, 2.50, {"a": null}]')
    ]
    assert f"Car {plant.vehicle.vin} cannot pass while this is open" in words(response)


def test_broken_json_is_marked_where_it_breaks(post, engineer):
    kept = post(b'{"id": "X",\n "vin" oops}')
    body = engineer.get(f"/intake/{kept.pk}/").context["body"]
    assert (body.before, body.at, body.after) == ('{"id": "X",\n "vin" ', "o", "ops}")


def test_what_was_sent_is_never_run_and_hidden_characters_are_written_out(post, engineer):
    kept = post('{"id": "<script>alert(1)</script>\u202e\u2066"'.encode())
    page = engineer.get(f"/intake/{kept.pk}/").content.decode()
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;⟨U+202E⟩⟨U+2066⟩" in page


def test_a_large_body_is_shown_in_part_and_says_how_much_is_left():
    shown = show_body(b"x" * (MOST_SHOWN + 7), "", MOST_SHOWN + 7)
    assert (len(shown.before), shown.left) == (MOST_SHOWN, 7)


@pytest.mark.parametrize("body", [b"", b"\xff\xfe\x00", b"[" * 5000, "…".encode() * 30_000])
def test_any_bytes_can_be_shown(post, engineer, body):
    kept = post(body)
    assert engineer.get(f"/intake/{kept.pk}/").status_code == 200


def test_what_comes_under_an_id_that_is_taken_stands_beside_what_has_it(post, plant, engineer):
    good = [
        {"characteristic": "BOND", "position": "pack", "value": 0.043, "unit": "ohm"},
        {"characteristic": "BOND", "position": "charge-port", "value": 0.05, "unit": "ohm"},
        {"characteristic": "ISO", "value": 500, "unit": "ohm/V"},
    ]
    post(id="R-7", measurements=good)
    kept = post(id="R-7", measurements=[{**good[0], "value": 0.04}, good[1], {"characteristic": "<b>", "value": 1}])
    page = engineer.get(f"/intake/{kept.pk}/")
    told = [(row.name, row.position, row.recorded, row.sent) for row in page.context["beside"].differences]
    assert told == [
        ("<b>", "", "", "1"),
        ("BOND", "pack", "0.043 Ω", "0.04 Ω"),
        ("ISO", "", "500 Ω/V", ""),
    ]
    assert page.context["beside"].same == 1
    html = page.content.decode()
    assert f'href="/entry/recorded/{page.context["beside"].inspection_id}/"' in html
    assert f'href="/entry/{plant.vehicle.vin}/">Record it by hand</a>' in html
    assert "<b></span>" not in html


def test_setting_aside_says_why_and_has_the_car_decided_again(post, plant, engineer):
    kept = post(id="R-BAD", measurements="none")
    Mark.objects.all().delete()
    address = f"/intake/{kept.pk}/set-aside/"
    assert engineer.post(address, {"reason": " "}).status_code == 422
    assert Kept.objects.get().state == "open"
    assert engineer.post(address, {"reason": "Typed by hand"}).status_code == 302
    found = Kept.objects.get()
    assert (found.state, found.settled_reason, found.settled_at) == ("set_aside", "Typed by hand", AT)
    assert list(Mark.objects.values_list("vehicle_id", flat=True)) == [plant.vehicle.pk]
    assert LedgerEntry.objects.get(act="kept.set_aside").reason == "Typed by hand"


def test_what_is_settled_already_cannot_be_set_aside_again(post, engineer):
    kept = post(id="R-BAD", measurements="none")
    address = f"/intake/{kept.pk}/set-aside/"
    engineer.post(address, {"reason": "First"})
    assert engineer.post(address, {"reason": "Second"}).status_code == 409
    assert Kept.objects.get().settled_reason == "First"


def test_a_file_is_listed_with_its_state_and_its_reasons(plant, engineer, clock, settings, tmp_path):
    settings.SUBMISSIONS_DIR = tmp_path
    landed, _ = land_submission(
        rig=plant.rig, stream=[b"no report <b>at all"], name="<i>a.json", actor=plant.rig_actor, at=AT
    )
    assert [row["word"] for row in engineer.get("/intake/files/").context["rows"]] == ["Not read yet"]
    read_submission(submission_id=landed.pk, at=AT)
    response = engineer.get("/intake/files/?state=quarantined")
    assert [row["file"].pk for row in response.context["rows"]] == [landed.pk]
    page = engineer.get(f"/intake/files/{landed.pk}/")
    assert len(page.context["reasons"]) == 1
    assert page.context["body"].before == "no report <b>at all"
    assert b"<b>at all" not in page.content
    assert b"<i>a.json" not in page.content


def test_a_file_that_does_not_lie_here_says_so(plant, engineer, settings, tmp_path):
    settings.SUBMISSIONS_DIR = tmp_path
    landed, _ = land_submission(rig=plant.rig, stream=[b"x"], name="a", actor=plant.rig_actor, at=AT)
    settings.SUBMISSIONS_DIR = tmp_path / "elsewhere"
    assert "The file does not lie on this machine." in words(engineer.get(f"/intake/files/{landed.pk}/"))


@pytest.mark.parametrize(
    "path", ["1/", "99999999999999999999/", "files/1/", "files/99999999999999999999/", "?after=x", "files/?after=-"]
)
def test_what_is_not_kept_is_not_found(plant, engineer, path):
    assert engineer.get(f"/intake/{path}").status_code == 404


def test_the_inbox_asks_as_much_for_one_entry_as_for_three(post, engineer):
    def asked():
        with CaptureQueriesContext(connection) as found:
            engineer.get("/intake/")
        return len(found)

    post(id="R-1", measurements="none")
    asked()
    one = asked()
    post(id="R-2", measurements="none at all")
    post(id="R-3", measurements="nothing")
    assert asked() == one
