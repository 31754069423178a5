"""Small documents for the tests of the catalogue: each as a colleague would write it."""

from inspections.catalogue.documents import Document, read_documents
from inspections.catalogue.entries import CharacteristicFacts
from inspections.evaluation.facts import Kind

CATALOGUE = """\
format: interlock-catalogue/1
models:
  - {code: SU7, name: SU7, name_zh: 小米 SU7}
configurations:
  - {code: SU7-MAX-CN, model: SU7, trim: Max, market: CN, pack_supplier: P2}
component_kinds:
  - {code: battery-pack, name: Battery pack}
procedures:
  - code: BAT-EOL
    name: High-voltage safety
    domain: battery
    software_systems: [BMS]
    component_kinds: [battery-pack]
    characteristics:
      - code: BOND
        name: Equipotential bonding
        name_zh: 等电位连接电阻
        kind: variable
        unit: ohm
        special: CC
        positions: [charge-port, pack]
        standard: UN R100
        clause: 5.1.2.2
        confidence: read
      - {code: OCV, name: Open-circuit voltage, kind: variable, unit: V, confidence: plant-default}
      - {code: SW, name: Software, kind: identity, confidence: plant-default}
    source_items:
      - {adapter: wats_json, item: HV / Bonding, characteristic: BOND, position: pack}
"""

PLAN = """\
format: interlock-plan/1
plan: {code: SU7-MAX-CN, configuration: SU7-MAX-CN, name: SU7 Max, note: First}
requirements:
  - characteristic: BOND
    level: every_vehicle
    expression: inside
    upper: {value: 0.10, strict: true}
    uncertainty: 0
  - {characteristic: OCV, level: every_vehicle, expression: inside, lower: 690, upper: 720.5, repeats: 1}
  - {characteristic: SW, level: every_vehicle, expression: one_of, values: ["4.2.1", "4.2.2"]}
"""

BOTH = ("dc", "ac")
KNOWN = {
    facts.code: facts
    for facts in (
        CharacteristicFacts(
            "BOND", "ELEC", Kind.VARIABLE, "ohm", "CC", ("charge-port", "pack"),
            standard="UN R100", edition="03", clause="5.1", confidence="read",
        ),
        CharacteristicFacts("OCV", "PACK", Kind.VARIABLE, "V", confidence="plant-default"),
        CharacteristicFacts("DV", "PACK", Kind.VARIABLE, "mV", "SC", confidence="plant-default"),
        CharacteristicFacts("DTC", "BMS", Kind.COUNT, "count", confidence="plant-default"),
        CharacteristicFacts("SW", "BMS", Kind.IDENTITY, confidence="plant-default"),
        CharacteristicFacts("HVIL", "LOOP", Kind.ATTRIBUTE, special="CC", confidence="plant-default"),
        CharacteristicFacts("NECK", "CRASH", Kind.ATTRIBUTE, condition="corridor", confidence="plant-default"),
        CharacteristicFacts("USE", "BRAKE", Kind.VARIABLE, "-", condition="24 % or 8 %", confidence="plant-default"),
        CharacteristicFacts("SAFE", "POST", Kind.ATTRIBUTE, positions=BOTH, confidence="plant-default"),
        CharacteristicFacts("ISO", "POST", Kind.VARIABLE, "ohm/V", positions=BOTH, confidence="plant-default"),
        CharacteristicFacts("VOLT", "POST", Kind.VARIABLE, "V", positions=BOTH, confidence="plant-default"),
    )
}  # fmt: skip


def document(text: str, file: str = "plan.yaml") -> Document:
    documents, problems = read_documents(file, text.encode())
    assert problems == []
    (found,) = documents
    return found


def plan_of(*lines: str) -> str:
    """A plan document with the given requirements, in flow style, the first on line 4."""
    return "\n".join(
        ["format: interlock-plan/1", "plan: {code: P, configuration: C, name: P}", "requirements:"]
        + [f"  - {{{line}}}" for line in lines]
    )


def line_of(text: str, part: str) -> int:
    """The number of the first line that contains `part`."""
    return next(number for number, line in enumerate(text.splitlines(), 1) if part in line)
