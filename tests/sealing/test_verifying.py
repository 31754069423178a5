"""Whoever administers the database, with the triggers off, is found out: the row that does not fit is named."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection

from inspections.people.rules import Actor
from inspections.records.services import record_act
from inspections.sealing import verifying
from inspections.sealing.canonical import FORMS, TABLES, key_of
from inspections.sealing.keys import SigningKey, write_new_key
from inspections.sealing.models import Seal
from inspections.sealing.queries import signed_checkpoint
from inspections.sealing.services import seal_ledger
from inspections.sealing.verifying import reading_only
from tests.databases import tables_of
from tests.factories import AT, Plant

Verify = Callable[..., list[str]]
Superuser = psycopg.Connection[Any]
FULL = "--from-start"


def act(number: int = 1) -> None:
    record_act(actor=Actor.system(), act="bench.noted", subject_kind="batch", subject=f"B-{number}", at=AT)


def seal_acts(count: int) -> None:
    for number in range(count):
        act(number)
        seal_ledger(at=AT + timedelta(seconds=5 * (number + 1)))


def one(superuser: Superuser, statement: str) -> Any:
    row = superuser.execute(statement).fetchone()
    assert row
    return row[0]


def value_of(superuser: Superuser, table: str, column: str) -> str:
    """SQL for another value of the column, whatever its type."""
    kind = one(
        superuser,
        f"select format_type(atttypid, null) from pg_attribute where attrelid = 'inspections_{table}'::regclass"
        f" and attname = '{column}'",
    )
    name = f'"{column}"'
    ways = {
        "boolean": f"not {name}",
        "text": f"coalesce({name}, '') || 'x'",
        "character varying": f"left(coalesce({name}, '') || 'x', 1) || 'y'",
        "timestamp with time zone": f"coalesce({name}, now()) + interval '1 microsecond'",
        "jsonb": "'{\"other\": 1}'",
        "numeric": f"{name} + 0.001",
        "bytea": "'\\x00'",
        "bigint[]": "'{99}'",
        "smallint[]": "'{1,2,3,4}'",
        "date[]": "'{2026-01-01}'",
        "date": f"{name} + 1",
        "character varying[]": "'{00:00-01:00}'",
    }
    return ways.get(str(kind), f"coalesce({name}, 0) + 1000")


# --- What fits --------------------------------------------------------------------------------------------------------
def test_a_record_as_it_was_sealed_fits(sealed: Plant, verify: Verify) -> None:
    seal_acts(4)
    assert verify() == []


def versions(superuser: Superuser) -> dict[str, list[Any]]:
    """Of every row where it lies, who wrote it and who locked it last."""
    return {
        table: superuser.execute(f"select ctid::text, xmin::text, xmax::text from public.{table}").fetchall()
        for table in tables_of(superuser, "public")
    }


def test_verifying_changes_nothing(sealed: Plant, verify: Verify, superuser: Superuser) -> None:
    before = versions(superuser)
    assert verify() == []
    assert versions(superuser) == before
    with pytest.raises(DatabaseError, match="read-only transaction"), reading_only():
        act()


# --- A row changed, removed, added, swapped ---------------------------------------------------------------------------
REFUSED = {
    ("concessionsignature", "place"), ("signature", "place"), ("outoftolerance", "back_to"), ("removal", "status"),
    ("inspection", "component_id"), ("inspection", "lot_id"), ("namedsubject", "component_serial"),
    ("certificate", "kind"),
}  # fmt: skip
"""A check of the table itself refuses the other value, whoever writes it."""


def test_each_changed_column_of_every_table_names_its_row(sealed: Plant, verify: Verify, superuser: Superuser) -> None:
    """One column of each table at a time, put back before the next."""
    forms = {table: [column for column in FORMS[1][table] if column != key_of(table)] for table in TABLES.values()}
    rows = {table: one(superuser, f"select min({key_of(table)}) from inspections_{table}") for table in forms}
    for table in forms:
        superuser.execute(f"create temporary table kept_{table} as select * from inspections_{table}")
    refused = set()
    for turn in range(max(map(len, forms.values()))):
        changed = []
        for table, columns in forms.items():
            if turn < len(columns):
                where = f"where {key_of(table)} = {rows[table]}"
                other = value_of(superuser, table, columns[turn])
                try:
                    superuser.execute(f'update inspections_{table} set "{columns[turn]}" = {other} {where}')
                    changed.append(table)
                except psycopg.errors.IntegrityError:
                    refused.add((table, columns[turn]))
        named = {line.split()[3] for line in verify() if "was changed since checkpoint 1" in line}
        assert named == set(changed)
        for table in changed:
            column, key = forms[table][turn], key_of(table)
            superuser.execute(
                f'update inspections_{table} t set "{column}" = kept."{column}" from kept_{table} kept'
                f" where t.{key} = kept.{key}"
            )
    assert verify() == []
    assert refused == REFUSED


def test_one_altered_digit_of_a_measurement_names_the_inspection_by_its_car(
    sealed: Plant, verify: Verify, superuser: Superuser
) -> None:
    changed = superuser.execute(
        "update inspections_measurement set value = value + 0.01 where ctid = (select ctid from inspections_measurement"
        " where value <> 'NaN' order by inspection_id, ordinal limit 1) returning inspection_id"
    ).fetchone()
    assert changed
    vin, external = superuser.execute(
        "select v.vin, i.external_id from inspections_inspection i join inspections_vehicle v on v.id = i.vehicle_id"
        " where i.id = %s",
        changed,
    ).fetchone() or ("", "")
    assert verify() == [f"row {changed[0]} of inspection ({vin}, BAT-EOL, {external}) was changed since checkpoint 1"]


@pytest.mark.parametrize(
    "statement",
    [
        "delete from inspections_measurement where ctid = (select ctid from inspections_measurement"
        " where inspection_id = {id} limit 1)",
        "insert into inspections_measurement (inspection_id, ordinal, outcome, reason, claimed, value, position, unit,"
        " raw, name) values ({id}, 99, 0, 0, -1, 1, '', '', '', '')",
        "update inspections_measurement set ordinal = 1 - ordinal where inspection_id = {id} and ordinal < 2",
        "update inspections_measurement set value = value * 1.0 where inspection_id = {id} and value <> 'NaN'",
    ],
    ids=["removed", "added", "swapped", "another-scale"],
)
def test_measurements_removed_added_swapped_or_written_otherwise_name_their_inspection(
    sealed: Plant, verify: Verify, superuser: Superuser, statement: str
) -> None:
    inspection = one(
        superuser, "select inspection_id from inspections_measurement group by 1 having count(*) > 1 order by 1 limit 1"
    )
    superuser.execute(statement.format(id=inspection))
    (found,) = verify()
    assert found.startswith(f"row {inspection} of inspection (")
    assert found.endswith("was changed since checkpoint 1")


def test_a_measurement_of_no_inspection_is_found(sealed: Plant, verify: Verify, superuser: Superuser) -> None:
    superuser.execute(
        "insert into inspections_measurement (inspection_id, ordinal, outcome, reason, claimed, value, position, unit,"
        " raw, name) values (987654, 0, 0, 0, -1, 1, '', '', '', '')"
    )
    assert verify() == ["a measurement was added for inspection 987654, which does not exist"]


def test_a_removed_row_of_every_table_is_named(sealed: Plant, verify: Verify, superuser: Superuser) -> None:
    gone = {}
    for table in TABLES.values():
        gone[table] = one(superuser, f"select max({key_of(table)}) from inspections_{table}")
        superuser.execute(f"delete from inspections_{table} where {key_of(table)} = {gone[table]}")
    found = [line for line in verify() if "was removed" in line]
    assert found == [f"row {row} of {table} was removed since checkpoint 1" for table, row in gone.items()]


def test_a_row_added_among_what_is_sealed_is_named(sealed: Plant, verify: Verify, superuser: Superuser) -> None:
    added = one(
        superuser,
        "insert into inspections_ledgerentry (recorded_in, at, actor_kind, actor, act, subject_kind, subject, batch,"
        " reason, request_id) select min(recorded_in), now(), 'person', 'Somebody', 'hold.lifted', 'vehicle', 'V', '',"
        " '', '' from inspections_ledgerentry returning id",
    )
    assert verify() == [
        f"row {added} of ledgerentry (hold.lifted of V) was added, no checkpoint holds it since checkpoint 1"
    ]


def test_the_application_itself_cannot_slip_a_row_under_what_is_sealed(sealed: Plant, verify: Verify) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into inspections_ledgerentry (recorded_in, at, actor_kind, actor, act, subject_kind, subject,"
            " batch, reason, request_id) values (-5, now(), 'person', 'Somebody', 'hold.lifted', 'vehicle', 'V', '',"
            " '', '') returning id"
        )
        (added,) = cursor.fetchone()
    assert seal_ledger(at=AT) == []
    assert verify() == [
        f"row {added} of ledgerentry (hold.lifted of V) was added, no checkpoint holds it since checkpoint 1"
    ]


def test_two_rows_that_changed_places_are_both_named(sealed: Plant, verify: Verify, superuser: Superuser) -> None:
    first, second = [
        row[0] for row in superuser.execute("select id from inspections_ledgerentry order by id limit 2").fetchall()
    ]
    superuser.execute(
        "update inspections_ledgerentry a set act = b.act, subject = b.subject, at = b.at, after = b.after,"
        " before = b.before, subject_kind = b.subject_kind, reason = b.reason, actor = b.actor,"
        " actor_kind = b.actor_kind, actor_id = b.actor_id, batch = b.batch, request_id = b.request_id"
        f" from inspections_ledgerentry b where a.id in ({first}, {second}) and b.id = {first} + {second} - a.id"
    )
    found = [line.partition(" (")[0] for line in verify()]
    assert found == [f"row {first} of ledgerentry", f"row {second} of ledgerentry"]


def test_a_row_said_to_be_recorded_by_another_transaction_is_named(
    sealed: Plant, verify: Verify, superuser: Superuser
) -> None:
    seal_acts(1)
    row = one(superuser, "select min(id) from inspections_ledgerentry")
    superuser.execute(
        f"update inspections_ledgerentry set recorded_in = (select max(recorded_in) from"
        f" inspections_ledgerentry) where id = {row}"
    )
    found = verify()
    assert [line.partition(" (")[2].partition(") ")[2] for line in found] == [
        "was moved out of its place in the record since checkpoint 1",
        "was added, no checkpoint holds it since checkpoint 2",
    ]


# --- Checkpoints altered, forged, of another ledger -------------------------------------------------------------------
@pytest.mark.parametrize(
    "change, said",
    [
        ("leaves = leaves + 1", "checkpoint 2, key {key}: the signature is not right"),
        ("sealed_at = sealed_at - interval '1 day'", "checkpoint 2, key {key}: the signature is not right"),
        ("root = history", "checkpoint 2, key {key}: the signature is not right"),
        ("form = 9", "checkpoint 2, key {key}: the signature is not right"),
        ("signatures = ''", "checkpoint 2 is not signed"),
        ("signatures = '\\x00'", "checkpoint 2 cannot be read: the signatures are cut off"),
        ("parts = '\\xff'", "checkpoint 2 cannot be read: it ends within a number"),
        ("nodes = root", "checkpoint 2 keeps other digests of the history than its own"),
        ("ledger = gen_random_uuid()", "checkpoint 2 is of another ledger"),
    ],
)
def test_an_altered_checkpoint_is_named(
    sealed: Plant, verify: Verify, superuser: Superuser, sealing_key: SigningKey, change: str, said: str
) -> None:
    seal_acts(3)
    superuser.execute(f"update inspections_seal set {change} where number = 2")
    found = verify()
    assert any(line.startswith(said.format(key=sealing_key.key_id)) for line in found), found


def test_what_names_the_rows_altered_with_a_row_is_found_by_the_root(
    sealed: Plant, verify: Verify, superuser: Superuser
) -> None:
    """Who alters a row and the beginnings of digests too is not named any more, and still found."""
    from inspections.sealing.leaves import begin_reading, leaves_of
    from inspections.sealing.parts import Part, pack

    row = one(superuser, "select min(id) from inspections_ledgerentry")
    superuser.execute(f"update inspections_ledgerentry set reason = 'another' where id = {row}")
    from django.db import transaction

    with transaction.atomic():
        begin_reading()
        parts = [
            Part.of(kind, [(leaf.id, leaf.digest) for leaf in leaves_of(kind, 1, -(2**63), 2**62)]) for kind in TABLES
        ]
    superuser.execute("update inspections_seal set parts = %s", [pack(parts)])
    found = verify()
    assert found[-1] == (
        "the rows of checkpoint 1 do not come to its root: one of them was altered, and what names them too"
    )


def test_a_removed_checkpoint_is_named(sealed: Plant, verify: Verify, superuser: Superuser) -> None:
    seal_acts(3)
    superuser.execute("delete from inspections_seal where number = 2")
    assert "checkpoint 3 follows 1: those between are missing" in verify()


def test_a_checkpoint_signed_by_a_key_that_only_the_database_knows_proves_nothing(
    sealed: Plant, verify: Verify, superuser: Superuser, keys_folder: Path, tmp_path: Path, settings: Any
) -> None:
    """Whoever rewrites everything, with a key of their own put into the table of keys."""
    settings.SEALING_KEYS = tmp_path / "forged"
    forged, _ = write_new_key(at=AT)
    superuser.execute("delete from inspections_seal")
    seal_ledger(at=AT)
    settings.SEALING_KEYS = keys_folder
    (found,) = verify()
    assert found.startswith(f"checkpoint 1, key {forged.key_id}: The public key {forged.key_id} does not lie in")


def test_the_public_half_of_a_key_that_was_taken_away_is_enough_to_verify(
    sealed: Plant, verify: Verify, sealing_key: SigningKey, keys_folder: Path
) -> None:
    write_new_key(at=AT)
    seal_acts(1)
    (keys_folder / f"20261101T080000Z-{sealing_key.key_id}.pem").unlink()
    seal_acts(1)
    assert verify() == []
    (keys_folder / f"20261101T080000Z-{sealing_key.key_id}.pub.pem").unlink()
    assert [line.partition(":")[0] for line in verify()] == [
        f"checkpoint {number}, key {sealing_key.key_id}" for number in (1, 2)
    ]


def test_missing_keys_are_said_instead_of_anything_else(sealed: Plant, settings: Any) -> None:
    settings.SEALING_KEYS = None
    with pytest.raises(CommandError, match="No key seals the record"):
        call_command("verify_ledger")


# --- The second place -------------------------------------------------------------------------------------------------
def notes() -> str:
    return "".join(signed_checkpoint(seal).note for seal in Seal.objects.order_by("number"))


def test_history_rewritten_with_the_right_key_is_found_by_the_second_place(
    sealed: Plant, verify: Verify, superuser: Superuser, tmp_path: Path
) -> None:
    seal_acts(3)
    second = tmp_path / "checkpoints.txt"
    second.write_text(notes())
    assert verify(FULL, "--against", str(second)) == []
    superuser.execute("update inspections_ledgerentry set reason = 'another' where subject = 'B-1'")
    superuser.execute("delete from inspections_seal where number > 1")
    seal_ledger(at=AT)
    assert verify() == []  # the chain by itself fits again
    found = verify(FULL, "--against", str(second))
    assert [line.partition(" of ")[0] for line in found] == [
        "checkpoint 2",
        "the second place knows checkpoint 3, and the ledger has none: it was cut off",
        "the second place knows checkpoint 4, and the ledger has none: it was cut off",
    ]


def test_checkpoints_of_another_ledger_are_refused(
    sealed: Plant, verify: Verify, superuser: Superuser, tmp_path: Path
) -> None:
    second = tmp_path / "checkpoints.txt"
    superuser.execute("delete from inspections_seal")
    seal_ledger(at=AT)
    second.write_text(notes())
    superuser.execute("delete from inspections_seal")
    seal_ledger(at=AT)
    (found,) = verify(FULL, "--against", str(second))
    assert "the history was rewritten, or it is of another ledger" in found


@pytest.mark.parametrize(
    "damage, said",
    [
        (lambda text: text[:-30], "the last checkpoint is cut off"),
        (lambda text: text.replace("number 1", "number  1"), "this is not written as a checkpoint is"),
        (lambda text: "said\n\n", "this is no checkpoint"),
        (lambda text: text.replace("root", "toor"), "this is no checkpoint"),
    ],
)
def test_a_damaged_file_of_the_second_place_is_refused(
    sealed: Plant, tmp_path: Path, damage: Callable[[str], str], said: str
) -> None:
    second = tmp_path / "checkpoints.txt"
    second.write_text(damage(notes()))
    with pytest.raises(CommandError, match=said):
        call_command("verify_ledger", "--against", str(second), stdout=StringIO())


def test_a_forged_signature_in_the_second_place_is_named(sealed: Plant, verify: Verify, tmp_path: Path) -> None:
    seal_acts(1)
    first, second = notes().split("\n\n")[:2]
    signature = second.splitlines()[-1]
    transplanted = "\n".join([*first.splitlines()[:-1], signature]) + "\n\n"
    path = tmp_path / "checkpoints.txt"
    path.write_text(transplanted)
    (found,) = verify(FULL, "--against", str(path))
    assert found.startswith("the second place: checkpoint 1, key ")
    assert found.endswith("the signature is not right")


# --- From where the last verification ended ---------------------------------------------------------------------------
def test_verifying_goes_on_behind_the_last_verified_checkpoint(
    sealed: Plant, verify: Verify, superuser: Superuser, monkeypatch: Any
) -> None:
    assert verify("--against", "/dev/null") == []
    seal_acts(2)
    read: list[int] = []
    compared = verifying._compared
    monkeypatch.setattr(verifying, "_compared", lambda seal, *rest: read.append(seal.number) or compared(seal, *rest))
    assert verify("--against", "/dev/null") == []
    assert read == [2, 3]
    read.clear()
    assert verify("--against", "/dev/null") == []
    assert read == []
    assert verify() == []
    assert read == [1, 2, 3]


def test_a_checkpoint_that_was_verified_and_is_another_now_or_gone_is_named(
    sealed: Plant, verify: Verify, superuser: Superuser, tmp_path: Path
) -> None:
    mark = tmp_path / "mark.json"
    seal_acts(2)
    assert verify("--mark", str(mark)) == []
    superuser.execute("update inspections_seal set sealed_at = now() where number = 3")
    assert verify("--mark", str(mark)) == ["checkpoint 3 is not the one that was verified before"]
    superuser.execute("delete from inspections_seal where number = 3")
    assert verify("--mark", str(mark)) == ["checkpoint 3 was verified before, and is gone: the ledger was cut off"]


@pytest.mark.parametrize("content", ["", "{}", '{"checkpoint": "x", "frontier": []}', "[1]"])
def test_a_damaged_mark_is_refused_with_what_to_do(sealed: Plant, tmp_path: Path, content: str) -> None:
    mark = tmp_path / "mark.json"
    mark.write_text(content)
    with pytest.raises(CommandError, match="verify with --from-start"):
        call_command("verify_ledger", "--mark", str(mark), stdout=StringIO())


def test_what_does_not_fit_moves_no_mark(sealed: Plant, verify: Verify, superuser: Superuser, tmp_path: Path) -> None:
    mark = tmp_path / "mark.json"
    superuser.execute(
        "update inspections_ledgerentry set reason = 'another' where id = (select min(id) from inspections_ledgerentry)"
    )
    for _ in range(2):
        assert len(verify("--mark", str(mark))) == 1
    assert not mark.exists()


def test_many_findings_are_bounded(sealed: Plant, verify: Verify, superuser: Superuser, monkeypatch: Any) -> None:
    monkeypatch.setattr(verifying, "MOST_FINDINGS", 3)
    seal_acts(4)
    monkeypatch.setattr(verifying, "AT_ONCE", 1)
    superuser.execute("update inspections_ledgerentry set reason = 'another' where act = 'bench.noted'")
    assert len(verify()) == 3


def test_the_number_of_queries_grows_with_the_stretches_and_not_with_the_checkpoints(
    sealed: Plant, verify: Verify, django_assert_num_queries: Any, monkeypatch: Any
) -> None:
    from django.db import connection as used
    from django.test.utils import CaptureQueriesContext

    def queries() -> int:
        with CaptureQueriesContext(used) as caught:
            assert verify() == []
        return len(caught)

    seal_acts(1)
    few = queries()
    seal_acts(3)
    assert queries() == few
