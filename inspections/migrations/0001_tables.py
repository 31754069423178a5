import uuid

import django.contrib.auth.models
import django.contrib.auth.validators
import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.functions.text
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import inspections.catalogue.fields
import inspections.gates.fields
import inspections.results.fields


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [
        migrations.CreateModel(
            name="User",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("password", models.CharField(max_length=128, verbose_name="password")),
                ("last_login", models.DateTimeField(blank=True, null=True, verbose_name="last login")),
                (
                    "is_superuser",
                    models.BooleanField(
                        default=False,
                        help_text="Designates that this user has all permissions without explicitly assigning them.",
                        verbose_name="superuser status",
                    ),
                ),
                (
                    "username",
                    models.CharField(
                        error_messages={"unique": "A user with that username already exists."},
                        help_text="Required. 150 characters or fewer. Letters, digits and @/./+/-/_ only.",
                        max_length=150,
                        unique=True,
                        validators=[django.contrib.auth.validators.UnicodeUsernameValidator()],
                        verbose_name="username",
                    ),
                ),
                ("first_name", models.CharField(blank=True, max_length=150, verbose_name="first name")),
                ("last_name", models.CharField(blank=True, max_length=150, verbose_name="last name")),
                ("email", models.EmailField(blank=True, max_length=254, verbose_name="email address")),
                (
                    "is_staff",
                    models.BooleanField(
                        default=False,
                        help_text="Designates whether the user can log into this admin site.",
                        verbose_name="staff status",
                    ),
                ),
                (
                    "is_active",
                    models.BooleanField(
                        default=True,
                        help_text="Designates whether this user should be treated as active. Unselect this instead of deleting accounts.",
                        verbose_name="active",
                    ),
                ),
                ("date_joined", models.DateTimeField(default=django.utils.timezone.now, verbose_name="date joined")),
                ("personnel_number", models.CharField(blank=True, max_length=32, null=True, unique=True)),
                (
                    "groups",
                    models.ManyToManyField(
                        blank=True,
                        help_text="The groups this user belongs to. A user will get all permissions granted to each of their groups.",
                        related_name="user_set",
                        related_query_name="user",
                        to="auth.group",
                        verbose_name="groups",
                    ),
                ),
                (
                    "user_permissions",
                    models.ManyToManyField(
                        blank=True,
                        help_text="Specific permissions for this user.",
                        related_name="user_set",
                        related_query_name="user",
                        to="auth.permission",
                        verbose_name="user permissions",
                    ),
                ),
            ],
            options={
                "verbose_name": "person",
                "verbose_name_plural": "people",
            },
            managers=[
                ("objects", django.contrib.auth.models.UserManager()),
            ],
        ),
        migrations.CreateModel(
            name="Batch",
            fields=[
                ("id", models.AutoField(primary_key=True, serialize=False)),
                ("number", models.CharField(max_length=64, unique=True)),
                ("planned_quantity", models.PositiveIntegerField()),
                ("line", models.CharField(max_length=32)),
                (
                    "status",
                    models.CharField(
                        choices=[("open", "Open"), ("testing_closed", "Testing closed"), ("completed", "Completed")],
                        default="open",
                        max_length=14,
                    ),
                ),
                ("opened_at", models.DateTimeField()),
                ("testing_closed_at", models.DateTimeField(null=True)),
                ("completed_at", models.DateTimeField(null=True)),
            ],
            options={
                "verbose_name_plural": "batches",
                "indexes": [
                    models.Index(fields=["opened_at"], name="batch_opened"),
                    models.Index(
                        condition=models.Q(("status", "completed"), _negated=True),
                        fields=["opened_at"],
                        name="batch_not_completed",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("planned_quantity__gt", 0)), name="batch_plans_vehicles"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("status", "open"), ("testing_closed_at__isnull", True)),
                            models.Q(models.Q(("status", "open"), _negated=True), ("testing_closed_at__isnull", False)),
                            _connector="OR",
                        ),
                        name="batch_closing_is_dated",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("completed_at__isnull", False), ("status", "completed")),
                            models.Q(models.Q(("status", "completed"), _negated=True), ("completed_at__isnull", True)),
                            _connector="OR",
                        ),
                        name="batch_completion_is_dated",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ComponentKind",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(max_length=64, unique=True)),
                ("name", models.CharField(max_length=120)),
                ("name_zh", models.CharField(blank=True, max_length=120)),
            ],
        ),
        migrations.CreateModel(
            name="Configuration",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(max_length=64, unique=True)),
                ("trim", models.CharField(max_length=64)),
                ("market", models.CharField(max_length=8)),
                ("pack_supplier", models.CharField(max_length=64)),
            ],
        ),
        migrations.CreateModel(
            name="HoldList",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.CharField(max_length=16, unique=True)),
                ("condition", models.JSONField()),
                ("reason", models.TextField()),
                ("digest", models.CharField(help_text="SHA-256 of the list as it was shown and placed", max_length=64)),
                ("placed_by", models.CharField(max_length=200)),
                ("placed_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="Inspection",
            fields=[
                ("id", models.AutoField(primary_key=True, serialize=False)),
                ("rig_id", models.IntegerField()),
                ("component_id", models.IntegerField(null=True)),
                ("lot_id", models.IntegerField(null=True)),
                ("batch_id", models.IntegerField(null=True)),
                ("procedure_id", models.IntegerField()),
                ("revision_id", models.IntegerField(null=True)),
                ("started_at", models.DateTimeField()),
                ("finished_at", models.DateTimeField()),
                ("recorded_at", models.DateTimeField()),
                ("purpose", models.SmallIntegerField(default=0)),
                ("verdict", models.SmallIntegerField()),
                ("verdict_reason", models.SmallIntegerField(default=0)),
                ("claimed", models.SmallIntegerField(null=True)),
                ("person_id", models.IntegerField(help_text="who entered it in a form", null=True)),
                ("external_id", models.CharField(max_length=128)),
                ("digest", models.BinaryField(max_length=32)),
                ("operator", models.TextField(null=True)),
                ("nonconformance", models.TextField(null=True)),
                ("software", models.JSONField(null=True)),
                (
                    "source",
                    models.JSONField(help_text="hash, adapter and profile of the file it was read from", null=True),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("component_id__isnull", False)),
                        fields=["component_id"],
                        name="inspection_component",
                    ),
                    models.Index(
                        condition=models.Q(("lot_id__isnull", False)), fields=["lot_id"], name="inspection_lot"
                    ),
                    models.Index(
                        condition=models.Q(("operator__isnull", False)), fields=["operator"], name="inspection_operator"
                    ),
                    django.contrib.postgres.indexes.BrinIndex(
                        django.contrib.postgres.indexes.OpClass("finished_at", name="timestamptz_minmax_multi_ops"),
                        autosummarize=True,
                        name="inspection_finished",
                        pages_per_range=32,
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("rig_id", "external_id"), name="inspection_external_id_once"),
                    models.CheckConstraint(
                        condition=models.Q(("finished_at__gte", models.F("started_at"))),
                        name="inspection_ends_after_start",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Procedure",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(max_length=64, unique=True)),
                ("name", models.CharField(max_length=200)),
                ("name_zh", models.CharField(blank=True, max_length=200)),
                (
                    "domain",
                    models.CharField(
                        choices=[("battery", "Battery"), ("crash", "Crash"), ("driving", "Driving")], max_length=8
                    ),
                ),
                (
                    "software_systems",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=64), blank=True, default=list, size=None
                    ),
                ),
                (
                    "component_kinds",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=64), blank=True, default=list, size=None
                    ),
                ),
                ("position_names", models.JSONField(blank=True, default=dict)),
            ],
        ),
        migrations.CreateModel(
            name="Rig",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(max_length=64, unique=True)),
                ("name", models.CharField(max_length=200)),
                ("line", models.CharField(blank=True, max_length=32)),
                ("needs_calibration", models.BooleanField(default=True)),
                ("attended", models.BooleanField(default=False)),
                ("last_heard_at", models.DateTimeField(blank=True, null=True)),
                (
                    "clock_offset",
                    models.DurationField(blank=True, help_text="its clock less ours, at the last heartbeat", null=True),
                ),
            ],
        ),
        migrations.CreateModel(
            name="RigProfile",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(max_length=64, unique=True)),
                ("adapter", models.CharField(max_length=32)),
                ("name", models.CharField(max_length=200)),
            ],
        ),
        migrations.CreateModel(
            name="SealingKey",
            fields=[
                ("key_id", models.CharField(max_length=16, primary_key=True, serialize=False)),
                ("public_pem", models.TextField()),
                ("first_used_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="SealWitness",
            fields=[
                ("place", models.CharField(max_length=200, primary_key=True, serialize=False)),
                ("told", models.BigIntegerField(default=0)),
                ("told_at", models.DateTimeField(null=True)),
                ("attempts", models.PositiveIntegerField(default=0)),
                ("next_try_at", models.DateTimeField(null=True)),
                ("last_error", models.CharField(blank=True, max_length=300)),
            ],
        ),
        migrations.CreateModel(
            name="SystemClient",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(max_length=64, unique=True)),
                ("name", models.CharField(max_length=200)),
            ],
        ),
        migrations.CreateModel(
            name="Untold",
            fields=[
                ("entry_id", models.BigIntegerField(primary_key=True, serialize=False)),
            ],
        ),
        migrations.CreateModel(
            name="VehicleModel",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(max_length=32, unique=True)),
                ("name", models.CharField(max_length=120)),
                ("name_zh", models.CharField(blank=True, max_length=120)),
            ],
        ),
        migrations.CreateModel(
            name="Decider",
            fields=[
                (
                    "batch",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="decider",
                        serialize=False,
                        to="inspections.batch",
                    ),
                ),
                ("counter", models.BigIntegerField(default=0)),
                ("decided_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="DrawSeed",
            fields=[
                (
                    "batch",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="draw_seed",
                        serialize=False,
                        to="inspections.batch",
                    ),
                ),
                ("seed", models.CharField(help_text="32 bytes, as hexadecimal digits", max_length=64)),
                ("planned_quantity", models.PositiveIntegerField()),
                ("at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="Certificate",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.CharField(max_length=16, unique=True)),
                (
                    "kind",
                    models.CharField(
                        choices=[("vehicle", "Certificate of inspection and release"), ("batch", "Batch dossier")],
                        max_length=7,
                    ),
                ),
                ("ordinal", models.PositiveIntegerField()),
                ("content", models.TextField()),
                ("digest", models.CharField(max_length=64)),
                ("facts_digest", models.CharField(max_length=64)),
                ("code", models.TextField()),
                ("key_id", models.CharField(max_length=16)),
                ("signature", models.CharField(max_length=128)),
                ("pdf_sha256", models.CharField(max_length=64)),
                ("pdf_size", models.PositiveIntegerField()),
                ("issued_by", models.CharField(max_length=200)),
                ("issuer_id", models.BigIntegerField()),
                ("issued_at", models.DateTimeField()),
                (
                    "batch",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="certificates", to="inspections.batch"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("ordinal__gt", 0)), name="certificate_counts_from_one"),
                    models.UniqueConstraint(
                        condition=models.Q(("kind", "batch")),
                        fields=("batch", "ordinal"),
                        name="certificate_dossier_once",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="CertificateRevocation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("reason", models.TextField()),
                ("revoked_by", models.CharField(max_length=200)),
                ("person_id", models.BigIntegerField()),
                ("at", models.DateTimeField()),
                (
                    "certificate",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="revocation",
                        to="inspections.certificate",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Component",
            fields=[
                ("id", models.AutoField(primary_key=True, serialize=False)),
                ("kind", models.CharField(max_length=64)),
                ("serial", models.CharField(max_length=64)),
                ("lot", models.CharField(blank=True, max_length=64)),
                ("first_seen_at", models.DateTimeField()),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("lot", ""), _negated=True), fields=["kind", "lot"], name="component_lot"
                    )
                ],
                "constraints": [models.UniqueConstraint(fields=("kind", "serial"), name="component_once")],
            },
        ),
        migrations.AddField(
            model_name="batch",
            name="configuration",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="batches", to="inspections.configuration"
            ),
        ),
        migrations.CreateModel(
            name="ControlPlan",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(max_length=64, unique=True)),
                ("name", models.CharField(max_length=200)),
                (
                    "configuration",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="plan", to="inspections.configuration"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Coverage",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.CharField(max_length=32, unique=True)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("inspection", "Passing inspection on a destroyed car"),
                            ("certificate", "Outside laboratory's certificate"),
                            ("demonstration", "Demonstration, not evidence"),
                        ],
                        max_length=13,
                    ),
                ),
                ("software", models.JSONField(default=list)),
                ("inspection_id", models.BigIntegerField(null=True)),
                ("laboratory", models.CharField(blank=True, max_length=200)),
                ("certificate", models.CharField(blank=True, max_length=120)),
                ("document", models.CharField(blank=True, max_length=200)),
                ("document_sha256", models.CharField(blank=True, max_length=64)),
                ("valid_from", models.DateTimeField()),
                ("valid_until", models.DateTimeField()),
                ("signed_by", models.CharField(max_length=200)),
                ("person_id", models.BigIntegerField(null=True)),
                ("at", models.DateTimeField()),
                (
                    "configuration",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="coverages",
                        to="inspections.configuration",
                    ),
                ),
                (
                    "procedure",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="coverages",
                        to="inspections.procedure",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("valid_until__gt", models.F("valid_from"))), name="coverage_lasts"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("kind", "inspection"), _negated=True),
                            ("inspection_id__isnull", False),
                            _connector="OR",
                        ),
                        name="coverage_names_its_inspection",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("kind", "certificate"), _negated=True),
                            models.Q(("document_sha256", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="coverage_has_its_document",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="CoverageRevocation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("reason", models.TextField()),
                ("revoked_by", models.CharField(max_length=200)),
                ("at", models.DateTimeField()),
                (
                    "coverage",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="revocation",
                        to="inspections.coverage",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Judgement",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("inspection_id", models.BigIntegerField()),
                ("ordinal", models.SmallIntegerField()),
                ("revision_id", models.BigIntegerField()),
                ("requirement_id", models.BigIntegerField(null=True)),
                ("outcome", models.SmallIntegerField()),
                ("reason", models.SmallIntegerField()),
                ("act", models.CharField(max_length=64)),
                ("at", models.DateTimeField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("inspection_id", "ordinal", "revision_id"), name="judgement_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="LedgerEntry",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("at", models.DateTimeField()),
                ("actor_kind", models.CharField(max_length=8)),
                ("actor_id", models.BigIntegerField(null=True)),
                ("actor", models.CharField(max_length=200)),
                ("act", models.CharField(max_length=64)),
                ("subject_kind", models.CharField(max_length=32)),
                ("subject", models.CharField(max_length=200)),
                ("batch", models.CharField(blank=True, max_length=64)),
                ("reason", models.TextField(blank=True)),
                ("before", models.JSONField(null=True)),
                ("after", models.JSONField(null=True)),
                ("request_id", models.CharField(blank=True, max_length=64)),
            ],
            options={
                "verbose_name": "ledger entry",
                "verbose_name_plural": "ledger",
                "indexes": [
                    models.Index(fields=["subject_kind", "subject", "id"], name="ledger_subject"),
                    models.Index(fields=["batch", "id"], name="ledger_batch"),
                    models.Index(fields=["act", "id"], name="ledger_act"),
                ],
            },
        ),
        migrations.CreateModel(
            name="ManufacturerCode",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(max_length=6, unique=True)),
                ("maker", models.CharField(max_length=120)),
                ("maker_zh", models.CharField(blank=True, max_length=120)),
                ("source", models.CharField(max_length=200)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("code__regex", "^[A-HJ-NPR-Z0-9]{3}$"),
                            ("code__regex", "^[A-HJ-NPR-Z0-9]{2}9[A-HJ-NPR-Z0-9]{3}$"),
                            _connector="OR",
                        ),
                        name="manufacturer_code_form",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Mark",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("at", models.DateTimeField()),
                ("batch_id", models.IntegerField()),
                ("vehicle_id", models.IntegerField(null=True)),
                ("domain", models.CharField(blank=True, max_length=8)),
            ],
            options={
                "indexes": [models.Index(fields=["batch_id", "vehicle_id"], name="mark_batch_vehicle")],
            },
        ),
        migrations.CreateModel(
            name="MaterialLot",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(max_length=64)),
                ("lot", models.CharField(max_length=64)),
                ("first_seen_at", models.DateTimeField()),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("kind", "lot"), name="material_lot_once")],
            },
        ),
        migrations.CreateModel(
            name="Measurement",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "inspection_id", "ordinal", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("inspection_id", models.IntegerField()),
                ("characteristic_id", models.IntegerField(null=True)),
                ("requirement_id", models.IntegerField(null=True)),
                ("ordinal", models.SmallIntegerField()),
                ("outcome", models.SmallIntegerField()),
                ("reason", models.SmallIntegerField()),
                ("claimed", inspections.results.fields.ClaimField(default=None)),
                ("value", inspections.results.fields.NumberField(default=None)),
                ("position", models.TextField(default="")),
                ("unit", inspections.results.fields.AbsentTextField(default=None)),
                ("raw", inspections.results.fields.RawField(default=None)),
                ("name", inspections.results.fields.AbsentTextField(default=None)),
            ],
            options={
                "indexes": [models.Index(fields=["inspection_id"], name="measurement_inspection")],
            },
        ),
        migrations.CreateModel(
            name="Nonconformance",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.CharField(max_length=16, unique=True)),
                ("domain", models.CharField(max_length=8)),
                ("code", models.CharField(max_length=32)),
                ("characteristic_id", models.BigIntegerField(null=True)),
                (
                    "state",
                    models.CharField(choices=[("open", "Open"), ("closed", "Closed")], default="open", max_length=6),
                ),
                ("owner_id", models.BigIntegerField(null=True)),
                ("owner", models.CharField(blank=True, max_length=200)),
                (
                    "cause_class",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("man", "Man"),
                            ("machine", "Machine"),
                            ("material", "Material"),
                            ("method", "Method"),
                            ("measurement", "Measurement"),
                            ("environment", "Environment"),
                            ("unknown", "Not known yet"),
                        ],
                        max_length=11,
                    ),
                ),
                ("cause", models.TextField(blank=True)),
                ("containment", models.TextField(blank=True)),
                ("opened_at", models.DateTimeField()),
                ("closed_at", models.DateTimeField(null=True)),
                (
                    "batch",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="nonconformances",
                        to="inspections.batch",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "closed")),
                        fields=["-closed_at", "-id"],
                        name="nonconformance_closed",
                    ),
                    models.Index(fields=["opened_at"], name="nonconformance_opened"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "cause_class__in",
                                ["", "man", "machine", "material", "method", "measurement", "environment", "unknown"],
                            )
                        ),
                        name="nonconformance_cause_class_known",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Concession",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.CharField(max_length=16, unique=True)),
                ("requirement_id", models.BigIntegerField()),
                ("characteristic_id", models.BigIntegerField()),
                (
                    "authority",
                    models.CharField(
                        choices=[("customer", "The customer"), ("engineering", "Engineering")], max_length=16
                    ),
                ),
                ("document", models.CharField(blank=True, max_length=200)),
                ("reason", models.TextField()),
                ("expires_at", models.DateTimeField(null=True)),
                ("quantity", models.PositiveIntegerField(null=True)),
                ("statement", models.TextField()),
                ("digest", models.CharField(max_length=64)),
                ("proposed_by", models.CharField(max_length=200)),
                ("proposer_id", models.BigIntegerField()),
                ("proposed_at", models.DateTimeField()),
                ("lapses_at", models.DateTimeField()),
                (
                    "batch",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="concessions", to="inspections.batch"
                    ),
                ),
                (
                    "nonconformance",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="concessions",
                        to="inspections.nonconformance",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["requirement_id"], name="concession_requirement")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("expires_at__isnull", False), ("quantity__gt", 0), _connector="OR"),
                        name="concession_says_when_it_ends",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("expires_at__isnull", True), ("expires_at__gt", models.F("proposed_at")), _connector="OR"
                        ),
                        name="concession_ends",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("authority", "customer"), _negated=True),
                            models.Q(("document", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="concession_customer_agreed",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("lapses_at__gt", models.F("proposed_at"))), name="concession_lapses"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="NoticeMail",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("token", models.UUIDField(default=uuid.uuid4, unique=True)),
                (
                    "pace",
                    models.CharField(
                        choices=[("at_once", "At once"), ("digest", "Digest"), ("none", "Never")], max_length=8
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("gathering", "Gathering"),
                            ("ready", "Ready"),
                            ("sent", "Sent"),
                            ("refused", "Refused"),
                        ],
                        default="gathering",
                        max_length=9,
                    ),
                ),
                ("opened_at", models.DateTimeField()),
                ("closes_at", models.DateTimeField()),
                ("address", models.CharField(blank=True, max_length=254)),
                ("language", models.CharField(blank=True, max_length=16)),
                ("subject", models.CharField(blank=True, max_length=200)),
                ("text", models.TextField(blank=True)),
                ("html", models.TextField(blank=True)),
                ("entries", models.PositiveIntegerField(default=0)),
                ("composed_at", models.DateTimeField(null=True)),
                ("attempts", models.PositiveIntegerField(default=0)),
                ("refusals", models.PositiveSmallIntegerField(default=0)),
                ("next_try_at", models.DateTimeField(null=True)),
                ("last_error", models.CharField(blank=True, max_length=300)),
                ("sent_at", models.DateTimeField(null=True)),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="notice_mails",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "mail",
                "verbose_name_plural": "outbox",
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "gathering")), fields=["closes_at"], name="notice_mail_closing"
                    ),
                    models.Index(
                        condition=models.Q(("state", "ready")), fields=["next_try_at"], name="notice_mail_due"
                    ),
                    models.Index(fields=["person", "-id"], name="notice_mail_person"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "gathering")),
                        fields=("person", "pace"),
                        name="notice_mail_gathers_once",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="NoticeLine",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("entry_id", models.BigIntegerField()),
                (
                    "mail",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="lines", to="inspections.noticemail"
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("mail", "entry_id"), name="notice_line_once")],
            },
        ),
        migrations.CreateModel(
            name="OperatorAlias",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("operator", models.CharField(max_length=64, unique=True)),
                ("mapped_by", models.CharField(max_length=200)),
                ("at", models.DateTimeField()),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="operator_aliases",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Photograph",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("sha256", models.CharField(max_length=64)),
                ("shown_sha256", models.CharField(max_length=64)),
                ("media_type", models.CharField(max_length=32)),
                ("size", models.BigIntegerField()),
                ("width", models.PositiveIntegerField()),
                ("height", models.PositiveIntegerField()),
                ("name", models.CharField(blank=True, max_length=200)),
                ("taken_by", models.CharField(max_length=200)),
                ("person_id", models.BigIntegerField()),
                ("at", models.DateTimeField()),
                (
                    "inspection",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="photographs",
                        to="inspections.inspection",
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("inspection", "sha256"), name="photograph_once")],
            },
        ),
        migrations.CreateModel(
            name="PlanRevision",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField()),
                (
                    "status",
                    models.CharField(
                        choices=[("draft", "Draft"), ("approved", "Approved"), ("superseded", "Superseded")],
                        default="draft",
                        max_length=10,
                    ),
                ),
                (
                    "digest",
                    models.CharField(help_text="SHA-256 of the canonical form of what is approved", max_length=64),
                ),
                ("created_at", models.DateTimeField()),
                ("first_approved_at", models.DateTimeField(null=True)),
                ("second_approved_at", models.DateTimeField(null=True)),
                ("superseded_at", models.DateTimeField(null=True)),
                ("note", models.TextField(blank=True)),
                (
                    "author",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "first_approver",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "plan",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="revisions",
                        to="inspections.controlplan",
                    ),
                ),
                (
                    "second_approver",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("second_approver__isnull", True),
                            models.Q(("second_approver", models.F("first_approver")), _negated=True),
                            _connector="OR",
                        ),
                        name="planrevision_four_eyes",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("author__isnull", True),
                            models.Q(
                                models.Q(
                                    ("first_approver__isnull", True),
                                    models.Q(("first_approver", models.F("author")), _negated=True),
                                    _connector="OR",
                                ),
                                models.Q(
                                    ("second_approver__isnull", True),
                                    models.Q(("second_approver", models.F("author")), _negated=True),
                                    _connector="OR",
                                ),
                            ),
                            _connector="OR",
                        ),
                        name="planrevision_author_does_not_approve",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("status", "draft"),
                            models.Q(
                                ("first_approver__isnull", False),
                                ("second_approver__isnull", False),
                                ("first_approved_at__isnull", False),
                                ("second_approved_at__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="planrevision_approved_by_two",
                    ),
                    models.UniqueConstraint(fields=("plan", "number"), name="revision_once"),
                    models.UniqueConstraint(
                        condition=models.Q(("status", "approved")), fields=("plan",), name="revision_one_in_force"
                    ),
                ],
            },
        ),
        migrations.AddField(
            model_name="batch",
            name="revision",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="batches",
                to="inspections.planrevision",
            ),
        ),
        migrations.CreateModel(
            name="Characteristic",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(max_length=64, unique=True)),
                ("name", models.CharField(max_length=200)),
                ("name_zh", models.CharField(blank=True, max_length=200)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("variable", "variable"),
                            ("count", "count"),
                            ("attribute", "attribute"),
                            ("identity", "identity"),
                        ],
                        max_length=9,
                    ),
                ),
                ("unit", models.CharField(blank=True, max_length=16)),
                (
                    "special",
                    models.CharField(blank=True, choices=[("CC", "Critical"), ("SC", "Significant")], max_length=2),
                ),
                ("severity", models.CharField(blank=True, max_length=8)),
                (
                    "positions",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=64), blank=True, default=list, size=None
                    ),
                ),
                ("standard", models.CharField(blank=True, max_length=120)),
                ("edition", models.CharField(blank=True, max_length=32)),
                ("clause", models.CharField(blank=True, max_length=120)),
                (
                    "confidence",
                    models.CharField(
                        choices=[
                            ("read", "Read in the standard's text"),
                            ("read-secondary", "Read in a second-hand text"),
                            ("memory-high", "Known, not read"),
                            ("memory-medium", "Known, to be checked"),
                            ("plant-default", "Plant default, not law"),
                        ],
                        default="plant-default",
                        max_length=16,
                    ),
                ),
                ("criterion", models.TextField(blank=True)),
                ("condition", models.TextField(blank=True)),
                ("software_system", models.CharField(blank=True, max_length=64)),
                ("source", models.CharField(blank=True, max_length=200)),
                ("note", models.TextField(blank=True)),
                (
                    "procedure",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="characteristics",
                        to="inspections.procedure",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("kind", "variable"), _negated=True),
                            models.Q(("unit", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="characteristic_variable_has_unit",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Release",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.CharField(max_length=16, unique=True)),
                ("revision_id", models.BigIntegerField()),
                ("statement", models.TextField()),
                ("digest", models.CharField(max_length=64)),
                ("proposed_by", models.CharField(max_length=200)),
                ("proposer_id", models.BigIntegerField()),
                ("proposed_at", models.DateTimeField()),
                ("lapses_at", models.DateTimeField()),
                (
                    "batch",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="releases", to="inspections.batch"
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["lapses_at"], name="release_lapses_at")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("lapses_at__gt", models.F("proposed_at"))), name="release_lapses"
                    )
                ],
            },
        ),
        migrations.AddField(
            model_name="certificate",
            name="release",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="certificates",
                to="inspections.release",
            ),
        ),
        migrations.CreateModel(
            name="Repinning",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("from_revision_id", models.BigIntegerField(null=True)),
                (
                    "digest",
                    models.CharField(help_text="that of the revision, as it was shown and signed", max_length=64),
                ),
                ("reason", models.TextField()),
                ("signed_by", models.CharField(max_length=200)),
                ("person_id", models.BigIntegerField()),
                ("at", models.DateTimeField()),
                (
                    "batch",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="repinnings", to="inspections.batch"
                    ),
                ),
                (
                    "to_revision",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="inspections.planrevision"
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["batch", "at"], name="repinning_batch")],
            },
        ),
        migrations.CreateModel(
            name="Requirement",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("line", models.PositiveIntegerField()),
                (
                    "positions",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=64), blank=True, default=list, size=None
                    ),
                ),
                (
                    "expression",
                    models.CharField(
                        choices=[
                            ("inside", "inside"),
                            ("outside", "outside"),
                            ("equal", "equal"),
                            ("not_equal", "not_equal"),
                            ("one_of", "one_of"),
                            ("conforms", "conforms"),
                            ("any_of", "any_of"),
                        ],
                        max_length=9,
                    ),
                ),
                ("lower", inspections.catalogue.fields.ExactDecimalField(blank=True, null=True)),
                ("upper", inspections.catalogue.fields.ExactDecimalField(blank=True, null=True)),
                ("lower_inclusive", models.BooleanField(default=True)),
                ("upper_inclusive", models.BooleanField(default=True)),
                (
                    "values",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=200), blank=True, default=list, size=None
                    ),
                ),
                ("case_sensitive", models.BooleanField(default=True)),
                (
                    "members",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.PositiveIntegerField(), blank=True, default=list, size=None
                    ),
                ),
                ("unit", models.CharField(blank=True, max_length=16)),
                ("uncertainty", inspections.catalogue.fields.ExactDecimalField(blank=True, null=True)),
                (
                    "level",
                    models.CharField(
                        choices=[("every_vehicle", "every_vehicle"), ("sample", "sample"), ("type", "type")],
                        max_length=13,
                    ),
                ),
                (
                    "special",
                    models.CharField(blank=True, choices=[("CC", "Critical"), ("SC", "Significant")], max_length=2),
                ),
                ("legal", models.BooleanField()),
                ("repeats", models.PositiveSmallIntegerField(default=0)),
                ("market", models.CharField(blank=True, max_length=8)),
                ("effective_from", models.DateField(blank=True, null=True)),
                ("effective_to", models.DateField(blank=True, null=True)),
                ("standard", models.CharField(blank=True, max_length=120)),
                ("edition", models.CharField(blank=True, max_length=32)),
                ("clause", models.CharField(blank=True, max_length=120)),
                (
                    "confidence",
                    models.CharField(
                        choices=[
                            ("read", "Read in the standard's text"),
                            ("read-secondary", "Read in a second-hand text"),
                            ("memory-high", "Known, not read"),
                            ("memory-medium", "Known, to be checked"),
                            ("plant-default", "Plant default, not law"),
                        ],
                        max_length=16,
                    ),
                ),
                ("note", models.TextField(blank=True)),
                (
                    "basis",
                    models.CharField(
                        blank=True, choices=[("per_period", "Per period"), ("per_batch", "Per batch")], max_length=10
                    ),
                ),
                (
                    "period",
                    models.CharField(
                        blank=True,
                        choices=[("shift", "Shift"), ("week", "Week"), ("month", "Month"), ("lot", "Material lot")],
                        max_length=5,
                    ),
                ),
                ("sample_size", models.PositiveIntegerField(blank=True, null=True)),
                ("acceptance", models.PositiveIntegerField(default=0)),
                (
                    "characteristic",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="requirements",
                        to="inspections.characteristic",
                    ),
                ),
                (
                    "revision",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="requirements",
                        to="inspections.planrevision",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("revision", "line"), name="requirement_line_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("repeats", 0),
                            models.Q(("legal", False), models.Q(("special", "CC"), _negated=True)),
                            _connector="OR",
                        ),
                        name="requirement_legal_has_no_free_repeats",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("acceptance", 0),
                            models.Q(("legal", False), ("level", "sample"), ("special", "")),
                            _connector="OR",
                        ),
                        name="requirement_legal_sample_accepts_zero",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("level", "sample"), _negated=True),
                            models.Q(models.Q(("basis", ""), _negated=True), ("sample_size__gt", 0)),
                            _connector="OR",
                        ),
                        name="requirement_sample_sized",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Rereading",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("adapter", models.CharField(blank=True, max_length=64)),
                ("code", models.CharField(max_length=64)),
                (
                    "submissions",
                    django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), size=None),
                ),
                ("person_id", models.BigIntegerField()),
                ("asked_by", models.CharField(max_length=200)),
                ("at", models.DateTimeField()),
                (
                    "rig",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="rereadings", to="inspections.rig"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="OutOfTolerance",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("back_to", models.DateTimeField()),
                ("found_at", models.DateTimeField()),
                ("reason", models.TextField()),
                ("recorded_at", models.DateTimeField()),
                ("recorded_by", models.CharField(max_length=200)),
                (
                    "rig",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="findings", to="inspections.rig"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("found_at__gte", models.F("back_to"))), name="out_of_tolerance_looks_back"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Calibration",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("certificate", models.CharField(max_length=120)),
                ("valid_from", models.DateTimeField()),
                ("valid_until", models.DateTimeField()),
                ("recorded_at", models.DateTimeField()),
                ("recorded_by", models.CharField(max_length=200)),
                (
                    "rig",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="calibrations", to="inspections.rig"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("valid_until__gt", models.F("valid_from"))), name="calibration_lasts"
                    ),
                    models.UniqueConstraint(fields=("rig", "certificate"), name="calibration_certificate_once"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Authorisation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("granted", models.BooleanField()),
                ("effective_at", models.DateTimeField()),
                ("recorded_at", models.DateTimeField()),
                ("recorded_by", models.CharField(max_length=200)),
                ("reason", models.TextField(blank=True)),
                (
                    "procedure",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="authorisations",
                        to="inspections.procedure",
                    ),
                ),
                (
                    "rig",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="authorisations", to="inspections.rig"
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["rig", "procedure", "effective_at"], name="authorisation_lookup")],
            },
        ),
        migrations.CreateModel(
            name="ProfileSample",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("sha256", models.CharField(max_length=64)),
                ("name", models.CharField(blank=True, max_length=255)),
                ("size", models.BigIntegerField()),
                ("uploaded_by", models.CharField(max_length=200)),
                ("at", models.DateTimeField()),
                (
                    "profile",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="samples", to="inspections.rigprofile"
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("profile", "sha256"), name="profile_sample_once")],
            },
        ),
        migrations.CreateModel(
            name="ProfileRevision",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField()),
                (
                    "status",
                    models.CharField(
                        choices=[("draft", "Draft"), ("approved", "Approved"), ("superseded", "Superseded")],
                        default="draft",
                        max_length=10,
                    ),
                ),
                (
                    "digest",
                    models.CharField(help_text="SHA-256 of the canonical form of what is approved", max_length=64),
                ),
                ("created_at", models.DateTimeField()),
                ("first_approved_at", models.DateTimeField(null=True)),
                ("second_approved_at", models.DateTimeField(null=True)),
                ("superseded_at", models.DateTimeField(null=True)),
                ("note", models.TextField(blank=True)),
                ("document", models.JSONField()),
                ("asked_at", models.DateTimeField(help_text="when its author asked for approval", null=True)),
                (
                    "author",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "first_approver",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "second_approver",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "profile",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="revisions",
                        to="inspections.rigprofile",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("second_approver__isnull", True),
                            models.Q(("second_approver", models.F("first_approver")), _negated=True),
                            _connector="OR",
                        ),
                        name="profilerevision_four_eyes",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("author__isnull", True),
                            models.Q(
                                models.Q(
                                    ("first_approver__isnull", True),
                                    models.Q(("first_approver", models.F("author")), _negated=True),
                                    _connector="OR",
                                ),
                                models.Q(
                                    ("second_approver__isnull", True),
                                    models.Q(("second_approver", models.F("author")), _negated=True),
                                    _connector="OR",
                                ),
                            ),
                            _connector="OR",
                        ),
                        name="profilerevision_author_does_not_approve",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("status", "draft"),
                            models.Q(
                                ("first_approver__isnull", False),
                                ("second_approver__isnull", False),
                                ("first_approved_at__isnull", False),
                                ("second_approved_at__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="profilerevision_approved_by_two",
                    ),
                    models.UniqueConstraint(fields=("profile", "number"), name="profile_revision_once"),
                    models.UniqueConstraint(
                        condition=models.Q(("status", "approved")), fields=("profile",), name="profile_one_in_force"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ProfileAssignment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("assigned", models.BooleanField()),
                ("effective_at", models.DateTimeField()),
                ("recorded_at", models.DateTimeField()),
                ("recorded_by", models.CharField(max_length=200)),
                ("reason", models.TextField(blank=True)),
                (
                    "rig",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="assignments", to="inspections.rig"
                    ),
                ),
                (
                    "profile",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="assignments",
                        to="inspections.rigprofile",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["rig", "effective_at"], name="assignment_lookup")],
            },
        ),
        migrations.CreateModel(
            name="Sample",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("revision_id", models.BigIntegerField()),
                ("line", models.CharField(max_length=32)),
                ("subject", models.CharField(max_length=140)),
                (
                    "characteristic_id",
                    models.BigIntegerField(help_text="the worst one, where not conforming", null=True),
                ),
                (
                    "failed",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(),
                        default=list,
                        help_text="ids of the characteristics that failed",
                        size=None,
                    ),
                ),
                ("outcome", models.SmallIntegerField()),
                ("finished_at", models.DateTimeField()),
                ("recorded_at", models.DateTimeField()),
                (
                    "configuration",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="samples",
                        to="inspections.configuration",
                    ),
                ),
                (
                    "inspection",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="samples", to="inspections.inspection"
                    ),
                ),
                (
                    "procedure",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="samples", to="inspections.procedure"
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["configuration", "procedure", "line", "finished_at"], name="sample_lookup")
                ],
                "constraints": [models.UniqueConstraint(fields=("inspection", "configuration"), name="sample_once")],
            },
        ),
        migrations.CreateModel(
            name="Screening",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("rejected", django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), size=None)),
                ("since", models.DateTimeField()),
                ("reason", models.TextField()),
                ("screened_by", models.CharField(max_length=200)),
                ("person_id", models.BigIntegerField()),
                ("at", models.DateTimeField()),
                (
                    "procedure",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="screenings",
                        to="inspections.procedure",
                    ),
                ),
            ],
            options={
                "indexes": [django.contrib.postgres.indexes.GinIndex(fields=["rejected"], name="screening_rejected")],
            },
        ),
        migrations.CreateModel(
            name="Seal",
            fields=[
                ("number", models.BigIntegerField(primary_key=True, serialize=False)),
                ("sealed_at", models.DateTimeField()),
                ("horizon", models.BigIntegerField()),
                ("leaves", models.IntegerField()),
                ("form", models.SmallIntegerField()),
                ("ledger", models.UUIDField()),
                ("previous", models.BinaryField(max_length=32)),
                ("history", models.BinaryField(max_length=32)),
                ("root", models.BinaryField(max_length=32)),
                ("parts", models.BinaryField()),
                ("nodes", models.BinaryField()),
                ("signatures", models.BinaryField()),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("horizon",), name="seal_horizon_once")],
            },
        ),
        migrations.CreateModel(
            name="Signature",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("place", models.PositiveSmallIntegerField()),
                ("signer_id", models.BigIntegerField()),
                ("personnel_number", models.CharField(max_length=32)),
                ("printed_name", models.CharField(max_length=200)),
                ("meaning", models.TextField()),
                ("digest", models.CharField(max_length=64)),
                ("signed_at", models.DateTimeField()),
                ("counter", models.BigIntegerField()),
                (
                    "release",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="signatures", to="inspections.release"
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(condition=models.Q(("place", 2)), fields=["signed_at"], name="signature_releases")
                ],
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("place__in", [1, 2])), name="signature_first_or_second"),
                    models.UniqueConstraint(fields=("release", "place"), name="signature_place_once"),
                    models.UniqueConstraint(fields=("release", "signer_id"), name="signature_four_eyes"),
                ],
            },
        ),
        migrations.CreateModel(
            name="SourceItem",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("adapter", models.CharField(max_length=32)),
                ("item", models.CharField(max_length=500)),
                ("position", models.CharField(blank=True, max_length=64)),
                (
                    "characteristic",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="source_items",
                        to="inspections.characteristic",
                    ),
                ),
                (
                    "procedure",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="source_items",
                        to="inspections.procedure",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("procedure", "adapter", "item", "position"), name="source_item_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Submission",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("sha256", models.CharField(max_length=64)),
                ("name", models.CharField(blank=True, max_length=255)),
                ("size", models.BigIntegerField()),
                ("format", models.CharField(blank=True, max_length=32)),
                ("vin", models.CharField(blank=True, max_length=17)),
                ("component_kind", models.CharField(blank=True, max_length=64)),
                ("component_serial", models.CharField(blank=True, max_length=64)),
                ("procedure", models.CharField(blank=True, max_length=64)),
                (
                    "state",
                    models.CharField(
                        choices=[("landed", "Landed"), ("recorded", "Recorded"), ("quarantined", "Quarantined")],
                        default="landed",
                        max_length=11,
                    ),
                ),
                ("adapter", models.CharField(blank=True, max_length=64)),
                ("adapter_version", models.CharField(blank=True, max_length=32)),
                ("recorded", models.PositiveIntegerField(default=0)),
                ("waiting", models.PositiveIntegerField(default=0)),
                ("refused", models.PositiveIntegerField(default=0)),
                ("reasons", models.JSONField(default=list)),
                ("received_at", models.DateTimeField()),
                ("read_at", models.DateTimeField(null=True)),
                ("reading_at", models.DateTimeField(null=True)),
                ("traced_at", models.DateTimeField(null=True)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                (
                    "profile_revision",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="submissions",
                        to="inspections.profilerevision",
                    ),
                ),
                (
                    "rig",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="submissions", to="inspections.rig"
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "landed")), fields=["received_at"], name="submission_landed"
                    ),
                    models.Index(
                        condition=models.Q(("traced_at", None)),
                        fields=["adapter", "read_at"],
                        name="submission_untraced",
                    ),
                ],
                "constraints": [models.UniqueConstraint(fields=("rig", "sha256"), name="submission_once")],
            },
        ),
        migrations.CreateModel(
            name="NamedSubject",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("external_id", models.CharField(blank=True, max_length=128)),
                ("vin", models.CharField(blank=True, max_length=17)),
                ("component_kind", models.CharField(blank=True, max_length=64)),
                ("component_serial", models.CharField(blank=True, max_length=64)),
                ("reason", models.TextField()),
                ("person_id", models.BigIntegerField()),
                ("named_by", models.CharField(max_length=200)),
                ("at", models.DateTimeField()),
                (
                    "submission",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="named_subjects",
                        to="inspections.submission",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(models.Q(("vin", ""), _negated=True), ("component_serial", "")),
                            models.Q(
                                ("vin", ""),
                                models.Q(("component_kind", ""), _negated=True),
                                models.Q(("component_serial", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="named_subject_is_one",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Kept",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("waiting", "Waiting for its vehicle"),
                            ("refused", "Refused"),
                            ("submission", "File"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[("open", "Open"), ("recorded", "Recorded"), ("set_aside", "Set aside")],
                        default="open",
                        max_length=9,
                    ),
                ),
                ("external_id", models.CharField(blank=True, max_length=128)),
                ("digest", models.BinaryField(max_length=32, null=True)),
                ("vin", models.CharField(blank=True, max_length=64)),
                ("component_kind", models.CharField(blank=True, max_length=64)),
                ("component_serial", models.CharField(blank=True, max_length=64)),
                ("procedure", models.CharField(blank=True, max_length=64)),
                ("domain", models.CharField(blank=True, max_length=8)),
                ("body", models.BinaryField(null=True)),
                ("sha256", models.CharField(max_length=64)),
                ("size", models.BigIntegerField()),
                ("media_type", models.CharField(blank=True, max_length=120)),
                ("status", models.PositiveSmallIntegerField(help_text="HTTP status that was answered")),
                ("code", models.CharField(max_length=64)),
                ("problem", models.JSONField(default=dict)),
                ("repeats", models.PositiveIntegerField(default=0)),
                ("source", models.JSONField(null=True)),
                ("stated", models.JSONField(null=True)),
                ("received_at", models.DateTimeField()),
                ("settled_at", models.DateTimeField(null=True)),
                ("settled_by", models.CharField(blank=True, max_length=200)),
                ("settled_reason", models.TextField(blank=True)),
                ("inspection_id", models.BigIntegerField(null=True)),
                (
                    "rig",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="kept",
                        to="inspections.rig",
                    ),
                ),
                (
                    "submission",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="kept",
                        to="inspections.submission",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "kept",
                "indexes": [
                    models.Index(condition=models.Q(("state", "open")), fields=["vin"], name="kept_open_vin"),
                    models.Index(
                        condition=models.Q(("state", "open")),
                        fields=["component_kind", "component_serial"],
                        name="kept_open_component",
                    ),
                    models.Index(
                        condition=models.Q(("state", "open")), fields=["rig", "external_id"], name="kept_open_id"
                    ),
                    models.Index(fields=["state", "received_at"], name="kept_inbox"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("kind", "waiting"), ("state", "open")),
                        fields=("rig", "external_id"),
                        name="waiting_once",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("kind", "refused"), ("state", "open")),
                        fields=("rig", "sha256", "code"),
                        name="refused_body_once",
                        nulls_distinct=False,
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "set_aside"), _negated=True),
                            models.Q(("settled_reason", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="setting_aside_says_why",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ApiKey",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("prefix", models.CharField(max_length=12, unique=True)),
                ("digest", models.BinaryField(max_length=32)),
                ("created_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField(blank=True, null=True)),
                ("revoked_at", models.DateTimeField(blank=True, null=True)),
                (
                    "rig",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="keys",
                        to="inspections.rig",
                    ),
                ),
                (
                    "client",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="keys",
                        to="inspections.systemclient",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("client__isnull", True), ("rig__isnull", False)),
                            models.Q(("client__isnull", False), ("rig__isnull", True)),
                            _connector="OR",
                        ),
                        name="api_key_has_one_holder",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Trace",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("external_id", models.CharField(help_text="of the inspection that it belongs to", max_length=128)),
                ("sha256", models.CharField(max_length=64)),
                ("size", models.BigIntegerField()),
                ("name", models.CharField(max_length=200)),
                ("adapter", models.CharField(help_text="what read it, with its version", max_length=80)),
                ("channels", models.JSONField(default=list)),
                ("at", models.DateTimeField()),
                (
                    "submission",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="traces", to="inspections.submission"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("submission", "external_id", "sha256"), name="trace_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="Vehicle",
            fields=[
                ("id", models.AutoField(primary_key=True, serialize=False)),
                ("vin", models.CharField(max_length=17)),
                ("sequence", models.PositiveIntegerField()),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("in_process", "In process"),
                            ("released", "Released"),
                            ("delivered", "Delivered"),
                            ("destroyed_for_test", "Destroyed for a test"),
                            ("scrapped", "Scrapped"),
                            ("transferred", "Transferred"),
                        ],
                        default="in_process",
                        max_length=18,
                    ),
                ),
                ("registered_at", models.DateTimeField()),
                (
                    "batch",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="vehicles",
                        to="inspections.batch",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(django.db.models.functions.text.Right("vin", 6), name="vehicle_vin_tail"),
                    models.Index(fields=["registered_at", "batch"], name="vehicle_registered"),
                    models.Index(
                        condition=models.Q(("status__in", ("in_process", "released"))),
                        fields=["batch", "registered_at"],
                        name="vehicle_in_plant",
                    ),
                    models.Index(
                        condition=models.Q(("status__in", ("released", "delivered"))),
                        fields=["batch", "status"],
                        name="vehicle_let_go",
                    ),
                    models.Index(
                        condition=models.Q(("status__in", ("destroyed_for_test", "scrapped", "transferred"))),
                        fields=["registered_at"],
                        name="vehicle_not_delivered",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("vin",), name="vehicle_vin_once"),
                    models.UniqueConstraint(fields=("batch", "sequence"), name="vehicle_sequence_once"),
                ],
            },
        ),
        migrations.CreateModel(
            name="SoftwareChange",
            fields=[
                ("id", models.AutoField(primary_key=True, serialize=False)),
                ("at", models.DateTimeField()),
                ("recorded_at", models.DateTimeField()),
                ("system", models.CharField(max_length=64)),
                ("version", models.CharField(max_length=120)),
                (
                    "vehicle",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="software_changes",
                        to="inspections.vehicle",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["system", "version"], name="software_version")],
                "constraints": [
                    models.UniqueConstraint(fields=("vehicle", "system", "at", "version"), name="software_change_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="ScreenedVehicle",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "screening",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="vehicles", to="inspections.screening"
                    ),
                ),
                (
                    "vehicle",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="screenings", to="inspections.vehicle"
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("screening", "vehicle"), name="screened_vehicle_once")],
            },
        ),
        migrations.CreateModel(
            name="Removal",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("in_process", "In process"),
                            ("released", "Released"),
                            ("delivered", "Delivered"),
                            ("destroyed_for_test", "Destroyed for a test"),
                            ("scrapped", "Scrapped"),
                            ("transferred", "Transferred"),
                        ],
                        max_length=18,
                    ),
                ),
                ("nonconformance", models.CharField(blank=True, max_length=32)),
                ("reason", models.TextField()),
                ("removed_by", models.CharField(max_length=200)),
                ("person_id", models.BigIntegerField()),
                ("at", models.DateTimeField()),
                (
                    "procedure",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="destroyed_for",
                        to="inspections.procedure",
                    ),
                ),
                (
                    "vehicle",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="removal", to="inspections.vehicle"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("status__in", ("destroyed_for_test", "scrapped"))),
                        name="removal_is_for_good",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("status", "scrapped"), ("procedure__isnull", False), _connector="OR"),
                        name="removal_names_the_test",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ReleasedVehicle",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("digest", models.CharField(max_length=64)),
                (
                    "conceded",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), default=list, size=None
                    ),
                ),
                (
                    "release",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="vehicles", to="inspections.release"
                    ),
                ),
                (
                    "vehicle",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="releases", to="inspections.vehicle"
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("release", "vehicle"), name="released_vehicle_once")],
            },
        ),
        migrations.CreateModel(
            name="OpenReason",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("batch_id", models.BigIntegerField()),
                ("domain", models.CharField(max_length=8)),
                ("code", models.CharField(max_length=32)),
                ("characteristic_id", models.BigIntegerField(null=True)),
                ("position", models.TextField(default="")),
                ("requirement_id", models.BigIntegerField(null=True)),
                ("inspection_id", models.BigIntegerField(null=True)),
                ("ordinal", models.SmallIntegerField(null=True)),
                ("found", models.TextField(default="")),
                ("required", models.TextField(default="")),
                ("detail", models.JSONField(default=dict)),
                (
                    "vehicle",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="open_reasons",
                        to="inspections.vehicle",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["batch_id", "domain", "code", "characteristic_id"], name="open_reason_batch")
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("vehicle", "domain", "code", "characteristic_id", "position"),
                        name="open_reason_once",
                        nulls_distinct=False,
                    )
                ],
            },
        ),
        migrations.AddField(
            model_name="nonconformance",
            name="vehicle",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="nonconformances",
                to="inspections.vehicle",
            ),
        ),
        migrations.CreateModel(
            name="ListedVehicle",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("batch_id", models.BigIntegerField()),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("in_process", "In process"),
                            ("released", "Released"),
                            ("delivered", "Delivered"),
                            ("destroyed_for_test", "Destroyed for a test"),
                            ("scrapped", "Scrapped"),
                            ("transferred", "Transferred"),
                        ],
                        max_length=18,
                    ),
                ),
                (
                    "hold_list",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="vehicles", to="inspections.holdlist"
                    ),
                ),
                (
                    "vehicle",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="hold_lists", to="inspections.vehicle"
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("hold_list", "vehicle"), name="listed_vehicle_once")],
            },
        ),
        migrations.AddField(
            model_name="inspection",
            name="vehicle",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="inspections",
                to="inspections.vehicle",
            ),
        ),
        migrations.CreateModel(
            name="Hold",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("source", models.CharField(choices=[("gate", "A gate"), ("person", "A person")], max_length=6)),
                ("domain", models.CharField(blank=True, max_length=8)),
                ("code", models.CharField(blank=True, max_length=32)),
                ("characteristic_id", models.BigIntegerField(null=True)),
                ("position", models.CharField(blank=True, max_length=64)),
                ("reason", models.TextField()),
                ("placed_by", models.CharField(max_length=200)),
                ("placed_at", models.DateTimeField()),
                ("lifted_by", models.CharField(blank=True, max_length=200)),
                ("lifted_at", models.DateTimeField(null=True)),
                ("lifted_reason", models.TextField(blank=True)),
                (
                    "batch",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="holds", to="inspections.batch"
                    ),
                ),
                (
                    "hold_list",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="holds",
                        to="inspections.holdlist",
                    ),
                ),
                (
                    "vehicle",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="holds",
                        to="inspections.vehicle",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("lifted_at__isnull", True)), fields=["vehicle"], name="hold_vehicle_open"
                    ),
                    models.Index(
                        condition=models.Q(("lifted_at__isnull", True)), fields=["batch"], name="hold_batch_open"
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("lifted_at__isnull", True), ("source", "gate"), ("vehicle__isnull", False)),
                        fields=("vehicle", "domain", "code", "characteristic_id"),
                        name="gate_hold_vehicle_once",
                        nulls_distinct=False,
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("lifted_at__isnull", True), ("source", "gate"), ("vehicle__isnull", True)),
                        fields=("batch", "domain", "code", "characteristic_id"),
                        name="gate_hold_batch_once",
                        nulls_distinct=False,
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Fitting",
            fields=[
                ("id", models.AutoField(primary_key=True, serialize=False)),
                ("fitted", models.BooleanField()),
                ("at", models.DateTimeField()),
                ("recorded_at", models.DateTimeField()),
                (
                    "component",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="fittings",
                        to="inspections.component",
                    ),
                ),
                (
                    "vehicle",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="fittings",
                        to="inspections.vehicle",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["component", "at"], name="fitting_component")],
                "constraints": [
                    models.UniqueConstraint(fields=("vehicle", "component", "at", "fitted"), name="fitting_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="Delivery",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("delivered_at", models.DateTimeField()),
                ("recorded_at", models.DateTimeField()),
                ("recorded_by", models.CharField(max_length=200)),
                (
                    "conceded",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), default=list, size=None
                    ),
                ),
                (
                    "release",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="deliveries", to="inspections.release"
                    ),
                ),
                (
                    "vehicle",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="delivery", to="inspections.vehicle"
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "deliveries",
                "indexes": [models.Index(fields=["recorded_at"], name="delivery_recorded")],
            },
        ),
        migrations.CreateModel(
            name="Decision",
            fields=[
                ("id", models.AutoField(primary_key=True, serialize=False)),
                ("revision_id", models.IntegerField(null=True)),
                ("decided_at", models.DateTimeField()),
                ("valid_until", models.DateTimeField(null=True)),
                ("counter", models.IntegerField()),
                ("state", models.SmallIntegerField()),
                ("domain", models.CharField(max_length=8)),
                ("reasons", models.JSONField(default=list)),
                ("counts", models.JSONField(null=True)),
                (
                    "batch",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="decisions",
                        to="inspections.batch",
                    ),
                ),
                (
                    "vehicle",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="decisions",
                        to="inspections.vehicle",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("vehicle__isnull", False)),
                        fields=("vehicle", "domain", "batch", "counter"),
                        name="decision_vehicle_once",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("vehicle__isnull", True)),
                        fields=("batch", "domain", "counter"),
                        name="decision_batch_once",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ConcededVehicle",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("departures", models.JSONField()),
                (
                    "concession",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="vehicles",
                        to="inspections.concession",
                    ),
                ),
                (
                    "nonconformance",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="conceded_vehicles",
                        to="inspections.nonconformance",
                    ),
                ),
                (
                    "vehicle",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="concessions",
                        to="inspections.vehicle",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("concession", "vehicle"), name="conceded_vehicle_once")
                ],
            },
        ),
        migrations.AddField(
            model_name="certificate",
            name="vehicle",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="certificates",
                to="inspections.vehicle",
            ),
        ),
        migrations.CreateModel(
            name="VehicleGate",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "vehicle_id", "domain", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("batch_id", models.IntegerField()),
                ("decided_at", models.DateTimeField()),
                ("valid_until", models.DateTimeField(null=True)),
                ("counter", models.IntegerField()),
                ("state", models.SmallIntegerField()),
                ("counted", models.BooleanField(help_text="meant for delivery, so counted in the batch's gate")),
                ("domain", models.CharField(max_length=8)),
                ("missing", inspections.gates.fields.LinesField(default=list)),
                (
                    "conceded",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), null=True, size=None
                    ),
                ),
                (
                    "vehicle",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="gates",
                        to="inspections.vehicle",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", 0), _negated=True),
                        fields=["batch_id"],
                        name="vehicle_gate_not_passed",
                    ),
                    models.Index(
                        condition=models.Q(("valid_until__isnull", False)),
                        fields=["valid_until"],
                        name="vehicle_gate_valid_until",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="DeliveryTarget",
            fields=[
                ("id", models.AutoField(primary_key=True, serialize=False)),
                ("cars_per_year", models.PositiveIntegerField()),
                (
                    "weekdays",
                    django.contrib.postgres.fields.ArrayField(base_field=models.PositiveSmallIntegerField(), size=None),
                ),
                (
                    "hours",
                    django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=11), size=None),
                ),
                (
                    "closed_days",
                    django.contrib.postgres.fields.ArrayField(base_field=models.DateField(), default=list, size=None),
                ),
                ("effective_on", models.DateField()),
                ("reason", models.TextField()),
                ("demonstration", models.BooleanField(default=False)),
                ("set_by", models.CharField(max_length=200)),
                ("person_id", models.BigIntegerField()),
                ("at", models.DateTimeField()),
                (
                    "model",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="targets",
                        to="inspections.vehiclemodel",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("weekdays__len__gt", 0), ("hours__len__gt", 0)),
                        name="target_has_working_time",
                    )
                ],
            },
        ),
        migrations.AddField(
            model_name="configuration",
            name="model",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="configurations",
                to="inspections.vehiclemodel",
            ),
        ),
        migrations.CreateModel(
            name="VehicleMove",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("from_sequence", models.PositiveIntegerField()),
                ("from_revision_id", models.BigIntegerField(null=True)),
                ("to_sequence", models.PositiveIntegerField()),
                ("to_revision_id", models.BigIntegerField(null=True)),
                ("reason", models.TextField()),
                ("moved_by", models.CharField(max_length=200)),
                ("person_id", models.BigIntegerField()),
                ("at", models.DateTimeField()),
                (
                    "from_batch",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="moved_out", to="inspections.batch"
                    ),
                ),
                (
                    "to_batch",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="moved_in", to="inspections.batch"
                    ),
                ),
                (
                    "vehicle",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="moves", to="inspections.vehicle"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("from_batch", models.F("to_batch")), _negated=True),
                        name="move_goes_elsewhere",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Void",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("reason", models.TextField()),
                ("voided_by", models.CharField(max_length=200)),
                ("person_id", models.BigIntegerField()),
                ("at", models.DateTimeField()),
                (
                    "inspection",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="void", to="inspections.inspection"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="NoticeChoice",
            fields=[
                (
                    "person",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="notice_choice",
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("language", models.CharField(max_length=16)),
                ("time_zone", models.CharField(max_length=64)),
                ("digest_hour", models.PositiveSmallIntegerField()),
                ("paces", models.JSONField(default=dict)),
                ("chosen_at", models.DateTimeField()),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("digest_hour__lt", 24)), name="notice_digest_hour")
                ],
            },
        ),
        migrations.CreateModel(
            name="BatchGate",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "batch_id", "domain", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("domain", models.CharField(max_length=8)),
                ("state", models.SmallIntegerField()),
                ("reasons", models.JSONField(default=list)),
                (
                    "mismatch",
                    models.JSONField(help_text="what a recount found different; null once one agrees", null=True),
                ),
                ("valid_until", models.DateTimeField(null=True)),
                ("passed", models.IntegerField(default=0)),
                ("failed", models.IntegerField(default=0)),
                ("pending", models.IntegerField(default=0)),
                ("codes", models.JSONField(default=dict)),
                ("decided_at", models.DateTimeField()),
                ("counter", models.BigIntegerField()),
                (
                    "batch",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="gates",
                        to="inspections.batch",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("valid_until__isnull", False)),
                        fields=["valid_until"],
                        name="batch_gate_valid_until",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ConcessionSignature",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("place", models.PositiveSmallIntegerField()),
                ("signer_id", models.BigIntegerField()),
                ("personnel_number", models.CharField(max_length=32)),
                ("printed_name", models.CharField(max_length=200)),
                ("meaning", models.TextField()),
                ("digest", models.CharField(max_length=64)),
                ("signed_at", models.DateTimeField()),
                ("role", models.CharField(max_length=16)),
                (
                    "concession",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="signatures",
                        to="inspections.concession",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("place__in", [1, 2])), name="concession_signature_first_or_second"
                    ),
                    models.UniqueConstraint(fields=("concession", "place"), name="concession_signature_place_once"),
                    models.UniqueConstraint(fields=("concession", "signer_id"), name="concession_signature_four_eyes"),
                ],
            },
        ),
        migrations.CreateModel(
            name="FileFinding",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("ordinal", models.SmallIntegerField()),
                ("item", models.CharField(max_length=500)),
                ("code", models.CharField(max_length=32)),
                ("of_file", models.CharField(max_length=400)),
                ("of_plan", models.CharField(max_length=400)),
                ("recorded_at", models.DateTimeField()),
                (
                    "inspection",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="file_findings",
                        to="inspections.inspection",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("inspection", "ordinal", "code"), name="file_finding_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="Disposition",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("inspection_id", models.BigIntegerField()),
                ("ordinal", models.SmallIntegerField()),
                ("kind", models.CharField(max_length=20)),
                ("reason", models.TextField()),
                ("parts", models.JSONField(default=list)),
                ("repeats", models.JSONField(default=list, help_text="ids of the characteristics to measure again")),
                ("done_at", models.DateTimeField()),
                ("disposed_by", models.CharField(max_length=200)),
                ("person_id", models.BigIntegerField()),
                ("at", models.DateTimeField()),
                (
                    "nonconformance",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="dispositions",
                        to="inspections.nonconformance",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["inspection_id", "ordinal"], name="disposition_measurement")],
            },
        ),
        migrations.AddIndex(
            model_name="nonconformance",
            index=models.Index(
                condition=models.Q(("state", "open")), fields=["vehicle"], name="nonconformance_vehicle_open"
            ),
        ),
        migrations.AddConstraint(
            model_name="nonconformance",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "open")),
                fields=("batch", "vehicle", "domain", "code", "characteristic_id"),
                name="nonconformance_open_once",
                nulls_distinct=False,
            ),
        ),
        migrations.AddIndex(
            model_name="inspection",
            index=models.Index(
                condition=models.Q(("vehicle__isnull", False)), fields=["vehicle"], name="inspection_vehicle"
            ),
        ),
        migrations.AddConstraint(
            model_name="inspection",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("component_id__isnull", True), ("lot_id__isnull", True), ("vehicle__isnull", False)),
                    models.Q(("component_id__isnull", False), ("lot_id__isnull", True), ("vehicle__isnull", True)),
                    models.Q(("component_id__isnull", True), ("lot_id__isnull", False), ("vehicle__isnull", True)),
                    _connector="OR",
                ),
                name="inspection_has_one_subject",
            ),
        ),
        migrations.AddConstraint(
            model_name="certificate",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind", "vehicle"), ("release__isnull", False), ("vehicle__isnull", False)),
                    models.Q(("kind", "batch"), ("release__isnull", True), ("vehicle__isnull", True)),
                    _connector="OR",
                ),
                name="certificate_has_its_subject",
            ),
        ),
        migrations.AddConstraint(
            model_name="certificate",
            constraint=models.UniqueConstraint(fields=("vehicle", "ordinal"), name="certificate_vehicle_once"),
        ),
    ]
