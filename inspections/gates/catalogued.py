"""Words of the catalogue of sentences as facts of what is said: each is put into the language in force when read."""

from __future__ import annotations

from dataclasses import dataclass, replace

from django.utils import timezone
from django.utils.translation import get_language

from ..catalogue.queries import CharacteristicWords
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
    """Reasons, one sentence each, with the characteristic that each is about; None where it is about none."""

    reasons: tuple[tuple[ReasonFacts, CharacteristicWords | None], ...]

    def __str__(self) -> str:
        language, zone = _language(), timezone.get_current_timezone()
        texts = [sentence(_named(facts, words, language), language, zone).text for facts, words in self.reasons]
        return ("" if language == "zh-hans" else " ").join(texts)


def _named(facts: ReasonFacts, words: CharacteristicWords | None, language: Language) -> ReasonFacts:
    if words is None:
        return facts
    name, place = (
        (named.name_zh or named.name) if language == "zh-hans" else named.name
        for named in (words.named, words.place(facts.position))
    )
    return replace(facts, characteristic=name, position=place)


def _language() -> Language:
    return language_of(get_language() or "en")
