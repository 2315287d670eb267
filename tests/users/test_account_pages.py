"""The account library's pages, in our dress and with our limits."""

import re

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    generate_totp_secret,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.core import mail
from django.urls import NoReverseMatch, get_resolver, reverse

from shop.encryption import email_hash
from tests.factories.users import PASSWORD, UserFactory
from users.adapters import host_takes_passkeys, mail_parts
from users.models import User

pytestmark = pytest.mark.django_db
OURS = '<a class="skip" href="#content">'
NEW = "a long way to Mombasa"
LIBRARIES = ("account_", "mfa_", "socialaccount_")
# What answers with something else than a page when it is simply opened.
NO_PAGES = {
    "account_confirm_login_code": 302,
    "account_login": 302,
    "account_signup": 302,
    # It is on already.
    "mfa_activate_totp": 302,
    "mfa_authenticate": 302,
    "mfa_download_recovery_codes": 200,
    "mfa_login_webauthn": 302,
    "socialaccount_signup": 302,
    # There is a password already, and no key.
    "account_set_password": 302,
    "mfa_reauthenticate_webauthn": 302,
}


def library_pages() -> list[str]:
    """The names of all the library's addresses that need no key."""
    names = {
        name
        for name in get_resolver().reverse_dict
        if isinstance(name, str) and name.startswith(LIBRARIES)
    }

    def opens(name: str) -> bool:
        try:
            return bool(reverse(name))
        except NoReverseMatch:
            return False

    return sorted(filter(opens, names))


def confirm_it_is_me(client) -> None:
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})


def link(part: str) -> str:
    found = re.search(rf"http\S+{part}\S+", str(mail.outbox[-1].body))
    assert found is not None
    return found[0]


@pytest.mark.parametrize(
    "name",
    [
        *("account_login", "account_signup", "account_reset_password"),
        *("account_reset_password_done", "account_email_verification_sent"),
        *("account_inactive", "account_reset_password_from_key_done"),
        *("socialaccount_login_cancelled", "socialaccount_login_error"),
    ],
)
def test_page_for_a_stranger_is_ours(client, name):
    assert OURS in client.get(reverse(name)).content.decode()


def test_every_page_of_the_library_is_in_our_dress(client):
    user = UserFactory()
    client.force_login(user)
    client.get(reverse("users:security"))
    EmailAddress.objects.create(
        user=user, email=user.email, verified=True, primary=True
    )
    TOTP.activate(user, generate_totp_secret())
    RecoveryCodes.activate(user)
    confirm_it_is_me(client)

    bare = []
    names = library_pages()
    for name in names:
        response = client.get(reverse(name))
        expected = NO_PAGES.get(name)
        text = response.content.decode() if response.status_code == 200 else ""
        if expected and response.status_code == expected:
            continue
        if OURS not in text and response.status_code != 401:
            bare.append((name, response.status_code))

    assert bare == []
    assert len(names) > 20


@pytest.mark.parametrize("email", ["ada@example.com", "nobody@example.com"])
def test_sign_up_answers_the_same_whether_there_is_an_account(client, email):
    UserFactory(email="ada@example.com")

    response = client.post(
        reverse("account_signup"), {"email": email, "password1": NEW}, follow=True
    )

    assert response.redirect_chain == [
        (reverse("account_email_verification_sent"), 302)
    ]
    assert f"We sent a mail to {email}." in response.content.decode()
    assert [sent.to for sent in mail.outbox] == [[email]]
    assert User.objects.filter(email=email).count() == 1


@pytest.mark.parametrize("email", ["ada@example.com", "nobody@example.com"])
def test_reset_answers_the_same_whether_there_is_an_account(client, email):
    UserFactory(email="ada@example.com")

    response = client.post(
        reverse("account_reset_password"), {"email": email}, follow=True
    )

    assert response.redirect_chain == [(reverse("account_reset_password_done"), 302)]
    assert email not in response.content.decode()
    assert [sent.to for sent in mail.outbox] == [[email]]


@pytest.mark.parametrize("email", ["ada@example.com", "nobody@example.com"])
def test_log_in_answers_the_same_whether_there_is_an_account(client, email):
    UserFactory(email="ada@example.com")

    page = client.post(
        reverse("account_login"), {"login": email, "password": "wrong"}
    ).content.decode()

    assert "The e-mail address or the password is wrong." in page


def test_log_in_leads_to_where_one_wanted_to_go(client):
    user = UserFactory()
    wanted = reverse("orders:account")

    response = client.post(
        f"{reverse('account_login')}?next={wanted}",
        {"login": user.email, "password": PASSWORD, "next": wanted},
    )

    assert response.status_code == 302
    assert response["Location"] == wanted


def test_empty_field_is_linked_from_the_summary(client):
    page = client.post(reverse("account_login"), {}).content.decode()

    assert '<a href="#id_login">' in page
    assert 'id="id_login_error"' in page


def test_log_in_is_tried_a_few_times_only(client):
    user = UserFactory()
    address = reverse("account_login")
    for _ in range(5):
        client.post(address, {"login": user.email, "password": "wrong"})

    page = client.post(address, {"login": user.email, "password": PASSWORD})

    assert page.status_code == 200
    assert "That was tried too often." in page.content.decode()


def test_limit_has_a_page_of_ours(client, settings):
    settings.ACCOUNT_RATE_LIMITS = {"signup": "1/m/ip"}
    for _ in range(2):
        response = client.post(reverse("account_signup"), {})

    assert response.status_code == 429
    page = response.content.decode()
    assert OURS in page and "A little too fast" in page


