"""The outbox of notices: the ledger notes what is untold, and mails that were sent stay as they were sent."""

from django.conf import settings
from django.db import migrations

TOLD = [
    "batch.recount_differs",
    "batch.repinned",
    "calibration.ended",
    "characteristic.unknown",
    "concession.proposed",
    "concession.signed",
    "coverage.ended",
    "coverage.revoked",
    "delivery.doubted",
    "disagreement.found",
    "hold.lifted",
    "hold.lifted_by_list",
    "hold.listed_gone",
    "hold.placed",
    "hold.placed_by_list",
    "kept.blocks",
    "nonconformance.closed",
    "nonconformance.disposed",
    "nonconformance.opened",
    "nonconformance.taken",
    "release.lapsed",
    "release.proposed",
    "release.signed",
    "release.suspended",
    "rig.out_of_tolerance",
    "submission.quarantined",
    "vehicle.destroyed",
    "vehicle.moved",
    "vehicle.scrapped",
]
"""The acts of which somebody is told. `notices.findings.TOLD` names the same."""

KEPT = ["noticemail", "noticechoice"]

# The condition stands in the trigger itself: for every other act no function is called, and recording costs no more.
CREATE = f"""
create function interlock_untold() returns trigger language plpgsql as $$
begin
    insert into public.inspections_untold (entry_id) values (new.id);
    return null;
end $$;

create trigger interlock_untold after insert on inspections_ledgerentry for each row
    when (new.act = any(array[{", ".join(f"'{act}'" for act in TOLD)}]))
    execute function interlock_untold();
create trigger interlock_ended before update on inspections_noticemail for each row
    when (old.state in ('sent', 'refused')) execute function interlock_ended('sent or given up');
create trigger interlock_frozen before update on inspections_noticemail for each row
    execute function interlock_frozen_columns('token', 'person_id', 'pace', 'opened_at', 'closes_at');
create trigger interlock_written before update on inspections_noticemail for each row
    when (old.state = 'ready')
    execute function interlock_frozen_columns('address', 'language', 'subject', 'text', 'html', 'composed_at', 'entries');
""" + "".join(
    f"create trigger interlock_no_delete before delete on inspections_{table} for each row"
    " execute function interlock_refuse();\n"
    f"create trigger interlock_no_truncate before truncate on inspections_{table} execute function interlock_refuse();\n"
    for table in KEPT
)

DROP = (
    "".join(
        f"drop trigger interlock_no_delete on inspections_{table};\n"
        f"drop trigger interlock_no_truncate on inspections_{table};\n"
        for table in KEPT
    )
    + """
drop trigger interlock_written on inspections_noticemail;
drop trigger interlock_frozen on inspections_noticemail;
drop trigger interlock_ended on inspections_noticemail;
drop trigger interlock_untold on inspections_ledgerentry;
drop function interlock_untold;
"""
)


def revoke(apps, schema_editor):
    """What a person was told stays."""
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("select current_user, quote_ident(%s)", [settings.APPLICATION_ROLE])
        owner, quoted = cursor.fetchone()
        if owner != settings.APPLICATION_ROLE:
            for table in KEPT:
                cursor.execute(f"revoke delete, truncate on inspections_{table} from {quoted}")


class Migration(migrations.Migration):
    dependencies = [("inspections", "0005_concession_four_eyes")]

    operations = [migrations.RunSQL(CREATE, DROP), migrations.RunPython(revoke, migrations.RunPython.noop)]
