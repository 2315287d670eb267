"""What the storefront accepts in an address."""

from typing import Any

from django import forms

from catalog.queries.listings import SORTS

LONGEST_SEARCH = 200
# Nobody walks further by hand, and a deep page costs as much as all before it.
LAST_PAGE = 400


class ListingForm(forms.Form):
    """Page and order of a list. Nonsense is read as the first page in the usual order."""

    page = forms.CharField(required=False)
    sort = forms.CharField(required=False)

    def clean_page(self) -> int:
        digits = self.cleaned_data["page"]
        if not (digits.isascii() and digits.isdigit()):
            return 1
        return max(1, min(int(digits[:9]), LAST_PAGE))

    def clean_sort(self) -> str:
        sort: str = self.cleaned_data["sort"]
        return sort if sort in SORTS else ""

    @property
    def page_number(self) -> int:
        number: int = self.cleaned_data.get("page", 1)
        return number

    @property
    def sort_name(self) -> str:
        name: str = self.cleaned_data.get("sort", "")
        return name

    @classmethod
    def read(cls, data: Any) -> "ListingForm":
        """The form of an address, already cleaned."""
        form = cls(data)
        form.is_valid()
        return form


class SearchForm(ListingForm):
    q = forms.CharField(required=False, strip=True)

    def __init__(self, data: Any) -> None:
        """Cuts what nobody types: NUL, which PostgreSQL refuses, and endless text."""
        words = data.get("q", "").replace("\x00", " ")[:LONGEST_SEARCH]
        super().__init__({**data.dict(), "q": words})

    @property
    def words(self) -> str:
        words: str = self.cleaned_data.get("q", "")
        return words
