"""The drawing of a matrix: whole numbers, runs merged, the worst wins where cars share a step."""

import re

import pytest

from inspections.gates.matrix import WRONG, Mark
from inspections.web.matrix_drawing import MOST_RUNS, WIDTH, draw_rows, percent, tick_step


def row(size, **marks):
    """Passes, with marks at places: fail=[3]."""
    cells = bytearray([Mark.PASS]) * size
    for name, places in marks.items():
        for place in places:
            cells[place] = Mark[name.upper()]
    return bytes(cells)


def test_what_passed_is_not_drawn():
    assert draw_rows([row(20), bytes(20)], 20, 20).rows == ((), ())


def test_neighbours_alike_are_one_run():
    ((stroke,),) = draw_rows([row(1024, missing=range(100, 200))], 1024, 1024).rows
    assert (stroke.mark, stroke.path.count("M")) == (Mark.MISSING, 1)


def test_of_cars_that_share_a_step_the_worst_is_drawn():
    drawing = draw_rows([row(2048, conceded=[10], fail=[11])], 2048, 2048)
    assert ([stroke.mark for stroke in drawing.rows[0]], drawing.together) == ([Mark.FAIL], 2)


def test_every_status_has_a_form_of_its_own():
    shapes = set()
    for mark in WRONG:
        ((stroke,),) = draw_rows([row(100, **{mark.name: [50]})], 100, 100).rows
        shapes.add(re.sub(r"M-?\d+", "M", stroke.path))
    assert len(shapes) == len(WRONG)


@pytest.mark.parametrize("size", [1, 7, 498, 1024, 1025, 2000, 5000])
def test_every_wrong_car_is_drawn_within_the_axis_in_whole_numbers(size):
    for place in {0, size // 2, size - 1}:
        ((stroke,),) = draw_rows([row(size, fail=[place])], size, size).rows
        assert re.fullmatch(r"[Mhvlmz\d -]+", stroke.path)
        start = int(re.match(r"M(-?\d+)", stroke.path).group(1))
        assert -12 <= start <= WIDTH


def test_the_axis_leaves_room_for_cars_not_built_yet():
    ((stroke,),) = draw_rows([row(50, fail=[49])], 50, 100).rows
    assert int(re.match(r"M(\d+)", stroke.path).group(1)) < WIDTH // 2


def test_where_nearly_all_is_wrong_more_cars_share_a_step():
    noisy = [row(1000, fail=range(number % 2, 1000, 2)) for number in range(100)]
    drawing = draw_rows(noisy, 1000, 1000)
    assert sum(stroke.path.count("M") for strokes in drawing.rows for stroke in strokes) <= MOST_RUNS
    assert drawing.together > 1


@pytest.mark.parametrize(("extent", "step"), [(1, 1), (20, 2), (512, 50), (2000, 200), (100_000, 10_000)])
def test_the_axis_has_about_ten_round_figures(extent, step):
    assert tick_step(extent) == step


def test_a_place_is_a_share_of_the_axis():
    assert (percent(0, 3), percent(1, 3), percent(0, 0)) == ("0.00%", "33.33%", "0.00%")
