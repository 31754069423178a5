import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from inspections.batches.models import SoftwareChange
from inspections.catalogue.models import Characteristic
from inspections.dispositions.models import Hold
from inspections.evaluation.reasons import JudgementReason, Outcome
from inspections.gates.queries import clearance
from inspections.gates.services import decide_batch
from inspections.people.choices import Role
from inspections.people.models import User
from inspections.records.models import LedgerEntry
from inspections.results.models import Inspection, Measurement
from inspections.results.services import record_inspection, withdraw_authorisation
from inspections.rigs.models import Rig
from tests import factories
from tests.factories import AT, SYSTEM
from tests.undone import undone
from tests.web.entry_pages import address, draw, fields_of, good_values, name_of, save


def words(response):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def measured(inspection):
    """What was kept, by characteristic and position: value, raw and outcome."""
    codes = dict(Characteristic.objects.values_list("pk", "code"))
    return {
        (codes[row.characteristic_id], row.position): (row.value, row.raw, Outcome(row.outcome).name)
        for row in Measurement.objects.filter(inspection_id=inspection.pk)
    }


def reasons(plant, at):
    decide_batch(batch_id=plant.batch.pk, at=at)
    return {
        (reason.code, reason.characteristic, reason.position)
        for reason in clearance(vin=plant.vehicle.vin, at=at).reasons
        if reason.gate == "battery"
    }


# Finding the car and the procedure


def test_a_whole_vin_opens_its_car(inspector, plant):
    response = inspector.get("/entry/", {"q": plant.vehicle.vin.lower()})
    assert (response.status_code, response["Location"]) == (302, f"/entry/{plant.vehicle.vin}/")


def test_the_last_six_open_the_only_car_that_has_them(inspector, plant):
    response = inspector.get("/entry/", {"vin": plant.vehicle.vin[-6:]})
    assert (response.status_code, response["Location"]) == (302, f"/entry/{plant.vehicle.vin}/")


def test_an_end_that_several_cars_share_lists_them(inspector, plant):
    other = factories.make_batch("SU7-2026W47-04", configuration=plant.configuration)
    ending = plant.vehicle.vin[-6:]
    draft = f"LXM1A2B40TA{ending}"
    vin = draft[:8] + factories.check_digit(draft) + draft[9:]
    factories.make_vehicle(other, vin=vin)
    response = inspector.get("/entry/", {"q": ending})
    assert response.status_code == 200
    assert {car.vin for car in response.context["found"]} == {plant.vehicle.vin, vin}


def test_what_is_no_car_says_what_was_searched(inspector, plant):
    response = inspector.get("/entry/", {"q": "no such car"})
    assert response.status_code == 200
    assert "No car here is NO SUCH CAR" in words(response)


def test_procedures_with_missing_results_come_first_and_say_how_many(inspector, plant, clock):
    save(inspector, plant)
    decide_batch(batch_id=plant.batch.pk, at=clock.now)
    response = inspector.get(f"/entry/{plant.vehicle.vin}/")
    offered = [(offer.procedure.code, offer.missing, offer.asked) for offer in response.context["planned"]]
    assert offered == [("CRS-EOL", 2, 2), ("DRV-EOL", 3, 3), ("BAT-EOL", 0, 4)]


# The form


def test_the_form_has_one_field_for_each_characteristic_and_position_and_chooses_nothing(inspector, plant):
    response = inspector.get(address(plant))
    slots = [(item.row.slot.code, item.row.slot.position, item.row.slot.required) for item in response.context["rows"]]
    assert slots == [
        ("BOND", "charge-port", "less than 0.1 Ω"),
        ("BOND", "pack", "less than 0.1 Ω"),
        ("ISO", "", "at least 500 Ω/V"),
        ("HVIL", "", "conforms"),
    ]
    sent = fields_of(response)
    assert name_of("HVIL") not in sent
    assert (sent[name_of("ISO")], sent["software-BMS"]) == ("", "2.0")
    assert "software_seen" not in sent
    assert sent["rig"] == str(plant.rig.pk)


def test_of_several_devices_none_is_chosen_until_one_was_used(inspector, plant):
    second = factories.make_rig("EOL-4", procedures=[plant.procedures["BAT-EOL"]], calibrated=False)
    response = inspector.get(address(plant))
    assert "rig" not in fields_of(response)
    assert [(each["rig"].code, each["state"].status.value) for each in response.context["devices"]] == [
        ("EOL-3", "pass"),
        ("EOL-4", "fail"),
    ]
    save(inspector, plant, {"rig": str(second.pk)})
    assert fields_of(inspector.get(address(plant)))["rig"] == str(second.pk)


