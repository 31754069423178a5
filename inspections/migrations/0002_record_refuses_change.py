"""Law 4: the database itself refuses to change or remove the record, whoever asks through the application's role."""

from django.conf import settings
from django.db import migrations

APPEND_ONLY = [
    "ledgerentry",
    "inspection",
    "measurement",
    "judgement",
    "void",
    "sample",
    "decision",
    "coverage",
    "coveragerevocation",
    "disposition",
    "concession",
    "holdlist",
    "listedvehicle",
    "concededvehicle",
    "concessionsignature",
    "calibration",
    "outoftolerance",
    "authorisation",
    "fitting",
    "softwarechange",
    "vehiclemove",
    "repinning",
    "release",
    "releasedvehicle",
    "signature",
    "delivery",
    "deliverytarget",
    "operatoralias",
    "drawseed",
    "screening",
    "screenedvehicle",
    "removal",
    "photograph",
    "trace",
    "profileassignment",
    "namedsubject",
    "rereading",
    "filefinding",
    "profilesample",
    "sealingkey",
    "seal",
    "certificate",
    "certificaterevocation",
]
"""Rows that are written once."""

NEVER_DELETED = [
    "user",
    "vehiclemodel",
    "configuration",
    "componentkind",
    "manufacturercode",
    "procedure",
    "characteristic",
    "sourceitem",
    "controlplan",
    "planrevision",
    "rigprofile",
    "profilerevision",
    "batch",
    "vehicle",
    "component",
    "materiallot",
    "rig",
    "systemclient",
    "apikey",
    "submission",
    "kept",
    "hold",
    "nonconformance",
]
"""Rows that other rows name by number, or that tell what was: some of their columns may move on, the rows stay."""

FROZEN_COLUMNS = {
    "procedure": "code domain",
    "characteristic": "code procedure_id kind unit",
    "configuration": "code model_id market",
    "controlplan": "code configuration_id",
    "componentkind": "code",
    "rig": "code needs_calibration",
    "rigprofile": "code adapter",
    "systemclient": "code",
    "apikey": "prefix digest rig_id client_id created_at",
    "batch": "number configuration_id opened_at planned_quantity line",
    "vehicle": "vin registered_at",
    "component": "kind serial first_seen_at",
    "materiallot": "kind lot first_seen_at",
    "submission": "rig_id sha256 size received_at",
    "kept": "kind rig_id external_id digest vin component_kind component_serial body sha256 size submission_id source"
    " stated received_at",
    "hold": "vehicle_id hold_list_id source domain code characteristic_id position reason placed_by placed_at",
    "nonconformance": "number vehicle_id domain code characteristic_id opened_at",
}
"""Columns that say what a row is. They are written once; the others tell how it stands."""

WRITTEN_ONCE = {
    "kept": ("state <> 'open'", "settled"),
    "hold": ("lifted_at is not null", "lifted"),
    "nonconformance": ("state = 'closed'", "closed"),
    "apikey": ("revoked_at is not null", "revoked"),
}
"""What ended has ended: a row in this condition never changes again."""

FUNCTIONS = """
create function interlock_refuse() returns trigger language plpgsql as $$
begin
    raise exception 'interlock: % of % is refused, the record is append-only', tg_op, tg_table_name
        using errcode = 'integrity_constraint_violation',
              hint = 'Record a correction that points at the old row and says why.';
end $$;

create function interlock_frozen_columns() returns trigger language plpgsql as $$
declare
    was jsonb := to_jsonb(old);
    is_now jsonb := to_jsonb(new);
    name text;
begin
    foreach name in array tg_argv loop
        if was -> name is distinct from is_now -> name then
            raise exception 'interlock: column % of % is written once', name, tg_table_name
                using errcode = 'integrity_constraint_violation';
        end if;
    end loop;
    return new;
end $$;

create function interlock_ended() returns trigger language plpgsql as $$
begin
    raise exception 'interlock: this row of % is %, it changes no more', tg_table_name, tg_argv[0]
        using errcode = 'integrity_constraint_violation';
end $$;

create function interlock_revision_moves() returns trigger language plpgsql as $$
begin
    if old.status = 'superseded'
        or (old.status = 'approved' and new.status <> 'superseded')
        or (old.status = 'approved' and (to_jsonb(new) - 'status' - 'superseded_at')
            is distinct from (to_jsonb(old) - 'status' - 'superseded_at'))
        or (old.first_approver_id is not null and (new.first_approver_id, new.first_approved_at)
            is distinct from (old.first_approver_id, old.first_approved_at))
        or (old.first_approver_id is not null and (new.digest, new.author_id) is distinct from (old.digest, old.author_id))
        or (old.first_approver_id is null and new.second_approver_id is not null)
        or (old.status = 'draft' and new.status = 'superseded')
        or (new.plan_id, new.number) is distinct from (old.plan_id, old.number)
    then
        raise exception 'interlock: revision % of plan % is frozen', old.number, old.plan_id
            using errcode = 'integrity_constraint_violation', hint = 'Draft a new revision.';
    end if;
    return new;
end $$;

create function interlock_revision_begins() returns trigger language plpgsql as $$
begin
    if new.status <> 'draft' or new.first_approver_id is not null or new.second_approver_id is not null then
        raise exception 'interlock: a revision of % begins as a draft that nobody approved', tg_argv[0]
            using errcode = 'integrity_constraint_violation';
    end if;
    return new;
end $$;

create function interlock_requirement_frozen() returns trigger language plpgsql as $$
declare
    touched bigint;
    frozen boolean;
begin
    foreach touched in array array[
        case when tg_op <> 'INSERT' then old.revision_id end, case when tg_op <> 'DELETE' then new.revision_id end]
    loop
        -- The share lock makes an approval under way either come first, and be seen, or wait for this line.
        select status <> 'draft' or first_approver_id is not null into frozen
            from public.inspections_planrevision where id = touched for share;
        if frozen then
            raise exception 'interlock: the requirements of an approved revision are frozen'
                using errcode = 'integrity_constraint_violation', hint = 'Draft a new revision.';
        end if;
    end loop;
    return case when tg_op = 'DELETE' then old else new end;
end $$;
"""

