"""What acts and decisions are told with: names of characteristics, gates and reasons in few words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from inspections.catalogue.queries import CharacteristicWords
from inspections.evaluation.reasons import ReasonCode
from inspections.gates.sentence_catalogue import Language
from inspections.gates.sentences import gate_text

from .ages import clauses

Characteristics = Mapping[int, CharacteristicWords]

_CODES: Mapping[str, tuple[str, str]] = {
    ReasonCode.NO_REQUIREMENTS: ("nothing is required", "没有任何要求"),
    ReasonCode.PLAN_NOT_APPROVED: ("plan not approved", "控制计划未批准"),
    ReasonCode.MISSING_RESULT: ("results missing", "缺少结果"),
    ReasonCode.MEASUREMENT_FAILED: ("measurement failed", "测量不合格"),
    ReasonCode.MEASUREMENT_INDETERMINATE: ("cannot be judged", "无法判定"),
    ReasonCode.VERDICT_DISAGREEMENT: ("verdicts disagree", "判定不一致"),
    ReasonCode.RIG_OUT_OF_CALIBRATION: ("rig out of calibration", "台架不在校准有效期"),
    ReasonCode.RIG_NOT_AUTHORISED: ("rig not authorised", "台架未获授权"),
    ReasonCode.SOFTWARE_MISMATCH: ("tested with other software", "检验软件与车上不符"),
    ReasonCode.EVIDENCE_STALE: ("result older than a change", "结果早于变更"),
    ReasonCode.RETEST_UNEXPLAINED: ("repeats not explained", "重复检验未说明"),
    ReasonCode.SUBMISSION_QUARANTINED: ("a submission cannot be read", "有提交无法读取"),
    ReasonCode.COVERAGE_MISSING: ("coverage missing", "缺少覆盖"),
    ReasonCode.COVERAGE_EXPIRED: ("coverage expired", "覆盖已到期"),
    ReasonCode.COVERAGE_REVOKED: ("coverage revoked", "覆盖已撤销"),
    ReasonCode.SAMPLE_SHORT: ("samples short", "样本不足"),
    ReasonCode.SAMPLE_REJECTED: ("sample rejected", "样本不合格"),
    ReasonCode.CONCESSION_EXPIRED: ("concession expired", "让步已到期"),
    ReasonCode.TALLY_MISMATCH: ("counts differ from the recount", "计数与重算不符"),
    ReasonCode.NOT_FOR_DELIVERY: ("not meant for a customer", "不用于交付"),
}


@dataclass(frozen=True, slots=True)
class Telling:
    """What words need beside the entry."""

    language: Language
    characteristics: Characteristics

    def code(self, code: str) -> str:
        """A reason code in few words."""
        words = _CODES.get(code)
        return code.replace("_", " ") if words is None else words[self.language == "zh-hans"]

    def gate(self, after: Mapping[str, Any]) -> str:
        return gate_text(str(after.get("domain", "")), self.language)

    def characteristic(self, number: object) -> str:
        found = self.characteristics.get(number) if isinstance(number, int) else None
        if found is None:
            return ""
        return (found.named.name_zh or found.named.name) if self.language == "zh-hans" else found.named.name

    def cause(self, after: Mapping[str, Any]) -> str:
        """What a gate's hold or nonconformance is about."""
        said = [self.gate(after), self.code(str(after.get("code", "")))]
        name = self.characteristic(after.get("characteristic_id"))
        return clauses([*said, name] if name else said)

    def reasons(self, reasons: Iterable[Mapping[str, Any]]) -> str:
        """Reasons as a decision keeps them, in few words, each once."""
        said: dict[str, None] = {}
        for reason in reasons:
            name = self.characteristic(reason.get("characteristic_id")) or str(reason.get("characteristic", ""))
            code = self.code(str(reason.get("code", "")))
            said[f"{name}: {code}" if name and self.language == "en" else f"{name}{code}"] = None
        listed = list(said)
        more = _(", ") + _("%(count)d more") % {"count": len(listed) - 3} if len(listed) > 3 else ""
        return _("; ").join(listed[:3]) + more


def characteristics_in(records: Iterable[object]) -> set[int]:
    """Ids of the characteristics that records name: what acts left (`after`), or decisions with their `reasons`."""
    ids = set()
    for record in records:
        found = record if isinstance(record, dict) else {}
        for row in (found, *found.get("reasons", ())):
            if isinstance(row, dict) and isinstance(row.get("characteristic_id"), int):
                ids.add(row["characteristic_id"])
    return ids
