"""The address book's API."""

import pytest

from orders.models import ShippingAddress
from tests.factories.orders import ShippingAddressFactory
from tests.factories.users import UserFactory

pytestmark = pytest.mark.django_db
API = "/api/v1/account/addresses/"
JSON = "application/json"
KENYA = {
    "country": "KE",
    "last_name": "Odhiambo",
    "address1": "1 Moi Avenue",
    "city": "Nairobi",
    "phone": "0712345678",
}


@pytest.fixture
def me(client):
    user = UserFactory()
    client.force_login(user)
    return user


def test_address_is_kept_changed_and_deleted(client, me):
    made = client.post(API, KENYA, content_type=JSON)
    address = f"{API}{made.json()['id']}/"
    changed = client.put(address, KENYA | {"city": "Mombasa"}, content_type=JSON)

    assert (made.status_code, made.json()["phone"]) == (201, "+254712345678")
    assert made.json()["is_default"]
    assert changed.json()["city"] == "Mombasa"
    assert client.get(API).json()["results"] == [changed.json()]
    assert client.delete(address).status_code == 204
    assert not ShippingAddress.objects.exists()


@pytest.mark.parametrize(
    ("sent", "attr"),
    [
        (KENYA | {"country": "XX"}, "country"),
        (KENYA | {"last_name": "n" * 100_000}, "last_name"),
        (KENYA | {"last_name": "\0"}, "last_name"),
        (KENYA | {"last_name": ["n"]}, "last_name"),
        (KENYA | {"city": "🏙"}, "city"),
        (KENYA | {"is_default": "perhaps"}, None),
        ([1], None),
    ],
)
def test_what_is_wrong_is_named_and_nothing_kept(client, me, sent, attr):
    response = client.post(API, sent, content_type=JSON)

    assert response.status_code == 400
    attrs = [error["attr"] for error in response.json()["errors"]]
    assert attr is None or attrs == [attr]
    assert not ShippingAddress.objects.exists()


def test_other_people_s_address_is_not_found(client, me):
    theirs = ShippingAddressFactory()
    address = f"{API}{theirs.pk}/"

    assert client.get(address).status_code == 404
    assert client.put(address, KENYA, content_type=JSON).status_code == 404
    assert client.delete(address).status_code == 404
    theirs.refresh_from_db()
    assert theirs.city == "Nairobi"


def test_list_costs_the_same_for_one_and_for_many(
    client, me, django_assert_max_num_queries
):
    ShippingAddressFactory(user=me)
    with django_assert_max_num_queries(4) as one:
        client.get(API)
    ShippingAddressFactory.create_batch(3, user=me)
    with django_assert_max_num_queries(len(one)):
        client.get(API)
