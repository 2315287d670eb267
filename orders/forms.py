"""Shapes of what a buyer fills in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.utils.choices import CallableChoiceIterator
from django.utils.translation import gettext_lazy as _

from orders.errors import AddressRefused
from orders.models import OrderItem
from orders.queries.checkout import ShopDelivery
from orders.services.addresses import (
    Address,
    AddressField,
    address_fields,
    clean_address,
    country_choices,
)
from shop.forms import PicturesField

MOST_PHOTOS = 5


class AddressForm(forms.Form):
    """An address in the fields of its country; `address` is the checked one.

    The rules are `clean_address`'s alone, so that every door refuses in the same words. With a
    prefix it stands beside another form, as at a checkout.
    """

    def __init__(self, *args: Any, country: str, **options: Any) -> None:
        super().__init__(*args, **options)
        self.address: Address | None = None
        if self.is_bound:
            country = str(self.data.get(self.add_prefix("country"), country))
        for field in address_fields(country=country):
            self.fields[field.name] = _control(field)
        self.initial.setdefault("country", country)

    def clean(self) -> dict[str, Any]:
        try:
            self.address = clean_address(data=self.cleaned_data)
        except AddressRefused as refusal:
            for name, sentence in refusal.errors.items():
                self.add_error(name if name in self.fields else None, sentence)
        return self.cleaned_data

    def data_for_service(self) -> dict[str, str]:
        """Of a valid form: what `add_address` and `set_address` take."""
        assert self.address is not None
        return self.address.as_dict()


class AddressBookForm(AddressForm):
    """An address of the book, which can be made the default."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["is_default"] = forms.BooleanField(
            label=_("Send parcels here unless I say otherwise"), required=False
        )


def _control(field: AddressField) -> forms.Field:
    attributes: dict[str, Any] = {"autocomplete": field.autocomplete}
    if field.is_required:
        attributes["required"] = True
    widget: forms.Widget
    if field.name == "country" or field.choices:
        # Asked for when it is drawn: most forms that are sent lead on to another page.
        choices = CallableChoiceIterator(lambda: _choices(field))
        widget = forms.Select(attributes, choices)
    else:
        attributes["maxlength"] = field.max_length
        widget = forms.TextInput(attributes)
        if field.name == "phone":
            widget.input_type = "tel"
    label = field.label if field.is_required else _optional(field.label)
    control = forms.CharField(required=False, label=label, widget=widget, strip=False)
    # `clean_address` says it in its own words.
    control.validators = []
    return control


def _choices(field: AddressField) -> list[tuple[str, Any]]:
    known = country_choices() if field.name == "country" else field.choices
    return [("", _("Choose …")), *known]


def _optional(label: str) -> Any:
    return _("%(label)s (optional)") % {"label": label}


class CheckoutAddressForm(AddressForm):
    """The first step of a checkout: where news goes, and where the parcels go."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        email = forms.CharField(
            required=False,
            label=_("E-mail"),
            max_length=254,
            strip=True,
            widget=forms.EmailInput(
                {"autocomplete": "email", "required": True, "maxlength": 254}
            ),
            help_text=_("For the confirmation and news of your parcels."),
        )
        same = forms.BooleanField(
            required=False, label=_("The invoice goes to the same address")
        )
        self.fields = {"email": email, **self.fields, "same_billing": same}


class DeliveryForm(forms.Form):
    """How each shop sends: one choice of a method for each shop that sends something."""

    def __init__(self, *args: Any, deliveries: Sequence[ShopDelivery], **options: Any):
        super().__init__(*args, **options)
        self.shops = [one for one in deliveries if one.is_needed and one.methods]
        for shop in self.shops:
            self.fields[str(shop.shop_id)] = forms.ChoiceField(
                choices=[(str(method.id), method.name) for method in shop.methods],
                required=False,
                initial=str(shop.chosen.id) if shop.chosen else None,
                label=shop.shop_name,
                error_messages={
                    "invalid_choice": _("Choose one of the ways this shop delivers.")
                },
            )

    @property
    def choices(self) -> dict[UUID, UUID]:
        """Of a valid form: shop -> method, as `set_delivery` takes it."""
        return {
            UUID(shop): UUID(method)
            for shop, method in self.cleaned_data.items()
            if method
        }


class AddToCartForm(forms.Form):
    """What the button of a product's page sends."""

    variant = forms.UUIDField(
        error_messages={
            "required": _("Choose what to buy first."),
            "invalid": _("This product is not on sale any more."),
        }
    )
    quantity = forms.IntegerField(
        required=False,
        error_messages={"invalid": _("Write the quantity as a whole number.")},
    )

    def clean_quantity(self) -> int:
        quantity: int | None = self.cleaned_data["quantity"]
        return 1 if quantity is None else quantity


