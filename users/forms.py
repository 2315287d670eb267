"""Shapes of what people fill in about themselves."""

from __future__ import annotations

import zoneinfo
from functools import lru_cache
from typing import Any

from allauth.account import forms as account_forms
from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from shop.forms import PicturesField

NAME_LENGTH = 150
BIO_LENGTH = 1000


class LoginForm(account_forms.LoginForm):
    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["login"].label = _("E-mail")
        self.fields["remember"].label = _("Keep me logged in on this device")


class ResetPasswordForm(account_forms.ResetPasswordForm):
    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["email"].label = _("E-mail")


class AddEmailForm(account_forms.AddEmailForm):
    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["email"].label = _("New e-mail address")


class SignupForm(account_forms.SignupForm):
    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["email"].label = _("E-mail")
        self.fields["password1"].help_text = _(
            "At least 8 characters; a few words that nobody would guess are best."
        )


class ProfileForm(forms.Form):
    first_name = forms.CharField(
        label=_("First name"),
        max_length=NAME_LENGTH,
        required=False,
        widget=forms.TextInput({"autocomplete": "given-name"}),
    )
    last_name = forms.CharField(
        label=_("Last name"),
        max_length=NAME_LENGTH,
        required=False,
        widget=forms.TextInput({"autocomplete": "family-name"}),
    )
    language = forms.ChoiceField(label=_("Language"), required=False)
    timezone = forms.ChoiceField(
        label=_("Time zone"),
        required=False,
        help_text=_("Dates and times on your pages are shown in it."),
    )
    is_public = forms.BooleanField(
        label=_("Show others a page about me"),
        required=False,
        help_text=_("It shows your first name and what you write below."),
    )
    bio = forms.CharField(
        label=_("About me"),
        max_length=BIO_LENGTH,
        required=False,
        widget=forms.Textarea({"rows": 4}),
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        asked = ("", _("As my browser asks"))
        self.fields["language"].choices = [asked, *settings.LANGUAGES]  # type: ignore[attr-defined]
        self.fields["timezone"].choices = time_zones()  # type: ignore[attr-defined]


class AvatarForm(forms.Form):
    avatar = PicturesField(
        label=_("Picture"),
        most=1,
        error_messages={"required": _("Choose a picture first.")},
        help_text=_(
            "Everybody sees it beside your reviews, and on your page if you have one. Its middle"
            " is cut to a square; where and with what it was taken is removed."
        ),
    )


class NoticesForm(forms.Form):
    marketing = forms.BooleanField(
        label=_("Write to me about offers and news of the market"), required=False
    )
    low_stock = forms.BooleanField(
        label=_("Write to me in the morning when stock of my shop is low"),
        required=False,
    )

    def __init__(self, *args: Any, sells: bool, **options: Any) -> None:
        """sells: whether the person runs a shop."""
        super().__init__(*args, **options)
        if not sells:
            del self.fields["low_stock"]


def time_zones() -> list[tuple[str, Any]]:
    """The places that people know, by area; old names and abbreviations are left out."""
    areas: dict[str, list[tuple[str, str]]] = {}
    for name in zone_names():
        area, _slash, place = name.partition("/")
        if place:
            areas.setdefault(area, []).append((name, place.replace("_", " ")))
    return [("", _("The market’s (UTC)")), ("UTC", "UTC"), *areas.items()]


@lru_cache(maxsize=1)
def zone_names() -> tuple[str, ...]:
    """Names of the IANA time zone database that a profile takes."""
    odd = ("Etc", "SystemV", "US", "posix", "right")
    known = zoneinfo.available_timezones()
    places = [name for name in known if "/" in name and name.split("/")[0] not in odd]
    return ("UTC", *sorted(places))
