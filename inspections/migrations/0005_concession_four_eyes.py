"""Law 8 in the database: what is never conceded, who may not concede, and how many cars leave by a concession."""

from django.conf import settings
from django.db import migrations

FUNCTIONS = """
create function interlock_reworked(person bigint, vehicle bigint) returns boolean language sql stable as $$
    -- Whether this person reworked the vehicle, or a part that is or was in it.
    select exists(select from public.inspections_disposition d join public.inspections_inspection i on i.id = d.inspection_id
        where d.person_id = person and d.kind = 'rework' and (i.vehicle_id = vehicle
            or i.component_id in (select f.component_id from public.inspections_fitting f where f.vehicle_id = vehicle)))
$$;

create function interlock_concession_bounds() returns trigger language plpgsql as $$
begin
    if not exists(select from public.inspections_requirement r where r.id = new.requirement_id
        and r.characteristic_id = new.characteristic_id and r.level = 'every_vehicle'
        and not exists(select from public.inspections_requirement l join public.inspections_characteristic c
                on c.id = l.characteristic_id
            where (l.id = r.id or (l.revision_id = r.revision_id and l.line = any(r.members)))
                and (l.legal or l.special = 'CC' or c.special = 'CC' or c.kind = 'identity')))
    then
        raise exception 'interlock: what is legal, critical, an identity, a sample or a type is never conceded'
            using errcode = 'integrity_constraint_violation';
    end if;
    return new;
end $$;

create function interlock_concession_is_open() returns trigger language plpgsql as $$
begin
    if exists(select from public.inspections_concessionsignature s where s.concession_id = new.concession_id) then
        raise exception 'interlock: nothing is added to a concession that somebody signed'
            using errcode = 'integrity_constraint_violation';
    end if;
    return new;
end $$;

create function interlock_concession_signature_is_bound() returns trigger language plpgsql as $$
declare
    signed record;
begin
    select digest, proposed_at, lapses_at into signed from public.inspections_concession where id = new.concession_id;
    if new.digest is distinct from signed.digest then
        raise exception 'interlock: a signature is bound to the digest of the concession that it signs'
            using errcode = 'integrity_constraint_violation';
    end if;
    if new.signed_at < signed.proposed_at or new.signed_at >= signed.lapses_at then
        raise exception 'interlock: a concession is signed after it is proposed and before it lapses'
            using errcode = 'integrity_constraint_violation';
    end if;
    if new.place <> 1 + (select count(*) from public.inspections_concessionsignature s
        where s.concession_id = new.concession_id)
    then
        raise exception 'interlock: signatures: places are taken in turn'
            using errcode = 'integrity_constraint_violation';
    end if;
    if not interlock_signed_by_account(new.signer_id, new.personnel_number) then
        raise exception 'interlock: a signature names an account in use by its own personnel number'
            using errcode = 'integrity_constraint_violation';
    end if;
    return new;
end $$;

create function interlock_concession_four_eyes() returns trigger language plpgsql as $$
begin
    if exists(select from public.inspections_concession c where c.id = new.concession_id
        and c.proposer_id = new.signer_id)
    then
        raise exception 'interlock: nobody approves the concession that they proposed'
            using errcode = 'integrity_constraint_violation';
    end if;
    if exists(select from public.inspections_concededvehicle cv where cv.concession_id = new.concession_id
        and (interlock_inspected(new.signer_id, new.personnel_number, cv.vehicle_id)
            or interlock_reworked(new.signer_id, cv.vehicle_id)))
    then
        raise exception 'interlock: nobody concedes what they inspected or reworked themselves'
            using errcode = 'integrity_constraint_violation';
    end if;
    return new;
end $$;

-- The cars that have left by each concession.
create view interlock_left_by_concession as
select cv.concession_id, cv.vehicle_id, y.id as delivery_id, y.recorded_at
from public.inspections_concededvehicle cv
join public.inspections_delivery y on y.vehicle_id = cv.vehicle_id and cv.concession_id = any(y.conceded);

create function interlock_delivery_names_concessions() returns trigger language plpgsql as $$
declare
    conceded bigint;
    most integer;
begin
    if exists(select from public.inspections_vehiclegate g, unnest(g.conceded) c
        where g.vehicle_id = new.vehicle_id and c <> all(new.conceded))
    then
        raise exception 'interlock: a delivery names the concessions that the vehicle leaves by'
            using errcode = 'integrity_constraint_violation';
    end if;
    foreach conceded in array new.conceded loop
        -- The lock that services take too: CONCESSION of marks/locks.py.
        perform pg_advisory_xact_lock((18764::bigint << 48) | (7::bigint << 40) | conceded);
        select quantity into most from public.inspections_concession where id = conceded;
        if (select count(*) from interlock_left_by_concession l where l.concession_id = conceded) >= most then
            raise exception 'interlock: as many vehicles have left by this concession as it is for'
                using errcode = 'integrity_constraint_violation';
        end if;
    end loop;
    return new;
end $$;

create trigger interlock_bounds before insert on inspections_concession
    for each row execute function interlock_concession_bounds();
create trigger interlock_unsigned before insert on inspections_concededvehicle
    for each row execute function interlock_concession_is_open();
create trigger interlock_bound before insert on inspections_concessionsignature
    for each row execute function interlock_concession_signature_is_bound();
create trigger interlock_four_eyes before insert on inspections_concessionsignature
    for each row execute function interlock_concession_four_eyes();
create trigger interlock_concessions before insert on inspections_delivery
    for each row execute function interlock_delivery_names_concessions();
create sequence interlock_concession_number;
"""

DROP = """
drop sequence interlock_concession_number;
drop trigger interlock_concessions on inspections_delivery;
drop trigger interlock_four_eyes on inspections_concessionsignature;
drop trigger interlock_bound on inspections_concessionsignature;
drop function interlock_concession_signature_is_bound;
drop trigger interlock_unsigned on inspections_concededvehicle;
drop trigger interlock_bounds on inspections_concession;
drop function interlock_delivery_names_concessions;
drop view interlock_left_by_concession;
drop function interlock_concession_four_eyes, interlock_concession_is_open, interlock_concession_bounds,
    interlock_reworked(bigint, bigint);
"""


def grant(apps, schema_editor):
    """The view and the sequence came after the grants of the tables."""
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("select current_user, quote_ident(%s)", [settings.APPLICATION_ROLE])
        owner, quoted = cursor.fetchone()
        if owner != settings.APPLICATION_ROLE:
            cursor.execute(f"grant select on interlock_left_by_concession to {quoted}")
            cursor.execute(f"grant usage, select on sequence interlock_concession_number to {quoted}")


class Migration(migrations.Migration):
    dependencies = [("inspections", "0004_removed_vehicles_and_type_evidence")]

    operations = [
        migrations.RunSQL(FUNCTIONS, DROP),
        migrations.RunPython(grant, migrations.RunPython.noop),
    ]
