"""What people, rigs and hands in the database might put into a mail: it stays text, on its line, and bounded."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from hypothesis import given, strategies

from inspections.dispositions.services import place_hold
from inspections.notices.gathering import is_address
from inspections.notices.models import NoticeMail
from inspections.notices.telling import LONGEST, one_line
from inspections.people.choices import Role
from inspections.people.models import User
from inspections.people.rules import Actor
from inspections.records.services import Act, record_acts
from tests.depth import LONG
from tests.factories import AT, SYSTEM, Plant, make_person
from tests.notices.telling import fail_cars, run

pytestmark = pytest.mark.django_db

LATER = AT + timedelta(minutes=1)
BAD_ADDRESSES = [
    "",
    "nobody",
    "a@plant.example\nBcc: all@plant.example",
    "a@plant.example\r\n",
    "a@plant.example, b@plant.example",
    "Engineer <a@plant.example>",
    "a b@plant.example",
    "a@plant.example\x00",
    "a@plant.example\u2028",
    "@plant.example",
]


@pytest.mark.parametrize("address", BAD_ADDRESSES)
def test_an_address_that_is_none_is_written_to_by_nobody_and_keeps_no_other_waiting(
    plant: Plant, engineer: User, reader: Callable[..., User], address: str
) -> None:
    if "\x00" not in address:  # PostgreSQL keeps none
        reader(Role.ENGINEER, email=address)
    assert not is_address(address)
    fail_cars(plant, [plant.vehicle])
    run(AT)
    assert [sent.to for sent in run(LATER)] == [[engineer.email]]
    assert NoticeMail.objects.count() == 1


def test_an_address_that_turns_bad_before_the_mail_is_written_ends_in_a_refusal_that_shows(
    plant: Plant, engineer: User
) -> None:
    fail_cars(plant, [plant.vehicle])
    run(AT)
    User.objects.filter(pk=engineer.pk).update(email="a@plant.example\nBcc: all@plant.example")
    assert run(LATER) == []
    found = NoticeMail.objects.get()
    assert (found.state, found.address) == ("refused", "")
    assert found.last_error == "The person has no address that can be used."


def test_an_account_that_is_closed_meanwhile_is_told_nothing(plant: Plant, engineer: User) -> None:
    fail_cars(plant, [plant.vehicle])
    run(AT)
    User.objects.filter(pk=engineer.pk).update(is_active=False)
    assert run(LATER) == []
    assert NoticeMail.objects.get().last_error == "The account is closed."


@pytest.mark.parametrize(
    "reason",
    [
        "scratch\r\nBcc: all@plant.example\r\n\r\n<script>alert(1)</script>",
        "a\nSubject: All cars may leave",
        "\u202egnp.txt\u2028new line",
        "<img src=x onerror=alert(1)> & 'quotes' \"too\"",
        "{{ settings.SECRET_KEY }} %(x)s {0}",
        "扣留" * 900,
    ],
)
def test_a_reason_stays_text_on_one_line(plant: Plant, engineer: User, reason: str) -> None:
    place_hold(
        batch=plant.batch, vehicle=plant.vehicle, reason=reason, actor=Actor.person(make_person(Role.INSPECTOR)), at=AT
    )
    run(AT)
    (sent,) = run(LATER)
    assert sent.recipients() == [engineer.email]
    assert sorted(sent.message().keys()) == [
        "Auto-Submitted", "Content-Language", "Content-Type", "Date", "From", "MIME-Version", "Message-ID", "Subject",
        "To",
    ]  # fmt: skip
    assert len(sent.subject) <= 200
    assert "\n" not in sent.subject
    html = sent.alternatives[0][0]
    assert "<script" not in html
    assert "<img" not in html
    assert [line for line in sent.body.splitlines() if line and line[0] not in "* -IYC"] == []


@given(strategies.text(max_size=2000))
def test_any_text_becomes_one_printable_line_of_bounded_length(text: str) -> None:
    found = one_line(text)
    assert len(found) <= LONGEST
    assert found.isprintable()
    assert found == found.strip()


def test_a_rig_that_floods_the_ledger_makes_no_mail_larger_than_it_can_be(plant: Plant, engineer: User) -> None:
    """Findings that cannot be gathered into one, each with the longest words."""
    many = 5000 if LONG else 1000
    record_acts(
        actor=SYSTEM,
        acts=[
            Act(
                "characteristic.unknown",
                "rig",
                f"RIG-{number}" + "x" * 150,
                after={"characteristics": ["Y" * 200] * 100},
            )
            for number in range(many)
        ],
        at=AT,
    )
    run(AT)
    (sent,) = run(AT + timedelta(days=1))
    assert len(sent.message().as_bytes()) < 120_000
    assert sent.body.count("\n* ") + 1 == 40
    assert f"And {many - 40} more findings." in sent.body
    assert NoticeMail.objects.get().entries == many


@pytest.mark.parametrize(
    "after",
    [
        None,
        {},
        {"code": 7},
        {"code": "none_of_ours", "reason": {"code": "none_of_ours"}},
        {"reason": "text"},
        {"reason": {}},
    ],
)
@pytest.mark.parametrize("act", ["nonconformance.opened", "disagreement.found", "hold.placed", "release.proposed"])
def test_an_entry_that_lacks_what_its_words_need_is_told_all_the_same(
    plant: Plant, reader: Callable[..., User], act: str, after: Any
) -> None:
    reader(Role.ENGINEER, Role.RELEASE_OFFICER)
    record_acts(actor=SYSTEM, acts=[Act(act, "vehicle", plant.vehicle.vin, plant.batch.number, after=after)], at=AT)
    run(AT)
    run(AT + timedelta(days=1))
    assert len(mail.outbox) == 1
    assert mail.outbox[0].subject