def test_admin_is_entered_by_the_same_door(client):
    response = client.get("/admin/", follow=True)

    address, _status = response.redirect_chain[-1]
    assert address.startswith(reverse("account_login"))


@pytest.mark.parametrize(
    "email", ["ada@localhost", "ädä@example.com", "a\0@b.com", "a" * 300 + "@b.com"]
)
def test_address_that_cannot_be_kept_is_said_beside_the_field(client, email):
    response = client.post(
        reverse("account_signup"), {"email": email, "password1": NEW}
    )

    assert response.status_code == 200
    assert 'id="id_email_error"' in response.content.decode()
    assert not User.objects.exists()


def test_account_is_opened_confirmed_and_its_hash_kept(client):
    client.post(
        reverse("account_signup"), {"email": "New@example.com", "password1": NEW}
    )
    user = User.objects.get()
    assert user.email_hash == email_hash("new@example.com")
    assert not user.email_verified
    assert client.get(reverse("users:security")).status_code == 302

    client.post(link("/accounts/confirm-email/"))

    user.refresh_from_db()
    assert user.email_verified
    assert client.get(reverse("users:security")).status_code == 200


def test_unconfirmed_account_is_not_logged_in_and_gets_the_link_again(client):
    user = UserFactory(email_verified=False)

    response = client.post(
        reverse("account_login"), {"login": user.email, "password": PASSWORD}
    )

    assert response["Location"] == reverse("account_email_verification_sent")
    assert client.get(reverse("users:security")).status_code == 302
    assert "/accounts/confirm-email/" in link("/accounts/confirm-email/")


def test_mail_has_the_market_s_name_and_a_button(client):
    client.post(reverse("account_reset_password"), {"email": UserFactory().email})

    sent = mail.outbox[0]
    html = sent.alternatives[0].content
    assert sent.subject == "Soko: Set a new password"
    assert link("/password/reset/key/") in html
    assert ">Set a new password</a>" in html
    assert "testserver" not in html.replace(link("/password/reset/key/"), "")


def test_paragraph_that_ends_in_an_address_is_a_button():
    assert mail_parts(
        "Hello,\n\nDo it:\nhttps://a.example/x\n\nA · https://a.example"
    ) == [
        {"lines": ["Hello,"]},
        {"href": "https://a.example/x", "label": "Do it"},
        {"lines": ["A · https://a.example"]},
    ]


def test_forgotten_password_sends_a_link_that_sets_a_new_one(client):
    user = UserFactory()

    client.post(reverse("account_reset_password"), {"email": user.email})
    page = client.get(link("/password/reset/key/"), follow=True)

    assert OURS in page.content.decode()
    changed = client.post(
        page.redirect_chain[-1][0], {"password1": NEW, "password2": NEW}
    )
    assert changed.status_code == 302
    user.refresh_from_db()
    assert user.check_password(NEW)
    assert mail.outbox[-1].subject == "Soko: Your password was set anew"


def test_new_address_takes_the_place_of_the_old_once_it_is_confirmed(client):
    user = UserFactory(email="old@example.com")
    client.post(reverse("account_login"), {"login": user.email, "password": PASSWORD})
    confirm_it_is_me(client)

    client.post(
        reverse("account_email"), {"email": "new@example.com", "action_add": ""}
    )
    user.refresh_from_db()
    assert user.email == "old@example.com"
    client.post(link("/accounts/confirm-email/"))

    user.refresh_from_db()
    assert (user.email, user.email_hash, user.email_verified) == (
        "new@example.com",
        email_hash("new@example.com"),
        True,
    )
    assert list(EmailAddress.objects.values_list("email", flat=True)) == [user.email]


def test_address_is_changed_only_by_who_knows_the_password(client):
    user = UserFactory()
    client.force_login(user)

    response = client.post(
        reverse("account_email"), {"email": "new@example.com", "action_add": ""}
    )

    assert response["Location"].startswith(reverse("account_reauthenticate"))
    assert not EmailAddress.objects.filter(email="new@example.com").exists()


def test_second_step_is_asked_for_and_its_secret_encrypted(client):
    user = UserFactory()
    secret = generate_totp_secret()
    TOTP.activate(user, secret)
    assert secret not in str(Authenticator.objects.get().data)

    first = client.post(
        reverse("account_login"), {"login": user.email, "password": PASSWORD}
    )
    assert first["Location"] == reverse("mfa_authenticate")
    assert client.get(reverse("users:security")).status_code == 302
    counter = next(iter(yield_hotp_counters_from_time()))
    code = format_hotp_value(hotp_value(secret, counter))
    client.post(reverse("mfa_authenticate"), {"code": code})

    assert client.get(reverse("users:security")).status_code == 200


def test_passkeys_need_a_name(rf, settings):
    settings.ALLOWED_HOSTS = ["*"]

    def takes(host: str) -> bool:
        return host_takes_passkeys(rf.get("/", HTTP_HOST=host))

    assert [takes(host) for host in ("localhost:8000", "shop.example")] == [True, True]
    assert [takes(host) for host in ("127.0.0.1:8000", "127.0.0.1", "[::1]:80")] == [
        False,
        False,
        False,
    ]


def test_no_provider_is_offered_where_none_is_configured(client, settings):
    address = reverse("account_login")
    assert "account you have elsewhere" not in client.get(address).content.decode()

    settings.SOCIALACCOUNT_PROVIDERS = {
        "google": {"APPS": [{"client_id": "id", "secret": "secret"}]}
    }

    assert "Go on with Google" in client.get(address).content.decode()