DROP_FUNCTIONS = """
drop function interlock_refuse, interlock_frozen_columns, interlock_ended, interlock_revision_moves,
    interlock_revision_begins,
    interlock_requirement_frozen;
"""


def _triggers() -> list[tuple[str, str, str]]:
    """Each trigger as (name, table, rest of its statement)."""
    triggers = []
    for table in (*APPEND_ONLY, *NEVER_DELETED, "requirement"):
        triggers.append(("interlock_no_truncate", table, "before truncate on {} execute function interlock_refuse()"))
    for table in APPEND_ONLY:
        triggers.append(
            (
                "interlock_append_only",
                table,
                "before update or delete on {} for each row execute function interlock_refuse()",
            )
        )
    for table in NEVER_DELETED:
        triggers.append(
            ("interlock_no_delete", table, "before delete on {} for each row execute function interlock_refuse()")
        )
    for table, columns in FROZEN_COLUMNS.items():
        names = ", ".join(f"'{name}'" for name in columns.split())
        triggers.append(
            (
                "interlock_frozen",
                table,
                f"before update on {{}} for each row execute function interlock_frozen_columns({names})",
            )
        )
    for table, (condition, word) in WRITTEN_ONCE.items():
        old = (
            condition.replace("state", "old.state")
            .replace("lifted_at", "old.lifted_at")
            .replace("revoked_at", "old.revoked_at")
        )
        triggers.append(
            (
                "interlock_ended",
                table,
                f"before update on {{}} for each row when ({old}) execute function interlock_ended('{word}')",
            )
        )
    for table, word in (("planrevision", "a plan"), ("profilerevision", "a profile")):
        triggers.append(
            (
                "interlock_begins",
                table,
                f"before insert on {{}} for each row execute function interlock_revision_begins('{word}')",
            )
        )
    triggers.append(
        (
            "interlock_revision",
            "planrevision",
            "before update on {} for each row execute function interlock_revision_moves()",
        )
    )
    triggers.append(
        (
            "interlock_requirement",
            "requirement",
            "before insert or update or delete on {} for each row execute function interlock_requirement_frozen()",
        )
    )
    return triggers


def _create_sql() -> str:
    return ";\n".join(
        f"create trigger {name} {rest.format('inspections_' + table)}" for name, table, rest in _triggers()
    )


def _drop_sql() -> str:
    return ";\n".join(f"drop trigger {name} on inspections_{table}" for name, table, _ in _triggers())


def grant(apps, schema_editor):
    """The application's role works with the rows and owns nothing; on the record it may only add and read."""
    role = settings.APPLICATION_ROLE
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(
            "select current_user, quote_ident(%s), exists(select from pg_roles where rolname = %s)", [role, role]
        )
        owner, quoted, exists = cursor.fetchone()
        if owner == role:
            return
        if not exists:
            raise RuntimeError(f"The application's role {role!r} does not exist. Create it first (docs/install.md).")
        cursor.execute(f"grant usage on schema public to {quoted}")
        cursor.execute(f"grant select, insert, update, delete on all tables in schema public to {quoted}")
        cursor.execute(f"grant usage, select on all sequences in schema public to {quoted}")
        cursor.execute(
            f"alter default privileges in schema public grant select, insert, update, delete on tables to {quoted}"
        )
        cursor.execute(f"alter default privileges in schema public grant usage, select on sequences to {quoted}")
        for table in APPEND_ONLY:
            cursor.execute(f"revoke update, delete, truncate on inspections_{table} from {quoted}")
        for table in NEVER_DELETED:
            cursor.execute(f"revoke delete, truncate on inspections_{table} from {quoted}")
        cursor.execute(f"revoke insert, update, delete on django_migrations from {quoted}")


class Migration(migrations.Migration):
    dependencies = [("inspections", "0001_tables")]

    operations = [
        # Numbers that people read aloud: short, unique, and independent of row ids.
        migrations.RunSQL(
            "create sequence interlock_nonconformance_number", "drop sequence interlock_nonconformance_number"
        ),
        migrations.RunSQL("create sequence interlock_hold_list_number", "drop sequence interlock_hold_list_number"),
        migrations.RunSQL(FUNCTIONS, DROP_FUNCTIONS),
        migrations.RunSQL(_create_sql(), _drop_sql()),
        migrations.RunPython(grant, migrations.RunPython.noop),
    ]
