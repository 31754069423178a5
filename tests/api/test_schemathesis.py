"""What the OpenAPI document says is what the API does, whatever is sent: no 500, no answer that it does not name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.utils import timezone
from hypothesis import HealthCheck, settings
from schemathesis.config import SchemathesisConfig
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from inspections.rigs.models import SystemClient
from inspections.rigs.services import issue_key
from qa.wsgi import application
from tests.depth import LONG
from tests.factories import make_plant

EXAMPLES = 20 if LONG else 8

CONFIG = SchemathesisConfig.from_dict(
    {
        "checks": {
            # A body can be in order and name a configuration, a part or a moment that cannot be: 409 and 422.
            "positive_data_acceptance": {"expected-statuses": ["2xx", "404", "409", "422"]},
        },
        # Its items are those of POST inspections/, where every corner of them is gone through.
        # Every corner of every field takes its time; some thrown dice are as good where it counts.
        "phases": {"coverage": {"enabled": LONG}},
        "operations": [{"include-path": "/api/v1/inspections/bulk/", "phases": {"coverage": {"enabled": False}}}],
    }
)
EXCLUDED = {
    # No characteristic twice at one position, no system twice: JSON Schema has no words for that.
    "POST /api/v1/inspections/": [positive_data_acceptance],
    # Each item stands alone: one that cannot be read is named in an answer of 200.
    "POST /api/v1/inspections/bulk/": [negative_data_rejection],
    # The client that sends these leaves empty parts of a form out.
    "POST /api/v1/submissions/": [negative_data_rejection],
}
OF_RIGS = ("/api/v1/inspections/", "/api/v1/submissions/", "/api/v1/rigs/")

schema = schemathesis.openapi.from_wsgi("/api/schema/", application, config=CONFIG)


@pytest.fixture
def _one_connection(db: None) -> Iterator[None]:
    """The application as a server would call it, within the test's transaction: it hangs up after no request."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def keys(_one_connection: None, settings: Any, tmp_path: Any) -> dict[str, str]:
    """A key of each scope, in a plant with a batch and a car."""
    settings.SUBMISSIONS_DIR = tmp_path
    plant = make_plant()
    client = SystemClient.objects.create(code="MES", name="MES")
    at = timezone.now()
    return {"rig": issue_key(rig=plant.rig, at=at), "mes": issue_key(client=client, at=at)}


@schema.parametrize()
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.filter_too_much],
)
def test_whatever_is_sent_is_answered_as_the_document_says(case: Any, keys: dict[str, str]) -> None:
    scope = "rig" if case.operation.path.startswith(OF_RIGS) else "mes"
    excluded = EXCLUDED.get(case.operation.label, [])
    case.call_and_validate(headers={"Authorization": f"Bearer {keys[scope]}"}, excluded_checks=excluded)
