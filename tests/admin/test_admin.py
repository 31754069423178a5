"""The Django admin is no second door: each role at each page, what it may change, and what the ledger then says."""

from collections.abc import Callable
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib import admin
from django.contrib.auth.models import Group
from django.db import models
from django.test import Client
from django.urls import reverse

from inspections.catalogue.models import ComponentKind, ManufacturerCode
from inspections.marks.models import Mark
from inspections.people.choices import Role
from inspections.people.models import User
from inspections.records.models import LedgerEntry
from inspections.rigs.models import ApiKey, Rig
from tests.depth import LONG, deep
from tests.factories import Plant, make_person

pytestmark = pytest.mark.django_db

MODELS = sorted(
    (model for model in apps.get_app_config("inspections").get_models() if admin.site.is_registered(model)),
    key=lambda model: model.__name__,
)
CHANGES = {
    Role.CATALOGUE_OWNER: {
        "VehicleModel", "Configuration", "ComponentKind", "ManufacturerCode", "Procedure", "Characteristic", "Rig",
        "SystemClient",
    },
    Role.ENGINEER: {"Rig"},
}  # fmt: skip
"""What each role may change; the others change nothing, and neither does a superuser without a role, but people."""
ADDS = {
    Role.CATALOGUE_OWNER: CHANGES[Role.CATALOGUE_OWNER] - {"Procedure", "Characteristic"},
    Role.ENGINEER: {"Rig"},
}
"""What each role may add. Procedures and characteristics come from files, checked as a whole."""


@pytest.fixture
def plant(standing_filled_plant: Plant) -> Plant:
    return standing_filled_plant


@pytest.fixture
def signed_in() -> Callable[..., Client]:
    """A browser in which a person of the role is signed in; staff unless said otherwise."""

    def make(role: Role | None = None, *, staff: bool = True, superuser: bool = False) -> Client:
        person = make_person(*([role] if role else []))
        person.is_staff, person.is_superuser = staff, superuser
        person.save()
        client = Client()
        client.force_login(person)
        return client

    return make


def page(model: type[models.Model], name: str, *arguments: Any) -> str:
    return reverse(f"admin:inspections_{model._meta.model_name}_{name}", args=arguments)


def everything() -> dict[str, list[Any]]:
    """Every row of every table of the application, and who has which role."""
    found = {
        model.__name__: list(model._default_manager.order_by("pk").values_list())
        for model in apps.get_app_config("inspections").get_models()
    }
    for rows in found.values():
        for place, row in enumerate(rows):
            rows[place] = tuple(bytes(each) if isinstance(each, memoryview) else each for each in row)
    # Signing in dates the account.
    found["User"] = list(User.objects.order_by("pk").values_list("username", "password", "is_staff", "is_superuser"))
    found["roles"] = list(Group.user_set.through.objects.order_by("pk").values_list())
    return found


PEOPLE = [*Role, None]


READERS = [role for role in PEOPLE if role not in CHANGES]
"""Who changes nothing. Between them they try every table; each of them all of it with INTERLOCK_LONG=1."""
WRITERS = [role for role in PEOPLE if role in CHANGES]
"""Who changes something: each tries every table that anybody changes here, and between them they try the others."""
CHANGED = {name for names in CHANGES.values() for name in names}


def tables_of(role: Role | None) -> list[type[models.Model]]:
    if LONG:
        return MODELS
    if role in READERS:
        return MODELS[READERS.index(role) :: len(READERS) - 1]
    others = [model for model in MODELS if model.__name__ not in CHANGED]
    return [*(model for model in MODELS if model.__name__ in CHANGED), *others[WRITERS.index(role) :: len(WRITERS)]]


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> Callable[[bool], None]:
    """Whether pages are drawn. Where only their status counts that is most of their time, and the page of one role is
    drawn as that of another: what stands on each is looked at in TestSecrets."""

    def choose(wanted: bool) -> None:
        if not wanted:
            monkeypatch.setattr("django.template.backends.django.Template.render", lambda *_, **__: "")
            monkeypatch.setattr("inspections.admin.site.InterlockSite.get_app_list", lambda *_, **__: [])

    return choose


