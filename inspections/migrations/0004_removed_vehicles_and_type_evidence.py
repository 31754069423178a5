"""Cars taken out of delivery stay out; coverage by inspection rests on a destroyed car and on another pair of eyes."""

from django.conf import settings
from django.db import migrations

FUNCTIONS = """
create function interlock_vehicle_stays_out() returns trigger language plpgsql as $$
begin
    if tg_op = 'UPDATE' and old.status in ('destroyed_for_test', 'scrapped', 'delivered') then
        if new.status <> old.status or (old.status <> 'delivered' and new.batch_id <> old.batch_id) then
            raise exception 'interlock: vehicle % is %, it stays so', old.vin, old.status
                using errcode = 'integrity_constraint_violation';
        end if;
    elsif new.status in ('destroyed_for_test', 'scrapped') and not exists(
        select from public.inspections_removal r where r.vehicle_id = new.id and r.status = new.status)
    then
        raise exception 'interlock: vehicle % becomes % by an act on record', new.vin, new.status
            using errcode = 'integrity_constraint_violation';
    end if;
    return new;
end $$;

create function interlock_removal_of_what_is_here() returns trigger language plpgsql as $$
declare
    stands text;
begin
    select status into stands from public.inspections_vehicle where id = new.vehicle_id for no key update;
    if stands <> 'in_process' and (stands <> 'released' or new.status <> 'scrapped') then
        raise exception 'interlock: a vehicle that is % is not made %', stands, new.status
            using errcode = 'integrity_constraint_violation';
    end if;
    return new;
end $$;

create function interlock_coverage_rests_on() returns trigger language plpgsql as $$
declare
    test record;
begin
    if new.kind <> 'inspection' then
        return new;
    end if;
    select i.procedure_id, i.verdict, v.status, b.configuration_id, tested.configuration_id as tested_configuration_id,
        interlock_own_eyes(new.person_id, coalesce(
            (select u.personnel_number from public.inspections_user u where u.id = new.person_id), ''), i.id) as own_eyes,
        exists(select from public.inspections_void w where w.inspection_id = i.id) as voided
        into test from public.inspections_inspection i
        join public.inspections_vehicle v on v.id = i.vehicle_id
        join public.inspections_batch b on b.id = v.batch_id
        join public.inspections_batch tested on tested.id = i.batch_id
        where i.id = new.inspection_id;
    if test is null or test.status <> 'destroyed_for_test' or test.verdict <> 0 or test.voided
        or test.procedure_id <> new.procedure_id
        or (test.configuration_id, test.tested_configuration_id) <> (new.configuration_id, new.configuration_id)
    then
        raise exception 'interlock: coverage rests on a passing inspection of a destroyed car of its configuration'
            using errcode = 'integrity_constraint_violation';
    end if;
    if test.own_eyes then
        raise exception 'interlock: nobody signs coverage by what they recorded themselves'
            using errcode = 'integrity_constraint_violation';
    end if;
    return new;
end $$;

create function interlock_removed_is_not_delivered() returns trigger language plpgsql as $$
begin
    if exists(select from public.inspections_removal r where r.vehicle_id = new.vehicle_id) then
        raise exception 'interlock: vehicle % was taken out of delivery', new.vehicle_id
            using errcode = 'integrity_constraint_violation';
    end if;
    return new;
end $$;

create trigger interlock_not_removed before insert on inspections_delivery
    for each row execute function interlock_removed_is_not_delivered();
create trigger interlock_stays_out before insert or update on inspections_vehicle
    for each row execute function interlock_vehicle_stays_out();
create trigger interlock_here before insert on inspections_removal
    for each row execute function interlock_removal_of_what_is_here();
create trigger interlock_rests_on before insert on inspections_coverage
    for each row execute function interlock_coverage_rests_on();
create sequence interlock_coverage_number;
"""

DROP = """
drop sequence interlock_coverage_number;
drop trigger interlock_rests_on on inspections_coverage;
drop trigger interlock_here on inspections_removal;
drop trigger interlock_not_removed on inspections_delivery;
drop trigger interlock_stays_out on inspections_vehicle;
drop function interlock_coverage_rests_on, interlock_removal_of_what_is_here, interlock_vehicle_stays_out,
    interlock_removed_is_not_delivered;
"""


def grant(apps, schema_editor):
    """The sequence came after the grants of the tables."""
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("select current_user, quote_ident(%s)", [settings.APPLICATION_ROLE])
        owner, quoted = cursor.fetchone()
        if owner != settings.APPLICATION_ROLE:
            cursor.execute(f"grant usage, select on sequence interlock_coverage_number to {quoted}")


class Migration(migrations.Migration):
    dependencies = [("inspections", "0003_four_eyes_and_standing_release")]

    operations = [
        migrations.RunSQL(FUNCTIONS, DROP),
        migrations.RunPython(grant, migrations.RunPython.noop),
    ]