def test_without_an_authorised_device_nothing_can_be_entered_and_the_page_says_what_to_do(inspector, plant):
    withdraw_authorisation(
        rig=plant.rig, procedure=plant.procedures["BAT-EOL"], effective_at=AT, reason="worn", actor=SYSTEM, at=AT
    )
    response = inspector.get(address(plant))
    assert fields_of(response) == {}
    assert "No device may carry out this procedure now" in words(response)


# Saving


@pytest.mark.law(2)
def test_what_is_saved_is_on_the_record_as_typed_by_this_person_on_this_device(inspector, plant, clock):
    sent = {**draw(inspector, plant), **good_values(), name_of("BOND", "pack"): "0,0400"}
    clock.go(seconds=95)
    response = inspector.post(address(plant), sent)
    stored = Inspection.objects.get()
    assert (response.status_code, response["Location"]) == (302, f"/entry/recorded/{stored.pk}/")
    assert (stored.rig_id, stored.person_id, stored.operator) == (
        plant.rig.pk,
        inspector.person.pk,
        inspector.person.personnel_number,
    )
    assert (stored.started_at, stored.finished_at, stored.recorded_at) == (AT, clock.now, clock.now)
    assert stored.software == [{"system": "BMS", "version": "2.0"}]
    assert Outcome(stored.verdict) is Outcome.PASS
    kept = measured(stored)
    assert kept == {
        ("BOND", "charge-port"): (Decimal("0.043"), None, "PASS"),
        ("BOND", "pack"): (Decimal("0.0400"), None, "PASS"),
        ("ISO", ""): (Decimal("812.0"), None, "PASS"),
        ("HVIL", ""): (None, "true", "PASS"),
    }
    assert str(kept["BOND", "pack"][0]) == "0.0400"
    assert LedgerEntry.objects.filter(actor_id=inspector.person.pk, act__startswith="inspection").count() == 1


def test_after_saving_each_value_stands_beside_its_verdict(inspector, plant):
    saved = save(inspector, plant, {name_of("BOND", "pack"): "0.100", name_of("HVIL"): "not"})
    response = inspector.get(saved["Location"])
    rows = [(row.label, row.value, row.said.status.value, row.said.words) for row in response.context["rows"]]
    assert rows == [
        ("BOND, pack", "0.100 Ω", "fail", "0.100 Ω is not less than 0.1 Ω."),
        ("HVIL", "does not conform", "fail", "It does not conform."),
        ("BOND, charge-port", "0.043 Ω", "pass", ""),
        ("ISO", "812.0 Ω/V", "pass", ""),
    ]
    assert "Recorded: 2 values fail" in words(response)


def test_a_script_is_told_where_to_go_and_a_browser_is_sent_there(inspector, plant):
    response = save(inspector, plant, headers={"HX-Request": "true"})
    number = Inspection.objects.get().pk
    assert (response.status_code, response["HX-Redirect"]) == (200, f"/entry/recorded/{number}/")


# The twelve cases, as far as a form can express them


@pytest.mark.law(1)
def test_case_1_no_results(inspector, plant, clock):
    response = save(inspector, plant, dict.fromkeys(good_values(), ""))
    assert (response.status_code, Inspection.objects.count()) == (422, 0)
    assert reasons(plant, clock.now) == {
        ("missing_result", "BOND", "charge-port"),
        ("missing_result", "BOND", "pack"),
        ("missing_result", "HVIL", ""),
        ("missing_result", "ISO", ""),
    }


@pytest.mark.law(1)
def test_case_2_blank_is_refused_once_and_stays_missing_when_left_out(inspector, plant, clock):
    refused = save(inspector, plant, {name_of("ISO"): "  "})
    assert (refused.status_code, Inspection.objects.count()) == (422, 0)
    sent = {**fields_of(refused), "software_seen": "on", name_of("HVIL"): "conforms", "without_empty": "on"}
    assert inspector.post(address(plant), sent).status_code == 302
    assert reasons(plant, clock.now) == {("missing_result", "ISO", "")}


