from django.conf import settings
from django.db import models

from catalog.models.product import Product
from catalog.models.variant import ProductVariant
from shop import fields


class Wishlist(models.Model):
    """A named list of a person; with a share token, readable by whoever has the link."""

    id = fields.key()
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="wishlists"
    )
    name = fields.required_text()
    share_token = models.CharField(max_length=64, unique=True, null=True, blank=True)

    class Meta:
        db_table = "wishlists"
        constraints = [
            models.UniqueConstraint(
                fields=["user", "name"], name="uk_wishlists_user_name"
            )
        ]

    def __str__(self) -> str:
        return self.name


class WishlistItem(models.Model):
    """A product on a list."""

    id = fields.key()
    wishlist = models.ForeignKey(
        Wishlist, on_delete=models.CASCADE, related_name="items"
    )
    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="+")
    variant = models.ForeignKey(
        ProductVariant,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
    )

    class Meta:
        db_table = "wishlist_items"
        constraints = [
            models.UniqueConstraint(
                fields=["wishlist", "product", "variant"],
                nulls_distinct=False,
                name="uk_wishlist_items_product_variant",
            )
        ]

    def __str__(self) -> str:
        return f"{self.product_id} on {self.wishlist_id}"
