"""Shops, departments, products with pictures, prices and opening stock."""

from __future__ import annotations

import csv
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from random import Random
from uuid import UUID

from django.utils.text import slugify
from PIL import Image, ImageOps

from catalog.models import (
    Brand,
    Category,
    InventoryLog,
    PriceChange,
    Product,
    ProductImage,
    ProductStatus,
    ProductVariant,
    StockReason,
)
from catalog.services.images import store_picture
from catalog.services.prices import show_lowest_prices
from ingestion.demo.accounts import OWNER
from ingestion.demo.terms import fill_coupons, fill_terms
from orders.models import Coupon
from shop.ids import uuid7
from shop.models import Shop, ShopStatus
from users.models import MemberRole, ShopMember, User

FOLDER = Path(__file__).parent
PICTURES = FOLDER / "pictures"
CURRENCY = "GBP"
COUNTRY = "GB"
OWNED = "copper-kettle"
WHOLESALER = "harbour-gifts"
GIFTS = "Gifts"
# The better things are shown from more sides.
SHOWN_WELL = Decimal(40)
PICTURE_PX = 256
A_YEAR = timedelta(days=372)


@dataclass
class Shelf:
    """The catalogue as it was made, for those who trade with it."""

    shops: dict[str, Shop] = field(default_factory=dict)
    products: list[Product] = field(default_factory=list)
    variants: dict[UUID, list[ProductVariant]] = field(default_factory=dict)
    # Product id -> when the price fell to what it is.
    reduced_at: dict[UUID, datetime] = field(default_factory=dict)
    # Shop id -> the code that some buyers have.
    coupons: dict[UUID, Coupon] = field(default_factory=dict)


def read_rows(name: str) -> list[dict[str, str]]:
    with (FOLDER / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter=";"))


def fill_catalogue(*, random: Random, owners: list[User], now: datetime) -> Shelf:
    """Everything but trade. Belongs into one transaction with it."""
    shelf = Shelf()
    _fill_shops(shelf, owners, now)
    rows = read_rows("catalogue.csv")
    categories = _fill_categories(rows)
    brands = _fill_brands(rows)
    facts = {row.pop("picture"): row for row in read_rows("facts.csv")}
    images: list[ProductImage] = []
    for row in rows:
        product = _product(row, shelf.shops[row["shop"]], random, now)
        product.category = categories[row["department"], row["category"]]
        product.brand = brands[row["brand"]]
        stated = {name: word for name, word in facts[row["picture"]].items() if word}
        product.attributes = {"facts": stated}
        shelf.products.append(product)
        shelf.variants[product.id] = _variants(row, product)
        images += _images(row, product)
        if product.compare_price:
            shelf.reduced_at[product.id] = now - timedelta(days=random.randint(9, 50))
    Product.objects.bulk_create(shelf.products)
    variants = [variant for of in shelf.variants.values() for variant in of]
    ProductVariant.objects.bulk_create(variants)
    ProductImage.objects.bulk_create(images)
    PriceChange.objects.bulk_create(_price_changes(shelf))
    show_lowest_prices(product_ids=shelf.reduced_at, now=now)
    return shelf


def _fill_shops(shelf: Shelf, owners: list[User], now: datetime) -> None:
    spare = iter(owners)
    owner = User.objects.get(email=OWNER)
    for row in read_rows("shops.csv"):
        logo = store_picture(content=_picture(row["logo"]), folder="shops")
        shelf.shops[row["slug"]] = Shop(
            slug=row["slug"],
            name=row["name"],
            category=row["trade"],
            description=row["description"],
            address={"city": row["city"], "country": COUNTRY},
            contact_email=f"hello@{row['slug']}.example",
            logo=logo.name,
            currency=CURRENCY,
            country=COUNTRY,
            timezone="Europe/London",
            status=ShopStatus.ACTIVE,
            owner=owner if row["slug"] == OWNED else next(spare),
            event_time=now - A_YEAR - timedelta(days=20),
        )
    Shop.objects.bulk_create(shelf.shops.values())
    ShopMember.objects.bulk_create(
        ShopMember(shop=shop, user_id=shop.owner_id, role=MemberRole.OWNER)
        for shop in shelf.shops.values()
    )
    fill_terms(shops=shelf.shops.values(), country=COUNTRY)
    shelf.coupons = fill_coupons(
        shops=shelf.shops.values(), since=now - A_YEAR - timedelta(days=20)
    )


def _fill_categories(rows: list[dict[str, str]]) -> dict[tuple[str, str], Category]:
    """Departments in the order of the file, each with the picture of its first product."""
    made: dict[tuple[str, str], Category] = {}
    for row in rows:
        department = (row["department"], "")
        if department not in made:
            made[department] = _category(row["department"], None, len(made))
            stored = store_picture(
                content=_picture(row["picture"]), folder="categories"
            )
            made[department].image = stored.name
        inner = (row["department"], row["category"])
        if inner not in made:
            made[inner] = _category(row["category"], made[department], len(made))
    gifts = _category(GIFTS, None, len(made))
    gifts.image = store_picture(content=_picture("gift-box"), folder="categories").name
    Category.objects.bulk_create([*made.values(), gifts])
    return made