@pytest.mark.law(1)
@pytest.mark.parametrize(
    "typed", ["NaN", "Infinity", "-Infinity", "inf", "1e9999", "0x10", "٣", "0.043 Ω", "0.043mohm"]
)
def test_case_3_what_is_no_number_is_refused_and_changes_nothing(inspector, plant, typed):
    response = save(inspector, plant, {name_of("ISO"): typed})
    assert (response.status_code, Inspection.objects.count()) == (422, 0)
    assert fields_of(response)[name_of("ISO")] == typed


@pytest.mark.law(1)
def test_case_4_the_unit_is_the_plans_and_cannot_be_sent_otherwise(inspector, plant):
    save(inspector, plant, {"unit": "mohm", f"{name_of('ISO')}~unit": "ohm"})
    units = set(Measurement.objects.values_list("unit", flat=True))
    assert units == {"ohm", "ohm/V", None}


@pytest.mark.law(5)
@pytest.mark.parametrize(
    ("code", "position", "typed", "outcome"),
    [
        ("BOND", "pack", "0.1", "FAIL"),
        ("BOND", "pack", "0.100", "FAIL"),
        ("BOND", "pack", "0.0999999999999999999999999999", "PASS"),
        ("ISO", "", "500", "PASS"),
        ("ISO", "", "500,0", "PASS"),
        ("ISO", "", "499.9999999999999999999999999", "FAIL"),
    ],
)
def test_cases_5_and_6_on_the_limit_and_one_unit_in_the_last_place_beside_it(
    inspector, plant, clock, code, position, typed, outcome
):
    save(inspector, plant, {name_of(code, position): typed})
    assert measured(Inspection.objects.get())[code, position][2] == outcome
    assert (("measurement_failed", code, position) in reasons(plant, clock.now)) is (outcome == "FAIL")


@pytest.mark.law(6)
def test_case_7_a_pass_entered_after_a_fail_does_not_clear_it(inspector, plant, clock):
    save(inspector, plant, {name_of("BOND", "pack"): "0.100"})
    clock.go(minutes=5)
    save(inspector, plant)
    assert reasons(plant, clock.now) >= {("measurement_failed", "BOND", "pack")}
    assert Hold.objects.filter(vehicle=plant.vehicle, code="measurement_failed").count() == 1


def test_case_8_saved_twice_is_recorded_once_and_shows_the_same(inspector, plant, clock):
    sent = {**draw(inspector, plant), **good_values()}
    first = inspector.post(address(plant), sent)
    clock.go(seconds=3)
    second = inspector.post(address(plant), sent)
    assert (first.status_code, second["Location"]) == (302, first["Location"])
    assert Inspection.objects.count() == 1


def test_case_8_two_taps_at_once_are_recorded_once(inspector, plant, clock, monkeypatch):
    from inspections.web.views import entry

    sent = {**draw(inspector, plant), **good_values()}
    first = inspector.post(address(plant), sent)
    clock.go(seconds=1)
    monkeypatch.setattr(entry, "_stored", lambda procedure, ticket: None)
    second = inspector.post(address(plant), sent)
    assert second["Location"] == first["Location"]
    assert Inspection.objects.count() == 1


@pytest.mark.law(4)
def test_case_8_saved_again_with_another_value_what_stands_stays_and_the_page_says_so(inspector, plant, clock):
    sent = {**draw(inspector, plant), **good_values(), name_of("ISO"): "499"}
    inspector.post(address(plant), sent)
    clock.go(seconds=3)
    second = inspector.post(address(plant), {**sent, name_of("ISO"): "812"})
    assert second.status_code == 422
    assert "This form was recorded before with other values" in words(second)
    assert fields_of(second)[name_of("ISO")] == "812"
    assert measured(Inspection.objects.get())["ISO", ""] == (Decimal("499"), None, "FAIL")


@pytest.mark.law(4)
def test_case_8_saved_again_for_another_device_what_stands_stays(inspector, plant):
    second = factories.make_rig("EOL-4", procedures=[plant.procedures["BAT-EOL"]])
    sent = {**draw(inspector, plant), **good_values(), "rig": str(plant.rig.pk)}
    inspector.post(address(plant), sent)
    response = inspector.post(address(plant), {**sent, "rig": str(second.pk)})
    assert response.status_code == 422
    assert list(Inspection.objects.values_list("rig_id", flat=True)) == [plant.rig.pk]


