"""What comes with the product: it loads, both plans pass every check, and every fact keeps where it comes from."""

import pytest

from inspections.catalogue.choices import Confidence
from inspections.catalogue.entries import CharacteristicFacts, Loaded
from inspections.catalogue.files import SHIPPED, read_files
from inspections.catalogue.models import Characteristic, PlanRevision, Procedure
from inspections.catalogue.plan_rules import read_lines
from inspections.catalogue.queries import requirements_of
from inspections.catalogue.rules import catalogue_problems
from inspections.catalogue.schema import CATALOGUE_FORMAT, PLAN_FORMAT, schema_problems
from inspections.catalogue.services import load_catalogue_documents, load_plan_documents
from inspections.evaluation.facts import Expression, Kind, Level
from inspections.people.choices import Role
from tests.factories import AT, SYSTEM, make_person
from tests.signing import approve

CATALOGUE, CATALOGUE_PROBLEMS = read_files([str(SHIPPED)], CATALOGUE_FORMAT)
PLANS, PLAN_PROBLEMS = read_files([str(SHIPPED)], PLAN_FORMAT)
PROCEDURES = [procedure for document in CATALOGUE for procedure in document.content.get("procedures", ())]
CHARACTERISTICS = {each["code"]: each for procedure in PROCEDURES for each in procedure["characteristics"]}
KNOWN = {
    each["code"]: CharacteristicFacts(
        code=each["code"],
        procedure=procedure["code"],
        kind=Kind(each["kind"]),
        unit=each.get("unit", ""),
        special=each.get("special", ""),
        positions=tuple(each.get("positions", ())),
        condition=each.get("condition", ""),
        standard=each.get("standard", ""),
        confidence=each["confidence"],
    )
    for procedure in PROCEDURES
    for each in procedure["characteristics"]
}
LINES = {document.content["plan"]["code"]: read_lines(document, KNOWN, "CN")[0] for document in PLANS}
ALL_LINES = [line for lines in LINES.values() for line in lines]


def test_the_files_are_sound():
    assert CATALOGUE_PROBLEMS + PLAN_PROBLEMS == []
    assert [problem for document in (*CATALOGUE, *PLANS) for problem in schema_problems(document)] == []
    assert catalogue_problems(CATALOGUE, Loaded()) == []
    assert [problem for document in PLANS for problem in read_lines(document, KNOWN, "CN")[1]] == []


def test_every_characteristic_says_where_it_comes_from():
    for code, each in CHARACTERISTICS.items():
        assert each["confidence"] in Confidence.values, code
        assert all(each.get(key) for key in ("standard", "source", "criterion")), code


def test_every_position_has_a_name():
    for procedure in PROCEDURES:
        asked = {position for each in procedure["characteristics"] for position in each.get("positions", ())}
        assert {each["code"] for each in procedure.get("positions", ())} == asked, procedure["code"]


def test_no_two_positions_of_a_procedure_are_called_the_same():
    for procedure in PROCEDURES:
        for key in ("name", "name_zh"):
            names = [each[key] for each in procedure.get("positions", ())]
            assert sorted(set(names)) == sorted(names), procedure["code"]


def test_every_name_is_in_chinese_too():
    named = [*PROCEDURES, *CHARACTERISTICS.values(), *(each for one in PROCEDURES for each in one.get("positions", ()))]
    assert [
        each["code"] for each in named if not any("一" <= letter <= "鿿" for letter in each.get("name_zh", ""))
    ] == []


def test_a_plant_default_says_so_and_is_no_law():
    for line in ALL_LINES:
        if line.confidence == Confidence.PLANT_DEFAULT:
            assert (line.legal, "lant default" in line.note) == (False, True), line.characteristic


def test_every_critical_variable_states_its_uncertainty_and_that_it_is_the_plants():
    for line in ALL_LINES:
        if line.special == "CC" and KNOWN[line.characteristic].kind is Kind.VARIABLE:
            assert line.uncertainty is not None, line.characteristic
            assert line.uncertainty == 0 or "plant default" in line.note, line.characteristic


def test_the_ratings_and_what_is_not_in_force_are_in_no_plan():
    asked = {KNOWN[line.characteristic].procedure for line in ALL_LINES}
    later = {"DRV-TYP-GB39901", "DRV-TYP-GBL2", "CRS-TYP-GB48001", "DRV-TYP-FMVSS127", "BAT-TYP-FMVSS305A"}
    foreign = {"CRS-TYP-ENCAP", "CRS-TYP-R94", "CRS-TYP-R95", "CRS-TYP-R137", "DRV-TYP-R130", "DRV-TYP-R152"}
    assert asked & (later | foreign) == set()
    assert {"BAT-TYP-GB38031-PACK", "BAT-TYP-GB18384", "CRS-TYP-GB20071", "CRS-TYP-GB11551", "CRS-TYP-EV"} <= asked


@pytest.mark.parametrize("plan", LINES)
def test_each_plan_asks_every_level_in_every_domain(plan):
    domains = {procedure["code"]: procedure["domain"] for procedure in PROCEDURES}
    asked = {(domains[KNOWN[line.characteristic].procedure], line.level) for line in LINES[plan]}
    assert asked == {(domain, level) for domain in ("battery", "crash", "driving") for level in Level}


def line(code, plan="SU7-MAX-CN-P2", position=""):
    return next(
        each for each in LINES[plan] if each.characteristic == code and (not position or position in each.positions)
    )


# What is most easily got wrong, point by point.


def test_no_injury_criterion_is_asked_of_a_car():
    crash = {"CRS-TYP-GB11551", "CRS-TYP-GB20071", "CRS-TYP-EV"}
    assert {each.level for each in ALL_LINES if KNOWN[each.characteristic].procedure in crash} == {Level.TYPE}


