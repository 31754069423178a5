"""Keys that nobody asks by and that cost more room than what they lead to.

A measurement is added in the statement of its inspection, numbered there, and never again; a mark is found by its
batch and car and deleted by its place; a decision, a fitting and a change of software are found by their car. Their
keys, which Django makes, would take a quarter of the record.
A gate is rewritten as results come in, at first with a long list of what is missing: that is kept compressed, with room
beside it, so that the next one stands in the same page.
"""

from django.db import migrations

DROP = """
alter table public.inspections_measurement drop constraint inspections_measurement_pkey;
alter table public.inspections_mark drop constraint inspections_mark_pkey;
alter table public.inspections_decision drop constraint inspections_decision_pkey;
alter table public.inspections_fitting drop constraint inspections_fitting_pkey;
alter table public.inspections_softwarechange drop constraint inspections_softwarechange_pkey;
alter table public.inspections_vehiclegate set (toast_tuple_target = 128, fillfactor = 80);
alter table public.inspections_vehiclegate alter column missing set storage main;
"""

RESTORE = """
alter table public.inspections_measurement add constraint inspections_measurement_pkey primary key (inspection_id, ordinal);
alter table public.inspections_mark add constraint inspections_mark_pkey primary key (id);
alter table public.inspections_decision add constraint inspections_decision_pkey primary key (id);
alter table public.inspections_fitting add constraint inspections_fitting_pkey primary key (id);
alter table public.inspections_softwarechange add constraint inspections_softwarechange_pkey primary key (id);
alter table public.inspections_vehiclegate reset (toast_tuple_target, fillfactor);
alter table public.inspections_vehiclegate alter column missing set storage extended;
"""


class Migration(migrations.Migration):
    dependencies = [("inspections", "0007_screening_four_eyes")]

    operations = [migrations.RunSQL(DROP, RESTORE)]