@pytest.mark.law(3)
def test_case_9_a_plan_edited_in_mid_batch_judges_nothing_here(inspector, plant):
    relaxed = [{**line, "upper": Decimal(5)} if line["characteristic"] == "BOND" else line for line in factories.LINES]
    factories.make_revision(plant.configuration, relaxed)
    save(inspector, plant, {name_of("BOND", "pack"): "1.0"})
    stored = Inspection.objects.get()
    assert stored.revision_id == plant.revision.pk
    assert measured(stored)["BOND", "pack"] == (Decimal("1.0"), None, "FAIL")


@pytest.mark.law(1)
def test_case_10_a_rig_out_of_calibration_is_recorded_and_does_not_count(inspector, plant, clock):
    old = factories.make_rig("EOL-9", procedures=[plant.procedures["BAT-EOL"]], until=AT - timedelta(days=1))
    save(inspector, plant, {"rig": str(old.pk)})
    assert Outcome(Inspection.objects.get().verdict) is Outcome.PASS
    assert reasons(plant, clock.now) == {
        ("rig_out_of_calibration", "BOND", "charge-port"),
        ("rig_out_of_calibration", "BOND", "pack"),
        ("rig_out_of_calibration", "HVIL", ""),
        ("rig_out_of_calibration", "ISO", ""),
    }


@pytest.mark.law(1)
def test_case_11_with_no_requirements_nothing_passes(inspector, plant, clock):
    driving = [line for line in factories.LINES if line["characteristic"] in ("BRAKE", "ADAS-SW")]
    revision = factories.make_revision(plant.configuration, driving)
    factories.pin(plant.batch, revision)
    save(inspector, plant)
    stored = Inspection.objects.get()
    assert (Outcome(stored.verdict), JudgementReason(stored.verdict_reason)) == (
        Outcome.INDETERMINATE,
        JudgementReason.NO_REQUIREMENTS,
    )
    assert ("no_requirements", "", "") in reasons(plant, clock.now)


@pytest.mark.law(7)
def test_case_12_deciding_twice_decides_once(inspector, plant, clock):
    save(inspector, plant, {name_of("ISO"): "1"})
    assert [decide_batch(batch_id=plant.batch.pk, at=clock.now) > 0 for _ in range(2)] == [True, False]
    assert Hold.objects.filter(vehicle=plant.vehicle).count() == 1


# Values as typed


@pytest.mark.parametrize("typed", ["1,234.5", "1.234,5", "1 234", "1'234", "1.234.567", "1_000", "1\u00a0000"])
def test_grouping_is_refused(inspector, plant, typed):
    response = save(inspector, plant, {name_of("ISO"): typed})
    assert (response.status_code, Inspection.objects.count()) == (422, 0)
    assert "without grouping" in words(response)


@pytest.mark.parametrize("typed", ["0.043 V", "812.0 Ω/V", "1_000e2", "1 e5", "N.a.N"])
def test_a_value_with_its_unit_or_with_letters_is_told_so_rather_than_of_grouping(inspector, plant, typed):
    response = save(inspector, plant, {name_of("ISO"): typed})
    assert (response.status_code, Inspection.objects.count()) == (422, 0)
    assert f"“{typed}” is no number. Type digits only, without the unit." in words(response)


def test_a_software_version_that_differs_is_claimed_as_seen_and_the_result_does_not_count(inspector, plant, clock):
    save(inspector, plant, {"software-BMS": "2.1"})
    assert Inspection.objects.get().software == [{"system": "BMS", "version": "2.1"}]
    assert {code for code, _, _ in reasons(plant, clock.now)} == {"software_mismatch"}


def test_software_that_nobody_saw_is_not_claimed(inspector, plant):
    response = save(inspector, plant, {"software_seen": ""})
    assert (response.status_code, Inspection.objects.count()) == (422, 0)
    assert "Say that you saw these versions in the car." in words(response)


def test_what_cannot_be_measured_is_kept_as_unclear_with_its_reason(inspector, plant, clock):
    name = name_of("ISO")
    saved = save(inspector, plant, {name: "", f"{name}~no": "on", f"{name}~why": "Connector broken"})
    assert measured(Inspection.objects.get())["ISO", ""] == (None, None, "INDETERMINATE")
    assert reasons(plant, clock.now) == {("measurement_indeterminate", "ISO", "")}
    assert "Could not be measured: Connector broken" in words(inspector.get(saved["Location"]))


