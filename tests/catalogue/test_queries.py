"""The judge gets the lines of a revision as facts; those of a frozen one are read once."""

from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from inspections.catalogue.models import PlanRevision
from inspections.catalogue.queries import requirements_of
from inspections.catalogue.services import draft_revision, load_catalogue_documents
from inspections.evaluation.facts import Expression, Kind, Level
from inspections.people.choices import Role
from tests.catalogue.documents import CATALOGUE, PLAN, document
from tests.factories import AT, SYSTEM, make_person
from tests.signing import approve

pytestmark = pytest.mark.django_db

GROUPED = """\
format: interlock-catalogue/1
procedures:
  - code: POST
    name: After a crash
    domain: crash
    characteristics:
      - {code: SAFE, name: Safe, kind: attribute, positions: [dc, ac], confidence: plant-default}
      - {code: ISO, name: Isolation, kind: variable, unit: ohm/V, positions: [dc, ac], confidence: plant-default}
      - {code: VOLT, name: Voltage, kind: variable, unit: V, positions: [dc, ac], confidence: plant-default}
"""
GROUP = """\
  - {characteristic: SAFE, level: type, expression: any_of, members: [ISO, VOLT]}
  - {characteristic: ISO, level: type, expression: inside, lower: 100, effective_from: 2026-07-01}
  - {characteristic: VOLT, level: type, expression: inside, upper: 60}
""".replace(", effective_from: 2026-07-01", "")


@pytest.fixture
def revision():
    load_catalogue_documents(documents=[document(CATALOGUE), document(GROUPED)], actor=SYSTEM, at=AT)
    text = PLAN.replace("repeats: 1}", "repeats: 1, effective_from: 2026-07-01, effective_to: 2027-01-01}") + GROUP
    return draft_revision(document=document(text), actor=SYSTEM, at=AT).revision


def test_a_line_becomes_the_fact_that_the_judge_needs(revision):
    bond, ocv, software, *_ = requirements_of(revision)
    assert (bond.characteristic, bond.kind, bond.expression, bond.level, bond.domain) == (
        "BOND", Kind.VARIABLE, Expression.INSIDE, Level.EVERY_VEHICLE, "battery",
    )  # fmt: skip
    assert (bond.positions, bond.upper, bond.upper_inclusive, bond.special, bond.legal) == (
        ("charge-port", "pack"), Decimal("0.10"), False, "CC", True,
    )  # fmt: skip
    assert (ocv.positions, ocv.repeats, software.values) == (("",), 1, ("4.2.1", "4.2.2"))


def test_dates_of_effect_begin_at_midnight_of_the_plant(revision, settings):
    assert settings.TIME_ZONE == "Asia/Shanghai"
    ocv = requirements_of(revision)[1]
    assert ocv.effective_from == datetime(2026, 7, 1, tzinfo=ZoneInfo("Asia/Shanghai"))
    assert ocv.effective_to == datetime(2027, 1, 1, tzinfo=ZoneInfo("Asia/Shanghai"))
    assert requirements_of(revision)[0].effective_from is None


def test_groups_and_members_name_each_other_by_id(revision):
    safe, iso, volt = requirements_of(revision)[3:]
    assert safe.members == (iso.id, volt.id)
    assert (safe.group, iso.group, volt.group) == (None, safe.id, safe.id)


def test_a_draft_is_read_each_time_and_a_frozen_revision_once(revision, django_assert_num_queries):
    with django_assert_num_queries(1):
        drafted = requirements_of(revision)
    with django_assert_num_queries(2):
        assert requirements_of(revision.pk) == drafted
    for _ in range(2):
        approve(revision, make_person(Role.CATALOGUE_OWNER), AT)
    approved = PlanRevision.objects.get(pk=revision.pk)
    with django_assert_num_queries(1):
        assert requirements_of(approved) == drafted
    with django_assert_num_queries(0):
        assert requirements_of(approved) == drafted
        assert requirements_of(approved.pk) == drafted
