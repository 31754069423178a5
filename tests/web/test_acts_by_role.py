"""Every act of these pages as every role: who may do it can; all others are told whose it is and change nothing."""

import re

import pytest
from django.urls import get_resolver

from inspections.people.choices import Role
from tests.depth import LONG
from tests.undone import undone

EVERYBODY = set(Role)
MAY = {
    "entry-form": {Role.INSPECTOR, Role.ENGINEER},
    "entry-judge": {Role.INSPECTOR, Role.ENGINEER},
    "entry-photo": {Role.INSPECTOR, Role.ENGINEER},
    "intake-set-aside": {Role.ENGINEER},
    "intake-name": {Role.ENGINEER},
    "intake-read-again": {Role.CATALOGUE_OWNER, Role.ENGINEER},
    "profile-new": {Role.CATALOGUE_OWNER},
    "profile-draft": {Role.CATALOGUE_OWNER},
    "profile-file": {Role.CATALOGUE_OWNER, Role.ENGINEER},
    "profile-assign": {Role.CATALOGUE_OWNER},
    "profile-ask": {Role.CATALOGUE_OWNER},
    "profile-approve": {Role.CATALOGUE_OWNER, Role.ENGINEER},
    "hold-place": {Role.INSPECTOR, Role.ENGINEER, Role.RELEASE_OFFICER},
    "hold-lift": {Role.ENGINEER},
    "hold-list-new": {Role.INSPECTOR, Role.ENGINEER, Role.RELEASE_OFFICER},
    "hold-list-lift": {Role.ENGINEER},
    "rejection-screen": {Role.ENGINEER},
    "vehicle-move": {Role.ENGINEER},
    "batch-repin": {Role.ENGINEER},
    "rig-act": {Role.ENGINEER},
    "rig-key": {Role.CATALOGUE_OWNER},
    "rig-key-revoke": {Role.CATALOGUE_OWNER},
    "nonconformance-act": {Role.ENGINEER},
    "disagreement": {Role.ENGINEER},
    "void": {Role.ENGINEER},
    "operators": {Role.ENGINEER},
    "concession-propose": {Role.ENGINEER},
    "concession-sign": {Role.ENGINEER, Role.RELEASE_OFFICER},
    "release-propose": {Role.RELEASE_OFFICER},
    "certificates": {Role.RELEASE_OFFICER},
    "dossiers": {Role.RELEASE_OFFICER},
    "certificate-revoke": {Role.RELEASE_OFFICER},
    "release-sign": {Role.RELEASE_OFFICER},
    "vehicle-deliver": {Role.RELEASE_OFFICER},
    "vehicle-destroy": {Role.ENGINEER},
    "vehicle-scrap": {Role.ENGINEER},
    "inspection-cover": {Role.ENGINEER},
    "coverage-enter": {Role.ENGINEER},
    "coverage-revoke": {Role.ENGINEER},
    "plan-approve": {Role.CATALOGUE_OWNER, Role.ENGINEER},
    "plan-draft": {Role.CATALOGUE_OWNER},
    "targets": {Role.CATALOGUE_OWNER},
    "notices": EVERYBODY,  # each their own
}
READ = [
    "vehicles", "entry", "entry-to-test", "entry-recorded", "intake", "intake-kept", "submissions", "nonconformances",
    "nonconformance", "releases", "release", "sampling", "rejection",
    "rigs", "rig", "rig-cars", "rig-finding", "plans", "plan", "coverage",
    "coverage-of", "coverage-one", "hold-lists", "hold-list",
    "profiles", "profile", "profile-revision", "profile-compare", "rereading", "record",
    "certificate", "certificate-record", "certificate-checker",
    "concessions", "concession", "batch-matrix", "plan-compare", "characteristics", "characteristic",
]  # fmt: skip
ALSO_READ = [
    "entry-form", "hold-place", "hold-lift", "disagreement", "void", "operators", "release-propose", "vehicle-deliver",
    "vehicle-destroy", "vehicle-scrap", "inspection-cover", "coverage-enter", "coverage-revoke",
    "hold-list-new", "hold-list-lift", "vehicle-move", "batch-repin",
    "concession-propose", "plan-draft", "targets", "profile-new", "profile-draft",
    "certificates", "dossiers", "certificate-revoke",
]  # fmt: skip
"""Pages whose act is done at their own address."""
OF_OTHERS = {"today", "batches", "batch", "vehicle", "search", "live", "language", "look", "check", "check-code"}


@pytest.fixture
def places(standing_places, clock):
    """The address of each page and act, on things that are there."""
    return standing_places


def test_every_page_is_walked():
    names = {key for key in get_resolver("inspections.web.urls").reverse_dict if isinstance(key, str)}
    assert names - OF_OTHERS == set(MAY) | set(READ) | {
        "submission",
        "coverage-document",
        "photo",
        "photo-original",
        "trace",
        "trace-file",
        "certificate-paper",
        "certificate-keys",
    }


@pytest.mark.law(8)
@pytest.mark.parametrize("role", Role)
def test_an_act_is_for_its_roles_alone(places, sign_in, role):
    from inspections.records.models import LedgerEntry

    client = sign_in(role)
    before = LedgerEntry.objects.count()
    refused = set()
    for name in sorted(MAY):
        with undone():
            response = client.post(places[name], {})
            if response.status_code == 403:
                refused.add(name)
                assert "This is for:" in response.content.decode(), name
                assert (name, LedgerEntry.objects.count()) == (name, before)
    assert refused == {name for name in MAY if role not in MAY[name]}


def _forms_that_act(page):
    """The forms of a page that send something, but for those that every page has."""
    forms = re.findall(r'<form[^>]*method="post"[^>]*>', page)
    return [form for form in forms if not re.search(r'action="/(language|look|accounts/logout)/"', form)]


@pytest.mark.parametrize("role", Role)
def test_every_role_reads_every_page_and_an_auditor_finds_no_form_that_acts(places, sign_in, role):
    """Who reads is decided at one place for all pages: by default the auditor reads every page, and each of the others
    its share of them, so that every page is read by two roles. Each reads all of them with INTERLOCK_LONG=1."""
    client = sign_in(role)
    readable = [*READ, *ALSO_READ]
    if not LONG and role is not Role.AUDITOR:
        others = [other for other in Role if other is not Role.AUDITOR]
        readable = readable[others.index(role) :: len(others)]
    read = {name: client.get(places[name]) for name in readable}
    assert {name: page.status_code for name, page in read.items()} == dict.fromkeys(readable, 200)
    if role is Role.AUDITOR:
        acting = {name: _forms_that_act(page.content.decode()) for name, page in read.items()}
        assert acting == {name: [] for name in readable}


def test_an_act_is_never_done_by_asking_for_a_page(places, sign_in):
    client, acts = sign_in(*Role), sorted(set(MAY) - {*ALSO_READ, "notices"})
    assert {name: client.get(places[name]).status_code for name in acts} == dict.fromkeys(acts, 405)


def test_somebody_without_a_role_reads_nothing(places, sign_in):
    client = sign_in()
    assert {client.get(address).status_code for address in places.values()} == {403}
