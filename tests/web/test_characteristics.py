"""The pages of characteristics: the finding in a sentence, charts that tell the truth, the table behind them."""

import re
from datetime import timedelta
from decimal import Decimal
from html import unescape
from xml.etree.ElementTree import fromstring

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inspections.catalogue.models import Characteristic, Procedure, Requirement
from inspections.evaluation.reasons import Outcome
from inspections.results.models import Inspection, Measurement
from inspections.web import characteristic_charts, characteristic_page
from inspections.web.charts import ChartNotDrawn
from tests import factories
from tests.factories import AT, changed_value

MINUTE = timedelta(minutes=1)
HOSTILE = "<script>alert('x')</script>&\"]]>"


def words(response):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def charts(response):
    """Every chart of the page, parsed: by its id."""
    found = re.findall(r'<svg class="chart".*?</g></svg>', response.content.decode(), re.DOTALL)
    return {root.get("id"): root for root in map(fromstring, found)}


def shapes(chart):
    """How many shapes each group of a chart holds, without what every chart has."""
    always = {"c-row", "c-row-label", "c-moment", "c-moment-label", "c-zone", "c-limit", "c-limit-label"}
    groups = {each.get("class"): len(list(each)) for each in chart.iter("g") if each.get("class")}
    return {name: count for name, count in groups.items() if name not in always}


def links(chart):
    return [each.get("href") for each in chart.iter("a")]


def texts(chart, name):
    return [each.text for group in chart.iter("g") if group.get("class") == name for each in group]


def add_values(
    plant, values, *, code="BOND", rig=None, car=None, unit="ohm", position="charge-port", before=AT, held=None
):
    """Values of one characteristic straight into the record, a minute apart: value or (value, outcome). Their ids."""
    characteristic, car = Characteristic.objects.get(code=code), car or plant.vehicle
    held = held or Requirement.objects.filter(characteristic=characteristic).earliest("pk")
    same = {"rig_id": (rig or plant.rig).pk, "vehicle": car, "batch_id": car.batch_id, "digest": b"0" * 32}
    number = Inspection.objects.count()
    pairs = [value if isinstance(value, tuple) else (value, Outcome.PASS) for value in values]
    inspections = []
    for place, (_said, outcome) in enumerate(pairs):
        at = before - MINUTE * (len(pairs) - place)
        times = {"started_at": at, "finished_at": at, "recorded_at": at}
        told = {"procedure_id": characteristic.procedure_id, "revision_id": held.revision_id, "verdict": outcome}
        inspections.append(Inspection(external_id=f"E-{number + place}{HOSTILE}", **same, **times, **told))
    Inspection.objects.bulk_create(inspections)
    shared = {"characteristic_id": characteristic.pk, "requirement_id": held.pk, "unit": unit, "position": position}
    rows = []
    for inspection, (said, outcome) in zip(inspections, pairs, strict=True):
        number = bool(re.fullmatch(r"-?[\d.]+", said))
        value = {"value": Decimal(said)} if number else {"raw": said}
        rows.append(Measurement(inspection_id=inspection.pk, ordinal=0, outcome=outcome, reason=0, **shared, **value))
    Measurement.objects.bulk_create(rows)
    return [row.inspection_id for row in rows]


@pytest.fixture
def bonding(plant):
    """Values as `add_values` takes them."""
    return lambda *values, **changed: add_values(plant, values, **changed)


FAIL = Outcome.FAIL


def test_the_heading_says_how_many_failed(plant, inspector, bonding):
    assert "BOND: no result in this time" in words(inspector.get("/characteristics/BOND/"))
    bonding("0.041")
    assert "BOND: the only result did not fail" in words(inspector.get("/characteristics/BOND/"))
    bonding("0.042", ("0.100", FAIL))
    assert "BOND: 1 of 3 results failed" in words(inspector.get("/characteristics/BOND/"))


def test_a_rise_is_said_with_its_rig_and_only_where_it_is_certain(plant, inspector, bonding):
    other = factories.make_rig("EOL-7")
    bonding(*["0.040", "0.041"] * 20, rig=other)
    bonding(*["0.040"] * 20, *(f"0.0{place}" for place in range(40, 80)))
    response = inspector.get("/characteristics/BOND/")
    assert response.context["heading"] == "BOND: none of 100 results failed, the last 40 on EOL-3 rise"
    assert [(panel.rig, panel.note) for panel in response.context["charts"].panels] == [
        ("EOL-3", "the last 40 rise, middle 0.059 Ω, before them 0.040 Ω"),
        ("EOL-7", ""),
    ]


