"""A draft as the YAML that `load_catalogue` and `load_plan` read (docs/catalogue-format.md)."""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal

from .drafting import Draft, DraftCharacteristic, DraftRequirement

OPEN_CONFIGURATION = "FILL-IN-CONFIGURATION"
"""Stands for a configuration that the caller did not name: `load_plan` refuses it with the line to edit."""


def draft_yaml(draft: Draft, *, known_units: Collection[str], plan: str, configuration: str) -> str:
    """Both documents in one file, which both commands read: each passes over the other's.

    `known_units` are those that can be converted; others are declared as the procedure's own.
    """
    catalogue = catalogue_yaml(draft, known_units=known_units)
    return f"{catalogue}---\n{plan_yaml(draft, plan=plan, configuration=configuration)}"


def catalogue_yaml(draft: Draft, *, known_units: Collection[str]) -> str:
    """The procedure with its characteristics and source items."""
    units = {characteristic.unit for characteristic in draft.characteristics} - {"", "-"}
    own_units = sorted(units - set(known_units))
    return "\n".join(
        [
            *_heading(draft),
            "format: interlock-catalogue/1",
            "",
            "procedures:",
            f"  - code: {_quoted(draft.code)}",
            f"    name: {_quoted(draft.name)}",
            f"    domain: {draft.domain}",
            "    software_systems: []   # systems whose change makes its results stale",
            "    component_kinds: []    # fitted parts whose change makes its results stale",
            *(
                [f"    own_units: [{_listed(own_units)}]   # of the rig, equal to themselves alone"]
                if own_units
                else []
            ),
            "    characteristics:",
            *[f"      - {_characteristic(characteristic, draft)}" for characteristic in draft.characteristics],
            "    source_items:",
            *[
                f"      - {{adapter: {_quoted(draft.adapter)}, item: {_quoted(source.item)}, "
                f"characteristic: {_quoted(source.characteristic)}"
                + (f", position: {_quoted(source.position)}" if source.position else "")
                + "}"
                for source in draft.source_items
            ],
            "",
        ]
    )


def plan_yaml(draft: Draft, *, plan: str, configuration: str) -> str:
    """The requirements, as the whole control plan of one configuration."""
    return "\n".join(
        [
            f"# Requirements drafted from the rig's report {draft.report_id}.",
            "# A plan document is the whole plan of its configuration: where that has one, copy these lines into it.",
            "# Look at every limit, state the uncertainty of each variable, and set legal, standard and clause where a",
            "# regulation asks for it. Then two people approve it: manage.py approve_plan",
            "format: interlock-plan/1",
            "",
            "plan:",
            f"  code: {_quoted(plan)}",
            f"  configuration: {_quoted(configuration)}",
            f"  name: {_quoted(draft.name)}",
            f"  note: {_quoted(f'Drafted from report {draft.report_id}')}",
            "",
            "requirements:" if draft.requirements else "requirements: []   # the rig compares nothing",
            *[f"  - {_requirement(requirement)}" for requirement in draft.requirements],
            "",
        ]
    )


def _heading(draft: Draft) -> list[str]:
    lines = [
        f"# Drafted from the rig's report {draft.report_id}. A draft to edit, not a catalogue to trust:",
        "# - give each characteristic the name that people use, in English and Chinese (name_zh);",
        "# - mark the special ones (special: CC or SC), and state standard, clause and confidence where there are any;",
        "# - take out what is no characteristic of the product. Leave codes and source_items as they are.",
        "# Then, in this order:",
        "#   manage.py load_catalogue FILE",
        "#   manage.py load_plan FILE",
    ]
    if draft.remarks:
        lines += ["#", "# To look at:", *[f"# - {remark}" for remark in draft.remarks]]
    return lines


def _characteristic(characteristic: DraftCharacteristic, draft: Draft) -> str:
    parts = [
        f"code: {_quoted(characteristic.code)}",
        f"name: {_quoted(characteristic.name)}",
        f"kind: {characteristic.kind}",
    ]
    if characteristic.unit:
        parts.append(f"unit: {_quoted(characteristic.unit)}")
    if characteristic.positions:
        parts.append(f"positions: [{_listed(characteristic.positions)}]")
    source = f"drafted from the rig's report {draft.report_id}"[:200]
    return "{" + ", ".join([*parts, "confidence: plant-default", f"source: {_quoted(source)}"]) + "}"


def _requirement(requirement: DraftRequirement) -> str:
    parts = [f"characteristic: {_quoted(requirement.characteristic)}"]
    if requirement.positions:
        parts.append(f"positions: [{_listed(requirement.positions)}]")
    parts += ["level: every_vehicle", f"expression: {requirement.expression}"]
    if requirement.lower is not None:
        parts.append(f"lower: {_limit(requirement.lower, requirement.lower_inclusive)}")
    if requirement.upper is not None:
        parts.append(f"upper: {_limit(requirement.upper, requirement.upper_inclusive)}")
    if requirement.value is not None:
        parts.append(f"value: {_value(requirement.value)}")
    if not requirement.case_sensitive:
        parts.append("case_sensitive: false")
    is_number = requirement.expression != "conforms" and not isinstance(requirement.value, str)
    parts += ["uncertainty: null"] if is_number else []
    return "{" + ", ".join([*parts, "legal: false"]) + "}   # " + requirement.name


def _limit(limit: Decimal, inclusive: bool) -> str:
    return _value(limit) if inclusive else f"{{value: {_value(limit)}, strict: true}}"


def _value(value: Decimal | str) -> str:
    if isinstance(value, str):
        return _quoted(value)
    text = str(value)
    return text if "E" not in text else _quoted(text)


def _listed(texts: Collection[str]) -> str:
    return ", ".join(_quoted(text) for text in texts)


def _quoted(text: str) -> str:
    """A double-quoted YAML scalar; whatever is not printable as an escape."""
    return '"' + "".join(_escaped(character) for character in text) + '"'


def _escaped(character: str) -> str:
    if character in '"\\':
        return f"\\{character}"
    return character if character.isprintable() else f"\\U{ord(character):08x}"
