from __future__ import annotations

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.search import SearchVector, SearchVectorField
from django.db import models
from django.urls import reverse

from catalog.models.brand import Brand
from catalog.models.category import Category
from shop import fields
from shop.entities import Entity, EntityType
from shop.models import Shop, ShopStatus


class ProductStatus(models.TextChoices):
    DRAFT = "draft"
    ACTIVE = "active"
    ARCHIVED = "archived"


class Tag(models.Model):
    """A word that products share."""

    id = fields.key()
    name = models.CharField(max_length=100, unique=True)
    slug = models.SlugField(max_length=100, unique=True)

    class Meta:
        db_table = "tags"

    def __str__(self) -> str:
        return self.name


class FollowMerge(pgtrigger.Trigger):
    """Whoever still names a brand that was merged, as a list of last week does, means the other.

    The lock is the one that the foreign key takes anyway: it waits for a merge at work.
    """

    name = "follow_merge"
    level = pgtrigger.Row
    when = pgtrigger.Before
    operation = pgtrigger.Insert | pgtrigger.UpdateOf("brand_id")
    condition = pgtrigger.Condition("NEW.brand_id IS NOT NULL")
    declare = [("meant", "uuid")]
    func = """
        SELECT merged_into_id INTO meant
          FROM brands WHERE id = NEW.brand_id FOR KEY SHARE;
        NEW.brand_id := coalesce(meant, NEW.brand_id);
        RETURN NEW;
    """


class KeepAddress(pgtrigger.Trigger):
    """Remembers the address of a product that is deleted: its page says that it is gone.

    Drafts were never shown, so they leave nothing.
    """

    name = "keep_address"
    level = pgtrigger.Statement
    when = pgtrigger.After
    operation = pgtrigger.Delete
    referencing = pgtrigger.Referencing(old="old_rows")
    func = """
        INSERT INTO retired_products (slug, name, product_id, shop_id, category_id)
        SELECT slug, name, id, shop_id, category_id FROM old_rows
         WHERE status <> 'draft'
            ON CONFLICT (slug) DO UPDATE
           SET name = EXCLUDED.name, product_id = EXCLUDED.product_id,
               shop_id = EXCLUDED.shop_id, category_id = EXCLUDED.category_id,
               retired_at = now();
        RETURN NULL;
    """


class ProductQuerySet(models.QuerySet["Product"]):
    def on_sale(self) -> ProductQuerySet:
        """What a shopper may see: active, of an active shop."""
        return self.filter(status=ProductStatus.ACTIVE, shop__status=ShopStatus.ACTIVE)


