"""The cars that a rig makes wait: from the rig, all of them; from a finding, what it measured in the time concerned."""

from __future__ import annotations

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
from ..paging import PAGE, Pager, address
from ..statuses import Status

_LONGEST: Final = 64
_STATUSES: Final = (VehicleStatus.DELIVERED, VehicleStatus.RELEASED, VehicleStatus.IN_PROCESS)


@require_safe
def of_rig(request: HttpRequest, code: str) -> HttpResponse:
    """Every car with a result of this rig that counts for nothing and that no other has replaced. Two statements."""
    return _page(request, _rig(code), None)


@require_safe
def of_finding(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """The cars that a finding "out of tolerance" concerns, those that wait or all of them."""
    rig = _rig(code)
    found = OutOfTolerance.objects.filter(rig=rig, pk=number).first()
    if found is None:
        raise Http404(_("This rig has no such finding."))
    return _page(request, rig, found)


def _page(request: HttpRequest, rig: Rig, finding: OutOfTolerance | None) -> HttpResponse:
    window = None if finding is None else _window(rig, finding)
    every = finding is not None and request.GET.get("cars") == "all"
    batch, status = _text(request, "batch"), _text(request, "status")
    status = status if status in _STATUSES else ""
    counts = count_waiting(rig_id=rig.pk, window=window)
    after = _after(request)
    rows = waiting_cars(
        rig_id=rig.pk, window=window, every=every, batch=batch, status=status, after=after or (-1, 0), most=PAGE + 1
    )
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
        "statuses": _status_filters(request, status),
        "batch": batch,
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


def _row(row: WaitingCar) -> dict[str, Any]:
    if row.undecided:
        mark, words = Status.PENDING, _("being decided")
    elif row.waits:
        mark, words = Status.STALE, _("waits: test it again")
    else:
        mark, words = Status.QUIET, _("needs nothing: another result stands, or its result did not count anyway")
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
