import re

import pytest
from django.test import Client
from django.urls import NoReverseMatch, reverse

from inspections.people.choices import Role
from inspections.people.models import User
from tests import factories


def words(response):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


@pytest.fixture
def person(db, clock):
    return factories.make_person(Role.INSPECTOR, number="0417")


def test_signing_in_leads_back_to_where_one_was_going(person, plant):
    client = Client()
    asked = client.get("/rigs/")
    assert (asked.status_code, asked["Location"]) == (302, "/accounts/login/?next=/rigs/")
    sent = {"login": person.username, "password": "a long password", "next": "/rigs/"}
    response = client.post("/accounts/login/", sent)
    assert (response.status_code, response["Location"]) == (302, "/rigs/")
    assert client.get("/rigs/").status_code == 200


@pytest.mark.parametrize("after", ["https://example.com/", "//example.com/", "javascript:alert(1)"])
def test_signing_in_never_leads_elsewhere(person, after):
    sent = {"login": person.username, "password": "a long password", "next": after}
    assert Client().post("/accounts/login/", sent)["Location"] == "/"


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"login": "person-0417", "password": "wrong"},
        {"login": "a\x00b", "password": "x\x00"},
        {"login": "x" * 1_000_000, "password": "y" * 1_000_000},
    ],
)
def test_a_wrong_sign_in_is_refused_on_the_same_page(person, sent):
    response = Client().post("/accounts/login/", sent)
    assert response.status_code == 200
    assert response.context["form"].errors != {}
    assert "Sign in" in words(response)


def test_after_too_many_failures_a_pause_is_told_in_words(db, settings):
    # The counter of failures has a clock of its own, so this runs at the real time.
    person = factories.make_person(Role.INSPECTOR)
    client = Client()
    for _ in range(settings.AXES_FAILURE_LIMIT):
        response = client.post("/accounts/login/", {"login": person.username, "password": "wrong"})
    assert response.status_code == 429
    assert "Too many sign-ins failed" in words(response)
    right = client.post("/accounts/login/", {"login": person.username, "password": "a long password"})
    assert right.status_code == 429


def test_nobody_signs_up_and_no_address_offers_it(rf, db):
    from allauth.account.adapter import get_adapter

    assert get_adapter().is_open_for_signup(rf.get("/")) is False
    for name in ("account_signup", "account_reset_password"):
        with pytest.raises(NoReverseMatch):
            reverse(name)


def test_a_password_is_changed_by_whoever_knows_the_old_one(person):
    client = Client()
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    assert "Change your password" in words(client.get("/accounts/password/"))
    wrong = {"oldpassword": "no", "password1": "quite-another-9", "password2": "quite-another-9"}
    assert client.post("/accounts/password/", wrong).status_code == 200
    assert User.objects.get(pk=person.pk).check_password("a long password")
    assert client.post("/accounts/password/", {**wrong, "oldpassword": "a long password"}).status_code == 302
    assert User.objects.get(pk=person.pk).check_password("quite-another-9")


def test_signing_out_is_an_act_and_ends_the_session(person):
    client = Client()
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    assert "Sign out?" in words(client.get("/accounts/logout/"))
    assert client.get("/rigs/").status_code == 200
    assert client.post("/accounts/logout/").status_code == 302
    assert client.get("/rigs/").status_code == 302
