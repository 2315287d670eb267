"""What a buyer chooses to pay with."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from payments.queries import payment_choices


class PaymentMethodForm(forms.Form):
    """`method` as the fragment `payments/_methods.html` sends it; the first is chosen.

    Cleaned it has `gateway` and `token`, which `start_payment` wants.
    """

    method = forms.ChoiceField(
        widget=forms.RadioSelect,
        label=_("How do you want to pay?"),
        error_messages={
            "required": _("Choose how to pay."),
            "invalid_choice": _("This way to pay is not available. Choose another."),
        },
    )

    def __init__(self, *args: Any, currency: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choices = payment_choices(currency=currency)
        method: Any = self.fields["method"]
        method.choices = [(choice.value, choice.label) for choice in self.choices]
        if self.choices:
            method.initial = self.choices[0].value

    @property
    def chosen(self) -> str:
        return str(self["method"].value() or "")

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if method := cleaned.get("method"):
            cleaned["gateway"], _colon, cleaned["token"] = method.partition(":")
        return cleaned
