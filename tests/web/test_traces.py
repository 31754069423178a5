"""Traces on pages: with the inspection that they belong to, a channel drawn and as a table, and the file itself."""

import re
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inspections.intake.models import Trace
from inspections.intake.services import keep_traces
from inspections.intake.storage import path_of, read_whole
from tests.adapters.isomme_zips import channel, make_test
from tests.factories import AT
from tests.intake.test_tracing import read_file, record_test


@pytest.fixture(autouse=True)
def folder(settings, tmp_path: Path):
    settings.SUBMISSIONS_DIR = tmp_path / "submissions"


@pytest.fixture
def traced(plant):
    submission = read_file(plant)
    (trace,) = keep_traces(submission_id=submission.pk, at=AT)
    return trace, record_test(plant, submission)


def words(response):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def test_the_page_of_an_inspection_shows_its_traces_with_a_preview(engineer, traced):
    trace, inspection = traced
    page = engineer.get(f"/entry/recorded/{inspection.pk}/").content.decode()
    assert "Measured over time" in page
    assert f'href="/traces/{trace.pk}/"' in page
    assert f'<svg class="chart" id="trace-{trace.pk}"' in page
    assert "style=" not in page


def test_an_inspection_without_traces_shows_none(engineer, traced, plant):
    from inspections.results.models import Inspection
    from inspections.results.services import record_inspections

    record_inspections(items=[plant.posted("BAT-EOL", id="other")], rig=plant.rig, actor=plant.rig_actor, at=AT)
    other = Inspection.objects.get(external_id="other")
    assert "Measured over time" not in words(engineer.get(f"/entry/recorded/{other.pk}/"))


def test_a_trace_shows_its_channels_one_drawn_with_its_numbers(engineer, traced):
    trace, inspection = traced
    page = engineer.get(f"/traces/{trace.pk}/")
    assert page.status_code == 200
    assert page.content.decode().count('<svg class="chart"') == 1
    assert f'href="/entry/recorded/{inspection.pk}/"' in page.content.decode()
    assert "0.002 0.002 -90 -90 1" in words(page).replace("-90.0", "-90")
    other = engineer.get(f"/traces/{trace.pk}/", {"channel": "004 11CHST0000H3DSXC"})
    assert "Chest deflection" in words(other)
    assert "0.004 0.004 – – 1" in words(other)
    assert "questionable data" in words(page)


def test_a_channel_without_samples_has_nothing_to_draw(engineer, traced):
    page = engineer.get(f"/traces/{traced[0].pk}/", {"channel": "010 11NECKUP00H3MOYB"})
    assert "There is nothing to draw" in words(page)


def test_a_long_channel_is_drawn_in_spans(engineer, plant):
    samples = [str((place * 37) % 1000) for place in range(5000)]
    submission = read_file(plant, make_test(channel("11HEAD0000H3ACRA", samples)))
    (trace,) = keep_traces(submission_id=submission.pk, at=AT)
    page = engineer.get(f"/traces/{trace.pk}/").content.decode()
    assert 100 <= page.count("<tr><td") <= 160
    assert '<g class="c-band">' in page


def test_one_value_all_along_is_drawn(engineer, plant):
    submission = read_file(plant, make_test(channel("11HEAD0000H3ACRA", ["0.0"])))
    (trace,) = keep_traces(submission_id=submission.pk, at=AT)
    assert '<svg class="chart"' in engineer.get(f"/traces/{trace.pk}/").content.decode()


def test_the_file_is_handed_out_as_it_was_kept(engineer, traced):
    answer = engineer.get(f"/traces/{traced[0].pk}/file/")
    assert b"".join(answer.streaming_content) == read_whole(traced[0].sha256)
    assert answer["Content-Type"] == "application/vnd.apache.parquet"
    assert answer["Content-Disposition"] == f'attachment; filename="{traced[0].sha256[:16]}.parquet"'


def test_a_file_that_is_gone_or_altered_is_told(engineer, traced):
    trace, inspection = traced
    path_of(trace.sha256).unlink()
    for address in (f"/traces/{trace.pk}/", f"/entry/recorded/{inspection.pk}/"):
        page = engineer.get(address)
        assert page.status_code == 200
        assert "The trace is not on disk as it was kept" in words(page)
    assert engineer.get(f"/traces/{trace.pk}/file/").status_code == 404


@pytest.mark.parametrize("path", ["/traces/0/", "/traces/99999999/", "/traces/99999999/file/"])
def test_a_trace_that_is_none_is_not_found(engineer, db, path):
    assert engineer.get(path).status_code == 404


def test_a_channel_that_is_none_is_not_found(engineer, traced):
    assert engineer.get(f"/traces/{traced[0].pk}/", {"channel": "x"}).status_code == 404


def test_the_page_takes_as_many_queries_for_one_channel_as_for_twelve(engineer, traced, plant):
    submission = read_file(plant, make_test(channel("11HEAD0000H3ACRA", ["1", "2"])))
    keep_traces(submission_id=submission.pk, at=AT)
    counts = []
    for trace in Trace.objects.all():
        engineer.get(f"/traces/{trace.pk}/")
        with CaptureQueriesContext(
            connection,
        ) as queries:
            engineer.get(f"/traces/{trace.pk}/")
        counts.append(len(queries))
    assert counts[0] == counts[1]
