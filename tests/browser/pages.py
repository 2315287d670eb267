"""Every page a shopper can see, and how to come there.

A new address needs a row in PAGES, or a reason in NO_PAGES.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.urls import reverse
from playwright.sync_api import Page

from tests.browser.scenes import Scenes

Act = Callable[[Page], None]


@dataclass(frozen=True)
class Shown:
    """A page in a state.

    key: what of `Scenes.ids` its address takes, or the word itself. act: what is done on it
    before it is looked at. shows: words that are there in this state alone. code: what the
    answer's is, which is of the last one where `act` leads to others.
    """

    route: str
    state: str = ""
    key: str = ""
    query: str = ""
    who: str = ""
    code: int = 200
    shows: str = ""
    act: Act | None = None
    # The page that is opened for it, where that is another one.
    opens: str = ""

    def __str__(self) -> str:
        return f"{self.route} {self.state}".strip()

    def path(self, scenes: Scenes) -> str:
        ids = scenes.ids
        if self.key.startswith("/"):
            return self.key
        if ids.get(self.key, "").startswith("/"):
            return ids[self.key]
        args = [ids.get(self.key, self.key)] if self.key else []
        return reverse(self.opens or self.route, args=args) + self.query.format(**ids)


def send(button: str, **words: str) -> Act:
    """Fill fields, by the name of their control, and press a button; no check of the browser's."""

    def act(page: Page) -> None:
        page.evaluate(
            "document.querySelectorAll('form').forEach(f => f.noValidate = true);"
            # Else what is too long is cut, and taken.
            "document.querySelectorAll('[maxlength]').forEach("
            "  field => field.removeAttribute('maxlength'))"
        )
        for name, value in words.items():
            page.locator(f"main [name='{name}']").first.fill(value)
        with page.expect_navigation(wait_until="load"):
            main = page.locator("main")
            main.get_by_role("button", name=button, exact=True).first.click()

    return act


def swap(button: str, shows: str) -> Act:
    """Press a button that changes a part of the page."""

    def act(page: Page) -> None:
        page.locator("main").get_by_role("button", name=button).first.click()
        page.get_by_text(shows).first.wait_for()

    return act


def open_all(page: Page) -> None:
    """What is folded away is looked at, too."""
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")


def enlarge(page: Page) -> None:
    page.locator("#pictures .zoom").first.click()
    page.locator("dialog[open]").wait_for()
    page.keyboard.press("Tab")


