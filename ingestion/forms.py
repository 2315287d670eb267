"""The upload form of the admin."""

from __future__ import annotations

from typing import Any

from django import forms
from unfold.widgets import (
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from ingestion.importers import REGISTRY
from shop.models import Shop

SUGGESTED_SHOPS = 200


def kinds() -> list[tuple[str, str]]:
    return [(kind, importer.label) for kind, importer in REGISTRY.items()]


class UploadForm(forms.Form):
    """`cleaned_data["shop"]` is a Shop or None."""

    # Before the file, so that they are there when the file was too large to be taken.
    kind = forms.ChoiceField(
        label="What it holds", choices=kinds, widget=UnfoldAdminSelectWidget()
    )
    shop = forms.CharField(
        label="Shop",
        required=False,
        max_length=255,
        widget=UnfoldAdminTextInputWidget(
            attrs={"list": "shops", "autocomplete": "off"}
        ),
        help_text="Its address (slug). Some files name their shops themselves.",
    )
    is_check = forms.BooleanField(
        label="Only check it",
        required=False,
        widget=UnfoldBooleanSwitchWidget(),
        help_text="Every row is tried and counted; nothing is kept.",
    )
    file = forms.FileField(
        label="File",
        allow_empty_file=True,
        error_messages={"required": "Choose a file."},
    )

    def clean_shop(self) -> Any:
        slug = self.cleaned_data["shop"].strip()
        if not slug:
            return None
        shop = Shop.objects.filter(slug=slug).first()
        if shop is None:
            raise forms.ValidationError(f"There is no shop with the slug “{slug}”.")
        return shop

    @staticmethod
    def suggested_shops() -> list[tuple[str, str]]:
        """Slug and name of the first shops by name, for the field's suggestions."""
        shops = Shop.objects.order_by("name").values_list("slug", "name")
        return list(shops[:SUGGESTED_SHOPS])
