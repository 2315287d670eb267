"""Products that come into the store, and leave it, at a time."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from catalog.events import ProductEdited
from catalog.models import Product, ProductStatus, ProductVariant
from shop.events import publish

AT_ONCE = 500


@transaction.atomic
def run_schedule(*, now: datetime) -> int:
    """Do what is due; returns how many products changed. May be repeated, and run twice at once.

    Who has no variant to sell waits until there is one. Somebody who edits a product meanwhile
    is not waited for: it is done the next time.
    """
    variants = ProductVariant.objects.filter(product=OuterRef("pk"), is_active=True)
    coming = Product.objects.filter(
        Exists(variants), publish_at__lte=now, status=ProductStatus.DRAFT
    )
    done = _set(coming, ProductStatus.ACTIVE, "publish_at", now)
    going = Product.objects.filter(withdraw_at__lte=now, status=ProductStatus.ACTIVE)
    done += _set(going, ProductStatus.DRAFT, "withdraw_at", now)
    return done


def _set(
    due: QuerySet[Product], status: ProductStatus, column: str, now: datetime
) -> int:
    rows = due.order_by("pk").select_for_update(
        no_key=True, skip_locked=True, of=("self",)
    )
    products = list(rows[:AT_ONCE])
    for product in products:
        product.status = status
        setattr(product, column, None)
        product.save(update_fields=["status", column, "updated_at"])
        publish(
            ProductEdited,
            entity=product,
            at=now,
            data={"fields": [column, "status"], "user_id": None},
        )
    return len(products)
