"""Pages of moving a car and of judging a batch on a later revision: what will happen is told first, and signed."""

import re
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inspections.batches.models import Batch, Vehicle, VehicleMove
from inspections.gates.queries import clearance
from inspections.people.choices import Role
from tests.factories import AT, LINES, make_batch, make_person, make_revision, make_vehicles

PASSWORD = "a long password"
LAXER = [
    {**LINES[0], "upper": Decimal("0.2")},
    *LINES[1:-1],
    {"characteristic": "SQUIB", "positions": ["rear"], "lower": Decimal(1)},
]


def words(response):
    text = response.content.decode().replace("&#x27;", "'").replace("&quot;", '"').replace("&lt;", "<")
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text))


def hidden(page):
    return re.search(r'name="seen" value="([^"]*)"', page.content.decode()).group(1)


def sign(client, address, page, **changed):
    given = {"seen": hidden(page), "reason": "Its pack is repaired there", "password": PASSWORD}
    return client.post(address, {**given, **changed})


class TestMoving:
    @pytest.fixture
    def there(self, plant, good_car):
        make_revision(plant.configuration, LAXER)
        return make_batch("SU7-2026W47-04", configuration=plant.configuration, at=AT)

    @pytest.fixture
    def address(self, plant, there):
        return f"/vehicles/{plant.vehicle.vin}/move/?to={there.number}"

    def test_the_car_leads_to_where_it_may_go(self, plant, there, engineer, sign_in):
        place = f"/vehicles/{plant.vehicle.vin}/move/"
        assert place in engineer.get(f"/vehicles/{plant.vehicle.vin}/").content.decode()
        assert place not in sign_in(Role.INSPECTOR).get(f"/vehicles/{plant.vehicle.vin}/").content.decode()
        said = words(engineer.get(place))
        assert "SU7-2026W47-04 CP-SU7-MAX-CN revision 2" in said

    def test_what_will_happen_is_told_first(self, plant, there, engineer, address):
        said = words(engineer.get(address))
        assert "It becomes car 21 of batch SU7-2026W47-04" in said
        assert "judged on CP-SU7-MAX-CN revision 2 from then on, not on CP-SU7-MAX-CN revision 1." in said
        assert "3 results are judged anew." in said
        assert "3 lines of the plan differ" in said
        assert "Taken out:" in said
        assert VehicleMove.objects.count() == 0

    def test_it_is_moved_when_an_engineer_signs_what_was_shown(self, plant, there, engineer, address):
        response = sign(engineer, address, engineer.get(address))
        assert (response.status_code, response["Location"]) == (302, f"/vehicles/{plant.vehicle.vin}/")
        assert Vehicle.objects.get(pk=plant.vehicle.pk).batch == there
        car = words(engineer.get(response["Location"]))
        assert "It is car 21 of batch SU7-2026W47-04 now, and judged there." in car
        assert "Moved from batch SU7-2026W47-03, now car 21 of SU7-2026W47-04" in car
        left = words(engineer.get(f"/batches/{plant.batch.number}/"))
        assert f"{plant.vehicle.vin} was moved to batch SU7-2026W47-04: Its pack is repaired there." in left

    @pytest.mark.parametrize(
        ("changed", "status", "said"),
        [
            ({"reason": " "}, 422, "Say why: the reason is empty."),
            ({"password": ""}, 422, "Enter your password: you sign as yourself."),
            ({"password": "guessed"}, 409, "The password is wrong."),
            ({"seen": "none"}, 409, "another revision than the one shown"),
            ({"seen": ""}, 422, "Move this car to batch"),
        ],
    )
    def test_what_is_not_soundly_signed_moves_nothing(self, plant, engineer, address, changed, status, said):
        response = sign(engineer, address, engineer.get(address), **changed)
        assert response.status_code == status
        assert said in words(response)
        assert PASSWORD not in response.content.decode()
        assert Vehicle.objects.get(pk=plant.vehicle.pk).batch == plant.batch

    def test_a_released_car_is_told_to_stay(self, plant, there, engineer, address):
        Vehicle.objects.filter(pk=plant.vehicle.pk).update(status="released")
        for place in (address, f"/vehicles/{plant.vehicle.vin}/move/"):
            said = words(engineer.get(place))
            assert "This car stays in its batch" in said
            assert "two people signed for it" in said

    def test_a_batch_that_is_none_is_not_found(self, plant, there, engineer):
        assert engineer.get(f"/vehicles/{plant.vehicle.vin}/move/?to=NONE").status_code == 404
        assert engineer.get("/vehicles/NONE/move/").status_code == 404
        assert engineer.post(f"/vehicles/{plant.vehicle.vin}/move/", {}).status_code == 422

    def test_its_queries_do_not_grow_with_the_batches_it_offers(self, plant, there, engineer):
        def statements():
            with CaptureQueriesContext(connection) as queries:
                engineer.get(f"/vehicles/{plant.vehicle.vin}/move/")
            return len(queries)

        one = statements()
        for number in (5, 6):
            make_batch(f"SU7-2026W47-0{number}", configuration=plant.configuration)
        assert statements() == one


