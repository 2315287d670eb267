"""Shops, the tenants, in the admin."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from shop.admin.base import ModelAdmin
from shop.admin.columns import badge, link
from shop.admin.filters import choices, days
from shop.models import Shop


@admin.register(Shop)
class ShopAdmin(ModelAdmin):
    list_display = (
        "name",
        "slug",
        link("owner"),
        badge(),
        "country",
        "currency",
        "commission_rate",
        "rating_average",
    )
    list_filter = (choices("status"), days("event_time"))
    search_fields = ("name", "=slug")
    search_help_text = "Any part of a name, a slug, or an id."
    search_ids = ("owner_id",)
    prepopulated_fields = {"slug": ("name",)}
    readonly_fields: Any = ("rating_average", "review_count")
    # Its products, orders and books refer to it: a shop is closed, not deleted.
    allows_delete = False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        own = super().get_readonly_fields(request, obj)
        # Every price and every book of the shop is in its currency.
        return (*own, "currency") if obj else own
