"""Shapes of what a shop says about its promotions and their codes."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from catalog.models import Category
from orders.conditions import (
    MOST_NAMED,
    MOST_UNITS,
    Conditions,
    ConditionsUnreadable,
    Customers,
)
from orders.models import Promotion, PromotionKind
from orders.queries.sell_promotions import products_with, skus_of
from orders.services.promotions import MOST_CODES, MOST_USES, NAME_LENGTH, Written
from shop.models import Shop

LOCAL = "%Y-%m-%dT%H:%M"
CODE, ITSELF = "code", "itself"
# What a field of the service is called here.
FIELDS = {"is_automatic": "comes"}
KINDS = [
    (PromotionKind.PERCENTAGE, gettext_lazy("Per cent off")),
    (PromotionKind.FIXED, gettext_lazy("An amount off")),
    (PromotionKind.FREE_SHIPPING, gettext_lazy("Free delivery")),
    (PromotionKind.BUY_X_GET_Y, gettext_lazy("Buy some, get some")),
]
CUSTOMERS = [
    (Customers.EVERYBODY.value, gettext_lazy("Everybody")),
    (Customers.FIRST_ORDER.value, gettext_lazy("Who orders here for the first time")),
    (Customers.RETURNING.value, gettext_lazy("Who has ordered here before")),
    (Customers.FOLLOWERS.value, gettext_lazy("Who follows the shop")),
]
AMOUNT = {
    "invalid": gettext_lazy("Write an amount, such as 4.95."),
    "min_value": gettext_lazy("Write an amount of zero or more."),
    "max_decimal_places": gettext_lazy("Write at most two places after the point."),
    "max_digits": gettext_lazy("This is more than one order can hold."),
    "max_whole_digits": gettext_lazy("This is more than one order can hold."),
}
UNITS = {
    "invalid": gettext_lazy("Write a whole number."),
    "min_value": gettext_lazy("Write 1 or more, or nothing."),
    "max_value": gettext_lazy("That is more than there can be."),
}
MOMENT = {
    "required": gettext_lazy("Say when it begins."),
    "invalid": gettext_lazy("Write a day and a time."),
}


def _units(label: Any, most: int = MOST_UNITS, **options: Any) -> forms.IntegerField:
    return forms.IntegerField(
        label=label,
        required=False,
        min_value=1,
        max_value=most,
        error_messages=UNITS,
        **options,
    )


def _goods(label: Any) -> forms.CharField:
    return forms.CharField(
        label=label,
        required=False,
        max_length=60_000,
        widget=forms.Textarea({"rows": 2, "spellcheck": "false"}),
        help_text=gettext_lazy("SKUs, one a line. A SKU stands for its whole product."),
    )


def _categories(label: Any) -> forms.MultipleChoiceField:
    return forms.MultipleChoiceField(
        label=label,
        required=False,
        widget=forms.SelectMultiple({"size": 5}),
        help_text=gettext_lazy("Each with all below it."),
        error_messages={
            "invalid_choice": gettext_lazy("Choose categories of the list.")
        },
    )


class PromotionForm(forms.Form):
    """starts_at, ends_at: in the shop's own time, which the caller has made the current one."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=NAME_LENGTH,
        help_text=gettext_lazy("Buyers read it in their cart."),
    )
    kind = forms.ChoiceField(label=gettext_lazy("What it does"), choices=KINDS)
    value = forms.DecimalField(
        label=gettext_lazy("How much"),
        required=False,
        min_value=0,
        max_digits=12,
        decimal_places=2,
        error_messages=AMOUNT,
    )
    buy = _units(gettext_lazy("Buy"))
    get = _units(gettext_lazy("Get"))
    products = _goods(gettext_lazy("Products"))
    categories = _categories(gettext_lazy("Categories"))
    get_products = _goods(gettext_lazy("Products to get"))
    get_categories = _categories(gettext_lazy("Categories to get"))
    minimum = forms.DecimalField(
        label=gettext_lazy("From this amount on"),
        required=False,
        min_value=0,
        max_digits=12,
        decimal_places=2,
        error_messages=AMOUNT,
    )
    minimum_units = _units(gettext_lazy("From so many items on"))
    customers = forms.ChoiceField(
        label=gettext_lazy("For whom"), choices=CUSTOMERS, required=False
    )
    comes = forms.ChoiceField(
        label=gettext_lazy("How buyers get it"),
        choices=[
            (CODE, gettext_lazy("They enter a code")),
            (ITSELF, gettext_lazy("It comes by itself")),
        ],
        widget=forms.RadioSelect,
    )
    is_combinable = forms.BooleanField(
        label=gettext_lazy("May be used together with others"), required=False
    )
    starts_at = forms.DateTimeField(
        label=gettext_lazy("From"),
        widget=forms.DateTimeInput({"type": "datetime-local"}, format=LOCAL),
        error_messages=MOMENT,
    )
    ends_at = forms.DateTimeField(
        label=gettext_lazy("Until"),
        required=False,
        widget=forms.DateTimeInput({"type": "datetime-local"}, format=LOCAL),
        help_text=gettext_lazy("Empty: until you switch it off."),
        error_messages=MOMENT,
    )
    usage_limit = _units(gettext_lazy("Uses in all"), MOST_USES)
    usage_limit_per_user = _units(gettext_lazy("Uses a customer"), MOST_USES)
    # What it is tried on; kept nowhere.
    try_sku = forms.CharField(label=gettext_lazy("SKU"), max_length=100, required=False)
    try_units = _units(gettext_lazy("Units"))

    def __init__(self, *args: Any, shop: Shop, **options: Any) -> None:
        super().__init__(*args, **options)
        self.shop = shop
        choices = category_choices()
        for name in ("categories", "get_categories"):
            self.fields[name].choices = choices  # type: ignore[attr-defined]

    def clean_products(self) -> tuple[UUID, ...]:
        return self._product_ids("products")

    def clean_get_products(self) -> tuple[UUID, ...]:
        return self._product_ids("get_products")

    def _product_ids(self, name: str) -> tuple[UUID, ...]:
        skus = [line.strip() for line in self.cleaned_data[name].splitlines()]
        skus = list(dict.fromkeys(sku for sku in skus if sku))
        if len(skus) > MOST_NAMED:
            raise forms.ValidationError(
                _("At most %(most)d products; take a category instead.")
                % {"most": MOST_NAMED}
            )
        found = products_with(shop_id=self.shop.pk, skus=skus) if skus else {}
        missing = [sku for sku in skus if sku.upper() not in found]
        if missing:
            raise forms.ValidationError(
                ngettext(
                    "Your shop has no SKU %(skus)s.",
                    "Your shop has no SKUs %(skus)s.",
                    len(missing),
                )
                % {"skus": ", ".join(missing[:5])}
            )
        return tuple(dict.fromkeys(found[sku.upper()] for sku in skus))

    @property
    def written(self) -> Written:
        """What the service takes, of a valid form."""
        sent = self.cleaned_data
        is_gift = sent["kind"] == PromotionKind.BUY_X_GET_Y
        is_delivery = sent["kind"] == PromotionKind.FREE_SHIPPING
        return Written(
            name=sent["name"],
            kind=sent["kind"],
            value=Decimal(0) if is_delivery else sent["value"] or Decimal(0),
            starts_at=sent["starts_at"],
            ends_at=sent["ends_at"],
            is_automatic=sent["comes"] == ITSELF,
            is_combinable=sent["is_combinable"],
            usage_limit=sent["usage_limit"],
            usage_limit_per_user=sent["usage_limit_per_user"],
            conditions=Conditions(
                products=sent["products"],
                categories=tuple(sent["categories"]),
                # What other kinds do not ask for is left behind when the kind changes.
                get_products=sent["get_products"] if is_gift else (),
                get_categories=tuple(sent["get_categories"]) if is_gift else (),
                minimum=sent["minimum"] or Decimal(0),
                minimum_units=sent["minimum_units"] or 0,
                buy=(sent["buy"] or 0) if is_gift else 0,
                get=(sent["get"] or 0) if is_gift else 0,
                customers=Customers(sent["customers"]),
            ),
        )

    def refuse(self, field: str, message: str) -> None:
        """What the service said, beside its field."""
        name = FIELDS.get(field, field)
        self.add_error(name if name in self.fields else None, message)


