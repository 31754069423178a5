"""Closing what was recorded into seals: all of it, once, in whatever order it became visible, waiting for nobody."""

from __future__ import annotations

import threading
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.apps import apps
from django.db import connection

from inspections.people.rules import Actor
from inspections.records.services import record_act
from inspections.results.services import record_inspections
from inspections.saying import Refusal
from inspections.sealing import leaves, services
from inspections.sealing.canonical import FORMS, MEASUREMENT, TABLES, UNSEALED, key_of
from inspections.sealing.checkpoints import follows
from inspections.sealing.keys import KeyRefusal, SigningKey, key_ring, write_new_key
from inspections.sealing.merkle import root_of_path
from inspections.sealing.models import Seal, SealingKey
from inspections.sealing.parts import unpack
from inspections.sealing.queries import (
    checkpoint_of,
    history_frontier,
    history_proof,
    known_public,
    seal_of_transaction,
    sealing_state,
    signed_checkpoint,
)
from inspections.sealing.services import HorizonWentBack, seal_ledger
from tests.architecture.test_tables import APPEND_ONLY
from tests.conftest import connect_as_owner
from tests.factories import AT, Plant

LATER = AT + timedelta(seconds=5)


def act(number: int = 1) -> None:
    record_act(
        actor=Actor.system(), act="bench.noted", subject_kind="batch", subject=f"B-{number}", at=AT, reason="a reason"
    )


def named(seal: Seal) -> dict[str, list[int]]:
    return {TABLES[part.kind]: list(part.ids) for part in unpack(bytes(seal.parts))}


def numbers() -> list[int]:
    return list(Seal.objects.order_by("number").values_list("number", flat=True))


# --- What a leaf is of ------------------------------------------------------------------------------------------------
@pytest.mark.django_db
def test_every_append_only_table_and_each_of_its_columns_is_named_in_the_newest_form() -> None:
    """A table or column that is not is a hole in the record: give it a number or a new version in `canonical`."""
    newest = FORMS[max(FORMS)]
    assert set(newest) == set(TABLES.values()) | {MEASUREMENT}
    assert set(newest) | set(UNSEALED) == APPEND_ONLY
    with connection.cursor() as cursor:
        cursor.execute(
            "select table_name, array_agg(column_name::text order by 2) from information_schema.columns"
            " where table_schema = 'public' group by 1"
        )
        columns = {table.removeprefix("inspections_"): set(names) for table, names in cursor.fetchall()}
    for form in FORMS.values():
        for table, own in form.items():
            apart = {"inspection_id"} if table == MEASUREMENT else {"recorded_in"}
            assert len(set(own)) == len(own)
            if form is newest:
                assert set(own) | apart == columns[table], table
            assert set(own) <= columns[table], f"{table}: what an older form names may not be dropped"
    with connection.cursor() as cursor:
        cursor.execute(
            "select table_name, is_nullable, column_default from information_schema.columns"
            " where column_name = 'recorded_in'"
        )
        found = {(table.removeprefix("inspections_"), *rest) for table, *rest in cursor.fetchall()}
    assert found == {(table, "NO", "((pg_current_xact_id())::text)::bigint") for table in TABLES.values()}


@pytest.mark.django_db
def test_the_models_do_not_know_which_transaction_recorded_a_row() -> None:
    known = {field.column for model in apps.get_app_config("inspections").get_models() for field in model._meta.fields}
    assert "recorded_in" not in known


def test_one_seal_holds_every_row_of_every_table_in_the_order_of_kinds_and_ids(sealed: Plant) -> None:
    (seal,) = Seal.objects.all()
    found = named(seal)
    assert list(found) == list(TABLES.values())
    with connection.cursor() as cursor:
        for table, ids in found.items():
            cursor.execute(f"select {key_of(table)} from inspections_{table} order by 1")
            assert ids == [row[0] for row in cursor.fetchall()]
    assert seal.leaves == sum(map(len, found.values()))


# --- Which rows, and when ---------------------------------------------------------------------------------------------
def test_nothing_new_makes_no_seal(sealed: Plant) -> None:
    assert seal_ledger(at=LATER) == []
    assert numbers() == [1]


def test_the_next_seal_holds_what_came_since_and_follows_the_one_before(sealed: Plant) -> None:
    act()
    (second,) = seal_ledger(at=LATER)
    first = Seal.objects.get(number=1)
    assert {table: len(ids) for table, ids in named(second).items()} == {"ledgerentry": 1}
    assert follows(checkpoint_of(first), checkpoint_of(second)) == ""
    assert (second.ledger, second.sealed_at) == (first.ledger, LATER)


