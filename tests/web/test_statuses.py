import pytest

from inspections.evaluation.reasons import CLEARANCE_CODES, FAILED_CODES, Outcome, ReasonCode, State
from inspections.web.statuses import OF_OUTCOME, OF_STATE, WORDS, WORST_FIRST, Status, of_reason, word_of


def test_every_status_has_its_words_and_its_place_in_the_order():
    assert set(WORDS) == set(Status) == set(WORST_FIRST)
    assert len(WORST_FIRST) == len(Status)


def test_every_outcome_and_state_has_a_mark_and_only_a_pass_looks_like_one():
    assert set(OF_OUTCOME) == set(Outcome)
    assert set(OF_STATE) == set(State)
    passing = [key for table in (OF_OUTCOME, OF_STATE) for key, status in table.items() if status is Status.PASS]
    assert passing == [Outcome.PASS, State.PASSED]


@pytest.mark.parametrize("code", list(ReasonCode))
def test_no_reason_is_marked_as_a_pass_or_left_quiet(code):
    assert of_reason(code) not in {Status.PASS, Status.QUIET, Status.CONCEDED}


@pytest.mark.parametrize("code", sorted(FAILED_CODES))
def test_reason_that_fails_a_gate_is_marked_as_a_fail(code):
    assert of_reason(code) is Status.FAIL


def test_unknown_code_is_marked_as_a_fail():
    assert of_reason("something_new") is Status.FAIL


def test_hold_is_the_only_reason_marked_as_held():
    assert [code for code in ReasonCode if of_reason(code) is Status.HELD] == [ReasonCode.HOLD_ACTIVE]
    assert ReasonCode.HOLD_ACTIVE in CLEARANCE_CODES


def test_words_follow_the_language_of_the_page():
    assert (word_of(Status.UNCLEAR, "en-gb"), word_of(Status.UNCLEAR, "zh-hans")) == ("Unclear", "无法判定")
