"""The project's own source, read as syntax trees: what no test of behaviour could see."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
INSPECTIONS = PROJECT / "inspections"


def modules(*rooms: str) -> Iterator[tuple[str, ast.Module]]:
    """Each module of the rooms (of all without one) by its path in the project, without tests and migrations."""
    for room in rooms or ("",):
        for path in sorted((INSPECTIONS / room).rglob("*.py")):
            if "migrations" not in path.parts:
                yield str(path.relative_to(PROJECT)), _parsed(path)


@cache
def _parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def calls(tree: ast.AST) -> tuple[tuple[ast.Call, str], ...]:
    """Each call with the dotted name of what is called, as far as it is one: `timezone.now`, `Rig.objects.create`."""
    return tuple((node, dotted(node.func)) for node in ast.walk(tree) if isinstance(node, ast.Call))


def dotted(node: ast.AST) -> str:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    if isinstance(node, ast.Call):
        return f"{dotted(node.func)}()"
    return "…"


@cache
def texts(tree: ast.AST) -> tuple[tuple[int, str], ...]:
    """Each string of the code with its line, statements of SQL among them; docstrings are left out."""
    documents = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    return tuple(
        (node.lineno, node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documents
    )
