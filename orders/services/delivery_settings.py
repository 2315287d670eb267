"""Where a shop sends, how and for how much, and its own rates of tax.

The shop's row is held first, so that two people who change the same settings are one after
the other.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from decimal import Decimal
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from orders.countries import country_name
from orders.errors import SettingRefused
from orders.models import DeliveryMethod, DeliveryZone, TaxRate
from orders.services.addresses import country_choices, province_choices
from orders.services.cart import MOST_MONEY
from shop.models import Shop
from shop.money import minor_unit

MOST_ZONES = 50
MOST_METHODS = 20
MOST_RATES = 300
MOST_DAYS = 365
TAX_CLASS = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")
# A share of one has five places: 19.625 % fits, finer rates do not.
FINEST_RATE = Decimal("0.00001")


@transaction.atomic
def save_zone(
    *,
    shop_id: UUID,
    name: str,
    countries: Collection[str],
    zone_id: UUID | None = None,
) -> DeliveryZone:
    """A new zone, or a change of one. countries: none is everywhere that no other zone names.

    A change may be repeated. Raises SettingRefused, DeliveryZone.DoesNotExist.
    """
    shop = _lock(shop_id)
    zones = list(DeliveryZone.objects.filter(shop=shop))
    others = [zone for zone in zones if zone.pk != zone_id]
    wanted = sorted(set(countries))
    _check_zone(name, wanted, others)
    if zone_id is None:
        if len(zones) >= MOST_ZONES:
            raise SettingRefused(
                "name", _("A shop has at most %(most)d zones.") % {"most": MOST_ZONES}
            )
        last = max((zone.position for zone in zones), default=-1)
        return DeliveryZone.objects.create(
            shop=shop, name=name, countries=wanted, position=last + 1
        )
    zone = DeliveryZone.objects.get(pk=zone_id, shop=shop)
    zone.name, zone.countries = name, wanted
    zone.save(update_fields=["name", "countries"])
    return zone


@transaction.atomic
def remove_zone(*, shop_id: UUID, zone_id: UUID) -> None:
    """With its methods; checkouts that chose one choose again. May be repeated."""
    shop = _lock(shop_id)
    DeliveryZone.objects.filter(pk=zone_id, shop=shop).delete()


@transaction.atomic
def save_method(
    *,
    shop_id: UUID,
    zone_id: UUID,
    name: str,
    price: Decimal,
    free_from: Decimal | None,
    min_days: int,
    max_days: int,
    is_active: bool = True,
    method_id: UUID | None = None,
) -> DeliveryMethod:
    """A way to send to a zone, in the shop's currency; new, or changed.

    A change may be repeated. Raises SettingRefused, DoesNotExist of the zone or the method.
    """
    shop = _lock(shop_id)
    zone = DeliveryZone.objects.get(pk=zone_id, shop=shop)
    others = DeliveryMethod.objects.filter(zone=zone)
    if method_id is not None:
        others = others.exclude(pk=method_id)
    if others.filter(name=name).exists():
        raise SettingRefused("name", _("This zone has a way of that name already."))
    _check_amount("price", price, shop.currency)
    if free_from is not None:
        _check_amount("free_from", free_from, shop.currency)
    if not 0 <= min_days <= MOST_DAYS:
        raise SettingRefused("min_days", _("Write 0 to 365 days."))
    if not min_days <= max_days <= MOST_DAYS:
        raise SettingRefused(
            "max_days", _("The longest time is no shorter than the shortest.")
        )
    if method_id is None:
        if len(others) >= MOST_METHODS:
            raise SettingRefused(
                "name",
                _("A zone has at most %(most)d ways to send.") % {"most": MOST_METHODS},
            )
        method = DeliveryMethod(zone=zone)
    else:
        method = DeliveryMethod.objects.get(pk=method_id, zone=zone)
    method.name, method.price, method.free_from = name, price, free_from
    method.min_days, method.max_days = min_days, max_days
    method.is_active = is_active
    method.save()
    return method


@transaction.atomic
def remove_method(*, shop_id: UUID, method_id: UUID) -> None:
    """Checkouts that chose it choose again. May be repeated."""
    shop = _lock(shop_id)
    DeliveryMethod.objects.filter(pk=method_id, zone__shop=shop).delete()


@transaction.atomic
def save_rate(
    *,
    shop_id: UUID,
    country: str,
    tax_class: str,
    rate: Decimal,
    name: str,
    province: str = "",
    applies_to_shipping: bool = True,
    rate_id: UUID | None = None,
) -> TaxRate:
    """The shop's own rate, before the market's; new, or changed. rate: a share of one.

    A change may be repeated. Raises SettingRefused, TaxRate.DoesNotExist.
    """
    shop = _lock(shop_id)
    _check_place(country, province)
    if not TAX_CLASS.fullmatch(tax_class):
        raise SettingRefused(
            "tax_class",
            _("A class is small letters, figures, - and _, such as “reduced”."),
        )
    if not (rate.is_finite() and 0 <= rate <= 1):
        raise SettingRefused("rate", _("A tax is 0 to 100 per cent."))
    if rate != rate.quantize(FINEST_RATE):
        raise SettingRefused("rate", _("Write at most three places after the point."))
    others = TaxRate.objects.filter(shop=shop)
    if rate_id is not None:
        others = others.exclude(pk=rate_id)
    same = others.filter(country=country, province=province, tax_class=tax_class)
    if same.exists():
        raise SettingRefused(
            "tax_class", _("You have a rate of this class for this place already.")
        )
    if rate_id is None:
        if others.count() >= MOST_RATES:
            raise SettingRefused(
                "country",
                _("A shop has at most %(most)d rates.") % {"most": MOST_RATES},
            )
        row = TaxRate(shop=shop)
    else:
        row = TaxRate.objects.get(pk=rate_id, shop=shop)
    row.country, row.province, row.tax_class = country, province, tax_class
    row.rate, row.name, row.applies_to_shipping = rate, name, applies_to_shipping
    row.save()
    return row


@transaction.atomic
def remove_rate(*, shop_id: UUID, rate_id: UUID) -> None:
    """The market's holds again. May be repeated."""
    shop = _lock(shop_id)
    TaxRate.objects.filter(pk=rate_id, shop=shop).delete()