@pytest.mark.law(2)
@pytest.mark.law(4)
@pytest.mark.parametrize("role", PEOPLE, ids=str)
def test_law_4_no_role_changes_what_it_may_not_at_any_page(
    plant: Plant, signed_in: Callable[..., Client], drawn: Callable[[bool], None], role: Role | None
) -> None:
    drawn(LONG)
    client = signed_in(role)
    before = everything()
    for model in tables_of(role):
        name = model.__name__
        row = model._default_manager.order_by("pk").first()
        assert row is not None, f"there is no {name} to try it on"
        assert client.get(page(model, "changelist")).status_code == 200
        assert client.get(page(model, "change", row.pk)).status_code == 200
        assert client.post(page(model, "delete", row.pk), {"post": "yes"}).status_code == 403
        # There are no actions on lists: one that is sent is not read, and everything is as before.
        client.post(page(model, "changelist"), {"action": "delete_selected", "_selected_action": row.pk, "post": "yes"})
        if name not in CHANGES.get(role, ()):  # type: ignore[call-overload]
            assert client.post(page(model, "change", row.pk), {"code": "X", "name": "X"}).status_code == 403
        if name not in ADDS.get(role, ()):  # type: ignore[call-overload]
            assert client.get(page(model, "add")).status_code == 403
            assert client.post(page(model, "add"), {"code": "X", "name": "X"}).status_code == 403
    assert everything() == before


@pytest.mark.law(4)
def test_law_4_a_superuser_changes_no_record_either(plant: Plant, signed_in: Callable[..., Client]) -> None:
    client = signed_in(superuser=True)
    before = everything()
    for model in MODELS:
        row = model._default_manager.order_by("pk").first()
        assert row is not None, f"there is no {model.__name__} to try it on"
        assert client.post(page(model, "delete", row.pk), {"post": "yes"}).status_code == 403
        if model is not User:
            assert client.post(page(model, "change", row.pk), {"code": "X", "name": "X"}).status_code == 403
            assert client.post(page(model, "add"), {"code": "X", "name": "X"}).status_code == 403
    assert everything() == before


@pytest.mark.parametrize("role", PEOPLE, ids=str)
def test_person_who_is_no_staff_gets_no_admin(
    plant: Plant, signed_in: Callable[..., Client], role: Role | None
) -> None:
    client = signed_in(role, staff=False)
    for model in MODELS:
        answer = client.get(page(model, "changelist"))
        assert (answer.status_code, answer.headers["Location"].split("?")[0]) == (302, "/admin/login/")
    assert client.get("/admin/").status_code == 302


def test_roles_open_none_of_the_sites_own_tables(signed_in: Callable[..., Client]) -> None:
    """Schedules, failed log-ins and addresses are for whoever runs the site."""
    foreign = [model for model in admin.site._registry if model._meta.app_label != "inspections"]
    assert foreign
    for role in Role:
        client = signed_in(role)
        for model in foreign:
            name = f"{model._meta.app_label}_{model._meta.model_name}"
            assert client.get(reverse(f"admin:{name}_changelist")).status_code == 403
            assert client.post(reverse(f"admin:{name}_add"), {}).status_code == 403


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("batch/?number__exact=%00", "/admin/inspections/batch/?e=1"),
        ("batch/?%00=x", "/admin/inspections/batch/?e=1"),
        ("user/?q=x&last_name=%00", "/admin/inspections/user/?e=1"),
        ("inspection/?digest__gte=x", 400),
        ("apikey/?digest__startswith=x", 400),
        ("user/?password__startswith=pbkdf2", 400),
        ("batch/?draw_seed__seed__startswith=a", 400),
    ],
)
def test_an_address_asks_for_nothing_that_no_text_can_be_and_nothing_that_is_secret(
    signed_in: Callable[..., Client], address: str, expected: int | str
) -> None:
    client = signed_in(superuser=True)
    answer = client.get(f"/admin/inspections/{address}")
    assert answer.get("Location", answer.status_code) == expected
    if answer.status_code == 302:
        assert client.get(answer["Location"]).status_code == 200


def test_a_suggestion_for_what_no_text_can_be_is_none(signed_in: Callable[..., Client]) -> None:
    asked = "app_label=inspections&model_name=characteristic&field_name=procedure&term=%00"
    answer = signed_in(superuser=True).get(f"/admin/autocomplete/?{asked}")
    assert (answer.status_code, answer["Location"]) == (302, "/admin/autocomplete/?e=1")