@pytest.mark.parametrize(
    ("value", "why", "said"),
    [("", "", "Say why it cannot be measured."), ("812", "Broken", "There is a value too. Take one of the two away.")],
)
def test_cannot_measure_needs_a_reason_and_no_value(inspector, plant, value, why, said):
    name = name_of("ISO")
    response = save(inspector, plant, {name: value, f"{name}~no": "on", f"{name}~why": why})
    assert (response.status_code, Inspection.objects.count()) == (422, 0)
    assert said in words(response)


# Nothing that was typed is lost


def test_a_refused_form_comes_back_with_everything_that_was_typed(inspector, plant):
    typed = {
        name_of("BOND", "charge-port"): "0.04",
        name_of("BOND", "pack"): "abc",
        name_of("HVIL"): "not",
        f"{name_of('ISO')}~why": "half a reason",
        "software-BMS": "2.0.1",
    }
    response = save(inspector, plant, typed)
    assert response.status_code == 422
    sent = fields_of(response)
    assert {name: sent[name] for name in typed} == typed
    assert "“abc” is no number" in words(response)


def test_signed_out_a_script_is_told_so_and_signed_in_again_the_same_form_is_recorded(inspector, plant, sign_in):
    sent = {**draw(inspector, plant), **good_values()}
    inspector.logout()
    refused = inspector.post(address(plant), sent, headers={"HX-Request": "true"})
    assert (refused.status_code, Inspection.objects.count()) == (401, 0)
    sign_in(person=inspector.person, client=inspector)
    assert inspector.post(address(plant), sent).status_code == 302
    assert Inspection.objects.get().started_at == AT


def test_signed_out_a_browser_is_sent_to_sign_in(inspector, plant):
    sent = {**draw(inspector, plant), **good_values()}
    inspector.logout()
    response = inspector.post(address(plant), sent)
    assert (response.status_code, response["Location"].split("?")[0]) == (302, "/accounts/login/")


# The ticket


def test_a_ticket_is_good_for_its_car_and_procedure_alone(inspector, plant):
    car = factories.make_vehicle(plant.batch, software=[("BMS", "2.0")])
    ticket = draw(inspector, plant)["ticket"]
    for sent in (
        {"ticket": draw(inspector, plant, "DRV-EOL")["ticket"]},
        {"ticket": fields_of(inspector.get(address(plant, vin=car.vin)))["ticket"]},
        {"ticket": ticket[:-2] + "xx"},
        {"ticket": ""},
    ):
        response = save(inspector, plant, sent)
        assert (response.status_code, Inspection.objects.count()) == (422, 0)
        assert fields_of(response)[name_of("ISO")] == "812.0"


@pytest.mark.law(8)
def test_what_another_person_typed_is_neither_recorded_nor_taken_over(inspector, plant, sign_in):
    ticket = draw(sign_in(Role.INSPECTOR), plant)["ticket"]
    response = save(inspector, plant, {"ticket": ticket})
    assert (response.status_code, Inspection.objects.count()) == (422, 0)
    assert "nothing of theirs is recorded under your name" in words(response)
    drawn = fields_of(response)
    assert (drawn[name_of("ISO")], drawn[name_of("BOND", "pack")]) == ("", "")
    assert drawn["ticket"] != ticket


def test_a_form_drawn_for_other_units_is_drawn_again(inspector, plant):
    sent = {**draw(inspector, plant), **good_values()}
    in_milliohm = [
        {**line, "unit": "mohm", "upper": Decimal(100)} if line["characteristic"] == "BOND" else line
        for line in factories.LINES
    ]
    factories.pin(plant.batch, factories.make_revision(plant.configuration, in_milliohm))
    response = inspector.post(address(plant), sent)
    assert (response.status_code, Inspection.objects.count()) == (422, 0)
    assert "Look at every value and its unit" in words(response)


def test_a_car_that_changed_since_the_form_was_drawn_is_measured_again(inspector, plant, clock):
    sent = {**draw(inspector, plant), **good_values()}
    flashed = clock.go(minutes=2)
    SoftwareChange.objects.create(vehicle=plant.vehicle, system="BMS", version="2.2", at=flashed, recorded_at=flashed)
    clock.go(minutes=1)
    response = inspector.post(address(plant), sent)
    assert (response.status_code, Inspection.objects.count()) == (422, 0)
    assert "The car changed since this form was drawn: BMS 2.2." in words(response)
    again = {**fields_of(response), "software_seen": "on", "software-BMS": "2.2"}
    assert inspector.post(address(plant), again).status_code == 302
    assert Inspection.objects.get().started_at == clock.now


