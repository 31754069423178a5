from dataclasses import replace
from datetime import timedelta, timezone

import pytest

from inspections.evaluation.reasons import JudgementReason, ReasonCode
from inspections.gates.sentence_catalogue import DETAILS, KEYS, LANGUAGES, SENTENCES
from inspections.gates.sentences import (
    Part,
    ReasonFacts,
    cars_text,
    gate_text,
    indeterminate_text,
    language_of,
    named_with_position,
    sentence,
    verdict_text,
)

SHANGHAI = timezone(timedelta(hours=8))
AT = "2026-11-22T00:31:04+00:00"

DETAIL = {
    "no_requirements": {"plan": "SU7-MAX-CN", "gate": "battery"},
    "plan_not_approved": {"plan": "SU7-MAX-CN", "revision": "4"},
    "measurement_failed": {"nonconformance": "NC-204"},
    "measurement_indeterminate": {"detail": "no_value"},
    "verdict_disagreement": {"rig": "EOL-3", "claimed": "pass", "judged": "fail"},
    "rig_out_of_calibration": {"rig": "ISO-3", "at": AT},
    "rig_not_authorised": {"rig": "ISO-3", "procedure": "BAT-EOL-ELEC", "at": AT},
    "software_mismatch": {"system": "ADS"},
    "evidence_stale": {"change": "the windscreen change", "at": AT},
    "retest_unexplained": {"nonconformance": "NC-204"},
    "submission_quarantined": {"count": "3", "detail": "no unit for “pitch residual”"},
    "coverage_missing": {"configuration": "SU7 Max CN P2", "procedure": "CRS-TYPE-SIDE"},
    "coverage_expired": {"coverage": "C-118", "procedure": "CRS-TYPE-SIDE", "at": AT},
    "coverage_revoked": {"coverage": "C-118", "procedure": "CRS-TYPE-SIDE", "at": AT, "detail": "wrong dummy"},
    "sample_short": {"procedure": "BAT-SAMPLE-SHORT", "period": "2026-W47", "next_due": "2026-11-29T00:00:00+00:00"},
    "sample_rejected": {"procedure": "BAT-SAMPLE-SHORT", "sample": "SU7-000113"},
    "concession_expired": {"concession": "K-12", "at": AT},
    "hold_active": {"who": "0417", "at": AT, "detail": "scratched harness", "hold_ends": "person"},
    "nonconformance_open": {"nonconformance": "NC-204"},
    "evaluation_pending": {"at": AT},
    "decision_expired": {"at": AT},
    "not_released": {"count": "1"},
    "release_suspended": {"release": "R-0607", "at": AT},
    "not_for_delivery": {"detail": "destroyed for a test"},
}
FOUND_AND_REQUIRED = {
    "measurement_failed": {"en": ("0.100 Ω", "less than 0.1 Ω"), "zh-hans": ("0.100 Ω", "小于0.1 Ω")},
    "software_mismatch": {"en": ("7.0.4", "7.1.0"), "zh-hans": ("7.0.4", "7.1.0")},
    "retest_unexplained": {"en": ("2", "1"), "zh-hans": ("2", "1")},
    "sample_short": {"en": ("1", "2"), "zh-hans": ("1", "2")},
    "tally_mismatch": {"en": ("451", "450"), "zh-hans": ("451", "450")},
    "operator_unknown": {"en": ("9999", ""), "zh-hans": ("9999", "")},
}
CHINESE_DETAIL = {
    "evidence_stale": {"change": "风窗更换"},
    "submission_quarantined": {"detail": "“pitch residual”没有单位"},
    "coverage_revoked": {"detail": "假人错误"},
    "hold_active": {"detail": "线束划伤"},
    "not_for_delivery": {"detail": "试验报废"},
}
WORDED = {
    "no_requirements": (
        "Plan SU7-MAX-CN asks nothing of battery.",
        "Clears when an approved revision does.",
        "控制计划SU7-MAX-CN对电池没有任何要求。",
        "解除条件：批准含要求的版本。",
    ),
    "plan_not_approved": (
        "Plan SU7-MAX-CN revision 4 is not approved.",
        "Clears when two people approve it.",
        "控制计划SU7-MAX-CN第4版未批准。",
        "解除条件：两人批准。",
    ),
    "missing_result": (
        "Car 17: no result for equipotential bonding, charge port.",
        "Clears when one is recorded and passes.",
        "第17台：缺少等电位连接（充电口）的结果。",
        "解除条件：补录且合格。",
    ),
    "measurement_failed": (
        "Car 17: equipotential bonding, charge port is 0.100 Ω; less than 0.1 Ω is required.",
        "Clears when NC-204 has a disposition and a later test passes.",
        "第17台：等电位连接（充电口）为0.100 Ω，要求小于0.1 Ω。",
        "解除条件：NC-204完成处置且之后的检验合格。",
    ),
    "measurement_indeterminate": (
        "Car 17: equipotential bonding, charge port cannot be judged: no value.",
        "Clears when a usable result passes.",
        "第17台：等电位连接（充电口）无法判定：无数值。",
        "解除条件：取得可判定的合格结果。",
    ),
    "verdict_disagreement": (
        "Car 17: rig EOL-3 says pass, Interlock says fail for equipotential bonding, charge port.",
        "Clears when an engineer reviews it.",
        "第17台：等电位连接（充电口）台架EOL-3判合格，系统判不合格。",
        "解除条件：工程师复核。",
    ),
    "rig_out_of_calibration": (
        "Car 17: equipotential bonding, charge port was measured on ISO-3, not in calibration at 2026-11-22 08:31.",
        "Clears when the certificate is entered or another rig passes it.",
        "第17台：等电位连接（充电口）由ISO-3于2026-11-22 08:31测得，当时不在校准有效期。",
        "解除条件：录入证书，或由其他台架检验合格。",
    ),
    "rig_not_authorised": (
        "Car 17: ISO-3 was not authorised for BAT-EOL-ELEC at 2026-11-22 08:31.",
        "Clears when an authorised rig passes it.",
        "第17台：ISO-3于2026-11-22 08:31未获BAT-EOL-ELEC授权。",
        "解除条件：由获授权台架检验合格。",
    ),
    "software_mismatch": (
        "Car 17: tested with ADS 7.0.4; the car has 7.1.0.",
        "Clears when tested with 7.1.0.",
        "第17台：检验时ADS为7.0.4，车上为7.1.0。",
        "解除条件：以7.1.0重新检验。",
    ),
    "evidence_stale": (
        "Car 17: equipotential bonding, charge port is older than the windscreen change of 2026-11-22 08:31.",
        "Clears when tested again.",
        "第17台：等电位连接（充电口）早于2026-11-22 08:31的风窗更换。",
        "解除条件：重新检验。",
    ),
    "retest_unexplained": (
        "Car 17: equipotential bonding, charge port was repeated 2 times; 1 allowed.",
        "Clears when NC-204 explains them.",
        "第17台：等电位连接（充电口）重复2次，允许1次。",
        "解除条件：在NC-204中说明。",
    ),
    "submission_quarantined": (
        "Car 17: 3 submissions naming it cannot be read: no unit for “pitch residual”.",
        "Clears when each is read or set aside with a reason.",
        "第17台：3份相关提交无法读取：“pitch residual”没有单位。",
        "解除条件：逐份读取或说明理由搁置。",
    ),
    "coverage_missing": (
        "SU7 Max CN P2: nothing covers CRS-TYPE-SIDE.",
        "Clears when coverage is signed.",
        "SU7 Max CN P2：CRS-TYPE-SIDE无覆盖。",
        "解除条件：签署覆盖。",
    ),
    "coverage_expired": (
        "Coverage C-118 for CRS-TYPE-SIDE ended 2026-11-22 08:31.",
        "Clears when renewed.",
        "CRS-TYPE-SIDE的覆盖C-118已于2026-11-22 08:31到期。",
        "解除条件：更新覆盖。",
    ),
    "coverage_revoked": (
        "Coverage C-118 for CRS-TYPE-SIDE was revoked 2026-11-22 08:31: wrong dummy.",
        "Clears when another is signed.",
        "CRS-TYPE-SIDE的覆盖C-118已于2026-11-22 08:31撤销：假人错误。",
        "解除条件：签署新覆盖。",
    ),
    "sample_short": (
        "BAT-SAMPLE-SHORT: 1 of 2 samples conform for 2026-W47.",
        "Clears when the rest do; next due 2026-11-29 08:00.",
        "BAT-SAMPLE-SHORT：2026-W47样本合格1件，要求2件。",
        "解除条件：补足合格样本，下一件为2026-11-29 08:00。",
    ),
    "sample_rejected": (
        "BAT-SAMPLE-SHORT: sample SU7-000113 failed equipotential bonding, charge port.",
        "Clears when every car is screened or scrapped.",
        "BAT-SAMPLE-SHORT：样本SU7-000113的等电位连接（充电口）不合格。",
        "解除条件：逐台筛查或报废。",
    ),
    "concession_expired": (
        "Car 17: concession K-12 for equipotential bonding, charge port ended 2026-11-22 08:31.",
        "Clears when renewed or the result conforms.",
        "第17台：等电位连接（充电口）的让步K-12已于2026-11-22 08:31到期。",
        "解除条件：续批或结果合格。",
    ),
    "tally_mismatch": (
        "Car 17: stored counts differ from the recount (451, 450).",
        "Clears when an engineer has it recounted and they agree.",
        "第17台：存储计数与重算不符（451，450）。",
        "解除条件：工程师重算且一致。",
    ),
    "hold_active": (
        "Car 17 is held by 0417 since 2026-11-22 08:31: scratched harness.",
        "Clears when an engineer lifts it.",
        "第17台自2026-11-22 08:31被0417扣留：线束划伤。",
        "解除条件：质量工程师解除。",
    ),
    "nonconformance_open": (
        "Car 17: NC-204 is open.",
        "Clears when closed.",
        "第17台：NC-204未关闭。",
        "解除条件：关闭。",
    ),
    "evaluation_pending": (
        "Car 17: evidence of 2026-11-22 08:31 is not decided yet.",
        "Clears by itself, usually in seconds.",
        "第17台：2026-11-22 08:31的证据尚未判定。",
        "解除条件：自动判定，通常数秒。",
    ),
    "decision_expired": (
        "Car 17: the decision held until 2026-11-22 08:31.",
        "Clears when decided again.",
        "第17台：判定有效期至2026-11-22 08:31。",
        "解除条件：重新判定。",
    ),
    "operator_unknown": (
        "Car 17: operator 9999 is nobody we know.",
        "Clears when mapped to a person.",
        "第17台：操作员9999无法对应。",
        "解除条件：对应到人员。",
    ),
    "not_released": (
        "Car 17 is clear; 1 of 2 signatures.",
        "Clears when signed.",
        "第17台已具备条件，签名1/2。",
        "解除条件：完成签署。",
    ),
    "release_suspended": (
        "Car 17: release R-0607 suspended 2026-11-22 08:31: something was decided later.",
        "Clears when clear again and signed anew.",
        "第17台：放行R-0607已于2026-11-22 08:31中止：签署后有新的判定。",
        "解除条件：恢复条件并重新签署。",
    ),
    "not_for_delivery": (
        "Car 17 is not meant for a customer: destroyed for a test.",
        "Nothing clears this; it never leaves.",
        "第17台不用于交付：试验报废。",
        "无法解除，永不放行。",
    ),
}
NEVER_CLEARS = {"not_for_delivery"}


