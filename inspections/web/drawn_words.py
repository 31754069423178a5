"""Which cars of a batch are samples, in words: what is drawn and built, how it stands, and how to check the draw."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from inspections.catalogue.queries import Named
from inspections.evaluation.reasons import Outcome
from inspections.gates.queries import BatchDraw, DrawnCar
from inspections.gates.sentence_catalogue import Language

from .ages import gap
from .statuses import OF_OUTCOME, Status, word_of


@dataclass(frozen=True, slots=True)
class DrawnLine:
    """One car that is a sample, as a list shows it."""

    vin: str
    words: str
    status: Status
    word: str


@dataclass(frozen=True, slots=True)
class DrawnProcedure:
    """One procedure of which samples are drawn, with those of them that are built."""

    name: str
    words: str
    cars: tuple[DrawnLine, ...]


def name_of(code: str, names: Mapping[str, Named], language: Language) -> str:
    """The name of a procedure in the language of the page."""
    named = names.get(code)
    if named is None:
        return code
    return (named.name_zh or named.name) if language == "zh-hans" else named.name


def drawn_procedures(draw: BatchDraw, names: Mapping[str, Named], language: Language) -> list[DrawnProcedure]:
    """The draw of a batch by procedure. What is not built yet is counted, never named."""
    found = []
    for code, asked in draw.asked:
        cars = [car for car in draw.cars if car.procedure == code]
        good = sum(car.outcome is Outcome.PASS for car in cars)
        words = ngettext("%(asked)d car is a sample", "%(asked)d cars are samples", asked) % {"asked": asked}
        stand = _("%(built)d built, %(good)d conforming") % {"built": len(cars), "good": good}
        lines = tuple(_line(car, language) for car in cars)
        found.append(DrawnProcedure(name_of(code, names, language), f"{words}{_(': ')}{stand}{_('.')}", lines))
    return found


def _line(car: DrawnCar, language: Language) -> DrawnLine:
    words = _("Car %(car)d") % {"car": car.sequence}
    if not car.for_delivery:
        words = _("%(car)s, not for customers") % {"car": words}
    return DrawnLine(car.vin, words, *standing(car.outcome, language))


def standing(outcome: Outcome | None, language: Language) -> tuple[Status, str]:
    """How a drawn car stands as a sample."""
    if outcome is None:
        return Status.MISSING, _("Not tested yet")
    status = OF_OUTCOME[outcome]
    return status, word_of(status, language)


def sample_of(cars: tuple[DrawnCar, ...], names: Mapping[str, Named], language: Language) -> list[tuple[str, str]]:
    """What stands beside the VIN of a car that is a sample: for which procedure, and how it stands."""
    return [
        (
            _("Drawn as a sample"),
            name_of(car.procedure, names, language) + _(": ") + standing(car.outcome, language)[1],
        )
        for car in cars
    ]


def check_words(draw: BatchDraw) -> str:
    """How anybody can do the draw again, in a sentence."""
    said = {"planned": draw.planned}
    if draw.seed:
        return _("Drawn from %(planned)d planned. The seed is told; anybody can do the draw again.") % said
    first = _("Drawn at opening from %(planned)d planned, from a secret seed.") % said
    return first + gap() + _("Cars to come are not named; the seed is told when testing is closed.")
