"""What the application's role may try on the record, found by looking into the database itself: all of it is refused.

`test_tables` says of each table why it is protected or not. Here nothing is named beforehand: tables, their triggers,
what those read and which constraints stand for four eyes come from the system catalogue, so that none is forgotten.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from inspections.people.choices import Role
from inspections.results.services import record_inspections
from tests.factories import AT, LINES, make_person, make_revision

pytestmark = [pytest.mark.law(4), pytest.mark.django_db]

UNQUALIFIED = re.compile(r"(?<![.\w])inspections_\w+")


def rows(statement: str, *facts: Any) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, facts)
        return cursor.fetchall()


def refused(statement: str, why: str, facts: Iterable[Any] = ()) -> None:
    with pytest.raises(DatabaseError, match=why), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, list(facts))


def guarded() -> dict[str, set[str]]:
    """Each table on which a trigger of ours stands, with the names of its triggers."""
    found: dict[str, set[str]] = {}
    for table, trigger in rows(
        "select c.relname, t.tgname from pg_trigger t join pg_class c on c.oid = t.tgrelid"
        " where not t.tgisinternal and c.relnamespace = 'public'::regnamespace"
    ):
        found.setdefault(table, set()).add(trigger)
    return found


def written_once() -> list[str]:
    return sorted(table for table, triggers in guarded().items() if "interlock_append_only" in triggers)


def columns(table: str) -> list[str]:
    return [
        name
        for (name,) in rows(
            "select attname from pg_attribute where attrelid = %s::regclass and attnum > 0 and not attisdropped"
            " and attgenerated = ''",
            table,
        )
    ]


class TestTables:
    def test_each_may_be_added_to_and_read_and_nothing_else(self) -> None:
        assert len(written_once()) > 35
        for table in written_once():
            may = rows(
                "select privilege from unnest(array['select', 'insert', 'update', 'delete', 'truncate', 'references',"
                " 'trigger']) privilege where has_table_privilege(%s, privilege)"
                " or (privilege in ('update', 'references') and has_any_column_privilege(%s, privilege))",
                table,
                table,
            )
            assert may == [("select",), ("insert",)], table

    def test_no_row_of_the_record_is_changed_or_removed_by_any_statement(self, standing_filled_plant: Any) -> None:
        for table in written_once():
            (known,) = rows(f"select count(*) from {table}")[0]
            assert known, f"{table} holds nothing, so nothing was tried"
            names = columns(table)
            key = names[0]
            merge = f"merge into {table} t using {table} s on t.{key} = s.{key}"
            for name in names:
                refused(f'update {table} set "{name}" = "{name}"', "permission denied")
            for statement in (
                f"delete from {table}",
                f"truncate {table}",
                f"truncate {table} restart identity cascade",
                f"with gone as (delete from {table} returning *) select count(*) from gone",
                f"{merge} when matched then delete",
                f"{merge} when matched then update set {key} = s.{key}",
                f"insert into {table} select * from {table} on conflict do update set {key} = excluded.{key}",
                f"select * from {table} for update",
            ):
                refused(statement, "permission denied|requires inference")
            assert rows(f"select count(*) from {table}") == [(known,)]

    def test_no_table_trigger_or_function_is_altered(self) -> None:
        for table, triggers in sorted(guarded().items()):
            for trigger in sorted(triggers):
                refused(f"alter table {table} disable trigger {trigger}", "must be owner")
                refused(f"alter trigger {trigger} on {table} rename to x", "must be owner")
                refused(f"drop trigger {trigger} on {table}", "must be owner")
            for statement in (
                f"alter table {table} disable trigger user",
                f"alter table {table} disable trigger all",
                f"alter table {table} rename to gone",
                f"alter table {table} add column x integer",
                f"alter table {table} owner to current_user",
                f"create rule x as on insert to {table} do instead nothing",
                f"drop table {table} cascade",
            ):
                refused(statement, "must be owner|permission denied|no privileges")
            refused(
                f"create trigger x before insert on {table} for each row"
                " execute function pg_catalog.suppress_redundant_updates_trigger()",
                "permission denied",
            )
        for name, arguments in rows(
            "select proname, pg_get_function_identity_arguments(oid) from pg_proc where proname like 'interlock\\_%%'"
        ):
            for statement in (
                f"drop function {name}({arguments}) cascade",
                f"alter function {name}({arguments}) rename to x",
                f"alter function {name}({arguments}) set session_replication_role = replica",
            ):
                refused(statement, "must be owner|permission denied")
            refused(
                f"create or replace function {name}({arguments}) returns integer language sql as 'select 1'",
                "must be owner|permission denied",
            )


class TestSessions:
    """What a session can set of itself: nothing of it reaches a trigger."""

    def test_no_setting_switches_triggers_off(self) -> None:
        for value in ("replica", "local"):
            refused(f"set session_replication_role = {value}", "permission denied")
            refused(f"set local session_replication_role = {value}", "permission denied")
            refused("select set_config('session_replication_role', %s, false)", "permission denied", [value])
            refused(f"alter role current_user set session_replication_role = {value}", "permission denied")
        refused("alter system set session_replication_role = replica", "permission denied|inside a transaction block")
        refused("update pg_catalog.pg_trigger set tgenabled = 'D'", "permission denied")
        setting = "where name = 'session_replication_role'"
        refused(f"update pg_catalog.pg_settings set setting = 'replica' {setting}", "permission denied")

    def test_nobody_becomes_another_role(self) -> None:
        (owner,) = rows("select tableowner from pg_tables where tablename = 'inspections_inspection'")[0]
        for statement in (
            f'set role "{owner}"',
            f'set session authorization "{owner}"',
            f'grant "{owner}" to current_user',
            "alter role current_user superuser",
            "create role helper superuser",
        ):
            refused(statement, "permission denied|must be|cannot|not allowed")

    def test_no_trigger_reads_a_setting_of_the_session(self) -> None:
        """A function of ours that asked for one would have to be tried here with every value of it."""
        read = rows("select proname from pg_proc where proname like 'interlock\\_%%' and prosrc ~ 'current_setting'")
        assert read == []

    def test_no_trigger_finds_its_tables_by_the_path_of_the_session(self) -> None:
        loose = {
            name: UNQUALIFIED.findall(source)
            for name, source in rows("select proname, prosrc from pg_proc where proname like 'interlock\\_%%'")
            if UNQUALIFIED.search(source)
        }
        assert loose == {}

    def test_no_schema_or_function_is_put_before_ours(self) -> None:
        refused("create schema before_ours", "permission denied")
        function = "function public.interlock_inspected(x bigint) returns boolean language sql as 'select false'"
        refused(f"create {function}", "permission denied")
        refused("create table public.inspections_x (id bigint)", "permission denied")
        refused("create extension if not exists dblink", "permission denied|not available")
        # A function of the session's own is found by its full name only.
        with connection.cursor() as cursor:
            cursor.execute(
                "create function pg_temp.interlock_inspected(bigint, text, bigint) returns boolean language sql"
                " as 'select null::boolean'"
            )
            cursor.execute("set local search_path = pg_temp, public")
            cursor.execute("select interlock_inspected(0::bigint, ''::text, 0::bigint)")
            assert cursor.fetchone() == (False,)

    @pytest.mark.parametrize("setting", ["check_function_bodies", "row_security", "default_transaction_read_only"])
    def test_whatever_is_set_a_change_is_refused(self, standing_filled_plant: Any, setting: str) -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"set local {setting} = off")
            cursor.execute("set local search_path = pg_temp")
            refused("update public.inspections_hold set reason = 'none'", "column reason of inspections_hold is")
            refused("delete from public.inspections_ledgerentry", "permission denied")
            transaction.set_rollback(True)


@pytest.mark.law(8)
class TestFourEyes:
    """Each constraint and each trigger that stands for four eyes is tried; a new one has to be tried too."""

    TRIED = {
        "planrevision_four_eyes", "planrevision_author_does_not_approve", "planrevision_approved_by_two",
        "profilerevision_four_eyes", "profilerevision_author_does_not_approve", "profilerevision_approved_by_two",
        "signature_four_eyes", "concession_signature_four_eyes",
        "inspections_concessionsignature.interlock_four_eyes", "inspections_disposition.interlock_four_eyes",
        "inspections_screening.interlock_four_eyes", "inspections_signature.interlock_four_eyes",
    }  # fmt: skip

    def test_all_that_the_database_knows_of_are_tried(self) -> None:
        constraints = rows(
            "select conname from pg_constraint where connamespace = 'public'::regnamespace and contype in ('c', 'u')"
            " and conname ~ 'four_eyes|does_not_approve|approved_by_two'"
        )
        triggers = [f"{table}.{name}" for table, names in guarded().items() for name in names if "four_eyes" in name]
        assert {name for (name,) in constraints} | set(triggers) == self.TRIED

    def test_a_plan_is_approved_by_two_who_did_not_write_it(self, standing_plant: Any) -> None:
        author, one, other = (make_person(Role.CATALOGUE_OWNER) for _ in range(3))
        draft = make_revision(standing_plant.configuration, LINES, approved=False)
        self.try_approvals("inspections_planrevision", draft.pk, author.pk, one.pk, other.pk)

    def test_a_profile_is_approved_by_two_who_did_not_write_it(self, standing_filled_plant: Any) -> None:
        author, one, other = (make_person(Role.CATALOGUE_OWNER) for _ in range(3))
        (profile,) = rows("select id from inspections_rigprofile limit 1")[0]
        (number,) = rows(
            "insert into inspections_profilerevision (profile_id, number, status, document, digest, created_at, note)"
            " values (%s, 99, 'draft', '{}', %s, %s, '') returning id",
            profile,
            "0" * 64,
            AT,
        )[0]
        self.try_approvals("inspections_profilerevision", number, author.pk, one.pk, other.pk)

    def try_approvals(self, table: str, number: int, author: int, one: int, other: int) -> None:
        name, change = table.removeprefix("inspections_"), f"update {table} set "
        where = f" where id = {number}"
        with connection.cursor() as cursor:
            cursor.execute(f"{change}author_id = {author}{where}")
        refused(f"{change}first_approver_id = {author}, first_approved_at = now(){where}", "author_does_not_approve")
        refused(f"{change}status = 'approved'{where}", f"{name}_approved_by_two")
        refused(f"{change}second_approver_id = {one}, second_approved_at = now(){where}", "is frozen")
        refused(
            f"{change}status = 'approved', first_approver_id = {one}, first_approved_at = now(),"
            f" second_approver_id = {other}, second_approved_at = now(){where}",
            "is frozen",
        )
        with connection.cursor() as cursor:
            cursor.execute(f"{change}first_approver_id = {one}, first_approved_at = now(){where}")
        refused(f"{change}second_approver_id = {one}, second_approved_at = now(){where}", f"{name}_four_eyes")
        refused(f"{change}second_approver_id = {author}, second_approved_at = now(){where}", "author_does_not_approve")
        refused(f"{change}status = 'approved', second_approver_id = {other}{where}", f"{name}_approved_by_two")
        refused(f"{change}first_approver_id = {other}{where}", "is frozen")
        refused(f"{change}author_id = null{where}", "is frozen")
        refused(f"{change}digest = 'x'{where}", "is frozen")
        refused(
            f"insert into {table} ({', '.join(columns(table))})"
            f" select {', '.join(self.approved(column) for column in columns(table))} from {table}{where}",
            "begins as a draft that nobody approved",
        )

    def approved(self, column: str) -> str:
        """The column of a copy that would be in force from its first moment on."""
        return {
            "id": "id + 10000", "number": "number + 1", "status": "'approved'", "second_approver_id": "author_id",
            "second_approved_at": "now()",
        }.get(column, column)  # fmt: skip

    def test_nobody_disposes_or_clears_a_sample_that_they_recorded(self, standing_filled_plant: Any) -> None:
        plant, person = standing_filled_plant, make_person(Role.ENGINEER)
        item = plant.posted("CRS-EOL", operator=person.personnel_number)
        record_inspections(items=[item], rig=plant.rig, actor=plant.rig_actor, at=AT)
        (inspection,) = rows("select max(id) from inspections_inspection")[0]
        self.copied("inspections_disposition", "nobody disposes of what they recorded themselves",
                    inspection_id=inspection, person_id=person.pk)  # fmt: skip
        sample = self.copy("inspections_sample", id="id + 10000", inspection_id=inspection)
        self.copied("inspections_screening", "nobody clears a rejected sample that they recorded themselves",
                    rejected=f"array[{sample}]", person_id=person.pk)  # fmt: skip

    def test_nobody_signs_for_cars_that_they_inspected(self, standing_filled_plant: Any) -> None:
        plant, person = standing_filled_plant, make_person(Role.RELEASE_OFFICER)
        for table, column in (("signature", "release_id"), ("concessionsignature", "concession_id")):
            given = f"from inspections_{table} where place = 1"
            named = {"signature": "releasedvehicle", "concessionsignature": "concededvehicle"}[table]
            for (vin,) in rows(
                f"select v.vin from inspections_vehicle v join inspections_{named} n on n.vehicle_id = v.id"
                f" where n.{column} in (select {column} {given})"
            ):
                item = plant.posted("CRS-EOL", vin=vin, operator=person.personnel_number)
                record_inspections(items=[item], rig=plant.rig, actor=plant.rig_actor, at=AT)
            names = columns(f"inspections_{table}")
            values = ", ".join(self.signed_by(name, person) for name in names)
            refused(
                f"insert into inspections_{table} ({', '.join(names)}) select {values} {given} limit 1",
                "nobody (releases|concedes) what they inspected|places are taken in turn",
            )

    def signed_by(self, column: str, person: Any) -> str:
        """The column of a copy that is somebody else's signature."""
        return {
            "id": "id + 10000", "place": "2", "signer_id": str(person.pk),
            "personnel_number": f"'{person.personnel_number}'",
        }.get(column, column)  # fmt: skip

    def copy_of(self, table: str, changed: dict[str, Any]) -> str:
        names = [name for name in columns(table) if name != "id"]
        values = ", ".join(str(changed.get(name, name)) for name in names)
        return f"insert into {table} ({', '.join(names)}) select {values} from {table} order by id limit 1 returning id"

    def copied(self, table: str, why: str, **changed: Any) -> None:
        refused(self.copy_of(table, changed), why)

    def copy(self, table: str, **changed: Any) -> int:
        changed.pop("id", None)
        ((number,),) = rows(self.copy_of(table, changed))
        return int(number)


def test_law_3_lines_of_what_one_person_approved_are_frozen(standing_plant: Any) -> None:
    draft = make_revision(standing_plant.configuration, LINES, approved=False)
    person = make_person(Role.CATALOGUE_OWNER)
    with connection.cursor() as cursor:
        cursor.execute(
            "update inspections_planrevision set first_approver_id = %s, first_approved_at = %s where id = %s",
            [person.pk, AT + timedelta(hours=1), draft.pk],
        )
    lines = f"inspections_requirement where revision_id = {draft.pk}"
    refused(f"delete from {lines}", "frozen")
    for name in columns("inspections_requirement"):
        refused(f'update inspections_requirement set "{name}" = "{name}" where revision_id = {draft.pk}', "frozen")
