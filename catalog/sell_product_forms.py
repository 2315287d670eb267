"""What the editor of one product takes: its fields, its variants, its pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from catalog.errors import InvalidPrice
from catalog.models import Product, ProductStatus
from catalog.queries.sell_product import MOST_FOUND, find_brands, find_categories
from catalog.services.editor import (
    FIELDS,
    LONGEST,
    LONGEST_FACT,
    LONGEST_SKU,
    MOST_FACTS,
    read_values,
)
from catalog.services.matrix import MOST_OPTIONS, WantedOption
from catalog.services.pictures import SentPicture
from catalog.services.sheets import NotANumber, read_amount
from catalog.services.stock import MOST_UNITS
from shop.forms import PICTURE_BYTES, PicturesInput
from shop.ids import parse_id

MOST_AT_ONCE = 12
BLANK_FACTS = 3
STATES = [
    (ProductStatus.DRAFT.value, pgettext_lazy("product", "Not published")),
    (ProductStatus.ACTIVE.value, pgettext_lazy("product", "Published")),
    (ProductStatus.ARCHIVED.value, pgettext_lazy("product", "Archived")),
]


def amount(text: str) -> Decimal | None:
    """A number as somebody writes it; None for nothing. Raises ValidationError."""
    text = text.strip()
    if not text:
        return None
    try:
        return read_amount(text)
    except (NotANumber, InvalidPrice) as refusal:
        raise forms.ValidationError(refusal.message) from refusal


class Money(forms.CharField):
    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=30, **options)
        self.widget.attrs["inputmode"] = "decimal"

    def clean(self, value: Any) -> Decimal | None:
        return amount(super().clean(value))


class NewProductForm(forms.Form):
    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=LONGEST["name"],
        error_messages={"required": gettext_lazy("Give the product a name.")},
    )
    price = Money(
        label=gettext_lazy("Price"),
        error_messages={"required": gettext_lazy("Say what it costs.")},
    )
    units = forms.IntegerField(
        label=gettext_lazy("Units in stock"),
        min_value=0,
        max_value=MOST_UNITS,
        initial=0,
        required=False,
    )
    sku = forms.CharField(
        label=gettext_lazy("SKU"),
        max_length=LONGEST_SKU,
        required=False,
        help_text=gettext_lazy(
            "The name it has in your shelves. Empty: one is made from the name."
        ),
    )


class FactsWidget(forms.Widget):
    """Rows of a name and a value; the page lays them out."""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        if not hasattr(data, "getlist"):
            return []
        return list(
            zip(
                data.getlist(f"{name}-name"), data.getlist(f"{name}-text"), strict=False
            )
        )


class FactsField(forms.Field):
    widget = FactsWidget

    def clean(self, value: Sequence[tuple[str, str]]) -> dict[str, str]:
        pairs = [(name.strip(), text.strip()) for name, text in value or []]
        pairs = [pair for pair in pairs if any(pair)]
        if len(pairs) > MOST_FACTS:
            raise forms.ValidationError(
                _("A product has at most %(most)d attributes.") % {"most": MOST_FACTS}
            )
        names = [name.casefold() for name, _text in pairs]
        if len(set(names)) < len(names):
            raise forms.ValidationError(_("Two attributes have the same name."))
        if any(not (name and text) for name, text in pairs):
            raise forms.ValidationError(_("Give every attribute a name and a value."))
        return dict(pairs)


class Tags(forms.CharField):
    def prepare_value(self, value: Any) -> str:
        return ", ".join(value) if isinstance(value, list) else value or ""

    def clean(self, value: Any) -> list[str]:
        return [tag.strip() for tag in super().clean(value).split(",") if tag.strip()]


class Picked(forms.ChoiceField):
    """A key out of what was found; None for the empty one."""

    def __init__(self, **options: Any) -> None:
        super().__init__(required=False, **options)

    def clean(self, value: Any) -> UUID | None:
        return parse_id(super().clean(value) or "")

    def valid_value(self, value: Any) -> bool:
        # What was found for other words is as good: the service looks whether it is there.
        return parse_id(str(value)) is not None


class Moment(forms.DateTimeField):
    def __init__(self, **options: Any) -> None:
        widget = forms.DateTimeInput(
            {"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"
        )
        super().__init__(required=False, widget=widget, **options)


class ProductForm(forms.Form):
    """The fields of `services.editor`. Times are read in the zone that is in force.

    words: `find_category` and `find_brand` narrow the two lists.
    """

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=LONGEST["name"],
        error_messages={"required": gettext_lazy("Give the product a name.")},
    )
    short_description = forms.CharField(
        label=gettext_lazy("In a sentence"),
        max_length=LONGEST["short_description"],
        required=False,
        widget=forms.Textarea({"rows": 2}),
    )
    description = forms.CharField(
        label=gettext_lazy("Description"),
        max_length=LONGEST["description"],
        required=False,
        widget=forms.Textarea({"rows": 9}),
    )
    status = forms.ChoiceField(
        label=pgettext_lazy("status", "State"), choices=STATES, required=False
    )
    publish_at = Moment(label=gettext_lazy("Comes into the store"))
    withdraw_at = Moment(label=gettext_lazy("Leaves the store"))
    category = Picked(label=gettext_lazy("Category"))
    brand = Picked(label=gettext_lazy("Brand"))
    tags = Tags(
        label=gettext_lazy("Tags"),
        max_length=6000,
        required=False,
        help_text=gettext_lazy("Separated by commas."),
    )
    facts = FactsField(label=gettext_lazy("Attributes"), required=False)
    tax_class = forms.CharField(
        label=gettext_lazy("Tax class"),
        max_length=32,
        help_text=gettext_lazy("Which of a country's rates: standard, reduced, zero."),
        widget=forms.TextInput({"list": "tax-classes", "autocomplete": "off"}),
    )
    slug = forms.CharField(
        label=gettext_lazy("Address"),
        max_length=LONGEST["slug"],
        help_text=gettext_lazy("The old address will lead to the new one."),
    )
    seo_title = forms.CharField(
        label=gettext_lazy("Title for search engines"),
        max_length=LONGEST["seo_title"],
        required=False,
        help_text=gettext_lazy("Empty: the name. About 60 characters are shown."),
    )
    seo_description = forms.CharField(
        label=gettext_lazy("Words for search engines"),
        max_length=LONGEST["seo_description"],
        required=False,
        widget=forms.Textarea({"rows": 2}),
        help_text=gettext_lazy(
            "Empty: the sentence above. About 155 characters are shown."
        ),
    )
    version = forms.CharField(widget=forms.HiddenInput, max_length=400, required=False)

    def __init__(
        self,
        *args: Any,
        product: Product,
        words: Mapping[str, str] | None = None,
        **options: Any,
    ) -> None:
        super().__init__(*args, **options)
        self.product = product
        self.words = words or {}
        self.truncated: set[str] = set()
        for name, find, empty in (
            ("category", find_categories, _("No category")),
            ("brand", find_brands, _("No brand")),
        ):
            self._offer(name, find, empty)

    def _offer(self, name: str, find: Any, empty: str) -> None:
        words = self.words.get(f"find_{name}", "").replace("\0", "")[:100]
        found = find(words=words, chosen=parse_id(str(self[name].value() or "")))
        if len(found) > MOST_FOUND:
            self.truncated.add(name)
        field: Any = self.fields[name]
        field.choices = [("", empty), *found[:MOST_FOUND]]

    @classmethod
    def of(cls, product: Product, zone: ZoneInfo, version: str) -> ProductForm:
        """Unbound, with what stands there."""
        values = read_values(product)
        for name in ("publish_at", "withdraw_at"):
            if values[name]:
                values[name] = values[name].astimezone(zone).replace(tzinfo=None)
        return cls(product=product, initial={**values, "version": version})

    @classmethod
    def again(cls, product: Product, data: Any) -> ProductForm:
        """Unbound, with what somebody has typed so far; the lists follow the words."""
        initial: dict[str, Any] = {name: data.get(name, "") for name in cls.base_fields}
        initial["facts"] = FactsWidget().value_from_datadict(data, None, "facts")
        return cls(product=product, initial=initial, words=data)

    @property
    def fact_rows(self) -> list[tuple[str, str]]:
        """With a few empty ones."""
        value = self["facts"].value()
        pairs = list(value.items() if isinstance(value, Mapping) else value or [])
        pairs = [pair for pair in pairs if any(pair)]
        return pairs + [("", "")] * BLANK_FACTS

    @property
    def longest_fact(self) -> int:
        return LONGEST_FACT

    @property
    def changes(self) -> dict[str, Any]:
        """Of a valid form, what the service takes."""
        values = {name: self.cleaned_data[name] for name in FIELDS}
        values["status"] = values["status"] or str(self.product.status)
        return values


# ------------------------------------------------------------------ variants
class OptionsForm(forms.Form):
    """Up to three options: name1 and values1, and so on. A value a line, or between commas."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for number in range(1, MOST_OPTIONS + 1):
            self.fields[f"name{number}"] = forms.CharField(
                label=_("Name of option %(number)d") % {"number": number},
                max_length=1000,
                required=False,
            )
            self.fields[f"values{number}"] = forms.CharField(
                label=_("Its values"),
                max_length=250_000,
                required=False,
                widget=forms.Textarea({"rows": 4}),
                help_text=_("One a line, or separated by commas."),
            )

    @classmethod
    def of(cls, names: Sequence[str], values: Sequence[Sequence[str]]) -> OptionsForm:
        initial = {}
        for number, words in enumerate(values, 1):
            initial[f"values{number}"] = "\n".join(words)
            if number <= len(names):
                initial[f"name{number}"] = names[number - 1]
        return cls(initial=initial)

    @property
    def rows(self) -> list[tuple[forms.BoundField, forms.BoundField]]:
        numbers = range(1, MOST_OPTIONS + 1)
        return [(self[f"name{n}"], self[f"values{n}"]) for n in numbers]

    @property
    def options(self) -> list[WantedOption]:
        found = self.cleaned_data
        return [
            WantedOption(found[f"name{n}"], _values(found[f"values{n}"]))
            for n in range(1, MOST_OPTIONS + 1)
        ]