CATALOG = [
    Shown("catalog:home"),
    Shown("catalog:home", "logged in", who="ada", shows="Your account"),
    Shown("catalog:category", key="lamps", shows="1–24 of 72", act=open_all),
    Shown(
        "catalog:category", "page 3 by price", key="lamps", query="?sort=price&page=3"
    ),
    Shown(
        "catalog:category",
        "filtered",
        key="lamps",
        query="?stock=1&min=12&max=40&currency=USD",
        shows="Clear all",
        act=open_all,
    ),
    Shown(
        "catalog:category",
        "nothing left",
        key="lamps",
        query="?min=900&currency=USD",
        shows="Nothing has all of this",
    ),
    Shown("catalog:category", "empty", key="bare", shows="Nothing here yet"),
    Shown("catalog:product", key="lamp-07", shows="What buyers say"),
    Shown("catalog:product", "logged in", key="lamp-07", who="ada"),
    Shown(
        "catalog:product",
        "added",
        key="lamp-08",
        act=swap("Add to cart", "See your cart"),
    ),
    Shown("catalog:product", "few left", key="lamp-07", query="?variant=TALL"),
    Shown(
        "catalog:product",
        "a choice that is not there",
        key="lamp-07",
        query="?o1=Small&o2=Paper",
        shows="Small",
    ),
    Shown("catalog:product", "enlarged", key="lamp-07", act=enlarge),
    Shown(
        "catalog:product", "sold out", key="lantern", shows="Tell me when it is back"
    ),
    Shown(
        "catalog:stock_alert",
        "wrong address",
        key="lantern",
        opens="catalog:product",
        act=send("Tell me", email="nobody"),
        shows="This is not an e-mail address",
    ),
    Shown("catalog:product", "sold out, logged in", key="lantern", who="ada"),
    Shown("catalog:product", "long name", key="long"),
    Shown(
        "catalog:product", "gone", key="old-lamp", code=410, shows="Not sold any more"
    ),
    Shown("catalog:product", "not there", key="no-lamp", code=404),
    Shown("catalog:reviews", key="lamp-07", shows="Word 1"),
    Shown("catalog:reviews", "of one star", key="lamp-07", query="?stars=1"),
    Shown("catalog:reviews", "none", key="pen", shows="No reviews yet"),
    Shown("catalog:write_review", key="lamp-07", who="ada"),
    Shown(
        "catalog:write_review",
        "again",
        key="lamp-08",
        who="ada",
        shows="Delete this review",
    ),
    Shown(
        "catalog:write_review",
        "with errors",
        key="lamp-07",
        who="ada",
        act=send("Send", title="x" * 200),
    ),
    Shown("catalog:my_reviews", who="ada", shows="Not shown yet"),
    Shown(
        "catalog:my_reviews",
        "none",
        who="newcomer",
        shows="You have not written a review",
    ),
    Shown("catalog:wishlists", who="ada", shows="Birthday"),
    Shown("catalog:wishlists", "none", who="newcomer"),
    Shown("catalog:wishlists", "with errors", who="ada", act=send("Make the list")),
    Shown("catalog:wishlist", key="list", who="ada", shows="Move"),
    Shown(
        "catalog:wishlist",
        "empty",
        key="empty_list",
        who="ada",
        shows="Nothing on it yet",
    ),
    Shown(
        "catalog:rename_wishlist",
        "without a name",
        key="list",
        opens="catalog:wishlist",
        who="ada",
        act=send("Rename", name=""),
    ),
    Shown(
        "catalog:save_wish",
        query="?product={lamp_id}",
        who="ada",
        shows="Or a new list",
    ),
    Shown("catalog:save_wish", "first", query="?product={lamp_id}", who="newcomer"),
    Shown("catalog:shared_wishlist", key="shared-by-ada", shows="A wish list of Ada"),
    Shown("catalog:shared_wishlist", "empty", key="empty-and-shared"),
    Shown("catalog:shops"),
    Shown("catalog:shop", key="lamps"),
    Shown("catalog:shop", "empty", key="shut", shows="Nothing on the shelves"),
    Shown("catalog:brands"),
    Shown("catalog:brand", key="lumen"),
    Shown("catalog:brand", "empty", key="nobody", shows="Nothing of this brand"),
    Shown("catalog:search", query="?q=lamp", act=open_all),
    Shown("catalog:search", "nothing found", query="?q=xyzzy", shows="Nothing found"),
    Shown("catalog:search", "nothing asked", shows="What are you looking for?"),
    Shown(
        "fails",
        "not found",
        key="/nowhere/",
        code=404,
        shows="We cannot find that page",
    ),
    Shown("fails", "not found, logged in", key="/nowhere/", who="ada", code=404),
    Shown("fails", "denied", key="denied", code=403),
    Shown("fails", "forged", key="forged", code=403),
    Shown("fails", "suspicious", key="suspicious", code=400),
    Shown("fails", "hasty", key="hasty", code=429, shows="A little too fast"),
    Shown("fails", "broken", key="broken", code=500, shows="Something broke"),
]

