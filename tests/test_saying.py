"""What is said when something is refused: kept as message and facts, put into words when it is read."""

from datetime import UTC, datetime

import pytest
from django.utils import timezone
from django.utils.translation import override

from inspections.saying import Cars, CodedRefusal, Refusal, say, say_count

AT = datetime(2026, 11, 26, 10, 5, tzinfo=UTC)


def test_a_refusal_is_read_in_the_language_of_its_reader_and_in_the_plants_time():
    refusal = CodedRefusal("lapsed", say("%(number)s lapsed at %(at)s. Propose it anew.", number="R-7", at=AT))
    with timezone.override("Asia/Shanghai"), override("zh-hans"):
        assert str(refusal) == "R-7已于2026-11-26 18:05失效。请重新提出。"
    with timezone.override("Asia/Shanghai"), override("en"):
        assert str(refusal) == "R-7 lapsed at 2026-11-26 18:05. Propose it anew."


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_machines_and_the_record_read_the_same_in_whatever_language_it_is_said(language):
    refusal = Refusal(say("It would have ended at %(at)s already.", at=AT))
    with override(language):
        assert refusal.english == "It would have ended at 2026-11-26T10:05:00+00:00 already."


def test_what_was_said_in_one_language_can_be_read_in_another():
    with override("zh-hans"):
        refusal = Refusal(say("The password is wrong."))
    with override("en"):
        assert str(refusal) == "The password is wrong."


def test_facts_stand_as_written_and_lists_of_them_as_the_language_lists():
    said = say("The catalogue knows no %(codes)s.", codes=["BAT-EOL-BOND", "100 %(x)s"])
    with override("zh-hans"):
        assert str(said) == "目录中没有BAT-EOL-BOND、100 %(x)s。"
    assert said.english == "The catalogue knows no BAT-EOL-BOND, 100 %(x)s."


def test_a_fact_may_be_said_too():
    said = say("%(vin)s %(state)s: only a car in process is moved.", vin="LX1", state=say("has left the plant"))
    with override("zh-hans"):
        assert str(said) == "LX1已出厂：只有在制的车可以移动。"
    assert said.english == "LX1 has left the plant: only a car in process is moved."


@pytest.mark.parametrize(
    "count, english",
    [
        (1, "It names 1 car: one car can leave by it."),
        (3, "It names 3 cars: from 1 to 3 of them can leave by it."),
    ],
)
def test_one_and_several_read_otherwise(count, english):
    said = say_count(
        "It names %(count)d car: one car can leave by it.",
        "It names %(count)d cars: from 1 to %(count)d of them can leave by it.",
        count=count,
    )
    assert said.english == english


def test_cars_are_named_by_runs():
    named = Cars.of([6, 1, 2, 4, 5, 5])
    with override("en"):
        assert (str(named), str(Cars.of([]))) == ("1 to 2, 4 to 6", "none")
    with override("zh-hans"):
        assert (str(named), str(Cars.of([]))) == ("1至2、4至6", "无")
