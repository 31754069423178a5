"""Every list as a file: whole, with the filter that is on, by whoever may read its page."""

import csv
import io
import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from inspections.intake.models import Submission
from inspections.people.choices import Role
from inspections.records.models import LedgerEntry
from inspections.web.urls import urlpatterns
from tests import factories
from tests.depth import LONG
from tests.factories import AT
from tests.web.page_list import page_addresses

from .workbooks import read_workbook, texts

LISTS = {
    "batches": ("batches",),
    "batch": ("cars", "history"),
    "targets": ("targets",),
    "record": ("checkpoints",),
    "profiles": ("profiles",),
    "vehicles": ("cars",),
    "vehicle": ("inspections", "measurements", "history"),
    "nonconformances": ("board", "nonconformances"),
    "nonconformance": ("history",),
    "concessions": ("concessions",),
    "hold-lists": ("lists",),
    "hold-list": ("cars",),
    "certificates": ("certificates",),
    "dossiers": ("certificates",),
    "releases": ("releases",),
    "release": ("cars",),
    "intake": ("intake",),
    "submissions": ("files",),
    "rigs": ("rigs",),
    "rig": ("history", "authorisations", "calibrations", "findings", "keys"),
    "rig-cars": ("cars",),
    "rig-finding": ("cars",),
    "sampling": ("samples", "rejections"),
    "coverage": ("coverage",),
    "coverage-of": ("asked", "signed"),
    "plans": ("plans",),
    "plan": ("requirements", "history"),
    "plan-compare": ("differences",),
    "characteristics": ("characteristics",),
    "characteristic": ("values",),
    "operators": ("unknown", "known"),
    "notices": ("mails",),
}
EACH = [(page, name) for page, names in LISTS.items() for name in names]
EMPTY = {("sampling", "samples"), ("sampling", "rejections"), ("coverage", "coverage"), ("coverage-of", "asked")}
EMPTY |= {("dossiers", "certificates")}
EMPTY |= {("rig-finding", "cars"), ("plan", "history"), ("plan-compare", "differences"), ("rig-cars", "cars")}
EMPTY |= {("rig", "keys"), ("operators", "unknown"), ("notices", "mails")}
"""Lists that the filled plant leaves empty: tests of their own fill them."""


@pytest.fixture
def filled(clock, standing_filled_plant):
    return standing_filled_plant


@pytest.fixture
def pages(filled):
    from inspections.certificates.models import Certificate
    from inspections.dispositions.models import HoldList, Nonconformance
    from inspections.releases.models import Release
    from inspections.rigs.models import OutOfTolerance

    rig = filled.rig.code
    return {
        "batches": "/batches/",
        "batch": f"/batches/{filled.batch.number}/?cars=all&entries=all",
        "vehicle": f"/vehicles/{filled.vehicle.vin}/",
        "vehicles": "/vehicles/",
        "targets": "/targets/",
        "record": "/record/",
        "profiles": "/profiles/",
        "nonconformances": "/nonconformances/",
        "nonconformance": f"/nonconformances/{Nonconformance.objects.order_by('pk').first().number}/",
        "concessions": "/concessions/",
        "hold-lists": "/holds/lists/",
        "hold-list": f"/holds/lists/{HoldList.objects.get().number}/",
        "releases": "/releases/",
        "certificates": f"/vehicles/{Certificate.objects.get().vehicle.vin}/certificates/",
        "dossiers": f"/batches/{filled.batch.number}/certificates/",
        "release": f"/releases/{Release.objects.get().number}/",
        "intake": "/intake/",
        "submissions": "/intake/files/",
        "rigs": "/rigs/",
        "rig": f"/rigs/{rig}/",
        "rig-cars": f"/rigs/{rig}/cars/",
        "rig-finding": f"/rigs/{rig}/findings/{OutOfTolerance.objects.get().pk}/?cars=all",
        "sampling": "/sampling/",
        "coverage": "/coverage/",
        "coverage-of": f"/coverage/{filled.configuration.code}/",
        "plans": "/plans/",
        "plan": f"/plans/{filled.revision.plan.code}/1/",
        "plan-compare": f"/plans/{filled.revision.plan.code}/compare/",
        "characteristics": "/characteristics/?window=24h",
        "characteristic": "/characteristics/BOND/?window=24h",
        "operators": "/operators/",
        "notices": "/notices/",
    }


def file_of(client, page, name, form="csv"):
    return client.get(f"{page}{'&' if '?' in page else '?'}export={name}.{form}")