def _values(text: str) -> tuple[str, ...]:
    """A value with a comma needs lines: where there are some, commas part nothing."""
    lines = text.splitlines()
    parts = lines if len(lines) > 1 else text.split(",")
    return tuple(part.strip() for part in parts if part.strip())


class PriceForm(forms.Form):
    price = Money(
        label=gettext_lazy("Price"),
        error_messages={"required": gettext_lazy("Say what they shall cost.")},
    )
    compare_price = Money(
        label=gettext_lazy("Crossed-out price"),
        required=False,
        help_text=gettext_lazy("Empty: none."),
    )


# ------------------------------------------------------------------ pictures
class SentPictures(forms.FileField):
    """As they came: the service makes them safe."""

    widget = PicturesInput

    def clean(self, data: Any, initial: Any = None) -> list[SentPicture]:
        files = [file for file in data or [] if file is not None]
        if not files:
            raise forms.ValidationError(self.error_messages["required"])
        if len(files) > MOST_AT_ONCE:
            raise forms.ValidationError(
                _("Send at most %(most)d pictures at once.") % {"most": MOST_AT_ONCE}
            )
        for file in files:
            if file.size > PICTURE_BYTES:
                raise forms.ValidationError(
                    _("%(name)s is larger than %(most)d MB.")
                    % {"name": file.name, "most": PICTURE_BYTES // 1024**2}
                )
        return [SentPicture(file.name, file.read()) for file in files]


class UploadForm(forms.Form):
    pictures = SentPictures(
        label=gettext_lazy("Add pictures"),
        widget=PicturesInput({"multiple": True}),
        error_messages={"required": gettext_lazy("Choose at least one picture.")},
        help_text=gettext_lazy(
            "WebP, PNG, JPEG, GIF or AVIF, up to 15 MB each. Where and with what they were taken"
            " is removed from them."
        ),
    )
