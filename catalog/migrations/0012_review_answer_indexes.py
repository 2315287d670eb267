from django.contrib.postgres.operations import (
    AddIndexConcurrently,
    ValidateConstraint,
)
from django.db import migrations, models

import shop.fields


class Migration(migrations.Migration):
    """What a shop's list of reviews reads by, built while reviews come in."""

    atomic = False
    dependencies = [("catalog", "0011_review_answers_and_reports")]

    operations = [
        ValidateConstraint(
            model_name="productreview", name="chk_product_reviews_answer"
        ),
        AddIndexConcurrently(
            model_name="productreview",
            index=shop.fields.Index(
                condition=models.Q(("is_approved", True)),
                fields=["shop", "event_time", "id"],
                name="idx_product_reviews_shop_id_event_time",
            ),
        ),
        AddIndexConcurrently(
            model_name="productreview",
            index=shop.fields.Index(
                condition=models.Q(
                    ("answered_at__isnull", True), ("is_approved", True)
                ),
                fields=["shop", "event_time", "id"],
                name="idx_product_reviews_shop_id_to_answer",
            ),
        ),
        AddIndexConcurrently(
            model_name="productreview",
            index=shop.fields.Index(
                condition=models.Q(
                    ("answered_at__isnull", False), ("is_approved", True)
                ),
                fields=["shop", "event_time", "id"],
                name="idx_product_reviews_shop_id_answered",
            ),
        ),
    ]
