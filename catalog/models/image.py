from django.db import models

from catalog.models.product import Product
from catalog.models.variant import ProductVariant
from shop import fields

HUES = 9


class Hue(models.IntegerChoices):
    """The class of tile a picture stands on: nine hues around the circle."""

    RED = 0
    ORANGE = 1
    YELLOW = 2
    GREEN = 3
    TEAL = 4
    BLUE = 5
    INDIGO = 6
    VIOLET = 7
    PINK = 8


class ProductImage(models.Model):
    """A picture of a product or of one of its variants."""

    id = fields.key()
    created_at = fields.written_at()
    product = models.ForeignKey(
        Product, on_delete=models.CASCADE, related_name="images"
    )
    variant = models.ForeignKey(
        ProductVariant,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="images",
    )
    src = models.ImageField(
        upload_to="products/", width_field="width", height_field="height"
    )
    width = models.IntegerField(null=True, editable=False)
    height = models.IntegerField(null=True, editable=False)
    # Taken from the picture when it is stored: pages may not carry style attributes.
    hue = models.SmallIntegerField(
        choices=Hue.choices, editable=False, **fields.both(Hue.YELLOW.value)
    )
    alt = fields.long_text()
    position = fields.count()
    is_primary = models.BooleanField(**fields.both(False))

    class Meta:
        db_table = "product_images"
        ordering = ["-is_primary", "position", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["product"],
                condition=models.Q(is_primary=True),
                name="uk_product_images_primary",
            ),
            models.CheckConstraint(
                condition=models.Q(hue__range=(0, HUES - 1)),
                name="chk_product_images_hue",
            ),
        ]

    def __str__(self) -> str:
        return self.alt or str(self.src)