@pytest.mark.law(5)
def test_law_5_numbers_stand_as_they_were_written(plant, inspector, bonding):
    bonding("0.0410", "0.04", ("0.100", FAIL))
    response = inspector.get("/characteristics/BOND/")
    facts = {fact.label: fact.value for fact in response.context["facts"]}
    assert facts == {
        "Required": "less than 0.1 Ω", "Results": "3", "Pass": "2", "Fail": "1", "Unclear": "0", "Lowest": "0.04 Ω",
        "Middle value": "0.0410 Ω", "Highest": "0.100 Ω",
        "Control limits and capability": "not computed by this version",
    }  # fmt: skip
    rows = [(row["value"], row["room"], row["status"].value) for row in response.context["rows"]]
    assert rows == [("0.100 Ω", "none", "fail"), ("0.0410 Ω", "0.059 Ω", "pass"), ("0.04 Ω", "0.06 Ω", "pass")]


def test_every_mark_leads_to_its_inspection_and_a_fail_has_its_own_shape(plant, inspector, bonding):
    ids = bonding("0.041", "0.042", ("0.100", FAIL), ("0.0999", Outcome.INDETERMINATE), ("0.03", Outcome.NOT_JUDGED))
    found = charts(inspector.get("/characteristics/BOND/"))
    assert set(found) == {"run", "histogram"}
    assert sorted(links(found["run"])) == sorted(f"/vehicles/{plant.vehicle.vin}/#inspection-{n}" for n in ids)
    assert links(found["histogram"]) == []
    assert shapes(found["run"]) == {
        "c-rig-0": 2, "c-fail": 1, "c-cross": 1, "c-unclear": 1, "c-unjudged": 1, "c-limit-fails": 1,
    }  # fmt: skip


def test_both_charts_have_the_same_ordinate(plant, inspector, bonding):
    bonding("0.041", "0.052", ("0.100", FAIL))
    found = charts(inspector.get("/characteristics/BOND/"))

    def rows(chart):
        return [
            (each.get("transform"), each.text)
            for group in chart.iter("g")
            if group.get("class") == "c-row-label"
            for each in group
        ]

    assert rows(found["run"]) == rows(found["histogram"])
    assert texts(found["histogram"], "c-bar-count") == ["1", "1", "1"]


@pytest.mark.parametrize(
    ("limits", "said", "ends", "zones"),
    [
        ({"upper": Decimal("0.1"), "upper_inclusive": False}, ["less than 0.1 Ω (0.1 itself fails)"], {"fails": 1}, 1),
        ({"upper": Decimal("0.1")}, ["at most 0.1 Ω"], {"passes": 1}, 1),
        ({"lower": Decimal("0.02")}, ["at least 0.02 Ω"], {"passes": 1}, 1),
        (
            {"lower": Decimal("0.02"), "lower_inclusive": False, "upper": Decimal("0.1")},
            ["more than 0.02 Ω (0.02 itself fails)", "at most 0.1 Ω"], {"passes": 1, "fails": 1}, 2,
        ),
        (
            {"expression": "outside", "lower": Decimal("0.05"), "upper": Decimal("0.06")},
            ["at most 0.05 Ω", "at least 0.06 Ω"], {"passes": 2}, 1,
        ),
        ({"expression": "equal", "values": ["0.041"]}, ["exactly 0.041 Ω"], {}, 0),
        ({}, [], {}, 0),
    ],
    ids=["strict", "inclusive", "lower", "both", "outside", "exactly", "none"],
)  # fmt: skip
def test_limits_are_drawn_in_words_with_their_strictness(db, clock, sign_in, limits, said, ends, zones):
    from inspections.people.choices import Role

    plant = factories.make_plant(lines=[{"characteristic": "BOND", **limits}])
    add_values(plant, ["0.041", "0.043", "0.047"])
    run = charts(sign_in(Role.INSPECTOR).get("/characteristics/BOND/"))["run"]
    counts = {each.get("class"): len(list(each)) for each in run.iter("g") if each.get("class")}
    assert texts(run, "c-limit-label") == said
    assert {name: counts[f"c-limit-{name}"] for name in ("passes", "fails") if f"c-limit-{name}" in counts} == ends
    assert counts.get("c-zone", 0) == zones


