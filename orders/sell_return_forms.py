"""Shapes of what a shop's people fill in about returns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from orders.models import OrderReturnItem
from orders.queries.sell_returns import line_name
from orders.sell_forms import WHOLE
from orders.services.returns import MOST_TEXT, Inspected


class ApproveReturnForm(forms.Form):
    answer = forms.CharField(
        max_length=MOST_TEXT,
        label=_("Where to send it, and how"),
        widget=forms.Textarea({"rows": 6}),
        error_messages={"required": _("Write where the buyer is to send it.")},
    )


class RefuseReturnForm(forms.Form):
    answer = forms.CharField(
        max_length=MOST_TEXT,
        label=_("Why not"),
        widget=forms.Textarea({"rows": 3}),
        error_messages={"required": _("Write why: the buyer reads it.")},
    )


class ReceiveReturnForm(forms.Form):
    """What came back of each line, and whether it is sold again."""

    def __init__(
        self, *args: Any, lines: Sequence[OrderReturnItem], **options: Any
    ) -> None:
        super().__init__(*args, **options)
        self.lines = lines
        for line in lines:
            self.fields[f"good-{line.pk}"] = _units(
                _("As good as new"), line, line.quantity
            )
            self.fields[f"damaged-{line.pk}"] = _units(_("Damaged"), line, 0)
            self.fields[f"restock-{line.pk}"] = forms.BooleanField(
                required=False, label=_("Good ones back into stock"), initial=True
            )

    @property
    def rows(self) -> list[dict[str, Any]]:
        return [
            {
                "line": line,
                "name": line_name(line),
                "good": self[f"good-{line.pk}"],
                "damaged": self[f"damaged-{line.pk}"],
                "restock": self[f"restock-{line.pk}"],
            }
            for line in self.lines
        ]

    def clean(self) -> dict[str, Any]:
        sent = super().clean() or {}
        for line in self.lines:
            # What is no number is told beside its own field.
            units = [sent.get(f"{kind}-{line.pk}") for kind in ("good", "damaged")]
            if sum(one or 0 for one in units) > line.quantity:
                told = _("At most %(most)d of these were to come back.")
                self.add_error(f"damaged-{line.pk}", told % {"most": line.quantity})
        return sent

    @property
    def inspected(self) -> dict[UUID, Inspected]:
        """Of a valid form."""
        sent = self.cleaned_data
        return {
            line.pk: Inspected(
                good=sent[f"good-{line.pk}"], damaged=sent[f"damaged-{line.pk}"]
            )
            for line in self.lines
        }

    @property
    def restock(self) -> list[UUID]:
        return [
            line.pk for line in self.lines if self.cleaned_data[f"restock-{line.pk}"]
        ]


def _units(label: Any, line: OrderReturnItem, initial: int) -> forms.IntegerField:
    return forms.IntegerField(
        label=label,
        min_value=0,
        max_value=line.quantity,
        initial=initial,
        error_messages={**WHOLE, "required": WHOLE["invalid"]},
        widget=forms.NumberInput({"inputmode": "numeric", "class": "units"}),
    )
