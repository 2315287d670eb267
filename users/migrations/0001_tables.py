import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.datetime
import django.db.models.functions.text
import django.utils.timezone
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

import shop.encryption
import shop.fields
import shop.ids
import shop.partitions.operations
import shop.schema


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("shop", "0001_tables"),
    ]

    operations = [
        migrations.CreateModel(
            name="UserSocial",
            fields=[
                ("user_id", models.UUIDField(primary_key=True, serialize=False)),
                (
                    "followers",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.UUIDField(), size=None
                    ),
                ),
                (
                    "following",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.UUIDField(), size=None
                    ),
                ),
                (
                    "blocked",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.UUIDField(), size=None
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "user social",
                "db_table": "user_social",
                "managed": False,
            },
        ),
        migrations.CreateModel(
            name="Role",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        db_default=shop.fields.UUIDv7(),
                        default=shop.ids.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("name", models.CharField(max_length=100, unique=True)),
                (
                    "description",
                    models.TextField(blank=True, db_default="", default=""),
                ),
            ],
            options={
                "db_table": "roles",
            },
        ),
        migrations.CreateModel(
            name="ShopMember",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        db_default=shop.fields.UUIDv7(),
                        default=shop.ids.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("owner", "Owner"),
                            ("manager", "Manager"),
                            ("staff", "Staff"),
                        ],
                        db_default="staff",
                        default="staff",
                        max_length=32,
                    ),
                ),
            ],
            options={
                "db_table": "shop_members",
            },
        ),
        shop.partitions.operations.CreatePartitionedModel(
            name="UserActivity",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        db_default=shop.fields.UUIDv7(),
                        default=shop.ids.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("user_id", models.UUIDField()),
                ("activity_type", models.CharField(max_length=50)),
                ("metadata", models.JSONField(blank=True, db_default={}, default=dict)),
                ("timestamp", models.DateTimeField(default=django.utils.timezone.now)),
            ],
            by="timestamp",
            key=["id", "timestamp"],
            options={
                "verbose_name_plural": "user activities",
                "db_table": "user_activities",
            },
        ),
        migrations.CreateModel(
            name="UserConnection",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        db_default=shop.fields.UUIDv7(),
                        default=shop.ids.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("follow", "Follow"), ("block", "Block")],
                        db_default="follow",
                        default="follow",
                        max_length=32,
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(),
                        editable=False,
                    ),
                ),
            ],
            options={
                "db_table": "user_connections",
            },
        ),
        migrations.CreateModel(
            name="UserProfile",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        db_default=shop.fields.UUIDv7(),
                        default=shop.ids.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(),
                        editable=False,
                    ),
                ),
                (
                    "updated_at",
                    models.DateTimeField(
                        auto_now=True,
                        db_default=django.db.models.functions.datetime.Now(),
                    ),
                ),
                ("bio", models.TextField(blank=True, db_default="", default="")),
                (
                    "preferences",
                    models.JSONField(blank=True, db_default={}, default=dict),
                ),
                ("settings", models.JSONField(blank=True, db_default={}, default=dict)),
                (
                    "address",
                    shop.encryption.EncryptedTextField(
                        blank=True, db_default="", default=""
                    ),
                ),
                (
                    "date_of_birth",
                    shop.encryption.EncryptedDateField(blank=True, null=True),
                ),
                (
                    "gender",
                    models.CharField(
                        blank=True, db_default="", default="", max_length=32
                    ),
                ),
                ("location", models.JSONField(blank=True, null=True)),
                (
                    "language",
                    models.CharField(
                        blank=True, db_default="", default="", max_length=16
                    ),
                ),
                (
                    "timezone",
                    models.CharField(
                        blank=True, db_default="", default="", max_length=64
                    ),
                ),
            ],
            options={
                "db_table": "user_profiles",
            },
        ),
        migrations.CreateModel(
            name="UserRole",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        db_default=shop.fields.UUIDv7(),
                        default=shop.ids.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "granted_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(),
                        default=django.utils.timezone.now,
                    ),
                ),
                ("expires_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "db_table": "user_roles",
            },
        ),
        migrations.CreateModel(
            name="UserSession",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        db_default=shop.fields.UUIDv7(),
                        default=shop.ids.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("session_id", models.CharField(max_length=64, unique=True)),
                (
                    "device_type",
                    models.CharField(
                        blank=True, db_default="", default="", max_length=32
                    ),
                ),
                (
                    "device_info",
                    models.JSONField(blank=True, db_default={}, default=dict),
                ),
                ("ip_address", models.GenericIPAddressField(blank=True, null=True)),
                (
                    "last_activity",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(),
                        default=django.utils.timezone.now,
                    ),
                ),
                ("expires_at", models.DateTimeField(db_index=True)),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(),
                        editable=False,
                    ),
                ),
            ],
            options={
                "db_table": "user_sessions",
            },
        ),
        migrations.CreateModel(
            name="User",
            fields=[
                ("password", models.CharField(max_length=128, verbose_name="password")),
                (
                    "last_login",
                    models.DateTimeField(
                        blank=True, null=True, verbose_name="last login"
                    ),
                ),
                (
                    "id",
                    models.UUIDField(
                        db_default=shop.fields.UUIDv7(),
                        default=shop.ids.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "event_time",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(),
                        default=django.utils.timezone.now,
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(),
                        editable=False,
                    ),
                ),
                (
                    "updated_at",
                    models.DateTimeField(
                        auto_now=True,
                        db_default=django.db.models.functions.datetime.Now(),
                    ),
                ),
                (
                    "extra_data",
                    models.JSONField(blank=True, db_default={}, default=dict),
                ),
                ("email", models.EmailField(max_length=254)),
                (
                    "username",
                    models.CharField(
                        blank=True, max_length=150, null=True, unique=True
                    ),
                ),
                (
                    "first_name",
                    models.CharField(
                        blank=True, db_default="", default="", max_length=150
                    ),
                ),
                (
                    "last_name",
                    models.CharField(
                        blank=True, db_default="", default="", max_length=150
                    ),
                ),
                (
                    "full_name",
                    models.GeneratedField(
                        db_persist=True,
                        expression=models.Func(
                            "first_name",
                            "last_name",
                            arg_joiner=" || ' ' || ",
                            output_field=models.TextField(),
                            template="trim(%(expressions)s)",
                        ),
                        output_field=models.TextField(),
                    ),
                ),
                (
                    "phone",
                    shop.encryption.EncryptedTextField(
                        blank=True, db_default="", default=""
                    ),
                ),
                (
                    "avatar",
                    models.ImageField(
                        blank=True, db_default="", default="", upload_to="avatars/"
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("active", "Active"),
                            ("inactive", "Inactive"),
                            ("suspended", "Suspended"),
                            ("deleted", "Deleted"),
                        ],
                        db_default="active",
                        default="active",
                        max_length=32,
                    ),
                ),
                (
                    "email_verified",
                    models.BooleanField(db_default=False, default=False),
                ),
                ("is_online", models.BooleanField(db_default=False, default=False)),
                ("is_active", models.BooleanField(db_default=True, default=True)),
                (
                    "is_staff",
                    models.BooleanField(
                        db_default=False,
                        default=False,
                        help_text="May enter the admin.",
                        verbose_name="operator",
                    ),
                ),
                (
                    "is_superuser",
                    models.BooleanField(
                        db_default=False, default=False, help_text="May do everything."
                    ),
                ),
                ("last_seen", models.DateTimeField(blank=True, null=True)),
                ("metadata", models.JSONField(blank=True, db_default={}, default=dict)),
                (
                    "email_hash",
                    models.CharField(
                        db_default="",
                        db_index=True,
                        default="",
                        editable=False,
                        max_length=64,
                    ),
                ),
                (
                    "deleted_at",
                    models.DateTimeField(blank=True, editable=False, null=True),
                ),
            ],
            options={
                "db_table": "users",
                "abstract": False,
                "indexes": [
                    shop.fields.Index(fields=["status"], name="idx_users_status"),
                    shop.fields.Index(
                        fields=["-created_at"], name="idx_users_created_at"
                    ),
                    shop.fields.Index(
                        condition=models.Q(("status", "active")),
                        fields=["email"],
                        name="idx_users_email",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        django.db.models.functions.text.Lower("email"),
                        name="uk_users_lower_email",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "status__in",
                                ["active", "inactive", "suspended", "deleted"],
                            )
                        ),
                        name="chk_users_status",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "email__regex",
                                "^[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\\.[A-Za-z]{2,}$",
                            )
                        ),
                        name="chk_email_format",
                    ),
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="user",
            trigger=pgtrigger.compiler.Trigger(
                name="register",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n            INSERT INTO global_entities (event_time, entity_id, entity_type)\n            SELECT event_time, id, 'user' FROM new_rows;\n            RETURN NULL;\n        ",
                    hash="5015fda75dc971b07f523bfe5d8c7130de739a2d",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_register_f6ae5",
                    referencing="REFERENCING NEW TABLE AS new_rows ",
                    table="users",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="user",
            trigger=pgtrigger.compiler.Trigger(
                name="unregister",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n        UPDATE global_entities AS entity\n           SET extra_data = entity.extra_data\n                            || jsonb_build_object('deleted_at', now())\n          FROM old_rows\n         WHERE entity.event_time = old_rows.event_time\n           AND entity.entity_id = old_rows.id;\n        RETURN NULL;\n    ",
                    hash="48f9a6f04e686a4c9521547558dc6aadfac1bdd8",
                    level="STATEMENT",
                    operation="DELETE",
                    pgid="pgtrigger_unregister_afad5",
                    referencing="REFERENCING OLD TABLE AS old_rows ",
                    table="users",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="user",
            trigger=pgtrigger.compiler.Trigger(
                name="reregister",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.event_time IS DISTINCT FROM NEW.event_time)",
                    func="\n        UPDATE global_entities SET event_time = NEW.event_time\n         WHERE event_time = OLD.event_time AND entity_id = OLD.id;\n        RETURN NULL;\n    ",
                    hash="fccc43760a8dc7a7f22493750457695d39460d3b",
                    operation='UPDATE OF "event_time"',
                    pgid="pgtrigger_reregister_b7965",
                    table="users",
                    when="AFTER",
                ),
            ),
        ),
        migrations.AddField(
            model_name="role",
            name="permissions",
            field=models.ManyToManyField(
                blank=True,
                db_table="role_permissions",
                related_name="roles",
                to="auth.permission",
            ),
        ),
        migrations.AddField(
            model_name="shopmember",
            name="shop",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="members",
                to="shop.shop",
            ),
        ),
        migrations.AddField(
            model_name="shopmember",
            name="user",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="memberships",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddIndex(
            model_name="useractivity",
            index=shop.fields.Index(
                fields=["user_id", "timestamp"],
                name="idx_user_activities_user_id_timestamp",
            ),
        ),
        migrations.AddField(
            model_name="userconnection",
            name="target",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="connected_by",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="userconnection",
            name="user",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="connections",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="userprofile",
            name="user",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="profile",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="userrole",
            name="granted_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="userrole",
            name="role",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.RESTRICT,
                related_name="user_roles",
                to="users.role",
            ),
        ),
        migrations.AddField(
            model_name="userrole",
            name="user",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="user_roles",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="usersession",
            name="user",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="sessions",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddConstraint(
            model_name="shopmember",
            constraint=models.UniqueConstraint(
                fields=("shop", "user"), name="uk_shop_members_shop_user"
            ),
        ),
        migrations.AddConstraint(
            model_name="shopmember",
            constraint=models.CheckConstraint(
                condition=models.Q(("role__in", ["owner", "manager", "staff"])),
                name="chk_shop_members_role",
            ),
        ),
        migrations.AddConstraint(
            model_name="userconnection",
            constraint=models.UniqueConstraint(
                fields=("user", "target", "kind"),
                name="uk_user_connections_user_target_kind",
            ),
        ),
        migrations.AddConstraint(
            model_name="userconnection",
            constraint=models.CheckConstraint(
                condition=models.Q(("user", models.F("target")), _negated=True),
                name="chk_user_connections_not_self",
            ),
        ),
        migrations.AddConstraint(
            model_name="userconnection",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["follow", "block"])),
                name="chk_user_connections_kind",
            ),
        ),
        migrations.AddIndex(
            model_name="userprofile",
            index=shop.fields.GinIndex(
                fields=["preferences"], name="idx_user_profiles_preferences"
            ),
        ),
        migrations.AddConstraint(
            model_name="userrole",
            constraint=models.UniqueConstraint(
                fields=("user", "role"), name="uk_user_roles_user_role"
            ),
        ),
        shop.schema.FinishTables(),
    ]
