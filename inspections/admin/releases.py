from collections.abc import Sequence

from django.contrib import admin
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from ..certificates.models import Certificate
from ..certificates.rules import shown_number
from ..dispositions.models import Concession
from ..people.models import OperatorAlias
from ..releases.models import Delivery, Release
from .finding import FindsCars
from .pages import ReadOnlyPage


@admin.register(Release)
class ReleasePage(ReadOnlyPage):
    list_display = ["number", "batch", "proposed_by", "proposed_at", "lapses_at"]
    list_filter = ["proposed_at"]
    list_select_related = ["batch"]
    search_fields = ["=number", "=batch__number", "=proposed_by"]
    search_help_text = _("Its number, the number of a batch, who proposed it")

    def view_on_site(self, obj: Release) -> str:
        return reverse("web:release", args=[obj.number])

    def ledger_subjects(self, obj: Release) -> Sequence[tuple[str, str]]:
        return [("release", obj.number)]


@admin.register(Certificate)
class CertificatePage(FindsCars, ReadOnlyPage):
    """A paper as it was issued. Whether it is valid is no column: its page derives it."""

    list_display = ["number", "kind", "vehicle", "batch", "ordinal", "issued_by", "issued_at"]
    list_filter = ["kind", "issued_at"]
    list_select_related = ["vehicle", "batch"]
    search_fields = ["=number", "=batch__number", "=issued_by"]
    search_help_text = _("VIN, its last six, its number, the number of a batch, who issued it")
    show_full_result_count = False

    def view_on_site(self, obj: Certificate) -> str:
        return reverse("web:certificate", args=[shown_number(obj.number)])

    def ledger_subjects(self, obj: Certificate) -> Sequence[tuple[str, str]]:
        return [("batch", obj.batch.number) if obj.vehicle is None else ("vehicle", obj.vehicle.vin)]


@admin.register(Concession)
class ConcessionPage(ReadOnlyPage):
    list_display = ["number", "batch", "authority", "proposed_by", "proposed_at", "expires_at", "quantity"]
    list_filter = ["authority", "proposed_at", "expires_at"]
    list_select_related = ["batch"]
    search_fields = ["=number", "=batch__number", "=nonconformance__number"]
    search_help_text = _("Its number, the number of a batch or a nonconformance")

    def view_on_site(self, obj: Concession) -> str:
        return reverse("web:concession", args=[obj.number])

    def ledger_subjects(self, obj: Concession) -> Sequence[tuple[str, str]]:
        return [("concession", obj.number)]


@admin.register(Delivery)
class DeliveryPage(FindsCars, ReadOnlyPage):
    list_display = ["vehicle", "release", "delivered_at", "recorded_by"]
    list_filter = ["delivered_at"]
    list_select_related = ["vehicle", "release"]
    search_fields = ["=release__number", "=recorded_by"]
    search_help_text = _("VIN, its last six, or the number of a release")
    show_full_result_count = False

    def view_on_site(self, obj: Delivery) -> str:
        return reverse("web:vehicle", args=[obj.vehicle.vin])

    def ledger_subjects(self, obj: Delivery) -> Sequence[tuple[str, str]]:
        return [("vehicle", obj.vehicle.vin)]


@admin.register(OperatorAlias)
class OperatorAliasPage(ReadOnlyPage):
    list_display = ["operator", "user", "mapped_by", "at"]
    list_filter = ["at"]
    list_select_related = ["user"]
    search_fields = ["operator", "user__personnel_number"]
    search_help_text = _("An operator or a personnel number")

    def view_on_site(self, obj: OperatorAlias) -> str:
        return reverse("web:operators")

    def ledger_subjects(self, obj: OperatorAlias) -> Sequence[tuple[str, str]]:
        return [("operator", obj.operator)]
