"""The cars that a rig makes wait: from the rig, all of them; from a finding, what it measured in the time concerned."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from inspections.batches.choices import VehicleStatus
from inspections.gates.waiting_cars import WaitingCar, WaitingCounts, Window, count_waiting, waiting_cars
from inspections.rigs.models import OutOfTolerance, Rig

from ..ages import stamp
from ..batch_facts import vehicle_status_text
from ..exporting import of_rigs
from ..exporting.answering import exports
from ..exporting.sheets import Sheet
from ..paging import PAGE, Pager, address
from ..statuses import Status

_LONGEST: Final = 64
_STATUSES: Final = (VehicleStatus.DELIVERED, VehicleStatus.RELEASED, VehicleStatus.IN_PROCESS)


def _cars_sheet(request: HttpRequest, code: str, number: int | None = None) -> Sheet:
    rig = _rig(code)
    asked = _asked(request, rig, None if number is None else _finding(rig, number))
    narrowed = [(_("Cars"), _("All that it measured") if asked.every else _("Waiting"))]
    narrowed += [(_("Since"), asked.window.since.isoformat())] if asked.window else []
    narrowed += [(_("Batch"), asked.batch)] if asked.batch else []
    narrowed += [(_("State"), vehicle_status_text(asked.status))] if asked.status else []
    return of_rigs.cars(rig, asked.read, lambda row: _standing(row)[1], narrowed)


@require_safe
@exports(cars=_cars_sheet)
def of_rig(request: HttpRequest, code: str) -> HttpResponse:
    """Every car with a result of this rig that counts for nothing and that no other has replaced. Two statements."""
    return _page(request, _rig(code), None)


@require_safe
@exports(cars=_cars_sheet)
def of_finding(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """The cars that a finding "out of tolerance" concerns, those that wait or all of them."""
    rig = _rig(code)
    return _page(request, rig, _finding(rig, number))


def _finding(rig: Rig, number: int) -> OutOfTolerance:
    found = OutOfTolerance.objects.filter(rig=rig, pk=number).first()
    if found is None:
        raise Http404(_("This rig has no such finding."))
    return found


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the list is narrowed to."""

    rig_id: int
    window: Window | None
    every: bool
    batch: str
    status: str

    def read(self, after: tuple[int, int], most: int) -> list[WaitingCar]:
        return waiting_cars(
            rig_id=self.rig_id, window=self.window, every=self.every, batch=self.batch, status=self.status,
            after=after, most=most,
        )  # fmt: skip


def _asked(request: HttpRequest, rig: Rig, finding: OutOfTolerance | None) -> _Asked:
    window = None if finding is None else _window(rig, finding)
    every = finding is not None and request.GET.get("cars") == "all"
    status = _text(request, "status")
    return _Asked(rig.pk, window, every, _text(request, "batch"), status if status in _STATUSES else "")


def _page(request: HttpRequest, rig: Rig, finding: OutOfTolerance | None) -> HttpResponse:
    asked = _asked(request, rig, finding)
    window, every = asked.window, asked.every
    counts = count_waiting(rig_id=rig.pk, window=window)
    after = _after(request)
    rows = asked.read(after or (-1, 0), PAGE + 1)
    shown = rows[:PAGE]
    following = ""
    if len(rows) > PAGE:
        following = address(request, {"after": f"{shown[-1].rank}-{shown[-1].id}"})
    words = ngettext("%(count)d car", "%(count)d cars", len(shown)) % {"count": len(shown)}
    context = {
        "rig": rig,
        "finding": finding,
        "since": stamp(window.since) if window is not None else "",
        "until": stamp(window.until) if window is not None and window.until is not None else "",
        "heading": _heading(counts),
        "counts": counts,
        "rows": [_row(row) for row in shown],
        "filters": _filters(request, every, finding is not None),
        "statuses": _status_filters(request, asked.status),
        "batch": asked.batch,
        "kept": [(name, request.GET[name]) for name in ("cars", "status") if request.GET.get(name)],
        "pager": Pager(words, address(request, {"after": None}) if after else "", following),
        "title_block": [{"label": _("Rig"), "value": rig.code}],
    }
    return render(request, "inspections/rigs/cars.html", context)


def _window(rig: Rig, finding: OutOfTolerance) -> Window:
    """Until a certificate begins that the finding does not refute, nothing counts that the rig measures."""
    next_good = rig.calibrations.filter(valid_from__gte=finding.found_at).order_by("valid_from").first()
    return Window(rig.pk, finding.back_to, None if next_good is None else next_good.valid_from)


def _heading(counts: WaitingCounts) -> str:
    if not counts.waiting:
        return _("No car waits because of this rig")
    words = ngettext("%(count)d car waits for another result", "%(count)d cars wait for another result", counts.waiting)
    said = words % {"count": counts.waiting}
    if counts.delivered:
        gone = ngettext(", %(count)d of them has left", ", %(count)d of them have left", counts.delivered)
        said += gone % {"count": counts.delivered}
    return said


def _standing(row: WaitingCar) -> tuple[Status, str]:
    if row.undecided:
        return Status.PENDING, _("being decided")
    if row.waits:
        return Status.STALE, _("waits: test it again")
    return Status.QUIET, _("needs nothing: another result stands, or its result did not count anyway")


def _row(row: WaitingCar) -> dict[str, Any]:
    mark, words = _standing(row)
    gone = row.status == VehicleStatus.DELIVERED
    return {"row": row, "state": vehicle_status_text(row.status), "gone": gone, "mark": mark, "words": words}


def _filters(request: HttpRequest, every: bool, may_choose: bool) -> list[tuple[str, str, bool]]:
    if not may_choose:
        return []
    return [
        (_("Waiting"), address(request, {"cars": None, "after": None}), not every),
        (_("All that it measured"), address(request, {"cars": "all", "after": None}), every),
    ]


def _status_filters(request: HttpRequest, status: str) -> list[tuple[str, str, bool]]:
    return [
        (_("Whatever their state"), address(request, {"status": None, "after": None}), not status),
        *(
            (vehicle_status_text(one), address(request, {"status": one.value, "after": None}), status == one)
            for one in _STATUSES
        ),
    ]


def _text(request: HttpRequest, name: str) -> str:
    return request.GET.get(name, "").strip().replace("\x00", "")[:_LONGEST]


def _after(request: HttpRequest) -> tuple[int, int] | None:
    text = request.GET.get("after", "")
    if not text:
        return None
    rank, dash, number = text.partition("-")
    if not (dash and rank in {"0", "1", "2"} and number.isascii() and number.isdigit() and len(number) <= 18):
        raise Http404(_("This is no page of the list: begin again at its first."))
    return int(rank), int(number)


def _rig(code: str) -> Rig:
    found = Rig.objects.filter(code=code.replace("\x00", "")).first()
    if found is None:
        raise Http404(_("No rig is called %(code)s.") % {"code": code[:_LONGEST]})
    return found


def cars_url(rig: Rig, finding: OutOfTolerance | None = None) -> str:
    """The address of the list, of a rig or of one of its findings."""
    if finding is None:
        return reverse("web:rig-cars", args=[rig.code])
    return reverse("web:rig-finding", args=[rig.code, finding.pk])
