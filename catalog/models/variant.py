from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from catalog.models.product import Product, ProductStatus
from shop import fields
from shop.entities import Entity, EntityType
from shop.models import Shop, ShopStatus


class InventoryPolicy(models.TextChoices):
    DENY = "deny"
    CONTINUE = "continue"


def sellable() -> Q:
    """Of variants: at least one unit can be bought, as `can_sell(1)` says of one."""
    return Q(is_active=True) & (
        Q(inventory_tracking=False)
        | Q(inventory_policy=InventoryPolicy.CONTINUE)
        | Q(inventory_quantity__gt=F("reserved_quantity"))
    )


class ProductVariantQuerySet(models.QuerySet["ProductVariant"]):
    def of_products_on_sale(self) -> ProductVariantQuerySet:
        """With product and shop; of what a shopper may see."""
        return self.select_related("product__shop").filter(
            is_active=True,
            product__status=ProductStatus.ACTIVE,
            product__shop__status=ShopStatus.ACTIVE,
        )


class ProductVariant(Entity):
    """What goes in the cart. `reserved_quantity` units are promised to unpaid checkouts."""

    entity_type = EntityType.PRODUCT_VARIANT

    product = models.ForeignKey(
        Product, on_delete=models.CASCADE, related_name="variants"
    )
    # The product's shop, repeated so that a SKU can be unique in it.
    shop = models.ForeignKey(Shop, on_delete=models.RESTRICT, related_name="+")
    sku = fields.required_text(100)
    name = fields.text(255)
    price = fields.money()
    compare_price = fields.optional_money()
    cost_price = fields.optional_money()
    weight = models.DecimalField(
        "weight in grams", max_digits=8, decimal_places=2, null=True, blank=True
    )
    barcode = fields.text(100)
    inventory_quantity = fields.count()
    reserved_quantity = fields.count()
    # From so many free units on its stock is low; null: from the shop's number on.
    low_stock_threshold = models.IntegerField(null=True, blank=True)
    inventory_policy = fields.choice(InventoryPolicy, InventoryPolicy.DENY)
    inventory_tracking = models.BooleanField(**fields.both(True))
    requires_shipping = models.BooleanField(**fields.both(True))
    taxable = models.BooleanField(**fields.both(True))
    position = fields.count()
    option1 = fields.text(100)
    option2 = fields.text(100)
    option3 = fields.text(100)
    # Off: not in the store, and not bought; what was ordered of it stays known.
    is_active = models.BooleanField(**fields.both(True))

    objects = ProductVariantQuerySet.as_manager()

    class Meta(Entity.Meta):
        db_table = "product_variants"
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["shop", "sku"], name="uk_product_variants_shop_sku"
            ),
            models.CheckConstraint(
                condition=Q(price__gte=0),
                name="chk_product_variants_price",
                violation_error_message="A price is zero or more.",
            ),
            models.CheckConstraint(
                condition=Q(inventory_policy__in=InventoryPolicy.values),
                name="chk_product_variants_inventory_policy",
            ),
            models.CheckConstraint(
                condition=Q(inventory_policy=InventoryPolicy.CONTINUE)
                | Q(inventory_quantity__gte=0),
                name="chk_product_variants_inventory",
                violation_error_message="Stock cannot fall below zero.",
            ),
            models.CheckConstraint(
                condition=Q(inventory_policy=InventoryPolicy.CONTINUE)
                | Q(reserved_quantity__gte=0)
                & Q(reserved_quantity__lte=F("inventory_quantity")),
                name="chk_product_variants_reserved",
            ),
            models.CheckConstraint(
                condition=Q(low_stock_threshold__range=(0, 1_000_000)),
                name="chk_product_variants_low_stock_threshold",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.sku}: {self.available_quantity} available"

    @property
    def available_quantity(self) -> int:
        return self.inventory_quantity - self.reserved_quantity

    def can_sell(self, units: int) -> bool:
        return self.is_active and (
            not self.inventory_tracking
            or self.inventory_policy == InventoryPolicy.CONTINUE
            or self.available_quantity >= units
        )
