"""The list of rigs: which are asked for, and what is said of each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Q
from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from inspections.catalogue.models import Procedure
from inspections.rigs.models import Rig

from .ages import age_text
from .exporting.sheets import in_pages
from .rig_states import SILENT, RigState, authorisations_of, rig_states
from .statuses import Status

LONGEST_FILTER: Final = 64
_OFF: Final = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Heard:
    """When a rig was last heard, and how far its clock is off where that is worth saying."""

    words: str
    silent: bool
    offset: str


@dataclass(frozen=True, slots=True)
class RigRow:
    """A rig as it stands now, with the procedures that it may carry out, by code."""

    rig: Rig
    state: RigState
    heard: Heard
    procedures: tuple[Procedure, ...]


@dataclass(frozen=True, slots=True)
class RigsAsked:
    """The filter of the list: a key of STATES or "", and what code, name or line contain."""

    state: str
    text: str


STATES: Final[dict[str, tuple[str | Promise, Callable[[RigRow], bool]]]] = {
    "calibrated": (
        gettext_lazy("In calibration"), lambda row: row.state.status in (Status.PASS, Status.PENDING),
    ),
    "ending": (gettext_lazy("Calibration ends soon"), lambda row: row.state.status is Status.PENDING),
    "out": (gettext_lazy("Does not count"), lambda row: row.state.status is Status.FAIL),
    "looks": (gettext_lazy("Looks only"), lambda row: row.state.status is Status.QUIET),
    "silent": (gettext_lazy("Silent"), lambda row: row.heard.silent),
    "unheard": (gettext_lazy("Never heard"), lambda row: row.rig.last_heard_at is None),
    "unauthorised": (gettext_lazy("Authorised for nothing"), lambda row: not row.procedures),
}  # fmt: skip
"""What a rig can be asked for. Whether it counts is the evaluator's answer, so no SQL says it a second time."""


def rigs_asked(request: HttpRequest) -> RigsAsked:
    """The filter in the address; a state that is none is no filter."""
    state, text = request.GET.get("state", ""), request.GET.get("q", "").replace("\x00", "").strip()
    return RigsAsked(state if state in STATES else "", text[:LONGEST_FILTER])


def rig_rows(asked: RigsAsked, at: datetime, after: str = "") -> Iterator[list[RigRow]]:
    """The rigs asked for that come after a code, by code. Four statements for five hundred of them."""
    named = Rig.objects.order_by("code")
    if asked.text:
        wanted = Q(code__icontains=asked.text) | Q(name__icontains=asked.text) | Q(line__icontains=asked.text)
        named = named.filter(wanted)

    def read(beyond: str | None, most: int) -> Sequence[Rig]:
        return list(named.filter(code__gt=after if beyond is None else beyond)[:most])

    for found in in_pages(read, lambda rig: rig.code):
        states, allowed = rig_states(found, at), authorisations_of([rig.pk for rig in found], at)
        rows = [
            RigRow(
                rig,
                states[rig.pk],
                heard_of(rig, at),
                tuple(own.procedure for own in allowed.get(rig.pk, []) if own.granted),
            )
            for rig in found
        ]
        yield [row for row in rows if not asked.state or STATES[asked.state][1](row)]


def heard_of(rig: Rig, at: datetime) -> Heard:
    """When the rig was last heard, and whether its clock runs true."""
    if rig.last_heard_at is None:
        return Heard(_("never heard"), silent=False, offset="")
    age = at - rig.last_heard_at
    offset = rig.clock_offset or timedelta()
    off = _("its clock is %(seconds)d s off") % {"seconds": round(offset.total_seconds())}
    words = _("%(age)s ago") % {"age": age_text(age)}
    return Heard(words, silent=age > SILENT, offset=off if abs(offset) > _OFF else "")
