"""The page of the sealed record: up to when, what waits, each checkpoint."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.test import Client

from inspections.people.choices import Role
from inspections.people.rules import Actor
from inspections.records.services import record_act
from inspections.sealing.models import Seal
from tests.factories import AT, make_person

pytestmark = pytest.mark.django_db
KEY = "0123456789abcdef"


def make_seal(number: int, horizon: int | None = None) -> Seal:
    digest = bytes([number % 256]) * 32
    return Seal.objects.create(
        number=number, sealed_at=AT + timedelta(seconds=5 * number), horizon=horizon or number, leaves=7, form=1,
        ledger=UUID(int=1), previous=digest, history=digest, root=digest, parts=b"", nodes=digest,
        signatures=bytes.fromhex(KEY) + bytes(64),
    )  # fmt: skip


@pytest.fixture
def reader(clock: Any, client: Client) -> Client:
    client.force_login(make_person(Role.AUDITOR))
    return client


def page(client: Client, query: str = "") -> str:
    answer = client.get(f"/record/{query}")
    assert answer.status_code == 200
    return answer.content.decode()


def test_before_the_first_seal_it_says_what_will_appear_and_what_it_needs(reader: Client) -> None:
    shown = page(reader)
    assert "<h1>Nothing is sealed yet</h1>" in shown
    assert "They need a key outside the database: manage.py new_sealing_key." in shown


def test_each_checkpoint_shows_when_it_was_how_many_rows_its_root_and_the_key(reader: Client) -> None:
    make_seal(1, 2**40)
    shown = page(reader)
    assert "<h1>All of the record is sealed</h1>" in shown
    for expected in (
        "2026-11-23 08:00:05",
        f'<td class="code wrap">{"01" * 32}</td>',
        f'<p class="code">{KEY}</p>',
        "1 checkpoint",
    ):
        assert expected in shown


def test_what_waits_for_too_long_is_said(reader: Client) -> None:
    make_seal(1)
    record_act(actor=Actor.system(), act="bench.noted", subject_kind="batch", subject="B", at=AT - timedelta(minutes=2))
    shown = page(reader)
    assert "<h1>The record is sealed up to checkpoint 1</h1>" in shown
    assert "What was recorded since 2026-11-23 07:58 is not sealed." in shown


def test_a_long_record_is_read_page_by_page(reader: Client, django_assert_num_queries: Any) -> None:
    for number in range(1, 103):
        make_seal(number, 2**40 + number)
    shown = page(reader)
    assert "100 of 102 checkpoints, newest first" in shown
    assert 'href="/record/?before=3"' in shown
    assert shown.count('<th scope="row"') == 100
    assert page(reader, "?before=3").count('<th scope="row"') == 2
    assert reader.get("/record/?before=x").status_code == 404


@pytest.mark.parametrize("rows", [1, 3])
def test_the_number_of_queries_does_not_grow(reader: Client, django_assert_num_queries: Any, rows: int) -> None:
    for number in range(1, rows + 1):
        make_seal(number)
    page(reader)
    with django_assert_num_queries(6):
        page(reader)
