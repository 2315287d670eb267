"""Filters of a shop's list of products, kept under a name for somebody who works there."""

from __future__ import annotations

from urllib.parse import urlencode
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from catalog.errors import ViewRefused
from catalog.models import SavedView
from catalog.queries.sell_products import ProductFilter

MOST_VIEWS = 20
LONGEST_NAME = 60
LONGEST_QUERY = 1_000


def saved_views(*, shop_id: UUID, user_id: UUID) -> QuerySet[SavedView]:
    """A person's own in a shop, by name."""
    return SavedView.objects.filter(shop=shop_id, user=user_id).order_by("name")


def save_view(
    *, shop_id: UUID, user_id: UUID, name: str, wanted: ProductFilter, sort: str
) -> SavedView:
    """Keep filters under a name; a name that there is gets the new ones. May be repeated.

    sort: a key of the list's orders, or empty. Raises ViewRefused.
    """
    query = view_query(wanted=wanted, sort=sort)
    name = " ".join(name.replace("\0", "").split())[:LONGEST_NAME]
    if not name:
        raise ViewRefused(_("Give the view a name."))
    if len(query) > LONGEST_QUERY:
        raise ViewRefused(_("These filters are too long to keep: shorten the words."))
    mine = saved_views(shop_id=shop_id, user_id=user_id)
    if mine.exclude(name=name).count() >= MOST_VIEWS:
        raise ViewRefused(
            _("You have as many views as one may have. Remove one first.")
        )
    kept, _is_new = SavedView.objects.update_or_create(
        shop_id=shop_id, user_id=user_id, name=name, defaults={"query": query}
    )
    return kept


def view_query(*, wanted: ProductFilter, sort: str) -> str:
    """As the list's address holds it."""
    return urlencode(wanted.chosen() | ({"sort": sort} if sort else {}))
