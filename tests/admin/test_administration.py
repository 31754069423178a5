"""The administration is found one's way in: by task, by what stands on things, to their pages and back."""

import re

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation

from inspections.admin.site import GROUPS, InterlockSite
from inspections.batches.models import Batch
from inspections.catalogue.models import Characteristic, PlanRevision, Requirement
from inspections.people.choices import Role
from inspections.people.models import User
from inspections.rigs.models import Rig
from tests.factories import LINES, make_person, make_revision

pytestmark = pytest.mark.django_db

OURS = sorted(
    (model for model in apps.get_app_config("inspections").get_models() if admin.site.is_registered(model)),
    key=lambda model: model.__name__,
)
WITHOUT_PAGE = {
    "ApiKey", "Characteristic", "Component", "ComponentKind", "ManufacturerCode", "NoticeMail", "Procedure",
    "SourceItem", "SystemClient",
    "User", "VehicleModel",
}  # fmt: skip
"""Tables whose rows have no page of their own; the first key is that of a system, which has none either."""


@pytest.fixture
def plant(standing_filled_plant):
    return standing_filled_plant


def staff(*roles, superuser=False):
    person = make_person(*roles)
    person.is_staff, person.is_superuser = True, superuser
    person.save()
    client = Client()
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    client.person = person
    return client


def page(model, name, *arguments):
    return reverse(f"admin:inspections_{model._meta.model_name}_{name}", args=arguments)


def found(client, model, text):
    answer = client.get(page(model, "changelist"), {"q": text})
    assert answer.status_code == 200
    return [str(row) for row in answer.context["cl"].result_list]


def test_every_table_stands_under_one_task():
    named = [model for _key, _heading, tables in GROUPS for model, _name in tables]
    assert sorted(named) == [model.__name__ for model in OURS]
    assert isinstance(admin.site._wrapped, InterlockSite)


def test_the_first_page_is_by_task_and_what_runs_the_site_is_for_whoever_runs_it():
    ours = [str(heading) for _key, heading, _tables in GROUPS]
    by_role = staff(Role.CATALOGUE_OWNER).get("/admin/").context["app_list"]
    by_superuser = staff(superuser=True).get("/admin/").context["app_list"]
    assert [str(group["name"]) for group in by_role] == ours
    assert [str(group["name"]) for group in by_superuser] == [*ours, "What runs the site: schedules, log-ins"]
    assert len({model["admin_url"] for group in by_superuser for model in group["models"]}) == len(admin.site._registry)


def test_its_headings_are_in_the_language_of_the_reader():
    client = staff(Role.AUDITOR)
    client.cookies["django_language"] = "zh-hans"
    html = client.get("/admin/").content.decode()
    assert [word in html for word in ("要求：目录与控制计划", "测量：台架、密钥与校准", "返回 Interlock 页面")] == [
        True
    ] * 3


def test_a_car_is_found_by_its_vin_and_by_its_last_six(plant):
    client, vin = staff(Role.AUDITOR), plant.vehicle.vin
    vehicle = type(plant.vehicle)
    for text in (vin, vin.lower(), vin[-6:], f" {vin[-6:]} "):
        assert (text, found(client, vehicle, text)) == (text, [vin])
    assert found(client, vehicle, "ZZZZZZ") == []
    assert found(client, vehicle, "\x00") != [vin]
    assert found(client, apps.get_model("inspections", "Removal"), vin[-6:]) == []


@pytest.mark.parametrize("table", ["Inspection", "Hold", "Nonconformance", "Kept"])
def test_what_happened_to_a_car_is_found_by_its_last_six(plant, table):
    model = apps.get_model("inspections", table)
    client, tail = staff(Role.AUDITOR), plant.vehicle.vin[-6:]
    rows = client.get(page(model, "changelist"), {"q": tail}).context["cl"].result_list
    vins = {row.vin if table == "Kept" else row.vehicle.vin for row in rows}
    assert vins == {plant.vehicle.vin}


def test_things_are_found_by_what_stands_on_them(plant):
    client = staff(Role.AUDITOR)
    assert found(client, Batch, plant.batch.number) == [str(plant.batch)]
    assert found(client, Rig, plant.rig.code) == [str(plant.rig)]
    bond = Characteristic.objects.get(code="BOND")
    Characteristic.objects.filter(pk=bond.pk).update(name="Equipotential bonding", name_zh="等电位")
    for text in ("BOND", "equipotential", "等电位"):
        assert (text, found(client, Characteristic, text)) == (text, ["BOND"])
    lines = client.get(page(Requirement, "changelist"), {"q": "等电位"}).context["cl"].result_list
    assert {line.characteristic_id for line in lines} == {bond.pk}


@pytest.mark.parametrize("model", OURS, ids=lambda model: model.__name__)
def test_every_table_can_be_searched_and_narrowed(model):
    own = admin.site._registry[model]
    assert bool(own.search_fields)
    assert bool(own.list_filter) or model.__name__ in {
        "ComponentKind",
        "ControlPlan",
        "ManufacturerCode",
        "SystemClient",
        "VehicleModel",
    }


