"""Law 4 in the database itself: whoever adds a table has to say here what protects it, or why nothing does."""

from typing import Any

import psycopg
import pytest
from django.apps import apps
from django.conf import settings
from django.db import DatabaseError, connection, transaction

pytestmark = [pytest.mark.law(4), pytest.mark.django_db]

APPEND_ONLY = {
    "ledgerentry", "inspection", "measurement", "judgement", "void", "sample", "decision", "coverage",
    "coveragerevocation", "disposition", "concession", "calibration", "outoftolerance", "authorisation", "fitting",
    "softwarechange", "release", "releasedvehicle", "signature", "delivery", "deliverytarget", "operatoralias",
    "drawseed",
    "screening", "screenedvehicle", "removal", "photograph", "trace",
    "profileassignment", "namedsubject", "rereading", "filefinding", "profilesample",
    "holdlist", "listedvehicle", "vehiclemove", "repinning",
    "concededvehicle", "concessionsignature",
    "sealingkey", "seal",
    "certificate", "certificaterevocation",
}  # fmt: skip
"""Written once: the application's role can neither change nor remove a row, nor switch off what forbids it."""

NEVER_REMOVED = {
    "user": "an account is closed, not deleted: the record names it",
    "vehiclemodel": "master data that the record names",
    "configuration": "master data that the record names",
    "componentkind": "master data that the record names",
    "manufacturercode": "whose cars the record holds",
    "procedure": "master data that the record names",
    "characteristic": "master data that the record names",
    "sourceitem": "how a file was read",
    "controlplan": "what was judged against",
    "planrevision": "what was judged against; its row moves from draft to approved to superseded and no way else",
    "rigprofile": "how files were read",
    "profilerevision": "how files were read; its row moves from draft to approved to superseded and no way else",
    "batch": "its status moves on",
    "vehicle": "its batch and status move on",
    "component": "its lot may become known later",
    "materiallot": "what was sampled",
    "rig": "its name, line and last sign of life move on",
    "systemclient": "its name may be put right",
    "apikey": "it ends, once",
    "submission": "it is read, once",
    "kept": "it is settled, once",
    "hold": "it is lifted, once",
    "nonconformance": "it is closed, once",
    "noticemail": "it is written once, and sent or given up once",
    "noticechoice": "how a person wants to be told; each change is an entry of the ledger",
}
"""Rows stay; the columns that say what they are are frozen, the others tell how they stand."""

EXEMPT = {
    "requirement": "lines of a draft are replaced; a trigger freezes them once one person has approved the revision",
    "untold": "entries of which nobody was told yet: gathering deletes each as it tells it",
    "noticeline": "what a mail is going to tell; once it is written, its text stays in its place",
    "mark": "what is undecided: the decider deletes each as it decides (law 7)",
    "decider": "how far a batch is decided: a counter that moves",
    "vehiclegate": "a roll-up of the decisions, recounted every night",
    "batchgate": "a roll-up of the decisions, recounted every night",
    "openreason": "a roll-up of the decisions, recounted every night",
    "sealwitness": "how far a second place has been told of the checkpoints: a counter that moves",
    "user_groups": "which roles a person has; each change is an entry of the ledger",
    "user_user_permissions": "Django's own, used by nothing here",
}


def tables() -> dict[str, str]:
    """Every table of the application, many-to-many ones included, by its short name."""
    models = apps.get_app_config("inspections").get_models(include_auto_created=True)
    return {model._meta.db_table.removeprefix("inspections_"): model._meta.db_table for model in models}


TABLES = tables()


def test_every_table_is_protected_or_says_why_not() -> None:
    assert set(TABLES) == APPEND_ONLY | set(NEVER_REMOVED) | set(EXEMPT)
    assert not APPEND_ONLY & set(NEVER_REMOVED)
    assert not (APPEND_ONLY | set(NEVER_REMOVED)) & set(EXEMPT)


def test_no_table_stands_beside_the_models() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "select tablename from pg_tables where schemaname = 'public' and tablename like 'inspections\\_%'"
        )
        assert {row[0] for row in cursor.fetchall()} == set(TABLES.values())


def test_application_role_owns_nothing() -> None:
    with connection.cursor() as cursor:
        cursor.execute("select current_user")
        assert cursor.fetchone() == (settings.APPLICATION_ROLE,)
        cursor.execute(
            "select relname from pg_class where relnamespace = 'public'::regnamespace"
            " and relowner = (select oid from pg_roles where rolname = current_user)"
        )
        assert cursor.fetchall() == []
        cursor.execute("select rolsuper, rolcreaterole, rolreplication from pg_roles where rolname = current_user")
        assert cursor.fetchone() == (False, False, False)


def refuses(statement: str, why: str) -> bool:
    """Whether the database refuses the statement to the application's role, for this reason."""
    with pytest.raises(DatabaseError, match=why), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    return True


