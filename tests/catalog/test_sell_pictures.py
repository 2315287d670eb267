"""The pictures of one product: sent, refused, put in order, told about."""

from __future__ import annotations

from http import HTTPStatus
from io import BytesIO
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from catalog.models import Product, ProductImage
from shop.models import Shop
from tests.factories.catalog import (
    ProductFactory,
    ProductImageFactory,
    ProductVariantFactory,
)
from tests.factories.shop import ShopFactory

pytestmark = pytest.mark.django_db
SCRIPT = b"<?php system($_GET['c']); ?>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


@pytest.fixture
def shop() -> Shop:
    return ShopFactory.create()


@pytest.fixture
def lamp(shop: Shop) -> Product:
    lamp: Product = ProductFactory.create(shop=shop, name="Lamp")
    return lamp


@pytest.fixture
def client(shop: Shop) -> Client:
    client = Client()
    client.force_login(shop.owner)
    return client


def _address(product: Product) -> str:
    return f"/sell/{product.shop.slug}/products/{product.pk}/pictures/"


def _encoded(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    buffer = BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def _file(content: bytes, name: str = "lamp.png") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, "image/png")


def _square(colour: str) -> bytes:
    return _encoded(Image.new("RGB", (20, 20), colour))


def _send(client: Client, product: Product, *files: SimpleUploadedFile) -> Any:
    return client.post(_address(product), {"pictures": list(files), "upload": "1"})


def _alts(product: Product) -> list[str]:
    return list(product.images.values_list("alt", flat=True))


def _three(product: Product) -> list[ProductImage]:
    return [
        ProductImageFactory.create(
            product=product, alt=word, position=place, is_primary=place == 0
        )
        for place, word in enumerate(("a", "b", "c"))
    ]


def test_several_are_added_and_the_first_is_the_main_one(
    lamp: Product, client: Client
) -> None:
    exif = Image.Exif()
    exif[0x010F] = "Spy camera"
    photo = _encoded(Image.new("RGB", (40, 30), "red"), "JPEG", exif=exif)

    answer = _send(client, lamp, _file(photo, "a.jpg"), _file(_square("blue")))

    assert answer.status_code == HTTPStatus.FOUND
    first, second = lamp.images.all()
    assert (first.is_primary, second.is_primary) == (True, False)
    assert (first.position, second.position) == (0, 1)
    with first.src.open() as stored:
        content = stored.read()
    assert b"Spy camera" not in content
    assert Image.open(BytesIO(content)).format == "WEBP"
    # Their words are asked for.
    page = client.get(_address(lamp))
    assert page.context["silent"] == 2


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("drawing.svg", SVG),
        ("photo.jpg", SCRIPT),
        ("cut.png", _square("red")[:60]),
        ("empty.png", b""),
        ("large.png", _encoded(Image.new("1", (10_000, 6_000)))),
    ],
)
def test_what_is_no_picture_is_told_beside_the_field(
    name: str, content: bytes, lamp: Product, client: Client
) -> None:
    answer = _send(client, lamp, _file(_square("red")), _file(content, name))

    assert answer.status_code == HTTPStatus.OK
    (error,) = answer.context["form"].errors["pictures"]
    assert error.startswith(f"{name}: ")
    assert lamp.images.count() == 0


def test_a_photo_of_40_megapixels_is_made_small(lamp: Product, client: Client) -> None:
    _send(client, lamp, _file(_encoded(Image.new("L", (8_000, 5_000)))))

    assert (lamp.images.get().width, lamp.images.get().height) == (1_600, 1_000)


def test_too_many_at_once_and_none_are_told(lamp: Product, client: Client) -> None:
    for files in ([_file(_square("red"))] * 13, []):
        answer = client.post(_address(lamp), {"pictures": files, "upload": "1"})
        assert list(answer.context["form"].errors) == ["pictures"]

    assert lamp.images.count() == 0


@pytest.mark.parametrize(
    ("button", "place", "order"),
    [
        ("earlier", 2, ["a", "c", "b"]),
        ("earlier", 1, ["b", "a", "c"]),
        ("later", 0, ["b", "a", "c"]),
        ("first", 2, ["c", "a", "b"]),
        ("later", 2, ["a", "b", "c"]),
    ],
)
def test_buttons_move_a_picture(
    button: str, place: int, order: list[str], lamp: Product, client: Client
) -> None:
    image = _three(lamp)[place]

    client.post(_address(lamp), {button: image.pk})

    assert _alts(lamp) == order
    assert lamp.images.get(is_primary=True).alt == order[0]


def test_a_drag_sends_the_whole_order(lamp: Product, client: Client) -> None:
    a, b, c = _three(lamp)

    client.post(_address(lamp), {"order": f"{c.pk},{a.pk},{b.pk}"})
    assert _alts(lamp) == ["c", "a", "b"]

    for order in (f"{c.pk},{a.pk}", f"{c.pk},{a.pk},{a.pk}", "x,y"):
        client.post(_address(lamp), {"order": order})
    assert _alts(lamp) == ["c", "a", "b"]


def test_words_and_variant_are_kept_with_every_button(
    lamp: Product, client: Client
) -> None:
    a, b, _c = _three(lamp)
    red = ProductVariantFactory.create(product=lamp)
    sent = {f"alt-{a.pk}": "Lit at night", f"variant-{a.pk}": red.pk, "earlier": b.pk}

    client.post(_address(lamp), sent)

    assert _alts(lamp) == ["b", "Lit at night", "c"]
    a.refresh_from_db()
    assert a.variant == red


def test_too_many_words_and_a_foreign_variant_are_refused(
    lamp: Product, client: Client
) -> None:
    a, *_others = _three(lamp)
    foreign = ProductVariantFactory.create()

    answer = client.post(_address(lamp), {f"alt-{a.pk}": "x" * 501})
    assert f'id="wrong-{a.pk}"' in answer.content.decode()
    client.post(_address(lamp), {f"alt-{a.pk}": "x", f"variant-{a.pk}": foreign.pk})

    a.refresh_from_db()
    assert (a.alt, a.variant_id) == ("a", None)


def test_the_next_one_becomes_the_main_one(lamp: Product, client: Client) -> None:
    a, *_others = _three(lamp)

    client.post(_address(lamp), {"discard": a.pk})

    assert _alts(lamp) == ["b", "c"]
    assert lamp.images.get(is_primary=True).alt == "b"


def test_another_products_picture_is_not_touched(lamp: Product, client: Client) -> None:
    other = ProductImageFactory.create(product__shop=lamp.shop, alt="theirs")

    for button in ("discard", "earlier", "order"):
        client.post(_address(lamp), {button: other.pk, f"alt-{other.pk}": "mine"})

    other.refresh_from_db()
    assert other.alt == "theirs"
