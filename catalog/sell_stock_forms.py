"""What people say about a shelf."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from catalog.models import StockReason
from catalog.services.stock import CORRECTIONS, MOST_NOTES, MOST_UNITS


class _SaidOfStock(forms.Form):
    """seen: the level that the page showed. Two of these stand on one page."""

    notes = forms.CharField(
        label=_("Note"), required=False, max_length=MOST_NOTES, strip=True
    )
    seen = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["notes"].widget.attrs["autocomplete"] = "off"


def _units_field(label: Any, *, least: int, **options: Any) -> forms.IntegerField:
    return forms.IntegerField(
        label=label,
        min_value=least,
        max_value=MOST_UNITS,
        widget=forms.NumberInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        **options,
    )


class CountForm(_SaidOfStock):
    counted = _units_field(
        _("Units on the shelf"),
        least=0,
        help_text=_("With those promised to buyers who are paying."),
    )
    field_order = ("counted", "notes", "seen")
    prefix = "count"


class ChangeForm(_SaidOfStock):
    change = _units_field(
        _("How many"), least=-MOST_UNITS, help_text=_("With a minus for what is gone.")
    )
    reason = forms.ChoiceField(
        label=_("Why"),
        choices=[(one.value, one.label) for one in CORRECTIONS],
        initial=StockReason.DELIVERY,
    )
    field_order = ("change", "reason", "notes", "seen")
    prefix = "change"


class ThresholdForm(forms.Form):
    """Of a variant; empty for the shop's own."""

    threshold = _units_field(_("Low from so many units on"), least=0, required=False)
    prefix = "low"


class ShopThresholdForm(forms.Form):
    threshold = _units_field(_("Low from so many units on"), least=0)
    prefix = "low"
