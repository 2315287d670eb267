"""Shapes of what a shop says about delivery and tax."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from orders.models import DeliveryZone, TaxRate
from orders.services.addresses import country_choices
from orders.services.delivery_settings import MOST_DAYS

DAYS = {
    "required": _("Write the days as a whole number."),
    "invalid": _("Write the days as a whole number."),
}
AMOUNT = {
    "required": _("Write an amount of zero or more."),
    "invalid": _("Write an amount, such as 4.95."),
    "min_value": _("Write an amount of zero or more."),
    "max_decimal_places": _("Write at most two places after the point."),
    "max_digits": _("This is more than one order can hold."),
    "max_whole_digits": _("This is more than one order can hold."),
}


class ZoneForm(forms.Form):
    name = forms.CharField(label=_("Name of the zone"), max_length=100)
    is_rest = forms.BooleanField(
        label=_("Everywhere that no other zone names"), required=False
    )
    countries = forms.MultipleChoiceField(
        label=_("Countries"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": _("Choose countries of the list.")},
    )

    def __init__(self, *args: Any, zone: DeliveryZone | None, **options: Any) -> None:
        if zone is not None:
            options["initial"] = {
                "name": zone.name,
                "countries": zone.countries,
                "is_rest": not zone.countries,
            }
        super().__init__(*args, **options)
        chosen = set(zone.countries) if zone is not None else set()
        # What is ticked is seen without scrolling through all that is not.
        self.fields["countries"].choices = sorted(  # type: ignore[attr-defined]
            country_choices(), key=lambda pair: pair[0] not in chosen
        )

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        named = found.get("countries")
        if not self.errors and bool(named) == bool(found.get("is_rest")):
            self.add_error(
                "countries",
                _("Choose countries, or everywhere else, not both.")
                if named
                else _("Choose countries, or everywhere else."),
            )
        return found

    @property
    def values(self) -> dict[str, Any]:
        """What the service takes, of a valid form."""
        return {name: self.cleaned_data[name] for name in ("name", "countries")}


class MethodForm(forms.Form):
    name = forms.CharField(label=_("What buyers read"), max_length=100)
    price = forms.DecimalField(
        label=_("Price"),
        min_value=0,
        max_digits=12,
        decimal_places=2,
        error_messages=AMOUNT,
    )
    free_from = forms.DecimalField(
        label=_("Free from"),
        required=False,
        min_value=0,
        max_digits=12,
        decimal_places=2,
        help_text=_(
            "From this amount of goods on it costs nothing. Empty: never free."
        ),
        error_messages=AMOUNT,
    )
    min_days = forms.IntegerField(
        label=_("Working days, at least"),
        min_value=0,
        max_value=MOST_DAYS,
        error_messages=DAYS,
    )
    max_days = forms.IntegerField(
        label=_("Working days, at most"),
        min_value=0,
        max_value=MOST_DAYS,
        error_messages=DAYS,
    )
    is_active = forms.BooleanField(label=_("Offered"), required=False, initial=True)

    @property
    def values(self) -> dict[str, Any]:
        return self.cleaned_data


class RateForm(forms.Form):
    name = forms.CharField(
        label=_("Name"), max_length=100, help_text=_("As invoices say it: VAT, GST.")
    )
    country = forms.ChoiceField(label=_("Country"))
    province = forms.CharField(
        label=_("Province"),
        max_length=100,
        required=False,
        help_text=_("Its code, such as CA. Empty: the whole country."),
    )
    tax_class = forms.CharField(
        label=_("Class of goods"),
        max_length=32,
        initial="standard",
        help_text=_("As your products name it: standard, reduced, zero."),
    )
    percent = forms.DecimalField(
        label=_("Per cent"),
        min_value=0,
        max_value=100,
        max_digits=6,
        decimal_places=3,
        error_messages={
            "required": _("A tax is 0 to 100 per cent."),
            "invalid": _("Write the rate as a number, such as 20."),
            "min_value": _("A tax is 0 to 100 per cent."),
            "max_value": _("A tax is 0 to 100 per cent."),
        },
    )
    applies_to_shipping = forms.BooleanField(
        label=_("Delivery is taxed at this rate too (class “standard”)"),
        required=False,
        initial=True,
    )

    def __init__(self, *args: Any, rate: TaxRate | None, **options: Any) -> None:
        if rate is not None:
            names = ("name", "country", "province", "tax_class", "applies_to_shipping")
            options["initial"] = {name: getattr(rate, name) for name in names}
            options["initial"]["percent"] = f"{(rate.rate * 100).normalize():f}"
        super().__init__(*args, **options)
        self.fields["country"].choices = [  # type: ignore[attr-defined]
            ("", "–"),
            *country_choices(),
        ]

    @property
    def values(self) -> dict[str, Any]:
        found = dict(self.cleaned_data)
        found["rate"] = found.pop("percent") / Decimal(100)
        return found


class IncludedForm(forms.Form):
    prices_include_tax = forms.TypedChoiceField(
        label=_("Your prices"),
        choices=[
            ("yes", _("include tax: what a buyer sees is what a buyer pays")),
            ("no", _("are without tax: it is added at the checkout")),
        ],
        coerce=lambda value: value == "yes",
        widget=forms.RadioSelect,
    )
