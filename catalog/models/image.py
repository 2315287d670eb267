import pgtrigger
from django.contrib.postgres.fields import ArrayField
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


class ForgetSizes(pgtrigger.Trigger):
    """Another file has no smaller copies yet, whoever put it in the row."""

    name = "forget_sizes"
    level = pgtrigger.Row
    when = pgtrigger.Before
    operation = pgtrigger.UpdateOf("src")
    condition = pgtrigger.Condition("OLD.src <> NEW.src")
    func = "NEW.sizes := NULL; RETURN NEW;"


class ProductImage(models.Model):
    """A picture of a product or of one of its variants.

    sizes: the smaller copies that are stored (shop.pictures.SIZES), by their shorter side; None
    until somebody looked which ones it needs.
    """

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
    sizes = ArrayField(models.SmallIntegerField(), null=True, editable=False)
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
        indexes = [
            fields.Index(
                fields=["id"],
                condition=models.Q(sizes=None),
                name="idx_product_images_id_without_sizes",
            ),
        ]
        triggers = [ForgetSizes()]

    def __str__(self) -> str:
        return self.alt or str(self.src)

    @property
    def side(self) -> int | None:
        """The shorter one, in pixels."""
        return min(self.width, self.height) if self.width and self.height else None
