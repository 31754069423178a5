import csv
import re
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inspections.marks.models import Mark
from inspections.people.choices import Role
from inspections.records.models import LedgerEntry
from inspections.results.leaning import vehicles_leaning_on
from inspections.results.services import record_inspection
from inspections.rigs.models import ApiKey, Authorisation, Calibration, OutOfTolerance, Rig
from inspections.rigs.services import KeyRefused, authenticate_key, issue_key
from tests import factories
from tests.factories import AT

LOCAL = {"valid_from": "2026-11-23T08:00", "valid_until": "2027-11-23T08:00"}
FOUND = {"back_to": "2026-11-22T08:00", "found_at": "2026-11-23T08:00", "reason": "Drift"}
NOW = "2026-11-23T08:00"


def words(response):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


@pytest.fixture
def measured(plant):
    """A car with one inspection of each procedure on the plant's rig, finished a minute before AT."""
    for procedure in ("BAT-EOL", "DRV-EOL"):
        record_inspection(posted=plant.posted(procedure), rig=plant.rig, actor=plant.rig_actor, at=AT)
    Mark.objects.all().delete()
    return plant.vehicle


def act(client, plant, name, seen=None, **sent):
    more = {} if seen is None else {"seen": seen}
    return client.post(f"/rigs/{plant.rig.code}/{name}/", {**sent, **more})


def test_the_list_says_of_each_rig_whether_what_it_measures_counts_the_worst_first(plant, inspector):
    factories.make_rig("A-NONE", calibrated=False)
    factories.make_rig("B-OVER", until=AT - timedelta(hours=1))
    factories.make_rig("C-SOON", until=AT + timedelta(days=2))
    factories.make_rig("D-LOOK", calibrated=False, needs_calibration=False)
    out = factories.make_rig("E-OUT")
    OutOfTolerance.objects.create(
        rig=out, back_to=AT - timedelta(days=3), found_at=AT - timedelta(hours=2), reason="drift", recorded_at=AT
    )
    response = inspector.get("/rigs/")
    assert [(row.rig.code, row.state.status.value, row.state.words) for row in response.context["rows"]] == [
        ("A-NONE", "fail", "Not in calibration: no certificate holds"),
        ("B-OVER", "fail", "Not in calibration since 2026-11-23 07:00"),
        ("E-OUT", "fail", "Out of tolerance, found 2026-11-23 06:00, and no certificate since"),
        ("C-SOON", "pending", "In calibration until 2026-11-25 08:00"),
        ("D-LOOK", "quiet", "Looks only; needs no calibration"),
        ("EOL-3", "pass", "In calibration until 2027-09-19 08:00"),
    ]
    assert "3 of 6 rigs measure what does not count" in words(response)


@pytest.fixture
def many(plant):
    """One rig in each state beside the plant's own, which is in calibration, never heard and authorised."""
    factories.make_rig("A-NONE", calibrated=False, last_heard_at=AT - timedelta(minutes=16))
    factories.make_rig("B-OVER", until=AT - timedelta(hours=1), last_heard_at=AT, line="L2")
    factories.make_rig("C-SOON", until=AT + timedelta(days=2), last_heard_at=AT - timedelta(minutes=15), line="L2")
    factories.make_rig("D-LOOK", calibrated=False, needs_calibration=False, last_heard_at=AT)
    Rig.objects.filter(code="D-LOOK").update(name="Gap and flush camera")


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("", ["A-NONE", "B-OVER", "C-SOON", "D-LOOK", "EOL-3"]),
        ("state=calibrated", ["C-SOON", "EOL-3"]),
        ("state=ending", ["C-SOON"]),
        ("state=out", ["A-NONE", "B-OVER"]),
        ("state=looks", ["D-LOOK"]),
        ("state=silent", ["A-NONE"]),
        ("state=unheard", ["EOL-3"]),
        ("state=unauthorised", ["A-NONE", "B-OVER", "C-SOON", "D-LOOK"]),
        ("state=nonsense", ["A-NONE", "B-OVER", "C-SOON", "D-LOOK", "EOL-3"]),
        ("q=soon", ["C-SOON"]),
        ("q=+CAMERA+", ["D-LOOK"]),
        ("q=l2", ["B-OVER", "C-SOON"]),
        ("q=l2&state=out", ["B-OVER"]),
        ("q=nothing%00", []),
        ("after=C-SOON", ["D-LOOK", "EOL-3"]),
        ("after=A-NONE&state=out", ["B-OVER"]),
    ],
)
def test_the_list_is_narrowed_by_state_and_words_and_so_is_its_file(many, inspector, asked, expected):
    assert sorted(row.rig.code for row in inspector.get(f"/rigs/?{asked}").context["rows"]) == expected
    if "after" not in asked:
        file = b"".join(inspector.get(f"/rigs/?{asked}&export=rigs.csv").streaming_content).decode("utf-8-sig")
        rows = list(csv.reader(file.splitlines()))
        begin = next(number for number, row in enumerate(rows) if row[:1] == ["Rig"])
        assert [row[0] for row in rows[begin + 1 : begin + 1 + len(expected)]] == expected
        assert rows[-1] == ["End of the list, rows:", str(len(expected))]