def test_a_limit_far_off_is_named_at_the_edge(plant, inspector, bonding):
    bonding(*(str(812 + place % 4) for place in range(20)), code="ISO", unit="ohm/V", position="")
    run = charts(inspector.get("/characteristics/ISO/"))["run"]
    assert (texts(run, "c-limit-label"), texts(run, "c-limit-off")) == ([], ["at least 500 Ω/V"])


def test_a_value_far_off_is_drawn_at_the_edge_and_said(plant, inspector, bonding):
    bonding(*(f"0.0{place}" for place in range(40, 60)), ("99999", FAIL))
    response = inspector.get("/characteristics/BOND/")
    assert shapes(charts(response)["run"]) == {
        "c-rig-0": 20, "c-off-fail-above": 1, "c-cross": 1, "c-limit-fails": 1,
    }  # fmt: skip
    assert "1 value lies far off and is drawn as a wedge" in words(response)


def test_what_has_no_number_is_in_the_table_and_not_in_the_chart(plant, inspector, bonding):
    bonding("0.041", ("NaN", Outcome.INDETERMINATE), ("0.04", Outcome.INDETERMINATE))
    bonding(("3", Outcome.INDETERMINATE), unit="V")
    response = inspector.get("/characteristics/BOND/")
    assert shapes(charts(response)["run"]) == {"c-rig-0": 1, "c-unclear": 1, "c-limit-fails": 1}
    assert sorted(row["value"] for row in response.context["rows"]) == ["0.04 Ω", "0.041 Ω", "3 V", "NaN Ω"]
    assert "2 results have no number in a unit of ohm and are not drawn" in words(response)


def test_more_than_five_hundred_become_bands_of_extremes_and_every_fail_stays(plant, inspector, bonding):
    ids = bonding(*["0.040", "0.050", "0.045"] * 167, ("0.100", FAIL), ("0.2", FAIL))
    run = charts(inspector.get("/characteristics/BOND/"))["run"]
    found = shapes(run)
    assert (found["c-fail"], found["c-cross"], found["c-limit-fails"]) == (2, 2, 1)
    assert found["c-band"] == found["c-band-middle"] <= 120
    assert set(found) == {"c-fail", "c-cross", "c-limit-fails", "c-band", "c-band-middle"}
    to_inspections = [link for link in links(run) if link.startswith("/vehicles/")]
    assert sorted(to_inspections) == sorted(f"/vehicles/{plant.vehicle.vin}/#inspection-{n}" for n in ids[-2:])
    band = next(link for link in links(run) if link.startswith("/characteristics/"))
    opened = inspector.get(band)
    assert 0 < len(opened.context["rows"]) < 20


def test_each_rig_has_its_panel_and_its_shape_and_many_rigs_are_named(plant, inspector, bonding):
    rigs = [factories.make_rig(f"R-{place}") for place in range(8)]
    for place, rig in enumerate(rigs):
        bonding(("0.2", FAIL) if place == 7 else "0.041", "0.042", rig=rig)
    response = inspector.get("/characteristics/BOND/")
    panels = response.context["charts"].panels
    assert [(panel.rig, panel.shape) for panel in panels] == [
        (f"R-{place}", f"rig-{place}") for place in (0, 1, 2, 3, 4, 7)
    ]
    assert [rig for rig, _url in response.context["charts"].other_rigs] == ["R-5", "R-6"]
    assert shapes(charts(response)["rig-5"]) == {"c-rig-7": 1, "c-fail": 1, "c-cross": 1, "c-limit-fails": 1}
    alone = inspector.get("/characteristics/BOND/?rig=R-7")
    assert ([row["measured"].rig for row in alone.context["rows"]], alone.context["charts"].panels) == (
        ["R-7", "R-7"], (),
    )  # fmt: skip