def test_a_form_older_than_a_day_is_looked_at_again(inspector, plant, clock):
    sent = {**draw(inspector, plant), **good_values()}
    clock.go(hours=25)
    inspector.force_login(inspector.person, backend="django.contrib.auth.backends.ModelBackend")
    response = inspector.post(address(plant), sent)
    assert (response.status_code, Inspection.objects.count()) == (422, 0)


def test_a_person_without_personnel_number_records_nothing(plant, sign_in):
    person = factories.make_person(Role.INSPECTOR)
    User.objects.filter(pk=person.pk).update(personnel_number=None)
    response = save(sign_in(person=User.objects.get(pk=person.pk)), plant)
    assert (response.status_code, Inspection.objects.count()) == (422, 0)
    assert "You have no personnel number here" in words(response)


def test_a_device_that_lost_its_authorisation_meanwhile_is_refused_beside_its_field(inspector, plant, clock):
    sent = {**draw(inspector, plant), **good_values()}
    factories.make_rig("EOL-5", procedures=[plant.procedures["BAT-EOL"]])
    withdraw_authorisation(
        rig=plant.rig, procedure=plant.procedures["BAT-EOL"], effective_at=AT, reason="worn", actor=SYSTEM, at=AT
    )
    clock.go(seconds=5)
    response = inspector.post(address(plant), sent)
    assert (response.status_code, Inspection.objects.count()) == (422, 0)
    assert response.context["form"].errors["rig"] == [
        "This device may not carry out the procedure now. Choose one that may."
    ]


# Judging while typing


def judged(client, plant, name, typed, **more):
    response = client.post(
        f"{address(plant)}judge/", {"slot": name, name: typed}, headers={"HX-Request": "true"}, **more
    )
    assert response.status_code == 200
    return response


@pytest.mark.parametrize(
    ("code", "position", "typed", "status", "said"),
    [
        ("BOND", "pack", "0,043", "pass", ""),
        ("BOND", "pack", "0.100", "fail", "0.100 Ω is not less than 0.1 Ω."),
        ("ISO", "", "500", "pass", ""),
        ("ISO", "", "499.9", "fail", "499.9 Ω/V is not at least 500 Ω/V."),
        ("HVIL", "", "conforms", "pass", ""),
        ("HVIL", "", "not", "fail", "It does not conform."),
    ],
)
def test_the_server_says_while_typing_what_it_says_when_it_records(
    inspector, plant, code, position, typed, status, said
):
    name = name_of(code, position)
    found = judged(inspector, plant, name, typed).context["said"]
    assert (found.status.value, found.words) == (status, said)
    assert (Inspection.objects.count(), LedgerEntry.objects.filter(actor_kind="person").count()) == (0, 0)
    save(inspector, plant, {name: typed})
    assert measured(Inspection.objects.get())[code, position][2] == found.status.value.upper()


@pytest.mark.parametrize("typed", ["", "  "])
def test_nothing_typed_is_not_judged_yet(inspector, plant, typed):
    assert "Not judged yet" in words(judged(inspector, plant, name_of("ISO"), typed))


def test_what_is_no_number_is_told_while_typing(inspector, plant):
    response = judged(inspector, plant, name_of("ISO"), "1,2,3")
    assert (response.context["said"], "without grouping" in words(response)) == (None, True)


def test_a_slot_that_is_none_is_not_found(inspector, plant):
    response = inspector.post(f"{address(plant)}judge/", {"slot": "m0-", "m0-": "1"})
    assert response.status_code == 404


def test_a_car_without_a_plan_is_recorded_and_not_judged(inspector, plant):
    plant.without_plan()
    assert judged(inspector, plant, name_of("ISO"), "812").context["said"].status.value == "quiet"
    saved = save(inspector, plant)
    assert Outcome(Inspection.objects.get().verdict) is Outcome.NOT_JUDGED
    assert "Recorded, and not judged" in words(inspector.get(saved["Location"]))


# Hostile input


LONG = "9" * 1_000_000


TYPED = ["0.0\x0043", "0.0\x1f43", "0.04\u202e3", LONG, "=1+1", "<script>alert(1)</script>"]


