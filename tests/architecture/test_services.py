"""One write path (law 2): what is on the record is written by services, each act with its moment handed in."""

import importlib
import inspect
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.architecture.sources import INSPECTIONS, calls, modules, texts

BOUNDARIES = ("web", "api", "admin", "tasks")
WRITES = re.compile(
    r"\.(create|bulk_create|get_or_create|update_or_create|bulk_update|update|delete|save|save_base|force_insert|"
    r"acreate|aupdate|adelete|asave)$"
)
SQL = re.compile(r"^\s*(with\b.*\b)?(insert into|update|delete from|truncate|copy|merge into)\s+\w", re.I | re.S)


def writes(*rooms: str) -> Iterator[str]:
    """Where something is written through Django's models, as `path: call`."""
    for path, tree in modules(*rooms):
        for _, name in calls(tree):
            if WRITES.search(name) and ("objects" in name or "_default_manager" in name or name.endswith(".save")):
                yield f"{path}: {name}"


@pytest.mark.law(2)
def test_law_2_no_boundary_writes_by_itself() -> None:
    assert list(writes(*BOUNDARIES)) == []
    assert [
        f"{path}:{line}" for path, tree in modules(*BOUNDARIES) for line, text in texts(tree) if SQL.match(text)
    ] == []


COMMANDS = {
    "inspections/management/demonstration/accounts.py": "accounts of the demo and their roles",
    "inspections/management/demonstration/plant.py": "rigs and the system client of the demo: master data",
}


@pytest.mark.law(2)
def test_law_2_commands_write_accounts_and_master_data_of_the_demo_alone() -> None:
    assert {found.partition(":")[0] for found in writes("management")} <= set(COMMANDS)
    named = [
        found for found in writes("management") if not re.search(r": (Group|User|SystemClient|Rig)\.|person", found)
    ]
    assert named == []
    assert [
        f"{path}:{line}" for path, tree in modules("management") for line, text in texts(tree) if SQL.match(text)
    ] == []


ONE_PLACE = {
    "inspection": "inspections/results/writing.py",
    "measurement": "inspections/results/writing.py",
    "ledgerentry": "inspections/records/services.py",
    "decision": "inspections/gates/writing.py",
    "vehiclegate": "inspections/gates/writing.py",
    "decider": "inspections/gates/consuming.py",
}
"""The one module that writes each of these tables."""

MODELS = {
    "inspection": "Inspection",
    "measurement": "Measurement",
    "ledgerentry": "LedgerEntry",
    "decision": "Decision",
    "vehiclegate": "VehicleGate",
    "decider": "Decider",
}


@pytest.mark.law(2)
@pytest.mark.parametrize("table", ONE_PLACE)
def test_law_2_each_table_of_the_record_is_written_in_one_place(table: str) -> None:
    statement = re.compile(rf"(insert into|update|copy|delete from)\s+inspections_{table}\b", re.I)
    call = re.compile(rf"^{MODELS[table]}\.(objects|_default_manager)\..*{WRITES.pattern}")
    # A row that is filled in and saved, as the ledger's single entries are.
    made = re.compile(rf"^{MODELS[table]}$")
    found = set()
    for path, tree in modules():
        if any(statement.search(text) for _, text in texts(tree)):
            found.add(path)
        if any(call.search(name) or made.search(name) for _, name in calls(tree)):
            found.add(path)
    assert found == {ONE_PLACE[table]}


def services() -> list[Callable[..., Any]]:
    """Every public function that a `services.py` defines or hands on."""
    found = {}
    for path in sorted(INSPECTIONS.glob("*/services.py")):
        module = importlib.import_module(f"inspections.{path.parent.name}.services")
        exported = getattr(module, "__all__", None) or [
            name for name, own in vars(module).items() if getattr(own, "__module__", "") == module.__name__
        ]
        for name in exported:
            own = getattr(module, name)
            if inspect.isfunction(own) and not name.startswith("_"):
                found[f"{module.__name__}.{name}"] = own
    return [found[name] for name in sorted(found)]


def named(function: Callable[..., Any]) -> str:
    return f"{function.__module__.removeprefix('inspections.')}.{function.__name__}"


POSITIONAL = {
    "rigs.services.authenticate_key": "reads who holds a key; it is no act",
}


def test_there_are_services() -> None:
    assert len(services()) > 30


@pytest.mark.parametrize("service", services(), ids=named)
def test_service_takes_its_arguments_by_name_alone(service: Callable[..., Any]) -> None:
    kinds = {parameter.kind for parameter in inspect.signature(service).parameters.values()}
    assert named(service) in POSITIONAL or kinds == {inspect.Parameter.KEYWORD_ONLY}


@pytest.mark.law(9)
@pytest.mark.parametrize("service", services(), ids=named)
def test_law_9_service_is_handed_its_moment(service: Callable[..., Any]) -> None:
    moment = inspect.signature(service).parameters["at"]
    assert moment.default is inspect.Parameter.empty