@pytest.mark.parametrize(
    ("bus", "group", "isolation"),
    [("dc-traction", "CRS-EV-SAFE-DC", 100), ("ac-drive-front", "CRS-EV-SAFE-AC", 500)],
)
def test_electrical_safety_after_a_crash_is_any_one_of_four_for_each_bus(bus, group, isolation):
    lines = LINES["SU7-MAX-CN-P2"]
    asked = line(group)
    members = [lines[number - 1] for number in asked.members]
    assert (asked.expression, len(members), bus in asked.positions) == (Expression.ANY_OF, 4, True)
    assert [set(member.positions) == set(asked.positions) for member in members] == [True] * 4
    assert members[0].lower == isolation


def test_low_energy_is_below_a_fifth_of_a_joule():
    energy = line("CRS-EV-J")
    assert (str(energy.upper), energy.upper_inclusive) == ("0.2", False)


def test_insulation_of_connected_circuits_is_500_inclusive():
    for code in ("BAT-EOL-ISO-V", "BAT-GB18384-ISO-COMB"):
        assert (line(code).lower, line(code).lower_inclusive, line(code).unit) == (500, True, "ohm/V")


def test_bonding_is_strictly_below_a_tenth_of_an_ohm():
    bonding = line("BAT-EOL-BOND", position="charge-port")
    assert (str(bonding.upper), bonding.upper_inclusive, bonding.legal) == ("0.1", False, True)


def test_the_alarm_comes_within_five_minutes_and_fast_charging_binds_only_cells_that_can():
    assert (line("BAT-TP-ALARM").upper, line("BAT-TP-ALARM").unit) == (5, "min")
    asked = {plan: {each.characteristic for each in lines} for plan, lines in LINES.items()}
    assert ["BAT-GB38031-C7" in asked[plan] for plan in ("SU7-MAX-CN-P2", "YU7-PRO-CN-P1")] == [True, False]


@pytest.mark.parametrize(
    "code", ["CRS-R94-FZ", "CRS-R94-FX", "CRS-R94-FEM", "CRS-GB11551-NIC", "CRS-GB11551-FPC", "BRK-EOL-BALR"]
)
def test_curves_and_conditions_are_no_bare_numbers(code):
    each = CHARACTERISTICS[code]
    assert each["condition"]
    assert (each["kind"], each.get("unit")) in {("attribute", None), ("variable", "-")}


def test_limits_that_are_often_confused():
    criteria = {code: CHARACTERISTICS[code]["criterion"] for code in CHARACTERISTICS}
    assert "at most 34 mm" in criteria["CRS-R137-CH-P"]
    assert "at most 2.7 kN" in criteria["CRS-R137-FX-P"]
    assert "at most 55 mm" in criteria["CRS-R135-TH"]
    assert "at most 50 mm" in criteria["CRS-GB20071-TH"]
    assert "at most 700" in criteria["CRS-208-HIC15"]
    assert "less than 0.25 g" in criteria["ADS-127-FALSE"]


def test_the_editions_in_force_have_their_dates():
    dated = {each.standard: str(each.effective_from) for each in ALL_LINES if each.effective_from}
    assert dated["GB 38031"] == dated["GB 18384"] == dated["GB 20071"] == "2026-07-01"


def test_the_examples_of_the_interface_exist():
    assert KNOWN["BAT-EOL-ISO-P"].unit == "Mohm"
    assert "charge-port" in KNOWN["BAT-EOL-BOND"].positions
    assert {KNOWN[code].procedure for code in ("BAT-EOL-ISO-P", "BAT-EOL-BOND", "BAT-EOL-HVIL")} == {"BAT-EOL-ELEC"}
    assert (KNOWN["BAT-EOL-ISO-P"].positions, KNOWN["BAT-EOL-HVIL"].kind) == ((), Kind.ATTRIBUTE)


def test_a_new_windscreen_a_bumper_and_a_pack_make_the_right_results_stale():
    kinds = {procedure["code"]: procedure.get("component_kinds", ()) for procedure in PROCEDURES}
    changed = ("windscreen", "front-bumper", "battery-pack")
    stale = {kind: {code for code, named in kinds.items() if kind in named} for kind in changed}
    assert stale["windscreen"] == {"DRV-EOL-ADAS-CAL"}
    assert stale["front-bumper"] == {"DRV-EOL-ADAS-CAL", "DRV-EOL-LAMP"}
    assert {"BAT-EOL-ELEC", "BAT-EOL-PACK", "BAT-EOL-BMS", "BAT-EOL-LEAK"} <= stale["battery-pack"]


@pytest.mark.django_db
def test_it_loads_twice_and_two_people_put_both_plans_in_force():
    loaded = load_catalogue_documents(documents=CATALOGUE, actor=SYSTEM, at=AT)
    assert loaded.added["characteristic"] == Characteristic.objects.count() == len(CHARACTERISTICS)
    assert Procedure.objects.count() == len(PROCEDURES)
    assert load_catalogue_documents(documents=CATALOGUE, actor=SYSTEM, at=AT).nothing_changed
    drafted = load_plan_documents(documents=PLANS, actor=SYSTEM, at=AT)
    assert [each.outcome for each in load_plan_documents(documents=PLANS, actor=SYSTEM, at=AT)] == ["unchanged"] * 2
    people = [make_person(Role.CATALOGUE_OWNER), make_person(Role.ENGINEER)]
    for each in drafted:
        for person in people:
            approve(each.revision, person, AT)
    in_force = PlanRevision.objects.filter(status="approved")
    assert {revision.plan.code: len(requirements_of(revision)) for revision in in_force.select_related("plan")} == {
        plan: len(lines) for plan, lines in LINES.items()
    }