def test_long_choices_are_looked_for_instead_of_scrolled():
    """Every field of a row that can be added or changed and names another row."""
    chosen = {
        (model.__name__, field.name)
        for model in OURS
        for field in model._meta.concrete_fields
        if field.remote_field is not None and hasattr(admin.site._registry[model], "written_once")
    }
    looked_for = {(model.__name__, name) for model in OURS for name in admin.site._registry[model].autocomplete_fields}
    assert chosen == looked_for == {("Configuration", "model"), ("Characteristic", "procedure")}


def test_no_page_is_a_dead_end(plant):
    client = staff(Role.AUDITOR)
    for model in OURS:
        row = model._default_manager.order_by("pk").first()
        own = admin.site._registry[model]
        url = own.get_view_on_site_url(row)
        assert (model.__name__, url is None) == (model.__name__, model.__name__ in WITHOUT_PAGE)
        change = client.get(page(model, "change", row.pk)).content.decode()
        history = client.get(page(model, "history", row.pk))
        assert (model.__name__, history.status_code) == (model.__name__, 200)
        assert reverse("web:today") in change
        if url is not None:
            assert (model.__name__, url in change) == (model.__name__, True)
            assert (model.__name__, client.get(url.partition("#")[0]).status_code) == (model.__name__, 200)


def test_a_page_leads_to_its_thing_in_the_administration(plant):
    client = staff(Role.ENGINEER)
    for address, model, row in (
        (f"/batches/{plant.batch.number}/", Batch, plant.batch),
        (f"/vehicles/{plant.vehicle.vin}/", type(plant.vehicle), plant.vehicle),
        (f"/rigs/{plant.rig.code}/", Rig, plant.rig),
        (f"/plans/{plant.revision.plan.code}/1/", PlanRevision, plant.revision),
    ):
        html = client.get(address).content.decode()
        (link,) = re.findall(rf'href="({page(model, "changelist")}\?q=[^"]+)"', html)
        assert row.pk in [each.pk for each in client.get(link).context["cl"].result_list]
    assert 'href="/admin/"' in client.get("/batches/").content.decode()


def test_who_is_no_staff_is_not_led_there(plant):
    client = Client()
    client.force_login(make_person(Role.ENGINEER), backend="django.contrib.auth.backends.ModelBackend")
    assert "/admin/" not in client.get(f"/batches/{plant.batch.number}/").content.decode()


def test_a_history_says_who_did_what_why_and_from_what_to_what(plant):
    client = staff(Role.CATALOGUE_OWNER)
    client.post(page(Rig, "change", plant.rig.pk), {"name": "Another name", "line": "L9"})
    said = client.get(page(Rig, "history", plant.rig.pk)).context["told"]
    assert (said[0].act, {name: (was, now) for name, was, now in said[0].parts}["line"]) == (
        "rig.changed", (plant.rig.line, "L9"),
    )  # fmt: skip
    assert "reference off" in [entry.reason for entry in said]


def test_a_history_of_what_is_not_there_is_not_found(plant):
    client = staff(Role.AUDITOR)
    assert client.get(page(Rig, "history", 10**9)).status_code in (302, 404)
    assert client.get(page(Rig, "history", "x")).status_code in (302, 404)


@pytest.mark.law(2)
@pytest.mark.parametrize("approved", [True, False])
@pytest.mark.parametrize("superuser", [True, False])
def test_law_2_a_revision_shows_its_requirements_and_lets_nobody_write_them(plant, approved, superuser):
    revision = plant.revision if approved else make_revision(plant.configuration, LINES, approved=False)
    client = staff(Role.CATALOGUE_OWNER, superuser=superuser)
    answer = client.get(page(PlanRevision, "change", revision.pk))
    html = answer.content.decode()
    assert [line.original.line for line in answer.context["inline_admin_formsets"][0]] == [
        line.line for line in revision.requirements.order_by("line")
    ]
    assert ("less than 0.1 Ω" in html, "0.10000" in html) == (True, False)
    assert re.findall(r'name="requirements-\d+-(?:upper|lower|line|DELETE)"', html) == []
    before = list(revision.requirements.order_by("pk").values())
    sent = {
        "requirements-TOTAL_FORMS": 1, "requirements-INITIAL_FORMS": 1, "requirements-0-id": before[0]["id"],
        "requirements-0-revision": revision.pk, "requirements-0-upper": "99", "requirements-0-DELETE": "on",
    }  # fmt: skip
    assert client.post(page(PlanRevision, "change", revision.pk), sent).status_code == 403
    assert list(revision.requirements.order_by("pk").values()) == before


