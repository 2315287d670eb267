"""Shapes of what a shop's people fill in about money."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from orders.sell_forms import WHOLE, HoldField
from payments.services.item_refunds import Refundable, RefundLine, RefundPlan

MOST_KEY = 64
AMOUNT = {
    "invalid": _("Write an amount such as 12.50."),
    "min_value": _("Write 0 or more."),
    "max_value": _("At most %(limit_value)s can be given back."),
    "max_digits": _("This amount is too long."),
    "max_whole_digits": _("This amount is too long."),
    "max_decimal_places": _("Write an amount such as 12.50."),
}


class RefundForm(forms.Form):
    """Units by item, sent or not, delivery, and a sum of one's own instead of theirs."""

    key = forms.CharField(required=False, max_length=MOST_KEY, widget=forms.HiddenInput)
    expected = forms.DecimalField(required=False, widget=forms.HiddenInput)
    reason = forms.CharField(
        required=False,
        max_length=1000,
        label=_("Reason (optional)"),
        widget=forms.Textarea({"rows": 2}),
    )

    def __init__(self, *args: Any, plan: RefundPlan, **options: Any) -> None:
        super().__init__(*args, **options)
        self.plan = plan
        for one in plan.items:
            for kind, most in (("unsent", one.unsent), ("sent", one.sent)):
                if most:
                    self.fields[f"{kind}-{one.item.pk}"] = _units(one, most)
            if one.unsent + one.sent:
                self.fields[f"restock-{one.item.pk}"] = forms.BooleanField(
                    required=False, label=_("Back into stock")
                )
        self.fields["delivery"] = _amount(_("Of the delivery"), plan.delivery)
        self.fields["amount"] = _amount(
            _("Another amount instead (optional)"), plan.most
        )

    @property
    def lines(self) -> list[RefundLine]:
        """Of a valid form."""
        sent = self.cleaned_data
        lines = [
            RefundLine(
                item_id=one.item.pk,
                unsent=sent.get(f"unsent-{one.item.pk}") or 0,
                sent=sent.get(f"sent-{one.item.pk}") or 0,
                restock=bool(sent.get(f"restock-{one.item.pk}")),
            )
            for one in self.plan.items
        ]
        return [line for line in lines if line.units]

    def rows(self) -> list[dict[str, Any]]:
        """Each item with its fields."""
        return [
            {
                "one": one,
                "unsent": self._field(f"unsent-{one.item.pk}"),
                "sent": self._field(f"sent-{one.item.pk}"),
                "restock": self._field(f"restock-{one.item.pk}"),
            }
            for one in self.plan.items
            if one.unsent + one.sent
        ]

    def _field(self, name: str) -> forms.BoundField | None:
        return self[name] if name in self.fields else None


def _units(one: Refundable, most: int) -> forms.IntegerField:
    return forms.IntegerField(
        required=False,
        label=one.item.name,
        min_value=0,
        max_value=most,
        error_messages=WHOLE,
    )


def _amount(label: Any, most: Decimal) -> forms.DecimalField:
    return forms.DecimalField(
        required=False,
        label=label,
        min_value=Decimal(0),
        max_value=most,
        max_digits=12,
        decimal_places=2,
        error_messages=AMOUNT,
    )


class ConfirmEditForm(forms.Form):
    """What was agreed to when an order is changed."""

    key = forms.CharField(max_length=MOST_KEY, widget=forms.HiddenInput)
    expected_refund = forms.DecimalField(
        max_digits=12, decimal_places=2, widget=forms.HiddenInput
    )
    expected_due = forms.DecimalField(
        max_digits=12, decimal_places=2, widget=forms.HiddenInput
    )
    restock = forms.BooleanField(
        required=False, initial=True, label=_("Put what is taken out back into stock")
    )
    hold = HoldField(required=False)


def units_sent(data: Any, prefix: str) -> dict[UUID, int]:
    """Fields `<prefix><id>` with whole numbers above zero. Raises ValueError."""
    units: dict[UUID, int] = {}
    for name, value in data.items():
        if name.startswith(prefix) and (text := str(value).strip()):
            number = int(text)
            if number < 0:
                raise ValueError(text)
            if number:
                units[UUID(name.removeprefix(prefix))] = number
    return units


class RefundReturnForm(forms.Form):
    """The sum that is due, or another instead."""

    expected = forms.DecimalField(required=False, widget=forms.HiddenInput)
    reason = forms.CharField(
        required=False,
        max_length=1000,
        label=_("Reason (optional)"),
        widget=forms.Textarea({"rows": 2}),
    )

    def __init__(self, *args: Any, most: Decimal, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["amount"] = _amount(_("Another amount instead (optional)"), most)
