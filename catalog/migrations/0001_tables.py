from decimal import Decimal

import django.contrib.postgres.fields
import django.contrib.postgres.search
import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.datetime
import django.utils.timezone
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

import shop.fields
import shop.ids
import shop.partitions.operations
import shop.schema


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("shop", "0002_shop_owner"),
        ("users", "__first__"),
    ]

    operations = [
        migrations.CreateModel(
            name="Brand",
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
                ("name", models.CharField(max_length=255, unique=True)),
                ("slug", models.SlugField(max_length=255, unique=True)),
                (
                    "logo",
                    models.ImageField(
                        blank=True, db_default="", default="", upload_to="brands/"
                    ),
                ),
                (
                    "description",
                    models.TextField(blank=True, db_default="", default=""),
                ),
                ("website_url", models.URLField(blank=True, db_default="", default="")),
                ("is_active", models.BooleanField(db_default=True, default=True)),
            ],
            options={
                "db_table": "brands",
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="Category",
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
                ("name", models.CharField(max_length=255)),
                ("slug", models.SlugField(max_length=255, unique=True)),
                (
                    "description",
                    models.TextField(blank=True, db_default="", default=""),
                ),
                (
                    "image",
                    models.ImageField(
                        blank=True, db_default="", default="", upload_to="categories/"
                    ),
                ),
                ("is_active", models.BooleanField(db_default=True, default=True)),
                ("sort_order", models.IntegerField(db_default=0, default=0)),
            ],
            options={
                "verbose_name_plural": "categories",
                "db_table": "categories",
                "ordering": ["sort_order", "name"],
                "abstract": False,
            },
        ),
        shop.partitions.operations.CreatePartitionedModel(
            name="InventoryLog",
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
                ("product_id", models.UUIDField()),
                ("variant_id", models.UUIDField()),
                ("old_quantity", models.IntegerField()),
                ("new_quantity", models.IntegerField()),
                ("adjustment", models.IntegerField()),
                (
                    "reason",
                    models.CharField(
                        choices=[
                            ("opening", "Opening"),
                            ("import", "Import"),
                            ("count", "Count"),
                            ("correction", "Correction"),
                            ("sale", "Sale"),
                            ("return", "Return"),
                            ("damage", "Damage"),
                        ],
                        max_length=32,
                    ),
                ),
                ("notes", models.TextField(blank=True, db_default="", default="")),
                ("user_id", models.UUIDField(null=True)),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(),
                        default=django.utils.timezone.now,
                    ),
                ),
            ],
            by="created_at",
            key=["id", "created_at"],
            options={
                "db_table": "inventory_logs",
            },
        ),
        shop.partitions.operations.CreatePartitionedModel(
            name="PriceChange",
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
                ("variant_id", models.UUIDField()),
                ("product_id", models.UUIDField()),
                (
                    "old_price",
                    models.DecimalField(
                        blank=True, decimal_places=2, max_digits=12, null=True
                    ),
                ),
                (
                    "new_price",
                    models.DecimalField(
                        db_default=Decimal("0.00"),
                        decimal_places=2,
                        default=Decimal("0.00"),
                        max_digits=12,
                    ),
                ),
                (
                    "changed_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(),
                        default=django.utils.timezone.now,
                    ),
                ),
                ("user_id", models.UUIDField(null=True)),
            ],
            by="changed_at",
            key=["id", "changed_at"],
            options={
                "verbose_name_plural": "price history",
                "db_table": "price_history",
            },
        ),
        migrations.CreateModel(
            name="Product",
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
                ("sku", models.CharField(max_length=100)),
                ("name", models.CharField(max_length=255)),
                ("slug", models.SlugField(max_length=255, unique=True)),
                (
                    "description",
                    models.TextField(blank=True, db_default="", default=""),
                ),
                (
                    "short_description",
                    models.TextField(blank=True, db_default="", default=""),
                ),
                (
                    "price",
                    models.DecimalField(
                        db_default=Decimal("0.00"),
                        decimal_places=2,
                        default=Decimal("0.00"),
                        max_digits=12,
                    ),
                ),
                (
                    "compare_price",
                    models.DecimalField(
                        blank=True, decimal_places=2, max_digits=12, null=True
                    ),
                ),
                (
                    "cost_price",
                    models.DecimalField(
                        blank=True, decimal_places=2, max_digits=12, null=True
                    ),
                ),
                ("currency", models.CharField(max_length=3)),
                ("track_inventory", models.BooleanField(db_default=True, default=True)),
                (
                    "weight",
                    models.DecimalField(
                        blank=True,
                        decimal_places=2,
                        max_digits=8,
                        null=True,
                        verbose_name="weight in grams",
                    ),
                ),
                (
                    "dimensions",
                    models.JSONField(
                        blank=True,
                        db_default={},
                        default=dict,
                        verbose_name="length, width, height in millimetres",
                    ),
                ),
                (
                    "tags",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=100),
                        blank=True,
                        db_default=models.Value(
                            [],
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(max_length=100), size=None
                            ),
                        ),
                        default=list,
                        size=None,
                    ),
                ),
                (
                    "attributes",
                    models.JSONField(blank=True, db_default={}, default=dict),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("draft", "Draft"),
                            ("active", "Active"),
                            ("archived", "Archived"),
                        ],
                        db_default="draft",
                        default="draft",
                        max_length=32,
                    ),
                ),
                (
                    "seo_title",
                    models.CharField(
                        blank=True, db_default="", default="", max_length=255
                    ),
                ),
                (
                    "seo_description",
                    models.TextField(blank=True, db_default="", default=""),
                ),
                ("is_featured", models.BooleanField(db_default=False, default=False)),
                (
                    "rating_average",
                    models.DecimalField(
                        db_default=Decimal("0"),
                        decimal_places=2,
                        default=Decimal("0"),
                        max_digits=3,
                    ),
                ),
                ("review_count", models.IntegerField(db_default=0, default=0)),
                (
                    "search_vector",
                    models.GeneratedField(
                        db_persist=True,
                        expression=django.contrib.postgres.search.CombinedSearchVector(
                            django.contrib.postgres.search.CombinedSearchVector(
                                django.contrib.postgres.search.CombinedSearchVector(
                                    django.contrib.postgres.search.SearchVector(
                                        "name", config="english", weight="A"
                                    ),
                                    "||",
                                    django.contrib.postgres.search.SearchVector(
                                        "sku", config="simple", weight="A"
                                    ),
                                    django.contrib.postgres.search.SearchConfig(
                                        "english"
                                    ),
                                ),
                                "||",
                                django.contrib.postgres.search.SearchVector(
                                    "short_description", config="english", weight="B"
                                ),
                                django.contrib.postgres.search.SearchConfig("english"),
                            ),
                            "||",
                            django.contrib.postgres.search.SearchVector(
                                "description", config="english", weight="C"
                            ),
                            django.contrib.postgres.search.SearchConfig("english"),
                        ),
                        output_field=django.contrib.postgres.search.SearchVectorField(),
                    ),
                ),
            ],
            options={
                "db_table": "products",
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="ProductImage",
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
                    "src",
                    models.ImageField(
                        height_field="height",
                        upload_to="products/",
                        width_field="width",
                    ),
                ),
                ("width", models.IntegerField(editable=False, null=True)),
                ("height", models.IntegerField(editable=False, null=True)),
                (
                    "hue",
                    models.SmallIntegerField(
                        choices=[
                            (0, "Red"),
                            (1, "Orange"),
                            (2, "Yellow"),
                            (3, "Green"),
                            (4, "Teal"),
                            (5, "Blue"),
                            (6, "Indigo"),
                            (7, "Violet"),
                            (8, "Pink"),
                        ],
                        db_default=2,
                        default=2,
                        editable=False,
                    ),
                ),
                ("alt", models.TextField(blank=True, db_default="", default="")),
                ("position", models.IntegerField(db_default=0, default=0)),
                ("is_primary", models.BooleanField(db_default=False, default=False)),
            ],
            options={
                "db_table": "product_images",
                "ordering": ["-is_primary", "position", "id"],
            },
        ),
        migrations.CreateModel(
            name="ProductReview",
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
                (
                    "customer_id",
                    models.UUIDField(blank=True, editable=False, null=True),
                ),
                (
                    "review_ref",
                    models.CharField(
                        blank=True, editable=False, max_length=255, null=True
                    ),
                ),
                ("rating", models.SmallIntegerField()),
                (
                    "title",
                    models.CharField(
                        blank=True, db_default="", default="", max_length=255
                    ),
                ),
                ("review", models.TextField(blank=True, db_default="", default="")),
                (
                    "is_verified_purchase",
                    models.BooleanField(db_default=False, default=False),
                ),
                ("is_approved", models.BooleanField(db_default=False, default=False)),
                ("helpful_count", models.IntegerField(db_default=0, default=0)),
            ],
            options={
                "db_table": "product_reviews",
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="ProductTag",
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
            ],
            options={
                "db_table": "product_tags",
            },
        ),
        migrations.CreateModel(
            name="ProductVariant",
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
                ("sku", models.CharField(max_length=100)),
                (
                    "name",
                    models.CharField(
                        blank=True, db_default="", default="", max_length=255
                    ),
                ),
                (
                    "price",
                    models.DecimalField(
                        db_default=Decimal("0.00"),
                        decimal_places=2,
                        default=Decimal("0.00"),
                        max_digits=12,
                    ),
                ),
                (
                    "compare_price",
                    models.DecimalField(
                        blank=True, decimal_places=2, max_digits=12, null=True
                    ),
                ),
                (
                    "cost_price",
                    models.DecimalField(
                        blank=True, decimal_places=2, max_digits=12, null=True
                    ),
                ),
                (
                    "weight",
                    models.DecimalField(
                        blank=True,
                        decimal_places=2,
                        max_digits=8,
                        null=True,
                        verbose_name="weight in grams",
                    ),
                ),
                (
                    "barcode",
                    models.CharField(
                        blank=True, db_default="", default="", max_length=100
                    ),
                ),
                ("inventory_quantity", models.IntegerField(db_default=0, default=0)),
                ("reserved_quantity", models.IntegerField(db_default=0, default=0)),
                (
                    "inventory_policy",
                    models.CharField(
                        choices=[("deny", "Deny"), ("continue", "Continue")],
                        db_default="deny",
                        default="deny",
                        max_length=32,
                    ),
                ),
                (
                    "inventory_tracking",
                    models.BooleanField(db_default=True, default=True),
                ),
                (
                    "requires_shipping",
                    models.BooleanField(db_default=True, default=True),
                ),
                ("taxable", models.BooleanField(db_default=True, default=True)),
                ("position", models.IntegerField(db_default=0, default=0)),
                (
                    "option1",
                    models.CharField(
                        blank=True, db_default="", default="", max_length=100
                    ),
                ),
                (
                    "option2",
                    models.CharField(
                        blank=True, db_default="", default="", max_length=100
                    ),
                ),
                (
                    "option3",
                    models.CharField(
                        blank=True, db_default="", default="", max_length=100
                    ),
                ),
            ],
            options={
                "db_table": "product_variants",
                "ordering": ["position", "id"],
                "abstract": False,
            },
        ),
        shop.partitions.operations.CreatePartitionedModel(
            name="ProductView",
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
                ("product_id", models.UUIDField()),
                ("user_id", models.UUIDField(null=True)),
                (
                    "session_id",
                    models.CharField(
                        blank=True, db_default="", default="", max_length=64
                    ),
                ),
                ("ip_address", models.GenericIPAddressField(null=True)),
                ("user_agent", models.TextField(blank=True, db_default="", default="")),
                (
                    "viewed_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(),
                        default=django.utils.timezone.now,
                    ),
                ),
            ],
            by="viewed_at",
            key=["id", "viewed_at"],
            options={
                "verbose_name_plural": "product view history",
                "db_table": "product_view_history",
            },
        ),
        migrations.CreateModel(
            name="StockAlert",
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
                    "email",
                    models.EmailField(
                        blank=True, db_default="", default="", max_length=254
                    ),
                ),
                ("notified_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "db_table": "stock_alerts",
            },
        ),
        migrations.CreateModel(
            name="StockReservation",
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
                ("checkout_id", models.UUIDField(db_index=True)),
                ("quantity", models.IntegerField()),
                ("expires_at", models.DateTimeField()),
            ],
            options={
                "db_table": "stock_reservations",
            },
        ),
        migrations.CreateModel(
            name="Tag",
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
                ("slug", models.SlugField(max_length=100, unique=True)),
            ],
            options={
                "db_table": "tags",
            },
        ),
        migrations.CreateModel(
            name="Wishlist",
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
                ("name", models.CharField(max_length=255)),
                (
                    "share_token",
                    models.CharField(blank=True, max_length=64, null=True, unique=True),
                ),
            ],
            options={
                "db_table": "wishlists",
            },
        ),
        migrations.CreateModel(
            name="WishlistItem",
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
            ],
            options={
                "db_table": "wishlist_items",
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="brand",
            trigger=pgtrigger.compiler.Trigger(
                name="register",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n            INSERT INTO global_entities (event_time, entity_id, entity_type)\n            SELECT event_time, id, 'brand' FROM new_rows;\n            RETURN NULL;\n        ",
                    hash="a9582751e765842057505b658c7800801277cd22",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_register_ef296",
                    referencing="REFERENCING NEW TABLE AS new_rows ",
                    table="brands",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="brand",
            trigger=pgtrigger.compiler.Trigger(
                name="unregister",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n        UPDATE global_entities AS entity\n           SET extra_data = entity.extra_data\n                            || jsonb_build_object('deleted_at', now())\n          FROM old_rows\n         WHERE entity.event_time = old_rows.event_time\n           AND entity.entity_id = old_rows.id;\n        RETURN NULL;\n    ",
                    hash="4b7fadb99465f6106f30f902bb0e74be2af061f0",
                    level="STATEMENT",
                    operation="DELETE",
                    pgid="pgtrigger_unregister_5123b",
                    referencing="REFERENCING OLD TABLE AS old_rows ",
                    table="brands",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="brand",
            trigger=pgtrigger.compiler.Trigger(
                name="reregister",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.event_time IS DISTINCT FROM NEW.event_time)",
                    func="\n        UPDATE global_entities SET event_time = NEW.event_time\n         WHERE event_time = OLD.event_time AND entity_id = OLD.id;\n        RETURN NULL;\n    ",
                    hash="8a2a78d1041be5d9aa966851ba74282231761d42",
                    operation='UPDATE OF "event_time"',
                    pgid="pgtrigger_reregister_ad274",
                    table="brands",
                    when="AFTER",
                ),
            ),
        ),
        migrations.AddField(
            model_name="category",
            name="parent",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="children",
                to="catalog.category",
            ),
        ),
        migrations.AddIndex(
            model_name="inventorylog",
            index=shop.fields.Index(
                fields=["variant_id", "created_at"],
                name="idx_inventory_logs_variant_id_created_at",
            ),
        ),
        migrations.AddIndex(
            model_name="inventorylog",
            index=shop.fields.Index(
                fields=["product_id", "created_at"],
                name="idx_inventory_logs_product_id_created_at",
            ),
        ),
        migrations.AddIndex(
            model_name="inventorylog",
            index=shop.fields.Index(
                fields=["created_at"], name="idx_inventory_logs_created_at"
            ),
        ),
        migrations.AddConstraint(
            model_name="inventorylog",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "new_quantity",
                        django.db.models.expressions.CombinedExpression(
                            models.F("old_quantity"), "+", models.F("adjustment")
                        ),
                    )
                ),
                name="chk_inventory_logs_sum",
            ),
        ),
        migrations.AddIndex(
            model_name="pricechange",
            index=shop.fields.Index(
                fields=["variant_id", "changed_at"],
                name="idx_price_history_variant_id_changed_at",
            ),
        ),
        migrations.AddIndex(
            model_name="pricechange",
            index=shop.fields.Index(
                fields=["product_id", "changed_at"],
                name="idx_price_history_product_id_changed_at",
            ),
        ),
        migrations.AddIndex(
            model_name="pricechange",
            index=shop.fields.Index(
                fields=["changed_at"], name="idx_price_history_changed_at"
            ),
        ),
        migrations.AddField(
            model_name="product",
            name="brand",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="products",
                to="catalog.brand",
            ),
        ),
        migrations.AddField(
            model_name="product",
            name="category",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="products",
                to="catalog.category",
            ),
        ),
        migrations.AddField(
            model_name="product",
            name="shop",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.RESTRICT,
                related_name="products",
                to="shop.shop",
            ),
        ),
        migrations.AddField(
            model_name="productimage",
            name="product",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="images",
                to="catalog.product",
            ),
        ),
        migrations.AddField(
            model_name="productreview",
            name="product",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="reviews",
                to="catalog.product",
            ),
        ),
        migrations.AddField(
            model_name="productreview",
            name="shop",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="reviews",
                to="shop.shop",
            ),
        ),
        migrations.AddField(
            model_name="productreview",
            name="user",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="reviews",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="producttag",
            name="product",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="product_tags",
                to="catalog.product",
            ),
        ),
        migrations.AddField(
            model_name="productvariant",
            name="product",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="variants",
                to="catalog.product",
            ),
        ),
        migrations.AddField(
            model_name="productvariant",
            name="shop",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.RESTRICT,
                related_name="+",
                to="shop.shop",
            ),
        ),
        migrations.AddField(
            model_name="productreview",
            name="variant",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="catalog.productvariant",
            ),
        ),
        migrations.AddField(
            model_name="productimage",
            name="variant",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="images",
                to="catalog.productvariant",
            ),
        ),
        migrations.AddIndex(
            model_name="productview",
            index=shop.fields.Index(
                fields=["product_id", "viewed_at"],
                name="idx_product_view_history_product_id_viewed_at",
            ),
        ),
        migrations.AddIndex(
            model_name="productview",
            index=shop.fields.Index(
                fields=["user_id", "viewed_at"],
                name="idx_product_view_history_user_id_viewed_at",
            ),
        ),
        migrations.AddField(
            model_name="stockalert",
            name="user",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="stockalert",
            name="variant",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="alerts",
                to="catalog.productvariant",
            ),
        ),
        migrations.AddField(
            model_name="stockreservation",
            name="variant",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="reservations",
                to="catalog.productvariant",
            ),
        ),
        migrations.AddField(
            model_name="producttag",
            name="tag",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="product_tags",
                to="catalog.tag",
            ),
        ),
        migrations.AddField(
            model_name="wishlist",
            name="user",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="wishlists",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="wishlistitem",
            name="product",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="catalog.product",
            ),
        ),
        migrations.AddField(
            model_name="wishlistitem",
            name="variant",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="catalog.productvariant",
            ),
        ),
        migrations.AddField(
            model_name="wishlistitem",
            name="wishlist",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="items",
                to="catalog.wishlist",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="category",
            trigger=pgtrigger.compiler.Trigger(
                name="register",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n            INSERT INTO global_entities (event_time, entity_id, entity_type)\n            SELECT event_time, id, 'category' FROM new_rows;\n            RETURN NULL;\n        ",
                    hash="b9328bb72296bbddc2386d7ba0e7f074b0c00ac4",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_register_03761",
                    referencing="REFERENCING NEW TABLE AS new_rows ",
                    table="categories",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="category",
            trigger=pgtrigger.compiler.Trigger(
                name="unregister",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n        UPDATE global_entities AS entity\n           SET extra_data = entity.extra_data\n                            || jsonb_build_object('deleted_at', now())\n          FROM old_rows\n         WHERE entity.event_time = old_rows.event_time\n           AND entity.entity_id = old_rows.id;\n        RETURN NULL;\n    ",
                    hash="7942f3b4eebe16a844a8fc8d5f9e12fc863c3999",
                    level="STATEMENT",
                    operation="DELETE",
                    pgid="pgtrigger_unregister_823f3",
                    referencing="REFERENCING OLD TABLE AS old_rows ",
                    table="categories",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="category",
            trigger=pgtrigger.compiler.Trigger(
                name="reregister",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.event_time IS DISTINCT FROM NEW.event_time)",
                    func="\n        UPDATE global_entities SET event_time = NEW.event_time\n         WHERE event_time = OLD.event_time AND entity_id = OLD.id;\n        RETURN NULL;\n    ",
                    hash="355c7c36fa9969b97108de4f023d4a477161a1c5",
                    operation='UPDATE OF "event_time"',
                    pgid="pgtrigger_reregister_a5755",
                    table="categories",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="category",
            trigger=pgtrigger.compiler.Trigger(
                name="no_cycles",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (NEW.parent_id IS NOT NULL)",
                    func="\n        -- Two moves that are harmless alone can close a circle together.\n        PERFORM pg_advisory_xact_lock(hashtext('categories'));\n        IF EXISTS (\n            WITH RECURSIVE above(id) AS (\n                SELECT NEW.parent_id\n                UNION\n                SELECT category.parent_id FROM categories AS category\n                  JOIN above ON above.id = category.id\n                 WHERE category.parent_id IS NOT NULL\n            ) SELECT FROM above WHERE id = NEW.id\n        ) THEN\n            RAISE EXCEPTION 'a category cannot stand below itself'\n                USING ERRCODE = 'check_violation', CONSTRAINT = 'chk_categories_cycle';\n        END IF;\n        RETURN NEW;\n    ",
                    hash="ccbd6f0850d3f589c16f4e84ca6de71c2e5ea2b8",
                    operation='INSERT OR UPDATE OF "parent_id"',
                    pgid="pgtrigger_no_cycles_b8dec",
                    table="categories",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddIndex(
            model_name="product",
            index=shop.fields.Index(
                fields=["category", "status"], name="idx_products_category_id_status"
            ),
        ),
        migrations.AddIndex(
            model_name="product",
            index=shop.fields.Index(
                fields=["shop", "status"], name="idx_products_shop_id_status"
            ),
        ),
        migrations.AddIndex(
            model_name="product",
            index=shop.fields.Index(fields=["status"], name="idx_products_status"),
        ),
        migrations.AddIndex(
            model_name="product",
            index=shop.fields.Index(
                fields=["event_time"], name="idx_products_event_time"
            ),
        ),
        migrations.AddIndex(
            model_name="product",
            index=shop.fields.GinIndex(fields=["tags"], name="idx_products_tags"),
        ),
        migrations.AddIndex(
            model_name="product",
            index=shop.fields.GinIndex(
                fields=["attributes"], name="idx_products_attributes"
            ),
        ),
        migrations.AddIndex(
            model_name="product",
            index=shop.fields.GinIndex(
                fields=["search_vector"], name="idx_products_search_vector"
            ),
        ),
        migrations.AddConstraint(
            model_name="product",
            constraint=models.UniqueConstraint(
                fields=("shop", "sku"), name="uk_products_shop_sku"
            ),
        ),
        migrations.AddConstraint(
            model_name="product",
            constraint=models.UniqueConstraint(
                fields=("id", "shop"), name="uk_products_id_shop"
            ),
        ),
        migrations.AddConstraint(
            model_name="product",
            constraint=models.CheckConstraint(
                condition=models.Q(("price__gte", 0)),
                name="chk_products_price",
                violation_error_message="A price is zero or more.",
            ),
        ),
        migrations.AddConstraint(
            model_name="product",
            constraint=models.CheckConstraint(
                condition=models.Q(("status__in", ["draft", "active", "archived"])),
                name="chk_products_status",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="product",
            trigger=pgtrigger.compiler.Trigger(
                name="register",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n            INSERT INTO global_entities (event_time, entity_id, entity_type)\n            SELECT event_time, id, 'product' FROM new_rows;\n            RETURN NULL;\n        ",
                    hash="3b59b2dcca895b676416abfb9377d2206ba92b3f",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_register_f2649",
                    referencing="REFERENCING NEW TABLE AS new_rows ",
                    table="products",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="product",
            trigger=pgtrigger.compiler.Trigger(
                name="unregister",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n        UPDATE global_entities AS entity\n           SET extra_data = entity.extra_data\n                            || jsonb_build_object('deleted_at', now())\n          FROM old_rows\n         WHERE entity.event_time = old_rows.event_time\n           AND entity.entity_id = old_rows.id;\n        RETURN NULL;\n    ",
                    hash="e382f0e0341efaf5b56deab53f006e0c4254c82d",
                    level="STATEMENT",
                    operation="DELETE",
                    pgid="pgtrigger_unregister_68db8",
                    referencing="REFERENCING OLD TABLE AS old_rows ",
                    table="products",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="product",
            trigger=pgtrigger.compiler.Trigger(
                name="reregister",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.event_time IS DISTINCT FROM NEW.event_time)",
                    func="\n        UPDATE global_entities SET event_time = NEW.event_time\n         WHERE event_time = OLD.event_time AND entity_id = OLD.id;\n        RETURN NULL;\n    ",
                    hash="29949bb7ea406826fc7765e843df1218a89caee6",
                    operation='UPDATE OF "event_time"',
                    pgid="pgtrigger_reregister_f6751",
                    table="products",
                    when="AFTER",
                ),
            ),
        ),
        migrations.AddConstraint(
            model_name="productvariant",
            constraint=models.UniqueConstraint(
                fields=("shop", "sku"), name="uk_product_variants_shop_sku"
            ),
        ),
        migrations.AddConstraint(
            model_name="productvariant",
            constraint=models.CheckConstraint(
                condition=models.Q(("price__gte", 0)),
                name="chk_product_variants_price",
                violation_error_message="A price is zero or more.",
            ),
        ),
        migrations.AddConstraint(
            model_name="productvariant",
            constraint=models.CheckConstraint(
                condition=models.Q(("inventory_policy__in", ["deny", "continue"])),
                name="chk_product_variants_inventory_policy",
            ),
        ),
        migrations.AddConstraint(
            model_name="productvariant",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("inventory_policy", "continue"),
                    ("inventory_quantity__gte", 0),
                    _connector="OR",
                ),
                name="chk_product_variants_inventory",
                violation_error_message="Stock cannot fall below zero.",
            ),
        ),
        migrations.AddConstraint(
            model_name="productvariant",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("inventory_policy", "continue"),
                    models.Q(
                        ("reserved_quantity__gte", 0),
                        ("reserved_quantity__lte", models.F("inventory_quantity")),
                    ),
                    _connector="OR",
                ),
                name="chk_product_variants_reserved",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="productvariant",
            trigger=pgtrigger.compiler.Trigger(
                name="register",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n            INSERT INTO global_entities (event_time, entity_id, entity_type)\n            SELECT event_time, id, 'product_variant' FROM new_rows;\n            RETURN NULL;\n        ",
                    hash="29f36190aac0a1bec7414521e3622ed69fe47666",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_register_f162e",
                    referencing="REFERENCING NEW TABLE AS new_rows ",
                    table="product_variants",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="productvariant",
            trigger=pgtrigger.compiler.Trigger(
                name="unregister",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n        UPDATE global_entities AS entity\n           SET extra_data = entity.extra_data\n                            || jsonb_build_object('deleted_at', now())\n          FROM old_rows\n         WHERE entity.event_time = old_rows.event_time\n           AND entity.entity_id = old_rows.id;\n        RETURN NULL;\n    ",
                    hash="ee503c29af52c338fb5f91bb2fb1930fd329c8ba",
                    level="STATEMENT",
                    operation="DELETE",
                    pgid="pgtrigger_unregister_8c0d4",
                    referencing="REFERENCING OLD TABLE AS old_rows ",
                    table="product_variants",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="productvariant",
            trigger=pgtrigger.compiler.Trigger(
                name="reregister",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.event_time IS DISTINCT FROM NEW.event_time)",
                    func="\n        UPDATE global_entities SET event_time = NEW.event_time\n         WHERE event_time = OLD.event_time AND entity_id = OLD.id;\n        RETURN NULL;\n    ",
                    hash="4862e70a20e120f353e2e455649f7b3be3bcf6d5",
                    operation='UPDATE OF "event_time"',
                    pgid="pgtrigger_reregister_30770",
                    table="product_variants",
                    when="AFTER",
                ),
            ),
        ),
        migrations.AddIndex(
            model_name="productreview",
            index=shop.fields.Index(
                fields=["event_time"], name="idx_product_reviews_event_time"
            ),
        ),
        migrations.AddConstraint(
            model_name="productreview",
            constraint=models.CheckConstraint(
                condition=models.Q(("rating__range", (1, 5))),
                name="chk_product_reviews_rating",
                violation_error_message="A rating is one to five stars.",
            ),
        ),
        migrations.AddConstraint(
            model_name="productreview",
            constraint=models.UniqueConstraint(
                fields=("shop", "review_ref"), name="uk_product_reviews_shop_review_ref"
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="productreview",
            trigger=pgtrigger.compiler.Trigger(
                name="register",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n            INSERT INTO global_entities (event_time, entity_id, entity_type)\n            SELECT event_time, id, 'product_review' FROM new_rows;\n            RETURN NULL;\n        ",
                    hash="a9f3536f50b6fbb509375d7f3120ad410d97a4a8",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_register_dc682",
                    referencing="REFERENCING NEW TABLE AS new_rows ",
                    table="product_reviews",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="productreview",
            trigger=pgtrigger.compiler.Trigger(
                name="unregister",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n        UPDATE global_entities AS entity\n           SET extra_data = entity.extra_data\n                            || jsonb_build_object('deleted_at', now())\n          FROM old_rows\n         WHERE entity.event_time = old_rows.event_time\n           AND entity.entity_id = old_rows.id;\n        RETURN NULL;\n    ",
                    hash="229429492c8bf365db1c06c117f0dd36e863caf9",
                    level="STATEMENT",
                    operation="DELETE",
                    pgid="pgtrigger_unregister_0a75e",
                    referencing="REFERENCING OLD TABLE AS old_rows ",
                    table="product_reviews",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="productreview",
            trigger=pgtrigger.compiler.Trigger(
                name="reregister",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.event_time IS DISTINCT FROM NEW.event_time)",
                    func="\n        UPDATE global_entities SET event_time = NEW.event_time\n         WHERE event_time = OLD.event_time AND entity_id = OLD.id;\n        RETURN NULL;\n    ",
                    hash="4e3d1e39855ed130afa8aec8ba3daf21322f042a",
                    operation='UPDATE OF "event_time"',
                    pgid="pgtrigger_reregister_4b422",
                    table="product_reviews",
                    when="AFTER",
                ),
            ),
        ),
        migrations.AddConstraint(
            model_name="productimage",
            constraint=models.UniqueConstraint(
                condition=models.Q(("is_primary", True)),
                fields=("product",),
                name="uk_product_images_primary",
            ),
        ),
        migrations.AddConstraint(
            model_name="productimage",
            constraint=models.CheckConstraint(
                condition=models.Q(("hue__range", (0, 8))),
                name="chk_product_images_hue",
            ),
        ),
        migrations.AddIndex(
            model_name="stockreservation",
            index=shop.fields.Index(
                fields=["expires_at"], name="idx_stock_reservations_expires_at"
            ),
        ),
        migrations.AddConstraint(
            model_name="stockreservation",
            constraint=models.CheckConstraint(
                condition=models.Q(("quantity__gt", 0)),
                name="chk_stock_reservations_quantity",
            ),
        ),
        migrations.AddConstraint(
            model_name="producttag",
            constraint=models.UniqueConstraint(
                fields=("product", "tag"), name="uk_product_tags_product_tag"
            ),
        ),
        migrations.AddConstraint(
            model_name="wishlistitem",
            constraint=models.UniqueConstraint(
                fields=("wishlist", "product", "variant"),
                name="uk_wishlist_items_product_variant",
                nulls_distinct=False,
            ),
        ),
        shop.schema.FinishTables(),
    ]
