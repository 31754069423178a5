"""What was said of a file and of its tests besides what stands in it: by its sender, and by persons since."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from .models import NamedSubject, Submission
from .rules import Named


@dataclass(frozen=True, slots=True)
class Said:
    """`stated` is of the whole file, `named` of its tests by their ids."""

    stated: Named = field(default_factory=Named)
    named: Mapping[str, Named] = field(default_factory=dict)


def said_of(submissions: Iterable[Submission]) -> dict[int, Said]:
    """Of each file, by its id; of each thing the last word counts. One query."""
    files = {submission.pk: submission for submission in submissions}
    of_all = {number: Named("", *_own(file), file.procedure) for number, file in files.items()}
    of_tests: dict[int, dict[str, Named]] = defaultdict(dict)
    for word in NamedSubject.objects.filter(submission__in=list(files)).order_by("pk"):
        number = word.submission_id
        named = Named(word.external_id, *_own(word), files[number].procedure)
        if word.external_id:
            of_tests[number][word.external_id] = named
        else:
            of_all[number] = named
    return {number: Said(of_all[number], of_tests[number]) for number in files}


def _own(named: Submission | NamedSubject) -> tuple[str, str, str]:
    return named.vin, named.component_kind, named.component_serial
