"""A person's picture: cut, cleaned, replaced, removed."""

from io import BytesIO

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from django.urls import reverse
from PIL import Image

from tests.factories.catalog import ProductReviewFactory, ProductVariantFactory
from tests.factories.users import UserFactory

pytestmark = pytest.mark.django_db


def picture(size=(400, 300)):
    exif = Image.Exif()
    exif[0x010E] = "taken at home"
    buffer = BytesIO()
    Image.new("RGB", size, "teal").save(buffer, "JPEG", exif=exif)
    return SimpleUploadedFile("me.jpg", buffer.getvalue(), "image/jpeg")


@pytest.fixture
def user(client):
    made = UserFactory(first_name="Ada")
    client.force_login(made)
    return made


def send(client, file):
    return client.post(reverse("users:avatar"), {"avatar": file})


def kept(user):
    user.refresh_from_db()
    return str(user.avatar)


def test_picture_is_cut_to_a_small_square_without_its_metadata(client, user):
    assert send(client, picture()).status_code == 302

    with default_storage.open(kept(user)) as file:
        content = file.read()
    assert Image.open(BytesIO(content)).size == (256, 256)
    assert b"taken at home" not in content
    page = client.get(reverse("users:profile")).content.decode()
    assert default_storage.url(kept(user)) in page


def test_new_picture_takes_the_place_of_the_old_one(
    client, user, django_capture_on_commit_callbacks
):
    send(client, picture())
    before = kept(user)

    with django_capture_on_commit_callbacks(execute=True):
        send(client, picture((100, 200)))

    assert kept(user) != before
    assert not default_storage.exists(before)
    with default_storage.open(kept(user)) as file:
        assert Image.open(file).size == (100, 100)


def test_picture_is_removed(client, user, django_capture_on_commit_callbacks):
    send(client, picture())
    before = kept(user)

    with django_capture_on_commit_callbacks(execute=True):
        for _ in range(2):
            client.post(reverse("users:remove_avatar"))

    assert (kept(user), default_storage.exists(before)) == ("", False)


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        ({}, "Choose a picture first."),
        (
            {"avatar": SimpleUploadedFile("me.svg", b"<svg><script/></svg>")},
            "me.svg: This is not a picture we can read",
        ),
    ],
)
def test_what_is_no_picture_is_refused(client, user, files, sentence):
    page = client.post(reverse("users:avatar"), files)

    assert sentence in page.content.decode()
    assert kept(user) == ""


def test_guests_have_no_picture(client):
    assert send(client, picture()).status_code == 302
    assert client.put("/api/v1/account/profile/avatar/").status_code in (401, 403)


def test_picture_stands_by_reviews(client):
    product = ProductVariantFactory(inventory_quantity=1).product
    ProductReviewFactory(product=product, user__avatar="avatars/ada.webp")

    page = client.get(product.get_absolute_url()).content.decode()

    assert f'src="{default_storage.url("avatars/ada.webp")}"' in page


def test_api_stores_and_removes_the_picture(client, user):
    address = reverse("v1:account-avatar")
    body = encode_multipart(BOUNDARY, {"avatar": picture()})

    made = client.put(address, body, content_type=MULTIPART_CONTENT)

    assert made.status_code == 200
    assert made.json()["avatar_url"].endswith(default_storage.url(kept(user)))
    assert client.delete(address).status_code == 204
    assert kept(user) == ""