BUYING = [
    Shown("orders:cart", "empty", shows="Your cart is empty"),
    Shown("orders:cart", "full", who="guest", shows="TENOFF"),
    Shown("orders:cart", "of an account", who="ada"),
    Shown(
        "orders:cart", "troubled", who="troubled", shows="Change or remove the items"
    ),
    Shown(
        "orders:restore_item",
        "removed",
        opens="orders:cart",
        who="beginner",
        act=swap("Remove", "is no longer in your cart"),
    ),
    Shown(
        "orders:use_coupon",
        "unknown coupon",
        opens="orders:cart",
        who="guest",
        act=swap("Use it", "Write the code first."),
    ),
    Shown("orders:delivery_promise", key="variant"),
    Shown(
        "orders:checkout_address", "new", key="addressless_checkout", who="addressless"
    ),
    Shown("orders:checkout_address", "known", key="guest_checkout", who="guest"),
    Shown(
        "orders:checkout_address",
        "book",
        key="ada_checkout",
        who="ada",
        shows="Send it here",
    ),
    Shown(
        "orders:checkout_address",
        "with errors",
        key="addressless_checkout",
        who="addressless",
        act=send("Go on to delivery", email="nobody"),
    ),
    Shown("orders:checkout_billing", key="guest_checkout", who="guest"),
    Shown(
        "orders:checkout_billing",
        "with errors",
        key="guest_checkout",
        who="guest",
        act=send("Go on to delivery", zip="1"),
    ),
    Shown(
        "orders:checkout_delivery", key="guest_checkout", who="guest", shows="Courier"
    ),
    Shown(
        "orders:checkout_delivery",
        "nowhere",
        key="abroad_checkout",
        who="abroad",
        shows="does not deliver to this address",
    ),
    Shown("payments:pay", key="guest_checkout", who="guest", shows="Order and pay"),
    Shown(
        "payments:pay",
        "waiting",
        key="waiting_checkout",
        who="waiting",
        shows="Go to your bank",
    ),
    Shown(
        "payments:pay",
        "refused",
        key="refused_checkout",
        who="refused",
        shows="The bank said no",
    ),
    Shown("payments:simulated", key="waiting_charge", shows="Approve"),
    Shown(
        "payments:simulated", "approved", key="approved_charge", shows="You approved"
    ),
    Shown("payments:simulated", "refused", key="refused_charge", shows="You refused"),
    Shown(
        "orders:checkout_done",
        key="paid guest_checkout",
        who="paid guest",
        shows="Thank you",
    ),
    Shown(
        "orders:checkout_done",
        "too late",
        key="late_checkout",
        who="late",
        shows="The time to pay is over",
    ),
    Shown(
        "payments:pay",
        "declined",
        key="declined_checkout",
        who="declined",
        shows="The bank said no",
    ),
    Shown("orders:order", "paid", key="paid", who="ada", shows="Cancel the order"),
    Shown(
        "orders:order", "partly sent", key="partly_sent", who="ada", shows="US-123-456"
    ),
    Shown("orders:order", "sent", key="sent", who="ada", shows="On its way"),
    Shown(
        "orders:order", "delivered", key="delivered", who="ada", shows="Delivered on"
    ),
    Shown(
        "orders:order",
        "returned",
        key="returned",
        who="ada",
        shows="It leans to the left.",
    ),
    Shown("orders:order", "refunded", key="refunded", who="ada", shows="Given back"),
    Shown("orders:order", "cancelled", key="cancelled", who="ada", shows="Cancelled"),
    Shown("orders:cancel_order", key="paid", who="ada", shows="Nothing was sent yet"),
    Shown(
        "orders:return_order",
        key="delivered",
        who="ada",
        shows="What do you send back?",
    ),
    Shown(
        "orders:return_order",
        "with errors",
        key="delivered",
        who="ada",
        act=send("Ask to send it back"),
    ),
    Shown("orders:withdraw", key="delivered", who="ada"),
    Shown("orders:find_order"),
    Shown(
        "orders:find_order",
        "not found",
        act=send("Show the order", number="1", email="a@example.com"),
        shows="No order has this number",
    ),
    Shown("orders:find_order", "with errors", act=send("Show the order")),
    Shown("orders:account", who="ada", shows="Your orders"),
    Shown("orders:account", "no orders", who="newcomer", shows="No orders yet"),
    Shown("orders:addresses", who="ada", shows="Moi Avenue"),
    Shown("orders:addresses", "none", who="newcomer"),
    Shown("orders:new_address", who="ada"),
    Shown("orders:new_address", "of Japan", query="?country=JP", who="ada"),
    Shown("orders:new_address", "with errors", who="ada", act=send("Keep the address")),
    Shown("orders:edit_address", key="address", who="ada"),
    Shown("orders:delete_address", key="address", who="ada"),
]

