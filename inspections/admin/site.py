"""The first page of the administration: what people come for, by task; and what runs the site, last."""

from __future__ import annotations

from functools import cache, wraps
from typing import Any, Final

from django.contrib import admin
from django.contrib.admin.views.main import ERROR_FLAG, SEARCH_VAR
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Named = tuple[str, str | Promise]

GROUPS: Final[tuple[tuple[str, str | Promise, tuple[Named, ...]], ...]] = (
    (
        "catalogue",
        _("What is asked: catalogue and control plans"),
        (
            ("VehicleModel", _("Models")),
            ("Configuration", _("Configurations")),
            ("ComponentKind", _("Kinds of parts")),
            ("ManufacturerCode", _("Makers by VIN")),
            ("Procedure", _("Procedures")),
            ("Characteristic", _("Characteristics")),
            ("SourceItem", _("Names in rigs' reports")),
            ("ControlPlan", _("Control plans")),
            ("PlanRevision", _("Revisions of control plans")),
            ("Requirement", _("Requirements")),
            ("Coverage", _("Coverage")),
        ),
    ),
    (
        "rigs",
        _("Who measures: rigs, keys and calibration"),
        (
            ("Rig", _("Rigs")),
            ("Calibration", _("Calibration certificates")),
            ("OutOfTolerance", _("Found out of tolerance")),
            ("Authorisation", _("Authorisations")),
            ("RigProfile", _("Rig profiles")),
            ("ProfileRevision", _("Revisions of rig profiles")),
            ("ProfileAssignment", _("Rigs read by profiles")),
            ("ApiKey", _("Keys")),
            ("SystemClient", _("Systems of the plant")),
        ),
    ),
    (
        "people",
        _("Who works here: people, roles and mails"),
        (
            ("User", _("People")),
            ("OperatorAlias", _("Operators of the rigs")),
            ("NoticeMail", _("Mails")),
        ),
    ),
    (
        "record",
        _("What is recorded: batches, cars and results (read only)"),
        (
            ("Batch", _("Batches")),
            ("Vehicle", _("Cars")),
            ("Component", _("Parts")),
            ("Inspection", _("Inspections")),
            ("Submission", _("Files of rigs")),
            ("Kept", _("Intake")),
        ),
    ),
    (
        "answers",
        _("What is answered and let go (read only)"),
        (
            ("Nonconformance", _("Nonconformances")),
            ("Hold", _("Holds")),
            ("HoldList", _("Hold lists")),
            ("Concession", _("Concessions")),
            ("Removal", _("Cars taken out of delivery")),
            ("Release", _("Releases")),
            ("Delivery", _("Deliveries")),
            ("Certificate", _("Certificates and dossiers")),
            ("DeliveryTarget", _("Targets of delivery")),
            ("LedgerEntry", _("Ledger")),
        ),
    ),
)
"""By task, in the order of its use: tables by the name of their model, and what they are called here."""

NAMES: Final[dict[str, str | Promise]] = {model: name for _key, _heading, named in GROUPS for model, name in named}


class InterlockSite(admin.AdminSite):
    """The administration. What is not ours (schedules, failed log-ins, addresses) stands last, for who may see it."""

    site_header = _("Interlock: administration")
    site_title = _("Interlock: administration")
    index_title = _("What do you want to look up or change?")

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """A filter that no text can meet is left out, as Django leaves out what it cannot read of an address. What is
        searched for is read by a form, which says so."""
        inner: Any = super().admin_view(view, cacheable)

        @wraps(inner)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            asked = [(name, values) for name, values in request.GET.lists() if name != SEARCH_VAR]
            if any("\0" in text for name, values in asked for text in (name, *values)):
                return HttpResponseRedirect(f"{request.path}?{ERROR_FLAG}=1")
            return inner(request, *args, **kwargs)

        return guarded

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        apps: dict[str, Any] = self._build_app_dict(request, None)
        ours = {model["object_name"]: model for model in apps.pop("inspections", {}).get("models", [])}
        index = reverse(f"{self.name}:index")
        groups = [
            {
                "name": heading,
                "app_label": key,
                "app_url": f"{index}#{key}",
                "has_module_perms": True,
                "models": [{**ours[model], "name": name} for model, name in named if model in ours],
            }
            for key, heading, named in GROUPS
        ]
        foreign = [model for app in apps.values() for model in app["models"]]
        groups.append(
            {
                "name": _("What runs the site: schedules, log-ins"),
                "app_label": "site",
                "app_url": f"{index}#site",
                "has_module_perms": True,
                "models": sorted(foreign, key=lambda model: str(model["name"])),
            }
        )
        return [group for group in groups if group["models"]]


@cache
def the_site() -> InterlockSite:
    """The one site. Django asks for it twice at once: importing it imports the tables, which ask for it to be shown."""
    return InterlockSite()
