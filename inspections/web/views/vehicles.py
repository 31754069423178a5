"""One vehicle: may it leave, what would close the line, its whole life, what is fitted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from inspections.batches.choices import BatchStatus, VehicleStatus
from inspections.batches.models import Vehicle
from inspections.batches.queries import find_vehicle
from inspections.catalogue.models import PlanRevision, Procedure
from inspections.catalogue.queries import (
    characteristic_words,
    line_words,
    procedure_words,
    requirements_of,
    revision_in_force,
)
from inspections.dispositions.answering import MAY_DISPOSE
from inspections.dispositions.concession_queries import concessions_of_vehicle
from inspections.dispositions.queries import open_holds
from inspections.dispositions.rules import MAY_LIFT_HOLD, MAY_PLACE_HOLD
from inspections.evaluation.facts import Level
from inspections.evaluation.reasons import Outcome, ReasonCode
from inspections.gates.covering import MAY_COVER
from inspections.gates.moving import MAY_MOVE
from inspections.gates.queries import (
    Clearance,
    DecisionRow,
    StandingCause,
    TypeEvidence,
    batch_draw,
    cars_of_batch,
    clearance,
    coverages_of,
    own_gates,
)
from inspections.gates.removing import MAY_REMOVE
from inspections.intake.queries import photographs_of
from inspections.records.models import LedgerEntry
from inspections.releases.queries import VehicleRelease, release_of_vehicle
from inspections.releases.rules import MAY_RELEASE
from inspections.results.queries import VehicleInspection, fittings_of_vehicle, software_of_vehicle
from inspections.saying import say_count

from .. import concession_page, vehicle_page
from ..access import actor_of, language_now, may, moment_of, who_may
from ..ages import gap
from ..batch_facts import decided_words, plan_words
from ..batch_page import hold_words
from ..causes import Known, named_in, of_car, page_reasons
from ..drawn_words import sample_of
from ..exporting import of_ledger, of_vehicles
from ..exporting.answering import exports
from ..exporting.sheets import Sheet
from ..frame import optional_url
from ..life import ACT, NEWEST_FIRST, OLDEST_FIRST, Cursor, Event, Life, by_day, read_life, together
from ..life_anchors import anchored, anchors_of
from ..life_words import MOST_BARS, Words, problems_by_inspection, say_moments
from ..paging import PAGE, Pager, address, cursor_text, moment_cursor
from ..reason_groups import group_reasons
from ..signed_for import of_concessions, of_release
from ..telling import characteristics_in
from ..vin_words import vin_facts
from .to_test import MAY_RECORD

_LONGEST = 64
_NO_PAGE = {"before": None, "after": None}


def _found(vin: str) -> Vehicle:
    found = find_vehicle(vin) if vin.isprintable() and len(vin) <= _LONGEST else None
    if found is None:
        raise Http404(_("No vehicle %(vin)s is registered.") % {"vin": vin[:_LONGEST]})
    return found


def _inspections_sheet(request: HttpRequest, vin: str) -> Sheet:
    return of_vehicles.inspections(_found(vin))


def _measurements_sheet(request: HttpRequest, vin: str) -> Sheet:
    return of_vehicles.measurements(_found(vin))


def _history_sheet(request: HttpRequest, vin: str) -> Sheet:
    return of_ledger.history_of_vehicle(_found(vin))


@require_safe
@exports(inspections=_inspections_sheet, measurements=_measurements_sheet, history=_history_sheet)
def vehicle(request: HttpRequest, vin: str) -> HttpResponse:
    """The page of one vehicle. How many statements it takes does not depend on how long its life is."""
    found = _found(vin)
    at, batch = moment_of(request), found.batch
    answered = clearance(vin=found.vin, at=at)
    fittings, software = fittings_of_vehicle(vehicle_id=found.pk), software_of_vehicle(vehicle_id=found.pk)
    coverages = coverages_of(configuration_id=batch.configuration_id, at=at)
    begins = OLDEST_FIRST if request.GET.get("life") == "oldest" else NEWEST_FIRST
    cursor = _cursor(request, begins)
    # A poll brings the answer up to date and tells whether the life has gone on; it does not draw it all again.
    polled = request.headers.get("HX-Request") == "true"
    life = read_life(
        vehicle_id=found.pk,
        vin=found.vin,
        pinned=batch.revision_id,
        fittings=fittings,
        software=software,
        cursor=NEWEST_FIRST if polled else cursor or begins,
        most=1 if polled else PAGE,
    )
    causes = [of_car(cause, found.sequence, found.vin) for cause in answered.reasons]
    known = _known(found, causes, life, coverages)
    context = {
        "vehicle": found,
        "batch": batch,
        "polled": polled,
        # A page that begins with the oldest need not reach what is newest: it does not say what is newer than it.
        "newest": life.moments[0].key if life.moments and cursor is None and not begins.oldest_first else "",
        "oldest_first": begins.oldest_first,
        "turn_url": address(request, {"life": None if begins.oldest_first else "oldest", **_NO_PAGE}, "life"),
        **_answer(request, found, answered, causes, known),
        **_life(request, life, cursor, answered, causes, known, {row.component_id for row in fittings if row.here_now}),
        **_holds(request, found),
        "covers": _type_tests(request, found, life),
        "vin_facts": vin_facts(found.vin, batch.configuration.market, known.language),
        "fitted": vehicle_page.fitted_now(fittings, software, coverages, known.language),
    }
    return render(request, "inspections/vehicles/vehicle.html", context)


def _type_tests(request: HttpRequest, found: Vehicle, life: Life) -> set[int]:
    """The inspections on this page that an engineer may sign as evidence for the type: of a destroyed car alone."""
    revision = found.batch.revision
    if found.status != VehicleStatus.DESTROYED or revision is None or not may(actor_of(request), MAY_COVER):
        return set()
    asked = {line.procedure_id for line in requirements_of(revision) if line.level is Level.TYPE}
    codes = set(Procedure.objects.filter(pk__in=asked).values_list("code", flat=True))
    return {
        row.id
        for row in (moment.what for moment in life.moments)
        if isinstance(row, VehicleInspection) and row.procedure in codes and row.verdict is Outcome.PASS
    }


def _cursor(request: HttpRequest, begins: Cursor) -> Cursor | None:
    asked = moment_cursor(request, _page_name(begins), 2)
    if asked is None:
        return None
    moment, (kind, number) = asked
    if kind > ACT:
        raise Http404(_("This is no page of the list: begin again at its first."))
    return Cursor(moment, kind, number, begins.oldest_first)


def _page_name(cursor: Cursor) -> str:
    return "after" if cursor.oldest_first else "before"


def _known(found: Vehicle, causes: Sequence[StandingCause], life: Life, coverages: Sequence[TypeEvidence]) -> Known:
    """The words of all that the page names, looked up once."""
    lines, characteristics, procedures = named_in(causes)
    for moment in life.moments:
        if isinstance(moment.what, VehicleInspection):
            lines |= {value.requirement_id for value in moment.what.measurements if value.requirement_id is not None}
            characteristics |= {row.characteristic_id for row in moment.what.measurements if row.characteristic_id}
    characteristics |= characteristics_in(_kept(moment.what) for moment in life.moments)
    batch, revision = found.batch, found.batch.revision
    return Known(
        language=language_now(),
        zone=timezone.get_current_timezone(),
        batch=batch.number,
        plan="" if revision is None else revision.plan.code,
        revision="" if revision is None else str(revision.number),
        configuration=batch.configuration.code,
        testing_closed=batch.status != BatchStatus.OPEN,
        lines=line_words(lines),
        characteristics=characteristic_words(characteristics),
        procedures=procedure_words(procedures) if procedures else {},
        coverages={str(row.id): row.number for row in coverages},
        here=found.vin,
    )


def _kept(what: Event) -> object:
    """What an act or a decision keeps of characteristics."""
    if isinstance(what, LedgerEntry):
        return what.after
    return {"reasons": what.reasons} if isinstance(what, DecisionRow) else None


def _answer(
    request: HttpRequest, found: Vehicle, answered: Clearance, causes: Sequence[StandingCause], known: Known
) -> dict[str, Any]:
    at, batch = moment_of(request), found.batch
    row = cars_of_batch(batch_id=batch.pk, shown="all", after=found.sequence - 1, at=at, most=1)[0]
    said = page_reasons(causes, known)
    reasons = group_reasons(said, known.language, known.zone, cars_first=True)
    in_force = revision_in_force(batch.configuration, at)
    release = release_of_vehicle(vehicle_id=found.pk, at=at)
    conceded = _concessions(found, release, at)
    waiting = sum(cause.code == ReasonCode.EVALUATION_PENDING for cause in causes)
    return {
        "answer": vehicle_page.answer(answered, reasons, release.delivered_at, conceded=bool(release.left_by))
        if release is not None
        else vehicle_page.answer(answered, reasons),
        "release": release,
        "concessions": conceded,
        "signed_for": [
            *(of_release(release.number, release.signatures) if release is not None else ()),
            *of_concessions([row.found.id for row, _left in conceded]),
        ],
        "propose_url": reverse("web:release-propose", args=[batch.number])
        if answered.clear and release is None and may(actor_of(request), MAY_RELEASE)
        else "",
        "deliver_url": reverse("web:vehicle-deliver", args=[found.vin])
        if answered.may_leave and found.status != VehicleStatus.DELIVERED and may(actor_of(request), MAY_RELEASE)
        else "",
        "reasons": reasons,
        "line": vehicle_page.car_line(
            row, own_gates(batch_id=batch.pk, at=at), causes, said, release, at, known.language
        ),
        "car": row,
        "identity": [
            *vehicle_page.identity(
                row, batch.configuration.code, suspended=release is not None and release.suspended_at is not None
            ),
            *_sample_of(found, known),
        ],
        "title_block": _title_block(found, answered, in_force, waiting),
    }


def _sample_of(found: Vehicle, known: Known) -> list[tuple[str, str]]:
    """For which procedures this car was drawn as a sample, and how it stands as one."""
    drawn = batch_draw(found.batch).of_car(found.pk)
    names = procedure_words({car.procedure for car in drawn}) if drawn else {}
    return sample_of(drawn, names, known.language)


def _concessions(
    found: Vehicle, release: VehicleRelease | None, at: datetime
) -> list[tuple[concession_page.ConcessionRow, bool]]:
    """The concessions that name this car, each with whether it left by it. At most three statements."""
    rows = concession_page.concession_rows(concessions_of_vehicle(vehicle_id=found.pk), at)
    return [(row, release is not None and row.found.id in release.left_by) for row in rows]


def _title_block(
    found: Vehicle, answered: Clearance, in_force: PlanRevision | None, waiting: int
) -> list[dict[str, str]]:
    pinned = found.batch.revision
    plan = pinned.plan.code if pinned is not None else (in_force.plan.code if in_force is not None else "")
    judged = plan_words(plan, None if pinned is None else pinned.number)
    if in_force is not None and (pinned is None or in_force.number != pinned.number):
        judged += _("; ") + _("current is %(number)d") % {"number": in_force.number}
    return [
        {"label": _("Vehicle"), "value": found.vin},
        {"label": _("Judged on plan"), "value": judged},
        {"label": _("Decided up to"), "value": decided_words(answered.decided_at, waiting)},
    ]


def _life(
    request: HttpRequest,
    life: Life,
    cursor: Cursor | None,
    answered: Clearance,
    causes: Sequence[StandingCause],
    known: Known,
    here: set[int],
) -> dict[str, Any]:
    """The page of its life that was asked for, by day."""
    inspections = [moment.what for moment in life.moments if isinstance(moment.what, VehicleInspection)]
    marks = sum(len(row.measurements) for row in inspections)
    oldest_first = request.GET.get("life") == "oldest"
    words = Words(
        language=known.language,
        now=moment_of(request),
        lines=known.lines,
        characteristics=known.characteristics,
        causes=causes,
        problems=problems_by_inspection((cause.code, cause.inspection_id) for cause in answered.reasons),
        here=frozenset(here),
        photographs=photographs_of([row.id for row in inspections]),
        revision=int(known.revision) if known.revision else None,
        bars=marks <= MOST_BARS,
    )
    entries = [(run[0].at, say_moments(run, words)) for run in together(life.moments)]
    entries, measured = anchored(entries, oldest_first=oldest_first)
    following = life.following
    first = address(request, _NO_PAGE, "life") if cursor is not None else ""
    earlier = ""
    if following is not None:
        text = cursor_text(following.at, following.kind, following.number)
        earlier = address(request, {_page_name(following): text}, "life")
    return {
        "days": by_day(entries),
        # Nothing was measured of it on this page: a link to it goes to what would close the line.
        "unmeasured": sorted(anchors_of(causes, known) - measured),
        "life_pager": Pager(
            str(say_count("%(count)d entry", "%(count)d entries", count=len(life.moments))),
            first,
            earlier,
        )
        if first or earlier
        else None,
    }


def _holds(request: HttpRequest, found: Vehicle) -> dict[str, Any]:
    """Holds in force, each with its one act, and what may be done on this page."""
    actor = actor_of(request)
    holds = []
    for hold, reason, ends in hold_words(open_holds(batch_id=found.batch_id, vehicle_id=found.pk), language_now()):
        lifts = hold.source == "person" and may(actor, MAY_LIFT_HOLD)
        holds.append((hold, reason, ends, optional_url("web:hold-lift", hold.pk) if lifts else ""))
    places = may(actor, MAY_PLACE_HOLD)
    url = optional_url("web:hold-place")
    return {
        "holds": holds,
        "hold_url": f"{url}?vin={found.vin}" if url and places else "",
        "may_answer": may(actor, MAY_DISPOSE),
        "removes": found.status in (VehicleStatus.IN_PROCESS, VehicleStatus.RELEASED) and may(actor, MAY_REMOVE),
        "record_url": optional_url("web:entry", found.vin) if may(actor, MAY_RECORD) else "",
        "move_url": reverse("web:vehicle-move", args=[found.vin])
        if may(actor, MAY_MOVE) and found.status == VehicleStatus.IN_PROCESS
        else "",
        "who_may": "" if places else _("Placing a hold:") + gap() + who_may(MAY_PLACE_HOLD, actor),
    }
