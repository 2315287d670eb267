from django.db import migrations

VIEW = """
CREATE VIEW product_metrics AS
SELECT id, product_id, partition_key AS date, page_view_count AS views,
       unique_view_count AS unique_views, cart_add_count AS add_to_carts,
       units_sold AS purchases, revenue, conversion_rate
  FROM product_metrics_daily
"""


class Migration(migrations.Migration):
    dependencies = [("analytics", "0001_tables")]

    operations = [migrations.RunSQL(VIEW, "DROP VIEW product_metrics")]