def read_csv(response):
    assert response.status_code == 200, response.content
    content = b"".join(response.streaming_content).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(content, newline="")))


def parts(rows):
    """What stands above a list, its headings, its rows; the count at its end is right."""
    head = rows[: rows.index([])]
    listed = rows[len(head) + 2 : -2]
    assert rows[-2:] == [[], ["End of the list, rows:", str(len(listed))]]
    return head, rows[len(head) + 1], listed


def listed(client, page, name):
    """The rows as dictionaries."""
    _head, headings, rows = parts(read_csv(file_of(client, page, name)))
    return [dict(zip(headings, row, strict=True)) for row in rows]


def test_every_list_is_known_here():
    found = {route.name: route.callback.exports for route in urlpatterns if getattr(route.callback, "exports", None)}
    assert found == LISTS


WITHOUT = {
    "today": "tasks of one person at this moment, each a link to its list",
    "search": "what was typed, found at once",
    "entry": "what is to be measured on one car now",
    "entry-to-test": "what is missing of a batch is in the file of its cars",
    "entry-recorded": "one inspection: the file of its car has it",
    "batch-matrix": "a drawing; its cars and their values are in the files of batch and vehicle",
    "intake-kept": "one thing that was kept",
    "concession": "one concession: the file of all has it",
    "nonconformance": "one nonconformance; the list of its fails is in the measurements of its car",
    "concession-propose": "an act: what may be chosen for it",
    "vehicle-move": "an act: what may be chosen for it",
    "rereading": "how far a reading has come; its files are in the file of all",
    "trace": "the first samples of a channel; the whole is handed out as Parquet beside it",
    "rejection": "one rejected sample with the batches that it reaches, as they stand while it is answered",
}
"""Pages with a table that is no list, and why."""


def test_every_page_with_a_list_hands_it_out(sign_in, filled):
    """Walks the routes: a table that is paged or that a page is about is a file too."""
    reader = sign_in(*Role)
    lacking = {}
    named = {str(each.pattern): each.name for each in urlpatterns}
    for route, address in page_addresses(filled).items():
        html = reader.get(address).content.decode()
        if ("<thead" in html or 'class="pager"' in html) and "export=" not in html:
            lacking[named[route]] = address
    assert {page: address for page, address in lacking.items() if page not in WITHOUT} == {}


def test_every_list_is_a_file_and_both_kinds_say_the_same(engineer, pages):
    for page, name in EACH:
        _compare(engineer, pages, page, name)


def _compare(engineer, pages, page, name):
    head, headings, rows = parts(read_csv(file_of(engineer, pages[page], name)))
    assert len(set(headings)) == len(headings)
    assert {len(row) for row in rows} <= {len(headings)}
    assert bool(rows) == ((page, name) not in EMPTY)
    assert head[0][0] == "Interlock"
    assert ["Read from", "2026-11-23T08:00:00+08:00"] in head
    assert ["Read by", str(engineer.person)] in head
    book = file_of(engineer, pages[page], name, "xlsx")
    assert book.status_code == 200
    sheets = read_workbook(b"".join(book.streaming_content))
    assert texts(sheets["About"])[0] == head[0]
    same = [[cell.replace("'", "") for cell in row] for row in rows]
    found = [
        [cell.replace("'", "") for cell in row + [""] * (len(headings) - len(row))] for row in texts(sheets["List"])
    ]
    assert found[0] == headings
    assert [list(map(_value, row)) for row in found[1:]] == [list(map(_value, row)) for row in same]


def _value(cell):
    """A number by its value: a workbook keeps the places that were written in its format."""
    return float(cell) if re.fullmatch(r"-?\d+(\.\d+)?", cell) else cell


def test_every_page_links_its_files_and_the_links_open(engineer, pages):
    for page in LISTS:
        html = engineer.get(pages[page]).content.decode()
        for name in LISTS[page]:
            _follow(engineer, pages, page, name, html)


def _follow(engineer, pages, page, name, html):
    links = re.findall(rf'href="([^"]*export={name}\.(?:csv|xlsx))"', html)
    if not links:
        assert (page, name) in EMPTY
        return
    assert [link.rpartition(".")[2] for link in links] == ["csv", "xlsx"]
    for link in links:
        answer = engineer.get(pages[page].partition("?")[0] + "?" + link.partition("?")[2].replace("&amp;", "&"))
        assert answer.status_code == 200
        assert b"".join(answer.streaming_content)