class TestMasterData:
    def test_a_change_is_an_entry_of_the_ledger_with_before_and_after(
        self, plant: Plant, signed_in: Callable[..., Client]
    ) -> None:
        client = signed_in(Role.CATALOGUE_OWNER)
        who = User.objects.get(pk=client.session["_auth_user_id"])
        configuration = plant.configuration
        answer = client.post(
            page(type(configuration), "change", configuration.pk), {"trim": "Pro", "pack_supplier": "BYD"}
        )
        assert answer.status_code == 302
        entry = LedgerEntry.objects.latest("pk")
        assert (entry.act, entry.subject_kind, entry.subject) == (
            "configuration.changed", "configuration", "SU7-MAX-CN",
        )  # fmt: skip
        assert (entry.actor_kind, entry.actor_id, entry.actor) == ("person", who.pk, who.personnel_number)
        assert entry.before == {"trim": "Max", "pack_supplier": "CATL"}
        assert entry.after == {"trim": "Pro", "pack_supplier": "BYD"}
        assert entry.request_id

    @pytest.mark.law(7)
    def test_law_7_a_kind_of_part_that_becomes_known_has_cars_decided_anew(
        self, plant: Plant, signed_in: Callable[..., Client]
    ) -> None:
        """Until now a part of that kind made every result stale: what rests on that is asked again."""
        Mark.objects.all().delete()
        client = signed_in(Role.CATALOGUE_OWNER)
        assert client.post(page(ComponentKind, "add"), {"code": "tyre", "name": "Tyre"}).status_code == 302
        found = set(Mark.objects.filter(batch_id=plant.batch.pk).values_list("vehicle_id", "domain"))
        assert found == {(None, ""), *((car.pk, "") for car in plant.batch.vehicles.all())}
        Mark.objects.all().delete()
        row = ComponentKind.objects.get(code="tyre")
        assert client.post(page(ComponentKind, "change", row.pk), {"name": "Tyres"}).status_code == 302
        assert not Mark.objects.exists()

    def test_saving_without_a_change_is_no_act(self, plant: Plant, signed_in: Callable[..., Client]) -> None:
        client = signed_in(Role.CATALOGUE_OWNER)
        entries = LedgerEntry.objects.count()
        same = {"trim": "Max", "pack_supplier": "CATL"}
        assert client.post(page(type(plant.configuration), "change", plant.configuration.pk), same).status_code == 302
        assert LedgerEntry.objects.count() == entries

    def test_what_a_row_is_cannot_be_changed_with_what_is_said_of_it(
        self, plant: Plant, signed_in: Callable[..., Client]
    ) -> None:
        """Fields that are written once are no fields of the form: what is sent for them is not read."""
        client = signed_in(Role.CATALOGUE_OWNER)
        sent = {"code": "OTHER", "name": "Renamed", "line": "L9", "needs_calibration": ""}
        assert client.post(page(Rig, "change", plant.rig.pk), sent).status_code == 302
        assert list(Rig.objects.values_list("code", "name", "line", "needs_calibration")) == [
            ("EOL-3", "Renamed", "L9", True)
        ]

    def test_limits_are_no_matter_of_the_admin(self, plant: Plant, signed_in: Callable[..., Client]) -> None:
        """A limit changes by a new revision alone; a unit or a class of a characteristic by the catalogue's file."""
        client = signed_in(Role.CATALOGUE_OWNER)
        row = plant.procedures["BAT-EOL"].characteristics.get(code="BOND")
        sent = {"name": "Bonding", "unit": "mohm", "special": "", "positions": "", "confidence": "primary"}
        assert client.post(page(type(row), "change", row.pk), sent).status_code == 302
        row.refresh_from_db()
        assert (row.name, row.unit, row.special, row.positions) == ("Bonding", "ohm", "CC", ["charge-port", "pack"])

    def test_a_new_rig_is_entered_once_and_its_entry_says_by_whom(self, signed_in: Callable[..., Client]) -> None:
        client = signed_in(Role.ENGINEER)
        sent = {"code": "EOL-77", "name": "Insulation", "line": "L2", "needs_calibration": "on"}
        assert client.post(page(Rig, "add"), sent).status_code == 302
        entry = LedgerEntry.objects.latest("pk")
        assert (entry.act, entry.subject, entry.before) == ("rig.added", "EOL-77", None)
        assert entry.after is not None
        assert (entry.after["code"], entry.after["needs_calibration"]) == ("EOL-77", "True")


