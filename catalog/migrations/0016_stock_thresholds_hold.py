from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations


class Migration(migrations.Migration):
    """The rows there are keep to the rule of 0015, too; looked at while they are sold."""

    dependencies = [("catalog", "0015_stock_pages")]

    operations = [
        ValidateConstraint(
            model_name="productvariant",
            name="chk_product_variants_low_stock_threshold",
        ),
    ]