@pytest.mark.law(2)
def test_law_2_what_a_superuser_may_write_is_people_and_what_runs_the_site(rf):
    """Walks every table: master data is changed by its roles, a record by nobody."""
    person = make_person()
    person.is_staff = person.is_superuser = True
    person.save()
    request = rf.get("/admin/")
    request.user = User.objects.get(pk=person.pk)
    may = {
        model._meta.label: (
            own.has_add_permission(request),
            own.has_change_permission(request),
            own.has_delete_permission(request),
        )
        for model, own in admin.site._registry.items()
    }
    ours = {model._meta.label for model in OURS}
    assert {label: rights for label, rights in may.items() if any(rights) and label in ours} == {
        "inspections.User": (True, True, False)
    }
    assert {label for label, rights in may.items() if any(rights)} - ours == {
        "account.EmailAddress", "axes.AccessAttempt", "axes.AccessFailureLog", "axes.AccessLog",
        "django_celery_beat.ClockedSchedule", "django_celery_beat.CrontabSchedule",
        "django_celery_beat.IntervalSchedule", "django_celery_beat.PeriodicTask", "django_celery_beat.SolarSchedule",
    }  # fmt: skip


QUERIES = {
    "ApiKey": 8, "Authorisation": 9, "Batch": 10, "Calibration": 9, "Certificate": 7, "Characteristic": 8,
    "Component": 7, "ComponentKind": 8, "Concession": 8, "Configuration": 10, "ControlPlan": 8, "Coverage": 9,
    "Delivery": 7, "DeliveryTarget": 9, "Hold": 8, "HoldList": 8, "Inspection": 9, "Kept": 9, "LedgerEntry": 9,
    "ManufacturerCode": 8,
    "Nonconformance": 10, "NoticeMail": 7, "OperatorAlias": 8, "OutOfTolerance": 8, "PlanRevision": 9, "Procedure": 8,
    "ProfileAssignment": 9, "ProfileRevision": 9, "Release": 8, "Removal": 8, "RigProfile": 9,
    "Requirement": 8, "Rig": 9, "SourceItem": 9, "Submission": 8, "SystemClient": 8, "User": 9, "Vehicle": 7,
    "VehicleModel": 8,
}  # fmt: skip
"""Of each list, whatever it holds; those of the session and the person among them."""


def test_a_list_takes_as_many_statements_with_three_rows_as_with_one(plant, monkeypatch):
    client = staff(Role.AUDITOR)
    client.get("/admin/")
    once, thrice = {}, {}
    for asked in (once, thrice):
        for model in OURS:
            with CaptureQueriesContext(connection) as statements:
                assert client.get(page(model, "changelist")).status_code == 200
            asked[model.__name__] = len(statements)
        original = ChangeList.get_results

        def tripled(self, request, original=original):
            original(self, request)
            again = self.result_list
            self.result_list = [*again, *again.all(), *again.all()]

        monkeypatch.setattr(ChangeList, "get_results", tripled)
    assert once == QUERIES
    # Reading the same rows twice more takes two statements, and drawing them none.
    assert {name: count - 2 for name, count in thrice.items()} == once


CODES = {"sha-256", "html", "sha256"}
"""What is called the same in every language."""


def english_in(html):
    """Labels, headings of columns and headings of filters that have no Chinese letter."""
    main = html[html.index('id="content"') :]
    said = re.findall(
        r"<label[^>]*>(.*?)</label>|<th[^>]*scope=\"col\"[^>]*>(.*?)</th>|<summary[^>]*>(.*?)</summary>", main, re.S
    )
    found = set()
    for parts in said:
        text = " ".join(re.sub(r"<[^>]+>", " ", "".join(parts)).split()).strip(" :：")
        if re.search(r"[A-Za-z]{2}", text) and not re.search(r"[\u4e00-\u9fff]", text) and text.lower() not in CODES:
            found.add(text)
    return found


@pytest.mark.parametrize("model", OURS, ids=lambda model: model.__name__)
def test_every_page_of_ours_speaks_chinese_to_who_reads_chinese(plant, model):
    client = staff(Role.CATALOGUE_OWNER, superuser=True)
    client.cookies["django_language"] = "zh-hans"
    pages = [page(model, "changelist")]
    row = model._default_manager.order_by("pk").first()
    if row is not None:
        pages.append(page(model, "change", row.pk))
    request = RequestFactory().get("/admin/")
    request.user = client.person
    if admin.site._registry[model].has_add_permission(request):
        pages.append(page(model, "add"))
    for address in pages:
        assert (address, english_in(client.get(address).content.decode())) == (address, set())


def test_every_table_and_column_has_its_chinese_name():
    english = []
    with translation.override("zh-hans"):
        for model in OURS:
            shown = [model._meta.verbose_name, model._meta.verbose_name_plural, model._meta.app_config.verbose_name]
            shown += [field.verbose_name for field in model._meta.concrete_fields]
            found = [str(name) for name in shown if not re.search(r"[\u4e00-\u9fff]", str(name))]
            english += [f"{model.__name__}: {name}" for name in found if name.lower() not in CODES]
    assert english == []
