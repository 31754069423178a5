"""The loading commands as people use them: files and folders, what is said, and what is said when it is refused."""

import io

import pytest
from django.core.management import CommandError, call_command

from inspections.catalogue.models import PlanRevision, VehicleModel
from inspections.management.demonstration.accounts import PASSWORD as DEMO_PASSWORD
from inspections.people.choices import Role
from tests.catalogue.documents import CATALOGUE, PLAN, line_of
from tests.factories import make_person

pytestmark = pytest.mark.django_db


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "catalogue.yaml").write_text(CATALOGUE, encoding="utf-8")
    (tmp_path / "plans").mkdir()
    (tmp_path / "plans" / "su7.yml").write_text(PLAN, encoding="utf-8")
    (tmp_path / "notes.txt").write_text("not YAML: [", encoding="utf-8")
    return tmp_path


def run(command, *arguments, **options):
    out = io.StringIO()
    call_command(command, *map(str, arguments), stdout=out, **options)
    return out.getvalue()


def test_one_folder_serves_both_commands(folder):
    assert "characteristic: 3 added, 0 changed, 0 unchanged" in run("load_catalogue", folder)
    assert run("load_catalogue", folder) == "Nothing changed: 8 entries stand as they were.\n"
    assert run("load_plan", folder) == (
        "SU7-MAX-CN: drafted as revision 1: two people approve it before it is in force\n"
    )
    assert run("load_plan", folder) == "SU7-MAX-CN: nothing changed, revision 1 holds these lines\n"


def test_one_file_may_hold_both_formats(tmp_path):
    both = tmp_path / "both.yaml"
    both.write_text(f"{CATALOGUE}---\n{PLAN}", encoding="utf-8")
    run("load_catalogue", both)
    assert "drafted as revision 1" in run("load_plan", both)


def test_a_refusal_lists_every_error_and_loads_nothing(folder):
    file = folder / "catalogue.yaml"
    file.write_text(
        CATALOGUE.replace("domain: battery", "domain: x").replace("kind: identity", "kind: y"), encoding="utf-8"
    )
    with pytest.raises(CommandError) as refused:
        run("load_catalogue", folder)
    said = str(refused.value).splitlines()
    text = file.read_text(encoding="utf-8")
    assert said[0].startswith(f"{file}:{line_of(text, 'domain: x')}: found 'x' for domain")
    assert said[1].startswith(f"{file}:{line_of(text, 'kind: y')}: found 'y' for kind")
    assert said[2:] == ["Errors: 2. Nothing was loaded."]
    assert not VehicleModel.objects.exists()


def test_what_is_no_yaml_names_its_line(tmp_path):
    (tmp_path / "a.yaml").write_text("format: interlock-catalogue/1\nmodels: [\n", encoding="utf-8")
    with pytest.raises(CommandError, match=r"a\.yaml:3: this is no YAML"):
        run("load_catalogue", tmp_path)


def test_a_path_that_is_not_there_and_a_folder_without_such_documents_are_errors(tmp_path, folder):
    with pytest.raises(CommandError, match="found neither a file nor a folder of that name"):
        run("load_plan", tmp_path / "nothing.yaml")
    with pytest.raises(CommandError, match="found no document of format interlock-plan/1"):
        run("load_plan", folder / "catalogue.yaml")


def test_a_document_of_an_unknown_format_is_an_error(tmp_path):
    (tmp_path / "a.yaml").write_text("format: interlock-catalogue/9\n", encoding="utf-8")
    with pytest.raises(CommandError, match="found 'interlock-catalogue/9' as format, expected"):
        run("load_catalogue", tmp_path)


def test_the_author_is_named_by_personnel_number_and_approves_nothing(folder, settings):
    settings.DEMO = True
    author, owner, engineer = (
        make_person(role) for role in (Role.CATALOGUE_OWNER, Role.CATALOGUE_OWNER, Role.ENGINEER)
    )
    for person in (author, owner, engineer):
        person.set_password(DEMO_PASSWORD)
        person.save()
    run("load_catalogue", folder)
    run("load_plan", folder, author=author.personnel_number)
    revision = PlanRevision.objects.get()
    assert revision.author == author
    with pytest.raises(CommandError, match="two others approve it"):
        run("approve_plan", "SU7-MAX-CN", revision=1, approver=author.personnel_number)
    assert "approved once" in run("approve_plan", "SU7-MAX-CN", revision=1, approver=owner.personnel_number)
    assert "in force" in run("approve_plan", "SU7-MAX-CN", revision=1, approver=engineer.personnel_number)


def test_outside_the_demo_an_approval_takes_the_approvers_password(folder, monkeypatch):
    run("load_catalogue", folder)
    run("load_plan", folder)
    owner = make_person(Role.CATALOGUE_OWNER)
    typed = iter(["wrong", "a long password"])
    monkeypatch.setattr("inspections.management.commands.approve_plan.getpass", lambda prompt: next(typed))
    with pytest.raises(CommandError, match="The password is wrong"):
        run("approve_plan", "SU7-MAX-CN", revision=1, approver=owner.personnel_number)
    assert "approved once" in run("approve_plan", "SU7-MAX-CN", revision=1, approver=owner.personnel_number)


def test_unknown_people_and_revisions_are_named(folder):
    run("load_catalogue", folder)
    with pytest.raises(CommandError, match="No active person has the personnel number 9999"):
        run("load_plan", folder, author="9999")
    with pytest.raises(CommandError, match="Plan SU7-MAX-CN has no revision 3"):
        run("approve_plan", "SU7-MAX-CN", revision=3, approver="9999")


def test_who_is_no_catalogue_owner_drafts_nothing(folder):
    run("load_catalogue", folder)
    with pytest.raises(CommandError, match="This needs the role catalogue_owner"):
        run("load_plan", folder, author=make_person(Role.INSPECTOR).personnel_number)
    assert not PlanRevision.objects.exists()