class Product(Entity):
    """What a shop sells. Price and stock of what goes in the cart are its variants'."""

    entity_type = EntityType.PRODUCT

    shop = models.ForeignKey(
        Shop, on_delete=models.RESTRICT, related_name="products", db_index=False
    )
    sku = fields.required_text(100)
    name = fields.required_text()
    slug = models.SlugField(max_length=255, unique=True)
    description = fields.long_text()
    short_description = fields.long_text()
    price = fields.money()
    compare_price = fields.optional_money()
    # Where the cheapest variant is said to be reduced: the lowest price of the 30 days before
    # (the database's function of that name), kept by `services.prices.show_lowest_prices`.
    lowest_before = fields.optional_money(editable=False)
    cost_price = fields.optional_money()
    currency = fields.currency()
    # Which of a country's tax rates it falls under.
    tax_class = fields.text(32, **fields.both("standard"))
    track_inventory = models.BooleanField(**fields.both(True))
    weight = models.DecimalField(
        "weight in grams", max_digits=8, decimal_places=2, null=True, blank=True
    )
    dimensions = models.JSONField(
        "length, width, height in millimetres",
        default=dict,
        db_default={},
        blank=True,
    )
    category = models.ForeignKey(
        Category,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="products",
        db_index=False,
    )
    brand = models.ForeignKey(
        Brand,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="products",
    )
    tags = ArrayField(
        models.CharField(max_length=100),
        default=list,
        db_default=models.Value([], ArrayField(models.CharField(max_length=100))),
        blank=True,
    )
    # What its variants' option1, option2 and option3 are: Colour, Size.
    option_names = ArrayField(
        models.CharField(max_length=100),
        default=list,
        db_default=models.Value([], ArrayField(models.CharField(max_length=100))),
        blank=True,
        size=3,
    )
    attributes = fields.document()
    status = fields.choice(ProductStatus, ProductStatus.DRAFT)
    # When it comes into the store and when it leaves it; `services.schedule` empties them.
    publish_at = fields.moment()
    withdraw_at = fields.moment()
    seo_title = fields.text(255)
    seo_description = fields.long_text()
    is_featured = models.BooleanField(**fields.both(False))
    rating_average = fields.ratio(3, 2)
    review_count = fields.count()
    search_vector = models.GeneratedField(
        expression=SearchVector("name", weight="A", config="english")
        + SearchVector("sku", weight="A", config="simple")
        + SearchVector("short_description", weight="B", config="english")
        + SearchVector("description", weight="C", config="english"),
        output_field=SearchVectorField(),
        db_persist=True,
    )

    objects = ProductQuerySet.as_manager()

    class Meta(Entity.Meta):
        db_table = "products"
        indexes = [
            fields.Index(
                fields=["category", "status"], name="idx_products_category_id_status"
            ),
            fields.Index(fields=["shop", "status"], name="idx_products_shop_id_status"),
            # What a shop's own list is sorted by, so that its last page costs what the first does.
            fields.Index(fields=["shop", "id"], name="idx_products_shop_id_id"),
            fields.Index(
                fields=["shop", "name", "id"], name="idx_products_shop_id_name_id"
            ),
            fields.Index(
                fields=["shop", "price", "id"], name="idx_products_shop_id_price_id"
            ),
            fields.Index(fields=["status"], name="idx_products_status"),
            fields.Index(fields=["event_time"], name="idx_products_event_time"),
            fields.Index(
                fields=["publish_at"],
                name="idx_products_publish_at",
                condition=models.Q(publish_at__isnull=False),
            ),
            fields.Index(
                fields=["withdraw_at"],
                name="idx_products_withdraw_at",
                condition=models.Q(withdraw_at__isnull=False),
            ),
            fields.GinIndex(fields=["tags"], name="idx_products_tags"),
            fields.GinIndex(fields=["attributes"], name="idx_products_attributes"),
            fields.GinIndex(
                fields=["search_vector"], name="idx_products_search_vector"
            ),
            # Misspelt words are looked for by their trigrams.
            fields.GinIndex(
                fields=["name"],
                name="idx_products_name_trigrams",
                opclasses=["gin_trgm_ops"],
            ),
            fields.Index(
                fields=["-rating_average", "-review_count", "-id"],
                name="idx_products_rating_average",
                condition=models.Q(status="active"),
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["shop", "sku"], name="uk_products_shop_sku"
            ),
            # What a variant refers to, so that it is of its product's shop.
            models.UniqueConstraint(fields=["id", "shop"], name="uk_products_id_shop"),
            models.CheckConstraint(
                condition=models.Q(price__gte=0),
                name="chk_products_price",
                violation_error_message="A price is zero or more.",
            ),
            models.CheckConstraint(
                condition=models.Q(status__in=ProductStatus.values),
                name="chk_products_status",
            ),
            models.CheckConstraint(
                condition=models.Q(option_names__len__lte=3),
                name="chk_products_option_names",
                violation_error_message="A product has up to three options.",
            ),
        ]
        triggers = [*Entity.Meta.triggers, KeepAddress(), FollowMerge()]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("catalog:product", args=[self.slug])


class ProductAddress(models.Model):
    """An address that a product had before: it leads to the one of now."""

    id = fields.key()
    slug = models.SlugField(max_length=255, unique=True)
    product = models.ForeignKey(
        Product, on_delete=models.CASCADE, related_name="former_addresses"
    )
    created_at = fields.written_at()

    class Meta:
        db_table = "product_addresses"

    def __str__(self) -> str:
        return self.slug


class RetiredProduct(models.Model):
    """The address of a deleted product, kept by a trigger."""

    id = fields.key()
    slug = models.SlugField(max_length=255, unique=True)
    name = fields.required_text()
    # Rows that may be gone too.
    product_id = models.UUIDField()
    shop_id = models.UUIDField()
    category_id = models.UUIDField(null=True)
    retired_at = fields.written_at()

    class Meta:
        db_table = "retired_products"

    def __str__(self) -> str:
        return self.slug


class ProductTag(models.Model):
    """A product carries a tag; `Product.tags` is the same as an array."""

    id = fields.key()
    product = models.ForeignKey(
        Product, on_delete=models.CASCADE, related_name="product_tags"
    )
    tag = models.ForeignKey(Tag, on_delete=models.CASCADE, related_name="product_tags")

    class Meta:
        db_table = "product_tags"
        constraints = [
            models.UniqueConstraint(
                fields=["product", "tag"], name="uk_product_tags_product_tag"
            )
        ]

    def __str__(self) -> str:
        return f"{self.product_id} {self.tag_id}"
