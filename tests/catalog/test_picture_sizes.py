"""Smaller copies of product pictures: made once, whole, and of what needs them."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connections
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from PIL import Image
from structlog.testing import capture_logs

from catalog import tasks
from catalog.models import ProductImage
from catalog.services import sizes
from catalog.services.images import add_product_image
from catalog.services.pictures import SentPicture, add_pictures
from catalog.services.sizes import make_missing_sizes, make_product_sizes
from shop.events.relay import relay
from shop.pictures import sized_name
from shop.templatetags.look import smaller
from tests.factories.catalog import ProductFactory, ProductVariantFactory
from tests.orders.crowds import at_once

pytestmark = pytest.mark.django_db
# Sizes that were made, with the shorter side of the picture.
MADE: list[tuple[list[int], int]] = [([], 300), ([320], 600), ([320, 640, 960], 1200)]


def photo(width: int, height: int, tint: int) -> bytes:
    """Different for each tint: what is stored once is known by its content."""
    image = Image.linear_gradient("L").resize((width, height))
    image = Image.merge("RGB", (image, image.rotate(180), image.point(lambda _: tint)))
    buffer = BytesIO()
    image.save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()


@pytest.fixture
def hang() -> Callable[..., ProductImage]:
    def hang(width: int, height: int, tint: int, product: Any = None) -> ProductImage:
        return add_product_image(
            product=product or ProductFactory.create(),
            content=photo(width, height, tint),
            alt="",
        )

    return hang


def opened(name: str) -> Image.Image:
    with default_storage.open(name) as file:
        image = Image.open(BytesIO(file.read()))
        image.load()
    return image


def copies(image: ProductImage) -> list[str]:
    """Every file that lies beside the picture."""
    folder, _, name = str(image.src).rpartition("/")
    stem = name.removesuffix(".webp")
    files = default_storage.listdir(folder)[1]
    return sorted(one for one in files if one.startswith(stem) and one != name)


@pytest.mark.parametrize(
    ("sides", "made"),
    [
        ((1300, 900), {320: (462, 320), 640: (924, 640)}),
        ((600, 900), {320: (320, 480)}),
        ((320, 900), {}),
    ],
)
def test_copies_are_of_the_shorter_side_and_never_larger(sides, made, hang):
    image = hang(*sides, tint=1)

    make_product_sizes(product_id=image.product_id)

    image.refresh_from_db()
    assert image.sizes == list(made)
    for size, shape in made.items():
        copy = opened(sized_name(str(image.src), size))
        assert (copy.size, copy.format) == (shape, "WEBP")


def test_a_repeat_makes_nothing_anew_and_mends_what_a_kill_left(hang, monkeypatch):
    image = hang(900, 900, tint=2)
    name = sized_name(str(image.src), 320)
    make_product_sizes(product_id=image.product_id)
    with default_storage.open(name) as file:
        whole = file.read()
    # Killed while it wrote the file: the row was not marked.
    default_storage.delete(name)
    default_storage.save(name, ContentFile(whole[:300]))
    ProductImage.objects.update(sizes=None)
    wrote: list[str] = []
    save = default_storage.save

    def noted(name: str, content: ContentFile[bytes]) -> str:
        wrote.append(name)
        return save(name, content)

    monkeypatch.setattr(default_storage, "save", noted)

    make_product_sizes(product_id=image.product_id)
    make_product_sizes(product_id=image.product_id)

    assert wrote == [name]
    assert opened(name).size == (320, 320)
    image.refresh_from_db()
    assert image.sizes == [320, 640]


@pytest.mark.django_db(transaction=True)
def test_two_at_once_with_one_picture_write_each_copy_once(hang):
    images = [hang(900, 900, tint=3) for _ in range(4)]
    assert len({str(image.src) for image in images}) == 1

    at_once(
        lambda image: make_product_sizes(product_id=image.product_id),
        images,
        workers=4,
    )

    stem = str(images[0].src).rpartition("/")[2].removesuffix(".webp")
    assert copies(images[0]) == [f"{stem}-320.webp", f"{stem}-640.webp"]
    assert [one.sizes for one in ProductImage.objects.all()] == [[320, 640]] * 4


def test_a_broken_file_is_said_once_and_a_store_out_of_reach_is_tried_again(
    hang, monkeypatch
):
    whole, broken, gone = (hang(400, 400, tint=tint) for tint in (4, 5, 6))
    default_storage.delete(str(broken.src))
    default_storage.save(str(broken.src), ContentFile(b"RIFF, and no more"))
    default_storage.delete(str(gone.src))

    with monkeypatch.context() as patch, capture_logs() as logs:
        patch.setattr(sizes, "_opened", lambda name: 1 / 0)
        assert make_missing_sizes(budget_s=60) is None
    assert len(logs) == 3
    with capture_logs() as logs:
        make_missing_sizes(budget_s=60)
        make_missing_sizes(budget_s=60)

    assert [log["src"] for log in logs] == [str(broken.src), str(gone.src)]
    found = dict(ProductImage.objects.values_list("pk", "sizes"))
    assert found == {whole.pk: [320], broken.pk: [], gone.pk: []}


def test_the_sweep_stops_when_nothing_can_be_reached(hang, monkeypatch):
    product = ProductFactory.create()
    for tint in range(3):
        hang(400, 400, tint=tint, product=product)
    monkeypatch.setattr(sizes, "MOST_FAILURES", 2)
    monkeypatch.setattr(sizes, "_opened", lambda name: 1 / 0)

    with capture_logs() as logs:
        make_missing_sizes(budget_s=60)

    assert len(logs) == 2


def test_the_sweep_goes_on_where_its_time_was_up(hang, monkeypatch):
    first, second = hang(400, 400, tint=7), hang(400, 400, tint=8)
    left: list[dict[str, str]] = []
    monkeypatch.setattr(tasks, "SIZES_S", 0)
    monkeypatch.setattr(
        tasks.make_missing_picture_sizes, "delay", lambda **given: left.append(given)
    )

    tasks.make_missing_picture_sizes()
    assert left == [{"after": str(first.pk)}]
    tasks.make_missing_picture_sizes(**left.pop())
    assert left == [{"after": str(second.pk)}]
    tasks.make_missing_picture_sizes(**left.pop())

    assert left == []
    assert [one.sizes for one in ProductImage.objects.all()] == [[320], [320]]


@pytest.mark.django_db(transaction=True)
def test_there_is_one_sweep_at_a_time(hang):
    hang(400, 400, tint=9)
    other = connections["default"].copy()

    with other.cursor() as cursor:
        cursor.execute(f"SELECT pg_advisory_lock({sizes.LOCK})", [sizes.SWEEP])
        assert make_missing_sizes(budget_s=60) is None
    other.close()

    assert ProductImage.objects.get().sizes is None


def test_another_file_in_the_row_has_no_copies_yet(hang):
    image, other = hang(400, 400, tint=10), hang(400, 400, tint=11)
    make_product_sizes(product_id=image.product_id)
    image.refresh_from_db()

    image.src = str(other.src)
    image.save()

    assert ProductImage.objects.get(pk=image.pk).sizes is None


@pytest.mark.django_db(transaction=True)
def test_pictures_that_a_shop_adds_are_made_small_by_the_news_of_it(
    monkeypatch, redis_server
):
    product = ProductFactory.create()
    asked: list[dict[str, str]] = []
    monkeypatch.setattr(
        tasks.make_picture_sizes, "delay", lambda **given: asked.append(given)
    )

    small, large = add_pictures(
        shop_id=product.shop_id,
        product_id=product.pk,
        pictures=[
            SentPicture("a.png", photo(200, 400, 12)),
            SentPicture("b.png", photo(400, 400, 12)),
        ],
        now=timezone.now(),
        by=product.shop.owner,
    )
    # Nothing was asked of a broker: the news lies beside the rows.
    assert (small.sizes, large.sizes, asked) == ([], None, [])
    relay()

    assert asked == [{"product_id": str(product.pk)}]


# ------------------------------------------------------------------ pages
def test_every_page_offers_the_copies_as_soon_as_there_are_some(hang):
    product = ProductFactory.create()
    variant = ProductVariantFactory.create(product=product, inventory_quantity=5)
    image = hang(900, 900, 13, product)
    hang(900, 900, 14, product)
    client = Client()
    client.force_login(product.shop.owner)
    client.post(reverse("orders:add_to_cart"), {"variant": variant.pk})
    stall = [product.shop.slug]
    pages = {
        reverse("catalog:home"): "card",
        product.shop.get_absolute_url(): "card",
        product.get_absolute_url(): "gallery",
        reverse("orders:cart"): "",
        reverse("sell:products", args=stall): "",
        reverse("sell:product_pictures", args=[*stall, product.pk]): "",
    }

    def read(page: str) -> str:
        return client.get(page).content.decode()

    assert not [page for page in pages if "srcset" in read(page)]
    make_product_sizes(product_id=product.pk)

    small, large = (
        default_storage.url(sized_name(str(image.src), size)) for size in (320, 640)
    )
    whole = default_storage.url(str(image.src))
    offers = {
        "": f'srcset="{small}" alt',
        "card": f'srcset="{small} 320w, {large} 640w" sizes',
        "gallery": f'srcset="{large} 640w, {whole} 900w" sizes',
    }
    for page, place in pages.items():
        written = read(page)
        assert offers[place] in written, page
        # Whoever reads no srcset is given the picture itself.
        assert f'src="{whole}"' in written, page
    (listed,) = client.get("/api/v1/products/").json()["results"]
    assert listed["picture"].endswith(whole)
    assert listed["picture_small"].endswith(small)


def test_a_place_offers_what_it_can_use_and_the_picture_itself_where_that_is_needed():
    card, gallery = (
        [smaller("a.webp", sizes, place, side) for sizes, side in MADE]
        for place in ("card", "gallery")
    )

    assert [one.count(".webp") for one in card] == [0, 2, 2]
    assert [one.count(".webp") for one in gallery] == [0, 0, 3]
    assert "a.webp 600w" in card[1]
    assert "a.webp 1200w" in gallery[2]