@pytest.mark.parametrize("field", ["value", "why", "software", "rig", "ticket", "attribute"])
def test_whatever_is_sent_in_a_field_is_refused_in_words_and_never_a_failure(inspector, plant, field):
    name = {
        "value": name_of("ISO"),
        "why": f"{name_of('ISO')}~why",
        "software": "software-BMS",
        "rig": "rig",
        "ticket": "ticket",
        "attribute": name_of("HVIL"),
    }[field]
    drawn = {**draw(inspector, plant), **good_values()}
    if field == "why":
        drawn |= {name_of("ISO"): "", f"{name_of('ISO')}~no": "on"}
    for typed in TYPED:
        with undone():
            response = inspector.post(address(plant), {**drawn, name: typed})
            stored = (field, typed) in {
                ("why", "=1+1"),
                ("why", "<script>alert(1)</script>"),
                ("software", "=1+1"),
                ("software", "<script>alert(1)</script>"),
            }
            expected = (302, 1) if stored else (422, 0)
            assert (typed[:9], response.status_code, Inspection.objects.count()) == (typed[:9], *expected)
            assert b"<script>alert(1)" not in response.content


@pytest.mark.parametrize(
    "path",
    [
        "/entry/LXM/",
        "/entry/%00/",
        "/entry/{vin}/NO-SUCH/",
        "/entry/{vin}/%00/",
        "/entry/recorded/99999999999999999999/",
    ],
)
def test_unknown_addresses_are_not_found(inspector, plant, path):
    assert inspector.get(path.format(vin=plant.vehicle.vin)).status_code == 404


def test_a_value_of_an_identity_is_shown_and_never_run(inspector, plant):
    name = name_of("ADAS-SW")
    brake = {name_of("BRAKE", "FL"): "3.1", name_of("BRAKE", "FR"): "3.2"}
    saved = save(inspector, plant, {**brake, name: '"><img src=x onerror=alert(1)>'}, "DRV-EOL")
    page = inspector.get(saved["Location"])
    assert b"<img src=x" not in page.content
    shown = {row.label: (row.value, row.said.status.value) for row in page.context["rows"]}
    assert shown["ADAS-SW"] == ('"><img src=x onerror=alert(1)>', "fail")


# Who may


def test_a_page_for_those_who_may_not_says_who_may_and_offers_no_field(plant, sign_in):
    client = sign_in(Role.AUDITOR)
    response = client.get(address(plant))
    assert (response.status_code, fields_of(response)) == (200, {})
    assert "This is for: QA inspector or QA engineer. You are here as: Auditor." in words(response)


def test_a_form_without_its_proof_of_origin_is_refused(inspector, plant):
    sent = {**draw(inspector, plant), **good_values()}
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = inspector.cookies
    assert (strict.post(address(plant), sent).status_code, Inspection.objects.count()) == (403, 0)
    by_script = strict.post(address(plant), sent, headers={"HX-Request": "true"})
    assert (by_script.status_code, Inspection.objects.count()) == (401, 0)


# What the page of a car costs


def test_the_page_of_a_car_asks_as_much_with_one_inspection_as_with_three(inspector, plant):
    def asked():
        with CaptureQueriesContext(connection) as found:
            inspector.get(f"/entry/{plant.vehicle.vin}/")
        return len(found)

    asked()
    rig, actor = Rig.objects.get(pk=plant.rig.pk), factories.rig_actor(plant.rig)
    counts = []
    for procedure in ("BAT-EOL", "DRV-EOL", "CRS-EOL"):
        record_inspection(posted=plant.posted(procedure), rig=rig, actor=actor, at=AT)
        counts.append(asked())
    assert len(set(counts)) == 1


def test_a_car_whose_release_new_evidence_stops_is_not_said_to_be_simply_released(inspector, plant, monkeypatch):
    address = f"/entry/{plant.vehicle.vin}/"
    assert inspector.get(address).context["state"] == ""
    type(plant.vehicle).objects.filter(pk=plant.vehicle.pk).update(status="released")
    found = inspector.get(address).context
    assert (found["state"], found["suspended"]) == ("released, suspended", True)
    monkeypatch.setattr("inspections.web.views.entry.standing_vehicles", set)
    found = inspector.get(address).context
    assert (found["state"], found["suspended"]) == ("released", False)
