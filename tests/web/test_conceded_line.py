"""A gate that passed on a concession is drawn and said as conceded wherever the line is, never as a plain pass."""

import pytest

from inspections.people.choices import Role
from inspections.people.rules import Actor
from inspections.releases.services import propose_release
from inspections.web.statuses import Status
from tests import concessions
from tests.factories import AT, make_person


@pytest.fixture
def conceded(plant):
    """The plant's car, whole but for a squib out of limits that two people conceded."""
    concessions.measure_squib(plant)
    concessions.approve(concessions.propose(plant.vehicle))
    return plant.vehicle


def drawn(line):
    return [(station.contact.closed, station.contact.status) for station in line.stations]


PASS, CONCEDED = (True, Status.PASS), (True, Status.CONCEDED)


def test_on_the_line_of_its_car(plant, conceded, engineer):
    response = engineer.get(f"/vehicles/{conceded.vin}/")
    assert drawn(response.context["line"])[:3] == [PASS, CONCEDED, PASS]
    html = response.content.decode()
    assert ("closed, by concession" in html, html.count('class="conceded-mark"')) == (True, 2)


def test_on_the_line_of_its_batch_and_in_the_list_of_its_cars(plant, conceded, engineer):
    response = engineer.get(f"/batches/{plant.batch.number}/?cars=all")
    said = [(section.status, section.word) for section in response.context["sections"]]
    assert said == [(Status.PASS, "Pass"), (Status.CONCEDED, "Conceded: 1 car"), (Status.PASS, "Pass")]
    assert [drawn(response.context["line"])[place] for place in range(3)] == [PASS, CONCEDED, PASS]
    (car,) = response.context["cars"]
    assert [(status, word) for _domain, status, word in car.gates] == [
        (Status.PASS, "Pass"), (Status.CONCEDED, "Conceded"), (Status.PASS, "Pass"),
    ]  # fmt: skip


@pytest.mark.parametrize("address", ["/", "/batches/"])
def test_on_the_small_line_of_a_list(plant, conceded, engineer, address):
    assert 'class="conceded-mark"' in engineer.get(address).content.decode()


def test_on_the_line_of_a_release(plant, conceded, sign_in):
    officer = make_person(Role.RELEASE_OFFICER)
    release = propose_release(batch=plant.batch, vehicle_ids=None, actor=Actor.person(officer), at=AT)
    response = sign_in(Role.RELEASE_OFFICER).get(f"/releases/{release.number}/")
    assert drawn(response.context["line"])[:3] == [PASS, CONCEDED, PASS]
    assert response.context["line"].stations[1].contact.word == "closed, 1 car by concession"


def test_without_a_concession_no_line_says_so(plant, good_car, engineer):
    for address in ("/", f"/batches/{plant.batch.number}/", f"/vehicles/{plant.vehicle.vin}/"):
        assert (address, "conceded-mark" in engineer.get(address).content.decode()) == (address, False)


def test_a_fail_beside_it_is_drawn_as_the_fail(plant, conceded, engineer):
    (other,) = concessions.more_cars(plant, 1)
    concessions.measure_squib(plant, cars=[other])
    response = engineer.get(f"/batches/{plant.batch.number}/")
    assert response.context["sections"][1].status is Status.FAIL