def facts_of(code, language):
    english = language == "en"
    found, required = FOUND_AND_REQUIRED.get(code, {}).get(language, ("", ""))
    return ReasonFacts(
        code=code,
        subject="Car 17" if english else "第17台",
        characteristic="Equipotential bonding" if english else "等电位连接",
        position="charge port" if english else "充电口",
        found=found,
        required=required,
        detail=DETAIL.get(code, {}) | ({} if english else CHINESE_DETAIL.get(code, {})),
    )


@pytest.mark.parametrize("code", [str(code) for code in ReasonCode])
def test_sentence_of_every_code_is_worded_as_the_catalogue_in_both_languages(code):
    english = sentence(facts_of(code, "en"), "en", SHANGHAI)
    chinese = sentence(facts_of(code, "zh-hans"), "zh-hans", SHANGHAI)
    assert (english.text, english.clears_when, chinese.text, chinese.clears_when) == WORDED[code]


def test_every_code_has_its_sentence_in_every_language():
    assert {language: set(codes) for language, codes in SENTENCES.items()} == {
        language: set(ReasonCode) for language in LANGUAGES
    }


def test_every_judgement_reason_has_its_words_except_the_one_that_says_nothing():
    assert set(DETAILS) == set(JudgementReason) - {JudgementReason.NONE}


