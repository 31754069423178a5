"""Who sees what: every page by every role, nobody signed out, and nothing in a page that could run or lead astray."""

import re

import pytest
from django.test import Client
from django.urls import get_resolver, reverse

from inspections.people.choices import Role
from inspections.web.urls import urlpatterns
from tests.factories import make_person

OPEN = {"live", "language", "look", "check", "check-code"}
"""Not guarded as pages are: `live` answers 401 by itself, the two after it change how pages look and show nothing; the
last two say to whoever holds a paper whether it is genuine and valid, and nothing else of the record."""


@pytest.fixture
def pages(plant):
    return {
        "today": reverse("web:today"),
        "batches": reverse("web:batches"),
        "batch": reverse("web:batch", args=[plant.batch.number]),
        "vehicle": reverse("web:vehicle", args=[plant.vehicle.vin]),
        "search": reverse("web:search") + "?q=nothing-is-called-so",
    }


def test_every_address_is_guarded_or_named_as_open():
    unguarded = {route.name for route in urlpatterns if not getattr(route.callback, "readers_only", False)}
    assert unguarded == OPEN
    assert get_resolver().reverse_dict is not None


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("page", ["today", "batches", "batch", "vehicle", "search"])
def test_every_role_reads_every_page(sign_in, pages, role, page):
    assert sign_in(role).get(pages[page]).status_code == 200


@pytest.mark.parametrize("page", ["today", "batches", "batch", "vehicle", "search"])
def test_a_page_asks_nobody_signed_out_in_and_comes_back_to_it(pages, page):
    response = Client().get(pages[page])
    assert response.status_code == 302
    assert response["Location"].startswith("/accounts/login/?next=/")


@pytest.mark.parametrize("page", ["today", "batches", "batch", "vehicle", "search"])
def test_a_person_without_a_role_is_told_so(sign_in, pages, page):
    response = sign_in().get(pages[page])
    assert response.status_code == 403
    assert "You have no role here" in response.content.decode()


def test_a_poll_of_somebody_signed_out_is_401_and_no_login_page(pages):
    for address in (*pages.values(), reverse("web:live")):
        response = Client().get(address, headers={"HX-Request": "true"})
        assert (address, response.status_code) == (address, 401)
        assert "Location" not in response
    assert Client().get(reverse("web:live")).status_code == 401


def test_live_tells_the_local_time_and_is_never_kept(engineer):
    response = engineer.get(reverse("web:live"))
    assert response.content.decode() == "08:00:00"
    assert "no-store" in response["Cache-Control"]


@pytest.mark.parametrize("page", ["today", "batches", "batch", "vehicle", "search"])
@pytest.mark.parametrize("method", ["post", "put", "delete", "patch"])
def test_a_page_is_only_read(engineer, pages, page, method):
    assert getattr(engineer, method)(pages[page]).status_code == 405


@pytest.mark.parametrize("page", ["today", "batches", "batch", "vehicle", "search"])
def test_a_page_runs_and_styles_nothing_that_stands_in_it(engineer, pages, page):
    response = engineer.get(pages[page])
    html = response.content.decode()
    policy = response["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "default-src 'self'" in policy
    assert re.findall(r"\sstyle\s*=|<style|javascript:|\son[a-z]+\s*=", html) == []
    assert [tag for tag in re.findall(r"<script[^>]*>", html) if "src=" not in tag] == []
    assert re.findall(r"(?:src|href)=\"(?:https?:)?//", html) == []


def test_acts_stand_only_where_the_role_may_do_them(sign_in, pages):
    holding = {Role.INSPECTOR, Role.ENGINEER, Role.RELEASE_OFFICER}
    for role in Role:
        for page in ("batch", "vehicle"):
            html = sign_in(role).get(pages[page]).content.decode()
            assert (role, page, reverse("web:hold-place") in html) == (role, page, role in holding)
            assert (role, page, "This is for: QA inspector or QA engineer" in html) == (role, page, role not in holding)


@pytest.mark.parametrize(
    "address", ["/batches/none/", "/vehicles/LXM1A2B30TA999999/", "/vehicles/x/", "/nowhere/", "/batches/%0A%00/"]
)
def test_what_is_not_there_is_said_in_the_frame(engineer, settings, address):
    settings.DEBUG = False
    response = engineer.get(address)
    assert response.status_code == 404
    assert "There is nothing here" in response.content.decode()


def test_a_failing_page_says_so_without_asking_the_database(plant, monkeypatch, settings):
    settings.DEBUG = False
    client = Client(raise_request_exception=False)
    client.force_login(make_person(Role.ENGINEER), backend="django.contrib.auth.backends.ModelBackend")
    monkeypatch.setattr("inspections.web.views.today.rig_standings", lambda **_: 1 / 0)
    response = client.get("/", headers={"X-Request-ID": "abc-123"})
    assert response.status_code == 500
    html = response.content.decode()
    assert "This page failed" in html
    assert "abc-123" in html
    assert "ZeroDivisionError" not in html


def test_the_look_is_kept_in_the_browser_and_leads_nowhere_else(engineer, pages):
    response = engineer.post(reverse("web:look"), {"theme": "dark", "next": "https://elsewhere.example/"})
    assert (response.status_code, response["Location"]) == (302, "/")
    assert 'data-theme="dark"' in engineer.get(pages["today"]).content.decode()
    response = engineer.post(reverse("web:look"), {"keys": "off", "next": pages["batch"]})
    assert response["Location"] == pages["batch"]
    assert 'data-keys="off"' in engineer.get(pages["today"]).content.decode()
    engineer.post(reverse("web:look"), {"theme": "purple"})
    assert 'data-theme="dark"' in engineer.get(pages["today"]).content.decode()


def test_the_language_is_changed_from_every_page(engineer, pages):
    response = engineer.post(reverse("web:language"), {"language": "zh-hans", "next": pages["batch"]})
    assert response["Location"] == pages["batch"]
    html = engineer.get(pages["batch"]).content.decode()
    assert '<html lang="zh-hans"' in html
    assert "不具备条件" in html
