"""What works on pages alone: machines have no session, and a browser's session is nobody to them."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.urls import reverse
from rest_framework.views import APIView

from inspections.people.choices import Role
from inspections.web.middleware import MACHINES, Messages, Sessions, Users
from tests import factories

CLEARANCE = f"{MACHINES}vehicles/LSGPC52U6AF102554/clearance/"


def signed_in() -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(factories.make_person(Role.ENGINEER))
    return client


def test_request_of_a_machine_reads_no_session_and_no_person(db, django_assert_num_queries):
    browser = signed_in()
    with django_assert_num_queries(0):
        answer = browser.get(CLEARANCE)
    assert answer.status_code == 401
    assert (answer.wsgi_request.path, hasattr(answer.wsgi_request, "session")) == (CLEARANCE, False)


def test_page_still_has_both(db):
    request = signed_in().get(reverse("web:batches")).wsgi_request
    assert (hasattr(request, "session"), request.user.is_authenticated) == (True, True)


def test_answer_to_a_machine_loads_nothing_and_stands_in_no_frame(db):
    answer = Client().get(CLEARANCE)
    assert (answer.headers["Content-Security-Policy"], answer.headers["X-Frame-Options"]) == (
        "default-src 'none'; frame-ancestors 'none'",
        "DENY",
    )


@pytest.mark.law(1)
def test_view_for_machines_that_forgot_to_ask_for_a_key_is_closed(db):
    class Forgetful(APIView):
        def get(self, request: object) -> HttpResponse:
            raise AssertionError("nobody may come here")

    browser = signed_in()
    request = RequestFactory().get(f"{MACHINES}forgetful/")
    request.COOKIES.update({name: morsel.value for name, morsel in browser.cookies.items()})
    view = Forgetful.as_view()
    for middleware in (Messages, Users, Sessions):
        view = middleware(view)
    assert view(request).status_code == 403
    assert isinstance(getattr(request, "user", AnonymousUser()), AnonymousUser)
