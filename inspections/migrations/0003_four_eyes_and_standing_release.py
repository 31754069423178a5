"""Law 8 in the database: nobody disposes of, or releases, what they inspected; which release of a vehicle stands."""

from django.conf import settings
from django.db import migrations

FUNCTIONS = """
create function interlock_known_as(person bigint, number text, operator text) returns boolean language sql stable as $$
    -- Whether a rig's operator is this person: by personnel number, or because an engineer mapped the one to the other.
    select operator is not null and ((number <> '' and operator = number)
        or exists(select from public.inspections_operatoralias a where a.operator = $3 and a.user_id = person))
$$;

create function interlock_own_eyes(person bigint, number text, inspection bigint) returns boolean language sql stable as $$
    -- Whether this person recorded the inspection: in a form, or as the operator that a rig named.
    select exists(select from public.inspections_inspection i where i.id = inspection
        and (i.person_id = person or interlock_known_as(person, number, i.operator)))
$$;

create function interlock_inspected(person bigint, number text, vehicle bigint) returns boolean language sql stable as $$
    -- Whether this person inspected the vehicle, or a part that is or was in it.
    select exists(select from public.inspections_inspection i where i.vehicle_id = vehicle
            and (i.person_id = person or interlock_known_as(person, number, i.operator)))
        or exists(select from public.inspections_fitting f join public.inspections_inspection i on i.component_id = f.component_id
            where f.vehicle_id = vehicle and f.fitted
                and (i.person_id = person or interlock_known_as(person, number, i.operator)))
$$;

create function interlock_disposition_four_eyes() returns trigger language plpgsql as $$
begin
    if interlock_own_eyes(new.person_id,
        coalesce((select u.personnel_number from public.inspections_user u where u.id = new.person_id), ''), new.inspection_id)
    then
        raise exception 'interlock: nobody disposes of what they recorded themselves'
            using errcode = 'integrity_constraint_violation';
    end if;
    return new;
end $$;

create function interlock_signature_four_eyes() returns trigger language plpgsql as $$
begin
    if exists(select from public.inspections_releasedvehicle rv where rv.release_id = new.release_id
        and interlock_inspected(new.signer_id, new.personnel_number, rv.vehicle_id))
    then
        raise exception 'interlock: nobody releases what they inspected themselves'
            using errcode = 'integrity_constraint_violation';
    end if;
    return new;
end $$;

create function interlock_signed_by_account(signer bigint, number text) returns boolean language sql stable as $$
    -- Whether the account is in use and has that personnel number: four eyes are told apart by both.
    select exists(select from public.inspections_user u
        where u.id = signer and u.is_active and coalesce(u.personnel_number, '') = number)
$$;

create function interlock_signature_is_bound() returns trigger language plpgsql as $$
declare
    signed record;
begin
    select digest, proposed_at, lapses_at into signed from public.inspections_release where id = new.release_id;
    if new.digest is distinct from signed.digest then
        raise exception 'interlock: a signature is bound to the digest of the release that it signs'
            using errcode = 'integrity_constraint_violation';
    end if;
    if new.signed_at < signed.proposed_at or new.signed_at >= signed.lapses_at then
        raise exception 'interlock: a release is signed after it is proposed and before it lapses'
            using errcode = 'integrity_constraint_violation';
    end if;
    if new.place <> 1 + (select count(*) from public.inspections_signature s where s.release_id = new.release_id) then
        raise exception 'interlock: signatures: places are taken in turn'
            using errcode = 'integrity_constraint_violation';
    end if;
    if not interlock_signed_by_account(new.signer_id, new.personnel_number) then
        raise exception 'interlock: a signature names an account in use by its own personnel number'
            using errcode = 'integrity_constraint_violation';
    end if;
    return new;
end $$;

create function interlock_delivery_needs_release() returns trigger language plpgsql as $$
begin
    if (select count(*) from public.inspections_signature s where s.release_id = new.release_id) <> 2
        or not exists(select from public.inspections_releasedvehicle rv
            where rv.release_id = new.release_id and rv.vehicle_id = new.vehicle_id)
    then
        raise exception 'interlock: a vehicle is delivered under a fully signed release that names it'
            using errcode = 'integrity_constraint_violation';
    end if;
    return new;
end $$;

create function interlock_release_is_open() returns trigger language plpgsql as $$
begin
    if exists(select from public.inspections_signature s where s.release_id = new.release_id) then
        raise exception 'interlock: nothing is added to a release that somebody signed'
            using errcode = 'integrity_constraint_violation';
    end if;
    return new;
end $$;

create trigger interlock_unsigned before insert on inspections_releasedvehicle
    for each row execute function interlock_release_is_open();
create trigger interlock_four_eyes before insert on inspections_disposition
    for each row execute function interlock_disposition_four_eyes();
create trigger interlock_bound before insert on inspections_signature
    for each row execute function interlock_signature_is_bound();
create trigger interlock_four_eyes before insert on inspections_signature
    for each row execute function interlock_signature_four_eyes();
create trigger interlock_signed before insert on inspections_delivery
    for each row execute function interlock_delivery_needs_release();
create sequence interlock_release_number;

-- The latest fully signed release of each vehicle. Suspended: something about the vehicle or its batch was decided
-- later and did not pass, or it was decided in another batch.
create view interlock_standing_release as
select distinct on (rv.vehicle_id) rv.vehicle_id, r.id as release_id, r.number, s.signed_at,
    (select min(d.decided_at) from public.inspections_decision d
        where d.state <> 0 and (
            (d.vehicle_id = rv.vehicle_id and case when d.batch_id = r.batch_id then d.counter > s.counter
                else d.decided_at > s.signed_at end)
            or (d.vehicle_id is null and d.batch_id = r.batch_id and d.counter > s.counter))) as suspended_at
from public.inspections_releasedvehicle rv
join public.inspections_release r on r.id = rv.release_id
join public.inspections_signature s on s.release_id = r.id and s.place = 2
order by rv.vehicle_id, r.id desc;
"""

DROP = """
drop view interlock_standing_release;
drop sequence interlock_release_number;
drop trigger interlock_signed on inspections_delivery;
drop trigger interlock_unsigned on inspections_releasedvehicle;
drop trigger interlock_four_eyes on inspections_signature;
drop trigger interlock_bound on inspections_signature;
drop trigger interlock_four_eyes on inspections_disposition;
drop function interlock_signature_is_bound, interlock_signed_by_account(bigint, text);
drop function interlock_release_is_open, interlock_delivery_needs_release, interlock_signature_four_eyes,
    interlock_disposition_four_eyes, interlock_inspected(bigint, text, bigint), interlock_own_eyes(bigint, text, bigint), interlock_known_as(bigint, text, text);
"""


def grant(apps, schema_editor):
    """The view and the sequence came after the grants of the tables."""
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("select current_user, quote_ident(%s)", [settings.APPLICATION_ROLE])
        owner, quoted = cursor.fetchone()
        if owner != settings.APPLICATION_ROLE:
            cursor.execute(f"grant select on interlock_standing_release to {quoted}")
            cursor.execute(f"grant usage, select on sequence interlock_release_number to {quoted}")


class Migration(migrations.Migration):
    dependencies = [("inspections", "0002_record_refuses_change")]

    operations = [
        migrations.RunSQL(FUNCTIONS, DROP),
        migrations.RunPython(grant, migrations.RunPython.noop),
    ]
