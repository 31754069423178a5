"""Why a coverage's own test fell, in the language of a page. The record says it in English."""

from __future__ import annotations

from collections.abc import Mapping

from inspections.gates.fallen import NOT_AUTHORISED, OTHER_RESULT, OUT_OF_CALIBRATION, VOIDED
from inspections.gates.sentence_catalogue import Language

_FALLEN: Mapping[str, str] = {
    VOIDED: "其检验已声明作废",
    OTHER_RESULT: "同一台车同项试验的另一结果不合格",
    OUT_OF_CALIBRATION: "所用台架当时不在校准有效期：",
    NOT_AUTHORISED: "所用台架当时未获授权：",
}


def fallen_text(text: str, language: Language) -> str:
    """Why it fell; what a person wrote is left as it is."""
    for beginning, chinese in _FALLEN.items():
        if language == "zh-hans" and text.startswith(beginning):
            return chinese + text.removeprefix(beginning)
    return text
