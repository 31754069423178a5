"""`draft_procedure`: from a rig's file to YAML that the loaders read; stores nothing."""

import io

import pytest
from django.core.management import CommandError, call_command

from inspections.catalogue.documents import read_documents
from inspections.catalogue.entries import Loaded
from inspections.catalogue.models import PlanRevision, SourceItem
from inspections.catalogue.rules import catalogue_problems
from inspections.catalogue.schema import schema_problems
from tests.adapters.oracle import FIXTURES

REPORT = FIXTURES / "pack-eol-passed.json"


def draft(file, *more):
    out = io.StringIO()
    call_command("draft_procedure", str(file), "--domain", "battery", "--code", "PACK", *more, stdout=out)
    return out.getvalue()


def formats(text):
    documents, problems = read_documents("draft.yaml", text.encode())
    assert problems == []
    assert [problem for document in documents for problem in schema_problems(document)] == []
    return {document.format: document for document in documents}


def test_both_documents_are_printed_in_one():
    found = formats(draft(REPORT, "--configuration", "SU7-MAX-CN-P2"))
    assert list(found) == ["interlock-catalogue/1", "interlock-plan/1"]
    assert catalogue_problems([found["interlock-catalogue/1"]], Loaded()) == []
    assert found["interlock-plan/1"].content["plan"] == {
        "code": "SU7-MAX-CN-P2",
        "configuration": "SU7-MAX-CN-P2",
        "name": "Pack end of line",
        "note": "Drafted from report 7d0f5c1e-2b7a-4c55-9a53-0f6a1e3b9c01",
    }


def test_the_code_of_the_plan_may_be_given():
    plan = formats(draft(REPORT, "--configuration", "C", "--plan", "P"))["interlock-plan/1"].content["plan"]
    assert (plan["code"], plan["configuration"]) == ("P", "C")


def test_a_configuration_not_given_is_left_open_by_name():
    plan = formats(draft(REPORT))["interlock-plan/1"].content["plan"]
    assert plan["configuration"] == "FILL-IN-CONFIGURATION"


def test_a_folder_gets_one_file_for_each_document(tmp_path):
    said = draft(REPORT, "--out-dir", str(tmp_path / "drafts"), "--configuration", "C")
    files = [tmp_path / "drafts" / "PACK.yaml", tmp_path / "drafts" / "PACK-plan.yaml"]
    assert said == f"wrote {files[0]}\nwrote {files[1]}\n"
    assert [list(formats(file.read_text(encoding="utf-8"))) for file in files] == [
        ["interlock-catalogue/1"],
        ["interlock-plan/1"],
    ]


def test_an_edited_draft_is_not_overwritten(tmp_path):
    edited = tmp_path / "PACK-plan.yaml"
    edited.write_text("edited")
    with pytest.raises(CommandError, match="move it away first"):
        draft(REPORT, "--out-dir", str(tmp_path))
    assert edited.read_text() == "edited"
    assert not (tmp_path / "PACK.yaml").exists()


@pytest.mark.parametrize(
    "file, more, said",
    [
        (FIXTURES / "repair.json", [], "a repair report"),
        (FIXTURES / "absent.json", [], "No such file"),
        (REPORT, ["--format", "tdms"], "no reader named 'tdms'; there are: .*wats_json"),
        (FIXTURES, [], "Is a directory"),
    ],
)
def test_refusals_name_the_file(file, more, said):
    with pytest.raises(CommandError, match=said) as refusal:
        draft(file, *more)
    assert str(file) in str(refusal.value)


def test_a_broken_report_is_refused_with_its_place(tmp_path):
    broken = tmp_path / "broken.json"
    broken.write_bytes(REPORT.read_bytes()[:3000])
    with pytest.raises(CommandError, match=r"broken\.json: line \d+ column \d+: found broken JSON"):
        draft(broken)


def test_a_file_of_an_unknown_format_is_refused(tmp_path):
    other = tmp_path / "other.tdms"
    other.write_text("TDSm of another kind")
    with pytest.raises(CommandError, match=r"no reader claims 'other\.tdms'"):
        draft(other)


@pytest.mark.django_db
@pytest.mark.parametrize("report", ["pack-eol-passed", "traps"])
def test_what_is_printed_is_loaded_by_both_commands_and_a_second_time_changes_nothing(report, tmp_path):
    configuration = tmp_path / "configuration.yaml"
    configuration.write_text(
        "format: interlock-catalogue/1\n"
        "models: [{code: M, name: M}]\n"
        "configurations: [{code: C, model: M, trim: T, market: CN, pack_supplier: P}]\n"
    )
    drafted = tmp_path / "draft.yaml"
    drafted.write_text(draft(FIXTURES / f"{report}.json", "--configuration", "C"), encoding="utf-8")
    for _ in range(2):
        call_command("load_catalogue", str(configuration), str(drafted), stdout=io.StringIO())
        call_command("load_plan", str(drafted), stdout=io.StringIO())
    (revision,) = PlanRevision.objects.all()
    asked = revision.requirements.count()
    assert (revision.status, asked) == ("draft", {"pack-eol-passed": 14, "traps": 69}[report])
    assert SourceItem.objects.count() == {"pack-eol-passed": 20, "traps": 85}[report]
