"""Every table shows in the admin, or says here why not; none of them opens a second door to the record (law 2)."""

import pytest
from django.apps import apps
from django.contrib import admin
from django.test import RequestFactory

from inspections.admin.catalogue import RequirementLines
from inspections.admin.pages import ReadOnlyPage, RecordedPage
from inspections.catalogue.models import PlanRevision
from inspections.people.models import User

MASTER_DATA = {
    "User", "VehicleModel", "Configuration", "ComponentKind", "ManufacturerCode", "Procedure", "Characteristic", "Rig",
        "SystemClient",
}  # fmt: skip
"""May be changed in the admin, by those whose role it is; each change is an entry of the ledger."""

NOT_SHOWN = {
    "Measurement": "millions of rows with no key of their own; they show with their inspection, on the car's page",
    "Judgement": "the same, for a later revision",
    "Void": "shows on the car's page, with its inspection",
    "Sample": "shows with the gate of its batch",
    "DrawSeed": "a secret until testing is closed; the ledger and the batch's page tell it then",
    "Photograph": "shows with its inspection, on the page of what was recorded",
    "Trace": "shows with its inspection, on the page of what was recorded, and on its own page",
    "FileFinding": "shows with its inspection, on the page of what was recorded",
    "NamedSubject": "shows with its file",
    "Rereading": "shows on its own page, with how far it is",
    "ProfileSample": "shows on the page of its profile",
    "Screening": "shows with the rejection that it clears",
    "ScreenedVehicle": "the same, for each vehicle",
    "Decision": "shows on the pages of the car and of the batch",
    "VehicleGate": "a roll-up that the decider keeps; the car's page shows it",
    "BatchGate": "a roll-up that the decider keeps; the batch's page shows it",
    "OpenReason": "a roll-up that the decider keeps; both pages show it",
    "Decider": "the decider's own counter",
    "Untold": "what nobody was told of yet: gathering's own",
    "NoticeLine": "what a mail is going to tell: shows in the mail once it is written",
    "NoticeChoice": "shows on the person's own page",
    "Seal": "manage.py verify_ledger reads them, and names what does not fit",
    "SealingKey": "the same, with what it signed",
    "SealWitness": "how far a second place has been told: manage.py verify_ledger says it",
    "Mark": "what is undecided right now: the decider's own",
    "CoverageRevocation": "shows with its coverage",
    "Disposition": "shows on the car's page, with what it answers",
    "VehicleMove": "shows on the car's page and on those of both batches",
    "Repinning": "shows on the page of its batch",
    "ListedVehicle": "shows on the page of its hold list",
    "ConcededVehicle": "shows on the page of its concession",
    "ConcessionSignature": "shows on the page of its concession",
    "ReleasedVehicle": "shows on the page of its release",
    "Signature": "shows on the page of its release",
    "CertificateRevocation": "shows on the page of its certificate",
    "Fitting": "shows on the car's page",
    "SoftwareChange": "shows on the car's page",
    "MaterialLot": "shows with its samples",
}


def models() -> dict[str, type]:
    return {model.__name__: model for model in apps.get_app_config("inspections").get_models()}


@pytest.mark.law(2)
def test_law_2_every_model_is_registered_or_exempted_with_a_reason() -> None:
    registered = {name for name, model in models().items() if admin.site.is_registered(model)}
    assert set(models()) == registered | set(NOT_SHOWN)
    assert not registered & set(NOT_SHOWN)


@pytest.mark.law(2)
@pytest.mark.parametrize("name", sorted(set(models()) - set(NOT_SHOWN)))
def test_law_2_a_registered_model_is_read_only_or_recorded(name: str) -> None:
    page = admin.site.get_model_admin(models()[name])
    assert isinstance(page, RecordedPage) is (name in MASTER_DATA)
    assert isinstance(page, ReadOnlyPage) is (name not in MASTER_DATA)
    assert page.actions is None
    assert list(page.inlines) == ([RequirementLines] if name == "PlanRevision" else [])
    assert not page.list_editable


@pytest.mark.law(2)
def test_law_2_the_lines_of_a_revision_are_shown_and_not_written(rf: RequestFactory) -> None:
    lines = RequirementLines(PlanRevision, admin.site)
    request = rf.get("/")
    request.user = User(is_active=True, is_staff=True, is_superuser=True)
    rights = [lines.has_add_permission(request), lines.has_change_permission(request)]
    assert [*rights, lines.has_delete_permission(request), lines.extra, lines.can_delete] == [False] * 3 + [0, False]


@pytest.mark.law(2)
@pytest.mark.parametrize("name", sorted(set(models()) - set(NOT_SHOWN) - MASTER_DATA))
def test_law_2_a_read_only_page_lets_nothing_but_reading(name: str) -> None:
    page = admin.site.get_model_admin(models()[name])
    methods = ("has_add_permission", "has_change_permission", "has_delete_permission", "has_view_permission")
    for method in methods:
        own = getattr(type(page), method)
        assert own is getattr(ReadOnlyPage, method), f"{name} answers {method} by itself"


def test_no_foreign_model_of_the_site_can_change_what_people_may_do() -> None:
    """Groups are the roles: fixed, and given through a person's page, which the ledger sees."""
    from django.contrib.auth.models import Group

    assert not admin.site.is_registered(Group)