def test_the_keys_named_for_a_code_are_those_that_its_sentences_use():
    assert {code: set(detail) - {"hold_ends"} for code, detail in DETAIL.items()} == {
        str(code): set(keys) for code, keys in KEYS.items()
    }


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("code", [str(code) for code in ReasonCode])
def test_reason_without_any_fact_is_still_a_whole_sentence(code, language):
    said = sentence(ReasonFacts(code), language)
    ending = "." if language == "en" else "。"
    opening = ("Clears ", "Nothing clears ") if language == "en" else ("解除条件：", "无法解除")
    assert (said.text[-1], said.clears_when[-1]) == (ending, ending)
    assert said.clears_when.startswith(opening[code in NEVER_CLEARS])
    assert [part for part in (*said.parts, *said.clears_parts) if not part.text or "{" in part.text] == []


def test_missing_nonconformance_is_named_by_its_owner():
    said = sentence(ReasonFacts("measurement_failed", subject="Car 17"), "en")
    assert said.clears_when == "Clears when its nonconformance has a disposition and a later test passes."


def test_unknown_code_is_refused_not_invented():
    with pytest.raises(ValueError, match="looks_fine"):
        sentence(ReasonFacts("looks_fine"), "en")


def test_parts_join_to_the_text_and_emphasise_what_was_found_and_required():
    said = sentence(facts_of("measurement_failed", "en"), "en")
    assert "".join(part.text for part in said.parts) == said.text
    assert [part.text for part in said.parts if part.emphasised] == ["0.100 Ω", "less than 0.1 Ω"]
    assert said.clears_parts[1] == Part("NC-204", "nonconformance")


