"""Words of the catalogue of sentences as facts of what is said: each is put into the language in force when read."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils import timezone
from django.utils.translation import get_language

from .sentence_catalogue import Language
from .sentences import ReasonFacts, gate_text, language_of, sentence, verdict_text


@dataclass(frozen=True, slots=True)
class VerdictWord:
    """A verdict by its code."""

    code: str

    def __str__(self) -> str:
        return verdict_text(self.code, _language())


@dataclass(frozen=True, slots=True)
class GateWord:
    """A gate by its domain."""

    domain: str

    def __str__(self) -> str:
        return gate_text(self.domain, _language())


@dataclass(frozen=True, slots=True)
class ReasonSentences:
    """Reasons, one sentence each."""

    reasons: tuple[ReasonFacts, ...]

    def __str__(self) -> str:
        language, zone = _language(), timezone.get_current_timezone()
        texts = [sentence(each, language, zone).text for each in self.reasons]
        return ("" if language == "zh-hans" else " ").join(texts)


def _language() -> Language:
    return language_of(get_language() or "en")
