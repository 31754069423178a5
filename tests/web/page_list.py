"""Every address of the pages, of things that a filled plant holds, out of the URL conf itself.

A new page below an address that is known here is found without being named; any other fails until it is.
"""

from __future__ import annotations

from inspections.certificates.models import Certificate
from inspections.dispositions.models import ConcededVehicle, Concession, Hold, HoldList, Nonconformance
from inspections.evaluation.reasons import Outcome
from inspections.intake.models import Kept, Rereading, Submission, Trace
from inspections.releases.models import Release
from inspections.results.models import Inspection, Sample
from inspections.rigs.models import OutOfTolerance
from inspections.web.urls import urlpatterns
from tests.factories import AT, Plant

NO_PAGES = {
    "entry-judge": "a verdict for the entry form, asked by its script with POST",
    "intake-set-aside": "an act: POST only",
    "nonconformance-act": "an act: POST only",
    "concession-sign": "an act: POST only",
    "release-sign": "an act: POST only",
    "rejection-screen": "an act: POST only",
    "rig-act": "an act: POST only",
    "rig-key": "an act: POST only",
    "rig-key-revoke": "an act: POST only",
    "plan-approve": "an act: POST only",
    "profile-file": "an act: POST only",
    "profile-assign": "an act: POST only",
    "profile-ask": "an act: POST only",
    "profile-approve": "an act: POST only",
    "intake-name": "an act: POST only",
    "intake-read-again": "an act: POST only",
    "entry-photo": "an act: POST only",
    "trace-file": "a file that was kept, not a page of ours",
    "photo": "a picture that was kept, not a page of ours",
    "photo-original": "a picture that was kept, not a page of ours",
    "certificate-paper": "a file that was kept, not a page of ours",
    "certificate-record": "a file, not a page of ours",
    "certificate-checker": "a file, not a page of ours",
    "certificate-keys": "a file, not a page of ours",
    "live": "the time as plain text, for a script",
    "language": "an act: POST only",
    "look": "an act: POST only",
    "coverage-document": "a file that was kept, not a page of ours",
}


def page_addresses(plant: Plant) -> dict[str, str]:
    """Route to address of every page. `plant` is a filled one."""
    known = _known(plant)
    return {str(each.pattern): _address(str(each.pattern), known) for each in urlpatterns if each.name not in NO_PAGES}


def _address(route: str, known: dict[str, str]) -> str:
    start = max((each for each in known if route.startswith(each)), key=len)
    address = known[start] + route.removeprefix(start)
    assert "<" not in address, f"Say in tests/web/page_list.py what {route} stands on, or that it is no page."
    return address


def _known(plant: Plant) -> dict[str, str]:
    batch, car, rig = plant.batch.number, plant.vehicle.vin, plant.rig.code
    inspection = Inspection.objects.get(vehicle=plant.vehicle).pk
    configuration = plant.configuration.code
    return {
        "": "/",
        "batches/<str:number>/": f"/batches/{batch}/",
        "vehicles/<str:vin>/": f"/vehicles/{car}/",
        "certificates/<str:number>/": f"/certificates/{Certificate.objects.get().number}/",
        "C/<str:code>": "/C/ABC",
        "releases/<str:number>/": f"/releases/{Release.objects.get().number}/",
        "entry/recorded/<int:number>/": f"/entry/recorded/{inspection}/",
        "entry/to-test/<str:number>/": f"/entry/to-test/{batch}/",
        "entry/<str:vin>/": f"/entry/{car}/",
        "entry/<str:vin>/<str:procedure>/": f"/entry/{car}/BAT-EOL/",
        "intake/<int:number>/": f"/intake/{Kept.objects.first().pk}/",
        "traces/<int:number>/": f"/traces/{Trace.objects.get().pk}/",
        "intake/files/<int:number>/": f"/intake/files/{Submission.objects.first().pk}/",
        "holds/place/": f"/holds/place/?vin={car}",
        "holds/lists/<str:number>/": f"/holds/lists/{HoldList.objects.first().number}/",
        "holds/<int:number>/": f"/holds/{Hold.objects.first().pk}/",
        "nonconformances/<str:number>/": f"/nonconformances/{_departing().number}/",
        "concessions/<str:number>/": f"/concessions/{Concession.objects.get().number}/",
        "inspections/<int:number>/": f"/inspections/{inspection}/",
        "sampling/rejections/<int:number>/": f"/sampling/rejections/{_rejected(plant).pk}/",
        "intake/rereadings/<int:number>/": f"/intake/rereadings/{Rereading.objects.get().pk}/",
        "profiles/<str:code>/": "/profiles/EOL-3-CSV/",
        "profiles/<str:code>/<int:number>/": "/profiles/EOL-3-CSV/1/",
        "rigs/<str:code>/": f"/rigs/{rig}/",
        "rigs/<str:code>/findings/<int:number>/": f"/rigs/{rig}/findings/{OutOfTolerance.objects.first().pk}/",
        "plans/<str:code>/": f"/plans/{plant.revision.plan.code}/",
        "plans/<str:code>/<int:number>/": f"/plans/{plant.revision.plan.code}/{plant.revision.number}/",
        "plans/<str:code>/draft/<str:procedure>/": f"/plans/{plant.revision.plan.code}/draft/BAT-EOL/",
        "characteristics/<str:code>/": "/characteristics/BOND/",
        "coverage/<str:code>/": f"/coverage/{configuration}/",
        "coverage/<str:code>/enter/<str:procedure>/": f"/coverage/{configuration}/enter/CRS-EOL/",
        "coverage/<str:code>/<str:number>/": f"/coverage/{configuration}/CoP-1/",
    }


def _departing() -> Nonconformance:
    """One that a concession can be proposed for."""
    return Nonconformance.objects.get(vehicle__in=ConcededVehicle.objects.values("vehicle"))


def _rejected(plant: Plant) -> Sample:
    return Sample.objects.create(
        procedure=plant.procedures["BAT-EOL"], configuration=plant.configuration, revision_id=plant.revision.pk,
        line="L1", inspection=Inspection.objects.exclude(vehicle=plant.vehicle).first(), subject=plant.vehicle.vin,
        outcome=int(Outcome.FAIL), finished_at=AT, recorded_at=AT,
    )  # fmt: skip
