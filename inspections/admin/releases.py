from django.contrib import admin

from ..dispositions.models import Concession
from ..people.models import OperatorAlias
from ..releases.models import Delivery, Release
from .pages import ReadOnlyPage


@admin.register(Release)
class ReleasePage(ReadOnlyPage):
    list_display = ["number", "batch", "proposed_by", "proposed_at", "lapses_at"]
    list_select_related = ["batch"]
    search_fields = ["=number", "=batch__number"]


@admin.register(Concession)
class ConcessionPage(ReadOnlyPage):
    list_display = ["number", "batch", "authority", "proposed_by", "proposed_at", "expires_at", "quantity"]
    list_select_related = ["batch"]
    search_fields = ["=number", "=batch__number"]


@admin.register(Delivery)
class DeliveryPage(ReadOnlyPage):
    list_display = ["vehicle", "release", "delivered_at", "recorded_by"]
    list_select_related = ["vehicle", "release"]
    search_fields = ["=vehicle__vin", "=release__number"]


@admin.register(OperatorAlias)
class OperatorAliasPage(ReadOnlyPage):
    list_display = ["operator", "user", "mapped_by", "at"]
    list_select_related = ["user"]
    search_fields = ["=operator"]