def test_the_filter_stands_above_the_file_and_in_the_heading(many, inspector):
    page = inspector.get("/rigs/?q=l2&state=out")
    assert page.context["heading"] == "Does not count: 1 rig"
    assert inspector.get("/rigs/?q=l2").context["heading"] == "l2: 2 rigs"
    link = "/rigs/?q=l2&amp;state=out&amp;export=rigs.csv"
    assert link in page.content.decode()
    file = b"".join(inspector.get(link.replace("&amp;", "&")).streaming_content).decode("utf-8-sig")
    rows = list(csv.reader(file.splitlines()))
    assert [row for row in rows if row[:1] in (["State"], ["Code, name or line contains"])] == [
        ["State", "Does not count"],
        ["Code, name or line contains", "l2"],
    ]
    assert "Take the filter away to see all." in words(inspector.get("/rigs/?q=nothing"))


def test_a_page_of_a_narrowed_list_goes_on_where_it_ended(plant, inspector):
    for number in range(101):
        factories.make_rig(f"N-{number:03}", calibrated=False)
    first = inspector.get("/rigs/?state=out")
    assert [row.rig.code for row in first.context["rows"]] == [f"N-{number:03}" for number in range(100)]
    last = inspector.get(first.context["pager"].next_url)
    assert [row.rig.code for row in last.context["rows"]] == ["N-100"]
    assert last.context["pager"].first_url == "/rigs/?state=out"


@pytest.mark.parametrize("asked", ["", "?state=out", "?q=eol&state=unauthorised"])
def test_the_list_asks_as_much_for_one_rig_as_for_three(plant, inspector, asked):
    def count():
        with CaptureQueriesContext(connection) as found:
            inspector.get(f"/rigs/{asked}")
        return len(found)

    factories.make_rig("EOL-6", calibrated=False)
    count()
    one = count()
    for code in ("EOL-7", "EOL-8"):
        factories.make_rig(code, procedures=list(plant.procedures.values()), calibrated=False)
        factories.make_rig(f"{code}-B", calibrated=False)
    assert count() == one


def test_before_an_act_is_done_the_page_says_how_many_cars_it_concerns(measured, plant, engineer):
    sent = {"back_to": "2026-11-22T08:00", "found_at": "2026-11-23T08:00", "reason": "Reference resistor drifted"}
    response = act(engineer, plant, "out-of-tolerance", **sent)
    assert (response.status_code, response.context["count"], OutOfTolerance.objects.count()) == (200, 1, 0)
    assert "1 car leans on it and is decided again." in words(response)
    assert act(engineer, plant, "out-of-tolerance", seen=1, **sent).status_code == 302
    finding = OutOfTolerance.objects.get()
    assert (finding.back_to, finding.found_at, finding.reason) == (
        datetime(2026, 11, 22, tzinfo=UTC),
        AT,
        "Reference resistor drifted",
    )
    assert set(Mark.objects.values_list("vehicle_id", "domain")) == {(measured.pk, "battery"), (measured.pk, "driving")}


def test_when_the_number_of_cars_changed_meanwhile_it_is_asked_again(measured, plant, engineer):
    sent = {"back_to": "2026-11-22T08:00", "found_at": "2026-11-23T08:00", "reason": "Drift"}
    response = act(engineer, plant, "out-of-tolerance", seen=0, **sent)
    assert (response.status_code, response.context["count"], OutOfTolerance.objects.count()) == (200, 1, 0)


def test_a_car_counts_once_and_only_for_the_time_and_procedure_concerned(measured, plant):
    since = AT - timedelta(hours=1)
    number = plant.rig.pk
    assert [
        vehicles_leaning_on(rig_id=number, since=since),
        vehicles_leaning_on(rig_id=number, since=since, until=AT - timedelta(minutes=2)),
        vehicles_leaning_on(rig_id=number, since=AT),
        vehicles_leaning_on(rig_id=number, since=since, procedure_id=plant.procedures["DRV-EOL"].pk),
        vehicles_leaning_on(rig_id=number, since=since, procedure_id=plant.procedures["CRS-EOL"].pk),
        vehicles_leaning_on(rig_id=number + 1, since=since),
    ] == [1, 0, 0, 1, 0, 0]


def test_a_certificate_is_entered_as_printed(plant, engineer):
    sent = {"certificate": " CAL-77 ", **LOCAL}
    assert act(engineer, plant, "calibration", seen=0, **sent).status_code == 302
    row = Calibration.objects.get(certificate="CAL-77")
    assert (row.valid_from, row.valid_until, row.recorded_at) == (AT, datetime(2027, 11, 23, tzinfo=UTC), AT)
    assert row.recorded_by.startswith(engineer.person.personnel_number)


