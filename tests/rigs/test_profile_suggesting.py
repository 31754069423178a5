"""Items of an unknown file are placed where exactly one characteristic has their name and a unit that converts."""

import pytest

from inspections.adapters.row_suggesting import SuggestedItem, Suggestion
from inspections.rigs.profile_suggesting import Placeable, suggested_document


def place(code, unit="V", procedure="P", position="", *names):
    return Placeable(procedure, code, position, names or (f"{code} {position}".strip(),), unit)


def placed(items, places, document=None, procedure=None):
    suggestion = Suggestion({"x": 1}, "cp1252", True, tuple(SuggestedItem(*item) for item in items))
    return suggested_document(document or {"items": []}, suggestion, places, procedure)


def test_by_name_and_unit():
    found = placed([("u hv", "mV")], [place("U-HV"), place("U-LV")])
    assert found.content == {
        "items": [{"item": "u hv", "characteristic": "U-HV"}],
        "procedure": {"code": "P"},
        "reading": {"options": {"x": 1}, "encoding": "cp1252", "decimal_comma": True},
    }
    assert (found.unplaced, found.procedures) == ((), ())


@pytest.mark.parametrize("unit", [None, "A", "volt"])
def test_another_unit_or_none_fits_nothing(unit):
    found = placed([("U", unit)], [place("U")])
    assert (found.content["items"], found.unplaced, found.procedures) == ([], ("U",), ("",))


def test_two_characteristics_of_one_name_are_left_to_a_person():
    found = placed([("U", "V")], [place("A", "V", "P", "", "U"), place("B", "V", "P", "", "U")])
    assert (found.content["items"], found.content["procedure"]) == ([], {"code": "P"})


def test_two_items_for_one_characteristic_are_left_too():
    found = placed([("U", "V"), ("u", "V")], [place("U")])
    assert (found.content["items"], found.unplaced) == ([], ("U", "u"))


def test_two_procedures_are_named_and_none_is_taken():
    places = [place("U", "V", "P"), place("U2", "V", "Q", "", "U")]
    found = placed([("U", "V")], places)
    assert (found.content["items"], found.procedures, "procedure" in found.content) == ([], ("P", "Q"), False)
    chosen = placed([("U", "V")], places, procedure="Q")
    assert chosen.content["items"] == [{"item": "U", "characteristic": "U2"}]


def test_a_position_is_part_of_the_name():
    places = [place("M", "Nm", "P", each) for each in ("FL", "FR")]
    found = placed([("M FL", "Nm"), ("M", "Nm")], places)
    assert found.content["items"] == [{"item": "M FL", "characteristic": "M", "position": "FL"}]


def test_what_is_placed_already_stays():
    document = {"items": [{"item": "X", "characteristic": "U"}], "procedure": {"code": "P"}}
    assert placed([("U", "V")], [place("U")], document).content["items"] == document["items"]
