"""Law 8 in the database: nobody clears a rejected sample that they recorded themselves."""

from django.db import migrations

CREATE = """
create function interlock_screening_four_eyes() returns trigger language plpgsql as $$
begin
    if exists(
        select from public.inspections_sample s where s.id = any(new.rejected)
            and interlock_own_eyes(new.person_id,
                coalesce((select u.personnel_number from public.inspections_user u where u.id = new.person_id), ''),
                s.inspection_id))
    then
        raise exception 'interlock: nobody clears a rejected sample that they recorded themselves'
            using errcode = 'integrity_constraint_violation';
    end if;
    return new;
end $$;

create trigger interlock_four_eyes before insert on inspections_screening
    for each row execute function interlock_screening_four_eyes();
"""

DROP = """
drop trigger interlock_four_eyes on inspections_screening;
drop function interlock_screening_four_eyes;
"""


class Migration(migrations.Migration):
    dependencies = [("inspections", "0006_ledger_tells")]

    operations = [migrations.RunSQL(CREATE, DROP)]
