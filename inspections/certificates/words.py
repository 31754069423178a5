"""What papers say in both languages side by side: they are read by whoever holds them, not by who issued them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ..catalogue.queries import LineWords, Named
from ..evaluation.facts import DispositionKind
from ..gates.choices import CoverageKind
from ..gates.limit_wording import quantity_text, required_text, unit_symbol, within_text
from ..gates.sentence_catalogue import LANGUAGES, Language

Both = dict[str, str]
"""The English and the Chinese words, under `en` and `zh`."""


def both(english: str, chinese: str) -> Both:
    return {"en": english, "zh": chinese}


def named(thing: Named) -> Both:
    """A name of the catalogue; the English one in both places where it has no Chinese one."""
    return both(thing.name, thing.name_zh or thing.name)


def required(line: LineWords) -> Both:
    """What a line asks, with its uncertainty."""
    return both(*(_required(line, language) for language in LANGUAGES))


def _required(line: LineWords, language: Language) -> str:
    members = [(row.name_zh or row.name) if language == "zh-hans" else row.name for row in line.members]
    words = required_text(
        line.expression,
        language,
        lower=line.lower,
        upper=line.upper,
        lower_inclusive=line.lower_inclusive,
        upper_inclusive=line.upper_inclusive,
        values=members or line.values,
        unit=line.unit,
    )
    return f"{words} {within_text(line.uncertainty, line.unit, language)}" if line.uncertainty else words


def value(found: str, unit: str) -> Both:
    """A value as it was recorded, with the symbol of its unit; a yes or no says whether it conforms."""
    plain = found.removesuffix(f" {unit}") if unit else found
    if plain in {"true", "false"}:
        return both(*(quantity_text(plain == "true", "", language) for language in LANGUAGES))
    symbol = unit_symbol(unit)
    said = f"{plain} {symbol}".strip() if plain != found or not unit else found
    return both(said, said)


GATES: Final[Mapping[str, Both]] = {
    "battery": both("Battery", "动力电池"),
    "crash": both("Crash safety", "碰撞安全"),
    "driving": both("Driving systems", "驾驶系统"),
}
COVERAGE: Final[Mapping[str, Both]] = {
    CoverageKind.INSPECTION: both("passing inspection on a destroyed car", "破坏性试验车检验合格"),
    CoverageKind.CERTIFICATE: both("outside laboratory's certificate", "外部实验室证书"),
    CoverageKind.DEMONSTRATION: both("demonstration, not evidence", "演示数据，不构成证据"),
}
DISPOSITIONS: Final[Mapping[str, Both]] = {
    DispositionKind.REWORK: both("reworked", "返工"),
    DispositionKind.CONFIRMED_RETEST: both("retest confirmed", "确认复检"),
    DispositionKind.MEASUREMENT_INVALID: both("measurement declared invalid", "判定测量无效"),
    DispositionKind.TREAT_AS_FAIL: both("treated as a fail", "按不合格处理"),
    DispositionKind.OURS_STANDS: both("our verdict stands", "维持本系统判定"),
    DispositionKind.SCRAP: both("car scrapped", "车辆报废"),
}
AUTHORITIES: Final[Mapping[str, Both]] = {
    "customer": both("the customer", "顾客"),
    "engineering": both("engineering", "工程部门"),
}
VERDICTS: Final[Mapping[str, Both]] = {
    "passed": both("passed", "合格"),
    "conceded": both("conceded", "让步"),
    "failed": both("failed", "不合格"),
    "pending": both("not decided for it", "待定"),
    "missing": both("never decided", "未判定"),
}
STATUSES: Final[Mapping[str, Both]] = {
    "in_process": both("in process", "在制"),
    "released": both("released", "已放行"),
    "delivered": both("released", "已放行"),
    "destroyed_for_test": both("destroyed for a test", "试验破坏"),
    "scrapped": both("scrapped", "已报废"),
    "transferred": both("transferred", "已转移"),
}
REASONS: Final[Mapping[str, Both]] = {
    "no_requirements": both("plan asks nothing", "控制计划无要求"),
    "plan_not_approved": both("plan not approved", "控制计划未批准"),
    "missing_result": both("no result", "缺少结果"),
    "measurement_failed": both("failed", "不合格"),
    "measurement_indeterminate": both("cannot be judged", "无法判定"),
    "verdict_disagreement": both("rig and plant disagree", "判定不一致"),
    "rig_out_of_calibration": both("rig not in calibration", "台架不在校准有效期"),
    "rig_not_authorised": both("rig not authorised", "台架未获授权"),
    "software_mismatch": both("tested with other software", "检验时软件不符"),
    "evidence_stale": both("result older than a change", "结果早于变更"),
    "retest_unexplained": both("repeats not explained", "重复检验未说明"),
    "submission_quarantined": both("submission not read", "提交未能读取"),
    "coverage_missing": both("type test not covered", "型式试验无覆盖"),
    "coverage_expired": both("coverage ended", "覆盖已到期"),
    "coverage_revoked": both("coverage revoked", "覆盖已撤销"),
    "sample_short": both("samples outstanding", "样本不足"),
    "sample_rejected": both("sample rejected", "样本不合格"),
    "concession_expired": both("concession ended", "让步已到期"),
    "tally_mismatch": both("counts differ", "计数不符"),
    "hold_active": both("held", "扣留"),
    "nonconformance_open": both("nonconformance open", "不符合项未关闭"),
    "not_for_delivery": both("not meant for a customer", "不交付顾客"),
    "not_released": both("not released yet", "尚未放行"),
    "release_suspended": both("release suspended", "放行中止"),
}


def reason(code: str) -> Both:
    return REASONS.get(code, both(code.replace("_", " "), code.replace("_", " ")))
