"""Every law of the design is proved by tests that carry its number, and each of them really runs."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1]

LAWS = {
    1: "Fail closed",
    2: "One write path",
    3: "Judged once, then frozen",
    4: "Nothing is edited, nothing is deleted",
    5: "Exact numbers",
    6: "The vehicle decides, the batch sums up",
    7: "The database knows what is undecided",
    8: "Submitting is not approving, and clear is not released",
    9: "Time is an argument",
    10: "Every refusal explains itself",
}

Function = ast.FunctionDef | ast.AsyncFunctionDef


def marks(node: ast.AST) -> set[int]:
    """The laws that `pytest.mark.law(n)` names anywhere below the node."""
    return {
        call.args[0].value
        for call in ast.walk(node)
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and call.func.attr == "law"
        and isinstance(call.args[0], ast.Constant)
        and isinstance(call.args[0].value, int)
    }


def named(function: Function) -> set[int]:
    return {int(number) for number in re.findall(r"law_(\d+)", function.name)}


def decorated(node: Function | ast.ClassDef) -> set[int]:
    return set().union(*(marks(decorator) for decorator in node.decorator_list))


def cases_of(tree: ast.Module) -> Iterator[tuple[str, set[int]]]:
    """Each test of a file with the laws that it stands for: by its name, its marks, its class's and its file's."""
    whole = set()
    for node in tree.body:
        if isinstance(node, ast.Assign) and any(getattr(name, "id", "") == "pytestmark" for name in node.targets):
            whole = marks(node.value)
    for node in tree.body:
        if isinstance(node, Function) and node.name.startswith("test"):
            yield node.name, whole | decorated(node) | named(node)
        if isinstance(node, ast.ClassDef) and node.name.startswith("Test"):
            for inner in node.body:
                if isinstance(inner, Function) and inner.name.startswith("test"):
                    yield inner.name, whole | decorated(node) | decorated(inner) | named(inner)


@cache
def read_cases(path: Path) -> list[tuple[str, set[int]]]:
    return list(cases_of(ast.parse(path.read_text(encoding="utf-8"))))


@pytest.fixture(scope="module")
def by_law() -> dict[int, list[str]]:
    found: dict[int, list[str]] = defaultdict(list)
    for path in sorted(TESTS.rglob("test_*.py")):
        for name, laws in read_cases(path):
            for law in laws:
                found[law].append(f"{path.relative_to(TESTS)}::{name}")
    return found


@pytest.mark.parametrize("law", LAWS, ids=lambda law: f"{law} {LAWS[law]}")
def test_law_has_tests_that_carry_its_number(by_law: dict[int, list[str]], law: int) -> None:
    assert by_law[law]


def test_no_test_carries_a_number_that_is_no_law(by_law: dict[int, list[str]]) -> None:
    assert set(by_law) == set(LAWS)


def test_what_is_collected_is_what_pytest_collects(request: pytest.FixtureRequest) -> None:
    """The reading above agrees with pytest on the tests of this run, so that it cannot count what never runs."""
    for item in request.session.items:
        own = {mark.args[0] for mark in item.iter_markers("law")} | {
            int(number) for number in re.findall(r"law_(\d+)", item.name.split("[")[0])
        }
        name = item.name.split("[")[0]
        read = [laws for test, laws in read_cases(item.path) if test == name]
        assert own in read, f"{item.nodeid} stands for {own}, read as {read}"
