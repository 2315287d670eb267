from django.db import models

from shop import fields
from shop.entities import Entity, EntityType


class Brand(Entity):
    """Who makes a product."""

    entity_type = EntityType.BRAND

    name = models.CharField(max_length=255, unique=True)
    slug = models.SlugField(max_length=255, unique=True)
    logo = models.ImageField(upload_to="brands/", blank=True, **fields.both(""))
    description = fields.long_text()
    website_url = models.URLField(blank=True, **fields.both(""))
    is_active = models.BooleanField(**fields.both(True))

    class Meta(Entity.Meta):
        db_table = "brands"

    def __str__(self) -> str:
        return self.name