def test_what_a_long_transaction_recorded_before_others_is_sealed_when_it_commits_late(sealed: Plant) -> None:
    """Ids and transactions that become visible out of order: none is lost, and nobody waits."""
    with connect_as_owner(connection.settings_dict["NAME"]) as slow:
        slow.execute("begin")
        slow.execute(INSERT.format(subject="slow"))
        act(1)
        assert seal_ledger(at=LATER) == []  # it lies above the oldest that still runs
        act(2)
        assert seal_ledger(at=LATER) == []
        slow.execute("commit")
    (seal,) = seal_ledger(at=LATER)
    assert {table: len(ids) for table, ids in named(seal).items()} == {"ledgerentry": 3}


def test_what_runs_in_another_database_of_the_server_holds_nothing_up(sealed: Plant) -> None:
    """Transactions are numbered for all of them; one that writes elsewhere cannot write here."""
    with connect_as_owner("postgres") as elsewhere:
        elsewhere.execute("begin")
        elsewhere.execute("select pg_current_xact_id()")
        act()
        (seal,) = seal_ledger(at=LATER)
        elsewhere.execute("rollback")
    assert seal.leaves == 1


def test_a_transaction_that_is_rolled_back_leaves_a_gap_and_nothing_else(sealed: Plant) -> None:
    with connect_as_owner(connection.settings_dict["NAME"]) as broken:
        broken.execute("begin")
        broken.execute(INSERT.format(subject="broken"))
        act()
        broken.execute("rollback")
    (seal,) = seal_ledger(at=LATER)
    assert {table: len(ids) for table, ids in named(seal).items()} == {"ledgerentry": 1}


def test_a_smaller_id_that_becomes_visible_after_a_larger_one_was_sealed(sealed: Plant) -> None:
    with connection.cursor() as cursor:
        cursor.execute("select nextval('inspections_ledgerentry_id_seq')")
        (early,) = cursor.fetchone()
    act(1)
    (first,) = seal_ledger(at=LATER)
    with connect_as_owner(connection.settings_dict["NAME"]) as late:
        late.execute(INSERT.format(subject="late").replace("(at,", "(id, at,").replace("select ", f"select {early}, "))
    (second,) = seal_ledger(at=LATER)
    assert named(first)["ledgerentry"][0] > early
    assert named(second)["ledgerentry"] == [early]


INSERT = (
    "insert into inspections_ledgerentry (at, actor_kind, actor, act, subject_kind, subject, batch, reason, request_id)"
    " select now(), 'system', 'Interlock', 'bench.noted', 'batch', '{subject}', '', '', ''"
)


def test_recording_goes_on_while_a_seal_is_being_made(sealed: Plant, monkeypatch: Any) -> None:
    """The sealer holds no lock that a recorder wants, and no recorder one that the sealer wants."""
    act(1)
    made: list[Any] = []

    def meanwhile(*arguments: Any) -> Any:
        thread = threading.Thread(target=lambda: made.append(_act_elsewhere()))
        thread.start()
        thread.join(timeout=20)
        return leaves_of(*arguments)

    leaves_of = services.leaves_of
    monkeypatch.setattr(services, "leaves_of", meanwhile)
    assert [len(named(seal)["ledgerentry"]) for seal in seal_ledger(at=LATER)] == [1]
    assert made == [True]
    monkeypatch.setattr(services, "leaves_of", leaves_of)
    assert [len(named(seal)["ledgerentry"]) for seal in seal_ledger(at=LATER)] == [1]


def _act_elsewhere() -> bool:
    try:
        act(2)
    finally:
        connection.close()
    return True


