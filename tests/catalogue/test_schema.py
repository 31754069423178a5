# ruff: noqa: E501 a table of refusals reads in rows
"""What a format does not allow is refused with file, line, what was found and what was expected."""

import pytest

from inspections.catalogue.schema import schema_problems
from tests.catalogue.documents import CATALOGUE, PLAN, document, line_of


def problems(text):
    return [(problem.line, problem.text) for problem in schema_problems(document(text))]


def test_the_examples_are_sound():
    assert problems(CATALOGUE) == []
    assert problems(PLAN) == []


CHANGES = [
    (CATALOGUE, "domain: battery", "domain: engine", "found 'engine' for domain, expected one of battery, crash, driving"),
    (CATALOGUE, "kind: variable\n        unit", "kind: number\n        unit", "found 'number' for kind, expected one of variable"),
    (CATALOGUE, "positions: [charge-port, pack]", "positions: [1, pack]", "found 1 for an entry of positions, expected a text; quote it"),
    (CATALOGUE, "positions: [charge-port, pack]", "positions: [pack, pack]", "positions names something twice"),
    (CATALOGUE, "name: High-voltage safety", "nmae: High-voltage safety", "found the key 'nmae', expected one of"),
    (CATALOGUE, "code: BOND\n", "code: BOND 1\n", "found 'BOND 1' for code, expected at most 64 letters"),
    (CATALOGUE, "clause: 5.1.2.2", "clause: 5.1", "found 5.1 for clause, expected a text; quote it"),
    (CATALOGUE, "name: High-voltage safety", 'name: ""', "name is empty, expected a text"),
    (CATALOGUE, "name: High-voltage safety", "name: " + "x" * 201, "name has 201 characters, expected at most 200"),
    (PLAN, "repeats: 1", "repeats: -1", "found -1 for repeats, expected at least 0"),
    (PLAN, "repeats: 1", "repeats: 0.5", "found 0.5 for repeats, expected a whole number"),
    (PLAN, "lower: 690", "lower: null", "found nothing for lower, expected a decimal or a text or a mapping"),
    (PLAN, "strict: true", "strict: 1", "found 1 for strict, expected true or false"),
    (PLAN, "strict: true", "inclusive: false", "found the key 'inclusive', expected one of strict, value"),
    (PLAN, "expression: one_of", "expression: among", "found 'among' for expression, expected one of inside"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "old", "new", "said"), CHANGES)
def test_what_the_format_does_not_allow_names_its_line(text, old, new, said):
    changed = text.replace(old, new)
    assert changed != text
    found = problems(changed)
    assert [line for line, words in found if words.startswith(said)] == [line_of(changed, new.splitlines()[0])]


def test_a_missing_key_is_named_at_its_entry():
    changed = CATALOGUE.replace("    domain: battery\n", "")
    assert problems(changed) == [(line_of(changed, "code: BAT-EOL"), "an entry of procedures lacks domain")]


def test_several_missing_keys_are_told_once():
    changed = CATALOGUE.replace("trim: Max, market: CN, ", "")
    assert problems(changed) == [(5, "an entry of configurations lacks trim, market")]


def test_an_unknown_format_is_refused():
    assert problems("a: 1\nformat: something/2") == [
        (2, "found 'something/2' as format, expected interlock-catalogue/1 or interlock-plan/1")
    ]
    assert problems("- 1\n- 2") == [(1, "found nothing as format, expected interlock-catalogue/1 or interlock-plan/1")]


def test_every_error_is_listed_at_once_in_order_of_lines():
    changed = (
        CATALOGUE.replace("domain: battery", "domain: x").replace("kind: identity", "kind: y").replace("code: SU7,", "")
    )
    assert [line for line, _ in problems(changed)] == [3, line_of(changed, "domain: x"), line_of(changed, "kind: y")]
