"""The database lets no certificate in for a car that two people did not release, whoever asks for it and how."""

from django.db import migrations

FUNCTIONS = """
create function interlock_certificate_stands() returns trigger language plpgsql as $$
begin
    if new.ordinal <> coalesce((select max(c.ordinal) from public.inspections_certificate c
        where c.kind = new.kind and case when new.kind = 'vehicle' then c.vehicle_id = new.vehicle_id
            else c.batch_id = new.batch_id end), 0) + 1
    then
        raise exception 'interlock: papers of one subject are counted without a gap'
            using errcode = 'integrity_constraint_violation';
    end if;
    if new.kind = 'vehicle' and not exists(
        select from public.inspections_vehicle v
        cross join lateral (select * from public.interlock_standing_release s where s.vehicle_id = v.id limit 1) t
        where v.id = new.vehicle_id and v.batch_id = new.batch_id and t.release_id = new.release_id
            and (v.status = 'delivered' or (v.status = 'released' and t.suspended_at is null
                and (select count(*) from public.inspections_vehiclegate g
                    where g.vehicle_id = v.id and g.state = 0) = 3)))
    then
        raise exception 'interlock: a certificate is of a car under a standing release that two people signed'
            using errcode = 'integrity_constraint_violation';
    end if;
    if new.kind = 'batch' and not exists(
        select from public.inspections_release r join public.inspections_signature s on s.release_id = r.id and s.place = 2
        where r.batch_id = new.batch_id)
    then
        raise exception 'interlock: a dossier is of a batch of which two people signed a release'
            using errcode = 'integrity_constraint_violation';
    end if;
    return new;
end $$;

create trigger interlock_released before insert on public.inspections_certificate
    for each row execute function interlock_certificate_stands();
"""

DROP = """
drop trigger interlock_released on public.inspections_certificate;
drop function interlock_certificate_stands;
"""


class Migration(migrations.Migration):
    dependencies = [("inspections", "0011_recorded_in")]

    operations = [migrations.RunSQL(FUNCTIONS, DROP)]