def test_two_sealers_at_once_make_one_chain(sealed: Plant) -> None:
    found: list[Any] = []

    def run() -> None:
        try:
            found.extend(seal_ledger(at=LATER))
        finally:
            connection.close()

    for number in range(5):
        act(number)
        threads = [threading.Thread(target=run) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    seal_ledger(at=LATER)
    seals = list(Seal.objects.order_by("number"))
    assert [seal.number for seal in seals] == list(range(1, len(seals) + 1))
    assert sum(seal.leaves for seal in seals[1:]) == 5
    assert [follows(checkpoint_of(a), checkpoint_of(b)) for a, b in pairwise(seals)] == [""] * (len(seals) - 1)


def test_a_sealer_does_not_wait_for_another_one(sealed: Plant) -> None:
    act()
    with connect_as_owner(connection.settings_dict["NAME"]) as other:
        other.execute("begin")
        other.execute("select pg_advisory_xact_lock(%s)", [(0x494C << 48) | (9 << 40) | 1])
        assert seal_ledger(at=LATER) == []
        other.execute("rollback")
    assert len(seal_ledger(at=LATER)) == 1


def test_a_seal_is_bounded_and_the_next_ones_follow_at_once(sealed: Plant, monkeypatch: Any) -> None:
    monkeypatch.setattr(services, "MOST_LEAVES", 3)
    for number in range(7):
        act(number)
    assert [seal.leaves for seal in seal_ledger(at=LATER)] == [3, 3, 1]


# --- The history ------------------------------------------------------------------------------------------------------
def test_every_earlier_checkpoint_is_proved_by_the_history_of_a_later_one(sealed: Plant) -> None:
    for number in range(11):
        act(number)
        seal_ledger(at=LATER)
    seals = {seal.number: seal for seal in Seal.objects.all()}
    for size in range(1, 12):
        history = bytes(seals[size + 1].history)
        assert history_frontier(size).root == history
        for number in range(1, size + 1):
            path = history_proof(number, size)
            assert root_of_path(checkpoint_of(seals[number]).digest, number - 1, size, path) == history


def test_the_history_is_read_in_one_query_however_long(sealed: Plant, django_assert_num_queries: Any) -> None:
    for number in range(6):
        act(number)
        seal_ledger(at=LATER)
    with django_assert_num_queries(1):
        history_frontier(7)
    with django_assert_num_queries(1):
        history_proof(3, 7)


def test_the_number_of_queries_of_a_seal_is_that_of_the_kinds_in_it(
    sealed: Plant, django_assert_num_queries: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    patient = services.oldest_running
    monkeypatch.setattr(services, "oldest_running", leaves.oldest_running)
    for rows in (1, 3):
        for number in range(rows):
            act(number)
        patient()
        # Lock, last, horizon, counts, how rows are written, one kind, the history, known keys, the seal; a transaction.
        with django_assert_num_queries(11):
            seal_ledger(at=LATER)


def test_the_seal_of_a_row_is_found_by_the_transaction_that_recorded_it(sealed: Plant) -> None:
    act()
    seal_ledger(at=LATER)
    with connection.cursor() as cursor:
        cursor.execute("select recorded_in from inspections_ledgerentry order by id desc limit 1")
        (recorded_in,) = cursor.fetchone()
    found = seal_of_transaction(recorded_in)
    assert found is not None
    assert found.number == 2
    assert seal_of_transaction(recorded_in + 1000) is None


def test_how_long_something_waits_is_told(sealed: Plant) -> None:
    state = sealing_state()
    assert (state.last and state.last.number, state.unsealed_since, state.lag(LATER)) == (1, None, 0.0)
    act()
    state = sealing_state()
    assert (state.unsealed_since, state.lag(LATER)) == (AT, 5.0)


# --- Keys -------------------------------------------------------------------------------------------------------------
def test_without_a_key_nothing_is_sealed_recording_goes_on_and_it_is_sealed_later(
    record: Plant, settings: Any, keys_folder: Path
) -> None:
    settings.SEALING_KEYS = None
    with pytest.raises(KeyRefusal):
        seal_ledger(at=AT)
    record_inspections(items=[record.posted("BAT-EOL")], rig=record.rig, actor=record.rig_actor, at=AT)
    assert numbers() == []
    settings.SEALING_KEYS = keys_folder
    assert len(seal_ledger(at=AT)) == 1


def test_the_task_tells_what_keeps_it_from_sealing_and_ends_well(record: Plant, settings: Any, caplog: Any) -> None:
    from inspections.tasks.sealing import _tell_once
    from inspections.tasks.sealing import seal_ledger as task

    settings.SEALING_KEYS = None
    _tell_once.cache_clear()
    assert (task(), task()) == (0, 0)
    assert [record.getMessage().partition(":")[0] for record in caplog.records] == ["The record is not sealed"]


def test_keys_rotated_in_mid_run_sign_with_overlap(sealed: Plant, sealing_key: SigningKey, keys_folder: Path) -> None:
    newer, _ = write_new_key(at=AT)
    act(1)
    seal_ledger(at=LATER)
    (keys_folder / f"20261101T080000Z-{sealing_key.key_id}.pem").unlink()
    act(2)
    seal_ledger(at=LATER)
    signed = [[key for key, _ in signed_checkpoint(seal).signatures] for seal in Seal.objects.order_by("number")]
    assert signed == [[sealing_key.key_id], [sealing_key.key_id, newer.key_id], [newer.key_id]]
    assert set(SealingKey.objects.values_list("key_id", flat=True)) == {sealing_key.key_id, newer.key_id}
    for key_id in (sealing_key.key_id, newer.key_id):
        assert key_ring().public(key_id) == known_public(key_id)


def test_a_public_key_that_lies_nowhere_else_is_still_known_by_the_database(
    sealed: Plant, sealing_key: SigningKey, keys_folder: Path
) -> None:
    for path in keys_folder.iterdir():
        path.unlink()
    assert known_public(sealing_key.key_id) == sealing_key.private.public_key()
    assert known_public("f" * 16) is None


# --- After a restore --------------------------------------------------------------------------------------------------
def test_a_database_that_counts_from_a_lower_number_is_refused_and_nothing_is_skipped(
    sealed: Plant, superuser: psycopg.Connection[Any]
) -> None:
    superuser.execute("update inspections_seal set horizon = horizon + 1000000")
    act()
    with pytest.raises(HorizonWentBack) as refused:
        seal_ledger(at=LATER)
    assert isinstance(refused.value, Refusal)
    assert "it was restored into another server" in refused.value.english
    assert numbers() == [1]