def test_different_limits_are_each_named_and_of_too_many_none_is_drawn(plant, inspector, bonding):
    def tightened(upper):
        """A car of a batch that was opened under a tighter limit, and that limit."""
        changed = [{**line, "upper": Decimal(upper)} for line in factories.LINES if line["characteristic"] == "BOND"]
        held = factories.make_revision(plant.configuration, changed).requirements.get()
        return {"held": held, "car": factories.make_vehicle(factories.make_batch(f"B-{upper}"))}

    bonding("0.041")
    bonding("0.042", **tightened("0.05"))
    run = charts(inspector.get("/characteristics/BOND/"))["run"]
    assert texts(run, "c-limit-label") == [
        "less than 0.05 Ω (0.05 itself fails) (SU7-MAX-CN 2)",
        "less than 0.1 Ω (0.1 itself fails) (SU7-MAX-CN 1)",
    ]
    for upper in ("0.06", "0.07"):
        bonding("0.043", **tightened(upper))
    response = inspector.get("/characteristics/BOND/")
    assert texts(charts(response)["run"], "c-limit-label") == []
    assert "These results were held to 4 different limits, so none is drawn" in words(response)


def test_an_attribute_and_an_identity_get_counts_instead_of_a_chart(plant, inspector, bonding):
    bonding("true", "true", ("false", FAIL), code="HVIL", unit="", position="")
    response = inspector.get("/characteristics/HVIL/")
    assert charts(response) == {}
    assert [(each["words"], each["answer"].results, each["answer"].fails) for each in response.context["answers"]] == [
        ("does not conform", 1, 1),
        ("conforms", 2, 0),
    ]
    bonding("4.10", ('"' + HOSTILE[1:] + '"', FAIL), code="ADAS-SW", unit="", position="")


@pytest.mark.parametrize("code", ["BOND", "ISO", "HVIL", "BRAKE", "ADAS-SW", "SQUIB", "DTC"])
def test_hostile_text_stays_text(plant, inspector, code):
    rig = factories.make_rig(HOSTILE[:60])
    Characteristic.objects.filter(code=code).update(name=HOSTILE, name_zh=HOSTILE, positions=[HOSTILE])
    values = ["1", HOSTILE, ("x" * 5000, FAIL), ("2", FAIL), ("3", Outcome.INDETERMINATE)]
    units = {"BOND": "ohm", "ISO": "ohm/V", "BRAKE": "kN", "SQUIB": "ohm"}
    add_values(plant, values, code=code, rig=rig, unit=units.get(code, ""), position=HOSTILE)
    add_values(plant, ["4"], code=code, unit=HOSTILE[:16], position=HOSTILE)
    for language in ("en", "zh-hans"):
        html = inspector.get(f"/characteristics/{code}/", headers={"accept-language": language}).content.decode()
        assert "<script>alert" not in html
        assert HOSTILE.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")[:20] in html
    assert "<script>alert" not in inspector.get("/characteristics/").content.decode()


def test_the_table_is_worst_first_by_pages_of_a_hundred_that_do_not_move(plant, inspector, bonding, clock):
    bonding(("0.2", FAIL), *(f"0.0{10 + place % 80}" for place in range(150)))
    first = inspector.get("/characteristics/BOND/")
    assert (len(first.context["rows"]), first.context["pager"].words) == (100, "1 to 100 of 151 results, worst first")
    assert first.context["rows"][0]["value"] == "0.2 Ω"
    clock.go(minutes=5)
    bonding("0.0999")
    second = inspector.get(first.context["pager"].next_url.partition("#")[0])
    assert (len(second.context["rows"]), second.context["pager"].next_url) == (51, "")
    seen = [row["measured"].inspection_id for page in (first, second) for row in page.context["rows"]]
    assert len(set(seen)) == 151


def test_only_so_many_are_read_and_the_page_says_so(plant, inspector, bonding, monkeypatch):
    from inspections.web import characteristic_words
    from inspections.web.views import characteristics

    for module in (characteristic_page, characteristic_words, characteristics):
        monkeypatch.setattr(module, "MOST_VALUES", 3)
    bonding("0.041", "0.042", "0.043", ("0.044", FAIL), "0.045")
    response = inspector.get("/characteristics/BOND/")
    assert "BOND: 1 of 3 results failed" in words(response)
    assert "There are more: these are the newest 3, from 2026-11-23 07:57 on." in words(response)


