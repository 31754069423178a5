"""What a suggestion for a profile left to a person, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from inspections.adapters.row_suggesting import UNANSWERED, Asked, Question
from inspections.rigs.profile_suggesting import SuggestedDocument

from .body_words import visible

_WORDS: Final[Mapping[Asked, str | Promise]] = {
    Asked.ENCODING: gettext_lazy(
        "In which encoding it is written, its bytes do not tell: say reading.encoding, such as cp1252 or gb18030."
    ),
    Asked.SHAPE: gettext_lazy("No rows of one width were found in it. Say reading.options by hand."),
    Asked.DELIMITER: gettext_lazy("Several delimiters fit: %(about)s. Say delimiter in reading.options."),
    Asked.LAST_LINE: gettext_lazy(
        "The last line has no end: it was cut off, or the rig never ends it; then say unterminated_last_line: true."
    ),
    Asked.NO_NAMES: gettext_lazy("The columns have no names and go by their numbers. Say item for each."),
    Asked.ID: gettext_lazy(
        "No column clearly is the rig's own number of the test: rows are told apart by what they hold. Say test.id."
    ),
    Asked.SUBJECT: gettext_lazy("No column holds VINs. Say where VIN or serial stand: test.serial and subject."),
    Asked.SUBJECTS: gettext_lazy("Several columns hold VINs: %(about)s. Say which in test.serial."),
    Asked.NO_TIME: gettext_lazy("No column of times was found: the file is refused until you say test.started."),
    Asked.TIMES: gettext_lazy(
        "Which is the start and which the end: %(about)s? The file is refused until you say test.started."
    ),
    Asked.TIME_ORDER: gettext_lazy(
        "Day or month first: %(about)s? The file is refused until you say from and format of that time."
    ),
    Asked.RESULT: gettext_lazy("No column of words for pass and fail was found. Say test.result if there is one."),
    Asked.RESULTS: gettext_lazy("Which is the result of the whole test: %(about)s? Say test.result."),
    Asked.PASS_WORD: gettext_lazy("No test in the file passed: say the rig's word for it in test.result.pass."),
    Asked.FAIL_WORD: gettext_lazy("No test in the file failed. Taken for it: %(about)s. Say the rig's own word."),
    Asked.STRANGE_WORDS: gettext_lazy("These results claim nothing until you say what they mean: %(about)s."),
    Asked.DECIMAL_MARK: gettext_lazy(
        "A decimal mark or one of thousands: %(about)s? The file is refused until you correct decimal_comma."
    ),
    Asked.DECIMAL_MARKS: gettext_lazy("Some numbers have a decimal comma and some a point: the file is refused."),
    Asked.UNIT: gettext_lazy("These units can mean two things and were not taken: %(about)s. Say unit of each."),
    Asked.UNITS: gettext_lazy("No unit that is known stands with these: %(about)s. Say unit where there is one."),
    Asked.ITEMS: gettext_lazy("No column of numbers was found, or more than 500. Say the items by hand."),
}


def asked_of(question: Question) -> str:
    """One question as a sentence."""
    about = _(", ").join(visible({"\t": "TAB"}.get(each, each)) for each in question.about)
    return str(_WORDS[question.asked]) % {"about": about}


def asked_of_document(found: SuggestedDocument) -> Iterator[str]:
    """What is left to answer of procedure and places."""
    codes = _(", ").join(filter(None, found.procedures))
    if codes:
        yield _("Several procedures fit: %(codes)s. Choose one above and suggest again.") % {"codes": codes}
    elif found.procedures:
        yield _("No procedure fits by itself. Choose one above and suggest again.")
    if found.unplaced:
        names = _(", ").join(visible(each) for each in found.unplaced[:20])
        yield _("No place yet, since name and unit are not those of exactly one characteristic: %(names)s.") % {
            "names": names
        }


def as_comments(questions: Any) -> str:
    """The questions as comments at the head of the document, where they stand until they are answered."""
    lines = (" ".join("".join(c if c.isprintable() else " " for c in each).split()) for each in questions)
    return "".join(f"# {UNANSWERED}: {line}\n" for line in lines)