# ------------------------------------------------------------------ the rules


def _lock(shop_id: UUID) -> Shop:
    return Shop.objects.select_for_update(no_key=True).get(pk=shop_id)


def _check_zone(
    name: str, countries: Collection[str], others: Collection[DeliveryZone]
) -> None:
    if any(zone.name == name for zone in others):
        raise SettingRefused("name", _("You have a zone of that name already."))
    if unknown := set(countries) - dict(country_choices()).keys():
        raise SettingRefused(
            "countries",
            _("%(codes)s: choose countries of the list.")
            % {"codes": ", ".join(sorted(unknown)[:3])},
        )
    for zone in others:
        if not countries and not zone.countries:
            raise SettingRefused(
                "countries",
                _("“%(zone)s” is for everywhere else already.") % {"zone": zone.name},
            )
        if twice := sorted(set(countries) & set(zone.countries)):
            raise SettingRefused(
                "countries",
                _("%(country)s is in “%(zone)s” already. A country is in one zone.")
                % {"country": country_name(twice[0]), "zone": zone.name},
            )


def _check_amount(field: str, amount: Decimal, currency: str) -> None:
    if not amount.is_finite() or amount < 0:
        raise SettingRefused(field, _("Write an amount of zero or more."))
    if amount > MOST_MONEY:
        raise SettingRefused(field, _("This is more than one order can hold."))
    if amount % minor_unit(currency):
        raise SettingRefused(
            field,
            _("The smallest amount of %(currency)s is %(unit)s.")
            % {"currency": currency, "unit": minor_unit(currency)},
        )


def _check_place(country: str, province: str) -> None:
    if country not in dict(country_choices()):
        raise SettingRefused("country", _("Choose a country of the list."))
    known = dict(province_choices(country=country))
    if province and province not in known:
        raise SettingRefused(
            "province",
            _("Choose one of these: %(names)s.") % {"names": ", ".join(sorted(known))}
            if known
            else _("This country’s addresses name no province. Leave it empty."),
        )