def test_a_known_certificate_with_other_dates_is_refused_in_words(plant, engineer):
    response = act(engineer, plant, "calibration", seen=0, certificate="C-EOL-3", **LOCAL)
    assert response.status_code == 422
    assert "Certificate C-EOL-3 of EOL-3 is on record with other dates." in words(response)


def test_an_authorisation_is_given_and_withdrawn(plant, engineer, clock):
    extra = factories.make_procedure("BAT-X", "battery", {"X": {"unit": "V"}})
    sent = {"procedure": str(extra.pk), "effective_at": "2026-11-23T08:00"}
    assert act(engineer, plant, "authorise", seen=0, **sent).status_code == 302
    clock.go(minutes=1)
    assert act(engineer, plant, "withdraw", seen=0, reason="Fixture worn", **sent).status_code == 302
    rows = Authorisation.objects.filter(procedure=extra).order_by("pk").values_list("granted", "reason")
    assert list(rows) == [(True, ""), (False, "Fixture worn")]


@pytest.mark.parametrize(
    ("name", "sent", "wrong"),
    [
        ("calibration", {"certificate": "", **LOCAL}, {"certificate"}),
        ("calibration", {"certificate": "x" * 121, **LOCAL}, {"certificate"}),
        ("calibration", {"certificate": "a\x00b", **LOCAL}, {"certificate"}),
        ("calibration", {"certificate": "x", "valid_from": "soon", "valid_until": "9"}, {"valid_from", "valid_until"}),
        ("calibration", {"certificate": "x", **LOCAL, "valid_until": "2026-11-22T08:00"}, {"valid_until"}),
        ("calibration", {"certificate": "x", **LOCAL, "valid_from": "0001-01-01T00:00"}, {"valid_from"}),
        ("out-of-tolerance", {}, {"back_to", "found_at", "reason"}),
        ("out-of-tolerance", {**FOUND, "found_at": "2026-11-24T08:00"}, {"found_at"}),
        ("out-of-tolerance", {**FOUND, "found_at": "2026-11-21T08:00"}, {"found_at"}),
        ("out-of-tolerance", {**FOUND, "reason": "y" * 1_000_000}, {"reason"}),
        ("out-of-tolerance", {**FOUND, "reason": "a\u202eb"}, {"reason"}),
        ("authorise", {"procedure": "0", "effective_at": NOW}, {"procedure"}),
        ("authorise", {"procedure": "DROP", "effective_at": "2026-12-23T08:00"}, {"procedure", "effective_at"}),
        ("withdraw", {"effective_at": NOW}, {"procedure", "reason"}),
    ],
)
def test_what_cannot_be_so_is_refused_beside_its_field(plant, engineer, name, sent, wrong):
    before = (Calibration.objects.count(), Authorisation.objects.count(), OutOfTolerance.objects.count())
    response = act(engineer, plant, name, seen=0, **sent)
    assert response.status_code == 422
    form = next(each["form"] for each in response.context["acts"] if each["name"] == name)
    assert set(form.errors) == wrong
    assert (Calibration.objects.count(), Authorisation.objects.count(), OutOfTolerance.objects.count()) == before


def test_a_key_is_shown_once_and_opens(plant, sign_in):
    owner = sign_in(Role.CATALOGUE_OWNER)
    response = owner.post(f"/rigs/{plant.rig.code}/key/")
    secret = response.context["secret"]
    assert secret in response.content.decode()
    assert "no-store" in response["Cache-Control"]
    assert authenticate_key(secret, AT).rig == plant.rig
    assert secret not in owner.get(f"/rigs/{plant.rig.code}/").content.decode()
    assert LedgerEntry.objects.filter(act="key.issued", actor_id=owner.person.pk).count() == 1


def test_a_key_is_revoked_with_a_reason_and_opens_no_more(plant, sign_in, clock):
    owner = sign_in(Role.CATALOGUE_OWNER)
    secret = issue_key(rig=plant.rig, at=AT)
    key = ApiKey.objects.get()
    address = f"/rigs/{plant.rig.code}/key/{key.prefix}/revoke/"
    assert owner.post(address, {"reason": " "}).status_code == 422
    assert authenticate_key(secret, AT).rig == plant.rig
    assert owner.post(address, {"reason": "Rig sold"}).status_code == 302
    with pytest.raises(KeyRefused):
        authenticate_key(secret, AT)
    assert LedgerEntry.objects.get(act="key.revoked").reason == "Rig sold"


@pytest.mark.parametrize("path", ["/rigs/NO/", "/rigs/%00/", "/rigs/EOL-3/key/none/revoke/", "/rigs/EOL-3/melt/"])
def test_what_is_no_rig_or_act_is_not_found(plant, sign_in, path):
    client = sign_in(Role.CATALOGUE_OWNER, Role.ENGINEER)
    response = client.post(path) if "EOL-3" in path else client.get(path)
    assert response.status_code == 404