def first_column(table: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(
            "select attname from pg_attribute where attrelid = %s::regclass and attnum > 0 order by attnum limit 1",
            [table],
        )
        row = cursor.fetchone()
    assert row
    return str(row[0])


@pytest.mark.parametrize("name", sorted(APPEND_ONLY))
def test_append_only_table_refuses_update_delete_and_truncate(name: str) -> None:
    table = TABLES[name]
    column = first_column(table)
    assert refuses(f"update {table} set {column} = {column}", "permission denied")
    assert refuses(f"delete from {table}", "permission denied")
    assert refuses(f"truncate {table}", "permission denied")
    assert refuses(f"alter table {table} disable trigger all", "must be owner")
    assert refuses(f"drop table {table}", "must be owner")


@pytest.mark.parametrize("name", sorted(NEVER_REMOVED))
def test_table_whose_rows_stay_refuses_delete_and_truncate(name: str) -> None:
    table = TABLES[name]
    assert refuses(f"delete from {table}", "permission denied")
    assert refuses(f"truncate {table}", "permission denied")
    assert refuses(f"alter table {table} disable trigger all", "must be owner")


@pytest.mark.parametrize("name", sorted(EXEMPT))
def test_no_table_at_all_can_be_emptied_in_one_go(name: str) -> None:
    assert refuses(f"truncate {TABLES[name]} cascade", "permission denied|append-only")


def test_migrations_cannot_be_forged() -> None:
    assert refuses("delete from django_migrations", "permission denied")
    assert refuses("update django_migrations set name = name", "permission denied")


@pytest.fixture
def filled(transactional_db: None) -> Any:
    """A plant in which every append-only table has a row."""
    from tests.filled_plant import fill_plant

    return fill_plant()


@pytest.mark.django_db(transaction=True)
def test_triggers_refuse_even_the_owner_of_the_tables(filled: Any, owner_connection: psycopg.Connection[Any]) -> None:
    """Were the grants lost, by a restore or a careless hand, the triggers still stand."""
    for name in sorted(APPEND_ONLY):
        table = TABLES[name]
        (rows,) = owner_connection.execute(f"select count(*) from {table}").fetchone() or (0,)
        assert rows, f"{name} holds nothing, so nothing was tried"
        column = first_column(table)
        for statement in (
            f"update {table} set {column} = {column}",
            f"delete from {table}",
            f"truncate {table} cascade",
        ):
            with pytest.raises(psycopg.errors.IntegrityError, match="is refused, the record is append-only"):
                owner_connection.execute(statement)


@pytest.mark.django_db(transaction=True)
def test_triggers_keep_every_other_row_from_the_owner_too(
    filled: Any, owner_connection: psycopg.Connection[Any]
) -> None:
    tried = 0
    for name in sorted(NEVER_REMOVED):
        table = TABLES[name]
        (rows,) = owner_connection.execute(f"select count(*) from {table}").fetchone() or (0,)
        statements = [f"truncate {table} cascade"] + ([f"delete from {table}"] if rows else [])
        for statement in statements:
            with pytest.raises(psycopg.errors.IntegrityError, match="is refused, the record is append-only"):
                owner_connection.execute(statement)
        tried += bool(rows)
    assert tried > 12


@pytest.mark.parametrize(
    "table, column, value",
    [
        ("inspections_vehicle", "vin", "'LXM1A2B30TA999999'"),
        ("inspections_batch", "configuration_id", "configuration_id + 1"),
        ("inspections_rig", "needs_calibration", "not needs_calibration"),
        ("inspections_characteristic", "unit", "'mohm'"),
        ("inspections_characteristic", "procedure_id", "procedure_id + 1"),
        ("inspections_procedure", "domain", "'crash'"),
        ("inspections_hold", "reason", "'none'"),
        ("inspections_hold", "placed_at", "placed_at - interval '1 day'"),
        ("inspections_nonconformance", "opened_at", "opened_at + interval '1 day'"),
        ("inspections_component", "serial", "'P-0'"),
    ],
)
def test_column_that_says_what_a_row_is_never_changes(table: str, column: str, value: str) -> None:
    from inspections.gates.services import decide_batch
    from inspections.results.services import record_inspections
    from tests.factories import AT, changed_value, make_plant

    plant = make_plant()
    bad = plant.posted("BAT-EOL", measurements=changed_value("BAT-EOL", "BOND", "0.2"))
    record_inspections(items=[bad], rig=plant.rig, actor=plant.rig_actor, at=AT)
    decide_batch(batch_id=plant.batch.pk, at=AT)
    assert refuses(f"update {table} set {column} = {value}", f"column {column} of {table} is written once")


@pytest.mark.law(3)
@pytest.mark.parametrize(
    "statement",
    [
        "update inspections_requirement set upper = 1",
        "update inspections_requirement set positions = '{}'",
        "delete from inspections_requirement",
        "insert into inspections_requirement select * from inspections_requirement",
        "update inspections_planrevision set digest = 'x'",
        "update inspections_planrevision set status = 'draft'",
        "update inspections_planrevision set number = 9",
        "update inspections_planrevision set first_approver_id = second_approver_id",
    ],
)
def test_law_3_an_approved_revision_and_its_lines_are_frozen(statement: str) -> None:
    from tests.factories import make_plant

    make_plant()
    assert refuses(statement, "frozen")
