from django.db import migrations

import shop.fields

# Grain: one variant. Unit: the product's currency. Reads price_history; writes nothing.
# NULL unless `price` is the one in force at `moment` and less than the lowest of the 30 days
# before it began. The prices as they followed each other; of one instant the last written
# counts, and what stood before the first known change was its old price.
MAKE = """
CREATE FUNCTION lowest_before(variant uuid, price numeric, moment timestamptz)
RETURNS numeric LANGUAGE sql STABLE PARALLEL SAFE AS $$
WITH changes AS MATERIALIZED (
    SELECT id, old_price, new_price, changed_at FROM price_history
     WHERE variant_id = variant AND changed_at <= moment
), instants AS (
    SELECT DISTINCT ON (changed_at) changed_at, new_price AS price FROM changes
     ORDER BY changed_at, id DESC
), first AS (
    SELECT '-infinity'::timestamptz, old_price FROM changes
     ORDER BY changed_at, id LIMIT 1
), steps AS (
    SELECT changed_at, known.price,
           lag(known.price) OVER (ORDER BY changed_at) AS previous
      FROM (SELECT * FROM instants
             UNION ALL SELECT * FROM first WHERE old_price IS NOT NULL
           ) AS known (changed_at, price)
), began AS (
    SELECT changed_at AS at, steps.price FROM steps
     WHERE steps.price IS DISTINCT FROM previous
     ORDER BY changed_at DESC LIMIT 1
), start AS (
    SELECT max(changed_at) AS at FROM steps
     WHERE changed_at <= (SELECT at - interval '30 days' FROM began)
), found AS (
    SELECT (SELECT min(steps.price) FROM steps
             WHERE steps.changed_at < began.at
               AND (start.at IS NULL OR steps.changed_at >= start.at)) AS lowest
      FROM began, start
     WHERE began.price = lowest_before.price
)
SELECT lowest FROM found WHERE lowest > lowest_before.price
$$
"""
# What stands reduced already.
FILL = """
UPDATE products
   SET lowest_before = lowest_before(cheapest.id, cheapest.price, now())
  FROM (SELECT DISTINCT ON (product_id) id, product_id, price, compare_price
          FROM product_variants ORDER BY product_id, price, position, id) AS cheapest
 WHERE cheapest.product_id = products.id AND cheapest.compare_price > cheapest.price
"""


class Migration(migrations.Migration):
    """A product knows the lowest price of the 30 days before it was reduced."""

    dependencies = [("catalog", "0006_reviews_options_alerts")]

    operations = [
        migrations.RunSQL(
            MAKE, "DROP FUNCTION lowest_before(uuid, numeric, timestamptz)"
        ),
        migrations.AddField(
            model_name="product",
            name="lowest_before",
            field=shop.fields.optional_money(editable=False),
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
    ]