def test_a_file_is_for_whoever_may_read_the_page(sign_in, pages):
    """Each list is asked for by two roles in turn, by all of them with INTERLOCK_LONG=1."""
    nobody, without = Client(), sign_in()
    everybody = [sign_in(role) for role in Role]
    for place, (page, name) in enumerate(EACH):
        clients = everybody if LONG else [everybody[(place + step) % len(everybody)] for step in (0, 3)]
        assert (page, file_of(nobody, pages[page], name).status_code) == (page, 302)
        assert (page, file_of(without, pages[page], name).status_code) == (page, 403)
        answers = [file_of(client, pages[page], name) for client in clients]
        assert (page, name, [answer.status_code for answer in answers]) == (page, name, [200] * len(clients))


def test_reading_a_file_writes_nothing(engineer, pages):
    before = LedgerEntry.objects.count()
    with CaptureQueriesContext(connection) as asked:
        for page, name in EACH:
            read_csv(file_of(engineer, pages[page], name))
    assert LedgerEntry.objects.count() == before
    assert [query["sql"] for query in asked if not re.match(r"\s*(select|with)", query["sql"], re.IGNORECASE)] == []


def test_a_list_or_kind_that_is_none_is_not_found(engineer, pages):
    for asked in ["cars", "cars.ods", "batches.", ".csv", "", "__init__.csv", "cars.csv.csv", "cars.CSV"]:
        assert (asked, engineer.get("/batches/", {"export": asked}).status_code) == (asked, 404)


def test_a_file_of_what_is_not_there_is_not_found(engineer, pages):
    for page in ("/batches/NO/", "/vehicles/NO/", "/plans/NO/", "/rigs/NO/", "/releases/NO/", "/holds/lists/NO/"):
        for name in ("cars", "history", "inspections", "requirements"):
            assert (page, name, file_of(engineer, page, name).status_code) == (page, name, 404)


def test_a_file_is_named_by_subject_and_moment_and_is_kept_nowhere(engineer, pages):
    answer = file_of(engineer, pages["batch"], "cars")
    assert answer["Content-Disposition"] == (
        'attachment; filename="interlock-batch-SU7-2026W47-03-cars-20261123T080000+0800.csv"'
    )
    assert (answer["Content-Type"], answer["Cache-Control"]) == ("text/csv; charset=utf-8", "private, no-store")


def test_a_head_request_reads_no_list(engineer, pages):
    with CaptureQueriesContext(connection) as asked:
        answer = engineer.head("/intake/files/?export=files.xlsx")
    assert (answer.status_code, answer.content) == (200, b"")
    assert [query["sql"] for query in asked if "inspections_submission" in query["sql"]] == []


def test_a_file_that_fails_at_its_beginning_is_a_page_that_says_so(pages, sign_in, monkeypatch, settings):
    client = sign_in(Role.AUDITOR, client=Client(raise_request_exception=False))
    monkeypatch.setattr("inspections.web.exporting.of_batches.batch_summaries", lambda **_: 1 / 0)
    for form in ("csv", "xlsx"):
        assert file_of(client, "/batches/", "batches", form).status_code == 500


def test_a_file_has_its_words_in_the_language_of_the_reader_and_codes_beside_them(engineer, pages):
    engineer.cookies["django_language"] = "zh-hans"
    rows = read_csv(file_of(engineer, pages["batch"], "cars"))
    assert rows[0] == ["Interlock", f"批次{pages['batch'].split('/')[2]}的车辆"]
    headings = rows[rows.index([]) + 1]
    assert headings[:4] == ["车序", "车辆识别代号", "状态", "状态（代码）"]
    assert rows[-1][0] == "清单结束，行数："


