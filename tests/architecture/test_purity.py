"""The judge and the readers of files need nothing but the standard library, no clock and no float."""

import ast
import subprocess
import sys

import pytest

from tests.architecture.sources import PROJECT, calls, modules

NO_FRAMEWORK = """
import importlib, pkgutil, sys
class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {refused}:
            raise ImportError(name + " is wanted by what has to be pure")
sys.meta_path.insert(0, Refuse())
count = 0
for room in ("inspections.evaluation", "inspections.adapters"):
    package = importlib.import_module(room)
    for module in pkgutil.walk_packages(package.__path__, room + "."):
        importlib.import_module(module.name)
        count += 1
print(count, sorted({{name.partition(".")[0] for name in sys.modules}} & {refused}))
"""
FRAMEWORKS = {"django", "rest_framework", "celery", "redis", "psycopg", "msgspec", "yaml"}


def test_evaluator_and_adapters_import_where_django_is_not_installed() -> None:
    run = subprocess.run(
        [sys.executable, "-c", NO_FRAMEWORK.format(refused=FRAMEWORKS)],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": ""},
    )
    assert run.stderr == ""
    count, _, left = run.stdout.strip().partition(" ")
    assert int(count) > 20
    assert left == "[]"


JUDGING = (
    "evaluation", "adapters", "results", "gates", "catalogue", "intake", "dispositions", "batches", "statistics",
)  # fmt: skip


@pytest.mark.law(5)
def test_law_5_no_binary_float_on_the_way_of_a_value_from_the_rig_to_the_verdict() -> None:
    found = []
    for path, tree in modules(*JUDGING):
        # How sure a reader is that a file is its own is no value of a rig.
        sure = {id(each.returns) for each in ast.walk(tree) if getattr(each, "name", "") == "sniff"}
        for node in ast.walk(tree):
            if isinstance(node, ast.Name) and node.id == "float" and id(node) not in sure:
                found.append(f"{path}:{node.lineno} names float")
            if isinstance(node, ast.Constant) and isinstance(node.value, float) and "adapters" not in path:
                found.append(f"{path}:{node.lineno} writes {node.value}")
            if isinstance(node, ast.Attribute) and node.attr in {"FloatField", "from_float"}:
                found.append(f"{path}:{node.lineno} uses {node.attr}")
        for call, name in calls(tree):
            if name == "round" or name.endswith(".quantize"):
                found.append(f"{path}:{call.lineno} rounds")
    assert found == []


@pytest.mark.law(5)
def test_law_5_no_column_of_a_model_is_a_binary_float() -> None:
    from django.apps import apps
    from django.db.models import FloatField

    columns = [field for model in apps.get_app_config("inspections").get_models() for field in model._meta.fields]
    assert len(columns) > 200
    assert [str(field) for field in columns if isinstance(field, FloatField)] == []


CLOCKS = {
    "inspections/web/access.py": "the one moment of a request of a person",
    "inspections/api/views/base.py": "the one moment of a request of a machine",
    "inspections/admin/pages.py": "a change in the admin",
    "inspections/admin/people.py": "a new password in the admin",
    "inspections/tasks/deciding.py": "a task begins",
    "inspections/tasks/intake.py": "a task begins",
    "inspections/tasks/notices.py": "a task begins",
    "inspections/tasks/sealing.py": "a task begins",
    "inspections/intake/turns.py": "when a reader was heard of last: a sign of life, no moment of an act",
    "inspections/management/commands/approve_plan.py": "a command begins",
    "inspections/management/commands/export_evidence.py": "a command begins",
    "inspections/management/commands/issue_key.py": "a command begins",
    "inspections/management/commands/load_catalogue.py": "a command begins",
    "inspections/management/commands/load_demo.py": "a command begins",
    "inspections/management/commands/load_plan.py": "a command begins",
    "inspections/management/commands/new_sealing_key.py": "a command begins",
    "inspections/management/commands/seal_ledger.py": "a command begins",
    "inspections/management/commands/verify_ledger.py": "a command begins",
    "inspections/management/commands/simulate_line.py": "the simulated line tells its time as rigs do",
    "inspections/management/simulation/playing.py": "the simulated line tells its time as rigs do",
}
"""Where the clock is looked at: once for each act, at its boundary."""

NOW = {"timezone.now", "datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time", "Now", "now"}


@pytest.mark.law(9)
def test_law_9_only_boundaries_look_at_a_clock() -> None:
    found = {path for path, tree in modules() for _, name in calls(tree) if name in NOW}
    assert found == set(CLOCKS)


@pytest.mark.law(9)
def test_law_9_no_statement_asks_the_database_for_the_time() -> None:
    from tests.architecture.sources import texts

    words = ("now()", "current_timestamp", "current_date", "clock_timestamp", "statement_timestamp", "localtimestamp")
    found = [
        f"{path}:{line}"
        for path, tree in modules()
        for line, text in texts(tree)
        if any(word in text.lower() for word in words)
    ]
    assert found == []


@pytest.mark.law(9)
def test_law_9_no_column_of_the_record_dates_itself() -> None:
    from django.apps import apps

    dated = [
        str(field)
        for model in apps.get_app_config("inspections").get_models()
        for field in model._meta.fields
        if getattr(field, "auto_now", False)
        or getattr(field, "auto_now_add", False)
        or (
            field.get_internal_type() in {"DateTimeField", "DateField"}
            and (field.has_default() or field.has_db_default())
        )
    ]
    # Django's own column of an account: when it was made. Nothing is decided by it.
    assert dated == ["inspections.User.date_joined"]
