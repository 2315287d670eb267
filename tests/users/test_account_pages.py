"""The account library's pages, in our dress."""

import pytest
from django.core import mail
from django.urls import reverse

from shop.encryption import email_hash
from tests.factories.users import PASSWORD, UserFactory
from users.models import User

pytestmark = pytest.mark.django_db
OURS = '<a class="skip" href="#content">'


@pytest.mark.parametrize(
    "name", ["account_login", "account_signup", "account_reset_password"]
)
def test_page_for_a_stranger_is_ours(client, name):
    page = client.get(reverse(name)).content.decode()

    assert OURS in page
    assert 'class="button button-wide button-main"' in page


@pytest.mark.parametrize(
    "name", ["account_email", "account_change_password", "account_logout"]
)
def test_page_for_somebody_logged_in_is_ours(client, name):
    client.force_login(UserFactory())

    assert OURS in client.get(reverse(name)).content.decode()


def test_log_in_leads_to_where_one_wanted_to_go(client):
    user = UserFactory()
    wanted = reverse("orders:account")

    response = client.post(
        f"{reverse('account_login')}?next={wanted}",
        {"login": user.email, "password": PASSWORD, "next": wanted},
    )

    assert response.status_code == 302
    assert response["Location"] == wanted


def test_wrong_password_is_said_in_a_summary(client):
    user = UserFactory()

    page = client.post(
        reverse("account_login"), {"login": user.email, "password": "wrong"}
    ).content.decode()

    assert 'role="alert"' in page
    assert f'value="{user.email}"' in page


def test_empty_field_is_linked_from_the_summary(client):
    page = client.post(reverse("account_login"), {}).content.decode()

    assert '<a href="#id_login">' in page
    assert 'id="id_login_error"' in page


def test_account_is_opened_and_its_hash_kept(client):
    response = client.post(
        reverse("account_signup"),
        {"email": "new@example.com", "password1": "a long way to Mombasa"},
    )

    assert response.status_code == 302
    assert User.objects.get().email_hash == email_hash("new@example.com")


def test_forgotten_password_sends_a_link_that_sets_a_new_one(client):
    user = UserFactory()

    client.post(reverse("account_reset_password"), {"email": user.email})
    link = next(
        word for word in mail.outbox[0].body.split() if "/password/reset/key/" in word
    )
    page = client.get(link, follow=True)

    assert OURS in page.content.decode()
    changed = client.post(
        page.redirect_chain[-1][0],
        {"password1": "a new way to Mombasa", "password2": "a new way to Mombasa"},
    )
    assert changed.status_code == 302
    user.refresh_from_db()
    assert user.check_password("a new way to Mombasa")