class TestFilters:
    def test_batches_are_narrowed_as_the_page_is(self, engineer, pages):
        assert [row["Batch"] for row in listed(engineer, "/batches/?q=-08", "batches")] == ["SU7-2026W47-08"]
        assert listed(engineer, "/batches/?status=completed", "batches") == []
        head = parts(read_csv(file_of(engineer, "/batches/?q=-08", "batches")))[0]
        assert ["Number contains", "-08"] in head or ["Number contains", "'-08"] in head

    def test_cars_are_those_that_the_page_would_show(self, engineer, pages, filled):
        page = f"/batches/{filled.batch.number}/"
        for shown in ("", "?cars=wrong", "?cars=held", "?cars=failed", "?cars=all"):
            cars = [str(line.row.sequence) for line in engineer.get(page + shown).context["cars"]]
            assert (shown, [row["Car"] for row in listed(engineer, page + shown, "cars")]) == (shown, cars)

    def test_nonconformances_are_open_or_closed(self, engineer, pages):
        rows = listed(engineer, "/nonconformances/?state=open", "nonconformances")
        shown = [each["row"].number for each in engineer.get("/nonconformances/?state=open").context["rows"]]
        assert [row["Number"] for row in rows] == shown
        closed = [each["row"].number for each in engineer.get("/nonconformances/?state=closed").context["rows"]]
        rows = listed(engineer, "/nonconformances/?state=closed", "nonconformances")
        assert (len(closed), [row["Number"] for row in rows]) == (1, closed)

    def test_the_inbox_is_narrowed_as_the_page_is(self, engineer, pages):
        for query in ["", "?kind=refused", "?kind=waiting", "?q=refused-1", "?q=nobody", "?state=set_aside"]:
            shown = [str(row["kept"].pk) for row in engineer.get(f"/intake/{query}").context["rows"]]
            assert [row["Entry"] for row in listed(engineer, f"/intake/{query}", "intake")] == shown

    def test_files_are_narrowed_by_state(self, engineer, pages):
        assert [row["State (code)"] for row in listed(engineer, "/intake/files/?state=landed", "files")] == ["landed"]
        assert listed(engineer, "/intake/files/?state=quarantined", "files") == []


def test_measurements_are_exact_with_unit_limit_verdict_and_source(engineer, pages):
    rows = [row for row in listed(engineer, pages["vehicle"], "measurements") if row["Value"] == "0.2"]
    told = ("Characteristic (code)", "Unit", "Required", "Verdict", "Verdict (code)", "Class", "How sure (code)")
    assert [tuple(row[name] for name in told) for row in rows] == [
        ("BOND", "ohm", "less than 0.1 Ω", "Fail", "fail", "CC", "plant-default")
    ] * 2


def test_requirements_say_limits_exactly_and_whether_the_limit_itself_passes(engineer, pages):
    told = ("Characteristic (code)", "Positions (code)", "Lower limit", "The lower limit itself passes", "Upper limit")
    rows = listed(engineer, pages["plan"], "requirements")
    assert [tuple(row[name] for name in told) for row in rows][:2] == [
        ("BOND", "charge-port; pack", "", "", "0.1"),
        ("ISO", "", "500", "yes", ""),
    ]
    assert [row["The upper limit itself passes"] for row in rows][:2] == ["no", ""]


def test_a_list_is_whole_and_each_row_once_far_beyond_a_page(engineer, filled):
    Submission.objects.bulk_create(
        Submission(rig=filled.rig, sha256=f"{number:064}", name=f"{number}.json", size=1, received_at=AT)
        for number in range(1, 1_204)
    )
    found = [row["Number"] for row in listed(engineer, "/intake/files/", "files")]
    assert found == [str(pk) for pk in Submission.objects.order_by("-pk").values_list("pk", flat=True)]


def test_a_file_takes_as_many_statements_with_three_rows_as_with_one(engineer, pages, filled):
    from inspections.intake.services import post_inspection
    from inspections.results.services import record_inspections

    wanted = [
        ("batches", "batches"), ("batch", "cars"), ("batch", "history"), ("rigs", "rigs"), ("submissions", "files"),
        ("plans", "plans"), ("vehicle", "inspections"), ("vehicle", "measurements"), ("vehicle", "history"),
        ("intake", "intake"),
    ]  # fmt: skip

    def asked():
        found = {}
        for page, name in wanted:
            with CaptureQueriesContext(connection) as statements:
                read_csv(file_of(engineer, pages[page], name))
            found[page, name] = len(statements)
        return found

    once = asked()
    for number in (1, 2):
        factories.make_batch(f"B-{number}")
        factories.make_rig(f"R-{number}")
        factories.make_revision(factories.make_configuration(f"C-{number}"), factories.LINES)
        Submission.objects.create(rig=filled.rig, sha256=f"{number:064}", size=1, received_at=AT)
        body = f'{{"id": "refused-{number + 1}", "vin": "{filled.vehicle.vin}"}}'.encode()
        post_inspection(rig=filled.rig, body=body, media_type="application/json", actor=filled.rig_actor, at=AT)
        item = filled.posted("BAT-EOL", id=f"M-{number}", finished_at=AT)
        record_inspections(items=[item], rig=filled.rig, actor=filled.rig_actor, at=AT)
    factories.make_vehicles(filled.batch, 2)
    assert asked() == once
