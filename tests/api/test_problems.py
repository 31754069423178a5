"""Refusals as problem details."""

import json

from rest_framework.exceptions import ErrorDetail

from inspections.api.problems import BY_STATUS, CODES, Problem, field_errors
from inspections.results.refusals import FieldError


def test_problem_has_the_members_of_the_contract_in_its_media_type():
    response = Problem(
        409, "id_conflict", "This id has other content.", [FieldError("/id", "used", "taken")]
    ).response()
    assert (response.status_code, response.headers["Content-Type"]) == (409, "application/problem+json")
    assert json.loads(response.content) == {
        "type": "/api/docs/#id_conflict",
        "title": "Conflict",
        "status": 409,
        "code": "id_conflict",
        "detail": "This id has other content.",
        "errors": [{"pointer": "/id", "code": "used", "detail": "taken"}],
    }


def test_problem_without_errors_leaves_the_member_out():
    assert "errors" not in Problem(404, "not_found", "No.").body()


def test_every_status_has_a_code_that_is_explained():
    assert set(BY_STATUS.values()) <= set(CODES)


def test_nested_errors_become_json_pointers():
    detail = {
        "vehicles": {3: {"vin": [ErrorDetail("bad", "pattern")], "a/b~c": [ErrorDetail("odd", "unknown")]}},
        "non_field_errors": [ErrorDetail("empty", "empty")],
        "software": [{}, {"system": [ErrorDetail("blank", "blank")]}],
    }
    assert list(field_errors(detail)) == [
        FieldError("/vehicles/3/vin", "pattern", "bad"),
        FieldError("/vehicles/3/a~1b~0c", "unknown", "odd"),
        FieldError("", "empty", "empty"),
        FieldError("/software/1/system", "blank", "blank"),
    ]
