"""Shapes of what a shop's people fill in about orders."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from orders.forms import AddressForm
from orders.models import FinancialStatus, Order
from orders.pricing import Method
from orders.queries.sell_orders import OrderSearch, OrderTab, SellItem
from orders.services.addresses import country_choices
from orders.services.drafts import LEAST_HOLD, MOST_HOLD, USUAL_HOLD
from orders.services.fulfillment import MOST_NOTE

HOUR = timedelta(hours=1)
MOST_ROWS = 100
WHOLE = {
    "invalid": _("Write the quantity as a whole number."),
    "min_value": _("Write 0 or more."),
    "max_value": _("At most %(limit_value)s of these."),
}
PAYMENTS = [
    ("", _("Any payment")),
    (FinancialStatus.PENDING, _("Not paid")),
    (FinancialStatus.AUTHORIZED, _("Set aside")),
    (FinancialStatus.PAID, _("Paid")),
    (FinancialStatus.PARTIALLY_REFUNDED, _("Partly given back")),
    (FinancialStatus.REFUNDED, _("Given back")),
    (FinancialStatus.VOIDED, _("Let go")),
    (FinancialStatus.FAILED, _("Failed")),
]
TABS = {
    OrderTab.TO_PACK: _("To pack"),
    OrderTab.PARTLY_SENT: _("Partly sent"),
    OrderTab.SENT: _("Sent"),
    OrderTab.DELIVERED: _("Delivered"),
    OrderTab.UNPAID: _("Not paid"),
    OrderTab.CANCELLED: _("Cancelled"),
    OrderTab.REFUNDED: _("Given back"),
    OrderTab.ALL: _("All orders"),
}


class OrderSearchForm(forms.Form):
    """The address of a list; what cannot be read is said, and narrows nothing."""

    tab = forms.ChoiceField(
        required=False,
        choices=list(TABS.items()),
        widget=forms.HiddenInput,
    )
    q = forms.CharField(
        required=False,
        max_length=254,
        label=_("Number, e-mail, last name or SKU"),
        widget=forms.TextInput({"type": "search", "autocomplete": "off"}),
    )
    payment = forms.ChoiceField(required=False, choices=PAYMENTS, label=_("Payment"))
    country = forms.ChoiceField(required=False, label=_("Country"))
    since = forms.DateField(
        required=False, label=_("From"), widget=forms.DateInput({"type": "date"})
    )
    until = forms.DateField(
        required=False,
        label=pgettext_lazy("last day", "To"),
        widget=forms.DateInput({"type": "date"}),
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        country: Any = self.fields["country"]
        country.choices = [("", _("Every country")), *country_choices()]

    @property
    def search(self) -> OrderSearch:
        self.is_valid()
        sent = self.cleaned_data
        return OrderSearch(
            tab=OrderTab(sent.get("tab") or OrderTab.TO_PACK),
            text=sent.get("q") or "",
            payment=sent.get("payment") or "",
            country=sent.get("country") or "",
            since=sent.get("since"),
            until=sent.get("until"),
        )


class ManyForm(forms.Form):
    """What goes with all orders that match: who carries them."""

    carrier = forms.CharField(required=False, max_length=100, label=_("Carrier"))

    def __init__(self, *args: Any, action: str, **options: Any) -> None:
        super().__init__(*args, **options)
        if action != "send":
            del self.fields["carrier"]


class ParcelFields(forms.Form):
    """Who carries a parcel, and where it can be followed."""

    carrier = forms.CharField(required=False, max_length=100, label=_("Carrier"))
    tracking_number = forms.CharField(
        required=False, max_length=100, label=_("Tracking number")
    )
    tracking_url = forms.URLField(
        required=False,
        max_length=200,
        label=_("Address to follow it at"),
        assume_scheme="https",
        error_messages={"invalid": _("Write an address like https://example.com/…")},
    )


class ShipForm(ParcelFields):
    """A parcel: how many units of which items travel in it."""

    def __init__(self, *args: Any, items: Sequence[SellItem], **options: Any) -> None:
        super().__init__(*args, **options)
        self.items = [item for item in items if item.left]
        for one in self.items:
            self.fields[str(one.item.pk)] = forms.IntegerField(
                label=one.item.name,
                required=False,
                min_value=0,
                max_value=one.left,
                initial=one.left,
                error_messages=WHOLE,
            )

    def clean(self) -> dict[str, Any]:
        if not self.errors and not self.quantities:
            self.add_error(None, _("Choose what is in the parcel."))
        return self.cleaned_data

    @property
    def quantities(self) -> dict[UUID, int]:
        """Of a valid form: item id -> units."""
        wanted = {
            one.item.pk: self.cleaned_data.get(str(one.item.pk)) for one in self.items
        }
        return {item_id: units for item_id, units in wanted.items() if units}

    def item_fields(self) -> list[tuple[SellItem, forms.BoundField]]:
        return [(one, self[str(one.item.pk)]) for one in self.items]

    def parcel_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in ("carrier", "tracking_number", "tracking_url")]


class ShipManyForm(forms.Form):
    """Many orders, each sent whole, with one carrier and a tracking number each."""

    carrier = forms.CharField(required=False, max_length=100, label=_("Carrier"))

    def __init__(self, *args: Any, orders: Sequence[Order], **options: Any) -> None:
        super().__init__(*args, **options)
        self.orders = orders
        for order in orders:
            self.fields[f"number-{order.pk}"] = forms.CharField(
                required=False, max_length=100, label=_("Tracking number")
            )

    def rows(self) -> list[tuple[Order, forms.BoundField]]:
        return [(order, self[f"number-{order.pk}"]) for order in self.orders]

    def number_of(self, order: Order) -> str:
        return str(self.cleaned_data.get(f"number-{order.pk}") or "")


class CancelOrderForm(forms.Form):
    reason = forms.CharField(
        max_length=1000,
        label=_("Why is it cancelled?"),
        help_text=_("The buyer reads this."),
        widget=forms.Textarea({"rows": 3}),
        error_messages={"required": _("Say why: the buyer reads it.")},
    )
    restock = forms.BooleanField(
        required=False, initial=True, label=_("Put the items back into stock")
    )


class NoteForm(forms.Form):
    text = forms.CharField(
        max_length=MOST_NOTE,
        label=_("Note for the people of the shop"),
        widget=forms.Textarea({"rows": 2}),
        error_messages={"required": _("Write the note first.")},
    )


class HoldField(forms.IntegerField):
    """Hours for which stock is held."""

    def __init__(self, **options: Any) -> None:
        least, most = LEAST_HOLD // HOUR, MOST_HOLD // HOUR
        super().__init__(
            label=_("Hold the stock for (hours)"),
            min_value=least,
            max_value=most,
            initial=USUAL_HOLD // HOUR,
            help_text=_("Not paid by then, the order ends and the stock is free."),
            error_messages={
                "required": _("Write the hours as a whole number."),
                "invalid": _("Write the hours as a whole number."),
                "min_value": _("Write 1 hour or more."),
                "max_value": _("Write %(limit_value)s hours or fewer."),
            },
            **options,
        )

    def clean(self, value: Any) -> Any:
        hours = super().clean(value)
        return hours * HOUR if hours is not None else None


class DraftBuyerForm(AddressForm):
    """Who a draft is for."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        email = forms.CharField(
            required=False,
            label=_("The buyer’s e-mail"),
            max_length=254,
            widget=forms.EmailInput({"autocomplete": "off", "required": True}),
            help_text=_("The link to pay goes there."),
        )
        notes = forms.CharField(
            required=False,
            max_length=1000,
            label=_("Words of the buyer (optional)"),
            widget=forms.Textarea({"rows": 2}),
        )
        self.fields = {"email": email, **self.fields, "notes": notes}


class DraftDeliveryForm(forms.Form):
    method = forms.ChoiceField(
        label=_("Delivery"),
        error_messages={
            "required": _("Choose how it is sent."),
            "invalid_choice": _("Choose one of the ways your shop delivers."),
        },
    )

    def __init__(self, *args: Any, methods: Sequence[Method], **options: Any) -> None:
        super().__init__(*args, **options)
        field: Any = self.fields["method"]
        field.choices = [(str(method.id), method.name) for method in methods]


class PlaceDraftForm(forms.Form):
    hold = HoldField()
    expected = forms.DecimalField(
        max_digits=12,
        decimal_places=2,
        widget=forms.HiddenInput,
        error_messages={
            name: _("Look through the order once more.")
            for name in ("required", "invalid", "max_digits", "max_decimal_places")
        },
    )