ACCOUNTS = [
    Shown("account_login", shows="account you have elsewhere"),
    Shown(
        "account_login",
        "with errors",
        act=send("Log in", login="a@example.com", password="wrong"),
    ),
    Shown("account_login", "empty", act=send("Log in")),
    Shown("account_logout", who="newcomer"),
    Shown("account_inactive"),
    Shown("account_signup"),
    Shown("account_signup", "with errors", act=send("Open the account", password1="1")),
    Shown("account_email_verification_sent"),
    Shown("account_confirm_email", key="confirm", shows="confirm"),
    Shown("account_confirm_email", "wrong", key="no-such-key"),
    Shown("account_reset_password"),
    Shown("account_reset_password", "with errors", act=send("Send the link")),
    Shown("account_reset_password_done"),
    Shown("account_reset_password_from_key", key="reset"),
    Shown(
        "account_reset_password_from_key",
        "wrong",
        key="/accounts/password/reset/key/1-x/",
    ),
    Shown("account_reset_password_from_key_done"),
    Shown("account_reauthenticate", who="newcomer"),
    Shown("account_change_password", who="newcomer"),
    Shown(
        "account_change_password",
        "with errors",
        who="newcomer",
        act=send("Change the password"),
    ),
    Shown("account_set_password", who="bare"),
    Shown("account_email", who="ready"),
    Shown("account_email", "being changed", who="mover", shows="moved@example.com"),
    Shown("mfa_index", "off", who="newcomer"),
    Shown("mfa_index", "on", who="keeper"),
    Shown("mfa_authenticate", who="halfway", shows="The second step"),
    Shown(
        "mfa_authenticate", "wrong code", who="halfway", act=send("Log in", code="1")
    ),
    Shown("mfa_reauthenticate", who="keeper"),
    Shown("mfa_activate_totp", who="ready"),
    Shown(
        "mfa_activate_totp",
        "wrong code",
        who="ready",
        act=send("Switch it on", code="1"),
    ),
    Shown("mfa_deactivate_totp", who="trusted keeper"),
    Shown("mfa_view_recovery_codes", who="trusted keeper"),
    Shown("mfa_generate_recovery_codes", who="trusted keeper"),
    Shown("mfa_list_webauthn", who="keeper", shows="My laptop"),
    Shown("mfa_list_webauthn", "none", who="ready"),
    Shown("mfa_add_webauthn", who="ready"),
    Shown("mfa_edit_webauthn", key="key", who="trusted keeper"),
    Shown("mfa_remove_webauthn", key="key", who="trusted keeper"),
    Shown("mfa_reauthenticate_webauthn", who="keeper"),
    Shown("socialaccount_login_cancelled"),
    Shown("socialaccount_login_error", code=401),
    Shown("socialaccount_signup", who="joining"),
    Shown("socialaccount_connections", who="ready"),
    Shown("google_login"),
    Shown("users:profile", who="ada"),
    Shown(
        "users:profile",
        "with errors",
        who="ada",
        act=send("Keep the changes", first_name="x" * 200),
    ),
    Shown(
        "users:avatar",
        "no picture",
        opens="users:profile",
        who="ada",
        act=send("Use this picture"),
    ),
    Shown("users:security", who="keeper"),
    Shown("users:sessions", who="ada", shows="This device"),
    Shown("users:notices", who="ada"),
    Shown("users:following", who="ada"),
    Shown("users:following", "nobody", who="newcomer"),
    Shown("users:follow_shop", key="lamps", who="ada"),
    Shown("users:person", key="person", who="ada", shows="Stop following"),
    Shown("users:person", "myself", key="me", who="ada"),
    Shown("users:person", "to a stranger", key="person"),
]

PAGES = [*CATALOG, *BUYING, *ACCOUNTS]

POST = "takes what a form sends, and leads to a page or a part of one"
FILE = "is a file or data, no page"
NO_PAGES = {
    **dict.fromkeys(
        [
            *("catalog:vote", "catalog:delete_review", "catalog:forget_seen"),
            *("catalog:delete_wishlist", "catalog:share_wishlist"),
            *("catalog:remove_wish", "catalog:move_wish"),
            *("orders:add_to_cart", "orders:change_item", "orders:remove_item"),
            *("orders:accept_prices", "orders:drop_coupon", "orders:use_kept_address"),
            *("orders:reorder", "orders:make_address_default"),
            *("orders:choose_destination", "users:remove_avatar"),
            *("users:end_session", "users:end_other_sessions", "users:follow_person"),
            *("users:stop_impersonation",),
            *("users:unfollow_person", "users:block_person", "users:unblock_person"),
        ],
        POST,
    ),
    **dict.fromkeys(
        [
            *("shop:health", "shop:robots", "shop:favicon", "shop:media"),
            *("catalog:sitemap-index", "catalog:sitemap"),
            *("orders:invoice", "orders:return_photo"),
            *("mfa_download_recovery_codes", "mfa_login_webauthn"),
        ],
        FILE,
    ),
    **dict.fromkeys(
        ["find", "queues", "change_job", "retry_task", "order_story"],
        "is of the admin, whose looks are a library's",
    ),
    "set_language": "leads back to where one was",
    "orders:checkout": "leads to the step that is next",
    "payments:pay_link": "leads from a mail to payments:pay",
    "account_confirm_login_code": "leads to the log-in: codes by mail are not offered",
    "google_login_by_token": "takes what a script of Google’s sends, which no page here has",
    "google_callback": "leads to the log-in, or to socialaccount_login_error",
    "openid_connect_login": "is google_login's page with another name on it",
    "openid_connect_callback": "leads to the log-in, or to socialaccount_login_error",
}