class TestRepinning:
    @pytest.fixture
    def address(self, plant, good_car):
        make_revision(plant.configuration, LAXER)
        return f"/batches/{plant.batch.number}/repin/"

    def test_the_batch_leads_there_where_its_plan_has_gone_on(self, plant, address, engineer, inspector):
        shown = engineer.get(f"/batches/{plant.batch.number}/")
        assert address in shown.content.decode()
        assert "Judge on revision 2" in words(shown)
        assert address not in inspector.get(f"/batches/{plant.batch.number}/").content.decode()

    def test_what_changes_is_told_first_in_words_with_how_many_results(self, plant, address, engineer):
        make_vehicles(plant.batch, 2)
        said = words(engineer.get(address))
        assert "Judge this batch on CP-SU7-MAX-CN revision 2?" in said
        assert "3 cars are decided anew, and 3 results are judged anew" in said
        assert "3 lines of the plan differ" in said
        assert re.search(r"Required: [^→]*0\.1 [^→]*→ [^→]*0\.2 ", said)
        assert "even where this one relaxes the limit" in said

    def test_an_engineer_signs_it(self, plant, address, engineer):
        response = sign(engineer, address, engineer.get(address), reason="The limit was wrong")
        assert (response.status_code, response["Location"]) == (302, f"/batches/{plant.batch.number}/")
        assert Batch.objects.get(pk=plant.batch.pk).revision.number == 2
        said = words(engineer.get(response["Location"]))
        assert "SU7-2026W47-03 is judged on CP-SU7-MAX-CN revision 2 now." in said
        assert "Judged on CP-SU7-MAX-CN revision 2 (before: 1), 3 results anew: The limit was wrong." in said
        assert "missing_result" in {reason.code for reason in clearance(vin=plant.vehicle.vin, at=AT).reasons}
        again = words(engineer.get(address))
        assert "This batch stays on its revision" in again

    @pytest.mark.parametrize(
        ("changed", "status", "said"),
        [
            ({"reason": ""}, 422, "Say why: the reason is empty."),
            ({"password": "guessed"}, 409, "The password is wrong."),
            ({"seen": "1"}, 409, "It is not what was shown any more."),
        ],
    )
    def test_what_is_not_soundly_signed_pins_nothing(self, plant, address, engineer, changed, status, said):
        response = sign(engineer, address, engineer.get(address), **changed)
        assert response.status_code == status
        assert said in words(response)
        assert Batch.objects.get(pk=plant.batch.pk).revision.number == 1

    def test_an_hour_old_page_signs_no_revision_that_came_since(self, plant, address, engineer, clock):
        page = engineer.get(address)
        clock.go(hours=1)
        make_revision(plant.configuration, LINES)
        assert sign(engineer, address, page).status_code == 409
        assert Batch.objects.get(pk=plant.batch.pk).revision.number == 1

    def test_without_an_approved_revision_there_is_nothing_to_judge_on(self, plant, engineer):
        from tests.factories import make_configuration

        other = make_batch("B-9", configuration=make_configuration("SU7-PRO-CN"))
        page = engineer.get(f"/batches/{other.number}/repin/")
        assert "No revision of its plan is approved" in words(page)
        assert engineer.post(f"/batches/{other.number}/repin/", {}).status_code == 422

    @pytest.mark.law(8)
    @pytest.mark.parametrize("role", [Role.INSPECTOR, Role.RELEASE_OFFICER, Role.CATALOGUE_OWNER, Role.AUDITOR])
    def test_law_8_nobody_else_signs_it(self, plant, address, engineer, sign_in, role):
        seen = engineer.get(address)
        other = sign_in(person=make_person(role))
        assert sign(other, address, seen).status_code == 403
        assert "This is for:" in words(other.get(address))
        assert Batch.objects.get(pk=plant.batch.pk).revision.number == 1
