"""Laws 3 and 8 for rig profiles: what somebody approved is frozen."""

from django.db import migrations

FUNCTIONS = """
create function interlock_profile_moves() returns trigger language plpgsql as $$
begin
    if old.status = 'superseded'
        or (old.status = 'approved' and new.status <> 'superseded')
        or (old.status = 'draft' and new.status = 'superseded')
        or (old.status = 'approved' and (to_jsonb(new) - 'status' - 'superseded_at')
            is distinct from (to_jsonb(old) - 'status' - 'superseded_at'))
        or (old.first_approver_id is not null and (new.first_approver_id, new.first_approved_at)
            is distinct from (old.first_approver_id, old.first_approved_at))
        or (old.first_approver_id is not null and (new.document, new.digest, new.author_id)
            is distinct from (old.document, old.digest, old.author_id))
        or (old.first_approver_id is null and new.second_approver_id is not null)
        or (new.profile_id, new.number) is distinct from (old.profile_id, old.number)
    then
        raise exception 'interlock: revision % of profile % is frozen', old.number, old.profile_id
            using errcode = 'integrity_constraint_violation', hint = 'Draft a new revision.';
    end if;
    return new;
end $$;

create trigger interlock_revision before update on inspections_profilerevision
    for each row execute function interlock_profile_moves();
"""

DROP = """
drop trigger interlock_revision on inspections_profilerevision;
drop function interlock_profile_moves;
"""


class Migration(migrations.Migration):
    dependencies = [("inspections", "0009_moved_vehicles_and_pins")]

    operations = [migrations.RunSQL(FUNCTIONS, DROP)]