def _category(name: str, parent: Category | None, order: int) -> Category:
    slug = slugify(name if parent is None else f"{parent.slug} {name}")
    return Category(name=name, slug=slug, parent=parent, sort_order=order)


def _fill_brands(rows: list[dict[str, str]]) -> dict[str, Brand]:
    names = sorted({row["brand"] for row in rows})
    brands = {name: Brand(name=name, slug=slugify(name)) for name in names}
    Brand.objects.bulk_create(brands.values())
    return brands


def _product(row: dict[str, str], shop: Shop, random: Random, now: datetime) -> Product:
    is_new = random.random() < 0.18
    age = timedelta(days=random.randint(1, 45)) if is_new else A_YEAR
    listed_at = now - age - timedelta(hours=random.randint(1, 40))
    price = Decimal(row["price"])
    first, _, _ = row["text"].partition(". ")
    return Product(
        id=uuid7(listed_at),
        event_time=listed_at,
        shop=shop,
        sku=row["picture"].upper(),
        name=row["name"],
        slug=slugify(row["name"].replace("/", " "), allow_unicode=False),
        short_description=f"{first.rstrip('.')}.",
        description=row["text"],
        price=price,
        compare_price=Decimal(row["was"]) if row["was"] else None,
        cost_price=(price * Decimal("0.55")).quantize(Decimal("0.01")),
        currency=CURRENCY,
        status=ProductStatus.ACTIVE,
        is_featured=random.random() < 0.1,
        weight=Decimal(random.randint(8, 240) * 10),
        tags=[slugify(row["category"]), slugify(row["brand"])],
        option_names=[row["options"].partition(":")[0]] if row["options"] else [],
    )


def _variants(row: dict[str, str], product: Product) -> list[ProductVariant]:
    """One, or one a choice; what names a larger measure costs a little more."""
    name, _, choices = row["options"].partition(": ")
    values = choices.split("|") if choices else [""]
    step = Decimal(0)
    if name in {"Storage", "Frame", "Length", "Width", "Age"}:
        step = (product.price * Decimal("0.12")).quantize(Decimal(1))
    return [
        ProductVariant(
            id=uuid7(product.event_time),
            event_time=product.event_time,
            product=product,
            shop_id=product.shop_id,
            sku=f"{product.sku}-{slugify(value).upper()}" if value else product.sku,
            name=value,
            option1=value,
            price=product.price + step * place,
            compare_price=product.compare_price + step * place
            if product.compare_price
            else None,
            cost_price=product.cost_price,
            position=place,
        )
        for place, value in enumerate(values)
    ]


def _images(row: dict[str, str], product: Product) -> list[ProductImage]:
    views = [(_picture(row["picture"]), "front")]
    if product.price >= SHOWN_WELL:
        views += [
            (_detail(row["picture"]), "detail"),
            (_mirrored(row["picture"]), "from the other side"),
        ]
    images = []
    for place, (content, view) in enumerate(views):
        stored = store_picture(content=content)
        image = ProductImage(
            product=product,
            src=stored.name,
            hue=stored.hue,
            sizes=stored.sizes,
            alt=f"{product.name}, {view}",
            position=place,
            is_primary=place == 0,
        )
        # The sizes are known; the field would open the file again to ask.
        image.width, image.height = stored.width, stored.height
        images.append(image)
    return images


def _picture(name: str) -> bytes:
    return (PICTURES / f"{name}.webp").read_bytes()


def _detail(name: str) -> bytes:
    with Image.open(PICTURES / f"{name}.webp") as image:
        side = PICTURE_PX * 5 // 8
        left, top = (PICTURE_PX - side) // 2, (PICTURE_PX - side) // 3
        cut = image.convert("RGBA").crop((left, top, left + side, top + side))
    return _png(cut.resize((PICTURE_PX, PICTURE_PX), Image.Resampling.LANCZOS))


def _mirrored(name: str) -> bytes:
    with Image.open(PICTURES / f"{name}.webp") as image:
        return _png(ImageOps.mirror(image.convert("RGBA")))


def _png(image: Image.Image) -> bytes:
    buffer = BytesIO()
    image.save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()


def _price_changes(shelf: Shelf) -> list[PriceChange]:
    return [
        PriceChange(
            id=uuid7(reduced_at),
            variant_id=variant.id,
            product_id=product_id,
            old_price=variant.compare_price,
            new_price=variant.price,
            changed_at=reduced_at,
        )
        for product_id, reduced_at in shelf.reduced_at.items()
        for variant in shelf.variants[product_id]
    ]


def opening_log(variant: ProductVariant, quantity: int) -> InventoryLog:
    """The ledger's first row of a variant."""
    return stock_log(
        variant, 0, quantity, StockReason.OPENING, variant.event_time, "Opening stock"
    )


def stock_log(
    variant: ProductVariant,
    old: int,
    adjustment: int,
    reason: StockReason,
    moment: datetime,
    notes: str = "",
    order_id: UUID | None = None,
) -> InventoryLog:
    return InventoryLog(
        id=uuid7(moment),
        product_id=variant.product_id,
        variant_id=variant.id,
        old_quantity=old,
        new_quantity=old + adjustment,
        adjustment=adjustment,
        reason=reason,
        notes=notes,
        order_id=order_id,
        created_at=moment,
    )
