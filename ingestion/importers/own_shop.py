"""The shop that an importer makes for itself when none is named."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib.auth import get_user_model

from ingestion.errors import NoShop
from shop.models import Shop, ShopStatus


@dataclass(frozen=True)
class OwnShop:
    """slug, name, currency (ISO 4217) and country (ISO 3166-1 alpha-2) of the shop."""

    slug: str
    name: str
    currency: str
    country: str

    def get(
        self, *, shop: Shop | None, uploaded_by: Any, may_create: bool
    ) -> Shop | None:
        """The named shop, or this one, made when it is missing and `may_create`.

        It belongs to the uploader, or to the first operator. Raises NoShop without either,
        or when the named shop has another currency. May be repeated.
        """
        if shop is not None:
            if shop.currency != self.currency:
                raise NoShop(
                    f"These files are in {self.currency}, and {shop.name} sells in"
                    f" {shop.currency}. Name a shop that sells in {self.currency}."
                )
            return shop
        known = Shop.objects.filter(slug=self.slug).first()
        if known is not None or not may_create:
            return known
        made, _ = Shop.objects.get_or_create(
            slug=self.slug,
            defaults={
                "name": self.name,
                "owner": uploaded_by or self._operator(),
                "currency": self.currency,
                "country": self.country,
                "status": ShopStatus.ACTIVE,
            },
        )
        return made

    def _operator(self) -> Any:
        operator = (
            get_user_model()
            .objects.filter(is_superuser=True, is_active=True)
            .order_by("created_at", "pk")
            .first()
        )
        if operator is None:
            raise NoShop(
                f"This import makes the shop “{self.name}”, which needs an owner. Create an"
                " operator first (manage.py createsuperuser), or name a shop."
            )
        return operator
