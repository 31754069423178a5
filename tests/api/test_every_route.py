"""Every address of the site, asked by nobody: none is open but those listed here, each with its reason."""

import re
from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.resolvers import RegexPattern

OPEN = {
    "healthz": "whatever watches over the process has no key; it tells nothing of the record",
    "readyz": "the same; it tells of database and Redis that they can be reached, and no more",
    "api/schema/": "what may be asked is no secret; every answer is",
    "api/docs/": "the same, for people",
    "accounts/login/": "where one comes in",
    "admin/login/": "where one comes in",
    "accounts/logout/": "leaving twice harms nobody: it sends to the login page",
    "admin/logout/": "the same, for the admin",
    "admin/jsi18n/": "words of the admin's own scripts",
    "language/": "the login page offers the language too; it sets a cookie and no more",
    "look/": "sets a cookie and no more",
    "C/": "whoever holds a paper asks whether it is genuine: its page tells that and no more, so many times a minute",
    "C/<str:code>": "the same, by the code of the paper",
    "^api/": "answers 404 to everybody: there is nothing",
}
"""Addresses that answer without a key and without a session."""

SAMPLES = {"int": "1", "row": "1", "str": "x", "slug": "x", "path": "x", "uuid": "0" * 8 + "-0000" * 3 + "-" + "0" * 12}


def routes(patterns: list[URLPattern | URLResolver], prefix: str = "") -> Iterator[str]:
    for entry in patterns:
        route = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from routes(entry.url_patterns, route)
        elif isinstance(entry.pattern, RegexPattern) and str(entry.pattern) == "(?P<url>.*)$":
            yield prefix + "nothing-is-here"
        else:
            yield route


def address(route: str) -> str:
    return "/" + re.sub(r"<(?:(\w+):)?\w+>", lambda found: SAMPLES[found[1] or "str"], route.removeprefix("^"))


ROUTES = sorted(set(routes(get_resolver().url_patterns)))


def test_the_walk_reaches_all_rooms():
    assert {"api/v1/inspections/", "admin/", "accounts/password/", "healthz"} <= set(ROUTES)
    assert set(OPEN) <= set(ROUTES), "a route that is listed as open exists no more"


@pytest.mark.django_db
@pytest.mark.parametrize("route", [route for route in ROUTES if route not in OPEN])
def test_route_without_credentials_is_closed(route):
    client = Client(raise_request_exception=False)
    answered = {}
    for method in ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"):
        response = client.generic(method, address(route))
        answered[method] = response.status_code
        if response.status_code in {301, 302, 303}:
            place = response.headers["Location"]
            assert place.startswith(("/accounts/login/", "/admin/login/")), f"{method} {route} sends to {place}"
    assert set(answered.values()) <= {301, 302, 303, 401, 403, 405}
    # A method that is not taken tells nothing; one of the two that are taken anywhere has to be refused.
    assert {answered["GET"], answered["POST"]} != {405}


@pytest.mark.django_db
@pytest.mark.parametrize("route", [route for route in ROUTES if route.startswith("api/v1/")])
def test_route_of_the_api_asks_every_method_for_a_key(route):
    client = Client(raise_request_exception=False)
    answered = {method: client.generic(method, address(route)).status_code for method in ("GET", "POST", "PUT")}
    assert answered == {"GET": 401, "POST": 401, "PUT": 401}