class CodeForm(forms.Form):
    code = forms.CharField(
        label=gettext_lazy("Code"),
        max_length=32,
        error_messages={"required": gettext_lazy("Write a code.")},
        widget=forms.TextInput({"autocapitalize": "characters", "autocomplete": "off"}),
    )
    usage_limit = _units(gettext_lazy("Uses in all"), MOST_USES)
    usage_limit_per_user = _units(gettext_lazy("Uses a customer"), MOST_USES)


class CodesForm(forms.Form):
    count = forms.IntegerField(
        label=gettext_lazy("How many"),
        min_value=1,
        max_value=MOST_CODES,
        error_messages={
            name: gettext_lazy("Write a number from 1 to 100000.")
            for name in ("required", "invalid", "min_value", "max_value")
        },
    )
    beginning = forms.CharField(
        label=gettext_lazy("Beginning"),
        max_length=12,
        required=False,
        help_text=gettext_lazy("Such as SPRING. Letters from A to Z and digits."),
        widget=forms.TextInput({"autocapitalize": "characters", "autocomplete": "off"}),
    )


def category_choices() -> list[tuple[str, str]]:
    """The market's tree from the top, each step set in; by id."""
    tree: Any = Category.objects.with_tree_fields()
    return [
        (str(one.pk), "\N{NO-BREAK SPACE}" * 3 * one.tree_depth + one.name)
        for one in tree
    ]


def initial_of(promotion: Promotion, shop: Shop) -> dict[str, Any]:
    """What the form of a promotion shows first."""
    try:
        asked = Conditions.read(promotion.conditions)
    except ConditionsUnreadable:
        asked = Conditions()
    names = ("name", "kind", "is_combinable", "usage_limit", "usage_limit_per_user")
    return {
        **{name: getattr(promotion, name) for name in names},
        "value": _plain(promotion.value),
        "comes": ITSELF if promotion.is_automatic else CODE,
        "starts_at": local(promotion.starts_at, shop),
        "ends_at": local(promotion.ends_at, shop),
        "products": "\n".join(skus_of(asked.products)),
        "get_products": "\n".join(skus_of(asked.get_products)),
        "categories": _ids_of(asked.categories),
        "get_categories": _ids_of(asked.get_categories),
        "minimum": _plain(asked.minimum),
        "minimum_units": asked.minimum_units or None,
        "buy": asked.buy or None,
        "get": asked.get or None,
        "customers": asked.customers.value,
    }


def local(moment: datetime | None, shop: Shop) -> str:
    return moment.astimezone(ZoneInfo(shop.timezone)).strftime(LOCAL) if moment else ""


def _plain(amount: Decimal) -> str:
    return f"{Decimal(amount).normalize():f}" if amount else ""


def _ids_of(names: tuple[str, ...]) -> list[str]:
    """A slug that was written before is shown as its category."""
    by_slug = dict(Category.objects.filter(slug__in=names).values_list("slug", "pk"))
    return [str(by_slug.get(name, name)) for name in names]
