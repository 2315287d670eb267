"""What a product's page and the pages around it accept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from catalog.models import ReviewImage
from catalog.queries.choices import MOST_OPTIONS, AskedVariant
from catalog.queries.reviews import DEFAULT_SORT, LAST_PAGE, SORTS, AskedReviews
from catalog.services.reviews import (
    LONGEST_ALT,
    LONGEST_REVIEW,
    LONGEST_TITLE,
    MOST_PHOTOS,
    RATINGS,
    Photos,
)
from catalog.services.wishlists import LONGEST_NAME
from shop.forms import PicturesField

LONGEST_VALUE = 100
LONGEST_EMAIL = 254
STARS = (
    (5, _("Very good")),
    (4, _("Good")),
    (3, _("All right")),
    (2, _("Poor")),
    (1, _("Very poor")),
)


def read_variant(data: Mapping[str, str]) -> AskedVariant:
    """Of an address. Nonsense is read as no wish."""
    numbers = range(1, MOST_OPTIONS + 1)
    picked = _number(data.get("picked", ""))
    return AskedVariant(
        sku=data.get("variant", "")[:LONGEST_VALUE],
        options=tuple(data.get(f"option{n}", "")[:LONGEST_VALUE] for n in numbers),
        picked=picked if picked in numbers else 0,
        find=tuple(data.get(f"find{n}", "").strip()[:LONGEST_VALUE] for n in numbers),
    )


def read_picture(data: Mapping[str, str]) -> int:
    """The place of a picture, from 1; 0 for the usual one."""
    return _number(data.get("picture", ""))


def read_reviews(data: Mapping[str, str]) -> AskedReviews:
    """Of an address. Nonsense is read as all reviews in the usual order."""
    stars, sort = _number(data.get("stars", "")), data.get("sort", "")
    return AskedReviews(
        stars=stars if stars in RATINGS else 0,
        sort=sort if sort in SORTS else DEFAULT_SORT,
        page=max(1, min(_number(data.get("page", "")), LAST_PAGE)),
    )


def _number(text: str) -> int:
    return int(text[:4]) if text.isascii() and text.isdigit() else 0


class ReviewForm(forms.Form):
    rating = forms.TypedChoiceField(
        label=_("Your rating"),
        coerce=int,
        choices=STARS,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose one to five stars.")},
    )
    title = forms.CharField(
        label=_("In a few words"), required=False, max_length=LONGEST_TITLE
    )
    review = forms.CharField(
        label=_("What should others know?"),
        required=False,
        max_length=LONGEST_REVIEW,
        widget=forms.Textarea({"rows": 6}),
        help_text=_("Quality, size, use. Please no addresses and no names of people."),
    )
    photos = PicturesField(
        label=_("Photos (optional)"),
        most=MOST_PHOTOS,
        required=False,
        help_text=_(
            "Up to five, for everybody to see. Where and with what they were taken is"
            " removed from them."
        ),
    )
    alt = forms.CharField(
        label=_("What do the photos show?"),
        required=False,
        max_length=LONGEST_ALT,
        help_text=_("For people who cannot see them."),
    )

    def __init__(
        self, *args: Any, there: Sequence[ReviewImage] = (), **options: Any
    ) -> None:
        """there: the photos that the review has already."""
        super().__init__(*args, **options)
        self.there = there
        for photo in there:
            self.fields[f"alt-{photo.pk}"] = forms.CharField(
                label=_("What it shows"), required=False, max_length=LONGEST_ALT
            )
            self.initial[f"alt-{photo.pk}"] = photo.alt
            self.fields[f"remove-{photo.pk}"] = forms.BooleanField(
                label=_("Remove this photo"), required=False
            )

    def clean(self) -> dict[str, Any]:
        left = len(self.there) - len(self._removed())
        if left + len(self.cleaned_data.get("photos", ())) > MOST_PHOTOS:
            words = _("A review has at most %(most)d photos.") % {"most": MOST_PHOTOS}
            self.add_error("photos", words)
        return self.cleaned_data

    def words(self) -> list[forms.BoundField]:
        return [self["title"], self["review"]]

    def new_photos(self) -> list[forms.BoundField]:
        return [self["photos"], self["alt"]]

    def old_photos(
        self,
    ) -> list[tuple[ReviewImage, forms.BoundField, forms.BoundField]]:
        return [
            (photo, self[f"alt-{photo.pk}"], self[f"remove-{photo.pk}"])
            for photo in self.there
        ]

    def wanted_photos(self) -> Photos:
        """Of a valid form, as the service takes it."""
        return Photos(
            new=self.cleaned_data["photos"],
            alt=self.cleaned_data["alt"],
            alts={one.pk: self.cleaned_data[f"alt-{one.pk}"] for one in self.there},
            removed=self._removed(),
        )

    def _removed(self) -> list[UUID]:
        return [
            one.pk for one in self.there if self.cleaned_data.get(f"remove-{one.pk}")
        ]


class WishlistForm(forms.Form):
    name = forms.CharField(
        label=_("Name of the list"),
        max_length=LONGEST_NAME,
        error_messages={"required": _("Give the list a name.")},
    )


class AlertForm(forms.Form):
    """For guests; whoever is logged in is known."""

    email = forms.EmailField(
        label=_("Your e-mail address"),
        max_length=LONGEST_EMAIL,
        widget=forms.EmailInput({"autocomplete": "email"}),
        error_messages={
            "required": _("Write the address that we should tell."),
            "invalid": _("This is not an e-mail address: name@example.com."),
        },
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": "alert-%s", **kwargs})