def test_verdict_disagreement_without_a_characteristic_is_about_the_whole_inspection():
    reason = ReasonFacts("verdict_disagreement", "Car 17", detail=DETAIL["verdict_disagreement"])
    assert sentence(reason, "en").text == "Car 17: rig EOL-3 says pass, Interlock says fail for the whole inspection."


def test_hold_of_a_gate_clears_when_its_cause_ends():
    held = ReasonFacts("hold_active", "Car 17", detail=DETAIL["hold_active"] | {"hold_ends": "cause"})
    assert sentence(held, "en").clears_when == "Clears when its cause ends."
    assert sentence(held, "zh-hans").clears_when == "解除条件：原因消除。"


def test_one_submission_and_one_repeat_are_said_in_the_singular():
    kept = ReasonFacts("submission_quarantined", "Car 17", detail={"count": "1", "detail": "not JSON"})
    assert sentence(kept, "en").text == "Car 17: 1 submission naming it cannot be read: not JSON."
    repeated = ReasonFacts("retest_unexplained", "Car 17", "Bonding", found="1", required="0")
    assert sentence(repeated, "en").text == "Car 17: bonding was repeated 1 time; 0 allowed."


def test_several_cars_are_held_in_the_plural():
    reason = ReasonFacts("hold_active", "Cars 17 and 18", detail=DETAIL["hold_active"], several=True)
    assert sentence(reason, "en", SHANGHAI).text.startswith("Cars 17 and 18 are held by 0417 since")


def test_abbreviation_keeps_its_capitals_inside_a_sentence():
    assert sentence(ReasonFacts("missing_result", "Car 17", "HV interlock loop"), "en").text == (
        "Car 17: no result for HV interlock loop."
    )


def test_unit_mismatch_names_the_unit_found_and_the_unit_required():
    reason = ReasonFacts(
        "measurement_indeterminate",
        "Car 17",
        "Bonding",
        found="0.05 V",
        required="less than 0.1 Ω",
        detail={"detail": "unit_mismatch", "found_unit": "V", "required_unit": "ohm"},
    )
    assert sentence(reason, "en").text == "Car 17: bonding cannot be judged: unit V, not Ω."
    assert sentence(reason, "zh-hans").text == "Car 17：Bonding无法判定：单位为V，应为Ω。"


