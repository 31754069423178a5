"""Which transaction recorded a row, for the sealer: it takes what lies below the oldest transaction still running.

Rows become visible out of the order of their ids. The models do not know the column: PostgreSQL fills it. The large
tables find their newest rows by a summary of a hundredth of a byte a row.
"""

from django.db import migrations

SEALED = [
    "ledgerentry",
    "inspection",
    "judgement",
    "void",
    "sample",
    "decision",
    "coverage",
    "coveragerevocation",
    "disposition",
    "concession",
    "concededvehicle",
    "concessionsignature",
    "holdlist",
    "listedvehicle",
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
    "certificate",
    "certificaterevocation",
]
"""`sealing.canonical.TABLES` names the same. What was there before has the smallest number: it is sealed first."""

LARGE = [
    "ledgerentry",
    "inspection",
    "judgement",
    "sample",
    "decision",
    "fitting",
    "softwarechange",
    "listedvehicle",
    "releasedvehicle",
    "delivery",
    "photograph",
    "trace",
    "filefinding",
]

CREATE = "".join(
    f"alter table inspections_{table} add column recorded_in bigint not null default 3;\n"
    f"alter table inspections_{table} alter column recorded_in set default pg_current_xact_id()::text::bigint;\n"
    for table in SEALED
) + "".join(
    f"create index {table}_recorded_in on inspections_{table} using brin (recorded_in)"
    " with (pages_per_range = 16, autosummarize = on);\n"
    for table in LARGE
)
DROP = "".join(f"alter table inspections_{table} drop column recorded_in;\n" for table in SEALED)


class Migration(migrations.Migration):
    dependencies = [("inspections", "0010_profile_four_eyes")]

    operations = [migrations.RunSQL(CREATE, DROP)]
