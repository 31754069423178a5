"""Keys: shown once, stored hashed, found by one query, rotated with overlap, ended for ever."""

import io
import re
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from inspections.people.choices import Role
from inspections.people.rules import Actor, NotAllowed
from inspections.records.models import LedgerEntry
from inspections.rigs.models import ApiKey, Rig, SystemClient
from inspections.rigs.services import (
    KeyRefused,
    authenticate_key,
    issue_key,
    note_heartbeat,
    revoke_key,
    rotate_keys,
)
from tests.factories import AT, make_person

pytestmark = pytest.mark.django_db


@pytest.fixture
def rig() -> Rig:
    return Rig.objects.create(code="EOL-3", name="End of line 3")


def test_a_key_opens_for_its_holder_alone(rig: Rig) -> None:
    client = SystemClient.objects.create(code="MES", name="MES")
    of_rig = authenticate_key(issue_key(rig=rig, at=AT), AT)
    of_client = authenticate_key(issue_key(client=client, at=AT), AT)
    assert (of_rig.rig, of_rig.client) == (rig, None)
    assert (of_client.rig, of_client.client) == (None, client)


def test_it_has_a_prefix_to_find_it_by_and_only_its_hash_is_stored(rig: Rig) -> None:
    secret = issue_key(rig=rig, at=AT)
    row = ApiKey.objects.get()
    assert re.fullmatch(r"il_[0-9a-f]{12}_[A-Za-z0-9_-]{43}", secret)
    assert secret.split("_")[1] == row.prefix
    assert len(bytes(row.digest)) == 32
    assert secret.encode() not in bytes(row.digest)
    entry = LedgerEntry.objects.get(act="key.issued")
    assert (entry.subject, secret in str(entry.after)) == ("EOL-3", False)


def test_authentication_is_one_query(rig: Rig, django_assert_num_queries: Any) -> None:
    secret = issue_key(rig=rig, at=AT)
    with django_assert_num_queries(1):
        assert authenticate_key(secret, AT).rig == rig


@pytest.mark.parametrize(
    "secret",
    ["", "il_", "Bearer x", "il_000000000000_" + "a" * 43, "il_" + "é" * 56, "\x00" * 59, "il_" + "0" * 10_000],
)
def test_what_is_no_key_is_refused(rig: Rig, secret: str) -> None:
    with pytest.raises(KeyRefused):
        authenticate_key(secret, AT)


def test_another_secret_behind_a_known_prefix_is_refused(rig: Rig) -> None:
    secret = issue_key(rig=rig, at=AT)
    other = secret[:-1] + ("a" if secret[-1] != "a" else "b")
    with pytest.raises(KeyRefused):
        authenticate_key(other, AT)


def test_a_revoked_key_is_refused_from_then_on_and_stays_so(rig: Rig) -> None:
    secret = issue_key(rig=rig, at=AT)
    revoke_key(key=ApiKey.objects.get(), at=AT)
    assert authenticate_key(secret, AT - timedelta(seconds=1)).rig == rig
    with pytest.raises(KeyRefused, match="was revoked"):
        authenticate_key(secret, AT)
    revoke_key(key=ApiKey.objects.get(), at=AT + timedelta(days=1))
    assert ApiKey.objects.get().revoked_at == AT
    assert LedgerEntry.objects.filter(act="key.revoked").count() == 1


def test_a_key_ends_when_it_was_said_to(rig: Rig) -> None:
    secret = issue_key(rig=rig, at=AT, expires_at=AT + timedelta(hours=1))
    assert authenticate_key(secret, AT + timedelta(minutes=59)).rig == rig
    with pytest.raises(KeyRefused, match="ended at"):
        authenticate_key(secret, AT + timedelta(hours=1))


def test_keys_overlap_while_one_is_rotated(rig: Rig) -> None:
    old = issue_key(rig=rig, at=AT)
    new = rotate_keys(holder=rig, overlap=timedelta(days=7), at=AT)
    soon, later = AT + timedelta(days=6), AT + timedelta(days=7)
    assert {authenticate_key(old, soon).rig, authenticate_key(new, soon).rig} == {rig}
    assert authenticate_key(new, later).rig == rig
    with pytest.raises(KeyRefused):
        authenticate_key(old, later)


def test_a_key_has_exactly_one_holder(rig: Rig) -> None:
    client = SystemClient.objects.create(code="MES", name="MES")
    for holders in ({}, {"rig": rig, "client": client}):
        with pytest.raises(ValueError):
            issue_key(at=AT, **holders)


@pytest.mark.parametrize("role", [Role.INSPECTOR, Role.ENGINEER, Role.AUDITOR])
def test_only_a_catalogue_owner_issues_keys(rig: Rig, role: Role) -> None:
    with pytest.raises(NotAllowed):
        issue_key(rig=rig, at=AT, actor=Actor.person(make_person(role)))
    assert issue_key(rig=rig, at=AT, actor=Actor.person(make_person(Role.CATALOGUE_OWNER)))


def test_a_heartbeat_remembers_when_and_how_far_its_clock_is_off(rig: Rig) -> None:
    assert note_heartbeat(rig=rig, rig_time=AT - timedelta(seconds=90), at=AT) == -timedelta(seconds=90)
    rig.refresh_from_db()
    assert (rig.last_heard_at, rig.clock_offset) == (AT, -timedelta(seconds=90))


class TestCommand:
    def issue(self, code: str) -> str:
        out = io.StringIO()
        call_command("issue_key", code, stdout=out)
        return out.getvalue()

    @pytest.mark.parametrize("code", ["EOL-3", "MES"])
    def test_it_prints_the_key_and_nothing_else(self, rig: Rig, code: str) -> None:
        SystemClient.objects.create(code="MES", name="MES")
        printed = self.issue(code)
        assert re.fullmatch(r"il_\w+_[\w-]+\n", printed)
        holder = authenticate_key(printed.strip(), ApiKey.objects.get().created_at)
        assert (holder.rig or holder.client).code == code  # type: ignore[union-attr]

    def test_an_unknown_or_ambiguous_code_is_an_error(self, rig: Rig) -> None:
        SystemClient.objects.create(code="EOL-3", name="named alike")
        for code, words in (("EOL-3", "both a rig and a system client"), ("X", "neither")):
            with pytest.raises(CommandError, match=words):
                self.issue(code)
