"""The addresses that machines use."""

from __future__ import annotations

from django.urls import path, re_path, register_converter
from django.urls.converters import IntConverter

from .views import batches, delivery, documents, health, inspections, rigs, submissions, vehicles
from .views.missing import MissingView


class NumberConverter(IntConverter):
    """The number of a row: no longer than the database can hold."""

    regex = "[1-9][0-9]{0,17}"


register_converter(NumberConverter, "row")

urlpatterns = [
    path("healthz", health.HealthView.as_view(), name="healthz"),
    path("readyz", health.ReadinessView.as_view(), name="readyz"),
    path("api/schema/", documents.openapi, name="api-schema"),
    path("api/docs/", documents.docs, name="api-docs"),
    path("api/v1/inspections/", inspections.InspectionsView.as_view(), name="api-inspections"),
    path("api/v1/inspections/bulk/", inspections.BulkView.as_view(), name="api-inspections-bulk"),
    path("api/v1/inspections/<row:number>/", inspections.InspectionView.as_view(), name="api-inspection"),
    path("api/v1/submissions/", submissions.SubmissionsView.as_view(), name="api-submissions"),
    path("api/v1/submissions/<row:number>/", submissions.SubmissionView.as_view(), name="api-submission"),
    path("api/v1/rigs/heartbeat/", rigs.HeartbeatView.as_view(), name="api-heartbeat"),
    path("api/v1/batches/", batches.BatchesView.as_view(), name="api-batches"),
    path("api/v1/batches/<str:number>/", batches.BatchView.as_view(), name="api-batch"),
    path("api/v1/batches/<str:number>/vehicles/", batches.BatchVehiclesView.as_view(), name="api-batch-vehicles"),
    path("api/v1/batches/<str:number>/close/", batches.BatchClosingView.as_view(), name="api-batch-close"),
    path("api/v1/vehicles/<str:vin>/clearance/", vehicles.ClearanceView.as_view(), name="api-clearance"),
    path("api/v1/vehicles/<str:vin>/software/", vehicles.SoftwareView.as_view(), name="api-software"),
    path("api/v1/vehicles/<str:vin>/components/", vehicles.ComponentsView.as_view(), name="api-components"),
    path("api/v1/vehicles/<str:vin>/delivery/", delivery.DeliveryView.as_view(), name="api-delivery"),
    # Stands last: no redirect to a slash (it would turn a POST into a GET) and no page of HTML under /api/.
    re_path(r"^api/", MissingView.as_view(), name="api-missing"),
]
