"""The OpenAPI document: valid, complete, and shown without anything from elsewhere."""

import re
from io import StringIO

import pytest
from django.core.management import call_command
from django.urls import get_resolver
from drf_spectacular.validation import validate_schema

from inspections.api.problems import BY_STATUS, CODES
from inspections.api.schema import document, posted_components
from inspections.results.posted import PostedInspection, PostedMeasurement

OPERATIONS = {
    f"{method.upper()} {path}": operation
    for path, item in document()["paths"].items()
    for method, operation in item.items()
}


def test_document_is_valid_and_made_without_a_warning():
    call_command("spectacular", validate=True, fail_on_warn=True, stdout=StringIO())


def test_document_is_served_as_json(client):
    response = client.get("/api/schema/")
    assert (response.status_code, response.headers["Content-Type"]) == (200, "application/json")
    served = response.json()
    validate_schema(served)
    assert served["openapi"] == "3.1.1"
    assert served == document()


def test_document_has_every_address_of_the_api():
    addresses = {
        "/" + re.sub(r"<\w+:(\w+)>", r"{\1}", str(entry.pattern))
        for include in get_resolver().url_patterns
        for entry in getattr(include, "url_patterns", [])
        if str(entry.pattern).startswith(("api/v1/", "healthz", "readyz"))
    }
    assert addresses == set(document()["paths"])


def test_document_has_the_operations_of_the_contract():
    assert sorted(OPERATIONS) == [
        "GET /api/v1/batches/",
        "GET /api/v1/batches/{number}/",
        "GET /api/v1/inspections/",
        "GET /api/v1/inspections/{number}/",
        "GET /api/v1/submissions/{number}/",
        "GET /api/v1/vehicles/{vin}/clearance/",
        "GET /healthz",
        "GET /readyz",
        "POST /api/v1/batches/",
        "POST /api/v1/batches/{number}/close/",
        "POST /api/v1/batches/{number}/vehicles/",
        "POST /api/v1/inspections/",
        "POST /api/v1/inspections/bulk/",
        "POST /api/v1/rigs/heartbeat/",
        "POST /api/v1/submissions/",
        "POST /api/v1/vehicles/{vin}/components/",
        "POST /api/v1/vehicles/{vin}/delivery/",
        "POST /api/v1/vehicles/{vin}/software/",
    ]


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_operation_names_every_refusal_that_its_kind_can_give(name):
    operation = OPERATIONS[name]
    answered = {int(status) for status in operation["responses"]}
    expected = {406, 500, 503}
    if "/api/v1/" in name:
        expected |= {401, 403}
    if "requestBody" in operation:
        expected |= {400, 411, 413, 415}
    if "{" in name:
        expected |= {404}
    if "parameters" in operation and any(parameter["in"] == "query" for parameter in operation["parameters"]):
        expected |= {400}
    assert expected <= answered
    for status, response in operation["responses"].items():
        if int(status) >= 400 and "$ref" in response:
            assert response == {"$ref": f"#/components/responses/{BY_STATUS[int(status)]}"}


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_operation_says_in_words_what_it_does(name):
    assert OPERATIONS[name]["summary"]
    assert OPERATIONS[name]["description"]
    assert ("security" in OPERATIONS[name]) == ("/api/v1/" in name)


def test_what_may_be_posted_is_what_the_decoder_takes():
    components = posted_components()
    assert list(components["PostedInspection"]["properties"]) == list(PostedInspection.__struct_fields__)
    assert list(components["PostedMeasurement"]["properties"]) == list(PostedMeasurement.__struct_fields__)
    assert not components["PostedInspection"]["additionalProperties"]


def test_docs_show_every_operation_and_every_code(client):
    response = client.get("/api/docs/")
    assert response.status_code == 200
    page = response.content.decode()
    for operation in OPERATIONS.values():
        assert f'<section id="{operation["operationId"]}">' in page
    for code in CODES:
        assert f'id="{code}"' in page


def test_docs_load_nothing_from_elsewhere_and_pass_the_content_security_policy(client):
    response = client.get("/api/docs/")
    page = response.content.decode()
    assert not re.search(r"<script|style=|\son\w+=|https?://", page)
    assert "script-src 'self'" in response.headers["Content-Security-Policy"]


@pytest.mark.parametrize("path", ["/api/schema/", "/api/docs/", "/healthz", "/readyz"])
@pytest.mark.django_db
def test_what_is_open_takes_nothing(client, path):
    assert client.post(path, {}).status_code == 405