class TestPeople:
    def form(self, person: User, **changed: Any) -> dict[str, Any]:
        sent = {"username": person.username, "personnel_number": person.personnel_number, "is_active": "on", **changed}
        return {key: value for key, value in sent.items() if value is not None}

    def test_giving_a_role_is_in_the_ledger(self, signed_in: Callable[..., Client]) -> None:
        client = signed_in(superuser=True)
        person = make_person(Role.INSPECTOR)
        both = [Group.objects.get_or_create(name=role.value)[0].pk for role in (Role.INSPECTOR, Role.ENGINEER)]
        assert client.post(page(User, "change", person.pk), self.form(person, groups=both)).status_code == 302
        entry = LedgerEntry.objects.latest("pk")
        assert (entry.act, entry.subject) == ("user.changed", person.personnel_number)
        assert (entry.before, entry.after) == ({"groups": ["inspector"]}, {"groups": ["engineer", "inspector"]})

    def test_taking_a_role_is_in_the_ledger(self, signed_in: Callable[..., Client]) -> None:
        client = signed_in(superuser=True)
        person = make_person(Role.ENGINEER)
        assert client.post(page(User, "change", person.pk), self.form(person)).status_code == 302
        entry = LedgerEntry.objects.latest("pk")
        assert (entry.before, entry.after) == ({"groups": ["engineer"]}, {"groups": []})

    def test_making_a_superuser_is_in_the_ledger(self, signed_in: Callable[..., Client]) -> None:
        client = signed_in(superuser=True)
        person = make_person()
        sent = self.form(person, is_superuser="on", is_staff="on")
        assert client.post(page(User, "change", person.pk), sent).status_code == 302
        entry = LedgerEntry.objects.latest("pk")
        assert entry.before == {"is_staff": "False", "is_superuser": "False"}
        assert entry.after == {"is_staff": "True", "is_superuser": "True"}

    @pytest.mark.parametrize("role", PEOPLE, ids=str)
    def test_nobody_else_gives_a_role_or_a_password(self, signed_in: Callable[..., Client], role: Role | None) -> None:
        client = signed_in(role)
        own = User.objects.get(pk=client.session["_auth_user_id"])
        engineer = Group.objects.get_or_create(name=Role.ENGINEER.value)[0]
        sent = self.form(own, groups=[engineer.pk], is_superuser="on")
        assert client.post(page(User, "change", own.pk), sent).status_code == 403
        new = {"password1": "another long one", "password2": "another long one", "usable_password": "true"}
        assert client.post(f"/admin/inspections/user/{own.pk}/password/", new).status_code == 403
        own.refresh_from_db()
        assert (own.is_superuser, own.check_password("a long password")) == (False, True)

    def test_a_new_password_is_an_act_and_no_word_of_it_is_told(self, signed_in: Callable[..., Client]) -> None:
        client = signed_in(superuser=True)
        person = make_person()
        new = {"password1": "another long one", "password2": "another long one", "usable_password": "true"}
        assert client.post(f"/admin/inspections/user/{person.pk}/password/", new).status_code == 302
        person.refresh_from_db()
        assert person.check_password("another long one")
        entry = LedgerEntry.objects.latest("pk")
        assert (entry.act, entry.subject) == ("user.password_set", person.personnel_number)
        told = str(list(LedgerEntry.objects.values_list("before", "after", "reason")))
        assert "another long one" not in told
        assert person.password not in told


class TestSecrets:
    @pytest.mark.parametrize("superuser", [True, pytest.param(False, marks=deep)])
    def test_no_page_shows_a_secret(self, plant: Plant, signed_in: Callable[..., Client], superuser: bool) -> None:
        client = signed_in(Role.CATALOGUE_OWNER, superuser=superuser)
        key = ApiKey.objects.get()
        person = make_person()
        secrets = [
            person.password,
            person.password.split("$")[-1],
            bytes(key.digest).hex(),
            repr(bytes(key.digest))[2:-1],
        ]
        for model in MODELS:
            for row in model._default_manager.order_by("-pk")[: 20 if LONG else 2]:
                shown = client.get(page(model, "change", row.pk)).content.decode()
                assert [secret for secret in secrets if secret in shown] == []
            listed = client.get(page(model, "changelist")).content.decode()
            assert [secret for secret in secrets if secret in listed] == []
        assert client.get(page(User, "change", person.pk)).status_code == 200


class TestLogIn:
    def test_too_many_failures_at_either_login_close_both(self, db: None) -> None:
        person = make_person(Role.CATALOGUE_OWNER)
        person.is_staff = True
        person.save()
        client = Client()
        for _ in range(settings.AXES_FAILURE_LIMIT):
            client.post("/admin/login/", {"username": person.username, "password": "wrong"})
        right = {"username": person.username, "login": person.username, "password": "a long password"}
        assert client.post("/admin/login/", right).status_code == 429
        assert client.post("/accounts/login/", right).status_code == 429
        assert "_auth_user_id" not in client.session

    def test_whoever_is_signed_in_and_is_staff_needs_no_second_login(self, signed_in: Callable[..., Client]) -> None:
        assert signed_in(Role.AUDITOR).get("/admin/").status_code == 200


def test_a_code_of_a_maker_is_entered_in_its_form_or_refused_in_words(
    plant: Plant, signed_in: Callable[..., Client]
) -> None:
    owner, address = signed_in(Role.CATALOGUE_OWNER), "/admin/inspections/manufacturercode/add/"
    sent = {"maker": "A small one", "maker_zh": "", "source": "its approval"}
    refused = owner.post(address, {**sent, "code": "LSGA"})
    assert "LSGA is no such code" in refused.content.decode()
    assert owner.post(address, {**sent, "code": " lx9abc "}).status_code == 302
    assert list(ManufacturerCode.objects.filter(maker="A small one").values_list("code", flat=True)) == ["LX9ABC"]
