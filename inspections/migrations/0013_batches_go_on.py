"""A batch goes open, testing closed, completed, one step at a time, and back from completed alone; with a car in the
plant, a nonconformance or a person's hold it is not completed, and no car comes into one that is."""

from django.db import migrations

FUNCTIONS = """
create function interlock_batch_goes_on() returns trigger language plpgsql as $$
begin
    if tg_op = 'INSERT' then
        if new.status <> 'open' then
            raise exception 'interlock: batch % begins open', new.number using errcode = 'integrity_constraint_violation';
        end if;
        return new;
    end if;
    if new.status <> old.status and (old.status, new.status) not in (
        ('open', 'testing_closed'), ('testing_closed', 'completed'), ('completed', 'testing_closed'))
    then
        raise exception 'interlock: batch % is %, it does not become %', old.number, old.status, new.status
            using errcode = 'integrity_constraint_violation';
    end if;
    if old.testing_closed_at is not null and new.testing_closed_at is distinct from old.testing_closed_at then
        raise exception 'interlock: testing of batch % was closed once', old.number
            using errcode = 'integrity_constraint_violation';
    end if;
    if old.status = new.status and new.completed_at is distinct from old.completed_at then
        raise exception 'interlock: since when batch % is completed is written as it is', old.number
            using errcode = 'integrity_constraint_violation';
    end if;
    if new.status = 'completed' and old.status <> 'completed' and (
        exists(select from public.inspections_vehicle v
            where v.batch_id = old.id and v.status in ('in_process', 'released'))
        or exists(select from public.inspections_nonconformance n where n.batch_id = old.id and n.state = 'open')
        or exists(select from public.inspections_hold h
            where h.batch_id = old.id and h.lifted_at is null and h.source = 'person'))
    then
        raise exception 'interlock: batch % is not completed: a car of it is in the plant, or something is open', old.number
            using errcode = 'integrity_constraint_violation';
    end if;
    return new;
end $$;

create function interlock_batch_takes_cars() returns trigger language plpgsql as $$
declare
    stands text;
begin
    -- The share lock makes a completion under way either come first, and be seen, or wait for this car.
    select status into stands from public.inspections_batch where id = new.batch_id for share;
    if stands = 'completed' then
        raise exception 'interlock: vehicle % is not in the plant: its batch is completed', new.vin
            using errcode = 'integrity_constraint_violation';
    end if;
    return new;
end $$;

create trigger interlock_goes_on before insert or update on inspections_batch
    for each row execute function interlock_batch_goes_on();
create trigger interlock_takes_cars before insert or update of batch_id, status on inspections_vehicle
    for each row when (new.status in ('in_process', 'released')) execute function interlock_batch_takes_cars();
"""

DROP = """
drop trigger interlock_takes_cars on inspections_vehicle;
drop trigger interlock_goes_on on inspections_batch;
drop function interlock_batch_takes_cars, interlock_batch_goes_on;
"""


class Migration(migrations.Migration):
    dependencies = [("inspections", "0012_certificates_need_a_release")]

    operations = [migrations.RunSQL(FUNCTIONS, DROP)]
