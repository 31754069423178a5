"""WATS reports in XML: the same report in both encodings is the same inspection, and its traps are the same traps."""

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inspections.adapters import registry
from inspections.adapters.canonical import AdapterError, Comparator, ItemClaim, Measured, ParseContext
from inspections.adapters.wats_xml import WatsXmlAdapter
from tests.adapters.fuzzing import damaged, outcome, truncations
from tests.adapters.oracle import FIXTURES, SAMPLES, read, read_fixture, recompute
from tests.depth import every, examples

PASSED = (FIXTURES / "pack-eol-passed.xml").read_bytes()
FAILED = (FIXTURES / "pack-eol-failed.xml").read_bytes()
HEAD = (
    '<Reports xmlns="http://wats.virinco.com/schemas/WATS/Report/wsxf"><Report type="UUT" ID="r-1" SN="S" '
    'Start="2026-11-20T08:00:00+08:00" Result="Passed"><Step Name="Main" StepType="SequenceCall" Status="Passed">'
)


def read_xml(data, **context):
    return list(WatsXmlAdapter().parse(io.BytesIO(data), ParseContext(**context)))


def step(content):
    """The items of a report with these steps."""
    (report,) = read_xml(f"{HEAD}{content}</Step></Report></Reports>".encode())
    return report.items


def refusal(data):
    with pytest.raises(AdapterError) as refused:
        read_xml(data)
    return str(refused.value)


@pytest.mark.parametrize("name", ["pack-eol-passed", "pack-eol-failed", "repair"])
def test_both_encodings_of_a_report_are_equal(name):
    assert read_xml((FIXTURES / f"{name}.xml").read_bytes()) == [read_fixture(name)]


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="the folder of real rig files is not here")
def test_both_encodings_of_the_real_report_are_equal():
    (found,) = read_xml((SAMPLES / "uut-wsxf-export.xml").read_bytes())
    assert found == read((SAMPLES / "uut-wsjf-export.json").read_bytes())
    checks = [item for item in found.items if item.comparator is not None]
    assert [recompute(item) for item in checks] == [item.claimed.value for item in checks]


def test_several_reports_are_several_inspections():
    both = PASSED.replace(b"</Reports>", b"") + FAILED[FAILED.index(b"<Report ") :]
    assert read_xml(both) == [read_fixture("pack-eol-passed"), read_fixture("pack-eol-failed")]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "iso-8859-1"])
def test_encodings_that_the_document_declares(encoding):
    text = PASSED.decode().replace('encoding="utf-8"', f'encoding="{encoding}"')
    assert read_xml(text.encode(encoding)) == [read_fixture("pack-eol-passed")]


@pytest.mark.law(1)
def test_a_repair_is_never_a_test():
    (found,) = read_xml((FIXTURES / "repair.xml").read_bytes())
    assert (found.not_a_test, found.items) == ("a repair report (type R) is no test, whatever its result", ())


@pytest.mark.law(1)
@pytest.mark.parametrize(
    ("attributes", "value", "measured", "comparator"),
    [
        ('CompOperator="GE" LowLimit="1" Status="Passed"', None, Measured.NOT_MEASURED, "inside"),
        ('NumericValue="NaN" CompOperator="GE" LowLimit="1" Status="Passed"', "NaN", Measured.MEASURED, "inside"),
        ('NumericValue="0" CompOperator="GE" LowLimit="1" Status="Skipped"', None, Measured.SKIPPED, "inside"),
        ('NumericValue="0" CompOperator="GE" LowLimit="1" Status="Terminated"', None, Measured.ERROR, "inside"),
        ('NumericValue="2" CompOperator="EQT" LowLimit="1" Status="Passed"', 2, Measured.MEASURED, "unparsed"),
        ('NumericValue="2" CompOperator="GE" LowLimit="INF" Status="Passed"', 2, Measured.MEASURED, "unparsed"),
        ('NumericValue="2" Status="Passed"', 2, Measured.MEASURED, "unparsed"),
    ],
)  # fmt: skip
def test_what_is_unclear_is_never_a_pass(attributes, value, measured, comparator):
    (item,) = step(f'<Step Name="N" StepType="ET_NLT" Status="Passed"><NumericLimit {attributes}/></Step>')
    assert (item.value, item.measured, item.comparator) == (value, measured, Comparator(comparator))
    assert recompute(item) == "indeterminate"


@pytest.mark.law(1)
def test_a_step_without_its_measurement_is_not_measured():
    (item,) = step('<Step Name="N" StepType="ET_NLT" Status="Passed"/>')
    assert (item.measured, item.comparator) == (Measured.NOT_MEASURED, Comparator.UNPARSED)


@pytest.mark.law(1)
def test_a_logged_value_claims_nothing():
    (item,) = step(
        '<Step Name="N" Status="Passed"><NumericLimit NumericValue="1" CompOperator="LOG" Status="Passed"/></Step>'
    )
    assert (item.comparator, item.claimed) == (None, ItemClaim.NONE)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (PASSED.replace(b'"UUT"', b'"UUX"'), "/Reports/Report[1]/type: found 'UUX', expected T (test) or R (repair)"),
        (PASSED.replace(b"+08:00", b"", 1).replace(b'00:10:03.1203450Z"', b'"'), "/Reports/Report[1]/start"),
        (b"<Reports><Rapport/></Reports>", "/Reports/*[1]: found an element 'Rapport', expected a Report"),
        (b"<!DOCTYPE Reports [<!ENTITY a 'b'>]>" + FAILED[FAILED.index(b"<Reports") :], "line 1 column"),
        (HEAD.encode(), "line 1 column"),
        ((HEAD + "</Step><Step/></Report></Reports>").encode(), "/Reports/Report[1]/Step: found 2 first steps"),
        ((HEAD + f'<Step Name="{"N" * 501}"/></Step></Report></Reports>').encode(), "/Reports/Report[1]/Step/Step[1]/"),
        ((HEAD + "<Step>" * 70 + "</Step>" * 70 + "</Step></Report></Reports>").encode(), "/Reports/Report[1]: found"),
        (b"", "line 1 column"),
    ],
)  # fmt: skip
def test_faults_are_refused_with_their_place(data, said):
    assert refusal(data).startswith(said)


def test_a_report_finds_its_reader():
    assert registry.detect(PASSED[:4096], "report.xml").name == "wats_xml"
    assert registry.detect(PASSED.decode().encode("utf-16")[:4096], "report.xml").name == "wats_xml"
    assert WatsXmlAdapter().sniff(b"<TestResults/>", "a.xml") == 0


@pytest.mark.law(1)
def test_a_report_cut_off_anywhere_is_refused():
    whole = FAILED.rstrip()
    assert [
        piece for piece in truncations(whole, every(5)) if outcome(WatsXmlAdapter(), piece, ParseContext()) is not None
    ] == []


@settings(max_examples=examples(200), deadline=None)
@given(damaged(FAILED), st.sampled_from([None, "utf-16", "cp1252", "gb18030", "nonsense"]))
def test_damage_is_read_or_refused(data, encoding):
    outcome(WatsXmlAdapter(), data, ParseContext(name="../../etc/passwd", encoding=encoding))
