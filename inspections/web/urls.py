"""The addresses that people use. Every one of them is guarded here, so that none is open by mistake."""

from __future__ import annotations

from django.urls import URLPattern, path
from django.views.i18n import set_language

from .access import View, readers_only
from .views import (
    batches,
    concessions,
    coverage,
    covering,
    entry,
    hold_lists,
    holds,
    intake,
    live,
    moving,
    nonconformances,
    notices,
    operators,
    plans,
    releases,
    removing,
    reviews,
    rig_cars,
    rigs,
    sampling,
    search,
    today,
    vehicles,
)

app_name = "web"


def _page(route: str, view: View, name: str) -> URLPattern:
    return path(route, readers_only(view), name=name)


urlpatterns = [
    _page("", today.today, "today"),
    _page("batches/", batches.batch_list, "batches"),
    _page("batches/<str:number>/", batches.batch, "batch"),
    _page("vehicles/<str:vin>/", vehicles.vehicle, "vehicle"),
    _page("batches/<str:number>/release/", releases.propose, "release-propose"),
    _page("batches/<str:number>/repin/", moving.repin, "batch-repin"),
    _page("vehicles/<str:vin>/move/", moving.move, "vehicle-move"),
    _page("vehicles/<str:vin>/deliver/", releases.deliver, "vehicle-deliver"),
    _page("vehicles/<str:vin>/destroy/", removing.destroy, "vehicle-destroy"),
    _page("vehicles/<str:vin>/scrap/", removing.scrap, "vehicle-scrap"),
    _page("releases/", releases.release_list, "releases"),
    _page("releases/<str:number>/", releases.release, "release"),
    _page("releases/<str:number>/sign/", releases.sign, "release-sign"),
    _page("operators/", operators.operators, "operators"),
    _page("search/", search.search, "search"),
    _page("entry/", entry.entry, "entry"),
    _page("entry/recorded/<int:number>/", entry.recorded, "entry-recorded"),
    _page("entry/<str:vin>/", entry.car, "entry"),
    _page("entry/<str:vin>/<str:procedure>/", entry.form, "entry-form"),
    _page("entry/<str:vin>/<str:procedure>/judge/", entry.judge, "entry-judge"),
    _page("intake/", intake.inbox, "intake"),
    _page("intake/<int:number>/", intake.kept, "intake-kept"),
    _page("intake/<int:number>/set-aside/", intake.set_aside_kept, "intake-set-aside"),
    _page("intake/files/", intake.submissions, "submissions"),
    _page("intake/files/<int:number>/", intake.submission, "submission"),
    _page("holds/place/", holds.place, "hold-place"),
    _page("holds/lists/", hold_lists.lists, "hold-lists"),
    _page("holds/lists/new/", hold_lists.new, "hold-list-new"),
    _page("holds/lists/<str:number>/", hold_lists.hold_list, "hold-list"),
    _page("holds/lists/<str:number>/lift/", hold_lists.lift, "hold-list-lift"),
    _page("holds/<int:number>/lift/", holds.lift, "hold-lift"),
    _page("nonconformances/", nonconformances.nonconformance_list, "nonconformances"),
    _page("nonconformances/<str:number>/", nonconformances.nonconformance, "nonconformance"),
    _page("nonconformances/<str:number>/concession/", concessions.propose, "concession-propose"),
    _page("concessions/", concessions.concession_list, "concessions"),
    _page("concessions/<str:number>/", concessions.concession, "concession"),
    _page("concessions/<str:number>/sign/", concessions.sign, "concession-sign"),
    _page("nonconformances/<str:number>/<str:name>/", nonconformances.act, "nonconformance-act"),
    _page("inspections/<int:number>/review/", reviews.disagreement, "disagreement"),
    _page("inspections/<int:number>/void/", reviews.void, "void"),
    _page("sampling/", sampling.overview, "sampling"),
    _page("sampling/rejections/<int:number>/", sampling.rejection, "rejection"),
    _page("sampling/rejections/<int:number>/<str:batch>/", sampling.screen, "rejection-screen"),
    _page("inspections/<int:number>/cover/", covering.cover, "inspection-cover"),
    _page("rigs/", rigs.rig_list, "rigs"),
    _page("rigs/<str:code>/", rigs.rig, "rig"),
    _page("rigs/<str:code>/cars/", rig_cars.of_rig, "rig-cars"),
    _page("rigs/<str:code>/findings/<int:number>/", rig_cars.of_finding, "rig-finding"),
    _page("rigs/<str:code>/key/", rigs.key_issue, "rig-key"),
    _page("rigs/<str:code>/key/<str:prefix>/revoke/", rigs.key_revoke, "rig-key-revoke"),
    _page("rigs/<str:code>/<str:name>/", rigs.act, "rig-act"),
    _page("plans/", plans.plan_list, "plans"),
    _page("plans/<str:code>/", plans.plan, "plan"),
    _page("plans/<str:code>/<int:number>/", plans.plan, "plan"),
    _page("plans/<str:code>/<int:number>/approve/", plans.approve, "plan-approve"),
    _page("notices/", notices.notices, "notices"),
    _page("coverage/", coverage.overview, "coverage"),
    _page("coverage/<str:code>/", coverage.configuration, "coverage-of"),
    _page("coverage/<str:code>/enter/<str:procedure>/", coverage.enter, "coverage-enter"),
    _page("coverage/<str:code>/<str:number>/", coverage.coverage, "coverage-one"),
    _page("coverage/<str:code>/<str:number>/document/", coverage.document, "coverage-document"),
    _page("coverage/<str:code>/<str:number>/revoke/", coverage.revoke, "coverage-revoke"),
    # Neither shows anything of the record: the login page offers the language too, and a poll is told 401 by itself.
    path("live/", live.live, name="live"),
    path("language/", set_language, name="language"),
    path("look/", live.look, name="look"),
]
