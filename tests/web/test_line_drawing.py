from itertools import pairwise

from inspections.web.line_drawing import Contact, Siding, draw_line
from inspections.web.statuses import Status


def closed(name):
    return Contact(name, True, Status.PASS)


def opened(name):
    return Contact(name, False, Status.PENDING)


def test_line_of_closed_contacts_carries_to_its_end():
    line = draw_line([closed("battery"), closed("crash"), closed("driving")])
    assert line.live
    assert [(station.live_in, station.live_out) for station in line.stations] == [(True, True)] * 3


def test_open_contact_leaves_everything_beyond_it_dead_even_what_is_closed():
    line = draw_line([closed("battery"), opened("crash"), closed("driving")])
    assert not line.live
    assert [(station.live_in, station.live_out) for station in line.stations] == [
        (True, True),
        (True, False),
        (False, False),
    ]


def test_line_without_contacts_carries_nothing():
    assert draw_line([]).live is False


def test_cars_on_a_siding_leave_the_main_line_running():
    line = draw_line([Contact("battery", True, Status.FAIL, siding=Siding(Status.FAIL, 16))])
    assert line.live


def test_stations_stand_in_order_at_equal_distance():
    line = draw_line([closed("a"), closed("b"), closed("c")])
    places = [station.x for station in line.stations]
    assert [after - before for before, after in pairwise(places)] == [68, 68]
    assert [(station.first, station.last) for station in line.stations] == [
        (True, False),
        (False, False),
        (False, True),
    ]
    assert places[-1] < line.end < line.width
