"""Waiting until the cars of a run are decided: each is asked for until it is, and who is left is named."""

from inspections.management.simulation.client import Answer
from inspections.management.simulation.playing import wait_until_decided

PENDING = {"clear": False, "reasons": [{"code": "evaluation_pending"}]}
CLEAR = {"clear": True, "reasons": []}
FAILED = {"clear": False, "reasons": [{"code": "measurement_failed"}]}


class Answers:
    """What is answered of each car, one answer after another; the last one stays."""

    def __init__(self, **answers):
        self.answers = {vin: list(told) for vin, told in answers.items()}
        self.asked = []

    def get(self, holder, path):
        vin = path.split("/")[1]
        self.asked.append(vin)
        told = self.answers[vin]
        return Answer(200, told.pop(0) if len(told) > 1 else told[0])


def test_each_is_asked_for_until_it_is_clear_or_decided():
    plant = Answers(A=[PENDING, PENDING, CLEAR], B=[CLEAR], C=[PENDING, FAILED], D=[FAILED])
    assert wait_until_decided(plant, ["A", "B"], ["C", "D"], seconds=30) == []
    assert plant.asked == ["A", "A", "A", "B", "C", "C", "D"]


def test_who_is_left_when_time_is_over_is_named_and_nobody_else():
    plant = Answers(A=[FAILED], B=[CLEAR], C=[PENDING], D=[FAILED])
    assert wait_until_decided(plant, ["A", "B"], ["C", "D"], seconds=0) == ["A", "C"]
