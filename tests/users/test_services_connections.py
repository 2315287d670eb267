"""Following and blocking."""

import threading
from uuid import uuid4

import pytest
from django.db import connection
from django.urls import reverse

from shop.models import Shop
from tests.factories.shop import ShopFactory
from tests.factories.users import (
    ShopFollowerFactory,
    UserConnectionFactory,
    UserFactory,
    UserProfileFactory,
)
from users.errors import Blocked, NotYourself
from users.models import ShopFollower, User, UserConnection
from users.services.connections import (
    block_person,
    follow_person,
    follow_shop,
    unblock_person,
    unfollow_person,
    unfollow_shop,
)


def ties() -> set[tuple[object, object, str]]:
    return set(UserConnection.objects.values_list("user_id", "target_id", "kind"))


def public(**more: object) -> User:
    return UserProfileFactory(settings={"is_public": True}, **more).user


@pytest.mark.django_db
def test_following_may_be_repeated_and_ended():
    ada, ben = UserFactory(), UserFactory()

    for _ in range(2):
        follow_person(user_id=ada.pk, target_id=ben.pk)
    assert ties() == {(ada.pk, ben.pk, "follow")}

    for _ in range(2):
        unfollow_person(user_id=ada.pk, target_id=ben.pk)
    assert ties() == set()


@pytest.mark.django_db
def test_block_ends_the_following_in_both_directions():
    ada, ben = UserFactory(), UserFactory()
    follow_person(user_id=ada.pk, target_id=ben.pk)
    follow_person(user_id=ben.pk, target_id=ada.pk)

    block_person(user_id=ada.pk, target_id=ben.pk)

    assert ties() == {(ada.pk, ben.pk, "block")}
    for one, other in ((ada, ben), (ben, ada)):
        with pytest.raises(Blocked):
            follow_person(user_id=one.pk, target_id=other.pk)
    unblock_person(user_id=ada.pk, target_id=ben.pk)
    assert ties() == set()


@pytest.mark.django_db
@pytest.mark.parametrize("connect", [follow_person, block_person])
def test_nobody_is_connected_with_themselves_or_with_nobody(connect):
    ada = UserFactory()

    with pytest.raises(NotYourself):
        connect(user_id=ada.pk, target_id=ada.pk)
    with pytest.raises(User.DoesNotExist):
        connect(user_id=ada.pk, target_id=uuid4())
    assert ties() == set()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("turn", range(5))
def test_follow_and_block_at_once_never_both_stand(turn):
    ada, ben = UserFactory(), UserFactory()
    start = threading.Barrier(2)
    failures: list[Exception] = []

    def run(connect, one, other) -> None:
        start.wait()
        try:
            connect(user_id=one.pk, target_id=other.pk)
        except Blocked:
            pass
        except Exception as failure:  # noqa: BLE001 - told to the test
            failures.append(failure)
        finally:
            connection.close()

    threads = [
        threading.Thread(target=run, args=(follow_person, ada, ben)),
        threading.Thread(target=run, args=(block_person, ben, ada)),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
    assert ties() == {(ben.pk, ada.pk, "block")}


@pytest.mark.django_db
def test_shop_is_followed_once_and_unfollowed_after_it_closed():
    ada, shop = UserFactory(), ShopFactory()
    for _ in range(2):
        follow_shop(user_id=ada.pk, shop_id=shop.pk)
    assert ShopFollower.objects.count() == 1

    Shop.objects.update(status="closed")
    with pytest.raises(Shop.DoesNotExist):
        follow_shop(user_id=ada.pk, shop_id=shop.pk)
    unfollow_shop(user_id=ada.pk, shop_id=shop.pk)

    assert ShopFollower.objects.count() == 0


@pytest.mark.django_db
def test_button_follows_with_and_without_htmx(client):
    ada, shop = UserFactory(), ShopFactory()
    address = reverse("users:follow_shop", args=[shop.slug])
    client.force_login(ada)
    assert "Follow the shop" in client.get(address).content.decode()

    swapped = client.post(address, {"follow": "1"}, headers={"HX-Request": "true"})
    plain = client.post(address, {"unfollow": "1"})

    assert "Stop following" in swapped.content.decode()
    assert plain["Location"] == shop.get_absolute_url()
    assert ShopFollower.objects.count() == 0


@pytest.mark.django_db
def test_stranger_who_follows_is_sent_to_log_in(client):
    shop = ShopFactory()

    response = client.post(
        reverse("users:follow_shop", args=[shop.slug]), {"follow": "1"}
    )

    assert response["Location"] == (
        f"{reverse('account_login')}?next={shop.get_absolute_url()}"
    )


@pytest.mark.django_db
def test_following_leads_nowhere_else(client):
    client.force_login(UserFactory())
    shop = ShopFactory()

    response = client.post(
        reverse("users:follow_shop", args=[shop.slug]),
        {"follow": "1", "next": "https://evil.example/"},
    )

    assert response["Location"] == shop.get_absolute_url()


@pytest.mark.django_db
def test_page_of_a_person_is_there_only_for_whom_it_is_shown(client):
    shown = public(bio="I like <b>lamps</b>.", user__first_name="Wanjiku")
    hidden = UserProfileFactory().user
    viewer = UserFactory()
    page = reverse("users:person", args=[shown.pk])
    assert "I like &lt;b&gt;lamps" in client.get(page).content.decode()
    assert client.get(reverse("users:person", args=[hidden.pk])).status_code == 404

    block_person(user_id=shown.pk, target_id=viewer.pk)
    client.force_login(viewer)

    assert client.get(page).status_code == 404
    follow = client.post(reverse("users:follow_person", args=[shown.pk]))
    assert follow.status_code == 404


@pytest.mark.django_db
def test_follow_block_and_unblock_by_the_pages(client):
    ada, shown = UserFactory(), public()
    client.force_login(ada)

    for action, wanted in (
        ("follow", {(ada.pk, shown.pk, "follow")}),
        ("block", {(ada.pk, shown.pk, "block")}),
        ("unblock", set()),
    ):
        client.post(reverse(f"users:{action}_person", args=[shown.pk]))
        assert ties() == wanted


@pytest.mark.django_db
def test_list_costs_the_same_for_one_and_for_many(
    client, django_assert_max_num_queries
):
    ada = UserFactory()
    client.force_login(ada)

    def make() -> None:
        ShopFollowerFactory(user=ada)
        UserConnectionFactory(user=ada, kind="follow")
        UserConnectionFactory(user=ada, kind="block")

    make()
    with django_assert_max_num_queries(12) as one:
        client.get(reverse("users:following"))
    make()
    make()
    with django_assert_max_num_queries(len(one)):
        client.get(reverse("users:following"))
