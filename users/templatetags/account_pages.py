"""The navigation of an account: pages of this app and of those above it, by URL name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import template
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext_lazy as _

from users.adapters import host_takes_passkeys

register = template.Library()

# An app that is not installed, or has no such page, is left out.
PAGES = (
    ("orders:account", _("Orders")),
    ("orders:addresses", _("Addresses")),
    ("catalog:wishlists", _("Wish lists")),
    ("catalog:my_reviews", _("Reviews")),
    ("users:following", _("Following")),
    ("users:profile", _("Profile")),
    ("users:security", _("Security")),
    ("users:sessions", _("Devices")),
    ("account_email", _("E-mail address")),
    ("users:notices", _("Notices")),
    ("sell:choose", _("Your shops")),
)
# The rest of the pages, by how their address begins.
WITHIN = (
    ("account_change_password", "users:security"),
    ("account_set_password", "users:security"),
    ("mfa_index", "users:security"),
    ("socialaccount_connections", "users:security"),
)


@register.filter
def takes_passkeys(request: HttpRequest) -> bool:
    """`{% if request|takes_passkeys %}`: whether a browser would give this host a key."""
    return host_takes_passkeys(request)


@dataclass(frozen=True)
class AccountPage:
    name: str
    address: str
    is_current: bool


@register.simple_tag(takes_context=True)
def account_pages(context: dict[str, Any]) -> list[AccountPage]:
    """The account's pages; the one that the request's address lies in is the current one."""
    path = context["request"].path
    found = [
        (name, label, address)
        for name, label in PAGES
        if (address := _address(name)) is not None
    ]
    current = _section(path, [(name, address) for name, _, address in found])
    return [
        AccountPage(name=str(label), address=address, is_current=name == current)
        for name, label, address in found
    ]


def _section(path: str, pages: list[tuple[str, str]]) -> str | None:
    """The page whose address is the longest beginning of the path."""
    aliases = [(name, _address(alias)) for alias, name in WITHIN]
    inside = [
        (len(address), name)
        for name, address in (*pages, *aliases)
        if address and path.startswith(address)
    ]
    return max(inside)[1] if inside else None


def _address(name: str) -> str | None:
    try:
        return reverse(name)
    except NoReverseMatch:
        return None
