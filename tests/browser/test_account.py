"""An account in a real browser: opened, confirmed, secured by a code and by a key."""

import base64
import hmac
import re
import struct
import time
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from django.core import mail
from playwright.sync_api import Page, expect

from tests.browser.conftest import Market
from tests.factories.users import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db(transaction=True)
EMAIL = "wanjiku@example.com"
SECRET = "a long way to Mombasa"
KEYS = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture(autouse=True)
def own_cache(settings: Any) -> None:
    """The real cache, in which no other test has used up a limit."""
    default = settings.CACHES["default"]
    settings.CACHES = {"default": {**default, "KEY_PREFIX": f"test-{uuid4().hex}"}}


@pytest.fixture(autouse=True)
def somebody(market: Market) -> Iterator[str]:
    """Somebody with an account; the browser starts after the database is written."""
    yield UserFactory(email="ada@example.com").email


@pytest.fixture
def complaints(page: Page) -> list[str]:
    """What the browser says of the pages, such as a broken content security policy."""
    said: list[str] = []
    page.on(
        "console",
        lambda line: said.append(line.text) if line.type == "error" else None,
    )
    # A navigation that overtakes the fading of the one before is no fault of the page's.
    page.on(
        "pageerror",
        lambda error: None if "Transition" in str(error) else said.append(str(error)),
    )
    return said


def totp(secret: str) -> str:
    """RFC 6238, six digits, half a minute."""
    key = base64.b32decode(secret)
    counter = struct.pack(">Q", int(time.time()) // 30)
    digest = hmac.digest(key, counter, "sha1")
    start = digest[-1] & 15
    number = int.from_bytes(digest[start : start + 4], "big") & 0x7FFFFFFF
    return f"{number % 1_000_000:06}"


def link_in_mail(part: str) -> str:
    """The newest mail's link, with the page that stands for the text among its parts."""
    sent = mail.outbox[-1]
    html = str(sent.alternatives[0].content)  # type: ignore[attr-defined]
    link = re.search(rf"http\S+{part}\S+", str(sent.body))
    assert link is not None
    assert f'href="{link[0]}"' in html
    return link[0]


def log_in(page: Page, email: str, password: str) -> None:
    page.goto("/accounts/login/")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(password)
    page.locator("main").get_by_role("button", name="Log in", exact=True).click()


def confirm_it_is_me(page: Page, password: str) -> None:
    expect(page.get_by_role("heading", name="Is it you?")).to_be_visible()
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Go on").click()


def log_out(page: Page) -> None:
    page.goto("/account/")
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_text("You are logged out.")).to_be_visible()


def test_account_is_opened_confirmed_and_secured_by_a_code(
    page: Page, complaints: list[str]
) -> None:
    page.goto("/accounts/signup/")
    page.get_by_label("E-mail").fill(EMAIL)
    page.get_by_label("Password").fill(SECRET)
    page.get_by_role("button", name="Open the account").click()
    expect(page.get_by_role("heading", name="Look into your mail")).to_be_visible()

    page.goto(link_in_mail("/accounts/confirm-email/"))
    page.get_by_role("button", name="Yes, confirm it").click()
    expect(page.get_by_role("link", name="wanjiku").first).to_be_visible()

    page.goto("/account/security/")
    page.get_by_role("link", name="Set it up").click()
    page.get_by_role("link", name="Set it up").click()
    confirm_it_is_me(page, SECRET)
    secret = page.locator(".secret").inner_text()
    page.get_by_label("Authenticator code").fill(totp(secret))
    page.get_by_role("button", name="Switch it on").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    codes = page.locator(".codes li").all_inner_texts()
    assert len(codes) == 10
    log_out(page)

    log_in(page, EMAIL, SECRET)
    expect(page.get_by_role("heading", name="The second step")).to_be_visible()
    page.goto("/account/")
    expect(page.get_by_role("heading", name="The second step")).to_be_visible()
    page.get_by_label("Code").fill("000000")
    page.locator("main").get_by_role("button", name="Log in", exact=True).click()
    expect(page.get_by_text("Incorrect code.").first).to_be_visible()
    page.get_by_label("Code").fill(codes[0])
    page.locator("main").get_by_role("button", name="Log in", exact=True).click()
    page.goto("/account/")
    expect(page.get_by_role("heading", name="Hello, wanjiku")).to_be_visible()
    assert complaints == []


def test_passkey_is_added_and_logs_in_without_a_password(
    page: Page, somebody: str, complaints: list[str]
) -> None:
    debugger = page.context.new_cdp_session(page)
    debugger.send("WebAuthn.enable")
    debugger.send("WebAuthn.addVirtualAuthenticator", {"options": KEYS})
    log_in(page, somebody, PASSWORD)
    page.goto("/account/security/")
    page.get_by_role("link", name="Your passkeys").click()
    page.get_by_role("link", name="Add a passkey").click()
    confirm_it_is_me(page, PASSWORD)
    page.get_by_label("Name of the key").fill("My laptop")
    page.get_by_role("button", name="Add the key").click()
    expect(page.get_by_text("The passkey is added.")).to_be_visible()
    log_out(page)

    page.goto("/accounts/login/")
    page.get_by_role("button", name="Log in with a passkey").click()

    expect(page.get_by_text("You are logged in.")).to_be_visible()
    page.goto("/accounts/2fa/webauthn/")
    expect(page.get_by_text("My laptop").first).to_be_visible()
    log_out(page)
    log_in(page, somebody, PASSWORD)
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_text("You are logged in.")).to_be_visible()
    assert complaints == []


def test_key_that_is_not_given_is_said_in_words(page: Page) -> None:
    debugger = page.context.new_cdp_session(page)
    debugger.send("WebAuthn.enable")
    debugger.send(
        "WebAuthn.addVirtualAuthenticator",
        {"options": KEYS | {"isUserVerified": False}},
    )
    page.goto("/accounts/login/")

    page.get_by_role("button", name="Log in with a passkey").click()

    expect(page.get_by_text("That gave no key.")).to_be_visible()


def test_device_that_is_logged_out_elsewhere_is_out_with_its_next_page(
    page: Page, browser: Any, market: Market, somebody: str
) -> None:
    other = browser.new_context(base_url=market.address).new_page()
    log_in(other, somebody, PASSWORD)
    log_in(page, somebody, PASSWORD)

    page.goto("/account/sessions/")
    expect(page.locator(".entries li")).to_have_count(2)
    page.locator(".entries").get_by_role("button", name="Log out").click()

    expect(page.get_by_text("That device is logged out.")).to_be_visible()
    other.goto("/account/")
    expect(other).to_have_url(re.compile("/accounts/login/"))


def test_address_form_follows_its_country(page: Page, somebody: str) -> None:
    log_in(page, somebody, PASSWORD)
    page.goto("/account/addresses/new/")
    page.get_by_label("Last name").fill("Yamada")
    page.evaluate("() => { window.stayed = true }")

    page.get_by_label("Country").select_option("JP")

    page.get_by_label("Prefecture").select_option(label="Tokyo")
    expect(page.get_by_label("Last name")).to_have_value("Yamada")
    assert page.evaluate("() => window.stayed")
    page.get_by_label("Street and number").fill("1-1 Chiyoda")
    page.get_by_label("Postal code").fill("1000001")
    page.get_by_role("button", name="Keep the address").click()
    expect(page.locator("address")).to_contain_text("100-0001")