class QuantityForm(forms.Form):
    quantity = forms.IntegerField(
        error_messages={
            "required": _("Write the quantity as a whole number."),
            "invalid": _("Write the quantity as a whole number."),
        }
    )


class DestinationForm(forms.Form):
    """Where a cart would be sent, as far as its estimate asks."""

    country = forms.ChoiceField(
        label=_("Deliver to"),
        choices=country_choices,
        error_messages={
            "required": _("Choose a country of the list."),
            "invalid_choice": _("Choose a country of the list."),
        },
    )
    province = forms.CharField(required=False, max_length=100)


class CouponForm(forms.Form):
    code = forms.CharField(
        max_length=64,
        error_messages={
            "required": _("Write the code first."),
            "max_length": _("No code is that long."),
        },
    )


class FindOrderForm(forms.Form):
    """What a guest knows of an order."""

    number = forms.CharField(
        label=_("Order number"),
        max_length=64,
        widget=forms.TextInput({"autocomplete": "off"}),
    )
    email = forms.EmailField(label=_("E-mail"), max_length=254)

    def clean_number(self) -> str:
        number: str = self.cleaned_data["number"]
        return number.replace("\0", "").strip().lstrip("#").upper()


class ReturnForm(forms.Form):
    """How many units of which items go back, and why."""

    def __init__(
        self,
        *args: Any,
        items: Sequence[tuple[OrderItem, int]],
        is_withdrawal: bool = False,
        **options: Any,
    ) -> None:
        super().__init__(*args, **options)
        self.items = [(item, most) for item, most in items if most]
        for item, most in self.items:
            self.fields[str(item.pk)] = forms.IntegerField(
                label=item.name,
                required=False,
                min_value=0,
                max_value=most,
                initial=most if is_withdrawal else 0,
                error_messages={
                    "invalid": _("Write the quantity as a whole number."),
                    "min_value": _("Write 0 or more."),
                    "max_value": _("You can send back %(limit_value)s of these."),
                },
            )
        if not is_withdrawal:
            self.fields["reason"] = forms.CharField(
                label=_("Why do you send it back?"),
                max_length=2000,
                widget=forms.Textarea({"rows": 4}),
            )
            self.fields["photos"] = PicturesField(
                label=_("Photos (optional)"),
                most=MOST_PHOTOS,
                required=False,
                help_text=_("Up to five, for the shop only."),
            )

    def clean(self) -> dict[str, Any]:
        if not self.errors and not self.quantities:
            self.add_error(None, _("Choose what you want to send back."))
        return self.cleaned_data

    @property
    def quantities(self) -> dict[UUID, int]:
        """Of a valid form: item id -> units, as the services take it."""
        wanted = {
            item.pk: self.cleaned_data.get(str(item.pk)) for item, _most in self.items
        }
        return {item_id: units for item_id, units in wanted.items() if units}

    def item_fields(self) -> list[tuple[OrderItem, int, forms.BoundField]]:
        return [(item, most, self[str(item.pk)]) for item, most in self.items]

    def other_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in ("reason", "photos") if name in self.fields]
