"""What a shop fills in to change many products at once: one form for each action."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalog import jobs
from catalog.errors import InvalidPrice
from catalog.models import Brand, Category, ProductStatus
from catalog.services.bulk import MOST_TAGS, CompareRule, Ending, PriceRule
from catalog.services.sheets import NotANumber, read_amount
from shop.models import Shop

MOST_PERCENT = Decimal(1000)
TAG_LENGTH = 100


class Amount(forms.CharField):
    """A number as somebody writes it: 12.50, 12,50, −5."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=20, required=False, **options)
        self.widget.attrs["inputmode"] = "decimal"

    def clean(self, value: Any) -> Decimal:
        text = super().clean(value)
        if not text:
            return Decimal(0)
        try:
            return read_amount(text.replace("\N{MINUS SIGN}", "-").removeprefix("+"))
        except (NotANumber, InvalidPrice) as refusal:
            raise forms.ValidationError(refusal.message) from refusal


class BulkForm(forms.Form):
    """`kind` and `params()` are what the job is opened with."""

    kind: ClassVar[str]

    def __init__(self, *args: Any, shop: Shop, **options: Any) -> None:
        super().__init__(*args, **options)
        self.shop = shop

    def params(self) -> dict[str, Any]:
        raise NotImplementedError


class StatusForm(BulkForm):
    kind = jobs.STATUS
    status = forms.ChoiceField(
        label=gettext_lazy("What shall happen"),
        choices=[
            (ProductStatus.ACTIVE.value, gettext_lazy("Publish: in the store")),
            (ProductStatus.DRAFT.value, gettext_lazy("Take out of the store")),
            (ProductStatus.ARCHIVED.value, gettext_lazy("Archive: sold no more")),
        ],
    )

    def params(self) -> dict[str, Any]:
        return {"status": self.cleaned_data["status"]}


ENDINGS = [
    (Ending.EXACT.value, gettext_lazy("Not further")),
    (Ending.WHOLE.value, gettext_lazy("To a whole number")),
    (Ending.NINETY_NINE.value, gettext_lazy("To the nearest .99")),
    (Ending.NINETY_FIVE.value, gettext_lazy("To the nearest .95")),
]


class PriceForm(BulkForm):
    kind = jobs.PRICES
    percent = Amount(
        label=gettext_lazy("By per cent"),
        help_text=gettext_lazy("10 for a tenth more, -10 for a tenth less."),
    )
    amount = Amount(
        label=gettext_lazy("By an amount"),
        help_text=gettext_lazy("Below zero for less; added after the per cent."),
    )
    ending = forms.ChoiceField(
        label=gettext_lazy("Round"), choices=ENDINGS, required=False
    )
    compare = forms.ChoiceField(
        label=gettext_lazy("Crossed-out price"),
        choices=[
            (CompareRule.KEEP.value, gettext_lazy("Leave as it is")),
            (CompareRule.OLD.value, gettext_lazy("Cross out the price of now")),
            (CompareRule.REMOVE.value, gettext_lazy("Remove it")),
        ],
        required=False,
    )

    def clean_percent(self) -> Decimal:
        percent: Decimal = self.cleaned_data["percent"]
        if not -100 <= percent <= MOST_PERCENT:
            raise forms.ValidationError(
                _("Between -100 and %(most)d per cent.") % {"most": MOST_PERCENT}
            )
        return percent

    def clean_amount(self) -> Decimal:
        amount: Decimal = self.cleaned_data["amount"]
        if abs(amount) >= Decimal(10) ** 10:
            raise forms.ValidationError(_("This is more than a price can be."))
        return amount

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.errors and not (
            cleaned["percent"]
            or cleaned["amount"]
            or cleaned["ending"] not in ("", Ending.EXACT)
        ):
            raise forms.ValidationError(
                _("Say by how much prices shall change, or how they shall be rounded.")
            )
        return cleaned

    def params(self) -> dict[str, Any]:
        found = self.cleaned_data
        rule = PriceRule(
            percent=found["percent"],
            amount=found["amount"],
            ending=Ending(found["ending"] or Ending.EXACT),
            compare=CompareRule(found["compare"] or CompareRule.KEEP),
        )
        return {**rule.params, "currency": self.shop.currency}


