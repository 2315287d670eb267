from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from shop import fields
from shop.entities import Entity, EntityType


class Brand(Entity):
    """Who makes a product.

    One that was merged into another keeps its row: its name and its address are still known,
    and lead to the other one.
    """

    entity_type = EntityType.BRAND

    name = models.CharField(max_length=255, unique=True)
    slug = models.SlugField(max_length=255, unique=True)
    logo = models.ImageField(upload_to="brands/", blank=True, **fields.both(""))
    description = fields.long_text()
    website_url = models.URLField(blank=True, **fields.both(""))
    is_active = models.BooleanField(**fields.both(True))
    merged_into = models.ForeignKey(
        "self",
        on_delete=models.RESTRICT,
        null=True,
        blank=True,
        editable=False,
        related_name="merged",
    )

    class Meta(Entity.Meta):
        db_table = "brands"
        constraints = [
            models.CheckConstraint(
                condition=Q(merged_into=None)
                | Q(is_active=False) & ~Q(merged_into=F("id")),
                name="chk_brands_merged",
            )
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("catalog:brand", args=[self.slug])
