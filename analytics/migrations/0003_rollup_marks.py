"""The dirty marks, and the triggers of lower apps' tables that leave them.

Plain SQL, because a model's own triggers would have to name this table from below it. They
are statement-level: a bulk load of many rows leaves a mark an hour (or an order, where the
hour stands in the order's row), not a mark a row.
"""

from dataclasses import dataclass

import django.db.models.functions.datetime
from django.db import migrations, models

import shop.fields
import shop.ids
import shop.schema


@dataclass(frozen=True)
class Mark:
    """Columns of a mark, as SQL over a changed row.

    on: the operations that leave it; facts: what must differ for it, if not the table's.
    """

    source: str
    hour: str = "NULL::timestamptz"
    subject: str = "NULL::uuid"
    product: str = "NULL::uuid"
    where: str = "true"
    on: tuple[str, ...] = ("INSERT", "UPDATE", "DELETE")
    facts: str = ""

    @property
    def group(self):
        """One mark for each different one; the earliest hour where it is a min()."""
        columns = (self.hour, self.subject, self.product)
        return ", ".join(column for column in columns if "min(" not in column)


@dataclass(frozen=True)
class Marked:
    """A table, what of its rows the figures read, and the marks of a changed row."""

    table: str
    facts: str
    marks: tuple[Mark, ...]
    operations: tuple[str, ...] = ("INSERT", "UPDATE", "DELETE")


def hour(column):
    return f"date_trunc('hour', {column}, 'UTC')"


MARKED = (
    Marked(
        "orders",
        "id, event_time, shop_id, user_id, customer_id, currency, payment_method,"
        " status = 'cancelled' AS is_cancelled, deleted_at IS NULL AS is_there,"
        " total_price, total_discount",
        (
            Mark("orders", hour("event_time")),
            Mark(
                "order_parties",
                subject="id",
                on=("UPDATE",),
                facts="id, shop_id, user_id, customer_id, currency",
            ),
        ),
    ),
    Marked(
        "order_items",
        "id, order_id, product_id, category, quantity, price, total_discount",
        (Mark("order_items", subject="order_id"),),
    ),
    Marked(
        "order_coupons",
        "id, order_id",
        (Mark("order_coupons", subject="order_id"),),
    ),
    Marked(
        "order_returns",
        "id, order_id, event_time, status = 'refunded' AS is_refunded, refund_total",
        (Mark("order_returns", hour("event_time")),),
    ),
    Marked(
        "order_return_items",
        "id, order_return_id, product_id, quantity, price",
        (Mark("order_return_items", subject="order_return_id"),),
    ),
    Marked(
        "payments",
        "id, order_id, event_time, status",
        (
            Mark("payments", hour("event_time")),
            Mark(
                "order_parties",
                subject="order_id",
                on=("UPDATE",),
                facts="id, order_id",
            ),
        ),
    ),
    Marked(
        "refunds",
        "id, payment_id, order_return_id, amount, currency, status, processed_at",
        (
            Mark("refunds", hour("processed_at"), where="processed_at IS NOT NULL"),
            # With a refund of its own, a return's sum is no longer counted by itself.
            Mark(
                "return_refunds",
                subject="order_return_id",
                where="order_return_id IS NOT NULL",
            ),
        ),
    ),
    Marked(
        "product_reviews",
        "id, event_time, shop_id, product_id, user_id, customer_id, rating",
        (Mark("product_reviews", hour("event_time")),),
    ),
    Marked(
        "inventory_logs",
        "id, created_at, product_id, variant_id, adjustment",
        (
            Mark("inventory_logs", hour("created_at")),
            # Every later level differs too, and the earliest says since when.
            Mark("stock_since", f"min({hour('created_at')})", product="product_id"),
        ),
    ),
    Marked(
        "price_history",
        "id, changed_at, product_id, variant_id, old_price, new_price",
        (
            Mark("price_history", hour("changed_at")),
            Mark(
                "price_since",
                f"min({hour('changed_at')})",
                subject="variant_id",
                product="product_id",
            ),
        ),
    ),
    Marked(
        "product_variants",
        "id, product_id, price",
        (
            Mark("new_variants", subject="id", product="product_id", on=("INSERT",)),
            Mark(
                "product_variants",
                subject="id",
                product="product_id",
                on=("UPDATE", "DELETE"),
            ),
        ),
    ),
    Marked(
        "products",
        "id",
        (Mark("products", product="id"),),
        operations=("INSERT", "DELETE"),
    ),
)
TRANSITIONS = {
    "INSERT": "NEW TABLE AS new_rows",
    "UPDATE": "OLD TABLE AS old_rows NEW TABLE AS new_rows",
    "DELETE": "OLD TABLE AS old_rows",
}


def changed_rows(operation, facts):
    if operation == "INSERT":
        return "new_rows"
    if operation == "DELETE":
        return "old_rows"
    # A row that is the same in all that the figures read leaves no mark.
    old, new = f"SELECT {facts} FROM old_rows", f"SELECT {facts} FROM new_rows"
    return f"(({old} EXCEPT {new}) UNION ALL ({new} EXCEPT {old})) AS changed"


def body(marked, operation):
    return "".join(
        "    INSERT INTO rollup_marks (source, hour, subject_id, product_id)\n"
        f"    SELECT '{mark.source}', {mark.hour}, {mark.subject}, {mark.product}\n"
        f"      FROM {changed_rows(operation, mark.facts or marked.facts)}\n"
        f"     WHERE {mark.where}\n"
        f"     GROUP BY {mark.group};\n"
        for mark in marked.marks
        if operation in mark.on
    )


def create(marked, operation):
    name = f"mark_{marked.table}_{operation.lower()}"
    return (
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$\n"
        f"BEGIN\n{body(marked, operation)}    RETURN NULL;\nEND $$;\n"
        f"CREATE TRIGGER mark_rollups_{operation.lower()} AFTER {operation}"
        f" ON {marked.table} REFERENCING {TRANSITIONS[operation]}"
        f" FOR EACH STATEMENT EXECUTE FUNCTION {name}();\n"
    )


def drop(marked, operation):
    return (
        f"DROP TRIGGER mark_rollups_{operation.lower()} ON {marked.table};\n"
        f"DROP FUNCTION mark_{marked.table}_{operation.lower()}();\n"
    )


class Migration(migrations.Migration):
    dependencies = [
        ("analytics", "0002_product_metrics"),
        ("catalog", "0002_shop_currency"),
        ("orders", "0003_order_item_category"),
        ("payments", "0001_tables"),
    ]

    operations = [
        migrations.CreateModel(
            name="RollupMark",
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
                ("source", models.CharField(max_length=32)),
                ("hour", models.DateTimeField(blank=True, null=True)),
                ("subject_id", models.UUIDField(null=True)),
                ("product_id", models.UUIDField(null=True)),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(),
                        editable=False,
                    ),
                ),
            ],
            options={"db_table": "rollup_marks"},
        ),
        shop.schema.FinishTables("rollupmark"),
        *(
            migrations.RunSQL(create(marked, operation), drop(marked, operation))
            for marked in MARKED
            for operation in marked.operations
        ),
    ]
