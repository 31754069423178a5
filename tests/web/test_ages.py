from datetime import timedelta

import pytest
from django.utils.translation import override

from inspections.web.ages import age_text, sentences


@pytest.mark.parametrize(
    "age, english, chinese",
    [
        (timedelta(seconds=59), "0 min", "0分钟"),
        (timedelta(minutes=2, seconds=40), "2 min", "2分钟"),
        (timedelta(minutes=59), "59 min", "59分钟"),
        (timedelta(hours=1), "1 h 00", "1小时00分"),
        (timedelta(hours=6, minutes=1), "6 h 01", "6小时01分"),
        (timedelta(hours=10, minutes=59), "10 h", "10小时"),
        (timedelta(hours=48), "2 d", "2天"),
        (timedelta(minutes=-2), "2 min", "2分钟"),
    ],
)
def test_an_age_is_said_in_minutes_below_an_hour(age, english, chinese):
    with override("en"):
        assert age_text(age) == english
    with override("zh-hans"):
        assert age_text(age) == chinese


def test_sentences_stand_apart_in_english_only():
    with override("en"):
        assert sentences(["Done.", "", "Two cars are decided again."]) == "Done. Two cars are decided again."
    with override("zh-hans"):
        assert sentences(["已完成。", "两台车重新判定。"]) == "已完成。两台车重新判定。"