class ComparePriceForm(BulkForm):
    kind = jobs.PRICES
    compare = forms.ChoiceField(
        label=gettext_lazy("What shall happen"),
        choices=[
            (CompareRule.REMOVE.value, gettext_lazy("Remove crossed-out prices")),
            (
                CompareRule.ABOVE.value,
                gettext_lazy("Set them above the price by per cent"),
            ),
        ],
    )
    above = Amount(label=gettext_lazy("Per cent above the price"))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        is_above = cleaned.get("compare") == CompareRule.ABOVE
        if is_above and not 0 < cleaned.get("above", 0) <= MOST_PERCENT:
            self.add_error("above", _("Say how far above: 1 to 1000 per cent."))
        return cleaned

    def params(self) -> dict[str, Any]:
        rule = PriceRule(
            compare=CompareRule(self.cleaned_data["compare"]),
            above=self.cleaned_data["above"],
        )
        return {**rule.params, "currency": self.shop.currency}


class CategoryForm(BulkForm):
    kind = jobs.CATEGORY
    category = forms.ChoiceField(label=gettext_lazy("Category"), required=False)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        field: Any = self.fields["category"]
        field.choices = [("", _("No category")), *category_choices()]

    def params(self) -> dict[str, Any]:
        slug = self.cleaned_data["category"]
        category = Category.objects.filter(slug=slug).first() if slug else None
        return {"to": _reference(category)}


def category_choices() -> list[tuple[str, str]]:
    """The tree from the top, each step set in; by slug."""
    tree: Any = Category.objects.with_tree_fields()
    return [
        (category.slug, "\N{NO-BREAK SPACE}" * 3 * category.tree_depth + category.name)
        for category in tree
    ]


def _reference(row: Any) -> Any:
    return {"id": str(row.pk), "name": row.name} if row is not None else ""


class BrandForm(BulkForm):
    kind = jobs.BRAND
    brand = forms.CharField(
        label=gettext_lazy("Brand"),
        required=False,
        max_length=255,
        help_text=gettext_lazy("Its name; leave it empty for no brand."),
        widget=forms.TextInput(attrs={"list": "brands", "autocomplete": "off"}),
    )

    def clean_brand(self) -> Any:
        name = self.cleaned_data["brand"]
        if not name:
            return None
        brand = Brand.objects.filter(name__iexact=name).order_by("pk").first()
        if brand is None:
            raise forms.ValidationError(_("There is no brand of this name."))
        return brand

    def params(self) -> dict[str, Any]:
        return {"to": _reference(self.cleaned_data["brand"])}


class TagForm(BulkForm):
    kind = jobs.TAGS
    add = forms.CharField(
        label=gettext_lazy("Add tags"),
        required=False,
        max_length=2000,
        help_text=gettext_lazy("Separated by commas."),
    )
    remove = forms.CharField(
        label=gettext_lazy("Remove tags"), required=False, max_length=2000
    )

    def clean_add(self) -> list[str]:
        return self._names("add")

    def clean_remove(self) -> list[str]:
        return self._names("remove")

    def _names(self, field: str) -> list[str]:
        names = [name.strip() for name in self.cleaned_data[field].split(",")]
        names = list(dict.fromkeys(name for name in names if name))
        if any(len(name) > TAG_LENGTH for name in names):
            raise forms.ValidationError(
                _("A tag has at most %(most)d characters.") % {"most": TAG_LENGTH}
            )
        if len(names) > MOST_TAGS:
            raise forms.ValidationError(
                _("At most %(most)d tags at once.") % {"most": MOST_TAGS}
            )
        return names

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.errors and not (cleaned["add"] or cleaned["remove"]):
            raise forms.ValidationError(_("Name at least one tag."))
        return cleaned

    def params(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in ("add", "remove")}


class TaxForm(BulkForm):
    kind = jobs.TAX_CLASS
    tax_class = forms.RegexField(
        r"^[a-z][a-z0-9_-]{0,31}$",
        label=gettext_lazy("Tax class"),
        help_text=gettext_lazy("Which of a country's rates: standard, reduced, zero."),
        error_messages={
            "invalid": gettext_lazy("Small letters and figures, such as “reduced”.")
        },
        widget=forms.TextInput(attrs={"list": "tax-classes", "autocomplete": "off"}),
    )

    def params(self) -> dict[str, Any]:
        return {"tax_class": self.cleaned_data["tax_class"]}


@dataclass(frozen=True)
class Action:
    name: str
    label: str | Promise
    form: type[BulkForm]


ACTIONS: dict[str, Action] = {
    action.name: action
    for action in (
        Action("status", gettext_lazy("Publish or archive"), StatusForm),
        Action("price", gettext_lazy("Prices"), PriceForm),
        Action("compare", gettext_lazy("Crossed-out prices"), ComparePriceForm),
        Action("category", gettext_lazy("Category"), CategoryForm),
        Action("brand", gettext_lazy("Brand"), BrandForm),
        Action("tags", gettext_lazy("Tags"), TagForm),
        Action("tax", gettext_lazy("Tax class"), TaxForm),
    )
}
