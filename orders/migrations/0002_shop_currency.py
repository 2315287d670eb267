from django.db import migrations

ADD = """
ALTER TABLE orders ADD CONSTRAINT fk_orders_shop_currency
  FOREIGN KEY (shop_id, currency) REFERENCES shops (id, currency);
"""
DROP = "ALTER TABLE orders DROP CONSTRAINT fk_orders_shop_currency"


class Migration(migrations.Migration):
    """An order is in its shop's currency, so that a shop's figures may be summed."""

    dependencies = [("orders", "0001_tables")]

    operations = [migrations.RunSQL(ADD, DROP)]
