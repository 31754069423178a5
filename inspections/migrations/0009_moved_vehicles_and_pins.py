"""Law 4 for what may move on: a car's batch follows a move on record, a batch's revision a re-pinning on record."""

from django.db import migrations

FUNCTIONS = """
create function interlock_vehicle_moves_by_act() returns trigger language plpgsql as $$
begin
    if old.status <> 'in_process' or not exists(
        select from public.inspections_vehiclemove m
        join public.inspections_batch o on o.id = m.from_batch_id
        join public.inspections_batch t on t.id = m.to_batch_id and t.configuration_id = o.configuration_id
        where m.vehicle_id = old.id and m.from_batch_id = old.batch_id and m.from_sequence = old.sequence
            and m.to_batch_id = new.batch_id and m.to_sequence = new.sequence and t.status = 'open'
            and m.from_revision_id is not distinct from o.revision_id
            and m.id = (select max(l.id) from public.inspections_vehiclemove l where l.vehicle_id = old.id))
    then
        raise exception 'interlock: vehicle % is moved by an act on record, in process, to an open batch of its kind',
            old.vin using errcode = 'integrity_constraint_violation';
    end if;
    return new;
end $$;

create function interlock_batch_pinned_by_act() returns trigger language plpgsql as $$
begin
    if not exists(
        select from public.inspections_repinning r
        join public.inspections_planrevision v on v.id = r.to_revision_id and v.status <> 'draft'
        join public.inspections_controlplan p on p.id = v.plan_id and p.configuration_id = old.configuration_id
        left join public.inspections_planrevision f on f.id = old.revision_id
        where r.batch_id = old.id and r.to_revision_id = new.revision_id
            and r.from_revision_id is not distinct from old.revision_id and (f.id is null or f.number < v.number)
            and r.id = (select max(l.id) from public.inspections_repinning l where l.batch_id = old.id))
    then
        raise exception 'interlock: batch % is pinned by an act on record, to a later approved revision of its plan',
            old.number using errcode = 'integrity_constraint_violation';
    end if;
    return new;
end $$;

create function interlock_follows_vehicle() returns trigger language plpgsql as $$
begin
    if new.vehicle_id is null
        or new.batch_id <> (select v.batch_id from public.inspections_vehicle v where v.id = new.vehicle_id)
    then
        raise exception 'interlock: column batch_id of % follows the vehicle and nothing else', tg_table_name
            using errcode = 'integrity_constraint_violation';
    end if;
    return new;
end $$;

create trigger interlock_where before update on inspections_vehicle
    for each row when (old.batch_id <> new.batch_id or old.sequence <> new.sequence)
    execute function interlock_vehicle_moves_by_act();
create trigger interlock_pinned before update on inspections_batch
    for each row when (old.revision_id is distinct from new.revision_id)
    execute function interlock_batch_pinned_by_act();
create trigger interlock_follows before update on inspections_hold
    for each row when (old.batch_id <> new.batch_id) execute function interlock_follows_vehicle();
create trigger interlock_follows before update on inspections_nonconformance
    for each row when (old.batch_id <> new.batch_id) execute function interlock_follows_vehicle();
"""

DROP = """
drop trigger interlock_follows on inspections_nonconformance;
drop trigger interlock_follows on inspections_hold;
drop trigger interlock_pinned on inspections_batch;
drop trigger interlock_where on inspections_vehicle;
drop function interlock_follows_vehicle, interlock_batch_pinned_by_act, interlock_vehicle_moves_by_act;
"""


class Migration(migrations.Migration):
    dependencies = [("inspections", "0008_narrow_keys")]

    operations = [migrations.RunSQL(FUNCTIONS, DROP)]
