"""`load_demo`: fills the demo once; a second run changes nothing; nowhere but in the demo."""

import io
import json
import stat
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.test import override_settings
from django.utils import timezone
from django.utils.translation import override

from inspections.catalogue.models import PlanRevision, Procedure
from inspections.evaluation.facts import Level
from inspections.gates.models import Coverage
from inspections.people.choices import Role
from inspections.people.models import User
from inspections.records.models import LedgerEntry
from inspections.rigs.models import ApiKey, Authorisation, Calibration, Rig, SystemClient
from inspections.rigs.services import authenticate_key
from inspections.web.plan_lines import changes_between, lines_in_words

TABLES = (User, PlanRevision, Procedure, Rig, SystemClient, ApiKey, Authorisation, Calibration, Coverage, LedgerEntry)


class Demo:
    """A demo as its first load left it; what a test does to it is rolled back."""

    def __init__(self, folder):
        self.folder = folder
        self.said = self.load()

    @property
    def file(self):
        return self.folder / "keys.json"

    def load(self):
        out = io.StringIO()
        call_command("load_demo", stdout=out)
        return out.getvalue()

    def rows(self):
        return {table.__name__: table.objects.count() for table in TABLES}


@pytest.fixture(scope="module")
def loaded(django_db_setup, django_db_blocker, tmp_path_factory):
    """Loaded once for all tests here, in a transaction that never commits."""
    folder = tmp_path_factory.mktemp("demo") / "demo"
    with django_db_blocker.unblock(), override_settings(DEMO=True, DEMO_FOLDER=folder), transaction.atomic():
        yield Demo(folder)
        transaction.set_rollback(True)


@pytest.fixture
def demo(loaded):
    with transaction.atomic():
        yield loaded
        transaction.set_rollback(True)


@pytest.mark.django_db
def test_load_demo_outside_the_demo_is_refused(settings):
    settings.DEMO = False
    with pytest.raises(CommandError, match="This is not the demo"):
        call_command("load_demo")
    assert User.objects.count() == 0


def test_second_run_changes_nothing(demo):
    before, keys = demo.rows(), demo.file.read_bytes()
    assert demo.load() == demo.said
    assert demo.rows() == before
    assert demo.file.read_bytes() == keys


def test_there_is_an_account_for_every_role_and_it_is_shown(demo):
    for account in ("inspector  0417", "engineer   0201", "officer2   0302", "auditor    0501", "admin      0001"):
        assert account in demo.said
    assert "interlock-demo" in demo.said
    assert User.objects.get(username="owner").check_password("interlock-demo")
    assert {name for user in User.objects.all() for name in user.groups.values_list("name", flat=True)} == set(Role)


def test_both_plans_are_approved_by_two_people_and_of_one_the_next_revision_waits(demo):
    revisions = PlanRevision.objects.order_by("number", "pk")
    found = revisions.values_list("status", "author__username", "first_approver__username", "second_approver__username")
    assert list(found) == [
        ("approved", None, "owner", "owner2"),
        ("approved", None, "owner", "owner2"),
        ("draft", "owner", None, None),
    ]


def test_the_draft_asks_three_things_otherwise_and_nothing_that_the_law_asks(demo):
    before, after = PlanRevision.objects.filter(plan__code="SU7-MAX-CN-P2").order_by("number")
    with override("en"):
        differing = changes_between(lines_in_words(before, "en"), lines_in_words(after, "en"))
    assert {(change.kind, change.line.code, change.line.row.legal) for change in differing} == {
        ("changed", "BAT-EOL-HIPOT-AC", False),
        ("changed", "BAT-EOL-LEAK-PACK", False),
        ("changed", "BAT-EOL-DCIR", False),
    }
    assert [[label for label, _was, _now in change.parts] for change in differing] == [["Required"]] * 3


def test_a_plan_that_a_person_drafted_is_left_to_them_by_a_second_run(demo):
    draft = PlanRevision.objects.get(status="draft")
    before = list(draft.requirements.order_by("pk").values())
    draft.note = "Mine"
    draft.save(update_fields=["note"])
    demo.load()
    draft.refresh_from_db()
    assert (draft.note, draft.status, list(draft.requirements.order_by("pk").values())) == ("Mine", "draft", before)


def test_every_procedure_has_a_rig_and_one_certificate_runs_out_soon(demo):
    at = timezone.now()
    procedures = set(Procedure.objects.values_list("code", flat=True))
    assert {f"{code}-R1" for code in procedures} <= set(Rig.objects.values_list("code", flat=True))
    assert Rig.objects.count() == len(procedures) + 3
    soon = Calibration.objects.filter(valid_until__gt=at, valid_until__lt=at + timedelta(days=14))
    assert [calibration.rig.code for calibration in soon] == ["BAT-EOL-ELEC-R2"]


def test_every_key_opens_and_only_its_owner_may_read_the_file(demo):
    assert stat.S_IMODE(demo.file.stat().st_mode) == 0o600
    keys = json.loads(demo.file.read_text())
    for code, key in keys.items():
        holder = authenticate_key(key, timezone.now())
        assert (holder.rig or holder.client).code == code
    assert set(keys) == {"MES", *Rig.objects.values_list("code", flat=True)}


def test_lost_file_of_keys_is_made_again(demo):
    kept = demo.file.read_bytes()
    demo.file.unlink()
    demo.load()
    assert authenticate_key(json.loads(demo.file.read_text())["MES"], timezone.now()).client.code == "MES"
    demo.file.write_bytes(kept)


def test_certificate_that_ran_out_is_renewed(demo):
    calibration = Calibration.objects.get(rig__code="BAT-EOL-ELEC-R2")
    ended = timezone.now() + timedelta(days=6)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(timezone, "now", lambda: ended)
        demo.load()
    renewed = Calibration.objects.filter(rig=calibration.rig).exclude(pk=calibration.pk).get()
    assert renewed.valid_from <= ended < renewed.valid_until


def test_coverage_is_a_demonstration_and_names_the_software(demo):
    for revision in PlanRevision.objects.all():
        asked = Procedure.objects.filter(
            characteristics__requirements__revision=revision,
            characteristics__requirements__level=Level.TYPE.value,
        ).distinct()
        found = {row.procedure_id: row for row in Coverage.objects.filter(configuration=revision.plan.configuration)}
        assert set(found) == {procedure.pk for procedure in asked}
        assert {row.kind for row in found.values()} == {"demonstration"}
        for procedure in asked:
            named = {item["system"] for item in found[procedure.pk].software}
            assert named == set(procedure.software_systems)
