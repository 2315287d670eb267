"""The sidebar and the dress of the admin, named by settings.UNFOLD."""

from collections.abc import Callable, Iterator
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse

# What operators come for, in their words; everything else is under "All applications".
MARKET = {
    "shop.shop": "storefront",
    "users.shopmember": "badge",
    "users.user": "person",
    "users.role": "key",
    "users.impersonation": "visibility",
}
CATALOGUE = {
    "catalog.category": "account_tree",
    "catalog.brand": "sell",
    "catalog.product": "inventory_2",
    "catalog.productvariant": "style",
    "catalog.productreview": "reviews",
    "catalog.reviewreport": "outlined_flag",
    "catalog.inventorylog": "warehouse",
    "catalog.pricechange": "price_change",
}
ORDERS = {
    "orders.order": "shopping_bag",
    "orders.orderreturn": "assignment_return",
    "orders.ordertracking": "local_shipping",
    "orders.checkout": "shopping_cart_checkout",
    "orders.cart": "shopping_cart",
    "orders.customer": "groups",
    "orders.promotion": "campaign",
    "orders.coupon": "confirmation_number",
    "orders.deliveryzone": "public",
    "orders.taxrate": "percent",
}
MONEY = {
    "payments.payment": "payments",
    "payments.refund": "currency_exchange",
    "payments.payout": "account_balance",
    "orders.invoice": "receipt_long",
    "payments.ledgerentry": "menu_book",
    "payments.commissionrule": "percent",
    "payments.fraudflag": "flag",
}
SYSTEM = {
    "shop.globalevent": "podcasts",
    "shop.eventdelivery": "mark_email_read",
    "shop.globalentity": "fingerprint",
    "shop.auditentry": "history",
    "admin.logentry": "manage_history",
    "payments.gatewaywebhook": "webhook",
    "shop.idempotencykey": "lock_clock",
}
# Pages that are no list: URL name, title, icon, the model whose sight they need.
SYSTEM_PAGES = (
    ("admin:lookup", "Look up an id", "search", "shop.globalentity"),
    ("admin:audit_of_day", "Audit of a day", "calendar_today", "shop.globalentity"),
    ("queues", "Jobs and queues", "manufacturing", "shop.job"),
    ("partitions", "Partitions", "view_timeline", "shop.globalevent"),
)


def groups(request: HttpRequest) -> list[dict[str, Any]]:
    """The sidebar: only what this person may see."""
    found = [
        ("Market", list(_lists(request, MARKET))),
        ("Catalogue", list(_lists(request, CATALOGUE))),
        ("Orders", list(_lists(request, ORDERS))),
        ("Money", list(_lists(request, MONEY))),
        ("Numbers", list(_lists(request, _all_of("analytics", "monitoring")))),
        ("Files in", list(_lists(request, _all_of("ingestion", "upload_file")))),
        ("System", [*_pages(request), *_lists(request, SYSTEM)]),
    ]
    return [
        {"title": title, "items": items, "collapsible": True, "separator": True}
        for title, items in found
        if items
    ]


def _all_of(app_label: str, icon: str) -> dict[str, str]:
    config = apps.get_app_config(app_label)
    return {model._meta.label_lower: icon for model in config.get_models()}


def _lists(request: HttpRequest, icons: dict[str, str]) -> Iterator[dict[str, Any]]:
    for label, icon in icons.items():
        model = apps.get_model(label)
        page = admin.site._registry.get(model)
        if page is None or not page.has_view_permission(request):
            continue
        name = label.replace(".", "_")
        link = reverse(f"admin:{name}_changelist")
        named = {reverse(page_name) for page_name, *_ in SYSTEM_PAGES}
        yield {
            "title": str(model._meta.verbose_name_plural).capitalize(),
            "icon": icon,
            "link": link,
            # A page below a list that has a line of its own lights up that line only.
            "active": _active(
                request.path.startswith(link) and request.path not in named
            ),
        }


def _pages(request: HttpRequest) -> Iterator[dict[str, Any]]:
    for name, title, icon, label in SYSTEM_PAGES:
        page = admin.site._registry.get(apps.get_model(label))
        if page is None or not page.has_view_permission(request):
            continue
        link = reverse(name)
        yield {
            "title": title,
            "icon": icon,
            "link": link,
            "active": _active(request.path == link),
        }


def _active(answer: bool) -> Callable[[HttpRequest], bool]:
    """The theme asks a callable; a plain value it would read as the name of one."""
    return lambda _: answer


def stylesheet(request: HttpRequest) -> str:
    return static("shop/admin.css")


def icon(request: HttpRequest) -> str:
    return static("shop/admin/icon.svg")
