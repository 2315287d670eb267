import django.contrib.postgres.fields
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


class Migration(migrations.Migration):
    """A picture knows its smaller copies. The hourly task makes those of pictures of before."""

    dependencies = [("catalog", "0017_brands_merged")]

    operations = [
        migrations.RunSQL("SET LOCAL lock_timeout = '5s'", migrations.RunSQL.noop),
        migrations.AddField(
            model_name="productimage",
            name="sizes",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.SmallIntegerField(),
                editable=False,
                null=True,
                size=None,
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="productimage",
            trigger=pgtrigger.compiler.Trigger(
                name="forget_sizes",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.src <> NEW.src)",
                    func="NEW.sizes := NULL; RETURN NEW;",
                    hash="ca5c0f85993cf87a6f64ec6b7faa22cc25c35858",
                    operation='UPDATE OF "src"',
                    pgid="pgtrigger_forget_sizes_1d652",
                    table="product_images",
                    when="BEFORE",
                ),
            ),
        ),
    ]
