from django.db import migrations

ADD = """
ALTER TABLE products ADD CONSTRAINT fk_products_shop_currency
  FOREIGN KEY (shop_id, currency) REFERENCES shops (id, currency);
ALTER TABLE product_variants ADD CONSTRAINT fk_product_variants_shop_product
  FOREIGN KEY (product_id, shop_id) REFERENCES products (id, shop_id) ON DELETE CASCADE;
"""
DROP = """
ALTER TABLE product_variants DROP CONSTRAINT fk_product_variants_shop_product;
ALTER TABLE products DROP CONSTRAINT fk_products_shop_currency;
"""


class Migration(migrations.Migration):
    """A product is priced in its shop's currency; a variant is of its product's shop."""

    dependencies = [("catalog", "0001_tables")]

    operations = [migrations.RunSQL(ADD, DROP)]
