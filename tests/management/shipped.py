"""The shipped plans as the simulated line plays them, read from their files without a database."""

from functools import cache

from inspections.catalogue.entries import CharacteristicFacts
from inspections.catalogue.files import SHIPPED, read_files
from inspections.catalogue.plan_rules import read_lines
from inspections.catalogue.schema import CATALOGUE_FORMAT, PLAN_FORMAT
from inspections.evaluation.facts import Kind, Level, Requirement
from inspections.management.simulation.plan import LinePlan, Station, lines_by_level, versions_of

SECOND_RIG = ("BAT-EOL-ELEC", "DRV-EOL-BRAKE")
THIRD_RIG = ("BAT-EOL-ELEC",)


def _documents(wanted):
    documents, problems = read_files([str(SHIPPED)], wanted)
    assert problems == []
    return documents


@cache
def procedures():
    """All procedures by code, in the order of the files."""
    entries = [entry for document in _documents(CATALOGUE_FORMAT) for entry in document.content.get("procedures", ())]
    return {entry["code"]: entry for entry in entries}


@cache
def characteristics():
    found = {}
    for procedure in procedures().values():
        for entry in procedure["characteristics"]:
            found[entry["code"]] = CharacteristicFacts(
                code=entry["code"],
                procedure=procedure["code"],
                kind=Kind(entry["kind"]),
                unit=entry.get("unit", ""),
                special=entry.get("special", ""),
                positions=tuple(entry.get("positions", ())),
                condition=entry.get("condition", ""),
                confidence=entry["confidence"],
                standard=entry.get("standard", ""),
                id=len(found) + 1,
            )
    return found


@cache
def plans():
    """Both, SU7 first."""
    return tuple(_plan(document) for document in _documents(PLAN_FORMAT))


def requirements(document):
    known = characteristics()
    lines, problems = read_lines(document, known, "CN")
    assert problems == []
    numbers = {code: place for place, code in enumerate(procedures(), 1)}
    groups = {member: line.number for line in lines for member in line.members}
    return [
        Requirement(
            id=line.number,
            characteristic_id=known[line.characteristic].id,
            characteristic=line.characteristic,
            kind=known[line.characteristic].kind,
            expression=line.expression,
            procedure_id=numbers[known[line.characteristic].procedure],
            domain=procedures()[known[line.characteristic].procedure]["domain"],
            level=line.level,
            positions=line.positions or ("",),
            lower=line.lower,
            upper=line.upper,
            lower_inclusive=line.lower_inclusive,
            upper_inclusive=line.upper_inclusive,
            values=line.values,
            case_sensitive=line.case_sensitive,
            unit=line.unit,
            uncertainty=line.uncertainty,
            special=line.special,
            legal=line.legal,
            repeats=line.repeats,
            members=line.members,
            group=groups.get(line.number),
        )
        for line in lines
    ]


def _plan(document):
    lines = requirements(document)
    codes = list(procedures())

    def stations(level):
        for number, asked in sorted(lines_by_level(lines, level).items()):
            entry = procedures()[codes[number - 1]]
            rigs = (f"{entry['code']}-R1", f"{entry['code']}-R2", f"{entry['code']}-R3")
            count = 1 + (entry["code"] in SECOND_RIG) + (entry["code"] in THIRD_RIG)
            yield Station(
                procedure=entry["code"],
                name=entry["name"],
                domain=entry["domain"],
                rigs=rigs[:count],
                lines=asked,
                software_systems=tuple(entry.get("software_systems", ())),
                component_kinds=tuple(entry.get("component_kinds", ())),
                size=2 if level is Level.SAMPLE else 0,
            )

    every = tuple(stations(Level.EVERY_VEHICLE))
    software, newer = versions_of(every, {"BMS", "ACU", "ADAS", "ESC"})
    header = document.content["plan"]
    return LinePlan(
        configuration=header["configuration"],
        model=header["configuration"].split("-")[0],
        line="L1",
        stations=every,
        samples=tuple(stations(Level.SAMPLE)),
        software=software,
        newer=newer,
    )
