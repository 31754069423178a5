"""Keys that nobody asks by and that cost more room than what they lead to.

A measurement is added in the statement of its inspection, numbered there, and never again; a mark is found by its
batch and car and deleted by its place. Their unique keys, which Django makes, would take a quarter of the record.
"""

from django.db import migrations

DROP = """
alter table inspections_measurement drop constraint inspections_measurement_pkey;
alter table inspections_mark drop constraint inspections_mark_pkey;
"""

RESTORE = """
alter table inspections_measurement add constraint inspections_measurement_pkey primary key (inspection_id, ordinal);
alter table inspections_mark add constraint inspections_mark_pkey primary key (id);
"""


class Migration(migrations.Migration):
    dependencies = [("inspections", "0007_screening_four_eyes")]

    operations = [migrations.RunSQL(DROP, RESTORE)]