def test_charts_that_cannot_be_drawn_leave_the_table(plant, inspector, bonding, monkeypatch):
    def refuse(*_args, **_named):
        raise ChartNotDrawn("no runtime")

    monkeypatch.setattr(characteristic_charts, "draw_chart", refuse)
    bonding("0.041")
    response = inspector.get("/characteristics/BOND/")
    assert (response.status_code, len(response.context["rows"])) == (200, 1)
    assert "The charts could not be drawn. The table has every value." in words(response)


def test_a_batch_is_looked_at_whole(plant, inspector, bonding):
    bonding("0.041", before=AT - timedelta(days=40))
    assert inspector.get("/characteristics/BOND/").context["rows"] == []
    response = inspector.get(f"/characteristics/BOND/?batch={plant.batch.number.lower()}")
    assert (len(response.context["rows"]), response.context["span"]) == (1, f"all of batch {plant.batch.number}")
    bounded = inspector.get(f"/characteristics/BOND/?batch={plant.batch.number}&window=24h")
    assert bounded.context["rows"] == []


@pytest.mark.parametrize(
    ("query", "where"),
    [
        ("batch=NO", "batch"),
        ("batch=%00", "batch"),
        ("rig=NO", "rig"),
        ("position=roof", "position"),
        ("product=SU9", "product"),
        ("window=9y", "window"),
        ("since=soon", "since"),
        ("since=2026-11-23T08:00&until=2026-11-22T08:00", "__all__"),
        ("since=2026-01-01T00:00&until=2026-11-22T08:00", "__all__"),
    ],
)
def test_a_filter_that_cannot_be_read_shows_nothing_rather_than_something_else(plant, inspector, bonding, query, where):
    bonding("0.041")
    response = inspector.get(f"/characteristics/BOND/?{query}")
    assert (response.status_code, set(response.context["form"].errors)) == (422, {where})
    assert "rows" not in response.context
    assert "This filter cannot be read" in words(response)


@pytest.mark.parametrize(
    "path",
    ["NO/", "%00/", "BOND/?after=1-0", "BOND/?after=x", "?after=NO"],
)
def test_what_is_no_characteristic_or_page_is_not_found(plant, inspector, path):
    assert inspector.get(f"/characteristics/{path}").status_code == 404


def test_the_list_is_worst_first_with_counts(plant, inspector, record):
    record(
        plant.posted(measurements=changed_value("BAT-EOL", "BOND", Decimal("0.2"), position="pack")),
        plant.posted("CRS-EOL"),
    )
    response = inspector.get("/characteristics/")
    rows = [(row["row"].code, row["counts"].results, row["counts"].fails) for row in response.context["rows"]]
    assert rows == [
        ("BOND", 2, 1),
        *((code, 1, 0) for code in ("DTC", "HVIL", "ISO", "SQUIB")),
        *((code, 0, 0) for code in ("ADAS-SW", "BRAKE")),
    ]
    assert response.context["heading"] == "1 of 5 characteristics measured has a fail"


def test_the_list_is_narrowed_by_words_procedure_and_rig(plant, inspector, record):
    record(plant.posted())
    factories.make_rig("EOL-9")
    Characteristic.objects.filter(code="ISO").update(name="Insulation", name_zh="绝缘")

    def found(query):
        return [row["row"].code for row in inspector.get(f"/characteristics/?{query}").context["rows"]]

    assert found("q=insul") == found("q=绝缘") == found("q=iso") == ["ISO"]
    assert found("procedure=CRS-EOL") == ["DTC", "SQUIB"]
    assert found("rig=EOL-3") == ["BOND", "HVIL", "ISO"]
    assert (found("rig=EOL-9"), found("q=%25")) == ([], [])
    assert inspector.get("/characteristics/?procedure=NO").status_code == 422


def test_every_link_of_the_list_opens(plant, inspector, record):
    record(plant.posted())
    html = inspector.get("/characteristics/").content.decode()
    found = {unescape(link) for link in re.findall(r'href="((?:/characteristics/|\?)[^"]*)"', html)}
    assert {inspector.get(f"/characteristics/{link}" if link[0] == "?" else link).status_code for link in found} == {
        200
    }
    assert {"/characteristics/BOND/?window=24h", "?procedure=BAT-EOL&window=24h"} <= found