def test_indeterminate_detail_in_free_words_is_kept():
    reason = ReasonFacts("measurement_indeterminate", "Car 17", "Bonding", detail={"detail": "probe lifted"})
    assert sentence(reason, "en").text == "Car 17: bonding cannot be judged: probe lifted."


@pytest.mark.parametrize(
    ("change", "english", "chinese"),
    [
        ("rework", "rework", "返工"),
        ("former_car", "the end of the car that it was in", "其原车报废或试验损毁"),
        ("pack P-1", "pack P-1", "pack P-1"),
    ],
)
def test_what_made_a_result_stale_is_said_in_both_languages(change: str, english: str, chinese: str) -> None:
    reason = ReasonFacts("evidence_stale", "Car 17", "Bonding", detail={"change": change, "at": "2026-11-22"})
    assert sentence(reason, "en").text == f"Car 17: bonding is older than {english} of 2026-11-22."
    assert sentence(reason, "zh-hans").text == f"Car 17：Bonding早于2026-11-22的{chinese}。"


def test_a_part_that_nobody_measured_is_named_in_both_languages():
    reason = ReasonFacts(
        "measurement_indeterminate", "Car 17", "Bonding", detail={"detail": "part_not_measured", "part": "pack P-2"}
    )
    assert sentence(reason, "en").text == "Car 17: bonding cannot be judged: pack P-2 in it has no result of its own."
    assert sentence(reason, "zh-hans").text == "Car 17：Bonding无法判定：车上的pack P-2没有自己的结果。"
    lost = replace(reason, detail={"detail": "part_not_measured"})
    assert "not known in it has no result" in sentence(lost, "en").text


def test_indeterminate_text_of_no_reason_says_nothing():
    assert indeterminate_text(JudgementReason.NONE, "en") == ""


def test_time_without_a_zone_keeps_its_own_offset_and_other_text_is_left_alone():
    shown = [
        sentence(ReasonFacts("decision_expired", "Car 17", detail={"at": at}), "en").text
        for at in ("2026-11-22T08:31:04+08:00", "2026-11-22", "Sunday")
    ]
    assert shown == [
        "Car 17: the decision held until 2026-11-22 08:31.",
        "Car 17: the decision held until 2026-11-22.",
        "Car 17: the decision held until Sunday.",
    ]


def test_language_of_a_request_is_chinese_for_any_chinese_and_english_for_the_rest():
    assert [language_of(code) for code in ("zh-hans", "zh-CN", "en-gb", "de")] == ["zh-hans", "zh-hans", "en", "en"]


def test_gate_verdict_and_position_have_names_in_both_languages():
    assert (gate_text("driving", "en"), gate_text("driving", "zh-hans")) == ("driving", "行驶")
    assert (verdict_text("indeterminate", "en"), verdict_text("indeterminate", "zh-hans")) == ("unclear", "无法判定")
    assert named_with_position("等电位连接", "充电口", "zh-hans") == "等电位连接（充电口）"


@pytest.mark.parametrize(
    ("cars", "english", "chinese"),
    [
        ([17], "Car 17", "第17台"),
        ([190, 57], "Cars 57 and 190", "第57、190台"),
        ([233, 266, 310], "Cars 233, 266 and 310", "第233、266、310台"),
        (range(485, 499), "14 cars, 485 to 498", "14台，第485至498台"),
        ([1, 2, 3, 7, 9, 10], "6 cars, 1 to 3, 7 and 9 to 10", "6台，第1至3、7、9至10台"),
        (
            [1, 3, 5, 7, 9, 11, 13],
            "7 cars, 1, 3, 5, 7, 9 and 2 more",
            "7台，第1、3、5、7、9台及另外2台",
        ),
    ],
)
def test_cars_are_named_up_to_five_and_then_counted_with_ranges(cars, english, chinese):
    assert (cars_text(cars, "en"), cars_text(cars, "zh-hans")) == (english, chinese)


def test_no_car_has_no_name():
    with pytest.raises(ValueError, match="no car"):
        cars_text([], "en")
