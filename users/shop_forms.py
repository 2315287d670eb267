"""Shapes of what is said about a shop and those who work there."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from babel import Locale
from babel.core import get_global
from babel.numbers import get_territory_currencies
from django import forms
from django.core.validators import MaxLengthValidator
from django.utils.translation import get_language, to_locale
from django.utils.translation import gettext_lazy as _

from shop.forms import PicturesField
from shop.models import Shop
from users.forms import time_zones
from users.models import MemberRole
from users.rights import RIGHTS, Right
from users.services.members import RANK

LONGEST_NAME = 100
MOST_DESCRIPTION = 5_000
MOST_DAYS = 3_650
# "Unknown region", of the tables that countries are read from.
NOWHERE = {"ZZ"}
ROLE_WORDS = {
    MemberRole.STAFF: _("Staff: orders, stock, returns, reviews"),
    MemberRole.MANAGER: _(
        "Manager: also products, prices, refunds, settings and staff"
    ),
    MemberRole.OWNER: _("Owner: everything, and who else owns the shop"),
}


class OpenShopForm(forms.Form):
    name = forms.CharField(label=_("Name of the shop"), max_length=LONGEST_NAME)
    country = forms.ChoiceField(label=_("Country you sell from"))
    currency = forms.ChoiceField(
        label=_("Currency of your prices"),
        help_text=_("It stays: every price and every book of the shop is in it."),
    )
    timezone = forms.ChoiceField(
        label=_("Time zone"), help_text=_("Your days and schedules follow its clock.")
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        language = get_language() or "en"
        self.fields["country"].choices = countries(language)  # type: ignore[attr-defined]
        self.fields["currency"].choices = currencies(language)  # type: ignore[attr-defined]
        self.fields["timezone"].choices = time_zones()[1:]  # type: ignore[attr-defined]


class ShopProfileForm(forms.ModelForm):
    name = forms.CharField(label=_("Name of the shop"), max_length=LONGEST_NAME)
    logo_file = PicturesField(label=_("Logo"), most=1, required=False)
    return_days = forms.IntegerField(
        label=_("Days in which goods may be sent back"),
        min_value=0,
        max_value=MOST_DAYS,
        help_text=_("Consumers in the EU have 14 days by law, whatever stands here."),
    )
    banner_file = PicturesField(
        label=_("Banner"),
        most=1,
        required=False,
        help_text=_("A wide picture at the top of your shop’s page."),
    )

    class Meta:
        model = Shop
        fields = (
            *("name", "description", "contact_email", "phone", "timezone"),
            *("tax_number", "prices_include_tax", "return_days", "return_rule"),
        )
        labels = {
            "description": _("What you sell, and who you are"),
            "contact_email": _("E-mail for buyers"),
            "phone": _("Telephone"),
            "timezone": _("Time zone"),
            "tax_number": _("Tax number"),
            "prices_include_tax": _("My prices include tax"),
            "return_rule": _("Rules for returns"),
        }
        help_texts = {
            "tax_number": _("It stands on your invoices."),
        }

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["timezone"] = forms.ChoiceField(
            label=_("Time zone"), choices=time_zones()[1:]
        )
        self.fields["description"].widget.attrs["rows"] = 4
        for name in ("description", "return_rule"):
            self.fields[name].validators.append(MaxLengthValidator(MOST_DESCRIPTION))
        self.fields["return_rule"].widget.attrs["rows"] = 3
        self.fields["contact_email"].required = True


class ClosureForm(forms.Form):
    """closed_from, closed_until: in the shop's own time."""

    closed_from = forms.DateTimeField(
        label=_("From"), widget=forms.DateTimeInput({"type": "datetime-local"})
    )
    closed_until = forms.DateTimeField(
        label=_("Until"),
        required=False,
        widget=forms.DateTimeInput({"type": "datetime-local"}),
        help_text=_("Empty: until you open again."),
    )
    note = forms.CharField(
        label=_("What buyers read"),
        max_length=500,
        required=False,
        widget=forms.Textarea({"rows": 2}),
    )


class InviteForm(forms.Form):
    email = forms.EmailField(label=_("E-mail"), max_length=254)
    role = forms.ChoiceField(label=_("Role"))

    def __init__(self, *args: Any, mine: str, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["role"].choices = [  # type: ignore[attr-defined]
            (role, MemberRole(role).label) for role, _words in roles_to_give(mine)
        ]


def roles_to_give(mine: str) -> list[tuple[str, Any]]:
    """Those below one's own; owners may name owners."""
    all_of_them = Right.OWN in RIGHTS[mine]
    return [
        (role.value, words)
        for role, words in ROLE_WORDS.items()
        if all_of_them or RANK[role] < RANK[MemberRole(mine)]
    ]


@lru_cache(maxsize=8)
def countries(language: str) -> list[tuple[str, str]]:
    """Code and name, by name (Unicode CLDR)."""
    names = Locale.parse(to_locale(language)).territories
    codes = [
        code
        for code in get_global("territory_currencies")
        if code in names and code not in NOWHERE
    ]
    return sorted(((code, names[code]) for code in codes), key=lambda pair: pair[1])


@lru_cache(maxsize=8)
def currencies(language: str) -> list[tuple[str, str]]:
    """Those that are legal tender somewhere now, by code (Unicode CLDR)."""
    names = Locale.parse(to_locale(language)).currencies
    codes = {
        currency
        for country in get_global("territory_currencies")
        for currency in get_territory_currencies(country)
    }
    return [(code, f"{code} · {names.get(code, code)}") for code in sorted(codes)]
