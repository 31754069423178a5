"""Catalogue documents fit together and fit what is loaded; what is written once stays."""

import pytest

from inspections.catalogue.entries import CharacteristicFacts, Loaded
from inspections.catalogue.rules import catalogue_problems
from inspections.evaluation.facts import Kind
from tests.catalogue.documents import CATALOGUE, document, line_of

LOADED = Loaded(
    models=frozenset({"SU7", "YU7"}),
    configurations={"SU7-MAX-CN": ("SU7", "CN")},
    component_kinds=frozenset({"battery-pack"}),
    procedures={"BAT-EOL": "battery"},
    characteristics={
        "BOND": CharacteristicFacts("BOND", "BAT-EOL", Kind.VARIABLE, "ohm", "CC", ("charge-port", "pack")),
        "OLD": CharacteristicFacts("OLD", "BAT-EOL", Kind.ATTRIBUTE),
    },
    asked={"BOND": {"pack": "revision 2 of plan P"}},
)


def problems(text, loaded=Loaded()):  # noqa: B008 it is frozen
    return [(problem.line, problem.text) for problem in catalogue_problems([document(text)], loaded)]


def test_the_example_is_sound_alone_and_over_itself():
    assert problems(CATALOGUE) == []
    assert problems(CATALOGUE, LOADED) == []


CHANGES = [
    ("model: SU7,", "model: SU9,", "SU9", "found the model SU9, which the catalogue does not know"),
    ("component_kinds: [battery-pack]", "component_kinds: [wheel]", "[wheel]", "found the component kind wheel, which"),
    ("unit: V,", "", "code: OCV", "OCV is a variable without a unit; state it"),
    ("unit: ohm\n", "unit: Ohm\n", "unit: Ohm", "found the unit Ohm, which is not known; did you mean ohm?"),
    ("unit: ohm\n", "unit: ohm/km\n", "unit: ohm/km", "found the unit ohm/km, which is not known; a symbol that"),
    ("kind: identity,", "kind: identity, unit: V,", "code: SW", "found the unit V, but the kind identity has none"),
    ("kind: identity,", "kind: count, unit: V,", "code: SW", "found the unit V for a count, expected count or none"),
    (
        "kind: identity,",
        "kind: identity, condition: x,",
        "code: SW",
        "SW has a condition that no bare number can judge",
    ),
    ("unit: V, conf", "unit: V, condition: x, conf", "code: OCV", "OCV has a condition that no bare number can judge"),
    ("        standard: UN R100\n", "", "confidence: read", "BOND has the confidence read and names no standard"),
    ("characteristic: BOND,", "characteristic: XYZ,", "XYZ", "found XYZ, which is not one of BAT-EOL"),
    ("position: pack}", "position: roof}", "roof", "found the position roof for BOND, expected charge-port, pack"),
    (", position: pack}", "}", "adapter:", "found the position left out for BOND, expected charge-port, pack"),
    ("code: SW,", "code: OCV,", "identity", "found OCV again in characteristics, expected it once; it stands at"),
]


@pytest.mark.parametrize(("old", "new", "at", "said"), CHANGES)
def test_what_does_not_fit_is_told_at_its_line(old, new, at, said):
    changed = CATALOGUE.replace(old, new)
    ((line, words),) = problems(changed)
    assert words.startswith(said)
    assert line == line_of(changed, at)


def test_a_unit_of_the_plants_own_is_declared():
    own = CATALOGUE.replace("unit: V,", "unit: Number,").replace(
        "    characteristics:\n", "    own_units: [Number]\n    characteristics:\n"
    )
    assert problems(own) == []


def test_an_item_of_a_report_is_mapped_once():
    twice = CATALOGUE + "      - {adapter: wats_json, item: HV / Bonding, characteristic: BOND, position: pack}\n"
    last = len(twice.splitlines())
    assert problems(twice) == [(last, f"found the item 'HV / Bonding' again, expected it once; see line {last - 1}")]


def test_a_source_item_may_name_a_characteristic_loaded_before():
    assert problems(CATALOGUE.replace("characteristic: BOND, position: pack", "characteristic: OLD"), LOADED) == []


VARIABLE = "kind: variable\n        unit: "
FROZEN = [
    ("market: CN", "market: EU", "the market of SU7-MAX-CN is CN and written once, the file says EU; give a new code"),
    ("domain: battery", "domain: crash", "the domain of BAT-EOL is battery and written once, the file says crash"),
    (VARIABLE + "ohm", VARIABLE + "mohm", "the unit of BOND is ohm and written once"),
    (VARIABLE + "ohm\n", "kind: attribute\n", "the kind of BOND is variable and written once"),
    ("code: BAT-EOL\n", "code: BAT-EOL-2\n", "the procedure of BOND is BAT-EOL and written once"),
    ("[charge-port, pack]", "[charge-port]", "the position pack of BOND is asked for by revision 2 of plan P"),
]


@pytest.mark.parametrize(("old", "new", "said"), FROZEN)
def test_what_is_written_once_is_refused_in_words(old, new, said):
    changed = CATALOGUE.replace(old, new)
    assert changed != CATALOGUE
    assert [words for _, words in problems(changed, LOADED) if words.startswith(said)] != []


def test_a_position_that_nobody_asks_for_may_go_and_others_may_come():
    changed = CATALOGUE.replace("[charge-port, pack]", "[pack, drive-unit]")
    assert problems(changed, LOADED) == []


def test_the_same_code_in_two_files_names_both():
    first, second = (
        document(CATALOGUE, "a.yaml"),
        document("format: interlock-catalogue/1\nmodels:\n  - {code: SU7, name: Other}", "b.yaml"),
    )
    (found,) = catalogue_problems([first, second], Loaded())
    assert str(found) == "b.yaml:3: found SU7 again in models, expected it once; it stands at a.yaml:3 too"


def named(*positions):
    """The example with names of positions, in flow style."""
    lines = "".join(f"      - {{{each}}}\n" for each in positions)
    return CATALOGUE.replace("    characteristics:\n", f"    positions:\n{lines}    characteristics:\n", 1)


def test_positions_may_have_names():
    assert problems(named("code: pack, name: pack, name_zh: 电池包", "code: charge-port, name: charge port")) == []


def test_a_name_for_a_position_that_nothing_has_is_refused():
    text = named("code: drive, name: drive unit")
    said = "found a name for the position drive, which no characteristic of BAT-EOL has"
    assert problems(text) == [(line_of(text, "code: drive"), said)]


def test_a_position_that_only_a_loaded_characteristic_has_may_be_named():
    loaded = Loaded(
        characteristics={"OLD": CharacteristicFacts("OLD", "BAT-EOL", Kind.ATTRIBUTE, positions=("door",))},
        procedures={"BAT-EOL": "battery"},
    )
    assert problems(named("code: door, name: door"), loaded) == []


def test_a_position_is_named_once():
    text = named("code: pack, name: pack", "code: pack, name: battery pack")
    line = line_of(text, "name: pack}")
    said = f"found the position pack again, expected it once; see line {line}"
    assert problems(text) == [(line + 1, said)]