def test_long_lists_come_by_the_hundred(plant, inspector):
    procedure = plant.procedures["CRS-EOL"]
    Characteristic.objects.bulk_create(
        Characteristic(procedure=procedure, code=f"X-{place:03d}", name="x", kind="count") for place in range(150)
    )
    first = inspector.get("/characteristics/")
    second = inspector.get(first.context["pager"].next_url)
    codes = [row["row"].code for page in (first, second) for row in page.context["rows"]]
    assert (len(first.context["rows"]), len(codes), len(set(codes))) == (100, 157, 157)


def asked(client, path):
    with CaptureQueriesContext(connection) as found:
        assert client.get(path).status_code == 200
    return len(found)


def test_one_result_asks_as_much_as_three(plant, inspector, bonding):
    paths = ("/characteristics/", "/characteristics/BOND/", f"/characteristics/BOND/?batch={plant.batch.number}")
    bonding("0.041")
    one = [asked(inspector, path) for path in paths]
    bonding("0.042", ("0.2", FAIL), rig=factories.make_rig("EOL-7"), car=factories.make_vehicle(plant.batch))
    assert [asked(inspector, path) for path in paths] == one == [7, 8, 9]


def test_an_empty_time_says_what_would_appear_and_offers_more(plant, inspector):
    response = inspector.get("/characteristics/BOND/?window=7d")
    assert "Results appear here as rigs post them and inspectors record them" in words(response)
    assert [words for words, _url in response.context["wider"]] == ["last 31 days"]
    assert "less than 0.1 Ω" in words(response)


def test_other_pages_lead_to_it(plant, engineer, record):
    fail = changed_value("BAT-EOL", "BOND", Decimal("0.2"), position="pack")
    record(plant.posted(measurements=fail))
    inspection = Inspection.objects.get()
    batch = plant.batch.number

    def leads(path):
        return set(re.findall(r'href="(/characteristics/[^"]*)"', engineer.get(path).content.decode()))

    by_batch = {f"/characteristics/{code}/?batch={batch}" for code in ("BOND", "ISO", "HVIL")}
    assert leads(f"/vehicles/{plant.vehicle.vin}/") == by_batch
    assert leads(f"/entry/recorded/{inspection.pk}/") == by_batch
    number = plant.vehicle.nonconformances.get().number
    assert leads(f"/nonconformances/{number}/") == {f"/characteristics/BOND/?batch={batch}"}
    assert f"/characteristics/BOND/?product={plant.configuration.code}" in leads("/plans/CP-SU7-MAX-CN/1/")
    assert f"/characteristics/?rig={plant.rig.code}" in leads(f"/rigs/{plant.rig.code}/")
    assert "/characteristics/" in leads("/plans/")
    for path in by_batch | {f"/characteristics/?rig={plant.rig.code}"}:
        assert engineer.get(path).status_code == 200


def test_positions_are_named_in_the_language_of_the_page(plant, inspector, bonding):
    Procedure.objects.update(position_names={"charge-port": ["charge port", "充电口"]})
    bonding(*["0.050"] * 40, position="pack")
    bonding(*(f"0.0{place}" for place in range(40, 80)))
    english = inspector.get("/characteristics/BOND/?position=charge-port")
    assert english.context["looked_at"] == ["charge port"]
    chinese = inspector.get("/characteristics/BOND/", headers={"accept-language": "zh-hans"})
    assert chinese.context["heading"] == "BOND：80个结果均无不合格，EOL-3（充电口）最近40个呈上升"
    assert {row["place"] for row in chinese.context["rows"]} == {"充电口", "pack"}
    assert "0.079 Ω，合格，第1台，充电口，EOL-3，2026-11-23 07:59" in {
        each[0].text for each in charts(chinese)["run"].iter("a")
    }


def test_the_scan_box_finds_it_by_code_and_by_name(plant, engineer):
    Characteristic.objects.filter(code="ISO").update(name="Insulation resistance", name_zh="绝缘电阻")
    assert engineer.get("/search/", {"q": "iso"})["Location"] == "/characteristics/ISO/"
    for text in ("insulation", "绝缘电阻"):
        hits = engineer.get("/search/", {"q": text}).context["hits"]
        assert [(hit.kind, hit.code) for hit in hits] == [("Characteristic", "ISO")]
